"""Messages that are not requests, and those that only look like it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import smalltalk
from bot.smalltalk import LONGEST, Talk, recognise

PHRASES = [
    pytest.param(" ".join(phrase.split()), talk, id=f"{talk.name}-{' '.join(phrase.split())}")
    for talk, phrases in smalltalk._PHRASES.items()
    for phrase in phrases.split("|")
]

SPOKEN = [
    ("Hi!", Talk.GREETING),
    ("HEYYYYYY!!!", Talk.GREETING),
    ("hello 👋", Talk.GREETING),
    ("good mornign", Talk.GREETING),
    ("नमस्ते", Talk.GREETING),
    ("Cześć", Talk.GREETING),
    ("Ｈｅｌｌｏ", Talk.GREETING),
    ("h\u200be\u200bl\u200bl\u200bo", Talk.GREETING),
    ("thank you!!! 🙏🙏", Talk.THANKS),
    ("thankyou", Talk.THANKS),
    ("Thanks, perfect."[:7], Talk.THANKS),
    ("no thanks", Talk.THANKS),
    ("ok", Talk.THANKS),
    ("dziękuję bardzo", Talk.THANKS),
    ("धन्यवाद", Talk.THANKS),
    ("bye", Talk.GOODBYE),
    ("help", Talk.HELP),
    ("HELP!!!", Talk.HELP),
    ("can you help me?", Talk.HELP),
    ("I want to speak to a person", Talk.HUMAN),
    ("I want to speak to a persn", Talk.HUMAN),
    ("real person please", Talk.HUMAN),
    ("open a ticket", Talk.HUMAN),
    ("open ticket", Talk.HUMAN),
    ("open tickets", Talk.MY_TICKETS),
    ("My tickets", Talk.MY_TICKETS),
    ("what's the status?", Talk.MY_TICKETS),
    ("new question", Talk.NEW_QUESTION),
    ("that solved it :)", Talk.SOLVED),
    ("it’s working now", Talk.SOLVED),
    ("now working", Talk.SOLVED),
    ("not working", Talk.NOT_SOLVED),
    ("no working", Talk.NOT_SOLVED),
    ("noy working", Talk.NOT_SOLVED),  # as near to "now working": the denial counts
    ("still not workign", Talk.NOT_SOLVED),
    ("it didn't help", Talk.NOT_SOLVED),
    ("that dosnt work", Talk.NOT_SOLVED),
    ("it is still broken!!", Talk.NOT_SOLVED),
    ("no, still broken", Talk.NOT_SOLVED),
    ("nope still not working", Talk.NOT_SOLVED),
    ("still broken, sorry", Talk.NOT_SOLVED),
    ("the problem is back", Talk.NOT_SOLVED),
    ("thanks, that worked", Talk.SOLVED),
    ("its fixed now thank you", Talk.SOLVED),
    ("great, works now", Talk.SOLVED),
    ("ok fixed", Talk.SOLVED),
    ("danke, geht wieder", Talk.SOLVED),
    ("talk to a person please", Talk.HUMAN),
    ("can i please talk to someone in IT?", Talk.HUMAN),
    ("need a real human pls", Talk.HUMAN),
    ("gimme a human", Talk.HUMAN),
    ("I'd like to speak with a technician", Talk.HUMAN),
    ("Proszę o kontakt z człowiekiem", Talk.HUMAN),
    ("when will somebody answer?", Talk.MY_TICKETS),
    ("never mind", Talk.WITHDRAW),
    ("nevermnd", Talk.WITHDRAW),
    ("close my ticket", Talk.WITHDRAW),
    ("cancel", Talk.CANCEL),
    ("cancle", Talk.CANCEL),
    ("idk", Talk.SKIP),
    ("", Talk.EMPTY),
    (" \n\t ", Talk.EMPTY),
    ("🙂", Talk.EMPTY),
    ("!!!???", Talk.EMPTY),
    ("\u200b\u202e\u200d", Talk.EMPTY),
    ("___", Talk.EMPTY),
    ("🙂" * 5000, Talk.EMPTY),
    ("\u0301" * 5000, Talk.EMPTY),
    (" " * 5000 + "hello", Talk.GREETING),
]

REQUESTS = [
    "help me with the printer",
    "hello, my outlook keeps asking for my password",
    "thanks but it still does not print",
    "the wifi is down",
    "a person took my laptop",
    "my ticket T-1042 needs an update about the phone",
    "new laptop for a new starter",
    "status light on the printer is red",
    "it works on my phone but not on my laptop",
    "stop the spam",
    "printer",
    "vpn",
    "hep",
    "🙂" * 600 + " my printer is broken",
    " " * 600 + "my printer is broken",
    "こんにちは、プリンターが動きません",
    "x" * 40_000,
    # one word away from what it denies
    "you can't close it",
    "please don't close it",
    "don't close my ticket",
    "dont cancel my ticket",
    "it's not working now",
    "its no working now",
    "it's nt working now",
    "it works not",
    "problem unsolved",
    "no, it works",
    "please fix the printer, thanks",
    "I don't want to talk to a person",
    "I can not talk to a person",
]


class TestRecognise:
    @pytest.mark.parametrize(("phrase", "talk"), PHRASES)
    def test_knows_every_phrase_of_its_list(self, phrase: str, talk: Talk) -> None:
        for written in (phrase, phrase.upper(), f"  {phrase}!! ", unicodedata.normalize("NFD", phrase)):
            assert recognise(written) is talk

    def test_no_phrase_means_two_things(self) -> None:
        bare = [smalltalk._bare(param.values[0]) for param in PHRASES]
        assert len(bare) == len(set(bare))
        assert max(map(len, bare)) <= LONGEST

    @pytest.mark.parametrize(("text", "talk"), SPOKEN)
    def test_understands_how_people_write(self, text: str, talk: Talk) -> None:
        assert recognise(text) is talk

    @pytest.mark.parametrize("text", REQUESTS, ids=lambda text: text.strip()[:30])
    def test_leaves_requests_to_others(self, text: str) -> None:
        assert recognise(text) is None

    @given(st.text())
    def test_answers_for_any_text(self, text: str) -> None:
        assert recognise(text) is recognise(text)

    @given(st.sampled_from([param.values[0] for param in PHRASES]), st.data())
    def test_a_slip_of_the_finger_makes_no_yes_of_a_no(self, phrase: str, data: st.DataObject) -> None:
        """However a denial is mistyped, it is never taken for the opposite."""
        denial = data.draw(st.sampled_from(["not", "don't", "no", "never", "can't"]))
        words = phrase.split()
        place = data.draw(st.integers(0, len(words)))
        denied = " ".join([*words[:place], denial, *words[place:]])
        if recognise(phrase) in (Talk.SOLVED, Talk.WITHDRAW) and recognise(denied) in (
            Talk.SOLVED,
            Talk.WITHDRAW,
        ):
            assert smalltalk._bare(denied) in smalltalk._WORDS or smalltalk._NEGATION.search(phrase)

    @pytest.mark.parametrize(
        "text", ["a" * 1_000_000, "🙂" * 1_000_000, "\ufdfa" * 1_000_000, " " * 1_000_000]
    )
    def test_is_quick_with_a_million_characters(self, text: str) -> None:
        began = time.process_time()
        recognise(text)
        assert time.process_time() - began < 0.2
