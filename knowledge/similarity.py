"""How alike texts are by their words and their characters: TF-IDF over hashed features, in postings.

A text is two bags: the stems of its words, and every run of two to five characters. Words tell what it is about;
runs bridge inflection, compounds and the slips that spelling repair leaves. Features are 64-bit hashes, so nothing
but numbers is kept: a thousand utterances take some two megabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
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

FREQUENT: Final = 64
"""Texts a feature must stand in to be compared by matrix multiplication when many texts are compared: these are two
of a hundred features and make nine of ten pairs."""

BATCH: Final = 32
"""Texts compared in one stroke: enough to make numpy's cost per call small, few enough to stay in the cache."""

_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "e")
_WORD_BIT: Final = np.uint64(1 << 63)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as bags of features. The last three stand side by side: each feature of each text once, text by text."""

    count: int
    vocabulary: Hashes
    """Every feature once, ascending. Words have the highest bit set, runs have not."""
    owners: Ints
    features: Ints
    """Positions in the vocabulary."""
    times: Ints

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Bags:
        """The bags of some texts, each given as its words."""
        owners, hashes = (np.concatenate(parts) for parts in zip(_hashed_words(texts), *_hashed_runs(texts), strict=True))
        vocabulary, features = np.unique(hashes, return_inverse=True)
        size = max(len(vocabulary), 1)
        pairs, times = np.unique(owners * size + features, return_counts=True)
        return cls(len(texts), vocabulary, pairs // size, pairs % size, times)

    def parts(self, count: int) -> Iterator[tuple[int, int, slice]]:
        """Stretches of the first texts, `count` of them: where each begins, its size, and where its features stand."""
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            begin, end = np.searchsorted(self.owners, (start, start + size)).tolist()
            yield start, size, slice(begin, end)


class Similarity:
    """Texts to compare with, and the weights that they give to features.

    A feature of a message that no text has counts in the message's length as the rarest would: the more of a message
    is unknown, the less it is like anything.
    """

    def __init__(self, texts: Bags) -> None:
        self.count = texts.count
        self._vocabulary = texts.vocabulary
        spread = np.bincount(texts.features, minlength=len(texts.vocabulary))
        rarity = np.where(spread > max(COMMON * self.count, 1), 0, _rarity(spread, self.count))
        self._rarity = np.append(rarity, _rarity(np.zeros(1, np.intp), self.count))
        """By feature; the last is that of every unknown one."""
        weights = _scaled(texts, rarity[texts.features])
        kept = np.flatnonzero(weights)
        order = kept[np.argsort(texts.features[kept] * self.count + texts.owners[kept])]
        self._texts = texts.owners[order].astype(np.int32)
        self._weights = weights[order].astype(np.float32)
        lengths = np.bincount(texts.features[kept], minlength=len(self._rarity))
        self._first = np.append(0, np.cumsum(lengths)).astype(np.int32)

    def to(self, messages: Bags) -> Floats:
        """The similarity of each message (rows) to each text, 0 (nothing shared) to 1 (the same)."""
        features = self._known(messages.vocabulary)[messages.features]
        return self._compare(messages, features, _scaled(messages, self._rarity[features]), messages.count)

    def among(self, texts: Bags, rows: int) -> Floats:
        """The similarity of the first texts, as many as `rows`, to all; `texts` are those this was made of."""
        frequent = np.flatnonzero(np.diff(self._first) >= FREQUENT)
        alike = np.zeros((rows, self.count), np.float32)
        for some in np.array_split(frequent, max(len(frequent) // 256, 1)):
            block = np.zeros((self.count, len(some)), np.float32)
            for column, feature in enumerate(some.tolist()):
                postings = slice(self._first[feature], self._first[feature + 1])
                block[self._texts[postings], column] = self._weights[postings]
            alike += block[:rows] @ block.T
        weights = _scaled(texts, self._rarity[texts.features])
        weights[np.isin(texts.features, frequent)] = 0
        alike += self._compare(texts, texts.features, weights, rows)
        return alike

    def _known(self, features: Hashes) -> Ints:
        """Where the features stand in the vocabulary; its length for those that do not."""
        at = np.searchsorted(self._vocabulary, features)
        inside = np.flatnonzero(at < len(self._vocabulary))
        unknown = self._vocabulary[at[inside]] != features[inside]
        at[inside[unknown]] = len(self._vocabulary)
        return at

    def _compare(self, texts: Bags, features: Ints, weights: NDArray[np.float64], rows: int) -> Floats:
        alike = np.zeros((rows, self.count), np.float32)
        for start, size, part in texts.parts(rows):
            said = np.flatnonzero(weights[part]) + part.start
            alike[start : start + size] = self._sum(size, texts.owners[said] - start, features[said], weights[said])
        return alike

    def _sum(self, rows: int, owners: Ints, features: Ints, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The products of weights over all postings of the features, summed by row and text."""
        start = self._first[features]
        lengths = self._first[features + 1] - start
        postings = np.repeat(start - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        pairs = np.repeat(owners * self.count, lengths) + self._texts[postings]
        products = np.repeat(weights, lengths) * self._weights[postings]
        return np.bincount(pairs, products, rows * self.count).reshape(rows, self.count)


def _rarity(spread: Ints, count: int) -> NDArray[np.float64]:
    """What a feature that stands in `spread` of `count` texts tells: inverse document frequency, smoothed."""
    return np.asarray(np.log((1 + count) / (1 + spread)) + 1)


def _scaled(texts: Bags, rarity: NDArray[np.floating]) -> NDArray[np.float64]:
    """The weight of each feature, such that words and runs of a text have lengths whose squares are their shares."""
    is_word = texts.vocabulary[texts.features] >= _WORD_BIT if len(texts.features) else np.zeros(0, bool)
    weights = (1 + np.log(texts.times)) * rarity
    part = texts.owners * 2 + is_word
    lengths = np.sqrt(np.bincount(part, weights**2, texts.count * 2))
    share = np.sqrt(np.where(is_word, WORD_SHARE, 1 - WORD_SHARE))
    return np.asarray(weights / np.maximum(lengths, 1e-9)[part] * share)


def _hashed_words(texts: Sequence[Sequence[str]]) -> tuple[Ints, Hashes]:
    hashes = [zlib.crc32(stem(word).encode("utf-8", "surrogatepass")) for text in texts for word in text]
    return np.repeat(np.arange(len(texts)), [len(text) for text in texts]), np.array(hashes, np.uint64) | _WORD_BIT


def _hashed_runs(texts: Sequence[Sequence[str]]) -> Iterator[tuple[Ints, Hashes]]:
    """All runs that lie within one text, by length, hashed by adding one character at a time (Fibonacci hashing)."""
    lines = [f" {' '.join(text)} ".encode("utf-32-le", "surrogatepass") for text in texts]
    characters = np.frombuffer(b"".join(lines), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(line) // 4 for line in lines])
    hashed = characters + np.uint64(1)
    for length in range(2, min(RUNS.stop, len(characters) + 1)):
        hashed = hashed[:-1] * _MULTIPLIER + characters[length - 1 :] + np.uint64(1)
        hashed ^= hashed >> _SHIFT
        if length in RUNS:
            within = owners[: len(hashed)] == owners[length - 1 :]
            yield owners[: len(hashed)][within], hashed[within] & ~_WORD_BIT


def stem(word: str) -> str:
    """The word without its ending: `printing`, `printed` and `prints` are one. Crude, and enough beside the runs."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
