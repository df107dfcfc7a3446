"""How alike texts are by their words and their characters: TF-IDF over hashed features, in postings.

A text is two bags: the stems of its words, and every run of two to five characters. Words tell what it is about;
runs bridge inflection, compounds and the slips that spelling repair leaves. Features are numbered by a hash, so no
vocabulary is kept: a thousand utterances take some four megabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
Numbers = NDArray[np.int32]

WORD_SHARE: Final = 0.3
"""How much of the similarity words decide, and character runs the rest: the best mean over BANKING77, HWU64 and
CLINC150 (validation) among 0.1 to 0.5, which differ by less than half a point."""

RUNS: Final = range(2, 6)
"""Lengths of the character runs."""

COMMON: Final = 0.3
"""Features in a larger share of all texts say nothing and cost most of the time: left out."""

RUN_BITS: Final = 17
WORD_BITS: Final = 16
"""Features are numbered by so many bits of their hash. The shipped articles have 35,000 different runs, of which one in
four shares its number with another, mostly a rare one; held out, that moves no accuracy by more than a tenth."""

FREQUENT: Final = 64
"""Texts a feature must stand in to be compared by matrix multiplication when many texts are compared: these are two
of a hundred features and make nine of ten pairs."""

BATCH: Final = 32
"""Texts compared in one stroke: enough to make numpy's cost per call small, few enough to stay in the cache."""

BLOCK: Final = 256
"""Features and texts multiplied in one stroke: bounds the memory that is only needed while learning."""

_ENDINGS = ("ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "er", "e")
_WORDS: Final = 1 << RUN_BITS
"""Words are numbered from here on, runs below."""
_FEATURES: Final = _WORDS + (1 << WORD_BITS)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as bags of features. The arrays stand side by side: each feature of each text once, text by text."""

    count: int
    owners: Numbers
    features: Numbers
    times: Numbers

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Bags:
        """The bags of some texts, each given as its words."""
        owners, features, times = [], [], []
        for start in range(0, len(texts), BLOCK):
            some = texts[start : start + BLOCK]
            pairs = np.concatenate([_numbered_words(some), *_numbered_runs(some)])
            pairs, counts = np.unique(pairs, return_counts=True)
            owners.append((pairs // _FEATURES + start).astype(np.int32))
            features.append((pairs % _FEATURES).astype(np.int32))
            times.append(counts.astype(np.int32))
        nothing = np.zeros(0, np.int32)
        return cls(len(texts), *(np.concatenate([nothing, *parts]) for parts in (owners, features, times)))

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, int, slice]]:
        """The texts from `start` to `stop` in stretches: where each begins and ends, and where its features stand."""
        for begin in range(start, stop, BATCH):
            end = min(begin + BATCH, stop)
            first, last = np.searchsorted(self.owners, (begin, end)).tolist()
            yield begin, end, slice(first, last)


class Similarity:
    """Texts to compare with, and the weights that they give to features.

    A feature of a message that no text has counts in the message's length as the rarest would: the more of a message
    is unknown, the less it is like anything.
    """

    def __init__(self, texts: Bags) -> None:
        self.count = texts.count
        spread = np.bincount(texts.features, minlength=_FEATURES)
        self._rarity = (np.log((1 + self.count) / (1 + spread)) + 1).astype(np.float32)
        self._rarity[spread > max(COMMON * self.count, 1)] = 0
        weights = _scaled(texts, self._rarity)
        kept = np.flatnonzero(weights)
        order = kept[np.argsort(texts.features[kept], kind="stable")]
        self._texts = texts.owners[order]
        self._weights = weights[order]
        spread[self._rarity == 0] = 0
        self._first = np.append(0, np.cumsum(spread)).astype(np.int32)

    def to(self, messages: Bags) -> Floats:
        """The similarity of each message (rows) to each text, 0 (nothing shared) to 1 (the same)."""
        return self._compare(messages, _scaled(messages, self._rarity), slice(0, messages.count), slice(None))

    def among(self, texts: Bags, rows: slice, columns: slice) -> Floats:
        """The similarity of some texts to some, where `texts` are all of those that this was made of."""
        weights = _scaled(texts, self._rarity)
        frequent = np.diff(self._first) >= FREQUENT
        weights[frequent[texts.features]] = 0
        alike = self._compare(texts, weights, rows, columns)
        for some in np.array_split(np.flatnonzero(frequent), int(frequent.sum()) // BLOCK + 1):
            block = np.zeros((self.count, len(some)), np.float32)
            for column, feature in enumerate(some.tolist()):
                postings = slice(self._first[feature], self._first[feature + 1])
                block[self._texts[postings], column] = self._weights[postings]
            for start in range(0, len(alike), BLOCK):
                alike[start : start + BLOCK] += block[rows][start : start + BLOCK] @ block[columns].T
        return alike

    def _compare(self, texts: Bags, weights: Floats, rows: slice, columns: slice) -> Floats:
        alike = np.empty((rows.stop - rows.start, len(range(self.count)[columns])), np.float32)
        for begin, end, part in texts.parts(rows.start, rows.stop):
            said = np.flatnonzero(weights[part]) + part.start
            owners = texts.owners[said] - begin
            sums = self._sum(end - begin, owners, texts.features[said], weights[said])
            alike[begin - rows.start : end - rows.start] = sums[:, columns]
        return alike

    def _sum(self, rows: int, owners: Numbers, features: Numbers, weights: Floats) -> Floats:
        """The products of weights over all postings of the features, summed by row and text."""
        start = self._first[features]
        lengths = self._first[features + 1] - start
        postings = np.repeat(start - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
        pairs = np.repeat(owners.astype(np.intp) * self.count, lengths) + self._texts[postings]
        products = np.repeat(weights, lengths) * self._weights[postings]
        return np.bincount(pairs, products, rows * self.count).reshape(rows, self.count).astype(np.float32)


def _scaled(texts: Bags, rarity: Floats) -> Floats:
    """The weight of each feature, such that words and runs of a text have lengths whose squares are their shares."""
    is_word = texts.features >= _WORDS
    weights = (1 + np.log(texts.times.astype(np.float32))) * rarity[texts.features]
    part = texts.owners * 2 + is_word
    lengths = np.bincount(part, weights * weights, texts.count * 2).reshape(-1, 2)
    factors = np.sqrt((1 - WORD_SHARE, WORD_SHARE) / np.maximum(lengths, 1e-9)).astype(np.float32)
    return np.asarray(weights * factors.ravel()[part])


def _numbered_words(texts: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Text × _FEATURES + feature, for every word."""
    hashes = [zlib.crc32(stem(word).encode("utf-8", "surrogatepass")) for text in texts for word in text]
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    return owners * _FEATURES + _WORDS + np.array(hashes, np.int64) % (1 << WORD_BITS)


def _numbered_runs(texts: Sequence[Sequence[str]]) -> Iterator[NDArray[np.int64]]:
    """The same for every run that lies within one text, by length; a hash grows by one character at a time."""
    lines = [f" {' '.join(text)} ".encode("utf-32-le", "surrogatepass") for text in texts]
    characters = np.frombuffer(b"".join(lines), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)) * _FEATURES, [len(line) // 4 for line in lines])
    hashed = characters + np.uint64(1)
    for length in range(2, min(RUNS.stop, len(characters) + 1)):
        hashed = hashed[:-1] * _MULTIPLIER + characters[length - 1 :]
        hashed ^= hashed >> np.uint64(29)
        if length in RUNS:
            number = (hashed * _MULTIPLIER >> np.uint64(64 - RUN_BITS)).astype(np.int64)
            yield (owners[: len(hashed)] + number)[owners[: len(hashed)] == owners[length - 1 :]]


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """The word without its ending: `printing`, `printed` and `prints` are one. Crude, and enough beside the runs."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
