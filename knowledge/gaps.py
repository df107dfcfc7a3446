"""Where knowledge is missing or fails: messages that no article helped with, put together by what they mean.

Messages come one after the other and most are forgotten again: nearly equal ones are counted together at once, and in
the end groups that mean much the same become one gap. Memory is bounded however many come. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from knowledge.meaning import vectors
from knowledge.similarity import Floats
from knowledge.text import normalise, words
from knowledge.vocabulary import spell_out

EQUAL: Final = 0.8
"""Likeness of meaning (cosine) from which a message says the same as a group of others."""

ALIKE: Final = 0.32
"""Mean likeness of the messages of two groups from which they are one gap. On 930 utterances of 91 articles, which
must fall apart by article, 75 in 100 then stand with their own; above it groups fall apart, below it they flow together."""

SAME_MATTER: Final = 0.5
"""Likeness of meaning from which somebody else's message is about the same: nine in ten utterances so near each other
belong to one article."""

MOST: Final = 3000
"""Groups kept while messages come; the smallest go when there are more."""

COMPARED: Final = 800
"""Groups, the largest, that are put together in the end: each with each."""

EXAMPLES: Final = 5
PEOPLE: Final = 10_000
"""People told apart in one group; a gap of more is large enough."""

OWN: Final = 0.5
"""Share of a gap's messages from which on one article that was shown for them is said to fail."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that no article helped with. Its text is redacted."""

    text: str
    person: str = ""
    ticket: str = ""
    """The ticket that it became; empty when it became none."""
    article: str = ""
    """The article that was shown for it and did not help; empty when there was none."""


@dataclass(frozen=True, slots=True)
class Gap:
    messages: int
    people: int
    tickets: int
    examples: tuple[str, ...]
    """The most typical first."""
    failing: str
    """The article that was shown for most of them; empty when one is missing."""


@dataclass(slots=True)
class _Group:
    total: Floats
    """Sum of its messages' vectors."""
    messages: int = 0
    people: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    articles: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Floats] = field(default_factory=dict)

    def add(self, failure: Failure, vector: Floats) -> None:
        self.total = self.total + vector
        self.messages += 1
        self.articles[failure.article] += 1
        if failure.person and len(self.people) < PEOPLE:
            self.people.add(failure.person)
        if failure.ticket and len(self.tickets) < PEOPLE:
            self.tickets.add(failure.ticket)
        if len(self.examples) < EXAMPLES:
            self.examples.setdefault(failure.text, vector)

    def take(self, other: _Group) -> None:
        self.total = self.total + other.total
        self.messages += other.messages
        self.people |= other.people
        self.tickets |= other.tickets
        self.articles += other.articles
        self.examples |= other.examples

    def gap(self) -> Gap:
        typical = sorted(self.examples, key=lambda text: -float(self.examples[text] @ self.total))
        article, shown = self.articles.most_common(1)[0]
        return Gap(
            messages=self.messages,
            people=len(self.people),
            tickets=len(self.tickets),
            examples=tuple(typical[:EXAMPLES]),
            failing=article if shown >= OWN * self.messages else "",
        )


class Gaps:
    """Takes failures and tells the biggest gaps."""

    def __init__(self) -> None:
        self._groups: list[_Group] = []
        self._means: Floats = np.zeros((MOST, 0), np.float32)

    def add(self, failure: Failure) -> None:
        """Count it. What has no word that means anything is left out."""
        (vector,) = vectors([spell_out(words(normalise(failure.text)))])
        if not vector.any():
            return
        if not self._means.shape[1]:
            self._means = np.zeros((MOST, len(vector)), np.float32)
        likeness = self._means[: len(self._groups)] @ vector
        nearest = int(likeness.argmax()) if self._groups else -1
        if nearest < 0 or likeness[nearest] < EQUAL:
            self._make_room()
            nearest = len(self._groups)
            self._groups.append(_Group(np.zeros_like(vector)))
        group = self._groups[nearest]
        group.add(failure, vector)
        self._means[nearest] = group.total / max(float(np.linalg.norm(group.total)), 1e-9)

    def biggest(self, most: int = 20) -> tuple[Gap, ...]:
        """By people, then by messages."""
        gaps = [group.gap() for group in _together(self._largest(COMPARED))]
        return tuple(sorted(gaps, key=lambda gap: (-gap.people, -gap.messages, gap.examples))[:most])

    def _largest(self, most: int) -> list[_Group]:
        return sorted(self._groups, key=lambda group: -group.messages)[:most]

    def _make_room(self) -> None:
        if len(self._groups) < MOST:
            return
        self._groups = self._largest(MOST // 2)
        for place, group in enumerate(self._groups):
            self._means[place] = group.total / max(float(np.linalg.norm(group.total)), 1e-9)


def _together(groups: Sequence[_Group]) -> list[_Group]:
    """The groups with those that are alike put together: the most alike first, by the mean over their messages."""
    if not groups:
        return []
    totals = np.stack([group.total for group in groups])
    sizes = np.array([group.messages for group in groups], np.float32)
    alike = (totals @ totals.T) / np.outer(sizes, sizes)
    np.fill_diagonal(alike, -1)
    kept: dict[int, _Group] = {
        number: _Group(np.zeros_like(group.total)) for number, group in enumerate(groups)
    }
    for number, group in enumerate(groups):
        kept[number].take(group)
    while True:
        one, other = divmod(int(alike.argmax()), len(groups))
        if alike[one, other] < ALIKE:
            return list(kept.values())
        both = (alike[one] * sizes[one] + alike[other] * sizes[other]) / (sizes[one] + sizes[other])
        alike[one], alike[:, one] = both, both
        alike[one, one] = -1
        alike[other], alike[:, other] = -1, -1
        sizes[one] += sizes[other]
        kept[one].take(kept.pop(other))


def alike(text: str, others: Sequence[str], most: int) -> list[str]:
    """Those of the others that mean much the same as the text, the nearest first."""
    (vector, *means) = vectors([spell_out(words(normalise(line))) for line in (text, *others)])
    near = sorted(
        ((float(mean @ vector), line) for mean, line in zip(means, others, strict=True)), reverse=True
    )
    return [line for likeness, line in near if likeness >= SAME_MATTER][:most]


Nearest = Callable[[str], str]
"""The article that is nearest to a message, with how likely it is; empty without one."""


def told(gap: Gap, nearest: Nearest) -> str:
    """A gap in a few lines."""
    missing = f"fails: {gap.failing}" if gap.failing else "missing"
    near = "" if gap.failing or not (found := nearest(gap.examples[0])) else f" (nearest: {found})"
    counts = [
        _counted(gap.people, "person", "people"),
        _counted(gap.messages, "message"),
        _counted(gap.tickets, "ticket"),
    ]
    return "\n".join(
        [
            f"{', '.join(filter(None, counts))}: {missing}{near}",
            *(f"    {_short(text)}" for text in gap.examples),
        ]
    )


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}" if number else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"
