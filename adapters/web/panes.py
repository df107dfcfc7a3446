"""What one open page sees, and what of it changed since it was last told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from adapters.web.addresses import conversation, home, last_part
from adapters.web.context import Web
from adapters.web.news import PAGE, SKEW, is_at_or_below
from adapters.web.render import announcement, ordered
from bot.messages import Address, HostedMessage, OwnTicket, Person, QueueRow

Row = TypeVar("Row")

Change = tuple[str, dict[str, Any]]
"""Name and data of one event for the browser."""

TICKETS_SECONDS = 5.0
"""How old the list of one's own tickets may be when nothing was heard about them."""
BATCH = 20
"""Messages rendered before other work gets its turn."""


class Messages:
    """The messages at and below one address."""

    def __init__(self, web: Web, pane: str, base: Address, organisation: str) -> None:
        self._web = web
        self._pane = pane
        self._base = base
        self._organisation = organisation
        self._feed = web.news.feed(organisation, base)
        self._told: dict[str, int] = {}
        self._beat: int | None = None

    async def changed(self, resume: datetime | None = None) -> tuple[bool, list[HostedMessage]]:
        """Whether this is everything, and the messages that are new or changed.

        `resume` is the instant up to which the page was told before its connection broke.
        """
        before, self._beat = self._beat, self._web.news.pulse.beats
        await self._feed.catch_up(self._beat)
        if before is not None:
            news = self._feed.after(before)
            if news is not None:
                return False, self._untold(m for m in news if is_at_or_below(self._base, m.address))
        elif resume:
            found = await self._read(self._base, below=True, since=resume - SKEW)
            if len(found) < PAGE:
                return False, self._untold(found)
        everything = {message.id: message for message in await self._read(self._base, below=True)}
        everything.update({message.id: message for message in await self.first_page()})
        return before is None, self._untold(ordered(list(everything.values())))

    async def first_page(self) -> Sequence[HostedMessage]:
        """What must be there from the start, however much newer is below the address."""
        return await self._read(self._base)

    def _untold(self, found: Iterable[HostedMessage]) -> list[HostedMessage]:
        news = [message for message in found if self._told.get(message.id) != message.revision]
        self._told.update((message.id, message.revision) for message in news)
        return news

    async def _read(
        self, address: Address, *, below: bool = False, since: datetime | None = None
    ) -> Sequence[HostedMessage]:
        return await self._web.mailbox.read(self._organisation, address, below=below, since=since)

    async def as_change(
        self,
        messages: Sequence[HostedMessage],
        *,
        everything: bool,
        depth: int,
        reply: Callable[[HostedMessage], str],
        parent: Callable[[HostedMessage], str] = lambda message: "",
    ) -> Change | None:
        if not messages and not everything:
            return None
        top = [message for message in messages if not parent(message)]
        kept = {message.id for message in (top[-depth:] if everything else top)}
        items: list[dict[str, Any]] = []
        for message in messages:
            if (parent(message) or message.id) in kept or not everything:
                if len(items) % BATCH == BATCH - 1:
                    await asyncio.sleep(0)
                items.append(await self._item(message, reply(message), parent(message)))
        more = everything and len(top) > depth
        return "messages", {"pane": self._pane, "everything": everything, "more": more, "items": items}

    async def _item(self, message: HostedMessage, reply: str, parent: str) -> dict[str, Any]:
        return {
            "id": message.id,
            "revision": message.revision,
            "order": message.put_at.isoformat(timespec="microseconds"),
            "parent": parent,
            "author": message.author_id,
            "say": announcement(message),
            "html": await self._web.renderer.message(message, reply),
        }


class KeyedList(Generic[Row]):
    """A list whose rows have keys: only rows that changed are drawn and sent, with the order of all."""

    def __init__(self, name: str, draw: Callable[[Row], str]) -> None:
        self._name = name
        self._draw = draw
        self._told: dict[str, Row] | None = None

    def change(self, rows: dict[str, Row]) -> Change | None:
        told, self._told = self._told, rows
        if told is not None and list(told.items()) == list(rows.items()):
            return None
        news = {key: self._draw(row) for key, row in rows.items() if told is None or told.get(key) != row}
        return "list", {"list": self._name, "order": list(rows), "rows": news}


@dataclass(slots=True)
class _Talk:
    first: HostedMessage
    last: HostedMessage
    title: str = ""


TalkRow = tuple[str, str, datetime, tuple[str, ...]]
"""Key, title and last change of a conversation, and the numbers of its tickets."""


class Conversations(Messages):
    """An employee's conversations: the open one in full, and a line for each."""

    def __init__(self, web: Web, person: Person, open_id: str) -> None:
        super().__init__(web, "chat", home(person), person.organisation)
        self._person = person
        self._open = conversation(person, open_id)
        self._talks: dict[str, _Talk] = {}
        self._known_tickets: Sequence[OwnTicket] = ()
        self._tickets_read_at = -TICKETS_SECONDS
        render = web.renderer.page
        self._list = KeyedList[TalkRow](
            "conversations", lambda row: render("parts/conversation.html", row=row)
        )
        self._tickets = KeyedList[OwnTicket](
            "tickets",
            lambda ticket: render(
                "parts/own_ticket.html", ticket=ticket, conversation=last_part(ticket.address)
            ),
        )

    async def first_page(self) -> Sequence[HostedMessage]:
        return await self._read(self._open)

    async def changes(self, depth: int) -> list[Change | None]:
        """Never resumed: the lines of the list need the conversations' beginnings."""
        everything, messages = await self.changed()
        self._note(messages)
        shown = [message for message in messages if message.address == self._open]
        tickets = await self._own_tickets(anew=bool(messages))
        return [
            await self.as_change(
                shown, everything=everything, depth=depth, reply=lambda message: message.address.route
            ),
            self._list.change(self._rows(tickets)),
            self._tickets.change({ticket.number: ticket for ticket in tickets}),
        ]

    async def _own_tickets(self, *, anew: bool) -> Sequence[OwnTicket]:
        """What happens to a ticket is told to its requester; words such as "today" change by themselves."""
        now = time.monotonic()
        if anew or now - self._tickets_read_at > TICKETS_SECONDS:
            tickets = await self._web.news.own_tickets(self._web.desk, self._person)
            self._known_tickets = tickets[:200]
            self._tickets_read_at = now
        return self._known_tickets

    def _note(self, messages: Iterable[HostedMessage]) -> None:
        for message in messages:
            talk = self._talks.setdefault(last_part(message.address), _Talk(message, message))
            if message.put_at >= talk.last.put_at:
                talk.last = message
            typed = isinstance(message.content, str) and not message.deleted
            if typed and (not talk.title or message.put_at <= talk.first.put_at):
                talk.title, talk.first = str(message.content).strip()[:120], message

    def _rows(self, tickets: Sequence[OwnTicket]) -> dict[str, TalkRow]:
        numbers: dict[str, list[str]] = {}
        for ticket in tickets:
            numbers.setdefault(ticket.address.route, []).append(ticket.number)
        newest_first = sorted(self._talks.items(), key=lambda pair: pair[1].last.put_at, reverse=True)[:100]
        return {
            key: (
                key,
                talk.title,
                talk.last.at,
                tuple(numbers.get(conversation(self._person, key).route, [])),
            )
            for key, talk in newest_first
        }


class Channel(Messages):
    """A queue's channel: cards, and the thread under each."""

    def __init__(self, web: Web, person: Person, base: Address) -> None:
        super().__init__(web, "channel", base, person.organisation)

    async def changes(self, resume: datetime | None, depth: int) -> list[Change | None]:
        everything, messages = await self.changed(resume)
        return [
            await self.as_change(
                messages, everything=everything, depth=depth, reply=self._reply, parent=self._parent
            )
        ]

    def _reply(self, message: HostedMessage) -> str:
        """A press on a card, or on something in its thread, belongs into the thread."""
        route = message.address.route
        return f"{route}/{message.id}" if message.address == self._base else route

    def _parent(self, message: HostedMessage) -> str:
        return "" if message.address == self._base else last_part(message.address)


class Queue:
    """All open tickets of the organisation, for a technician."""

    def __init__(self, web: Web, person: Person) -> None:
        self._web = web
        self._person = person
        self._list = KeyedList[tuple[QueueRow, bool]](
            "queue", lambda row: web.renderer.page("parts/queue_row.html", row=row[0], mine=row[1])
        )

    async def changes(self) -> list[Change | None]:
        rows = await self._web.news.queue(self._web.desk, self._person)
        role = self._web.desk.role(self._person)
        me = {self._person.name, role.technician if role else ""} - {""}
        return [self._list.change({str(row.ticket_id): (row, row.assignee in me) for row in rows})]
