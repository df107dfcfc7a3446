"""Past messages under today's articles, and under changed ones: what would have been answered, and what is missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from bot.asking import decision
from bot.redaction import redact
from bot.smalltalk import recognise
from knowledge.gaps import Failure, Gap, Gaps, Nearest, told
from knowledge.library import Library
from knowledge.matcher import Answer, Clarify, Match

KNOWN: Final = 20_000
"""Different messages whose end is remembered, since people write the same again and again."""

CHANGES: Final = 20
EXAMPLES: Final = 3

NAMES: Final = {"answer": "answered", "clarify": "clarified", "none": "escalated"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of one request."""

    decision: str
    """`answer`, `clarify` or `none`."""
    article: str
    """That answers; empty without one."""
    right: float
    """Probability that the right article would be shown."""

    def __str__(self) -> str:
        return self.article or NAMES[self.decision]


@dataclass(slots=True)
class Tally:
    """What became of all requests under one knowledge base."""

    decisions: Counter[str] = field(default_factory=Counter)
    right: float = 0.0
    gaps: Gaps = field(default_factory=Gaps)

    def add(self, fate: Fate, text: str, person: str) -> None:
        self.decisions[fate.decision] += 1
        self.right += fate.right
        if fate.decision == "none":
            self.gaps.add(Failure(text, person))


class Replay:
    """Takes past messages, one by one, through one knowledge base, or through two to compare them."""

    def __init__(
        self, library: Library, changed: Library | None = None, organisation: str | None = None
    ) -> None:
        self.messages = self.small_talk = 0
        self.before = Tally()
        self.after = Tally() if changed else None
        self.changes: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], list[str]] = {}
        self._library = changed or library
        self._fates = _fates(library, organisation)
        self._changed = _fates(changed, organisation) if changed else None

    def add(self, text: str, person: str = "") -> None:
        """One message; nothing secret of it is kept or shown."""
        self.messages += 1
        text = redact(text).text
        if recognise(text):
            self.small_talk += 1
            return
        was = self._fates(text)
        for part, fate in was:
            self.before.add(fate, part, person)
        if self._changed and self.after:
            now = self._changed(text)
            for part, fate in now:
                self.after.add(fate, part, person)
            change = (_named(was), _named(now))
            if change[0] != change[1]:
                self.changes[change] += 1
                examples = self.examples.setdefault(change, [])
                if len(examples) < EXAMPLES and text not in examples:
                    examples.append(text)

    @property
    def nearest(self) -> Nearest:
        def nearest(text: str) -> str:
            candidates = self._library.match(text).candidates
            return f"{candidates[0].article.id}, {candidates[0].score:.0%}" if candidates else ""

        return nearest


Fates = Callable[[str], tuple[tuple[str, Fate], ...]]


def _fates(library: Library, organisation: str | None) -> Fates:
    """For a message: its requests, each with what would become of it."""

    @lru_cache(KNOWN)
    def fates(text: str) -> tuple[tuple[str, Fate], ...]:
        return tuple(
            (request.text, fate_of(request.match)) for request in library.requests(text, organisation)
        )

    return fates


def fate_of(found: Match) -> Fate:
    match found:
        case Answer():
            return Fate("answer", found.article.id, found.score)
        case Clarify():
            shown = {article.id for article in found.articles}
            right = sum(one.score for one in found.candidates if one.article.id in shown)
            return Fate("clarify", "", right)
        case _:
            return Fate(decision(found), "", 0.0)


def _named(fates: tuple[tuple[str, Fate], ...]) -> str:
    return " and ".join(str(fate) for _, fate in fates)


# ---------------------------------------------------------------------------------------------------------- told


def as_text(replay: Replay, settles: float) -> str:
    """For people. `settles` is the share of right answers after which nobody needs a person."""
    lines = [
        f"{replay.messages:,} messages, {replay.small_talk:,} of them small talk.",
        "",
        *_table(replay, settles),
        "",
        f"Solved is estimated: the probability that the right article is shown, if {settles:.0%} of right ones settle it "
        "(--settles).",
    ]
    if replay.after:
        changed = sum(replay.changes.values())
        lines += ["", f"{changed:,} messages end differently." if changed else "No message ends differently."]
        for (was, now), number in replay.changes.most_common(CHANGES):
            lines += [f"  {number:>7,}  {was} → {now}"]
            lines += [f"             {_short(text)}" for text in replay.examples[was, now]]
    gaps = (replay.after or replay.before).gaps.biggest()
    lines += ["", "The biggest gaps:" if gaps else "No gaps."]
    lines += [told(gap, replay.nearest) for gap in gaps]
    return "\n".join(lines)


def _table(replay: Replay, settles: float) -> list[str]:
    tallies = [("", replay.before), *([("changed", replay.after)] if replay.after else [])]
    heading = f"{'':<12}" + "".join(f"{name or ('now' if replay.after else ''):>16}" for name, _ in tallies)
    rows = [(word, [_count(tally, kind) for _, tally in tallies]) for kind, word in NAMES.items()]
    solved = [f"{_share(tally.right * settles, tally):.1%}" for _, tally in tallies]
    return [
        *([heading] if replay.after else []),
        *(
            f"{word:<12}" + "".join(f"{cell:>16}" for cell in cells)
            for word, cells in [*rows, ("solved", solved)]
        ),
    ]


def _count(tally: Tally, kind: str) -> str:
    number = tally.decisions[kind]
    return f"{number:,} ({_share(number, tally):.1%})"


def _share(number: float, tally: Tally) -> float:
    return number / max(tally.decisions.total(), 1)


def as_json(replay: Replay, settles: float) -> str:
    def tally(one: Tally) -> dict[str, Any]:
        return {
            **{NAMES[kind]: one.decisions[kind] for kind in NAMES},
            "solved": round(_share(one.right * settles, one), 4),
            "gaps": [_gap(gap, replay.nearest) for gap in one.gaps.biggest()],
        }

    data = {"messages": replay.messages, "small_talk": replay.small_talk, "now": tally(replay.before)}
    if replay.after:
        data["changed"] = tally(replay.after)
        data["changes"] = [
            {"was": was, "is": now, "messages": number, "examples": replay.examples[was, now]}
            for (was, now), number in replay.changes.most_common()
        ]
    return json.dumps(data, indent=2, ensure_ascii=False)


def _gap(gap: Gap, nearest: Nearest) -> dict[str, Any]:
    return {
        "people": gap.people,
        "messages": gap.messages,
        "examples": gap.examples,
        "nearest": nearest(gap.examples[0]),
    }


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"
