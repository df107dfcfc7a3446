from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.text import LIMIT, normalise, words

ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Outlook keeps asking for my password", "outlook keeps asking for my password"),
        ("hi team, outlook is broken. thanks in advance!", "outlook is broken"),
        ("Hi John,\nthe printer on floor 2 is dead.\nThanks,\nBob", "the printer on floor 2 is dead"),
        ("Dear IT, my mouse died", "my mouse died"),
        ("hello outlook is broken", "outlook is broken"),
        ("Hope you are well! I can't log in. Any help would be appreciated.", "i can't log in"),
        ("my vpn is down\n\nSent from my iPhone", "my vpn is down"),
        ("vpn please help asap", "vpn"),
        ("sorry to bother you but excel crashes", "excel crashes"),
        ("Server is down!!! please advise", "server is down"),
        ("The Wi-Fi drops.\n--\nJ. Meyer\nField sales", "the wi-fi drops"),
        ("Kind regards do not print on the envelope", "kind regards do not print on the envelope"),
        ("thank you for fixing it but it broke again", "thank you for fixing it but it broke again"),
        ("what's the best laptop", "what's the best laptop"),
        ("> it works here\n> try again\nno it does not", "no it does not"),
        ("still broken\n\nOn Mon, 3 Nov 2026 Ana wrote:\nplease restart", "still broken"),
        ("```\nline one\nfatal: disk is full\n```\nwhat now?", "fatal: disk is full. what now?"),
        ("what now? ```a\nb\nfatal: no disk", "what now? fatal: no disk"),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    boom()\nValueError: no',
            "valueerror: no",
        ),
        ("java died\n\tat com.acme.Shop(Shop.java:3)\n\tat com.acme.Till(Till.java:9)", "java died"),
        ("nooooooo it iiiis brokeeeen!!!!!! ????", "noo it iis brokeen! ?"),
        ("ＶＰＮ ①", "vpn 1"),
        ("pass\u200bword \u202egnp", "password gnp"),
        ("e\u0301" + "\u0301" * 500 + "lan", "é\u0301lan"),
        ("nul\x00byte \ud800", "nulbyte"),
        ("can’t print", "can't print"),
        ("ask ana@acme.example on <@U123> at https://www.acme.example/a?b", "ask on at acme.example/a?b"),
        ("\r\n\t  \n", ""),
    ],
)
def test_what_is_left(typed: str, kept: str) -> None:
    assert normalise(typed) == kept


@pytest.mark.parametrize(
    "typed", ["thanks", "hello", "hi", "good morning", "thanks in advance", "> quoted", "asap"]
)
def test_what_is_nothing_but_wrapping_stays(typed: str) -> None:
    assert normalise(typed) == typed


def test_words_keep_their_apostrophes_to_themselves() -> None:
    assert words(normalise("Can't open C:\\temp — it's Ana's, isn't it?")) == [
        "cant", "open", "c", "temp", "its", "anas", "isnt", "it",
    ]  # fmt: skip


@given(ANY_TEXT)
@example("\u0345\u0300")
@example("hope you are well hope you are well")
@example("thanks " * 400)
@example("hi hi hi\nhi, hi!")
@example(", . " * 300)
@example("ǰ\u0301\u0301\u0301\u0301İ")
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(ANY_TEXT, st.integers(1, 300))
def test_the_result_is_short_and_can_be_printed(text: str, limit: int) -> None:
    kept = normalise(text, limit)
    assert len(kept) <= limit
    assert not {unicodedata.category(character) for character in kept} & {"Cc", "Cf", "Cs"}
    kept.encode("utf-8")


@pytest.mark.parametrize(
    "flood",
    [
        "x " * 500_000, "thanks " * 150_000, "é" * 1_000_000, "hi " * 20_000, "a" * 40_000, "\u0301" * 1_000_000,
        "```\n" * 10_000, ", " * 20_000, "sorry to " * 5_000, "please " * 6_000, " \n" * 500_000, "> " * 9_000,
        "﷽" * 100_000, "at foo(" * 9_000, "hope you " * 6_000, "a@" * 20_000, "<@" * 20_000, "'" * 40_000,
    ],
)  # fmt: skip
def test_a_flood_costs_little(flood: str) -> None:
    """It takes up to 20 ms of processor time on a quiet machine; what grows with the square takes many seconds."""
    assert min(_seconds(flood) for _ in range(3)) < 0.5


def _seconds(text: str) -> float:
    began = time.process_time()
    assert len(normalise(text)) <= LIMIT
    return time.process_time() - began


def test_the_end_of_a_paste_is_read_too() -> None:
    paste = "> quoted line\n" * 40_000
    assert normalise(paste + "why does the vpn say 809") == "why does the vpn say 809"
