"""What somebody does not want is not what they ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.denial import without_denied
from knowledge.library import Library
from knowledge.text import normalise


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "i don't want to reset my password, i want to know why it expires",
            "i want to know why my password expires",
        ),
        ("i dont need a new laptop, i need a bigger monitor", "i need a bigger monitor"),
        ("not the vpn, the wifi is down", "the wifi is down"),
        ("this is not about outlook, it's about teams not starting", "teams not starting"),
        ("wifi is fine, vpn is not connecting", "vpn is not connecting"),
        ("no i did not forget my password, my account is locked", "my account is locked"),
        ("can you unlock my account instead of resetting my password", "can you unlock my account"),
        (
            "please do not reset my mfa, i only want to add a new phone",
            "i only want to add a new phone",
        ),
    ],
)
def test_a_denial_goes_and_what_it_named_stays(text: str, left: str) -> None:
    assert without_denied(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "the printer does not print",
        "i don't need the spare headset anymore, how do i return it",
        "i didn't get the email, can you resend it",
        "i don't know my password, how do i reset it",
        "my mailbox is not full but i still can't send",
        "it is not working, the vpn",
        "its not printing, the tray is full",
        "how do i extend instead of duplicate on the second monitor",
        "the wifi is ok on my phone but not on my laptop",
        "i don't want to wait, my laptop is dead",
        "i don't want it, help",
    ],
)
def test_what_denies_nothing_that_was_asked_for_stays(text: str) -> None:
    assert without_denied(text) == text


@given(st.text(alphabet="i don'twatnmy,. but just fine", max_size=200))
def test_what_changes_gets_shorter(text: str) -> None:
    left = without_denied(text)
    assert left == text or len(left) < len(text)


@given(st.text(alphabet="ino' twamdyfe,.bu", max_size=120))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("I don't want to reset my password, I want to know why it expires", "password-expiring"),
        ("not the vpn, the wifi is down", "wifi-will-not-connect"),
        ("rather than a new laptop can I get a second monitor", "request-accessory"),
        ("I didn't click the link, I just want to report the phishing mail", "report-phishing"),
        ("instead of resetting my password can you just unlock my account", "account-locked"),
    ],
)
def test_the_article_is_that_of_what_is_wanted(library: Library, text: str, article: str) -> None:
    assert library.match(text).candidates[0].article.id == article
