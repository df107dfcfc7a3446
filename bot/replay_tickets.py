"""Last month's tickets under a changed policy: which would go elsewhere, which would be late, which no longer. Pure.

People are taken to answer and to solve when they did; what changes is where a ticket goes and when it is due. Load is
reckoned from the file itself: what was open and unclaimed when a ticket came.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.past_tickets import PastTicket
from tickets import sla
from tickets.coverage import Load, Request, route
from tickets.fields import Place
from tickets.kinds import Due
from tickets.policy import Organisation, UnknownInPolicy

SHOWN = 20
"""Tickets that are told one by one; of the rest only how many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one ticket fares under one policy."""

    queue: str
    """Its name; after a rollover, the one that it rolled over to."""
    place: Place
    """Of the rule that sent it there."""
    response_due: datetime
    solution_due: datetime
    response_late: bool
    solution_late: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """One ticket under both policies."""

    ticket: PastTicket
    before: Outcome
    after: Outcome

    @property
    def goes_elsewhere(self) -> bool:
        return self.before.queue != self.after.queue


def replay(tickets: Sequence[PastTicket], before: Organisation, after: Organisation) -> list[Replayed]:
    """All of them under both policies; `tickets` are in the order in which they were opened."""
    first, second = _outcomes(tickets, before), _outcomes(tickets, after)
    return [Replayed(*one) for one in zip(tickets, first, second, strict=True)]


def _outcomes(tickets: Sequence[PastTicket], organisation: Organisation) -> Iterator[Outcome]:
    end = max(at for one in tickets for at in (one.opened, one.answered, one.solved) if at)
    waiting: Counter[str] = Counter()
    leaving: list[tuple[datetime, str]] = []  # when those that wait are claimed, the next one first
    for ticket in tickets:
        while leaving and leaving[0][0] <= ticket.opened:
            waiting[heapq.heappop(leaving)[1]] -= 1
        request = Request(ticket.site, ticket.category, ticket.priority, ticket.groups)
        covered = route(request, organisation, ticket.opened, Load(waiting))
        taken = ticket.claimed or ticket.answered or ticket.solved
        queue, place = covered.queue, covered.route.place if covered.route else covered.because[0].place
        waiting[queue.id] += 1
        heapq.heappush(leaving, (taken or datetime.max.replace(tzinfo=ticket.opened.tzinfo), queue.id))
        if covered.rollover and (taken is None or taken > covered.rollover.at):
            queue = covered.rollover.queue
        clock = organisation.clock(covered.queue, covered.priority)
        solution_due = covered.resolution_due
        for since, until in ticket.waited:
            if since >= ticket.opened:
                solution_due = sla.resume(sla.pause(solution_due, since, clock), until, clock)
        yield Outcome(
            queue.name,
            place,
            covered.first_response_due,
            solution_due,
            (ticket.answered or ticket.solved or end) > covered.first_response_due,
            (ticket.solved or end) > solution_due,
        )


# ---------------------------------------------------------------------------------------------------------- telling


def told(found: Sequence[Replayed], before: Organisation, after: Organisation, *, everything: bool) -> str:
    """What changes, for a person: the sums, then the tickets behind each."""
    zone, most = after.timezone, None if everything else SHOWN
    first, last = (found[place].ticket.opened.astimezone(zone) for place in (0, -1))
    lines = [
        f"{after.name}: {len(found)} tickets, opened {_day(first)} to {_day(last)}, "
        "answered and solved when they were.",
        "",
        f"{'':<24}{'before':>8}{'after':>8}",
        *_sums(found),
    ]

    def section(title: str, picked: Callable[[Replayed], bool], line: Callable[[Replayed], str]) -> None:
        rows = [one for one in found if picked(one)]
        if rows:
            lines.extend(["", f"{len(rows)} {title}:", *(f"  {line(one)}" for one in rows[:most])])
            if most and len(rows) > most:
                lines.append(f"  and {len(rows) - most} more; --all shows them")

    def head(one: Replayed) -> str:
        ticket = one.ticket
        about = [_category(ticket, before, after), ticket.site or "", ticket.priority or ""]
        return f"{ticket.ticket:<8} {_time(ticket.opened, zone)}  {', '.join(part for part in about if part)}"

    def moved(one: Replayed) -> str:
        return f"{head(one)}: {one.before.queue} → {one.after.queue}  {one.after.place}".rstrip()

    def dues(one: Replayed) -> str:
        parts = [
            f"{what}: was due {_time(old, zone)}, now {_time(new, zone)}, {_happened(verb, at, zone)}"
            for what, verb, old, new, at, changed in (
                (
                    "first reply",
                    "answered",
                    one.before.response_due,
                    one.after.response_due,
                    one.ticket.answered or one.ticket.solved,
                    one.before.response_late != one.after.response_late,
                ),
                (
                    "solution",
                    "solved",
                    one.before.solution_due,
                    one.after.solution_due,
                    one.ticket.solved,
                    one.before.solution_late != one.after.solution_late,
                ),
            )
            if changed
        ]
        return f"{head(one)}: {'; '.join(parts)}"

    section("would go elsewhere", lambda one: one.goes_elsewhere, moved)
    section("would be late", _newly_late, dues)
    section("would no longer be late", _no_longer_late, dues)
    if not any(one.goes_elsewhere or _newly_late(one) or _no_longer_late(one) for one in found):
        lines += ["", "Nothing would go elsewhere, and the same tickets would be late."]
    return "\n".join(lines)


def _newly_late(one: Replayed) -> bool:
    late, was = one.after, one.before
    return (late.response_late and not was.response_late) or (late.solution_late and not was.solution_late)


def _no_longer_late(one: Replayed) -> bool:
    late, was = one.after, one.before
    return (was.response_late and not late.response_late) or (was.solution_late and not late.solution_late)


def _sums(found: Sequence[Replayed]) -> Iterator[str]:
    def row(name: str, before: int, after: int) -> str:
        return f"{name:<24}{before:>8}{after:>8}"

    yield row("First reply late", *(sum(one.response_late for one in side) for side in _sides(found)))
    yield row("Solution late", *(sum(one.solution_late for one in side) for side in _sides(found)))
    before, after = (Counter(one.queue for one in side) for side in _sides(found))
    for queue in sorted(before | after, key=lambda name: -after[name]):
        yield row(queue[:23], before[queue], after[queue])


def _sides(found: Sequence[Replayed]) -> tuple[list[Outcome], list[Outcome]]:
    return [one.before for one in found], [one.after for one in found]


def as_data(found: Sequence[Replayed]) -> list[dict[str, Any]]:
    """The same for machines: every ticket, instants in UTC."""

    def outcome(one: Outcome) -> dict[str, Any]:
        return {
            "queue": one.queue,
            "rule": str(one.place) or None,
            f"{Due.FIRST_RESPONSE}_due": one.response_due.isoformat(),
            f"{Due.RESOLUTION}_due": one.solution_due.isoformat(),
            f"{Due.FIRST_RESPONSE}_late": one.response_late,
            f"{Due.RESOLUTION}_late": one.solution_late,
        }

    return [
        {
            "ticket": one.ticket.ticket,
            "opened": one.ticket.opened.isoformat(),
            "before": outcome(one.before),
            "after": outcome(one.after),
            "goes_elsewhere": one.goes_elsewhere,
        }
        for one in found
    ]


def _category(ticket: PastTicket, *policies: Organisation) -> str:
    for policy in policies:
        try:
            return policy.category(ticket.category).name
        except UnknownInPolicy:
            continue
    return ticket.category


def _happened(verb: str, at: datetime | None, zone: ZoneInfo) -> str:
    return f"{verb} {_time(at, zone)}" if at else f"not {verb}"


def _day(there: datetime) -> str:
    return f"{there.day} {there:%b %Y}"


def _time(at: datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b %H:%M}"
