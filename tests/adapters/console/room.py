"""A room with a desk in it that notes what it is told and answers as it is told, and terminals to talk to it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapters.console import chat
from adapters.console.context import Console, Introduction, Refusal
from adapters.console.door import open_door
from adapters.console.platform import ConsolePlatform
from adapters.console.tty import Terminal
from bot.mailbox import DatabaseMailbox
from bot.messages import (
    Address,
    Button,
    Card,
    Delivery,
    DeskUnavailable,
    Effect,
    Fact,
    IncomingEvent,
    MessageReceived,
    OwnTicket,
    Person,
    QueueInfo,
    QueueRow,
    Reaction,
    Say,
    ShowCard,
    StaffRole,
)
from bot.worker import Bell

CHANNEL = Address("console", "channel/desk")
CLAIM, NOTE = Button("ticket.claim", "Claim", "42"), Button("ticket.note", "Note…", "42")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

Answer = Callable[[IncomingEvent], Sequence[Effect]]


@dataclass
class NotingDesk:
    """A `Desk` that notes every event once, and answers through the mailbox at once."""

    mailbox: DatabaseMailbox
    bell: Bell
    answer: Answer = lambda event: ()
    reactions: dict[type, list[Reaction | None]] = field(default_factory=dict)
    away: int = 0
    """How many more events it can not store."""
    technicians: tuple[str, ...] = ("dana",)
    rows: tuple[QueueRow, ...] = ()
    tickets: tuple[OwnTicket, ...] = ()
    events: list[IncomingEvent] = field(default_factory=list)
    _seen: dict[str, Reaction | None] = field(default_factory=dict)
    _deliveries: int = 0

    async def receive(self, event: IncomingEvent) -> Reaction | None:
        if self.away:
            self.away -= 1
            raise DeskUnavailable
        if event.event_id not in self._seen:
            self.events.append(event)
            waiting = self.reactions.get(type(event))
            self._seen[event.event_id] = waiting.pop(0) if waiting else None
            for effect in self.answer(event):
                await self.deliver(effect)
        return self._seen[event.event_id]

    async def deliver(self, effect: Effect, posted: str | None = None) -> str:
        """Carry out an effect, as the outbox would; the id of the message."""
        self._deliveries += 1
        delivery = Delivery(f"d{self._deliveries}", "acme", effect, posted)
        delivered = await ConsolePlatform(self.mailbox).deliver(delivery)
        self.bell.ring()
        return delivered.message_id

    def role(self, person: Person) -> StaffRole | None:
        if person.id not in self.technicians:
            return None
        return StaffRole(person.id, (QueueInfo("desk", "Service desk", 1, CHANNEL),))

    async def queue(self, person: Person) -> Sequence[QueueRow]:
        return self.rows

    async def own_tickets(self, person: Person) -> Sequence[OwnTicket]:
        return self.tickets


@dataclass
class Room:
    """A desk with its door, and people who talk through it."""

    console: Console
    desk: NotingDesk
    socket: Path

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with open_door(self.console, self.socket):
            yield

    async def says(self, *lines: str, who: str = "maya") -> str:
        """What stands on the screen after a script of these lines."""
        async with self.typing(who) as keys:
            for line in lines:
                keys.type(line)
        return keys.screen

    @asynccontextmanager
    async def typing(self, who: str = "maya") -> AsyncIterator[Keys]:
        """Somebody at a terminal, who leaves at the end of the block."""
        reader, writer = os.pipe()
        keys = Keys(writer, io.StringIO())
        terminal = Terminal(reader, keys.out)
        talking = asyncio.create_task(chat.talk(self.socket, Introduction(who), terminal))
        keys.talking = talking
        try:
            yield keys
        finally:
            os.close(writer)
            keys.all_taken = await talking
            os.close(reader)

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.desk.events if isinstance(event, MessageReceived)]


@dataclass
class Keys:
    writer: int
    out: io.StringIO
    all_taken: bool = False
    talking: asyncio.Task[bool] | None = None

    def type(self, line: str) -> None:
        os.write(self.writer, f"{line}\n".encode())

    @property
    def screen(self) -> str:
        return self.out.getvalue()

    async def shows(self, text: str) -> None:
        """Wait until it does."""
        async with asyncio.timeout(10):
            while text not in self.screen:
                await asyncio.sleep(0.01)


def person(account: str) -> Person:
    if account == "nobody":
        raise Refusal("This desk knows nobody of that name.")
    return Person(organisation="acme", platform="console", id=account, name=account.title())


def saying(text: str, *buttons: Button) -> Answer:
    return lambda event: [Say(address=event.address, text=text, buttons=buttons)]


def ticket_card(status: str = "New, unclaimed", *buttons: Button) -> ShowCard:
    card = Card("T-1042 · printer on fire", status, facts=(Fact("Tier", "1"),), buttons=buttons)
    return ShowCard(address=CHANNEL, key="ticket:42", card=card)
