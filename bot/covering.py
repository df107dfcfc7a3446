"""Who answers, explained and checked from the terminal: `firstline coverage …` and `firstline policy explain`. Pure.

Each function returns what to print.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import wording
from problems import did_you_mean
from tickets import survey
from tickets.calendars import Stretch
from tickets.coverage import Coverage, Request, route
from tickets.fields import Place
from tickets.kinds import Due, Priority
from tickets.policy import Organisation, UnknownInPolicy
from tickets.rules import Rota, Route
from tickets.survey import Hole, Kind, Lack, Survey

SHOWN = 3
"""Stretches that are told one by one; of the rest only how many."""

LEARNT = timedelta(days=90)
"""How far ahead `coverage check` looks."""


class CannotAsk(Exception):
    """The question names something that the policy does not have; the text says what, with a suggestion."""


# --------------------------------------------------------------------------------------------------------------- why


def asked(
    organisation: Organisation,
    site: str | None,
    category: str,
    priority: str | None,
    groups: Iterable[str] = (),
) -> Request:
    """
    Raises:
        CannotAsk: there is no such site, category or priority.
    """
    for kind, word, known in (
        ("site", site, [one.id for one in organisation.sites]),
        ("category", category, [one.id for one in organisation.categories]),
        ("priority", priority, [*Priority]),
    ):
        if word is not None and word not in known:
            raise CannotAsk(f"{organisation.name} has no {kind} '{word}'{did_you_mean(word, known)}")
    return Request(site, category, Priority(priority) if priority else None, tuple(groups))


def instant(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """`2026-12-24T22:00`, on the wall of that zone unless it says otherwise; now without a text.

    Raises:
        CannotAsk: it is no time.
    """
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CannotAsk(f"'{text}' is no time; write it like 2026-12-24T22:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def zone_of(request: Request, organisation: Organisation) -> ZoneInfo:
    """In which its requester is told times."""
    return organisation.site(request.site).timezone if request.site else organisation.timezone


def why(request: Request, organisation: Organisation, at: datetime) -> str:
    """Everything that follows from a request, each with its rule."""
    covered = route(request, organisation, at)
    zone = zone_of(request, organisation)
    lines = [title(request, organisation, covered, zone, at), ""]
    lines += [f"{name:<13}{value}" for name, value in answers(covered, organisation, zone, at)]
    lines += ["", "The requester reads:", f"  {promise(covered, zone, at)}", "", "Because:"]
    lines += [f"  {reason.sentence:<70}  {reason.place}".rstrip() for reason in covered.because]
    return "\n".join(lines)


def why_as_data(request: Request, organisation: Organisation, at: datetime) -> dict[str, Any]:
    """The same for machines; instants in UTC."""
    covered = route(request, organisation, at)
    return {
        "organisation": organisation.id,
        "site": request.site,
        "category": request.category,
        "at": at.isoformat(),
        "priority": covered.priority.value,
        "queue": covered.queue.id,
        "tier": covered.queue.tier,
        "there": [one.id for one in covered.there],
        "pages": [
            {
                "at": page.at.isoformat(),
                "technician": page.technician.id,
                "layer": page.layer.value if page.layer else "catch-all",
            }
            for page in covered.pages
        ],
        "assign": covered.assign.value,
        "assignee": covered.assignee.id if covered.assignee else None,
        "clock": covered.clock.id,
        "open": covered.open,
        "first_response_due": covered.first_response_due.isoformat(),
        "resolution_due": covered.resolution_due.isoformat(),
        "tier_due": covered.tier_due.isoformat() if covered.tier_due else None,
        "update_every_minutes": int(covered.update_every / timedelta(minutes=1))
        if covered.update_every
        else None,
        "rollover": {"at": covered.rollover.at.isoformat(), "queue": covered.rollover.queue.id}
        if covered.rollover
        else None,
        "steps": [
            {
                "at": one.at.isoformat() if one.at else None,
                "do": one.step.do.value,
                "when": str(one.step.at),
                "while": one.step.about,
            }
            for one in covered.steps
        ],
        "promise": promise(covered, zone_of(request, organisation), at),
        "because": [
            {"sentence": reason.sentence, "file": reason.place.file or None, "line": reason.place.line}
            for reason in covered.because
        ],
    }


def promise(covered: Coverage, zone: ZoneInfo, now: datetime) -> str:
    """What the requester is told, without the marks of its layout."""
    told = wording.hear_by(
        covered.queue.name, covered.first_response_due, zone, now, opens=covered.opens, say=covered.say
    )
    return re.sub(r"\\(.)", r"\1", told.replace("**", ""))


def title(
    request: Request, organisation: Organisation, covered: Coverage, zone: ZoneInfo, at: datetime
) -> str:
    """What was asked, in one line."""
    try:
        category = organisation.category(request.category).name
    except UnknownInPolicy:
        category = request.category
    place = organisation.site(request.site).name if request.site else "no office"
    return f"{organisation.name} · {category} · {covered.priority} · {place} · {_time(at, zone)}"


def answers(
    covered: Coverage, organisation: Organisation, zone: ZoneInfo, at: datetime
) -> Iterator[tuple[str, str]]:
    """What follows, each with what it is about."""
    yield "Queue", f"{covered.queue.name}, tier {covered.queue.tier}"
    yield "There now", ", ".join(one.name for one in covered.there) or "nobody"
    yield (
        "Paged",
        ", ".join(f"{page.technician.name} at {_clock(page.at, zone, at)}" for page in covered.pages)
        or "nobody",
    )
    if covered.assignee:
        yield "Given to", f"{covered.assignee.name} ({covered.assign.value})"
    else:
        yield "Given to", "whoever claims it"
    yield "Clock", f"{covered.clock.id}, {'open' if covered.open else 'closed'}"
    yield "First reply", f"by {_time(covered.first_response_due, zone)}"
    if covered.update_every:
        yield "Updates", f"at least every {wording.length(covered.update_every)} by {covered.update_clock.id}"
    yield "Solution", f"by {_time(covered.resolution_due, zone)}"
    if covered.tier_due:
        yield "Tier budget", f"tier {covered.queue.tier} until {_time(covered.tier_due, zone)}"
    if covered.rollover:
        yield "Rolls over", f"to {covered.rollover.queue.name} at {_time(covered.rollover.at, zone)}"
    for one in covered.steps:
        what = f"{one.step.do.value}, if still {one.step.about} ({one.step.at})"
        yield "Escalation", f"{_time(one.at, zone) if one.at else 'once claimed'}: {what}"


# ------------------------------------------------------------------------------------------------------------- check


def check(organisation: Organisation, now: datetime, ahead: timedelta = LEARNT) -> Survey:
    return survey.survey(organisation, now, now + ahead)


def findings(found: Survey, organisation: Organisation) -> str:
    """Everything that is wrong, the gravest first, each with its rule."""
    zone = organisation.timezone
    days = round((found.end - found.start) / timedelta(days=1))
    head = f"{organisation.name}: the next {days} days from {_time(found.start, zone)}"
    if found.clean:
        return f"{head}: whenever a clock runs, somebody answers."
    lines = [f"{head}.", ""]
    for hole in found.holes:
        lines += [_hole(hole, organisation, zone), ""]
    for gap in found.gaps:
        rota = organisation.rota(gap.rota)
        lines += [
            f"{rota.name}: {_who(organisation, gap.on_call.planned)} is {gap.on_call.layer.value} and away, "
            f"{_span((gap.start, gap.end), zone)}.{_at(rota.place)}",
            "",
        ]
    for double in found.double_bookings:
        (first, layer), (second, other) = double.first, double.second
        names = " and ".join(
            f"{one.value} of {organisation.rota(rota).name}"
            for rota, one in ((first, layer), (second, other))
        )
        lines += [
            f"{_who(organisation, double.technician)} is {names} at once, "
            f"{_span((double.start, double.end), zone)}.{_at(organisation.rota(second).place)}",
            "",
        ]
    for stranger in found.strangers:
        rota = organisation.rota(stranger.rota)
        lines += [
            f"{rota.name}: “{stranger.about or 'an event without a name'}” in its calendar names no technician, "
            f"{_span((stranger.start, stranger.end), zone)}. The rota's own turn holds.{_at(rota.place)}",
            "",
        ]
    for idle in found.idle:
        lines += [f"A route decides nothing in these days: {_idle(idle, found.start)}.{_at(idle.place)}", ""]
    return "\n".join(lines).rstrip()


def findings_as_data(found: Survey, organisation: Organisation) -> dict[str, Any]:
    """The same for machines; instants in UTC."""
    return {
        "organisation": organisation.id,
        "from": found.start.isoformat(),
        "until": found.end.isoformat(),
        "holes": [
            {
                "lack": hole.lack.value,
                "queue": hole.queue.id,
                "requests": [
                    {"priority": kind.priority.value, "categories": kind.categories, "sites": kind.sites}
                    for kind in hole.kinds
                ],
                "stretches": [[start.isoformat(), end.isoformat()] for start, end in hole.stretches],
                "route": str(hole.route.place) if hole.route else None,
            }
            for hole in found.holes
        ],
        "gaps": [
            {
                "rota": gap.rota,
                "layer": gap.on_call.layer.value,
                "technician": gap.on_call.planned,
                "from": gap.start.isoformat(),
                "until": gap.end.isoformat(),
            }
            for gap in found.gaps
        ],
        "double_bookings": [
            {
                "technician": double.technician,
                "rotas": [double.first[0], double.second[0]],
                "from": double.start.isoformat(),
                "until": double.end.isoformat(),
            }
            for double in found.double_bookings
        ],
        "strangers": [
            {
                "rota": one.rota,
                "about": one.about,
                "from": one.start.isoformat(),
                "until": one.end.isoformat(),
            }
            for one in found.strangers
        ],
        "idle_routes": [str(idle.place) for idle in found.idle],
    }


def _hole(hole: Hole, organisation: Organisation, zone: ZoneInfo) -> str:
    what = {
        Lack.NOBODY: f"nobody of {hole.queue.name} is there and nobody is paged",
        Lack.AWAY: f"everybody of {hole.queue.name} who would be there is away, and nobody is paged",
        Lack.UNREACHED: f"{hole.queue.name} pages first somebody who is away, or nobody",
    }[hole.lack]
    requests = "; ".join(_kind(kind, organisation) for kind in hole.kinds)
    times = "; ".join(_span(stretch, zone) for stretch in hole.stretches[:SHOWN])
    more = len(hole.stretches) - SHOWN
    rest = f"; and {more} times more" if more > 0 else ""
    place = hole.route.place if hole.route else hole.queue.place
    return f"{requests}:\n  {what}, {wording.length(hole.total)} in all: {times}{rest}.{_at(place)}"


def _kind(kind: Kind, organisation: Organisation) -> str:
    """`P1 Security and 3 more, Denver and 19 more`."""
    categories = [organisation.category(one).name for one in kind.categories]
    everywhere = len(kind.sites) == len(organisation.sites) + 1
    sites = [organisation.site(one).name if one else "no office" for one in kind.sites]
    return f"{kind.priority} {_some(categories)}" + ("" if everywhere else f", {_some(sites)}")


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _idle(idle: Route, now: datetime) -> str:
    if idle.until and idle.until.replace(tzinfo=idle.timezone) <= now:
        return "it has ended"
    return "what it is for goes to an earlier one, or its times never come"


def _who(organisation: Organisation, technician: str) -> str:
    return organisation.technician(technician).name


# ----------------------------------------------------------------------------------------------------------- explain


def explained(organisation: Organisation) -> str:
    """What holds for an organisation, and from which line of which file."""
    about = organisation.about
    lines = [
        f"{organisation.name}: what holds, and where it stands. Of what has an id, the organisation's own comes before the",
        "provider's, whole. Of routes and escalations the first that matches decides; without one, the category's queue.",
        "",
    ]

    def section(title: str, rows: Iterable[tuple[str, Place]]) -> None:
        told = [(text, place) for text, place in rows]
        if told:
            width = max(len(text) for text, _ in told)
            lines.extend([title, *(f"  {text:<{width}}  {place}".rstrip() for text, place in told), ""])

    section(
        "Organisation",
        [(f"{about.id}, {about.timezone.key}, reopening within {about.reopen_days} days", about.place)],
    )
    section(
        "Sites",
        [
            (f"{one.id}, {one.timezone.key}, {one.calendar or 'no calendar'}", one.place)
            for one in organisation.sites
        ],
    )
    section("Calendars", [(f"{one.id}, {one.timezone.key}", one.place) for one in organisation.calendars])
    section(
        "Technicians",
        [
            (f"{one.id}, {one.timezone.key}, {one.calendar or 'hours of the queue'}", one.place)
            for one in organisation.technicians
        ],
    )
    section(
        "Queues",
        [
            (f"{one.id}, tier {one.tier}, {one.calendar}: {', '.join(one.technicians)}", one.place)
            for one in organisation.queues
        ],
    )
    section("Rotas", [(_rota(one), one.place) for one in organisation.rotas])
    section(
        "Priorities",
        [
            (f"{priority}: {_promised(organisation, priority)}", one.place)
            for priority, one in organisation.priorities.items()
        ],
    )
    section("Groups", [(f"{one.id}: {len(one.members)} members", one.place) for one in organisation.groups])
    section("Routes, in order", [(_route(one), one.place) for one in organisation.routes])
    section(
        "Escalations, in order",
        [
            (
                f"{_any(one.priority, 'any priority')}, {_any(one.queue, 'any queue')}: "
                + "; ".join(f"{step.at} {step.do.value}" for step in one.steps),
                one.place,
            )
            for one in organisation.escalations
        ],
    )
    section(
        "Silent requesters, in order",
        [
            (
                f"{_any(one.priority, 'any priority')}, {_any(one.queue, 'any queue')}: remind after "
                f"{', then '.join(map(wording.length, one.remind))}, then close after {wording.length(one.close)}, "
                f"by {one.clock or 'every clock'}",
                one.place,
            )
            for one in organisation.silences
        ],
    )
    section(
        "Categories",
        [(f"{one.id}: {one.queue}, {one.priority}", one.place) for one in organisation.categories],
    )
    return "\n".join(lines).rstrip()


def _rota(rota: Rota) -> str:
    turns = f"{', '.join(rota.primary)} by turns of {wording.length(rota.every)} from {rota.starts:%A %H:%M}"
    return f"{rota.id}: {turns}"


def _promised(organisation: Organisation, priority: Priority) -> str:
    one = organisation.promise(priority)
    return ", ".join(
        f"{due.value} {wording.length(target)} by {one.clock_of(due) or 'the calendar of the queue'}"
        for due in Due
        if (target := one.target(due))
    )


def _route(one: Route) -> str:
    conditions = [
        *(f"{name} {', '.join(values)}" for name, values in _lists(one) if values),
        *(
            f"{name} {value}"
            for name, value in (("open", one.open), ("closed", one.closed), ("hours", one.hours))
            if value
        ),
        *([f"from {one.since:%Y-%m-%d}"] if one.since else []),
        *([f"until {one.until:%Y-%m-%d}"] if one.until else []),
        *([f"more than {one.waiting.more_than} waiting in {one.waiting.queue}"] if one.waiting else []),
    ]
    what = [
        one.queue or "the category's queue",
        *([f"page {one.page}"] if one.page else []),
        *([one.assign.value] if one.assign.value != "claim" else []),
        *([f"then {one.rollover.to} after {wording.length(one.rollover.after)}"] if one.rollover else []),
        *(["wait and say so"] if one.wait_and_say else []),
    ]
    return f"{'; '.join(conditions) or 'everything'} → {', '.join(what)}"


def _lists(one: Route) -> Iterator[tuple[str, Sequence[str]]]:
    for name in ("organisation", "site", "category", "priority", "group", "skill"):
        yield name, getattr(one, name)


def _any(values: Sequence[str], otherwise: str) -> str:
    return ", ".join(values) or otherwise


# ------------------------------------------------------------------------------------------------------------- times


def _time(at: datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b %Y %H:%M} ({wording.zone_name(zone)})"


def _clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    there = at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there:%a %H:%M}"


def _span(stretch: Stretch, zone: ZoneInfo) -> str:
    start, end = (one.astimezone(zone) for one in stretch)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a} {end.day} {end:%b %H:%M}"
    return f"{start:%a} {start.day} {start:%b %H:%M} to {until}"


def _at(place: Place) -> str:
    return f"\n  {place}" if place.file else ""
