"""Which language a message is in; English when in doubt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language import language_of

MESSAGES = [
    ("nie mogę się zalogować do systemu", "pl"),
    ("hej, drukarka nie działa", "pl"),
    ("hej nie mam dostepu do dysku", "pl"),
    ("ich kann mich nicht anmelden", "de"),
    ("MEIN DRUCKER GEHT NICHT!", "de"),
    ("je ne peux pas me connecter", "fr"),
    ("mon imprimante ne marche pas", "fr"),
    ("mi impresora no funciona", "es"),
    ("la stampante non funziona", "it"),
    ("minha impressora não funciona", "pt"),
    ("mijn printer doet het niet", "nl"),
    ("Принтер не працює", "uk"),
    ("プリンターが動かない", "ja"),
    ("打印机坏了", "zh"),
    ("プリンターの電源が入りません", "ja"),
    ("프린터가 작동하지 않아요", "ko"),
    ("принтер не работает, мы её перезапустили", "ru"),
    ("принтер не работает", "cyrillic"),
    ("الطابعة لا تعمل", "arabic"),
    ("המדפסת לא עובדת", "hebrew"),
    ("प्रिंटर काम नहीं कर रहा", "devanagari"),
    ("VPN не працює", "uk"),
]

ENGLISH_OR_IN_DOUBT = [
    "my printer does not work",
    "outlook keeps asking for my pasword",
    "vpn",
    "locked out again :(",
    "wifi down",
    "café résumé naïve",
    "how do I print to the la mesa printer",
    "no sound in a meeting",
    "I do not have access to the de facto standard folder",
    "error: Zugriff verweigert",
    "the error says «Доступ»",
    "on my laptop, a me too problem",
    "привет from Ana, my laptop is broken again today",
    "de la",
    "",
    "12345 !!! 🙂",
    "\u200b\u202e",
    "T-1042",
]


class TestLanguageOf:
    @pytest.mark.parametrize(("text", "language"), MESSAGES)
    def test_knows_messages_in_other_languages(self, text: str, language: str) -> None:
        assert language_of(text) == language

    @pytest.mark.parametrize("text", ENGLISH_OR_IN_DOUBT)
    def test_says_nothing_when_it_may_be_english(self, text: str) -> None:
        assert language_of(text) is None

    @given(st.text())
    def test_answers_for_any_text(self, text: str) -> None:
        found = language_of(text)
        assert found is None or found == found.lower() != ""

    @pytest.mark.parametrize("text", ["a" * 1_000_000, "я" * 1_000_000, "nie " * 250_000])
    def test_is_quick_with_a_million_characters(self, text: str) -> None:
        began = time.process_time()
        language_of(text)
        assert time.process_time() - began < 0.2
