"""Who is on call: turns by the clock on the wall, with overrides, swaps and absences. Pure.

Every instant is an aware datetime in UTC. A turn ends at the first instant at which a clock in the rota's zone shows
the time of the hand-over or a later one, so there is always exactly one turn, also when an hour is skipped or repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from tickets.calendars import Stretch, instant_of
from tickets.policy import Organisation, Technician
from tickets.rules import Layer, Rota


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody has said that they are out."""

    technician: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Swap:
    """Somebody takes a stretch of another's turn."""

    rota: str
    layer: Layer
    technician: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What was agreed in chat, on top of the file; of two swaps of the same time the later one holds."""

    absences: Sequence[Absence] = ()
    swaps: Sequence[Swap] = ()


NO_CHANGES = Changes()


@dataclass(frozen=True, slots=True)
class OnCall:
    """One layer of a rota at an instant. Whoever is `planned` is there, unless `absent`."""

    layer: Layer
    planned: str
    absent: bool
    why: str
    """`turn`, `calendar`, `override` or `swap`."""

    @property
    def technician(self) -> str | None:
        """Whom to call; nobody when the one whose turn it is has gone away."""
        return None if self.absent else self.planned


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch in which a layer of a rota stays as it is."""

    start: datetime
    end: datetime
    rota: str
    on_call: OnCall


@dataclass(frozen=True, slots=True)
class DoubleBooking:
    """Somebody is needed in two places at once."""

    start: datetime
    end: datetime
    technician: str
    first: tuple[str, Layer]
    second: tuple[str, Layer]


def is_away(technician: Technician, instant: datetime, changes: Changes = NO_CHANGES) -> bool:
    return any(start <= instant < end for start, end in absences(technician, instant, instant, changes))


def absences(
    technician: Technician, start: datetime, end: datetime, changes: Changes = NO_CHANGES
) -> Iterator[Stretch]:
    """At least all those that touch the time from `start` to `end`."""
    for span in technician.away:
        yield _stretch(span.since, span.until, technician.timezone)
    if technician.away_times:
        for since, until, _ in technician.away_times.between(start, end):
            yield since, until
    for absence in changes.absences:
        if absence.technician == technician.id:
            yield absence.since, absence.until


def is_on(rota: Rota, organisation: Organisation, instant: datetime) -> bool:
    """Whether anybody is to be on call: the first turn has begun, and the rota's calendar is open."""
    if instant < instant_of(rota.starts, rota.timezone):
        return False
    return rota.calendar is None or organisation.calendar(rota.calendar).is_open(instant)


def on_call(
    rota: Rota, organisation: Organisation, instant: datetime, changes: Changes = NO_CHANGES
) -> tuple[OnCall, ...]:
    """The layers at an instant, the primary first; none while the rota is off."""
    if not is_on(rota, organisation, instant):
        return ()
    number = turn_at(rota, instant)
    return tuple(
        _layer(layer, members, number, rota, organisation, instant, changes)
        for layer, members in ((Layer.PRIMARY, rota.primary), (Layer.SECONDARY, rota.secondary))
        if members
    )


def turn_at(rota: Rota, instant: datetime) -> int:
    """Turns before this one; the first is 0, and those before it are negative."""
    wall = instant.astimezone(rota.timezone).replace(tzinfo=None)
    number = (wall - rota.starts) // rota.every
    # Where the wall shows a time twice, the turn may already have changed when it did so first.
    while instant_of(rota.starts + (number + 1) * rota.every, rota.timezone) <= instant:
        number += 1
    return number


def shifts(
    rota: Rota, organisation: Organisation, start: datetime, end: datetime, changes: Changes = NO_CHANGES
) -> list[Shift]:
    """Everybody's time on call between two instants, in order, each layer by itself."""
    found: list[Shift] = []
    latest: dict[Layer, int] = {}
    for since, until in pairwise(_edges(rota, organisation, start, end, changes)):
        for one in on_call(rota, organisation, since, changes):
            before = latest.get(one.layer)
            if before is not None and found[before].end == since and found[before].on_call == one:
                found[before] = Shift(found[before].start, until, rota.id, one)
            else:
                latest[one.layer] = len(found)
                found.append(Shift(since, until, rota.id, one))
    return found


def gaps(
    rota: Rota, organisation: Organisation, start: datetime, end: datetime, changes: Changes = NO_CHANGES
) -> list[Shift]:
    """Stretches in which a layer has nobody, since whose turn it is is away."""
    return [one for one in shifts(rota, organisation, start, end, changes) if one.on_call.absent]


def double_bookings(
    organisation: Organisation, start: datetime, end: datetime, changes: Changes = NO_CHANGES
) -> list[DoubleBooking]:
    """Where a technician is in two layers or two rotas at once."""
    booked: dict[str, list[Shift]] = {}
    for rota in organisation.rotas:
        for shift in shifts(rota, organisation, start, end, changes):
            if shift.on_call.technician:
                booked.setdefault(shift.on_call.technician, []).append(shift)
    found = [
        DoubleBooking(
            max(a.start, b.start),
            min(a.end, b.end),
            technician,
            (a.rota, a.on_call.layer),
            (b.rota, b.on_call.layer),
        )
        for technician, theirs in booked.items()
        for a, b in combinations(theirs, 2)
        if a.start < b.end and b.start < a.end
    ]
    return sorted(found, key=lambda one: (one.start, one.technician))


def _layer(
    layer: Layer,
    members: Sequence[str],
    number: int,
    rota: Rota,
    organisation: Organisation,
    instant: datetime,
    changes: Changes,
) -> OnCall:
    planned, why = members[number % len(members)], "turn"
    if rota.turn_times and layer is Layer.PRIMARY:
        for since, until, about in rota.turn_times.between(instant, instant):
            if since <= instant < until and (named := organisation.named_in(about)):
                planned, why = named.id, "calendar"
    for override in rota.overrides:
        since, until = _stretch(override.since, override.until, rota.timezone)
        if override.layer is layer and since <= instant < until:
            planned, why = override.who, "override"
    for swap in changes.swaps:
        if swap.rota == rota.id and swap.layer is layer and swap.since <= instant < swap.until:
            planned, why = swap.technician, "swap"
    return OnCall(layer, planned, is_away(organisation.technician(planned), instant, changes), why)


def _edges(
    rota: Rota, organisation: Organisation, start: datetime, end: datetime, changes: Changes
) -> list[datetime]:
    """The instants from `start` to `end` at which anything about the rota may change, and these two."""
    edges = set(_hand_overs(rota, start, end))
    people = {*rota.primary, *rota.secondary, *(override.who for override in rota.overrides)}
    people |= {swap.technician for swap in changes.swaps if swap.rota == rota.id}
    turns = list(rota.turn_times.between(start, end)) if rota.turn_times else []
    people |= {named.id for _, _, about in turns if (named := organisation.named_in(about))}
    stretches: list[Iterable[Stretch]] = [
        (_stretch(one.since, one.until, rota.timezone) for one in rota.overrides),
        ((one.since, one.until) for one in changes.swaps if one.rota == rota.id),
        ((since, until) for since, until, _ in turns),
        *(absences(organisation.technician(one), start, end, changes) for one in people),
    ]
    if rota.calendar:
        stretches.append(organisation.calendar(rota.calendar).stretches(start, end))
    edges |= {edge for some in stretches for stretch in some for edge in stretch}
    return [start, *sorted(edge for edge in edges if start < edge < end), end]


def _hand_overs(rota: Rota, start: datetime, end: datetime) -> Iterator[datetime]:
    number = max(turn_at(rota, start), 0)
    while (at := instant_of(rota.starts + number * rota.every, rota.timezone)) < end:
        yield at
        number += 1


def _stretch(since: datetime, until: datetime, zone: ZoneInfo) -> Stretch:
    return instant_of(since, zone), instant_of(until, zone)
