"""A browser's side of the web page, and the desk behind it: one that records what it is told."""

from __future__ import annotations

import asyncio
import io
import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from adapters.web.context import DemoPerson, Health
from adapters.web.platform import WebPlatform
from bot.mailbox import DatabaseMailbox
from bot.messages import (
    Address,
    Delivery,
    DeskUnavailable,
    Effect,
    IncomingEvent,
    OwnTicket,
    Person,
    QueueInfo,
    QueueRow,
    Reaction,
    StaffRole,
)
from bot.sign_in import DatabaseSignIn
from tickets.database import Database

TIER1 = Address("web", "channel/tier1")
SECRET = "hunter2"


def person(account: str, name: str, timezone: str = "Europe/Warsaw", organisation: str = "acme") -> Person:
    return Person(organisation, "web", account, name, timezone=timezone)


ANA = person("ana.ruiz", "Ana Ruiz")
BEN = person("ben.okafor", "Ben Okafor", "Europe/London")
TOM = person("tom.berg", "Tom Berg")
RAJ = person("raj.patel", "Raj Patel", "Europe/London")
CAST = (
    DemoPerson(ANA, "Warsaw", "Accountant"),
    DemoPerson(BEN, "London", "Sales"),
    DemoPerson(TOM, "Warsaw", "Service desk", 1),
    DemoPerson(RAJ, "London", "Systems", 2),
)


class RecordingDesk:
    """Records events and answers what it was told to answer."""

    def __init__(self) -> None:
        self.events: list[IncomingEvent] = []
        self.reaction: Reaction | None = None
        self.away = False
        self.rows: tuple[QueueRow, ...] = ()
        self.tickets: tuple[OwnTicket, ...] = ()
        self.roles = {
            TOM.id: StaffRole("tom", (QueueInfo("tier1", "Service desk", 1, TIER1),)),
            RAJ.id: StaffRole(
                "raj",
                (
                    QueueInfo("tier2", "Systems", 2, Address("web", "channel/tier2")),
                    QueueInfo("tier3", "Elsewhere", 3, Address("slack", "C123")),
                ),
            ),
        }

    async def receive(self, event: IncomingEvent) -> Reaction | None:
        if self.away:
            raise DeskUnavailable("the database is away")
        self.events.append(event)
        return self.reaction

    def role(self, person: Person) -> StaffRole | None:
        return self.roles.get(person.id)

    async def queue(self, person: Person) -> tuple[QueueRow, ...]:
        return self.rows if self.role(person) else ()

    async def own_tickets(self, person: Person) -> tuple[OwnTicket, ...]:
        if self.away:
            raise DeskUnavailable("the database is away")
        return self.tickets


class ClockBell:
    """A bell that a test rings, and a clock that the page moves."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.ahead = timedelta()

    def ring(self) -> None:
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, by: timedelta) -> None:
        self.ahead += by

    def set(self, to: datetime) -> None:
        self.ahead = to - datetime.now(UTC)


class Page:
    """A browser's view: it knows the page's token once it has opened the page."""

    def __init__(self, client: TestClient, desk: RecordingDesk, bell: ClockBell, database: Database) -> None:
        self.client = client
        self.desk = desk
        self.bell = bell
        self.database = database
        self.mailbox = DatabaseMailbox(database)
        self.sign_in = DatabaseSignIn(database)
        self.health = Health(True)
        self.token = ""

    @property
    def origin(self) -> str:
        return str(self.client.make_url("/")).rstrip("/")

    async def open(self, path: str = "/") -> str:
        html = await (await self.client.get(path)).text()
        if found := re.search(r'(?:data-token="|name="token" value=")([0-9a-f]+)', html):
            self.token = found[1]
        return html

    async def post(self, path: str, body: Any, **headers: str | None) -> ClientResponse:
        """As the page's own script does it; a header given as None is left out."""
        if not self.token:
            await self.open()
        usual = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin", "X-Firstline-Token": self.token}
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in usual.items() if value is not None}
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        return await self.client.post(path, data=data, headers={"Content-Type": "application/json"} | kept)

    async def write(self, who: Person, route: str, text: str, message_id: str = "") -> ClientResponse:
        body = {"as": who.id, "route": route, "id": message_id or new_id(), "text": text}
        return await self.post("/api/message", body)

    async def sign_in_as(self, who: Person) -> None:
        link = await self.sign_in.issue_link(who)
        await self.open(f"/sign-in/{link}")
        await self.submit(f"/sign-in/{link}")
        await self.open()

    async def submit(self, path: str, **headers: str) -> ClientResponse:
        """As a plain HTML form does it."""
        return await self.client.post(
            path,
            data={"token": self.token},
            headers={"Origin": self.origin} | headers,
            allow_redirects=False,
        )

    async def deliver(self, effect: Effect, posted: str | None = None) -> str:
        delivery = Delivery(new_id(), "acme", effect, posted)
        return (await WebPlatform(self.mailbox).deliver(delivery)).message_id

    @asynccontextmanager
    async def stream(self, headers: dict[str, str] | None = None, **query: str) -> AsyncIterator[Stream]:
        async with self.client.get("/events", params=query, headers=headers) as response:
            yield Stream(response)


class Stream:
    """Events of the page's stream, one at a time."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.last_id = ""

    async def event(self, name: str | None = None, **matching: Any) -> dict[str, Any] | None:
        """The next event with this name and these data; None when the stream has ended."""
        async with asyncio.timeout(15):
            while True:
                found, data = "", {}
                async for line in self.response.content:
                    key, _, value = line.decode().rstrip("\n").partition(": ")
                    if key == "event":
                        found = value
                    elif key == "data":
                        data = json.loads(value)
                    elif key == "id":
                        self.last_id = value
                    elif not key and found:
                        break
                else:
                    return None
                if name in (None, found) and all(data.get(key) == value for key, value in matching.items()):
                    return data

    async def messages(self, pane: str) -> list[dict[str, Any]]:
        change = await self.event("messages", pane=pane)
        assert change is not None
        return change["items"]


def new_id() -> str:
    return uuid.uuid4().hex
