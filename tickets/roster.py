"""Absences and swaps that were said in chat: their rows, and what the rules make of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, select
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


async def changes(tx: Transaction) -> Changes:
    """What was said in the organisation and is not over yet."""
    absences = (
        (
            await tx.session.execute(
                select(AbsenceRow)
                .where(col(AbsenceRow.organisation) == tx.organisation, col(AbsenceRow.until) > tx.now)
                .order_by(col(AbsenceRow.id))
            )
        )
        .scalars()
        .all()
    )
    swaps = (
        (
            await tx.session.execute(
                select(SwapRow)
                .where(
                    col(SwapRow.organisation) == tx.organisation,
                    col(SwapRow.until) > tx.now,
                    col(SwapRow.accepted_at).is_not(None),
                )
                .order_by(col(SwapRow.accepted_at), col(SwapRow.id))
            )
        )
        .scalars()
        .all()
    )
    if not absences and not swaps:
        return NO_CHANGES
    return Changes(
        [Absence(one.technician, one.since, one.until) for one in absences],
        [Swap(one.rota, one.layer, one.technician, one.since, one.until) for one in swaps],
    )
