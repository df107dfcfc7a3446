"""How well each article does: of those it was shown to, how many were helped, and is that getting worse? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import Final

AGAIN: Final = timedelta(days=3)
"""Whoever is shown the same article again within this time was not helped the first time."""

RECENT: Final = timedelta(days=30)
"""What is compared with all before it."""

FEWEST: Final = 5
"""Showings in each of the two times, below which nothing is said about falling."""

SPREAD: Final = 1.64
"""Standard deviations by which an article must have fallen: by chance one in twenty does."""

WORST: Final = 5
"""Chats that are shown to an owner."""


class Came(StrEnum):
    """What came of showing an article."""

    SOLVED = "solved"
    QUIET = "quiet"
    """Nothing more was said, and no ticket followed: most who are helped say nothing."""
    NOT_HELPFUL = "not_helpful"
    TICKET = "ticket"
    """A person was asked for."""


@dataclass(frozen=True, slots=True)
class Showing:
    """An article was shown to somebody for a message, whose text is redacted."""

    article: str
    at: datetime
    person: str
    text: str
    came: Came


@dataclass(frozen=True, slots=True)
class Score:
    article: str
    shown: int
    solved: int
    """They said so."""
    quiet: int
    not_helpful: int
    tickets: int
    again: int
    """They were shown it again within `AGAIN`, whatever they had said."""
    helped: float
    """Share of 1: solved or quiet, and not again."""
    before: float | None
    """The same share before `RECENT`; None without showings then."""
    recently: float | None
    falling: bool
    """It helps fewer than it did, and hardly by chance."""
    failing: tuple[str, ...]
    """What those wrote lately whom it did not help, the newest first."""


def scores(showings: Iterable[Showing], now: datetime) -> tuple[Score, ...]:
    """Of each article that was shown, the one that helped least first."""
    by_article: dict[str, list[Showing]] = {}
    for showing in sorted(showings, key=lambda one: one.at):
        by_article.setdefault(showing.article, []).append(showing)
    found = [_score(article, shown, now) for article, shown in by_article.items()]
    return tuple(sorted(found, key=lambda score: (score.helped, -score.shown, score.article)))


def _score(article: str, shown: Sequence[Showing], now: datetime) -> Score:
    came_back = _again(shown)
    helped = [
        one.came in (Came.SOLVED, Came.QUIET) and not back for one, back in zip(shown, came_back, strict=True)
    ]
    recent = [one.at > now - RECENT for one in shown]
    old = [good for good, new in zip(helped, recent, strict=True) if not new]
    new = [good for good, new in zip(helped, recent, strict=True) if new]
    failing = [one.text for one, good, new in zip(shown, helped, recent, strict=True) if new and not good]
    counts = [one.came for one in shown]
    return Score(
        article=article,
        shown=len(shown),
        solved=counts.count(Came.SOLVED),
        quiet=counts.count(Came.QUIET),
        not_helpful=counts.count(Came.NOT_HELPFUL),
        tickets=counts.count(Came.TICKET),
        again=sum(came_back),
        helped=sum(helped) / len(shown),
        before=_share(old),
        recently=_share(new),
        falling=_has_fallen(old, new),
        failing=tuple(dict.fromkeys(reversed(failing)))[:WORST],
    )


def _again(shown: Sequence[Showing]) -> list[bool]:
    """For each showing, in the order of time, whether the same person was shown it again soon."""
    following: dict[str, datetime] = {}
    back = []
    for one in reversed(shown):
        following_at = following.get(one.person)
        back.append(following_at is not None and following_at - one.at <= AGAIN)
        following[one.person] = one.at
    return back[::-1]


def _share(helped: Sequence[bool]) -> float | None:
    return sum(helped) / len(helped) if helped else None


def _has_fallen(before: Sequence[bool], since: Sequence[bool]) -> bool:
    """Whether the second share is lower than the first by more than chance (the normal test of two proportions)."""
    if min(len(before), len(since)) < FEWEST:
        return False
    fell = sum(before) / len(before) - sum(since) / len(since)
    both = (sum(before) + sum(since)) / (len(before) + len(since))
    return fell > SPREAD * sqrt(both * (1 - both) * (1 / len(before) + 1 / len(since)))
