"""A desk in a Slack workspace: the real desk, the real adapter with Slack's own packages, and a Slack server of ours.

People write and press in Slack; the outbox is emptied and due reviews are held, at once and in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from sqlalchemy import update
from sqlmodel import col

from adapters.slack.connection import SlackConnection, SlackSettings
from adapters.slack.install import Credentials
from bot.demo import cast
from bot.desk import HelpDesk
from bot.messages import Installations
from bot.outbox import OutboxRow, OutboxState
from bot.reviews import review_some
from bot.slack_rules import SlackRules
from bot.worker import Bell, Courier
from knowledge.library import Library
from tests.clock import TestClock
from tests.slack_server.model import Ephemeral, Json, Message
from tests.slack_server.server import APP_TOKEN, CLIENT, HARBOR, SECRET, Answer, SlackServer
from tickets import store
from tickets.database import Database
from tickets.model import Ticket, TicketEvent
from tickets.policy import Policy

EMPLOYEES = {"maya": "Maya Lindqvist", "jakub": "Jakub Kamiński", "aisha": "Aisha Rahman"}
TECHNICIANS = {"dana": "Dana Whitfield", "marcus": "Marcus Bell", "wei": "Wei Chen"}
HELP = "C0HELP"
SERVICE_DESK = "C0SERVICEDESK"


def slack_policy(folder: Path, *, more: str = "") -> Path:
    """The demo company's policy, with its technicians and its queues in Slack."""
    text = cast.POLICY.read_text(encoding="utf-8")
    text = text.replace(
        'workspaces = ["web"]',
        f'workspaces = ["slack:T0HARBOR", "web"]\nhelp_channels = ["slack:{HELP}"]{more}',
    )
    text = re.sub(
        r'accounts = \["web:(\w+)"',
        lambda found: f'accounts = ["slack:{account(found[1])}", "web:{found[1]}"',
        text,
    )
    text = re.sub(r'"web:channel/([\w-]+)"', lambda found: f'"slack:{channel(found[1])}"', text)
    file = folder / "firstline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def account(name: str) -> str:
    return f"U0{name.upper()}"


def channel(queue: str) -> str:
    return f"C0{re.sub('[^a-z]', '', queue).upper()}"


@dataclass
class Ticker:
    """A monotonic clock that only sleeping moves."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Room:
    database: Database
    clock: TestClock
    library: Library
    server: SlackServer
    policy: Policy
    socket: bool = False
    ticker: Ticker = field(default_factory=Ticker)
    kept: Installations | None = None
    """With it, the desk is installed into several workspaces."""

    async def open(self) -> None:
        settings = SlackSettings(
            api_base_url=self.server.api_url,
            bot_token="" if self.kept else HARBOR.bot_token,
            credentials=Credentials(*CLIENT, "http://127.0.0.1:1") if self.kept else None,
            app_token=APP_TOKEN if self.socket else "",
            signing_secret="" if self.socket else SECRET,
        )
        self.bell = Bell()
        self.desk = HelpDesk(self.database, lambda: self.policy, lambda: self.library, self.bell)
        self.slack = SlackConnection(
            settings,
            SlackRules(lambda: self.policy),
            self.kept,
            clock=lambda: self.clock.now,
            monotonic=self.ticker,
            sleep=self.ticker.sleep,
        )
        self.courier = Courier(self.database, self.slack.platform, self.bell)
        self._runner: web.AppRunner | None = None
        events = self.slack.open(self.desk, lambda: self.clock.now)
        if events is not None:
            app = web.Application()
            app.add_subapp("/slack", events)
            self._runner = web.AppRunner(app, access_log=None)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack"
            self.server.events_url = f"{self.url}/events"

    async def close(self) -> None:
        await self.server.quiet()
        await self.slack.close()
        if self._runner:
            await self._runner.cleanup()
        await self.slack.end()

    async def settle(self) -> None:
        """Deliver and review until there is nothing left to do now."""
        while await self.courier.deliver_some() or await review_some(
            self.database, self.policy, self.library
        ):
            await self.courier.drain()
        await self.server.quiet()

    async def come_due(self) -> None:
        """What waits to be tried again is due now: its pauses go by the database's clock, which nobody moves."""
        async with self.database.transaction() as tx:
            waiting = col(OutboxRow.state) == OutboxState.WAITING
            await tx.session.execute(update(OutboxRow).where(waiting).values(due_at=tx.database_now))
        await self.settle()

    async def pass_time(self, **by: float) -> None:
        self.clock.move(**by)
        await self.settle()

    def person(self, name: str) -> Somebody:
        return Somebody(self, account(name), self.server.users[account(name)].name)

    def card(self, number: str, queue: str = "service-desk") -> Message:
        """The card of a ticket in a queue's channel."""
        shown = [
            message
            for message in self.server.at(channel(queue))
            if message.blocks and message.shown.startswith(f"{number} ")
        ]
        assert len(shown) == 1, f"{len(shown)} cards of {number} in {queue}"
        return shown[0]

    def thread(self, number: str, queue: str = "service-desk") -> list[str]:
        """What stands in the thread under a ticket's card."""
        card = self.card(number, queue)
        return [message.shown for message in self.server.at(card.channel, card.ts) if message is not card]

    async def ticket(self, number: str) -> Ticket:
        async with self.database.reading("harbor") as tx:
            found = await store.by_number(tx, int(number.removeprefix("T-")))
        assert found is not None
        return found

    async def history(self, number: str) -> list[TicketEvent]:
        found = await self.ticket(number)
        async with self.database.reading("harbor") as tx:
            return list(await store.history(tx, found.id or 0))

    async def tickets(self) -> int:
        async with self.database.reading("harbor") as tx:
            return len(await store.open_tickets(tx))


@dataclass
class Somebody:
    """A person of the workspace, in one conversation at a time."""

    room: Room
    id: str
    name: str
    thread: Message | None = None
    """Root of the conversation that they are in."""
    channel: str = ""

    @property
    def server(self) -> SlackServer:
        return self.room.server

    @property
    def home(self) -> str:
        """Where they write: a channel, or their direct conversation with the desk."""
        return self.channel or self.server.direct(self.id)

    def in_channel(self, id_: str, thread: Message | None = None) -> Somebody:
        return Somebody(self.room, self.id, self.name, thread, id_)

    def elsewhere(self) -> Somebody:
        """The same person, with nothing said yet."""
        return Somebody(self.room, self.id, self.name, None, self.channel)

    async def says(self, text: str, *, files: Mapping[str, bytes] | tuple[str, ...] = ()) -> Message:
        """Write: the first time at the top, then in the thread that began there."""
        root = self.thread.ts if self.thread else None
        message, answer = await self.server.write(self.id, self.home, text, thread=root, files=files)
        assert answer.status in (0, 200), answer
        self.thread = self.thread or message
        await self.room.settle()
        return message

    async def presses(self, label: str, on: Message | Ephemeral | None = None) -> Answer:
        answer = await self.server.press(self.id, on or self._with(label), label)
        await self.room.settle()
        return answer

    async def submits(self, **entered: object) -> Answer:
        answer = await self.server.submit(self.id, **entered)
        await self.room.settle()
        return answer

    @property
    def modal(self) -> Json | None:
        return self.server.views.get(self.id)

    def sees(self) -> list[Message]:
        return self.server.at(self.home, self.thread.ts if self.thread else None)

    @property
    def last(self) -> Message:
        return self.sees()[-1]

    @property
    def whispers(self) -> list[str]:
        return [one.text for one in self.server.ephemerals if one.user == self.id]

    def _with(self, label: str) -> Message:
        found = [message for message in self.sees() if label in message.buttons]
        assert found, f"no button {label!r} among {[list(message.buttons) for message in self.sees()]}"
        return found[-1]

    async def opens_ticket(self, about: str, answer: str = "I do not know") -> str:
        """Ask for a person about something, and answer what intake asks; the ticket's number."""
        await self.says("talk to a person")
        await self.says(about)
        for _ in range(6):
            if found := re.search(r"I have opened (T-\d+)", self.last.shown):
                return found[1]
            if "It is something else" in self.last.buttons:
                await self.presses("It is something else")
            elif self.last.buttons:
                await self.presses(list(self.last.buttons)[0 if "closest" in self.last.shown else -1])
            else:
                await self.says(answer)
        raise AssertionError(self.last.shown)
