"""What words mean: vectors, learned elsewhere from much text, that come inside the package `wordllama`.

Two files of it are read and none of its code: that would load a tokenizer and an HTTP client, and look for files
outside. The vectors stay on disk (16 MB); of them only the rows of words that occur are read, when they are needed.
"""

from __future__ import annotations

import json
import os
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path
from typing import Final

import numpy as np

from knowledge.similarity import Floats

WEIGHTS: Final = "weights/l2_supercat_256.safetensors"
TOKENIZER: Final = "tokenizers/l2_supercat_tokenizer_config.json"

SPACE: Final = "▁"
"""Stands in front of a piece that begins a word."""

LONGEST: Final = 40
"""Letters of a word that are looked at; what is longer is no word, and joining its pieces takes the square of them."""

NONE: Final = 1 << 30
"""Behind every row."""


def vectors(texts: Sequence[Sequence[str]]) -> Floats:
    """What each text, given as its words, is about: the mean of its pieces, brought to length 1.

    A text of which no word is known gets a vector of zeros, which is like nothing. Weighing rare words higher than
    usual ones gains nothing (BANKING77, HWU64, CLINC150: −9 to +0.1 points).
    """
    table = _table()
    known = {word: table.vector(word) for word in dict.fromkeys(chain.from_iterable(texts))}
    means = np.zeros((len(texts), table.width), np.float32)
    for number, text in enumerate(texts):
        for word in text:
            means[number] += known[word]
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9))


class _Table:
    """The pieces of words, and where their vectors stand in the file."""

    def __init__(self, folder: Path) -> None:
        """Read the pieces. Of the tokenizer's file only its middle is needed: parsing all of it takes three times as
        long and 10 MB."""
        self._file = os.open(folder / WEIGHTS, os.O_RDONLY)
        length = int.from_bytes(os.pread(self._file, 8, 0), "little")
        about = json.loads(os.pread(self._file, length, 8))["embedding.weight"]
        self.width = int(about["shape"][1])
        self._begin = 8 + length + int(about["data_offsets"][0])
        text = (folder / TOKENIZER).read_bytes()
        first = text.index(b"{", text.index(b'"vocab"'))
        last = text.rindex(b"}", first, text.index(b'"merges"', first))
        pieces: dict[str, int] = json.loads(text[first : last + 1])
        hashes = np.fromiter(map(_hash, pieces), np.int64)
        order = np.argsort(hashes)
        self._hashes = array("q", hashes[order].tobytes())
        self._rows = array("H", np.fromiter(pieces.values(), np.uint16)[order].tobytes())

    def vector(self, word: str) -> Floats:
        """The sum of the word's pieces."""
        size = self.width * 2
        rows = self._pieces(word)
        read = b"".join(os.pread(self._file, size, self._begin + size * row) for row in rows)
        return np.asarray(
            np.frombuffer(read, np.float16).reshape(-1, self.width).sum(axis=0, dtype=np.float32)
        )

    def _pieces(self, word: str) -> list[int]:
        """Neighbours are joined as long as there is a piece for both, the most usual first (byte pair encoding)."""
        if (whole := self._row(SPACE + word)) < NONE:
            return [whole]
        row = cache(self._row)
        parts = [*(SPACE + word[:LONGEST])]
        while True:
            pairs = [(row(one + other), place) for place, (one, other) in enumerate(pairwise(parts))]
            best, place = min(pairs, default=(NONE, 0))
            if best == NONE:
                return [found for part in parts if (found := row(part)) < NONE]
            parts[place : place + 2] = [parts[place] + parts[place + 1]]

    def _row(self, piece: str) -> int:
        """Where the piece stands, or `NONE`. Hashes instead of the pieces themselves save 5 MB."""
        wanted = _hash(piece)
        place = bisect_left(self._hashes, wanted)
        found = place < len(self._hashes) and self._hashes[place] == wanted
        return self._rows[place] if found else NONE


def _hash(piece: str) -> int:
    """Of its bytes: texts of different scripts may have the same hash, such as `4l` and 水."""
    return hash(piece.encode("utf-8", "surrogatepass"))


@cache
def _table() -> _Table:
    spec = find_spec("wordllama")
    assert spec
    return _Table(Path(next(iter(spec.submodule_search_locations or ()))))
