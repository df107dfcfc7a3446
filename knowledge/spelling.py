"""Repair of misspelt words against the words that the articles use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.vocabulary import is_common

SHORTEST: Final = 4
"""Letters a word needs to be repaired. Shorter ones have too many neighbours; of three-letter words only swapped
letters are put right (`vnp`)."""

LONG: Final = 7
"""Letters from which two errors are forgiven instead of one, when at least the first letter is right."""

MOST_REPAIRS: Final = 24
"""Unknown words looked up in one message, about 0.1 ms each: nobody mistypes more, but pasted logs have hundreds."""

FREQUENT: Final = 4
"""Utterances a word must stand in before an unknown word of another utterance is taken for a slip of it."""

LIKELY: Final = 5
"""Targets considered for one word; the nearest come first, then those that stand in more utterances."""

_ENDINGS = ("s", "es", "d", "ed", "ing", "er", "ers", "ly", "n", "en", "ness", "able", "less")


class Speller:
    """Knows the articles' own words and common ones, and leaves both alone.

    `written` are texts by an author's careful hand (titles, bodies): every word there is right. `typed` are
    utterances, written as people type, slips included: an uncommon word there is right unless it is one letter away
    from a frequent one.
    """

    def __init__(self, written: Iterable[Sequence[str]], typed: Iterable[Sequence[str]]) -> None:
        self._known = {word for words in written for word in words}
        uses = Counter(word for words in typed for word in set(words))
        self._known.update(word for word, number in uses.items() if number >= FREQUENT or is_common(word))
        frequent = _Targets({word: number for word, number in uses.items() if number >= FREQUENT})
        self._known.update([word for word in uses if not (self.knows(word) or frequent.nearest(word, 1))])
        self._targets = _Targets({word: number for word, number in uses.items() if word in self._known})

    def repair(self, words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """The words as they were meant, and which were changed into what."""
        changed: dict[str, str] = {}
        unknown = [word for word in dict.fromkeys(words) if not self.knows(word)]
        for word in unknown[:MOST_REPAIRS]:
            if right := self._targets.nearest(word, 2 if len(word) >= LONG else 1):
                changed[word] = right
        return [changed.get(word, word) for word in words], changed

    def knows(self, word: str) -> bool:
        """Whether the word, or the word it is an inflection of, needs no repair."""
        if len(word) < SHORTEST - 1 or word in self._known or not word.isalpha() or is_common(word):
            return True
        return any(self._is_stem(word.removesuffix(ending)) for ending in _ENDINGS if word.endswith(ending))

    def _is_stem(self, stem: str) -> bool:
        if len(stem) < SHORTEST - 1:
            return False
        return (
            stem in self._known
            or f"{stem}e" in self._known
            or (stem[-1] == stem[-2] and stem[:-1] in self._known)
        )


class _Targets:
    """Words that others may be slips of, those that are used most first."""

    def __init__(self, uses: Mapping[str, int]) -> None:
        self._words = sorted(uses, key=lambda word: (-uses[word], word))
        self._by_letter: dict[str, list[str]] = {}
        for word in self._words:
            self._by_letter.setdefault(word[0], []).append(word)

    def nearest(self, word: str, allowed: int) -> str | None:
        """The first of the nearest that are at most `allowed` errors away (optimal string alignment).

        Hands slip less on the first letter than on others, and short words differ from too many by just that letter,
        so only one error in a long word may change it; swapping it with the second is a slip like any other.
        """
        if len(word) >= LONG:
            found = process.extractOne(word, self._words, scorer=OSA.distance, score_cutoff=1)
            if found:
                return str(found[0])
        swapped = (target for target in self._by_letter.get(word[1], ()) if target[1:2] == word[0])
        alike = [*self._by_letter.get(word[0], ()), *swapped]
        for target, _, _ in process.extract(
            word, alike, scorer=OSA.distance, score_cutoff=allowed, limit=LIKELY
        ):
            if len(word) >= SHORTEST or sorted(target) == sorted(word):
                return str(target)
        return None
