"""Every query for tickets. Each is bound to the transaction's organisation, whatever the database also enforces; in a
transaction of every organisation it sees them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, true, union_all, update
from sqlmodel import col

from tickets import coverage
from tickets.database import EVERY_ORGANISATION, Transaction, insert_if_new
from tickets.kinds import EventKind, TicketState
from tickets.model import Ticket, TicketCounter, TicketEvent

FIRST_NUMBER = 1001

OPEN = [state for state in TicketState if state.is_open]


_COUNTER = TicketCounter.__table__  # type: ignore[attr-defined]
_COUNT = (
    update(_COUNTER)
    .where(_COUNTER.c.organisation == bindparam("of"))
    .values(last=_COUNTER.c.last + 1)
    .returning(_COUNTER.c.last)
)


async def next_number(tx: Transaction) -> int:
    """The organisation's next ticket number; whoever asks next waits until this transaction has ended."""
    organisation = {"of": tx.organisation}
    number = (await tx.session.execute(_COUNT, organisation)).scalar()
    if number is None:  # the first ticket of all
        await insert_if_new(tx, TicketCounter, organisation=tx.organisation, last=FIRST_NUMBER - 1)
        number = (await tx.session.execute(_COUNT, organisation)).scalar_one()
    return int(number)


async def add(tx: Transaction, ticket: Ticket) -> Ticket:
    """Store a new ticket, so that it has its id."""
    tx.session.add(ticket)
    await tx.session.flush()
    return ticket


def record(tx: Transaction, *events: TicketEvent) -> None:
    """Append to the history."""
    for event in events:
        tx.append(TicketEvent, **event.model_dump(exclude={"id"}))


async def ticket(tx: Transaction, ticket_id: int) -> Ticket | None:
    """The ticket as it is, to look at."""
    return await _one(tx, col(Ticket.id) == ticket_id)


async def ticket_to_change(tx: Transaction, ticket_id: int) -> Ticket | None:
    """The ticket, locked until this transaction ends: verbs of others wait, and then see what this one did."""
    await tx.session.flush()  # what this transaction did already must not be read over
    return await _one(tx, col(Ticket.id) == ticket_id, lock=True)


async def by_number(tx: Transaction, number: int) -> Ticket | None:
    return await _one(tx, col(Ticket.number) == number)


async def of_requester(tx: Transaction, person_id: int, most: int = 50) -> Sequence[Ticket]:
    """A person's tickets, newest first."""
    query = (
        select(Ticket)
        .where(_own(tx, Ticket), col(Ticket.requester_id) == person_id)
        .order_by(col(Ticket.id).desc())
        .limit(most)
    )
    return (await tx.session.execute(query)).scalars().all()


async def open_tickets(tx: Transaction, queue: str | None = None, most: int = 500) -> Sequence[Ticket]:
    """Open tickets of the organisation, or of one queue of it, what is due first (`sla.next_due`), then the rest."""
    unanswered = and_(col(Ticket.first_responded_at).is_(None), col(Ticket.first_response_due).is_not(None))
    due = case(
        (unanswered, col(Ticket.first_response_due)),
        (col(Ticket.state) != TicketState.WAITING, col(Ticket.resolution_due)),
    )
    query = select(Ticket).where(_own(tx, Ticket), col(Ticket.state).in_(OPEN))
    if queue:
        query = query.where(col(Ticket.queue) == queue)
    query = query.order_by(due.asc().nulls_last(), col(Ticket.opened_at), col(Ticket.id)).limit(most)
    return (await tx.session.execute(query)).scalars().all()


async def count_open(tx: Transaction) -> Sequence[tuple[str, int]]:
    """Open tickets by organisation."""
    query = (
        select(col(Ticket.organisation), func.count())
        .where(_own(tx, Ticket), col(Ticket.state).in_(OPEN))
        .group_by(col(Ticket.organisation))
    )
    return [(organisation, count) for organisation, count in (await tx.session.execute(query)).all()]


async def load(tx: Transaction, in_turn: Sequence[str] = ()) -> coverage.Load:
    """What lies on the desk of the organisation, and who was given the latest ticket of these queues."""
    queue, assignee = col(Ticket.queue), col(Ticket.assignee)
    # A state at a time: asked for several, SQLite reads every ticket there ever was, in the order of another index.
    open_ones = [
        select(queue, assignee, func.count())
        .where(_own(tx, Ticket), col(Ticket.state) == state)
        .group_by(queue, assignee)
        for state in OPEN
    ]
    counted = (await tx.session.execute(union_all(*open_ones))).all()
    waiting: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for queue_id, technician, count in counted:
        if technician:
            held[technician] += count
        else:
            waiting[queue_id] += count
    return coverage.Load(waiting, held, await _latest(tx, in_turn))


async def _latest(tx: Transaction, queues: Sequence[str]) -> dict[str, str]:
    """Who was given the latest ticket of each queue, by the desk itself; an index ends where it is found."""
    if not queues:
        return {}
    given = [
        select(col(Ticket.assignee))
        .where(
            _own(tx, Ticket),
            col(Ticket.queue) == queue,
            col(Ticket.given_at).is_not(None),
            col(Ticket.assignee).is_not(None),
        )
        .order_by(col(Ticket.given_at).desc(), col(Ticket.id).desc())
        .limit(1)
        .scalar_subquery()
        for queue in queues
    ]
    (found,) = (await tx.session.execute(select(*given))).all()
    return {queue: who for queue, who in zip(queues, found, strict=True) if who}


async def history(tx: Transaction, ticket_id: int) -> Sequence[TicketEvent]:
    """What happened to the ticket, in order."""
    query = (
        select(TicketEvent)
        .where(_own(tx, TicketEvent), col(TicketEvent.ticket_id) == ticket_id)
        .order_by(col(TicketEvent.id))
    )
    return (await tx.session.execute(query)).scalars().all()


async def opened_between(
    tx: Transaction, start: datetime, end: datetime, kinds: Sequence[EventKind]
) -> Sequence[tuple[Ticket, Sequence[TicketEvent]]]:
    """Tickets that were opened in that time, oldest first, each with its events of these kinds, in order."""
    inside = (col(Ticket.opened_at) >= start, col(Ticket.opened_at) < end)
    tickets = select(Ticket).where(_own(tx, Ticket), *inside).order_by(col(Ticket.opened_at), col(Ticket.id))
    events = (
        select(TicketEvent)
        .join(Ticket, col(Ticket.id) == col(TicketEvent.ticket_id))
        .where(_own(tx, TicketEvent), col(TicketEvent.kind).in_(kinds), *inside)
        .order_by(col(TicketEvent.id))
    )
    by_ticket: dict[int, list[TicketEvent]] = {}
    for event in (await tx.session.execute(events)).scalars():
        by_ticket.setdefault(event.ticket_id, []).append(event)
    found = (await tx.session.execute(tickets)).scalars().all()
    return [(ticket, by_ticket.get(ticket.id or 0, [])) for ticket in found]


async def organisation_due(tx: Transaction) -> str | None:
    """Whose ticket's review is most overdue; None when none is."""
    query = (
        select(col(Ticket.organisation))
        .where(_own(tx, Ticket), col(Ticket.next_review_at) <= tx.now)
        .order_by(col(Ticket.next_review_at))
        .limit(1)
    )
    return (await tx.session.execute(query)).scalar()


async def due_for_review(tx: Transaction, most: int = 1) -> Sequence[Ticket]:
    """The tickets whose reviews are most overdue, locked; others skip them."""
    query = (
        select(Ticket)
        .where(_own(tx, Ticket), col(Ticket.next_review_at) <= tx.now)
        .order_by(col(Ticket.next_review_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await tx.session.execute(query)).scalars().all()


async def unwatched(tx: Transaction, before: datetime) -> Sequence[Ticket]:
    """Tickets whose review should have been before this instant, and open ones that have none: the auditor's question."""
    row = Ticket
    late = col(row.next_review_at) < before
    missing = and_(col(row.next_review_at).is_(None), col(row.state).in_(OPEN))
    query = select(row).where(_own(tx, row), or_(late, missing)).order_by(col(row.id)).limit(20)
    return (await tx.session.execute(query)).scalars().all()


async def _one(tx: Transaction, *conditions: ColumnElement[bool], lock: bool = False) -> Ticket | None:
    query = select(Ticket).where(_own(tx, Ticket), *conditions)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await tx.session.execute(query)).scalar_one_or_none()


def _own(tx: Transaction, table: type[Ticket] | type[TicketEvent]) -> ColumnElement[bool]:
    """Rows of the transaction's organisation."""
    return true() if tx.organisation == EVERY_ORGANISATION else col(table.organisation) == tx.organisation
