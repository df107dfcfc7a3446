"""Short forms and error codes, as they are compared."""

from __future__ import annotations

import pytest

from knowledge.library import Library
from knowledge.matcher import NoMatch
from knowledge.vocabulary import spell_out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cant log in to o365", "cannot login to office365"),
        ("aadsts50076", "aadsts50076 microsoft login error"),
        ("error 0x80240034", "error 0x80240034 windows update error"),
        ("0x80070005", "0x80070005"),
        ("aadsts", "aadsts"),
    ],
)
def test_what_is_known_is_spelt_out(typed: str, meant: str) -> None:
    assert spell_out(typed.split()) == meant.split()


@pytest.mark.parametrize(
    ("typed", "article"),
    [
        ("ooo", "out-of-office"),
        ("2fa not coming through", "mfa-prompts-not-arriving"),
        ("pw expired", "password-expiring"),
        ("sso keeps sending me round in a loop", "sso-sign-in-loop"),
        ("bsod again", "frozen-or-blue-screen"),
        ("windows update failed with 0x80070643", "update-keeps-failing"),
        ("error 0x80240034", "update-keeps-failing"),
    ],
)
def test_people_who_type_them_are_understood(library: Library, typed: str, article: str) -> None:
    found = library.match(typed)
    assert not isinstance(found, NoMatch)
    assert found.candidates[0].article.id == article


def test_a_code_is_never_repaired_into_another(library: Library) -> None:
    assert library.match("error 0x80070006 again").why.repaired == ()
