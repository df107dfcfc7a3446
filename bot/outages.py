"""What does not work for many, read off the open tickets. Pure.

Colleagues learn what and where, since when and who has it, but nothing of what anybody wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import cards, wording
from bot.flows.intake import OTHER
from bot.messages import Outage, literal
from tickets.kinds import Priority
from tickets.model import Ticket
from tickets.policy import Organisation, UnknownInPolicy

MANY = 3
"""So many people with the same kind of trouble at the same office are an outage, whatever its priority."""

LATELY = timedelta(hours=4)


def current(
    tickets: Sequence[Ticket], organisation: Organisation, zone: ZoneInfo, now: datetime
) -> Iterator[Outage]:
    """One for each category and office with an open P1, or with many who asked lately; the oldest first."""
    alike: defaultdict[tuple[str, str | None], list[Ticket]] = defaultdict(list)
    for ticket in sorted(tickets, key=lambda ticket: ticket.opened_at):
        if _is_everybodys(ticket, organisation):
            alike[ticket.category, ticket.site].append(ticket)
    for found in alike.values():
        urgent = [ticket for ticket in found if ticket.priority is Priority.P1]
        lately = [ticket for ticket in found if now - ticket.opened_at <= LATELY]
        if urgent or len({ticket.requester_id for ticket in lately}) >= MANY:
            yield _outage((urgent or lately)[0], organisation, zone, now)


def _outage(first: Ticket, organisation: Organisation, zone: ZoneInfo, now: datetime) -> Outage:
    what = organisation.category(first.category).name
    where = cards.site_name(first, organisation)
    queue = cards.name_of(lambda: organisation.queue(first.queue).name, first.queue)
    name = literal(first.assignee_name)
    who = f"{name} is working on it." if name else f"The {literal(queue)} team has been told."
    since = wording.moment(first.opened_at, zone, now)
    return Outage(f"{what}, {where}" if where else what, f"Since {since}. {who}")


def _is_everybodys(ticket: Ticket, organisation: Organisation) -> bool:
    try:
        return ticket.category != OTHER and not organisation.category(ticket.category).private
    except UnknownInPolicy:
        return False
