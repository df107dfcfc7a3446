"""Real processes for tests under fire and for the benchmarks: desks, a platform, people who never give up, a count.

A platform's promise is the only thing taken for granted: it delivers an event again until it is acknowledged.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text, update

from bot import outbox
from bot.demo import cast
from bot.messages import Address, ButtonPressed, IncomingEvent, MessageReceived, Person, Say, Urgency
from bot.outbox import OutboxRow
from tests.end_to_end.wire import event_to_json
from tickets.database import Database

ROOT = Path(__file__).parents[2]
ORGANISATION = "harbor"
QUESTION = "outlook keeps asking for my password"


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


# ---------------------------------------------------------------------------------------------------- processes


@dataclass
class Process:
    """A Python module that runs in a process of its own and listens on `port`."""

    module: str
    arguments: Sequence[str]
    port: int
    log: Path
    _popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments], cwd=ROOT, stdout=log, stderr=log
            )

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def listening(self, patience: float = 30) -> None:
        """Until it accepts connections."""
        async with asyncio.timeout(patience):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                if self._popen and self._popen.poll() is not None:
                    raise AssertionError(f"{self.module} has ended: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.01)

    def kill(self) -> None:
        """`kill -9`, which ends a frozen process too."""
        self._signal(signal.SIGKILL)
        if self._popen:
            self._popen.wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def terminate(self) -> tuple[int, float]:
        """Ask it to stop, as a process manager does; its exit code and how long it took."""
        asked = time.monotonic()
        self._signal(signal.SIGTERM)
        assert self._popen is not None
        code = await asyncio.to_thread(self._popen.wait, 30)
        return code, time.monotonic() - asked

    def _signal(self, number: int) -> None:
        if self._popen and self._popen.poll() is None:
            os.kill(self._popen.pid, number)


@dataclass
class Rig:
    """A database, a platform that outlives every desk, and any number of desks. Everything it writes is in `folder`."""

    folder: Path
    database_url: str
    pause: float = 0.0
    """Milliseconds that pass between a delivery's arrival at the platform and the platform's answer."""
    policy: Path = cast.POLICY
    articles: Path | None = None
    """A folder instead of all that are shipped: a desk starts sooner when it has less to learn."""
    lease: float | None = None
    listener: str | None = None
    """Where deliveries go instead, when somebody wants to hear of them at once."""
    desks: list[Process] = field(default_factory=list)
    platform: Process = field(init=False)

    def __post_init__(self) -> None:
        port = free_port()
        self._deliveries = self.folder / "deliveries.jsonl"
        self.platform = Process(
            "tests.end_to_end.platform_process",
            [str(port), str(self._deliveries), str(self.pause)],
            port,
            self.folder / "platform.log",
        )

    def desk(self, part: str = "desk", module: str = "tests.end_to_end.desk_process") -> Process:
        """One more replica, not started yet."""
        port = free_port()
        settings = {
            "database": self.database_url,
            "port": port,
            "platform": self.listener or self.platform.url("/deliver"),
            "policy": str(self.policy),
            "articles": str(self.articles) if self.articles else None,
            "lease": self.lease,
            "part": part,
        }
        log = self.folder / f"desk-{len(self.desks) + 1}.log"
        self.desks.append(Process(module, [json.dumps(settings)], port, log))
        return self.desks[-1]

    def stop(self) -> None:
        for process in (*self.desks, self.platform):
            process.kill()

    async def arrival(self, which: Callable[[dict[str, Any]], bool], patience: float = 20) -> dict[str, Any]:
        """The first such delivery at the platform, as soon as it is there."""
        async with asyncio.timeout(patience):
            while True:
                if found := next(filter(which, self.deliveries()), None):
                    return found
                await asyncio.sleep(0.02)

    def deliveries(self) -> list[dict[str, Any]]:
        """Everything that ever arrived at the platform, in order."""
        if not self._deliveries.exists():
            return []
        lines = self._deliveries.read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What the desks logged under this name."""
        lines = (line for desk in self.desks for line in desk.log.read_text().splitlines())
        entries = (json.loads(line) for line in lines if line.startswith("{"))
        return [entry for entry in entries if entry.get("event") == event]


@asynccontextmanager
async def rig(
    folder: Path, database_url: str, *, desks: int = 1, **options: Any
) -> AsyncIterator[tuple[Rig, People]]:
    """A rig with so many desks that listen, and the people who write to them."""
    made = Rig(folder, database_url, **options)
    try:
        made.platform.start()
        for _ in range(desks):
            made.desk().start()
        for process in (made.platform, *made.desks):
            await process.listening()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            yield made, People(session, made.desks)
    finally:
        made.stop()


# ------------------------------------------------------------------------------------------------------- people


@dataclass
class People:
    """Employees and technicians behind a platform that delivers every event until it is acknowledged."""

    session: aiohttp.ClientSession
    desks: Sequence[Process]
    acknowledged: dict[str, float] = field(default_factory=dict)
    """Event id to when it was acknowledged."""
    attempts: Counter[int] = field(default_factory=Counter)
    """HTTP status to how often it was answered; 0 when nothing was."""
    _turn: int = 0

    async def send(self, event: IncomingEvent, patience: float = 60) -> Any:
        """Deliver until some desk answers 200, as a load balancer would; its reaction."""
        body = json.dumps(event_to_json(event)).encode()
        self._turn += 1
        async with asyncio.timeout(patience):
            for attempt in range(self._turn, self._turn + 100_000):
                status, reaction = await self.post(body, self.desks[attempt % len(self.desks)])
                if status == 200:
                    self.acknowledged[event.event_id] = time.time()
                    return reaction
                await asyncio.sleep(0.05)
        raise AssertionError("unreachable")

    async def post(self, body: bytes, desk: Process) -> tuple[int, Any]:
        """Deliver once, to this desk."""
        headers = {"Content-Type": "application/json"}
        try:
            async with self.session.post(desk.url("/event"), data=body, headers=headers) as response:
                reaction = await response.json() if response.status == 200 else None
                self.attempts[response.status] += 1
                return response.status, reaction
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.attempts[0] += 1
            return 0, None

    async def opens_ticket(self, name: str) -> None:
        """Three messages; the last opens a ticket. Whatever the articles are, an office is asked for in between."""
        for number, words in enumerate(("talk to a person", QUESTION, "skip")):
            await self.send(message(name, words, f"{name}-{number}"))

    async def usage(self, desk: Process) -> dict[str, float]:
        async with self.session.get(desk.url("/usage")) as response:
            used: dict[str, float] = await response.json()
            return used

    async def readiness(self, desk: Process) -> int:
        """The status of its readiness probe; 0 when there is no answer."""
        try:
            async with self.session.get(desk.url("/readyz")) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0


def message(name: str, words: str, event_id: str, conversation: str = "1") -> MessageReceived:
    """What an employee of the demo company writes."""
    return MessageReceived(
        event_id=event_id,
        person=Person(ORGANISATION, "web", name, f"Employee {name}"),
        address=Address("web", f"person/{name}/{conversation}"),
        at=datetime.now(UTC),
        message_id=event_id,
        text=words,
    )


def press(technician: str, button: str, value: str, event_id: str) -> ButtonPressed:
    return ButtonPressed(
        event_id=event_id,
        person=Person(ORGANISATION, "web", technician, technician.title()),
        address=Address("web", "channel/service-desk"),
        at=datetime.now(UTC),
        button=button,
        value=value,
    )


def say(text: str, route: str, urgency: Urgency = Urgency.REPLY) -> Say:
    """What the desk has to say to somebody."""
    return Say(address=Address("web", route), text=text, urgency=urgency)


async def backlog(database_url: str, replies: int, notices: int) -> None:
    """Effects that wait, as after a long stop: replies to as many people, and notices, older, for one channel."""
    database = Database(database_url)
    async with database.transaction(ORGANISATION) as tx:
        for number in range(notices):
            outbox.put(tx, say(f"notice {number}", "channel/service-desk", Urgency.NOTICE))
        for number in range(replies):
            outbox.put(tx, say(f"reply {number}", f"person/e{number}/1"))
        # as long ago as the stop was; only what is late already leaves the newest first
    async with database.transaction(ORGANISATION) as tx:
        await tx.session.execute(update(OutboxRow).values(put_at=tx.database_now - timedelta(minutes=5)))
    await database.close()


async def at_once(work: Sequence[Callable[[], Coroutine[Any, Any, Any]]], width: int) -> list[Any]:
    """Do everything, so much of it at the same time; the results in order."""
    results: list[Any] = [None] * len(work)
    numbers = iter(range(len(work)))

    async def one_after_another() -> None:
        for number in numbers:
            results[number] = await work[number]()

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(one_after_another())
    return results


# --------------------------------------------------------------------------------------------------------- faults


async def kill_now_and_then(desks: Sequence[Process], kills: int, seed: int, rest: float = 1.0) -> None:
    """So many times: let the desks work for up to `rest` seconds, `kill -9` one of them and start it again."""
    chance = random.Random(seed)
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.2, rest))
        victim = chance.choice(desks)
        victim.kill()
        victim.start()
        await victim.listening()


async def tickets_until(people: People, done: Awaitable[Any], width: int) -> None:
    """So many employees at once open tickets, one after another, until it is done."""
    numbers = itertools.count(1)
    task = asyncio.ensure_future(done)

    async def one_after_another() -> None:
        while not task.done():
            await people.opens_ticket(f"e{next(numbers)}")

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(one_after_another())
        await task


# --------------------------------------------------------------------------------------------------------- claims


def crowded_policy(folder: Path, technicians: int = 20) -> tuple[Path, list[str]]:
    """The demo company's policy with so many more technicians on the service desk, and their ids."""
    ids = [f"crowd-{number}" for number in range(technicians)]
    quoted = ", ".join(f'"{id_}"' for id_ in ids)
    blocks = (
        f'[[technician]]\nid = "{id_}"\nname = "{id_}"\nemail = "{id_}@example.com"\naccounts = ["web:{id_}"]\n'
        for id_ in ids
    )
    demo = cast.POLICY.read_text()
    members = 'technicians = ["dana", "marcus", "ines"]'
    assert members in demo
    file = folder / "crowded.toml"
    file.write_text(demo.replace(members, f"{members[:-1]}, {quoted}]") + "\n" + "\n".join(blocks))
    return file, ids


@dataclass(frozen=True)
class Contest:
    """How one ticket was contested."""

    winners: int
    """Who were told nothing: they have it."""
    told_who: int
    """Of the others, those who were told the winner's name."""
    claimed: int
    """Events of the kind `claimed` in the ticket's history."""


async def claims(made: Rig, people: People, technicians: Sequence[str], tickets: int) -> list[Contest]:
    """Open tickets; then let all technicians press Claim on each of them at the same moment."""
    names = [f"e{number}" for number in range(tickets)]
    await at_once([lambda name=name: people.opens_ticket(name) for name in names], 8)  # type: ignore[misc]
    database = Database(made.database_url)
    contests = []
    async with database.reading() as tx:
        opened = (await tx.session.execute(text("SELECT id FROM ticket ORDER BY id"))).scalars().all()
    for ticket in opened:
        reactions = await asyncio.gather(
            *(
                people.send(press(technician, "ticket.claim", str(ticket), f"{ticket}-{technician}"))
                for technician in technicians
            )
        )
        winner = [who for who, reaction in zip(technicians, reactions, strict=True) if reaction is None]
        told = [reaction for reaction in reactions if reaction and winner and winner[0] in reaction["text"]]
        async with database.reading() as tx:
            history = text("SELECT count(*) FROM ticket_event WHERE ticket_id = :ticket AND kind = 'claimed'")
            claimed = (await tx.session.execute(history, {"ticket": ticket})).scalar_one()
        contests.append(Contest(len(winner), len(told), int(claimed)))
    await database.close()
    return contests


# -------------------------------------------------------------------------------------------------------- count


@dataclass(frozen=True)
class Count:
    """What is true in the end, inside and outside."""

    acknowledged: int
    seen: int
    """Acknowledged events that the database knows."""
    tickets: int
    openings: int
    """Ticket events of the kind `opened`."""
    tickets_twice: int
    """Requesters with more than one ticket."""
    uneven: int
    """Conversations with more or fewer messages or replies than the others, in which the same was said."""
    effects: int
    undelivered: int
    arrived: int
    """Effects that reached the platform at least once."""
    duplicates: int
    """Arrivals beyond the first of their effect."""
    unmarked: int
    """Of those, the ones that did not say that they may be repeats."""

    @property
    def lost(self) -> int:
        return self.acknowledged - self.seen + self.effects - self.arrived

    @property
    def doubled_inside(self) -> int:
        return self.tickets_twice + abs(self.openings - self.tickets) + self.uneven


async def count(rig: Rig, people: People) -> Count:
    database = Database(rig.database_url)
    arrived = Counter(delivery["id"] for delivery in rig.deliveries())
    first: set[str] = set()
    unmarked = 0
    for delivery in rig.deliveries():
        unmarked += delivery["id"] in first and not delivery["repeat"]
        first.add(delivery["id"])
    async with database.reading() as tx:

        async def one(query: str) -> int:
            return int((await tx.session.execute(text(query))).scalar_one())

        async def column(query: str) -> list[Any]:
            return list((await tx.session.execute(text(query))).scalars())

        seen = set(await column("SELECT event_id FROM seen_event"))
        effects = {f"{ORGANISATION}.{id_}" for id_ in await column("SELECT id FROM outbox")}
        messages = await column("SELECT route FROM message")
        replies = await column("SELECT route FROM outbox WHERE route LIKE 'person/%'")
        asked, answered = Counter(messages), Counter(replies)
        talks = [(asked[route], answered[route]) for route in asked]
        found = Count(
            acknowledged=len(people.acknowledged),
            seen=len(seen & people.acknowledged.keys()),
            tickets=await one("SELECT count(*) FROM ticket"),
            openings=await one("SELECT count(*) FROM ticket_event WHERE kind = 'opened'"),
            tickets_twice=await one(
                "SELECT count(*) FROM (SELECT 1 FROM ticket GROUP BY requester_id HAVING count(*) > 1) twice"
            ),
            uneven=len(talks) - Counter(talks).most_common(1)[0][1] if talks else 0,
            effects=len(effects),
            undelivered=await one("SELECT count(*) FROM outbox WHERE state <> 'delivered'"),
            arrived=len(effects & arrived.keys()),
            duplicates=sum(arrived.values()) - len(arrived),
            unmarked=unmarked,
        )
    await database.close()
    return found


async def delivered(rig: Rig, patience: float = 60, every: float = 0.2) -> float:
    """Wait until nothing is left in the outbox; how long that took."""
    began = time.monotonic()
    database = Database(rig.database_url)
    try:
        async with asyncio.timeout(patience):
            while True:
                async with database.reading() as tx:
                    left = await tx.session.execute(
                        text("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')")
                    )
                    if not left.scalar_one():
                        return time.monotonic() - began
                await asyncio.sleep(every)
    finally:
        await database.close()
