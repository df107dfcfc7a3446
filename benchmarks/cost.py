"""What a message costs, next to the floor: wall time until it is acknowledged, CPU of the desk and of the database."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.databases import Databases
from tests.end_to_end.rig import QUESTION, People, Process, at_once, message, rig

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

            await cost("floor", floor, "x")
            await cost("floor, our transaction", ours, "x" * 10)
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


def table(costs: dict[str, list[Cost]]) -> list[list[str]]:
    """Medians, and medians of the ratios to the floor of the same run."""
    floors = costs["floor"]
    rows = []
    for what, found in costs.items():
        pairs = list(zip(found, floors, strict=True))
        total = [one.cpu + one.database_cpu for one in found]
        rows.append(
            [
                what,
                f"{statistics.median(one.wall for one in found):.2f} ms",
                f"{statistics.median(one.wall / floor.wall for one, floor in pairs):.1f}",
                f"{statistics.median(one.cpu for one in found):.2f} ms",
                f"{statistics.median(one.cpu / floor.cpu for one, floor in pairs):.1f}",
                f"{statistics.median(total):.2f} ms",
                f"{statistics.median(one.rate for one in found):.0f}/s",
            ]
        )
    return rows
