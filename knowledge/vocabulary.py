"""Word lists that ship with Firstline: common English, short forms, and messages that are nobody's business here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

Form = tuple[tuple[str, ...], tuple[str, ...]]
"""The words that people type, and those that matching uses for them."""


def is_common(word: str) -> bool:
    """Whether `word`, folded, is one of some forty thousand that everyday English is made of.

    Found by halving the sorted file as it is: a set of so many words would take ten times its memory.
    """
    lines, wanted = _common_words(), word.encode("utf-8", "surrogatepass")
    start, end = 0, len(lines)
    while start < end:
        middle = (start + end) // 2
        first, last = lines.rfind(b"\n", start, middle) + 1 or start, lines.find(b"\n", middle)
        found = lines[first:last]
        if found == wanted:
            return True
        start, end = (last + 1, end) if found < wanted else (start, first)
    return False


def spell_out(words: Sequence[str]) -> list[str]:
    """`words` with every short form replaced, the longest first: `cant log in to o365` → `cannot login to office365`.
    A known kind of error code is followed by what it is about."""
    forms = _short_forms()
    spelt: list[str] = []
    at = 0
    while at < len(words):
        for typed, meant in forms.get(words[at], ()):
            if tuple(words[at : at + len(typed)]) == typed:
                spelt.extend(meant)
                at += len(typed)
                break
        else:
            spelt.append(words[at])
            spelt.extend(_speaks_of(words[at]))
            at += 1
    return spelt


@cache
def out_of_scope() -> tuple[str, ...]:
    """Messages that no article answers, as people type them."""
    return tuple(_lines("out_of_scope.txt"))


@cache
def _common_words() -> bytes:
    """One a line, in the order of their bytes."""
    return "".join(f"{line}\n" for line in _lines("common_words.txt")).encode()


@cache
def _short_forms() -> Mapping[str, Sequence[Form]]:
    """By the first word that is typed; the longest first."""
    forms: dict[str, list[Form]] = {}
    for line in _lines("short_forms.txt"):
        meant, _, typed = line.partition("=")
        for form in typed.split(","):
            first, *_ = words = tuple(form.split())
            forms.setdefault(first, []).append((words, tuple(meant.split())))
    return {first: sorted(found, key=lambda form: -len(form[0])) for first, found in forms.items()}


def _speaks_of(code: str) -> Sequence[str]:
    """What an error code is about: `0x80240034` → `windows update error`; nothing for other words."""
    if not any(map(str.isdigit, code)):
        return ()
    return next((about for begins, about in _error_codes() if code.startswith(begins)), ())


@cache
def _error_codes() -> Sequence[tuple[str, Sequence[str]]]:
    families = (line.partition(" = ") for line in _lines("error_codes.txt"))
    return [(begins, about.split()) for begins, _, about in families]


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
