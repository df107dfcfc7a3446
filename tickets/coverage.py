"""Who answers now: from a request to the queue that takes it, the people who are there, who is paged, every clock, and why.

Pure. Every instant is an aware datetime in UTC. The first route whose conditions are met decides; without one, the
category's queue does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tickets import rota as rotas
from tickets.calendars import MINUTES_A_DAY, Calendar, instant_of
from tickets.fields import Place
from tickets.kinds import Due, Priority
from tickets.policy import Category, Organisation, Queue, Technician, UnknownInPolicy
from tickets.rota import NO_CHANGES, Changes
from tickets.rules import SITE, Assign, Layer, Moment, Rota, Route, Step


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request when it is routed."""

    site: str | None
    category: str
    priority: Priority | None = None
    """None: as its category usually has it."""
    groups: tuple[str, ...] = ()
    """The requester's."""


@dataclass(frozen=True, slots=True)
class Load:
    """What lies on the desk when a request is routed."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    """Open tickets that nobody has claimed, by queue."""
    open: Mapping[str, int] = field(default_factory=dict)
    """Open tickets by assignee."""
    latest: Mapping[str, str] = field(default_factory=dict)
    """Who was given the latest ticket, by queue."""


EMPTY = Load()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is so, and the rule that says it."""

    sentence: str
    place: Place

    def __str__(self) -> str:
        return f"{self.sentence} ({self.place})" if self.place.file else self.sentence


@dataclass(frozen=True, slots=True)
class Page:
    """Who is called, and when, as long as nobody before them has accepted."""

    at: datetime
    technician: Technician
    layer: Layer | None
    """None for the catch-all."""


@dataclass(frozen=True, slots=True)
class Rolling:
    """Where the ticket goes if nobody has claimed it by then."""

    at: datetime
    queue: Queue


@dataclass(frozen=True, slots=True)
class Planned:
    """A step of the escalation, and when it is taken if nothing has moved."""

    at: datetime | None
    """None for what depends on when somebody claims it, and then does nothing."""
    step: Step


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a request is covered."""

    queue: Queue
    technicians: tuple[Technician, ...]
    """Who can claim it."""
    there: tuple[Technician, ...]
    """Those of them who are working now and not away."""
    priority: Priority
    clock: Calendar
    """The calendar in which its first response is due."""
    open: bool
    """Whether that calendar is open at the moment of routing: is somebody there to keep the promise now?"""
    opens: datetime
    """When it opens next; the moment of routing while it is open."""
    first_response_due: datetime
    resolution_due: datetime
    tier_due: datetime | None
    """When the tier of its queue has used up its budget; None when it has none."""
    update_every: timedelta | None
    """The longest between two words to the requester, in open time of `update_clock`."""
    update_clock: Calendar
    pages: tuple[Page, ...]
    assign: Assign
    assignee: Technician | None
    """To whom the desk gives it; None when it waits for somebody to claim it."""
    rollover: Rolling | None
    say: str | None
    """What the requester is told about having to wait for this queue."""
    steps: tuple[Planned, ...]
    route: Route | None
    """The rule that decided; None when the category's queue did."""
    because: tuple[Reason, ...]
    """The reasons in the order in which they decided."""

    @property
    def answering(self) -> tuple[Technician, ...]:
        """Who answers now: those who are there, else whoever is paged first."""
        return self.there or tuple(page.technician for page in self.pages[:1])


def route(
    request: Request,
    organisation: Organisation,
    now: datetime,
    load: Load = EMPTY,
    changes: Changes = NO_CHANGES,
) -> Coverage:
    """Find out who answers a request made at `now`.

    A category that the policy does not have is covered as `other`: a request is never lost over a word.
    """
    category, because = _category(request, organisation)
    priority = request.priority or category.priority
    site = _site_calendar(request, organisation)
    moment = At(organisation, now, site)
    matched = _first(
        candidates(organisation, request.site, category, priority, request.groups), moment, load.waiting
    )
    queue = organisation.queue(matched.queue if matched and matched.queue else category.queue)
    promise = organisation.promise(priority)
    clock = organisation.clock(queue, priority, Due.FIRST_RESPONSE)
    opens = clock.next_opening(now)
    there = tuple(people_there(queue, organisation, now, changes))
    pages: tuple[Page, ...] = ()
    assign = matched.assign if matched else Assign.CLAIM
    rolling = None
    because += _routed(category, queue, matched)
    because.append(_priority_reason(request, category, priority))
    because.append(_people_reason(queue, there))
    if matched and matched.page:
        rota = organisation.rota(matched.page)
        pages = tuple(page_order(rota, organisation, now, changes))
        because.append(_page_reason(rota, pages))
    if matched and matched.rollover:
        over = matched.rollover
        at = organisation.calendar(over.clock).add(now, over.after) if over.clock else now + over.after
        rolling = Rolling(at, organisation.queue(over.to))
        because.append(Reason(f"Unclaimed, it rolls over to {rolling.queue.name}.", matched.place))
    assignee = choose(assign, queue, there, category, request.site, load)
    if assign is not Assign.CLAIM:
        because.append(_assign_reason(assign, assignee, matched))
    because.append(
        Reason(
            f"The clock runs by the calendar {clock.id}, which {_opening(clock, opens, now)}.", promise.place
        )
    )
    share = organisation.tiers.share(queue.tier)
    return Coverage(
        queue=queue,
        technicians=tuple(map(organisation.technician, queue.technicians)),
        there=there,
        priority=priority,
        clock=clock,
        open=opens == now,
        opens=opens,
        first_response_due=clock.add(now, promise.first_response),
        resolution_due=organisation.clock(queue, priority).add(now, promise.resolution),
        tier_due=organisation.calendar(queue.calendar).add(now, promise.resolution * share)
        if share
        else None,
        update_every=promise.update,
        update_clock=organisation.clock(queue, priority, Due.UPDATE, request.site),
        pages=pages,
        assign=assign,
        assignee=assignee,
        rollover=rolling,
        say=matched.wait_and_say if matched else None,
        steps=tuple(_steps(organisation, queue, priority, now, request.site)),
        route=matched,
        because=tuple(because),
    )


# ------------------------------------------------------------------------------------------------- finding the route

Compiled = tuple[
    Route,
    str | None,
    str | None,
    tuple[int, int, ZoneInfo] | None,
    datetime | None,
    datetime | None,
    tuple[str, int] | None,
]
"""A route with what must still be asked at the moment: calendars, hours, dates, load."""


def candidates(
    organisation: Organisation,
    site: str | None,
    category: Category,
    priority: Priority,
    groups: Iterable[str] = (),
) -> tuple[Compiled, ...]:
    """The routes that match whatever the hour and the load may be, in order. Computed once for each kind of request."""
    known = organisation.groups_asked
    key = site, category.id, priority, frozenset(groups) & known if known else frozenset()
    index = organisation.route_index
    found = index.get(key)
    if found is None:
        found = index[key] = tuple(
            _compiled(route)
            for route in organisation.routes
            if (not route.organisation or organisation.id in route.organisation)
            and (not route.site or site in route.site)
            and (not route.category or category.id in route.category)
            and (not route.priority or priority in route.priority)
            and (not route.group or not key[3].isdisjoint(route.group))
            and (not route.skill or not set(route.skill).isdisjoint(category.skills))
        )
    return found


def _compiled(route: Route) -> Compiled:
    return (
        route,
        route.open,
        route.closed,
        (route.hours.start, route.hours.end, route.timezone) if route.hours else None,
        instant_of(route.since, route.timezone) if route.since else None,
        instant_of(route.until, route.timezone) if route.until else None,
        (route.waiting.queue, route.waiting.more_than) if route.waiting else None,
    )


class At:
    """What is so at one instant for one office, each looked up once."""

    def __init__(self, organisation: Organisation, now: datetime, site: str | None) -> None:
        self.now = now
        self._organisation = organisation
        self._site = site
        self._open: dict[str, bool | None] = {}
        self._minutes: dict[ZoneInfo, int] = {}

    def is_open(self, calendar: str) -> bool | None:
        """None for the calendar of an office that has none: it is neither open nor closed."""
        if calendar not in self._open:
            id_ = self._site if calendar == SITE else calendar
            self._open[calendar] = self._organisation.calendar(id_).is_open(self.now) if id_ else None
        return self._open[calendar]

    def minutes(self, zone: ZoneInfo) -> int:
        """What the wall shows there, in minutes after midnight."""
        if zone not in self._minutes:
            wall = self.now.astimezone(zone)
            self._minutes[zone] = wall.hour * 60 + wall.minute
        return self._minutes[zone]


def _first(found: Sequence[Compiled], moment: At, waiting: Mapping[str, int]) -> Route | None:
    return next(matching(found, moment, waiting), None)


def matching(found: Sequence[Compiled], moment: At, waiting: Mapping[str, int] | None) -> Iterator[Route]:
    """Those whose conditions are met, in order; `waiting` None means any load."""
    now, is_open, minutes_in = moment.now, moment.is_open, moment.minutes
    for route, opened, closed, hours, since, until, load in found:
        if opened is not None and is_open(opened) is not True:
            continue
        if closed is not None and is_open(closed) is not False:
            continue
        if hours is not None:
            start, end, zone = hours
            minutes = minutes_in(zone)
            if not (start <= minutes < end or minutes < end - MINUTES_A_DAY):
                continue
        if since is not None and now < since:
            continue
        if until is not None and now >= until:
            continue
        if load is not None and waiting is not None and waiting.get(load[0], 0) <= load[1]:
            continue
        yield route


def _category(request: Request, organisation: Organisation) -> tuple[Category, list[Reason]]:
    try:
        return organisation.category(request.category), []
    except UnknownInPolicy as unknown:
        other = organisation.category("other")
        return other, [Reason(f"It is covered as 'other', since {unknown}.", other.place)]


def _site_calendar(request: Request, organisation: Organisation) -> str | None:
    if request.site is None:
        return None
    try:
        return organisation.site(request.site).calendar
    except UnknownInPolicy:
        return None


# ----------------------------------------------------------------------------------------------------------- people


def people_there(
    queue: Queue, organisation: Organisation, now: datetime, changes: Changes | None = NO_CHANGES
) -> Iterator[Technician]:
    """The queue's technicians who are working at `now` and not away; with `changes` None, also those who are away."""
    working: dict[str, bool] = {}
    for technician in map(organisation.technician, queue.technicians):
        calendar = technician.calendar or queue.calendar
        if calendar not in working:
            working[calendar] = organisation.calendar(calendar).is_open(now)
        if working[calendar] and (changes is None or not rotas.is_away(technician, now, changes)):
            yield technician


def page_order(
    rota: Rota, organisation: Organisation, now: datetime, changes: Changes = NO_CHANGES
) -> Iterator[Page]:
    """Who is called one after the other, if nobody accepts: the layers, then the catch-all, each once, nobody who is away."""
    on_call = rotas.on_call(rota, organisation, now, changes)
    order: list[tuple[str, Layer | None]] = [(one.technician, one.layer) for one in on_call if one.technician]
    last = organisation.technician(rota.catch_all) if on_call and rota.catch_all else None
    if last and not rotas.is_away(last, now, changes):
        order.append((last.id, None))
    called = dict.fromkeys(who for who, _ in order)
    for position, who in enumerate(called):
        layer = next(layer for one, layer in order if one == who)
        yield Page(now + position * rota.answer_within, organisation.technician(who), layer)


def choose(
    assign: Assign,
    queue: Queue,
    there: Sequence[Technician],
    category: Category,
    site: str | None,
    load: Load = EMPTY,
) -> Technician | None:
    """To whom the desk gives a ticket of this queue: somebody who is there and below its cap; None when nobody fits."""
    if assign is Assign.CLAIM:
        return None
    fit = [one for one in there if queue.cap is None or load.open.get(one.id, 0) < queue.cap]
    match assign:
        case Assign.ROUND_ROBIN:
            order = list(queue.technicians)
            latest = load.latest.get(queue.id)
            after = order.index(latest) + 1 if latest in order else 0
            return min(fit, key=lambda one: (order.index(one.id) - after) % len(order), default=None)
        case Assign.BY_SKILL:
            fit = [one for one in fit if set(category.skills) <= set(one.skills)]
        case Assign.BY_SITE:
            fit = [one for one in fit if site in one.reaches]
    return min(fit, key=lambda one: load.open.get(one.id, 0), default=None)


# ------------------------------------------------------------------------------------------------------- escalation


def _steps(
    organisation: Organisation, queue: Queue, priority: Priority, start: datetime, site: str | None
) -> Iterator[Planned]:
    escalation = organisation.escalation(queue, priority)
    for step in escalation.steps if escalation else ():
        at = step_at(step.at, organisation, queue, priority, start, site)
        if at is not None or step.at.idle:
            yield Planned(at, step)


def step_at(
    moment: Moment,
    organisation: Organisation,
    queue: Queue,
    priority: Priority,
    start: datetime,
    site: str | None = None,
) -> datetime | None:
    """When a step comes for a ticket whose clocks started at `start`; None when its target is none of this priority's,
    and for idleness, which nobody can foresee."""
    if moment.idle:
        return None
    clock = organisation.clock(queue, priority, moment.of, site)
    if moment.after is not None:
        return clock.add(start, moment.after)
    target = organisation.promise(priority).target(moment.of)
    return clock.add(start, target * moment.share) if target else None


# ---------------------------------------------------------------------------------------------------------- reasons


def _routed(category: Category, queue: Queue, matched: Route | None) -> list[Reason]:
    if matched is None:
        return [Reason(f"{category.name} goes to {queue.name}, tier {queue.tier}.", category.place)]
    note = f": {matched.note}" if matched.note else ""
    reasons = [Reason(f"A route sends it to {queue.name}, tier {queue.tier}{note}.", matched.place)]
    if matched.wait_and_say:
        reasons.append(Reason("It waits for them, whatever the hour.", matched.place))
    return reasons


def _priority_reason(request: Request, category: Category, priority: Priority) -> Reason:
    if request.priority:
        return Reason(f"{priority} was asked for.", Place("", None))
    return Reason(f"{category.name} is usually {priority}.", category.place)


def _people_reason(queue: Queue, there: Sequence[Technician]) -> Reason:
    names = ", ".join(one.name for one in there)
    return Reason(f"There now: {names}." if names else f"Nobody of {queue.name} is there now.", queue.place)


def _page_reason(rota: Rota, pages: Sequence[Page]) -> Reason:
    if not pages:
        return Reason(f"The rota {rota.name} has nobody who could be paged now.", rota.place)
    return Reason(
        f"The rota {rota.name} is paged: {', '.join(page.technician.name for page in pages)}.", rota.place
    )


def _assign_reason(assign: Assign, assignee: Technician | None, matched: Route | None) -> Reason:
    place = matched.place if matched else Place("", None)
    if assignee is None:
        return Reason(f"Nobody can be given it ({assign.value}), so it waits for whoever claims it.", place)
    return Reason(f"The desk gives it to {assignee.name} ({assign.value}).", place)


def _opening(clock: Calendar, opens: datetime, now: datetime) -> str:
    if opens == now:
        return "is open"
    return f"opens at {opens.astimezone(clock.timezone):%Y-%m-%d %H:%M} ({clock.timezone.key})"
