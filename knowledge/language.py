"""Which language a message or an article is in: a person is answered in their own or not by an article.

By the letters and by the little words that no sentence does without. It says None when in doubt: English is tried.
Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_LITTLE_WORDS = {
    "pl": "nie się jest do na mogę moje mój moja proszę jak czy dlaczego działa mam ale mnie hasło z w",
    "de": "ich nicht ist mein meine der die das und kann bitte wie warum funktioniert geht habe kein ein mit",
    "fr": "je ne pas est mon ma le la les et peux comment pourquoi marche ai un une avec dans plus mes",
    "es": "no es mi el la los y puedo cómo como por qué funciona tengo un una con en se para mis",
    "it": "non è il mio la mia lo gli e posso come perché funziona ho un una con di sono nel",
    "pt": "não é meu minha o a os e posso como porque funciona tenho um uma com em do meus",
    "nl": "ik niet is mijn de het een en kan hoe waarom werkt heb met geen van mij",
}
_ENGLISH = "i my the is not to a it and can how why do does in on for me cannot you have with at of no"
_WORD = re.compile(r"[^\W\d_]+")


ENGLISH = "en"
"""What a text is taken for while nothing says otherwise."""

_SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh"}
_LETTERS = {"uk": set("іїєґ"), "ru": set("ыэё")}
"""Letters by which languages of one script are told apart."""


def language_of(text: str) -> str | None:
    """An ISO 639-1 code; the name of its script (`arabic`) where that is all that can be told; None when it may well be
    English."""
    words = _WORD.findall(text[:500].casefold())
    letters = "".join(words)
    if not letters:
        return None
    scripts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    if scripts["LATIN"] < len(letters) / 2:
        return _by_script(scripts, letters)
    counts = {code: sum(word in listed.split() for word in words) for code, listed in _LITTLE_WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    english = sum(word in _ENGLISH.split() for word in words)
    return best if counts[best] >= 2 and counts[best] > english else None


def _by_script(scripts: Counter[str], letters: str) -> str | None:
    for script, code in _SCRIPTS.items():  # Japanese writes Chinese characters too, and comes first
        if scripts[script]:
            return code
    telling = (code for code, own in _LETTERS.items() if own & set(letters))
    foreign = scripts - Counter({"LATIN": scripts["LATIN"]})
    return next(telling, max(foreign, key=lambda script: foreign[script]).lower() or None)
