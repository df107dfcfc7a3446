"""Several requests in one message, as the shipped articles understand them."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from knowledge.library import Library
from knowledge.matcher import Answer
from knowledge.several import take_apart


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "new laptop for our new hire, and my VPN is down",
            {"new laptop for our new hire": "new-starter-setup", "my VPN is down": "vpn-will-not-connect"},
        ),
        (
            "The printer on 3rd floor is jammed. Also, I forgot my password!",
            {
                "The printer on 3rd floor is jammed": "printer-not-printing",
                "I forgot my password": "forgotten-password",
            },
        ),
        (
            "How do I set my out of office? and the wifi does not connect",
            {
                "How do I set my out of office?": "out-of-office",
                "the wifi does not connect": "wifi-will-not-connect",
            },
        ),
        (
            "1) I want to report a phishing mail 2) OneDrive is not syncing 3) I am locked out of my account",
            {
                "I want to report a phishing mail": "report-phishing",
                "OneDrive is not syncing": "onedrive-not-syncing",
                "I am locked out of my account": "account-locked",
            },
        ),
        (
            "Hi team,\n\nhope you are well. My laptop was stolen on the train; second thing: share my calendar with Ana\n\nThanks\nBob",
            {"My laptop was stolen on the train": "lost-or-stolen-device", "share my calendar with Ana": "calendar-sharing"},
        ),
    ],
)  # fmt: skip
def test_each_request_is_found_in_the_words_of_its_author(
    library: Library, text: str, parts: dict[str, str]
) -> None:
    asked = library.requests(text)
    assert {request.text: request.match.candidates[0].article.id for request in asked} == parts


@pytest.mark.parametrize(
    "text",
    [
        "my laptop is slow and it freezes all the time",
        "I forgot my password and now my account is locked",
        "Outlook keeps asking for my password, I restarted it twice and it still does",
        "VPN is down. I am in the Leeds office today.",
        "wifi does not connect, also I am at home today",
        "I got a new phone and the authenticator app asks for a code",
        "vpn",
        "",
        "thanks and bye",
        "one, two, three, four, five, six, seven, eight, nine",
    ],
)
def test_one_request_stays_whole(library: Library, text: str) -> None:
    asked = library.requests(text)
    assert [request.text for request in asked] == [text]


def test_what_was_announced_may_have_no_answer(library: Library) -> None:
    text = "My VPN is down. Also, can you fix the coffee machine in the kitchen?"
    answered, other = library.requests(text)
    assert (answered.text, other.text) == ("My VPN is down", "can you fix the coffee machine in the kitchen?")
    assert isinstance(answered.match, Answer)
    assert not isinstance(other.match, Answer)


def test_without_also_a_sentence_without_an_answer_is_no_request(library: Library) -> None:
    assert len(library.requests("My VPN is down. Can you hear the coffee machine?")) == 1


def test_parts_do_not_overlap(library: Library) -> None:
    text = "my VPN is down, and my VPN account... also my printer is jammed, and my printer account is locked"
    places = [text.index(request.text) for request in library.requests(text)]
    assert all(one < other for one, other in pairwise(places))


@pytest.mark.slow
def test_most_pairs_are_told_apart_and_hardly_any_single_message_is_cut(library: Library) -> None:
    """Utterances are known to the matcher here; of others half (decision 0015)."""
    lines = [article.utterances[3].rstrip(".?!") for article in library.articles]
    joints = (" and ", ", and ", ". ", ". Also, ", "; ", "? ")
    pairs = [
        (f"{one}{joints[number % len(joints)]}{other}", one, other)
        for number, (one, other) in enumerate(pairwise(lines))
    ]
    apart = sum(len(library.requests(text)) == 2 for text, _, _ in pairs)
    cut = sum(len(library.requests(line)) > 1 for article in library.articles for line in article.utterances)
    assert apart / len(pairs) > 0.75
    assert cut / sum(len(article.utterances) for article in library.articles) < 0.01


def test_a_story_of_many_clauses_costs_no_more_than_one_match(library: Library) -> None:
    asked = []

    def judge(text: str):  # type: ignore[no-untyped-def]
        asked.append(text)
        return library.match(text)

    take_apart("my vpn is down, and " * 500, judge)
    assert len(asked) == 1


def test_a_huge_paste_is_taken_apart_quickly(library: Library) -> None:
    text = "error in module, line 17; retry? no. " * 1000
    library.requests(text)
    began = time.process_time()
    library.requests(text)
    assert time.process_time() - began < 0.2
