"""A resolved ticket's story, made into the draft of an article: a file for somebody to review.

A draft is never an article by itself: what nobody said stands in angle brackets, which are refused until they are filled
in. People's names, addresses and numbers are left out; secrets were, before anything was stored. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from knowledge.writing import quoted

MOST_UTTERANCES: Final = 15
LONGEST_UTTERANCE: Final = 200
"""Characters; what is longer tells a story."""

SLUG: Final = 6
"""Words of the subject that make the id."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A ticket as far as an article can learn from it."""

    number: str
    """`T-1042`"""
    subject: str
    category: str
    priority: str
    tier: int
    said: Sequence[str]
    """What its requester wrote."""
    answers: Sequence[tuple[str, str]]
    """What intake asked, and was told."""
    replies: Sequence[str]
    """What technicians wrote to the requester, in order; the resolution last."""
    notes: Sequence[str]
    """What technicians wrote for each other."""
    others: Sequence[str] = ()
    """What other people wrote who meant the same."""
    names: Sequence[str] = ()
    """Of the people in it."""


@dataclass(frozen=True, slots=True)
class Draft:
    name: str
    """The id of the article to be."""
    category: str
    text: str

    @property
    def path(self) -> str:
        return f"{self.category}/{self.name}.md"


def draft(settled: Settled, owner: str, today: date) -> Draft:
    """The draft of an article about what was settled."""

    def plain(text: str) -> str:
        return _anonymous(text, settled.names)

    name = _slug(plain(settled.subject)) or settled.number.lower()
    utterances = _utterances(map(plain, (*settled.said, *settled.others)))
    steps = [step for reply in settled.replies for step in _steps(plain(reply))]
    notes = [_line(plain(note)) for note in settled.notes]
    asked = [f"{question} {_line(plain(answer))}" for question, answer in settled.answers]
    lines = [
        "---",
        f"id: {name}",
        f"title: {quoted(_line(plain(settled.subject)))}",
        f"category: {settled.category}",
        f"priority: {settled.priority}",
        f"tier: {settled.tier}",
        f"owner: {quoted(owner)}",
        f"reviewed: {today}",
        "review_every: 180 days",
        "audience: everyone",
        f"# Drafted from {settled.number}. What people typed; write more, each said differently, until there are twelve.",
        "utterances:",
        *(f"  - {quoted(line)}" for line in utterances),
        "never: []",
        f"technician: {quoted(' '.join((*notes, *asked)) or '<What whoever takes the ticket should know.>')}",
        "---",
        "<The symptom and its cause, in one or two plain sentences.>",
        "",
        "## What to do",
        "",
        *(f"{number}. {_escaped(step)}" for number, step in enumerate(steps or [""], 1) if step),
        *([] if steps else ["1. <The first step.>"]),
        "",
        "## If that does not help",
        "",
        "Press **Talk to a person** and say <what they will need to know>.",
        "",
    ]
    return Draft(name, settled.category, "\n".join(lines))


def _utterances(said: Iterable[str]) -> list[str]:
    lines = (_line(part) for text in said for part in text.split("\n"))
    different = {line.casefold(): line for line in lines if len(line.split()) > 1}
    return [line[:LONGEST_UTTERANCE] for line in different.values()][:MOST_UTTERANCES]


def _steps(reply: str) -> list[str]:
    """Its sentences, without greeting and farewell."""
    text = _FAREWELL.sub("", _GREETING.sub("", reply.strip()))
    parts = (part.strip() for line in text.split("\n") for part in _SENTENCE.split(_BULLET.sub("", line)))
    return [_line(part) for part in parts if len(part.split()) > 1]


def _anonymous(text: str, names: Sequence[str]) -> str:
    text = _ADDRESS.sub("(address)", text)
    text = _NUMBER.sub("(number)", text)
    words = {word for name in names for word in name.split() if len(word) > 1}
    if not words:
        return text
    people = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(rf"\b(?:{people})(?:['’]s)?(?:\s+(?:{people}))*\b", "somebody", text, flags=re.IGNORECASE)


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())[:SLUG])


def _line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return re.sub(r"([\\<>\[\]`*_])", r"\\\1", text)


_GREETING = re.compile(
    r"\A(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^\n,.!:]{0,40}[,.!:\n]\s*", re.I
)
_FAREWELL = re.compile(
    r"\s*\b(?:(?:best|kind) regards|regards|many thanks|thanks|thank you|cheers|best)\b[^\n]{0,40}\Z", re.I
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_BULLET = re.compile(r"\A\s*(?:[-*•]|\d{1,2}[.)])\s+")
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]+\.[a-z]{2,20}", re.I)
_NUMBER = re.compile(r"(?<!\w)\+?\d[\d ()./-]{7,}\d(?!\w)")
