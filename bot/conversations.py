"""People, their conversations, what was said in them, and which events were seen already.

What is met for the first time is simply added. Should another replica meet it in the same moment, one of the two
transactions fails on the unique key, and the desk handles that event again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, and_, bindparam, delete, func, or_, select, update
from sqlmodel import Field, SQLModel, col

from bot.codec import Stored
from bot.messages import Address, IncomingEvent, Person, printable
from bot.outbox import begun_by
from tickets.database import Transaction, UtcDateTime, insert_if_new
from tickets.model import Ticket


class PersonRow(SQLModel, table=True):
    """Somebody whom a platform verified, as last seen."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("organisation", "platform", "account"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    platform: str
    account: str
    """The platform's own immutable id."""
    name: str
    email: str | None = None
    locale: str = "en"
    timezone: str | None = None
    site: str | None = None
    """Which office, once known: from the directory, or from the first intake that asked."""


class Conversation(SQLModel, table=True):
    """One address at which a person talks to the desk, and where that talk stands."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("organisation", "platform", "route"),
        Index("conversation_in_channel", "person_id", "channel", "last_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    platform: str
    route: str
    person_id: int = Field(foreign_key="person.id")
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    """The ticket that this conversation became; what is written here is added to it."""
    dialog: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """What was asked and offered so far, and the open flow with its state."""
    last_at: datetime = Field(sa_type=UtcDateTime)
    """When something was last written or pressed in it."""
    channel: str | None = None
    """The route of the channel that it is a thread in."""

    @property
    def address(self) -> Address:
        return Address(self.platform, self.route)


class Message(SQLModel, table=True):
    """What a person wrote in a conversation or in a card's thread, so that edits and deletions can follow it."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("organisation", "platform", "message_id"),
        Index("message_of_ticket", "ticket_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    platform: str
    route: str
    message_id: str
    author_id: int = Field(foreign_key="person.id")
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    text: str
    at: datetime = Field(sa_type=UtcDateTime)
    """When it was written or last edited, by the platform; an older edit that comes late changes nothing."""
    received: bool = False
    """False while only an edit or the deletion of it has arrived: platforms promise no order."""
    deleted: bool = False
    copy_platform: str | None = None
    copy_route: str | None = None
    copy_under: str = ""
    """With `copy_platform` and `copy_route`, where it was relayed to; its copy there has the message's `key`."""

    @property
    def key(self) -> str:
        return f"message:{self.platform}:{self.message_id}"

    @property
    def copy_address(self) -> Address | None:
        return (
            Address(self.copy_platform, self.copy_route) if self.copy_platform and self.copy_route else None
        )


class SeenEvent(SQLModel, table=True):
    """An event that was handled, and the reaction that its re-delivery gets again."""

    __tablename__ = "seen_event"
    __table_args__ = (Index("seen_event_at", "at"),)

    organisation: str = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    reaction: Stored | None = Field(default=None, sa_type=JSON)


# What every event asks for. SQLAlchemy takes longer to build such a statement than to run it.

_PERSON = select(PersonRow).where(
    col(PersonRow.organisation) == bindparam("organisation"),
    col(PersonRow.platform) == bindparam("platform"),
    col(PersonRow.account) == bindparam("account"),
)
_CONVERSATION = (
    select(Conversation)
    .where(
        col(Conversation.organisation) == bindparam("organisation"),
        col(Conversation.platform) == bindparam("platform"),
        col(Conversation.route) == bindparam("route"),
    )
    .with_for_update()
)
_MESSAGE = select(Message).where(
    col(Message.organisation) == bindparam("organisation"),
    col(Message.platform) == bindparam("platform"),
    col(Message.message_id) == bindparam("message_id"),
)


async def first_sight(tx: Transaction, event: IncomingEvent) -> bool:
    """Note the event; False when it was seen already. A concurrent twin waits here until the first commits."""
    return await insert_if_new(
        tx,
        SeenEvent,
        organisation=tx.organisation,
        platform=event.person.platform,
        event_id=event.event_id,
        at=tx.now,
    )


async def reaction_of(tx: Transaction, event: IncomingEvent) -> Stored | None:
    """What was answered when the event was first seen."""
    seen = await tx.session.get(SeenEvent, (tx.organisation, event.person.platform, event.event_id))
    return seen.reaction if seen else None


async def remember_reaction(tx: Transaction, event: IncomingEvent, reaction: Stored) -> None:
    await tx.session.execute(
        update(SeenEvent)
        .where(
            col(SeenEvent.organisation) == tx.organisation,
            col(SeenEvent.platform) == event.person.platform,
            col(SeenEvent.event_id) == event.event_id,
        )
        .values(reaction=reaction)
    )


async def known(tx: Transaction, person: Person) -> PersonRow | None:
    """The person's row, if they were ever seen."""
    found = await tx.session.execute(
        _PERSON, {"organisation": tx.organisation, "platform": person.platform, "account": person.id}
    )
    return found.scalar_one_or_none()


async def recognise(tx: Transaction, person: Person) -> PersonRow:
    """The person's row, made at first sight and kept up to date with what the platform says."""
    name = printable(person.name)
    row = await known(tx, person)
    if row is None:
        row = PersonRow(organisation=tx.organisation, platform=person.platform, account=person.id, name=name)
        tx.session.add(row)
        await tx.session.flush()  # others refer to its id
    said = {"name": name, "locale": person.locale, "email": person.email, "timezone": person.timezone}
    for field, value in said.items():
        if value and getattr(row, field) != value:
            setattr(row, field, value)
    return row


async def conversation_at(tx: Transaction, address: Address, person: PersonRow) -> Conversation:
    """The conversation at this address, found or begun."""
    return await find(tx, address) or begin(tx, address, person)


def begin(tx: Transaction, address: Address, person: PersonRow) -> Conversation:
    """A new conversation at this address."""
    conversation = Conversation(
        organisation=tx.organisation,
        platform=address.platform,
        route=address.route,
        person_id=person.id or 0,
        last_at=tx.now,
    )
    tx.session.add(conversation)
    return conversation


async def find(tx: Transaction, address: Address) -> Conversation | None:
    """The conversation at this address, locked until the transaction ends: two messages at once are handled one after
    the other. None when there was none yet."""
    found = await _conversation(tx, address)
    if found is None and (begun := await begun_by(tx, address)):
        found = await _conversation(tx, begun)
    return found


async def _conversation(tx: Transaction, address: Address) -> Conversation | None:
    found = await tx.session.execute(
        _CONVERSATION,
        {"organisation": tx.organisation, "platform": address.platform, "route": address.route},
    )
    return found.scalar_one_or_none()


async def lately_in(tx: Transaction, channel: Address, person: PersonRow, since: datetime) -> Address | None:
    """Where this person last talked with the desk in that channel, if it was after this instant."""
    query = (
        select(col(Conversation.route))
        .where(
            col(Conversation.organisation) == tx.organisation,
            col(Conversation.platform) == channel.platform,
            col(Conversation.person_id) == person.id,
            col(Conversation.channel) == channel.route,
            col(Conversation.last_at) > since,
        )
        .order_by(col(Conversation.last_at).desc())
        .limit(1)
    )
    route: str | None = (await tx.session.execute(query)).scalars().first()
    return Address(channel.platform, route) if route else None


async def message_at(tx: Transaction, event: IncomingEvent, message_id: str, author: PersonRow) -> Message:
    """The row of what a person wrote, made when this is the first that is heard of it."""
    asked = await tx.session.execute(
        _MESSAGE,
        {"organisation": tx.organisation, "platform": event.person.platform, "message_id": message_id},
    )
    found = asked.scalar_one_or_none()
    if found is None:
        found = Message(
            organisation=tx.organisation,
            platform=event.person.platform,
            route=event.address.route,
            message_id=message_id,
            author_id=author.id or 0,
            text="",
            at=event.at,
        )
        tx.session.add(found)
    return found


def where_asked(ticket: Ticket) -> Address:
    """The conversation in which the ticket was asked for."""
    return Address(ticket.platform, ticket.route)


async def where_others_asked(tx: Transaction, ticket: Ticket) -> Sequence[Address]:
    """Where those hear of a ticket whose own was merged into it."""
    query = (
        select(col(Conversation.platform), col(Conversation.route))
        .where(col(Conversation.organisation) == tx.organisation, col(Conversation.ticket_id) == ticket.id)
        .order_by(col(Conversation.id))
    )
    everywhere = [Address(platform, route) for platform, route in (await tx.session.execute(query)).all()]
    return [address for address in everywhere if address != where_asked(ticket)]


async def latest_of(tx: Transaction, accounts: Sequence[str]) -> Address | None:
    """The conversation in which the owner of these accounts (`platform:id`) last talked to the desk."""
    known = [account.partition(":")[::2] for account in accounts]
    query = (
        select(col(Conversation.platform), col(Conversation.route))
        .join(PersonRow, col(PersonRow.id) == col(Conversation.person_id))
        .where(
            col(Conversation.organisation) == tx.organisation,
            or_(
                *(
                    and_(col(PersonRow.platform) == platform, col(PersonRow.account) == id_)
                    for platform, id_ in known
                )
            ),
        )
        .order_by(col(Conversation.last_at).desc(), col(Conversation.id).desc())
        .limit(1)
    )
    found = (await tx.session.execute(query)).first()
    return Address(found.platform, found.route) if found else None


async def people(tx: Transaction, ids: Collection[int]) -> Sequence[PersonRow]:
    """These people, read at once: as long as they are held, asking for one of them costs nothing."""
    query = select(PersonRow).where(
        col(PersonRow.organisation) == tx.organisation, col(PersonRow.id).in_(ids)
    )
    return (await tx.session.execute(query)).scalars().all()


async def with_email(tx: Transaction, email: str) -> Sequence[PersonRow]:
    """Everybody whom a platform has verified to have this address: one person, on each platform once."""
    query = select(PersonRow).where(
        col(PersonRow.organisation) == tx.organisation, func.lower(col(PersonRow.email)) == email.lower()
    )
    return (await tx.session.execute(query.order_by(col(PersonRow.id)))).scalars().all()


async def person_at(tx: Transaction, address: Address) -> PersonRow | None:
    """Whose conversation this is."""
    query = (
        select(PersonRow)
        .join(Conversation, col(Conversation.person_id) == col(PersonRow.id))
        .where(
            col(Conversation.organisation) == tx.organisation,
            col(Conversation.platform) == address.platform,
            col(Conversation.route) == address.route,
        )
    )
    return (await tx.session.execute(query)).scalar_one_or_none()


async def move_conversations(tx: Transaction, from_ticket: int, to_ticket: int) -> None:
    """After a merge, what is written in the conversations of one ticket is added to the other."""
    await tx.session.execute(
        update(Conversation)
        .where(col(Conversation.organisation) == tx.organisation, col(Conversation.ticket_id) == from_ticket)
        .values(ticket_id=to_ticket)
    )


async def forget_events(tx: Transaction, before: datetime) -> None:
    """Remove the notes of events seen before this instant: no platform delivers again after a day."""
    await tx.session.execute(delete(SeenEvent).where(col(SeenEvent.at) < before))


async def last_event(tx: Transaction, platform: str) -> datetime | None:
    """When anything from this platform was last taken in, as far as it is still noted."""
    query = select(func.max(SeenEvent.at)).where(col(SeenEvent.platform) == platform)
    found: datetime | None = (await tx.session.execute(query)).scalar()
    return found
