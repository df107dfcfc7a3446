"""Tickets of the past, as a file lists them: what was asked for and when, and when it was claimed, answered, solved. Pure.

CSV with a head line, or JSON: a list of objects, or one object a line. Instants carry a zone, or are meant on the wall of
the ticket's office, or else of the organisation. What is empty is not known, or has not happened.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from problems import Problem, ProblemsFound, did_you_mean
from tickets.calendars import Stretch
from tickets.kinds import EventKind, Priority, WaitingFor
from tickets.model import Ticket, TicketEvent
from tickets.policy import Organisation, UnknownInPolicy


@dataclass(frozen=True, slots=True)
class PastTicket:
    """A ticket as it was. Its fields are the columns of the file."""

    ticket: str
    """Its number, or whatever it is known by."""
    opened: datetime
    category: str
    site: str | None = None
    priority: Priority | None = None
    """What somebody gave it; None: as its category has it."""
    groups: tuple[str, ...] = ()
    claimed: datetime | None = None
    answered: datetime | None = None
    solved: datetime | None = None
    waited: tuple[Stretch, ...] = ()
    """When its clock stood still."""


COLUMNS = tuple(field.name for field in fields(PastTicket))
REQUIRED = ("opened", "category")

TAKEN = (EventKind.CLAIMED, EventKind.ASSIGNED)
WAITS_NO_LONGER = (
    EventKind.RESUMED,
    EventKind.APPROVED,
    EventKind.NOT_APPROVED,
    EventKind.RELEASED,
    EventKind.ESCALATED,
    EventKind.HANDED_BACK,
    EventKind.RESOLVED,
    EventKind.WITHDRAWN,
)
KINDS = (*TAKEN, *WAITS_NO_LONGER, EventKind.REPLIED, EventKind.PRIORITY_CHANGED, EventKind.WAITED)
"""What of a ticket's history its line is made of."""


# --------------------------------------------------------------------------------------------------------- reading


def read(text: str, file: str, policies: Sequence[Organisation]) -> list[PastTicket]:
    """The tickets of a file, oldest first; a site or a category must be of at least one of the policies.

    Raises:
        ProblemsFound: with file, line and field of everything that is wrong.
    """
    rows = list(_json_rows(text, file) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, file))
    if not rows:
        raise ProblemsFound([Problem(file, None, "", "has no tickets")])
    problems: list[Problem] = []
    found = [_past_ticket(line, row, file, policies, problems) for line, row in rows]
    if problems:
        raise ProblemsFound(problems)
    return sorted((ticket for ticket in found if ticket), key=lambda ticket: ticket.opened)


def _csv_rows(text: str, file: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    head = [name.strip().lower() for name in reader.fieldnames or ()]
    if missing := [name for name in REQUIRED if name not in head]:
        raise ProblemsFound(
            Problem(file, 1, name, f"there is no such column{did_you_mean(name, head)}") for name in missing
        )
    reader.fieldnames = head
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as broken:
        raise ProblemsFound([Problem(file, reader.line_num, "", f"is not CSV: {broken}")]) from None


def _json_rows(text: str, file: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a list, or those that follow each other, each with the line on which it begins."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        if text[place] in " \t\r\n,[]":
            place += 1
            continue
        line = text.count("\n", 0, place) + 1
        try:
            row, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as broken:
            raise ProblemsFound([Problem(file, broken.lineno, "", f"is not JSON: {broken.msg}")]) from None
        if not isinstance(row, dict):
            raise ProblemsFound([Problem(file, line, "", "must be an object with the keys of a ticket")])
        yield line, row


def _past_ticket(
    line: int,
    row: Mapping[str, Any],
    file: str,
    policies: Sequence[Organisation],
    problems: list[Problem],
) -> PastTicket | None:
    def text(name: str) -> str:
        value = row.get(name)
        return "" if value is None else str(value).strip()

    def wrong(name: str, sentence: str) -> None:
        problems.append(Problem(file, line, name, sentence))

    def known(name: str, ids: Iterable[str]) -> str | None:
        value, ids = text(name), dict.fromkeys(ids)
        if value and value not in ids:
            wrong(name, f"unknown {name} '{value}'{did_you_mean(value, ids)}")
        return value or None

    def moment(name: str) -> datetime | None:
        try:
            return _instant(text(name), zone) if text(name) else None
        except ValueError:
            wrong(name, f"must be a time such as 2026-11-02T09:30 (found '{text(name)}')")
            return None

    before = len(problems)
    category = known("category", (one.id for policy in policies for one in policy.categories))
    site = known("site", (one.id for policy in policies for one in policy.sites))
    priority = known("priority", Priority)
    zone = _zone(site, policies)
    opened, claimed, answered, solved = map(moment, ("opened", "claimed", "answered", "solved"))
    for name in REQUIRED:
        if not text(name):
            wrong(name, "is missing")
    for name, later in (("claimed", claimed), ("answered", answered), ("solved", solved)):
        if opened and later and later < opened:
            wrong(name, f"is before it was opened (found '{text(name)}')")
    try:
        waited = tuple(_stretches(row.get("waited"), zone))
    except ValueError:
        wrong("waited", "must be stretches such as 2026-11-02T09:30/2026-11-02T14:00, with ; between them")
    if len(problems) > before or opened is None or category is None:
        return None
    groups = row.get("groups")
    return PastTicket(
        ticket=text("ticket") or f"line {line}",
        opened=opened,
        category=category,
        site=site,
        priority=Priority(priority) if priority else None,
        groups=tuple(_listed(groups)),
        claimed=claimed,
        answered=answered,
        solved=solved,
        waited=waited,
    )


def _listed(value: Any) -> Iterator[str]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    yield from (str(part).strip() for part in parts if str(part).strip())


def _stretches(value: Any, zone: ZoneInfo) -> Iterator[Stretch]:
    for part in _listed(value):
        start, slash, end = part.partition("/")
        stretch = _instant(start, zone), _instant(end, zone)
        if not slash or stretch[1] < stretch[0]:
            raise ValueError(part)
        yield stretch


def _instant(text: str, zone: ZoneInfo) -> datetime:
    found = datetime.fromisoformat(text.strip())
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _zone(site: str | None, policies: Sequence[Organisation]) -> ZoneInfo:
    for policy in policies:
        try:
            return policy.site(site or "").timezone
        except UnknownInPolicy:
            continue
    return policies[0].timezone


# --------------------------------------------------------------------------------------------------------- writing


def of_history(ticket: Ticket, events: Sequence[TicketEvent], groups: Sequence[str] = ()) -> PastTicket:
    """A ticket of the desk's as a line of such a file; `events` are those of its `KINDS`, in order."""
    return PastTicket(
        ticket=ticket.name,
        opened=ticket.opened_at,
        category=ticket.category,
        site=ticket.site,
        priority=ticket.priority
        if any(event.kind is EventKind.PRIORITY_CHANGED for event in events)
        else None,
        groups=tuple(groups),
        claimed=next((event.at for event in events if event.kind in TAKEN), None),
        answered=next((event.at for event in events if _is_answer(event)), None),
        solved=ticket.resolved_at,
        waited=tuple(_waited(events)),
    )


def _is_answer(event: TicketEvent) -> bool:
    """Whether the requester had word by it; a ticket that was reopened has forgotten its first."""
    match event.kind:
        case EventKind.WAITED:
            return event.data.get("waiting_for") == WaitingFor.REQUESTER
        case EventKind.RESOLVED:
            return bool(event.data.get("text"))
    return event.kind is EventKind.REPLIED


def _waited(events: Sequence[TicketEvent]) -> Iterator[Stretch]:
    since: datetime | None = None
    for event in events:
        if event.kind is EventKind.WAITED:
            since = since or event.at
        elif event.kind in WAITS_NO_LONGER and since:
            yield since, event.at
            since = None


def as_csv(tickets: Iterable[PastTicket]) -> str:
    """What `read` reads."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for ticket in tickets:
        lines.writerow([_cell(getattr(ticket, name)) for name in COLUMNS])
    return written.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case tuple():
            return ";".join("/".join(map(_cell, one)) if isinstance(one, tuple) else one for one in value)
    return str(value)
