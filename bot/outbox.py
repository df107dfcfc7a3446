"""Effects that wait to leave: put in the transaction that caused them, taken under a lease, settled with their end.

An effect is `waiting` until a worker takes it, which commits `sending` with a lease and a new fencing token before
the platform is called. It ends as `delivered` or `dead`. A worker that dies leaves `sending` behind: when the lease
ends another takes the row, and the platform is told that it may be a repeat. A worker that was only slow finds its
token outdated and settles nothing. Leases and retries go by the database's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from bot.codec import Stored, from_json, to_json
from bot.messages import Address, Delivered, Delivery, DeliveryFailed, Effect, Retract, Urgency
from tickets.database import EnumText, Transaction, UtcDateTime

LEASE = timedelta(seconds=30)
"""Three times the longest call that an adapter may make."""

ATTEMPTS = 32
"""After these an effect is dead; with the pauses below that is about four hours."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)

LONGEST_WISH = timedelta(hours=1)
"""What a platform may ask us to wait; a header that asks for more, or for no number at all, is not believed."""

FRESH = timedelta(seconds=10)
"""A reply that has waited longer is late."""

STALE = timedelta(hours=24)
"""Older effects are not sent without being asked for: a database restored from a backup must not repeat yesterday."""


BEGINS = "begins"
"""The key under which is kept where a new conversation begins."""


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


UNFINISHED = (OutboxState.WAITING, OutboxState.SENDING)

_UNFINISHED = "state IN ('waiting', 'sending')"
"""As the partial indexes say it: a database uses them for a query that says the same, and sees no parameters."""


def _index(name: str, where: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class OutboxRow(SQLModel, table=True):
    __tablename__ = "outbox"
    __table_args__ = (
        _index("outbox_of_address", _UNFINISHED, "platform", "route", "id"),
        _index("outbox_unfinished", _UNFINISHED, "platform", "urgency", "put_at", "id"),
        _index("outbox_ended", "settled_at IS NOT NULL", "state", "settled_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    platform: str
    route: str
    urgency: int
    effect: Stored = Field(sa_type=JSON)
    then: Stored | None = Field(default=None, sa_type=JSON)
    """An effect that is put when this one was delivered."""
    otherwise: Stored | None = Field(default=None, sa_type=JSON)
    """An effect that is put when this one is dead."""
    state: OutboxState = Field(
        default=OutboxState.WAITING, sa_column=Column(EnumText(OutboxState), nullable=False)
    )
    put_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """Not before this instant: now, or after the pause that a failure asked for."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token: int = 0
    """Fences off a worker whose lease ended: it grows at every take, and settling needs the newest."""
    attempts: int = 0
    unknown: bool = False
    """An earlier attempt ended without our learning how."""
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = ""
    """Why the last attempt failed."""


def _unfinished(row: type[OutboxRow] = OutboxRow) -> ColumnElement[bool]:
    states: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in UNFINISHED]
    return col(row.state).in_(states)


def _ready(urgency: Urgency, *put: ColumnElement[bool], newest_first: bool = False) -> Select[OutboxRow]:
    """What of this urgency can be taken now, in the order in which it should leave. Each is one range of an index, so
    that the first is found at once however many wait."""
    row, earlier = OutboxRow, aliased(OutboxRow)
    now = bindparam("now", type_=UtcDateTime)
    ahead_of_it = (  # as a value: PostgreSQL would make a join of an EXISTS, and without statistics a slow one
        select(col(earlier.id))
        .where(
            col(earlier.organisation) == col(row.organisation),
            col(earlier.platform) == col(row.platform),
            col(earlier.route) == col(row.route),
            col(earlier.id) < col(row.id),
            _unfinished(earlier),
        )
        .limit(1)
        .scalar_subquery()
    )
    order = (col(row.put_at), col(row.id))
    return (
        select(row)
        .where(
            _unfinished(),
            col(row.platform) == bindparam("platform"),
            col(row.urgency) == urgency,
            col(row.put_at) > bindparam("oldest", type_=UtcDateTime),
            *put,
            or_(
                and_(col(row.state) == OutboxState.WAITING, col(row.due_at) <= now),
                and_(col(row.state) == OutboxState.SENDING, col(row.lease_until) <= now),
            ),
            ahead_of_it.is_(None),
        )
        .order_by(*(part.desc() if newest_first else part for part in order))
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


_FRESH_SINCE = bindparam("fresh_since", type_=UtcDateTime)
_READY = (
    _ready(Urgency.REPLY, col(OutboxRow.put_at) > _FRESH_SINCE),
    _ready(Urgency.REPLY, col(OutboxRow.put_at) <= _FRESH_SINCE, newest_first=True),
    _ready(Urgency.NOTICE),
)
"""Built once: the loops run them all day, and SQLAlchemy takes longer to build one than to run it."""


class Posted(SQLModel, table=True):
    """Where the message that carries a key is, so that it can be updated, and what is written under it recognised."""

    __tablename__ = "posted"
    __table_args__ = (Index("posted_thread", "platform", "thread"),)

    organisation: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    message_id: str
    thread: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    """When it was last posted or updated."""


def put(
    tx: Transaction,
    effect: Effect,
    *,
    then: Effect | None = None,
    otherwise: Effect | None = None,
    organisation: str = "",
) -> None:
    """Let the effect leave once this transaction has committed; `organisation` where the transaction is everybody's."""
    _put(
        tx,
        to_json(effect),
        to_json(then) if then else None,
        to_json(otherwise) if otherwise else None,
        organisation,
    )


async def take(
    tx: Transaction, platform: str, most: int = 1, lease: timedelta = LEASE
) -> Sequence[OutboxRow]:
    """Lease up to `most` effects of this platform, of different addresses, and mark them as being sent.

    Of each address only the first that has not ended is offered, so that order is kept. Replies come before notices,
    and each waits its turn from when it was put, or retried; but of replies that are late already the newest leaves first, and after those that are not:
    with a backlog, that is somebody who is still looking at the screen.
    """
    taken: list[OutboxRow] = []
    asked = {
        "platform": platform,
        "now": tx.database_now,
        "fresh_since": tx.database_now - FRESH,
        "oldest": tx.database_now - STALE,
    }
    for ready in _READY:
        if len(taken) < most:
            found = await tx.session.execute(ready, {**asked, "most": most - len(taken)})
            taken += found.scalars().all()
    for effect in taken:
        effect.unknown = effect.unknown or effect.state is OutboxState.SENDING
        effect.state = OutboxState.SENDING
        effect.lease_until = tx.database_now + lease
        effect.token += 1
        effect.attempts += 1
    return taken


async def end_leases(tx: Transaction) -> None:
    """Let what a dead process was sending be taken at once. Only for a database that is ours alone, before anything
    of this process is taken: who else might be sending cannot be known."""
    await tx.session.execute(
        update(OutboxRow)
        .where(col(OutboxRow.state) == OutboxState.SENDING)
        .values(lease_until=tx.database_now)
        .execution_options(synchronize_session=False)
    )


async def delivery_of(tx: Transaction, row: OutboxRow) -> Delivery:
    """The attempt that `row` stands for, with its thread and the message to be updated looked up.

    Raises:
        LookupError: a newer version put it, and only that version can deliver it.
        ValueError: it is damaged.
    """
    effect: Effect = from_json(row.effect)
    if effect.under:
        card = await _posted(tx, row.organisation, effect.address, effect.under)
        if card and card.thread is not None:
            effect = replace(effect, address=Address(card.platform, card.thread))
    if effect.address.is_new and (begun := await _posted(tx, row.organisation, effect.address, BEGINS)):
        effect = replace(effect, address=Address(begun.platform, begun.thread or begun.route))
    posted = await _posted(tx, row.organisation, effect.address, effect.key) if effect.key else None
    return Delivery(
        id=f"{row.organisation}.{row.id}",
        organisation=row.organisation,
        effect=effect,
        posted=posted.message_id if posted else None,
        repeat=row.unknown,
    )


async def settle_delivered(tx: Transaction, row: OutboxRow, delivery: Delivery, end: Delivered) -> bool:
    """Record that the effect arrived; False when another worker holds it by now, who will."""
    if not await _settle(tx, row, state=OutboxState.DELIVERED, settled_at=tx.database_now, reason=""):
        return False
    effect = delivery.effect
    if effect.address.is_new and effect.address.route == row.route and end.thread:
        await _remember(tx, row.organisation, replace(effect, key=BEGINS), end)
        effect = replace(effect, address=end.thread)
    if effect.key:
        await _remember(tx, row.organisation, effect, end)
    if row.then:
        _put(tx, row.then, organisation=row.organisation)
    return True


async def settle_failed(
    tx: Transaction, row: OutboxRow, failure: DeliveryFailed, *, unknown: bool
) -> OutboxState:
    """Record that an attempt failed: try again after a pause, or give up. Returns the row's state.

    `unknown` says that it may have arrived all the same.
    """
    unknown = row.unknown or unknown
    if failure.permanent or row.attempts >= ATTEMPTS:
        gave_up = await _settle(
            tx,
            row,
            state=OutboxState.DEAD,
            settled_at=tx.database_now,
            reason=failure.reason,
            unknown=unknown,
        )
        if gave_up and row.otherwise:
            _put(tx, row.otherwise, organisation=row.organisation)
        return OutboxState.DEAD if gave_up else OutboxState.SENDING
    pause = min(FIRST_PAUSE * 2 ** (row.attempts - 1), LONGEST_PAUSE) if row.attempts < 20 else LONGEST_PAUSE
    asked = failure.retry_after
    if asked is not None and 0 <= asked <= LONGEST_WISH.total_seconds():
        pause = timedelta(seconds=asked)
    postponed = await _settle(
        tx,
        row,
        state=OutboxState.WAITING,
        due_at=tx.database_now + pause,
        reason=failure.reason,
        unknown=unknown,
    )
    return OutboxState.WAITING if postponed else OutboxState.SENDING


async def give_back(tx: Transaction, row: OutboxRow, pause: timedelta) -> None:
    """Leave the effect to another worker: this one cannot read it, or is about to stop."""
    await _settle(
        tx, row, state=OutboxState.WAITING, due_at=tx.database_now + pause, attempts=row.attempts - 1
    )


async def bury_stale(tx: Transaction) -> int:
    """Give up on effects older than `STALE`, so that an operator decides; how many there were.

    One that is being sent at this moment is left to its worker.
    """
    sending = col(OutboxRow.state) == OutboxState.SENDING
    buried = await tx.session.execute(
        update(OutboxRow)
        .where(
            _unfinished(),
            col(OutboxRow.put_at) <= tx.database_now - STALE,
            ~and_(sending, col(OutboxRow.lease_until) > tx.database_now),
        )
        .values(
            state=OutboxState.DEAD,
            unknown=or_(col(OutboxRow.unknown), sending),
            lease_until=None,
            settled_at=tx.database_now,
            reason="older than 24 hours when it was found; retry it only if it still makes sense",
        )
        .returning(col(OutboxRow.organisation), col(OutboxRow.otherwise))
    )
    rows = buried.all()
    for organisation, otherwise in rows:
        if otherwise:
            _put(tx, otherwise, organisation=organisation)
    return len(rows)


async def retry(tx: Transaction, ids: Sequence[int] | None) -> int:
    """Let dead effects (those with `ids`, or all) wait to be sent again; how many there were.

    One that a later effect of the same key has replaced stays dead: it would draw the past.
    """
    row, later = OutboxRow, aliased(OutboxRow)
    key = col(row.effect)["key"].as_string()
    replaced = exists().where(
        col(later.organisation) == col(row.organisation),
        col(later.platform) == col(row.platform),
        col(later.route) == col(row.route),
        col(later.id) > col(row.id),
        key != "",
        col(later.effect)["key"].as_string() == key,
    )
    chosen = [col(row.state) == OutboxState.DEAD, ~replaced]
    if ids is not None:
        chosen.append(col(row.id).in_(ids))
    revived = await tx.session.execute(
        update(row)
        .where(*chosen)
        .values(
            state=OutboxState.WAITING,
            attempts=0,
            put_at=tx.database_now,
            due_at=tx.database_now,
            lease_until=None,
            settled_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return int(revived.rowcount)  # type: ignore[attr-defined]


async def listing(tx: Transaction, states: Sequence[OutboxState], most: int = 100) -> Sequence[OutboxRow]:
    """Rows in these states, oldest first."""
    query = select(OutboxRow).where(col(OutboxRow.state).in_(states)).order_by(col(OutboxRow.id)).limit(most)
    return (await tx.session.execute(query)).scalars().all()


async def oldest_wait(tx: Transaction) -> timedelta:
    """How long the effect that has been due longest has been due; zero when none is."""
    query = select(func.min(OutboxRow.due_at)).where(_unfinished())
    oldest: datetime | None = (await tx.session.execute(query)).scalar()
    return max(tx.database_now - oldest, timedelta()) if oldest else timedelta()


async def forget(tx: Transaction, state: OutboxState, before: datetime) -> None:
    """Remove the rows of effects that ended like this before this instant: what arrived lives on where it was said,
    and what is dead makes no sense any more some day."""
    await tx.session.execute(
        delete(OutboxRow).where(col(OutboxRow.state) == state, col(OutboxRow.settled_at) < before)
    )


async def forget_posted(tx: Transaction, before: datetime, but_not: str) -> None:
    """Forget where messages are that were last touched before this instant, but for keys that begin with `but_not`:
    those that may be updated, and answered in their thread, as long as there is a desk."""
    await tx.session.execute(
        delete(Posted).where(col(Posted.at) < before, func.substr(Posted.key, 1, len(but_not)) != but_not)
    )


async def begun_by(tx: Transaction, thread: Address) -> Address | None:
    """The new conversation (`Address.is_new`) that became this thread."""
    query = select(col(Posted.route)).where(
        col(Posted.organisation) == tx.organisation,
        col(Posted.platform) == thread.platform,
        col(Posted.thread) == thread.route,
        col(Posted.key) == BEGINS,
    )
    route: str | None = (await tx.session.execute(query)).scalars().first()
    return Address(thread.platform, route) if route else None


async def key_of_thread(tx: Transaction, thread: Address) -> str | None:
    """The key of the message under which this thread is, if the desk posted it."""
    query = select(col(Posted.key)).where(
        col(Posted.organisation) == tx.organisation,
        col(Posted.platform) == thread.platform,
        col(Posted.thread) == thread.route,
    )
    key: str | None = (await tx.session.execute(query)).scalars().first()
    return key


def _put(
    tx: Transaction,
    effect: Stored,
    then: Stored | None = None,
    otherwise: Stored | None = None,
    organisation: str = "",
) -> None:
    """The effect is not read but for where it goes: a newer version's may follow one of this version's.

    What has a key stands in one message. When a transaction writes it twice, only the last is worth sending.
    """
    organisation = organisation or tx.organisation
    if effect.get("key") and not then and not otherwise:
        same = (
            row
            for row in tx.appended(OutboxRow)
            if row["organisation"] == organisation and _is_same_message(row["effect"], effect)
        )
        earlier = next(same, None)
        if earlier and not earlier["then"] and not earlier["otherwise"]:
            earlier["effect"] = effect
            return
    tx.append(
        OutboxRow,
        organisation=organisation,
        platform=effect["address"]["platform"],
        route=effect["address"]["route"],
        urgency=effect["urgency"],
        effect=effect,
        then=then,
        otherwise=otherwise,
        put_at=tx.database_now,
        due_at=tx.database_now,
    )


def _is_same_message(one: Stored, other: Stored) -> bool:
    return all(one.get(part) == other.get(part) for part in ("key", "kind", "address", "under", "urgency"))


async def _settle(tx: Transaction, row: OutboxRow, **values: Any) -> bool:
    settled = await tx.session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.id) == row.id,
            col(OutboxRow.token) == row.token,
            col(OutboxRow.state) == OutboxState.SENDING,
        )
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(settled.rowcount)  # type: ignore[attr-defined]


async def _posted(tx: Transaction, organisation: str, address: Address, key: str) -> Posted | None:
    return await tx.session.get(Posted, (organisation, address.platform, address.route, key))


async def _remember(tx: Transaction, organisation: str, effect: Effect, end: Delivered) -> None:
    posted = await _posted(tx, organisation, effect.address, effect.key)
    if isinstance(effect, Retract):
        if posted:
            await tx.session.delete(posted)
        return
    posted = posted or Posted(
        organisation=organisation,
        platform=effect.address.platform,
        route=effect.address.route,
        key=effect.key,
        message_id=end.message_id,
        at=tx.database_now,
    )
    posted.message_id, posted.at = end.message_id, tx.database_now
    posted.thread = end.thread.route if end.thread else None
    tx.session.add(posted)
    await tx.session.flush()  # the next delivery of this address is read in this very transaction
