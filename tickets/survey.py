"""What is wrong with coverage ahead of time: hours in which a clock runs and nobody answers, rules that decide nothing,
rotas with gaps. Pure.

Between two edges (a calendar opens, a turn ends, somebody goes away …) nothing changes, so one look at each stretch
stands for every minute of it; and requests that the same rules can match are looked at together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from tickets import coverage, rota
from tickets.calendars import DAY, MINUTES_A_DAY, Stretch, instant_of
from tickets.coverage import Compiled, candidates
from tickets.kinds import Due, Priority
from tickets.policy import Category, Organisation, Queue
from tickets.rota import NO_CHANGES, Changes, DoubleBooking, Shift
from tickets.rules import Route


class Lack(StrEnum):
    """What is missing while a clock runs."""

    NOBODY = "nobody"
    AWAY = "away"
    """Only people who are away."""
    UNREACHED = "unreached"
    """A P1 whose page reaches nobody."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Requests that are alike: of these categories, from these offices (None: from no known one), at this priority."""

    priority: Priority
    categories: tuple[str, ...]
    sites: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """Requests for which nobody answers in these stretches, although their clock runs."""

    lack: Lack
    kinds: tuple[Kind, ...]
    queue: Queue
    route: Route | None
    stretches: tuple[Stretch, ...]

    @property
    def total(self) -> timedelta:
        return sum((end - start for start, end in self.stretches), timedelta())


@dataclass(frozen=True, slots=True)
class Stranger:
    """An event of a rota kept elsewhere that names none of the technicians: the rota's own turn holds."""

    rota: str
    start: datetime
    end: datetime
    about: str


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found between two instants."""

    start: datetime
    end: datetime
    holes: tuple[Hole, ...]
    idle: tuple[Route, ...]
    """Routes that decided nothing."""
    gaps: tuple[Shift, ...]
    double_bookings: tuple[DoubleBooking, ...]
    strangers: tuple[Stranger, ...] = ()

    @property
    def clean(self) -> bool:
        return not (self.holes or self.idle or self.gaps or self.double_bookings or self.strangers)


def survey(
    organisation: Organisation, start: datetime, end: datetime, changes: Changes = NO_CHANGES
) -> Survey:
    """Look at every request at every time."""
    groups = _groups(organisation)
    found: dict[tuple[int, Lack, str, int], list[Stretch]] = defaultdict(list)
    routes: dict[int, Route | None] = {}
    matched: set[int] = set()
    for since, until in pairwise(edges(organisation, start, end, changes)):
        now = _Now(organisation, since, changes)
        for number, group in enumerate(groups):
            decided = now.decided(group, matched)
            routes[id(decided)] = decided
            queue = organisation.queue(decided.queue if decided and decided.queue else group.queue)
            for lack in now.lacks(group.priority, queue, decided):
                stretches = found[number, lack, queue.id, id(decided)]
                if stretches and stretches[-1][1] == since:
                    stretches[-1] = stretches[-1][0], until
                else:
                    stretches.append((since, until))
    return Survey(
        start,
        end,
        tuple(_holes(organisation, groups, found, routes)),
        tuple(
            route
            for route in organisation.routes
            if id(route) not in matched
            and not (route.since and instant_of(route.since, route.timezone) >= end)
        ),
        tuple(gap for one in organisation.rotas for gap in rota.gaps(one, organisation, start, end, changes)),
        tuple(rota.double_bookings(organisation, start, end, changes)),
        tuple(_strangers(organisation, start, end)),
    )


def _strangers(organisation: Organisation, start: datetime, end: datetime) -> Iterator[Stranger]:
    for one in organisation.rotas:
        for since, until, about in one.turn_times.between(start, end) if one.turn_times else ():
            if organisation.named_in(about) is None:
                yield Stranger(one.id, since, until, about)


def emptied(
    queue: Queue, organisation: Organisation, start: datetime, end: datetime, changes: Changes
) -> list[Stretch]:
    """Stretches in which everybody who would be working in a queue is away."""
    found: list[Stretch] = []
    for since, until in pairwise(edges(organisation, start, end, changes)):
        there = any(coverage.people_there(queue, organisation, since, changes))
        if there or not any(coverage.people_there(queue, organisation, since, None)):
            continue
        if found and found[-1][1] == since:
            found[-1] = found[-1][0], until
        else:
            found.append((since, until))
    return found


# ---------------------------------------------------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True)
class _Group:
    """Requests that the same rules can match."""

    priority: Priority
    queue: str
    """Of their categories."""
    site_calendar: str | None
    candidates: tuple[Compiled, ...]
    kinds: tuple[Kind, ...]


def _groups(organisation: Organisation) -> list[_Group]:
    asked: list[tuple[str, ...]] = [(), *((group,) for group in sorted(organisation.groups_asked))]
    sites = [None, *(site.id for site in organisation.sites)]
    members: dict[tuple[Priority, str, str | None, tuple[int, ...]], list[tuple[Category, str | None]]] = (
        defaultdict(list)
    )
    rules: dict[tuple[int, ...], tuple[Compiled, ...]] = {}
    for category in organisation.categories:
        for site in sites:
            calendar = organisation.site(site).calendar if site else None
            for priority in Priority:
                for groups in asked:
                    compiled = candidates(organisation, site, category, priority, groups)
                    key = tuple(id(one[0]) for one in compiled)
                    rules[key] = compiled
                    where = members[priority, category.queue, calendar, key]
                    if (category, site) not in where[-1:]:
                        where.append((category, site))
    return [
        _Group(priority, queue, calendar, rules[key], tuple(_kinds(priority, where)))
        for (priority, queue, calendar, key), where in members.items()
    ]


def _kinds(priority: Priority, members: Sequence[tuple[Category, str | None]]) -> Iterator[Kind]:
    """Categories of the same offices together."""
    sites: dict[str, list[str | None]] = defaultdict(list)
    for category, site in members:
        if site not in sites[category.id]:
            sites[category.id].append(site)
    together: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for category_id, theirs in sites.items():
        together[tuple(theirs)].append(category_id)
    for theirs_, categories in together.items():
        yield Kind(priority, tuple(categories), theirs_)


class _Now:
    """What is so in one stretch, each looked up once."""

    def __init__(self, organisation: Organisation, at: datetime, changes: Changes) -> None:
        self._organisation = organisation
        self._at = at
        self._changes = changes
        self._moments: dict[str | None, coverage.At] = {}
        self._people: dict[str, Lack | None] = {}
        self._paged: dict[str, tuple[bool, bool]] = {}

    def decided(self, group: _Group, matched: set[int]) -> Route | None:
        """The route that decides when little waits; under load the ones before it decide, so they are matched too."""
        moment = self._moments.get(group.site_calendar)
        if moment is None:
            moment = coverage.At(self._organisation, self._at, group.site_calendar)
            self._moments[group.site_calendar] = moment
        for route in coverage.matching(group.candidates, moment, waiting=None):
            matched.add(id(route))
            if route.waiting is None:
                return route
        return None

    def lacks(self, priority: Priority, queue: Queue, route: Route | None) -> Iterator[Lack]:
        clock = self._organisation.clock(queue, priority, Due.FIRST_RESPONSE)
        moment = self._moments.setdefault(None, coverage.At(self._organisation, self._at, None))
        if not moment.is_open(clock.id):
            return
        reached, first = self._page(route.page) if route and route.page else (False, False)
        lack = self._lack(queue)
        if lack and not reached:
            yield lack
        elif priority is Priority.P1 and route and route.page and not first:
            yield Lack.UNREACHED

    def _lack(self, queue: Queue) -> Lack | None:
        if queue.id not in self._people:
            there = any(coverage.people_there(queue, self._organisation, self._at, self._changes))
            working = any(coverage.people_there(queue, self._organisation, self._at, None))
            self._people[queue.id] = None if there else Lack.AWAY if working else Lack.NOBODY
        return self._people[queue.id]

    def _page(self, rota_id: str) -> tuple[bool, bool]:
        """Whether anybody is reached, and whether the first is."""
        if rota_id not in self._paged:
            one = self._organisation.rota(rota_id)
            on_call = rota.on_call(one, self._organisation, self._at, self._changes)
            pages = any(coverage.page_order(one, self._organisation, self._at, self._changes))
            self._paged[rota_id] = pages, bool(on_call) and not on_call[0].absent
        return self._paged[rota_id]


def _holes(
    organisation: Organisation,
    groups: Sequence[_Group],
    found: dict[tuple[int, Lack, str, int], list[Stretch]],
    routes: dict[int, Route | None],
) -> Iterator[Hole]:
    """Those of the same hours together, the longest first."""
    together: dict[tuple[Lack, str, int, tuple[Stretch, ...]], list[Kind]] = defaultdict(list)
    for (number, lack, queue, route), stretches in found.items():
        together[lack, queue, route, tuple(stretches)].extend(groups[number].kinds)
    holes = [
        Hole(lack, tuple(kinds), organisation.queue(queue), routes[route], stretches)
        for (lack, queue, route, stretches), kinds in together.items()
    ]
    yield from sorted(holes, key=lambda hole: (hole.kinds[0].priority, -hole.total))


# ------------------------------------------------------------------------------------------------------------- edges


def edges(organisation: Organisation, start: datetime, end: datetime, changes: Changes) -> list[datetime]:
    """The instants at which anything may change."""
    found: set[datetime] = set()
    for table in organisation.calendars:
        for stretch in organisation.calendar(table.id).stretches(start, end):
            found.update(stretch)
    for technician in organisation.technicians:
        for stretch in rota.absences(technician, start, end, changes):
            found.update(stretch)
    for one in organisation.rotas:
        for shift in rota.shifts(one, organisation, start, end, changes):
            found.update((shift.start, shift.end))
    for route in organisation.routes:
        for wall in (route.since, route.until):
            if wall:
                found.add(instant_of(wall, route.timezone))
        if route.hours:
            for minutes in (route.hours.start, route.hours.end % MINUTES_A_DAY):
                found.update(_daily(minutes, route, start, end))
    return [start, *sorted(edge for edge in found if start < edge < end), end]


def _daily(minutes: int, route: Route, start: datetime, end: datetime) -> Iterator[datetime]:
    day = start.astimezone(route.timezone).date() - DAY
    while (
        at := instant_of(datetime.combine(day, time()) + timedelta(minutes=minutes), route.timezone)
    ) < end:
        yield at
        day += DAY
