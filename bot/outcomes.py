"""What came of the messages that people wrote: solved, no help, a person, or nothing found. Redacted, and kept for a year.

The knowledge base grows by it: `firstline kb gaps` and `kb scores` read it, and owners hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Index, delete, select, update
from sqlmodel import Field, SQLModel, col

from bot.conversations import PersonRow
from tickets.database import EnumText, Transaction, UtcDateTime
from tickets.model import Ticket

KEPT = timedelta(days=365)


class End(StrEnum):
    """What came of a message so far."""

    OFFERED = "offered"
    """Titles to choose from were shown, and none was chosen yet."""
    SHOWN = "shown"
    """An article was shown; many who are helped say no more."""
    SOLVED = "solved"
    NOT_HELPFUL = "not_helpful"
    ESCALATED = "escalated"
    """A person was asked for after the article."""
    MISSED = "missed"
    """Nothing was found, or nothing of what was offered was it."""


LONGEST = 2000
"""Characters of a message that are kept; nobody describes one problem in more."""

FAILED = (End.NOT_HELPFUL, End.ESCALATED, End.MISSED)


class Outcome(SQLModel, table=True):
    """One message that asked for something, and what came of it."""

    __tablename__ = "outcome"
    __table_args__ = (Index("outcome_at", "organisation", "at"),)

    organisation: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """Of the event that it came with; counted when there were several requests in it."""
    at: datetime = Field(sa_type=UtcDateTime)
    person_id: int = Field(foreign_key="person.id")
    text: str
    article: str | None = None
    end: End = Field(sa_column=Column(EnumText(End), nullable=False))
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")


def note(
    tx: Transaction, event_key: str, person: PersonRow, text: str, end: End, article: str | None = None
) -> str:
    """Keep what was answered to a message; returns the row's key."""
    tx.session.add(
        Outcome(
            organisation=tx.organisation,
            key=event_key,
            at=tx.now,
            person_id=person.id or 0,
            text=text[:LONGEST],
            article=article,
            end=end,
        )
    )
    return event_key


async def chosen(tx: Transaction, keys: Sequence[str], article: str) -> None:
    """One of the titles that were offered was taken."""
    await _change(tx, keys, (End.OFFERED,), end=End.SHOWN, article=article)


async def ended(tx: Transaction, keys: Sequence[str], end: End) -> None:
    """What was open has ended so; titles of which none was taken were not it, unless it was solved."""
    await _change(tx, keys, (End.SHOWN,), end=end)
    await _change(tx, keys, (End.OFFERED,), end=end if end is End.SOLVED else End.MISSED)


async def became(tx: Transaction, keys: Sequence[str], ticket: Ticket) -> None:
    """A ticket was opened about them."""
    if keys:
        await tx.session.execute(
            update(Outcome)
            .where(col(Outcome.organisation) == tx.organisation, col(Outcome.key).in_(keys))
            .values(ticket_id=ticket.id)
        )


async def reworded(tx: Transaction, person: PersonRow, before: str, after: str) -> None:
    """A message was edited; deleted when `after` is empty: then nothing of it is kept."""
    own = (
        col(Outcome.organisation) == tx.organisation,
        col(Outcome.person_id) == person.id,
        col(Outcome.text) == before[:LONGEST],
    )
    if after:
        await tx.session.execute(update(Outcome).where(*own).values(text=after[:LONGEST]))
    else:
        await tx.session.execute(delete(Outcome).where(*own))


async def since(
    tx: Transaction, instant: datetime, most: int = 100_000
) -> Sequence[tuple[Outcome, int | None]]:
    """What came of the messages since then, the newest first, each with its ticket's number."""
    query = (
        select(Outcome, col(Ticket.number))
        .outerjoin(Ticket, col(Ticket.id) == col(Outcome.ticket_id))
        .where(col(Outcome.organisation) == tx.organisation, col(Outcome.at) >= instant)
        .order_by(col(Outcome.at).desc(), col(Outcome.key))
        .limit(most)
    )
    return [(outcome, number) for outcome, number in (await tx.session.execute(query)).all()]


async def forget(tx: Transaction, before: datetime) -> None:
    """Remove what is older than this."""
    await tx.session.execute(delete(Outcome).where(col(Outcome.at) < before))


async def _change(tx: Transaction, keys: Sequence[str], among: Sequence[End], **values: object) -> None:
    if keys:
        await tx.session.execute(
            update(Outcome)
            .where(
                col(Outcome.organisation) == tx.organisation,
                col(Outcome.key).in_(keys),
                col(Outcome.end).in_(among),
            )
            .values(**values)
        )
