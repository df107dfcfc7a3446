"""Absences and swaps that were said in chat: their rows, and what the rules make of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Index, bindparam, select
from sqlmodel import Field, SQLModel, col

from tickets.database import EnumText, Transaction, UtcDateTime
from tickets.rota import NO_CHANGES, Absence, Changes, Swap
from tickets.rules import Layer


class AbsenceRow(SQLModel, table=True):
    """A technician has said that they are out."""

    __tablename__ = "absence"
    __table_args__ = (Index("absence_until", "organisation", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    technician: str
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)


class SwapRow(SQLModel, table=True):
    """Somebody has been asked to take a stretch of another's turn; it holds once they have accepted."""

    __tablename__ = "swap"
    __table_args__ = (Index("swap_until", "organisation", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    rota: str
    layer: Layer = Field(sa_column=Column(EnumText(Layer), nullable=False))
    asked_by: str
    technician: str
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


# Every ticket that is opened asks for these: built once.

_ABSENCES = (
    select(AbsenceRow)
    .where(
        col(AbsenceRow.organisation) == bindparam("organisation"), col(AbsenceRow.until) > bindparam("now")
    )
    .order_by(col(AbsenceRow.id))
)
_SWAPS = (
    select(SwapRow)
    .where(
        col(SwapRow.organisation) == bindparam("organisation"),
        col(SwapRow.until) > bindparam("now"),
        col(SwapRow.accepted_at).is_not(None),
    )
    .order_by(col(SwapRow.accepted_at), col(SwapRow.id))
)


async def changes(tx: Transaction) -> Changes:
    """What was said in the organisation and is not over yet."""
    asked = {"organisation": tx.organisation, "now": tx.now}
    absences = (await tx.session.execute(_ABSENCES, asked)).scalars().all()
    swaps = (await tx.session.execute(_SWAPS, asked)).scalars().all()
    if not absences and not swaps:
        return NO_CHANGES
    return Changes(
        [Absence(one.technician, one.since, one.until) for one in absences],
        [Swap(one.rota, one.layer, one.technician, one.since, one.until) for one in swaps],
    )


def add_absence(tx: Transaction, technician: str, since: datetime, until: datetime) -> None:
    tx.session.add(AbsenceRow(organisation=tx.organisation, technician=technician, since=since, until=until))


async def end_absences(tx: Transaction, technician: str) -> int:
    """Whoever is out is back from now on; how many absences that ended. One that lies ahead stays."""
    query = select(AbsenceRow).where(
        col(AbsenceRow.organisation) == tx.organisation,
        col(AbsenceRow.technician) == technician,
        col(AbsenceRow.since) <= tx.now,
        col(AbsenceRow.until) > tx.now,
    )
    found = (await tx.session.execute(query)).scalars().all()
    for absence in found:
        absence.until = tx.now
    return len(found)


async def ask_swap(tx: Transaction, swap: Swap, asked_by: str) -> SwapRow:
    """Note that somebody was asked; it holds once they accept."""
    row = SwapRow(
        organisation=tx.organisation,
        rota=swap.rota,
        layer=swap.layer,
        asked_by=asked_by,
        technician=swap.technician,
        since=swap.since,
        until=swap.until,
    )
    tx.session.add(row)
    await tx.session.flush()
    return row


async def swaps_to_answer(tx: Transaction, ids: Sequence[int], technician: str) -> Sequence[SwapRow]:
    """What this technician was asked and has not answered, as far as it is not over; locked."""
    query = (
        select(SwapRow)
        .where(
            col(SwapRow.organisation) == tx.organisation,
            col(SwapRow.id).in_(ids),
            col(SwapRow.technician) == technician,
            col(SwapRow.accepted_at).is_(None),
            col(SwapRow.until) > tx.now,
        )
        .with_for_update()
    )
    return (await tx.session.execute(query)).scalars().all()
