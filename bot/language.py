"""Which language a message is in, as far as it matters: whether it is one that no article is written in.

By the letters and by the little words that no sentence does without. It says None when in doubt: English is tried.
"""

from __future__ import annotations

import re
import unicodedata

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


def language_of(text: str) -> str | None:
    """An ISO 639-1 code, `other` for another script than Latin, or None when it may well be English."""
    words = _WORD.findall(text[:500].casefold())
    letters = "".join(words)
    if not letters:
        return None
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    if latin < len(letters) / 2:
        return "other"
    counts = {code: sum(word in listed.split() for word in words) for code, listed in _LITTLE_WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    english = sum(word in _ENGLISH.split() for word in words)
    return best if counts[best] >= 2 and counts[best] > english else None
