"""What a message costs, next to the floor: wall time until it is acknowledged, CPU of the desk and of the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median
from tests.end_to_end.rig import QUESTION, People, Process, at_once, message, rig

FLOOR, OURS = "floor", "floor, our transaction"

Events = Sequence[tuple[str, str]]
"""Who says what."""


@dataclass(frozen=True)
class Cost:
    """Of one message, in milliseconds."""

    wall: float
    cpu: float
    database_cpu: float
    rate: float
    """Messages per second, with eight employees at once."""

    @property
    def total_cpu(self) -> float:
        return self.cpu + self.database_cpu


async def measure(databases: Databases, kind: str, *, messages: int, runs: int) -> dict[str, list[Cost]]:
    """Cost of each message by run."""
    costs: dict[str, list[Cost]] = {}
    async with databases.fresh(kind) as (folder, url), rig(folder, url, desks=0) as (made, people):
        floor = made.desk("driver", "benchmarks.floor")
        ours = made.desk("ours", "benchmarks.floor")
        receiver = made.desk("receiver")
        for process in made.desks:
            process.start()
            await process.listening()
        for run in range(runs + 1):
            names = [f"r{run}-{number}" for number in range(messages)]

            async def cost(what: str, process: Process, words: str, names: Sequence[str] = names) -> None:
                found = await _cost(databases, people, process, what, words, names)
                costs.setdefault(what, []).append(found)

            await cost(FLOOR, floor, "x")
            await cost(OURS, ours, "x")
            await _say(people, receiver, [(name, "hi") for name in names], "hi", 8)
            await cost("a message that is answered", receiver, QUESTION)
            for words in ("new question", "talk to a person", QUESTION):
                await _say(people, receiver, [(name, words) for name in names], f"before-{words}", 8)
            await cost("a message that opens a ticket", receiver, "skip")
    return {what: found[1:] for what, found in costs.items()}  # the first run warms up


async def _cost(
    databases: Databases, people: People, process: Process, what: str, words: str, names: Sequence[str]
) -> Cost:
    half = len(names) // 2
    one_by_one = [(name, words) for name in names[:half]]
    together = [(name, words) for name in names[half:]]
    cpu, database_cpu = (await people.usage(process))["cpu"], databases.server_cpu()
    wall = await _say(people, process, one_by_one, what, 1)
    cpu = (await people.usage(process))["cpu"] - cpu
    database_cpu = databases.server_cpu() - database_cpu
    rate = len(together) / await _say(people, process, together, what, 8)
    return Cost(wall / half * 1000, cpu / half * 1000, database_cpu / half * 1000, rate)


async def _say(people: People, process: Process, events: Events, what: str, width: int) -> float:
    """Seconds until everything is acknowledged."""
    at_this_desk = People(people.session, [process])
    sent = [message(name, words, f"{name}-{what}") for name, words in events]
    began = time.perf_counter()
    await at_once([lambda event=event: at_this_desk.send(event) for event in sent], width)  # type: ignore[misc]
    return time.perf_counter() - began


async def section(databases: Databases, *, quick: bool) -> Section:
    messages, runs = (50, 2) if quick else (200, 5)
    rows = []
    for kind in databases.kinds:
        costs = await measure(databases, kind, messages=messages, runs=runs)
        rows += [[f"{NAMES[kind]}: {what}", *_row(found, costs)] for what, found in costs.items()]
    return Section(
        "What a message costs",
        f"HTTP request, `desk.receive`, commit, 200; deliveries are left out. Medians of {runs} runs of {messages} messages "
        "after one to warm up. *Wall* and *CPU*: one message at a time; *with database*: and the CPU of PostgreSQL's own "
        "processes. *At once*: eight employees. The second line is the floor's insert through a transaction of ours.",
        ["", "wall", "÷ floor", "CPU", "÷ floor", "with database", "÷ floor", "÷ our transaction", "at once"],
        rows,
    )


def _row(found: Sequence[Cost], costs: Mapping[str, Sequence[Cost]]) -> list[str]:
    """Medians, and medians of the ratios to the floor of the same run."""

    def ratio(of: Callable[[Cost], float], to: str = FLOOR) -> str:
        return f"{median([of(one) / of(floor) for one, floor in zip(found, costs[to], strict=True)]):.1f}"

    return [
        f"{median([one.wall for one in found]):.2f} ms",
        ratio(lambda one: one.wall),
        f"{median([one.cpu for one in found]):.2f} ms",
        ratio(lambda one: one.cpu),
        f"{median([one.total_cpu for one in found]):.2f} ms",
        ratio(lambda one: one.total_cpu),
        ratio(lambda one: one.total_cpu, OURS),
        f"{median([one.rate for one in found]):.0f}/s",
    ]
