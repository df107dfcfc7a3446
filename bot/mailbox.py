"""The messages of the platforms that we host ourselves, web and terminal: their cloud is our database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, func, or_, select, update
from sqlmodel import Field, SQLModel, col

from bot.availability import neutral
from bot.codec import from_json, to_json
from bot.messages import Address, Delivered, Delivery, HostedMessage, Person, Retract
from tickets.database import Database, Transaction, UtcDateTime, insert_if_new

PAGE = 500
OVERLAP = timedelta(seconds=5)
"""How far a reader looks back for changes: a transaction that began earlier may commit later."""


class MailboxMessage(SQLModel, table=True):
    __tablename__ = "mailbox_message"
    __table_args__ = (Index("mailbox_message_of_route", "organisation", "platform", "route", "changed_at"),)

    id: str = Field(primary_key=True)
    organisation: str
    platform: str
    route: str
    """Compared byte by byte (migration 0002): what is below an address is a range of the index."""
    author: str = ""
    author_id: str = ""
    content: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UtcDateTime)
    put_at: datetime = Field(sa_type=UtcDateTime)
    """When it came, by the database's clock."""
    changed_at: datetime = Field(sa_type=UtcDateTime)
    """By the database's clock: readers on other replicas ask for what changed since they last looked."""
    revision: int = 0
    deleted: bool = False


class DatabaseMailbox:
    """The `Mailbox` of `bot.messages`. A delivery's id is its message's id, so that a repeat changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def deliver(self, delivery: Delivery) -> Delivered:
        effect = delivery.effect
        async with self._database.transaction(delivery.organisation) as tx:
            message_id = delivery.posted
            if isinstance(effect, Retract):
                if message_id:
                    await _change(tx, message_id, deleted=True)
            elif message_id:
                await _change(tx, message_id, content=to_json(effect))
            else:
                message_id = delivery.id
                await _insert(tx, message_id, effect.address, to_json(effect))
        message_id = message_id or delivery.id
        thread = Address(effect.address.platform, f"{effect.address.route}/{message_id}")
        return Delivered(message_id, thread)

    @neutral
    async def write(self, person: Person, address: Address, message_id: str, text: str) -> None:
        content = {"kind": "text", "text": text}
        async with self._database.transaction(person.organisation) as tx:
            if not await _insert(tx, message_id, address, content, person):
                await _change(tx, message_id, author_id=person.id, content=content)

    @neutral
    async def erase(self, person: Person, address: Address, message_id: str) -> None:
        async with self._database.transaction(person.organisation) as tx:
            await _change(tx, message_id, author_id=person.id, deleted=True)

    async def read(
        self, organisation: str, address: Address, *, below: bool = False, since: datetime | None = None
    ) -> Sequence[HostedMessage]:
        row = MailboxMessage
        query = select(row).where(
            col(row.organisation) == organisation, col(row.platform) == address.platform
        )
        if below:
            prefix = f"{address.route}/"  # not LIKE: on SQLite it takes "ana" for "Ana"
            query = query.where(
                col(row.route) >= address.route,
                col(row.route) < f"{address.route}0",  # "0" is what follows "/"
                or_(col(row.route) == address.route, func.substr(row.route, 1, len(prefix)) == prefix),
            )
        else:
            query = query.where(col(row.route) == address.route)
        if since:
            query = query.where(col(row.changed_at) > since - OVERLAP)
        query = query.order_by(col(row.put_at).desc(), col(row.id).desc()).limit(PAGE)
        async with self._database.reading(organisation) as tx:
            found = (await tx.session.execute(query)).scalars().all()
        return [hosted for message in reversed(found) if (hosted := _hosted(message))]


async def _insert(
    tx: Transaction, message_id: str, address: Address, content: dict[str, Any], author: Person | None = None
) -> bool:
    """Whether it was new."""
    return await insert_if_new(
        tx,
        MailboxMessage,
        id=message_id,
        organisation=tx.organisation,
        platform=address.platform,
        route=address.route,
        author=author.name if author else "",
        author_id=author.id if author else "",
        content=content,
        at=tx.now,
        put_at=tx.database_now,
        changed_at=tx.database_now,
        revision=0,
        deleted=False,
    )


async def _change(tx: Transaction, message_id: str, author_id: str = "", **values: Any) -> None:
    """Change a message of the desk's, or of the person with `author_id`."""
    row = MailboxMessage
    await tx.session.execute(
        update(row)
        .where(
            col(row.organisation) == tx.organisation,
            col(row.id) == message_id,
            col(row.author_id) == author_id,
        )
        .values(changed_at=tx.database_now, revision=row.revision + 1, **values)
    )


def _hosted(row: MailboxMessage) -> HostedMessage | None:
    """None for what a newer version wrote: during a rolling update its own pages show it."""
    try:
        content = row.content["text"] if row.content["kind"] == "text" else from_json(row.content)
    except LookupError:
        return None
    return HostedMessage(
        id=row.id,
        address=Address(row.platform, row.route),
        author=row.author,
        author_id=row.author_id,
        content=content,
        at=row.at,
        put_at=row.put_at,
        revision=row.revision,
        deleted=row.deleted,
    )
