"""How alike texts are by their words and their characters: TF-IDF over hashed features, in postings.

A text is two bags: the stems of its words, and every run of two to five characters. Words tell what it is about;
runs bridge inflection, compounds and the slips that spelling repair leaves. Features are 64-bit hashes, so nothing
but numbers is kept: a thousand utterances take some three megabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
Hashes = NDArray[np.uint64]

WORD_SHARE: Final = 0.3
"""How much of the similarity words decide, and character runs the rest: the best mean over BANKING77, HWU64 and
CLINC150 (validation) among 0.1 to 0.5, which differ by less than half a point."""

RUNS: Final = range(2, 6)
"""Lengths of the character runs."""

COMMON: Final = 0.3
"""Features in a larger share of all texts say nothing and cost most of the time: left out."""

BATCH: Final = 32
"""Texts compared in one stroke: enough to make numpy's cost per call small, few enough to stay in the cache."""

_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "e")
_WORD_BIT: Final = np.uint64(1 << 63)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as bags of features: each feature of each text once, in the order of the texts."""

    count: int
    owners: Ints
    """Which text the feature is of."""
    features: Hashes
    """Words have the highest bit set, runs have not."""
    times: Ints

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Bags:
        """The bags of some texts, each given as its words."""
        words = _hashed_words(texts)
        runs = _hashed_runs(texts)
        owners, features = np.append(words[0], runs[0]), np.append(words[1], runs[1])
        order = np.lexsort((features, owners))
        owners, features = owners[order], features[order]
        new = np.ones(len(order), bool)
        new[1:] = (owners[1:] != owners[:-1]) | (features[1:] != features[:-1])
        first = np.flatnonzero(new)
        return cls(len(texts), owners[first], features[first], np.diff(np.append(first, len(order))))

    def __getitem__(self, some: slice) -> Bags:
        start, stop, _ = some.indices(self.count)
        begin, end = np.searchsorted(self.owners, (start, stop))
        part = slice(int(begin), int(end))
        return Bags(stop - start, self.owners[part] - start, self.features[part], self.times[part])


class Similarity:
    """Texts to compare with, and the weights that they give to features.

    A feature of a message that no text has counts in the message's length as the rarest would: the more of a message
    is unknown, the less it is like anything.
    """

    def __init__(self, texts: Bags) -> None:
        self.count = texts.count
        self._features, at = np.unique(texts.features, return_inverse=True)
        spread = np.bincount(at, minlength=len(self._features))
        self._rarest = _rarity(np.zeros(1, np.intp), self.count)
        self._rarity = np.where(spread > max(COMMON * self.count, 1), 0, _rarity(spread, self.count))
        weights = _scaled(texts, self._rarity[at])
        kept = np.flatnonzero(weights)
        order = kept[np.argsort(at[kept], kind="stable")]
        self._texts = texts.owners[order].astype(np.int32)
        self._weights = (weights[order] / _share(texts.features[order])).astype(np.float32)
        self._first = np.searchsorted(at[order], np.arange(len(self._features) + 1)).astype(np.int32)

    def to(self, messages: Bags) -> Floats:
        """The similarity of each message (rows) to each text, 0 (nothing shared) to 1 (the same)."""
        rows = np.empty((messages.count, self.count), np.float32)
        for start in range(0, messages.count, BATCH):
            rows[start : start + BATCH] = self._to_batch(messages[start : start + BATCH])
        return rows

    def _to_batch(self, messages: Bags) -> NDArray[np.float64]:
        if not len(self._features):
            return np.zeros((messages.count, self.count))
        at = np.minimum(np.searchsorted(self._features, messages.features), len(self._features) - 1)
        known = self._features[at] == messages.features
        weights = _scaled(messages, np.where(known, self._rarity[at], self._rarest))
        at, weights, owners = at[known], weights[known], messages.owners[known]
        start = self._first[at]
        lengths = self._first[at + 1] - start
        postings = np.repeat(start - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        pairs = np.repeat(owners * self.count, lengths) + self._texts[postings]
        products = np.repeat(weights, lengths) * self._weights[postings]
        sums = np.bincount(pairs, products, messages.count * self.count)
        return sums.reshape(messages.count, self.count)


def _rarity(spread: Ints, count: int) -> NDArray[np.float64]:
    """What a feature that stands in `spread` of `count` texts tells: inverse document frequency, smoothed."""
    return np.asarray(np.log((1 + count) / (1 + spread)) + 1)


def _scaled(texts: Bags, rarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight of each feature, such that words and runs of a text each have the length of their share."""
    weights = (1 + np.log(texts.times)) * rarity
    part = texts.owners * 2 + (texts.features >= _WORD_BIT)
    lengths = np.sqrt(np.bincount(part, weights**2, texts.count * 2))
    return np.asarray(weights / np.maximum(lengths, 1e-9)[part] * _share(texts.features))


def _share(features: Hashes) -> NDArray[np.float64]:
    return np.where(features >= _WORD_BIT, WORD_SHARE, 1 - WORD_SHARE)


def _hashed_words(texts: Sequence[Sequence[str]]) -> tuple[Ints, Hashes]:
    hashes = [zlib.crc32(stem(word).encode("utf-8", "surrogatepass")) for text in texts for word in text]
    return np.repeat(np.arange(len(texts)), [len(text) for text in texts]), np.array(hashes, np.uint64) | _WORD_BIT


def _hashed_runs(texts: Sequence[Sequence[str]]) -> tuple[Ints, Hashes]:
    """All runs that lie within one text, hashed by adding one character at a time (Fibonacci hashing)."""
    lines = [f" {' '.join(text)} ".encode("utf-32-le", "surrogatepass") for text in texts]
    characters = np.frombuffer(b"".join(lines), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(line) // 4 for line in lines])
    whose, runs = [np.zeros(0, np.intp)], [np.zeros(0, np.uint64)]
    hashed = characters + np.uint64(1)
    for length in range(2, min(RUNS.stop, len(characters) + 1)):
        hashed = hashed[:-1] * _MULTIPLIER + characters[length - 1 :] + np.uint64(1)
        hashed ^= hashed >> _SHIFT
        if length in RUNS:
            within = owners[: len(hashed)] == owners[length - 1 :]
            whose.append(owners[: len(hashed)][within])
            runs.append(hashed[within] & ~_WORD_BIT)
    return np.concatenate(whose), np.concatenate(runs)


def stem(word: str) -> str:
    """The word without its ending: `printing`, `printed` and `prints` are one. Crude, and enough beside the runs."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
