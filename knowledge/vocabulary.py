"""Word lists that ship with Firstline: common English, short forms, and messages that are nobody's business here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

LONGEST_FORM: Final = 3
"""Words in the longest phrase that stands for one word: `two step verification`."""


@cache
def _common_words() -> np.ndarray:
    return np.array(_lines("common_words.txt"), dtype="S")


def is_common(word: str) -> bool:
    """Whether `word`, folded, is one of some forty thousand that everyday English is made of.

    They stand in one sorted block of bytes: as a set of strings they would take ten times the memory.
    """
    if not word.isascii():
        return False
    known = _common_words()
    wanted = np.bytes_(word)
    at = int(np.searchsorted(known, wanted))
    return at < len(known) and bool(known[at] == wanted)


@cache
def out_of_scope() -> tuple[str, ...]:
    """Messages that no article answers, as people type them."""
    return tuple(_lines("out_of_scope.txt"))


@cache
def short_forms() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """What people type → the words that matching uses for it."""
    forms = {}
    for line in _lines("short_forms.txt"):
        meant, _, typed = line.partition("=")
        for form in typed.split(","):
            forms[tuple(form.split())] = tuple(meant.split())
    return forms


def spell_out(words: Sequence[str]) -> list[str]:
    """`words` with every short form replaced, the longest first: `cant log in to o365` → `cannot login to office365`."""
    forms = short_forms()
    spelt: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_FORM, len(words) - at), 0, -1):
            if meant := forms.get(tuple(words[at : at + length])):
                spelt.extend(meant)
                at += length
                break
        else:
            spelt.append(words[at])
            at += 1
    return spelt


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
