"""What a message from Slack costs, next to Bolt alone: the same signed payloads over HTTP to a process of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import text

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median, percentile
from tests.adapters.slack.room import slack_policy
from tests.end_to_end.rig import QUESTION, Process, free_port
from tests.slack_server.model import Message
from tests.slack_server.server import SlackServer
from tickets.database import Database

BOLT, ANSWERED, OPENS = "Bolt alone", "a message that is answered", "a message that opens a ticket"


@dataclass(frozen=True)
class Cost:
    """Of one message, in milliseconds; `late` is the 99th percentile until it is acknowledged."""

    wall: float
    cpu: float
    database_cpu: float
    late: float

    @property
    def total_cpu(self) -> float:
        return self.cpu + self.database_cpu


async def slack(databases: Databases, *, quick: bool) -> Section:
    messages, runs = (30, 2) if quick else (150, 5)
    rows = []
    for kind in databases.kinds:
        costs = await _measure(databases, kind, messages=messages, runs=runs)
        rows += [[f"{NAMES[kind]}: {what}", *_row(found, costs[BOLT])] for what, found in costs.items()]
    return Section(
        "What a message from Slack costs",
        f"The same signed payloads, one at a time over HTTP, to Bolt with a listener that does nothing, and through the "
        f"gate, Bolt, the desk and its commit; deliveries are left out. Medians of {runs} runs of {messages} messages "
        "after one to warm up; CPU is that of the process and of PostgreSQL's own.",
        ["", "wall", "÷ Bolt", "CPU", "÷ Bolt", "with database", "÷ Bolt", "acknowledged, p99"],
        rows,
    )


async def _measure(databases: Databases, kind: str, *, messages: int, runs: int) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {BOLT: [], ANSWERED: [], OPENS: []}
    async with databases.fresh(kind) as (folder, url):
        server = SlackServer()
        await server.start()
        bolt, desk = (_process(what, folder, server, url) for what in ("bolt", "desk"))
        try:
            for process in (bolt, desk):
                process.start()
                await process.listening()
            for run in range(runs + 1):
                people = [f"U0R{run}N{number}" for number in range(messages)]
                for person in people:
                    server.add_user(person, f"Person {person}")
                costs[BOLT].append(
                    await _cost(databases, server, bolt, [(person, QUESTION, None) for person in people])
                )
                await _send(server, desk, [(person, "hi", None) for person in people])
                asked = [(person, QUESTION, None) for person in people]
                costs[ANSWERED].append(await _cost(databases, server, desk, asked))
                begun = await _send(server, desk, [(person, "talk to a person", None) for person in people])
                for words in ("asdf qwer yxcv", "asdf"):
                    await _send(server, desk, _in_threads(begun, words))
                costs[OPENS].append(await _cost(databases, server, desk, _in_threads(begun, "skip")))
        finally:
            for process in (bolt, desk):
                process.kill()
            await server.stop()
        assert await _tickets(url) == messages * (runs + 1), "each skip has opened a ticket"
    return {what: found[1:] for what, found in costs.items()}  # the first run warms up


async def _tickets(url: str) -> int:
    database = Database(url)
    await database.open()
    async with database.reading() as tx:
        count = (await tx.session.execute(text("SELECT count(*) FROM ticket"))).scalar_one()
    await database.close()
    return int(count)


Said = Sequence[tuple[str, str, str | None]]
"""Who, what, and in which thread."""


def _in_threads(begun: Sequence[Message], words: str) -> Said:
    return [(message.user, words, message.ts) for message in begun]


def _process(what: str, folder: Path, server: SlackServer, url: str) -> Process:
    port = free_port()
    arguments = [what, str(port), server.api_url, url, str(slack_policy(folder))]
    return Process("benchmarks.slack_process", arguments, port, folder / f"{what}.log")


async def _send(server: SlackServer, process: Process, said: Said) -> list[Message]:
    server.events_url = process.url("/slack/events")
    messages = []
    for user, words, thread in said:
        message, answer = await server.write(user, server.direct(user), words, thread=thread)
        assert answer.status == 200, answer
        messages.append(message)
    return messages


async def _cost(databases: Databases, server: SlackServer, process: Process, said: Said) -> Cost:
    used = psutil.Process(process.pid)
    server.events_url = process.url("/slack/events")
    cpu, database_cpu, took = _cpu(used), databases.server_cpu(), []
    for user, words, thread in said:
        began = time.perf_counter()
        _, answer = await server.write(user, server.direct(user), words, thread=thread)
        took.append(time.perf_counter() - began)
        assert answer.status == 200, answer
    per_message = 1000 / len(said)
    return Cost(
        sum(took) * per_message,
        (_cpu(used) - cpu) * per_message,
        (databases.server_cpu() - database_cpu) * per_message,
        percentile(took, 99) * 1000,
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _row(found: Sequence[Cost], bolt: Sequence[Cost]) -> list[str]:
    """Medians, and medians of the ratios to Bolt in the same run."""

    def ratio(of: str) -> str:
        return (
            f"{median([getattr(one, of) / getattr(to, of) for one, to in zip(found, bolt, strict=True)]):.1f}"
        )

    return [
        f"{median([one.wall for one in found]):.2f} ms",
        ratio("wall"),
        f"{median([one.cpu for one in found]):.2f} ms",
        ratio("cpu"),
        f"{median([one.total_cpu for one in found]):.2f} ms",
        ratio("total_cpu"),
        f"{median([one.late for one in found]):.1f} ms",
    ]
