from __future__ import annotations

import pytest

from knowledge.spelling import MOST_REPAIRS, Speller
from knowledge.vocabulary import is_common, out_of_scope, spell_out

WRITTEN = [["outlook", "sharepoint", "wifi", "authenticator", "credential"]]
TYPED = [
    ["outlook", "password", "again"], ["my", "password", "expired"], ["pasword", "prompt"], ["password", "loop"],
    ["vpn", "down"], ["vpn", "slow"], ["password", "not", "accepted"], ["visio", "licence"], ["printer", "not", "working"],
]  # fmt: skip


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(WRITTEN, TYPED)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("outlok passwrd", "outlook password"),
        ("pritner nto wokring", "printer not working"),
        ("vnp dwon", "vpn down"),
        ("passowrd licnece", "password licence"),
        ("paswords printers printing", "password printers printing"),
        ("form from", "form from"),
        ("the kubernetes cluster", "the kubernetes cluster"),
        ("visio", "visio"),
        ("0x80070005 sql2019", "0x80070005 sql2019"),
        ("pasword", "password"),
        ("ключ", "ключ"),
    ],
)
def test_repair(speller: Speller, typed: str, meant: str) -> None:
    assert " ".join(speller.repair(typed.split())[0]) == meant


def test_what_was_repaired_is_told(speller: Speller) -> None:
    assert speller.repair(["outlok", "outlok", "vpn"])[1] == {"outlok": "outlook"}


def test_a_log_is_not_repaired_word_by_word(speller: Speller) -> None:
    log = [f"passwor{letter}{other}" for letter in "abcdefgh" for other in "ijklmnop"]
    assert len(speller.repair(log)[1]) <= MOST_REPAIRS


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("forgot my pw", "forgot my password"),
        ("2fa code", "mfa code"),
        ("set my oof", "set my ooo"),
        ("two factor app", "mfa application"),
        ("cant log in to o365", "cannot login to office365"),
        ("single sign on loops", "sso loops"),
        ("wi fi", "wifi"),
        ("log", "log"),
    ],
)
def test_short_forms(typed: str, meant: str) -> None:
    assert " ".join(spell_out(typed.split())) == meant


@pytest.mark.parametrize(
    ("word", "common"), [("the", True), ("colour", True), ("color", True), ("outlok", False), ("é", False)]
)
def test_common_words(word: str, common: bool) -> None:
    assert is_common(word) is common


def test_out_of_scope_messages_are_many_and_different() -> None:
    assert len(out_of_scope()) >= 250
    assert len({message.casefold() for message in out_of_scope()}) == len(out_of_scope())
