"""How long people wait, and how many messages a desk takes in a second."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median, percentile
from tests.end_to_end.desk_process import serve
from tests.end_to_end.rig import QUESTION, People, Process, at_once, delivered, free_port, message, rig

EMPLOYEES = (1, 8, 32)


@dataclass
class Listener:
    """A platform in this process, which hears a reply at the moment it arrives."""

    url: str
    heard: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    async def reply(self, route: str) -> None:
        await self.heard[route].wait()
        del self.heard[route]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    port = free_port()
    listener = Listener(f"http://127.0.0.1:{port}/deliver")

    async def deliver(request: web.Request) -> web.Response:
        delivery = await request.json()
        listener.heard[delivery["route"]].set()
        return web.json_response({"message_id": delivery["id"]})

    app = web.Application()
    app.router.add_post("/deliver", deliver)
    runner = await serve(app, port)
    yield listener
    await runner.cleanup()


async def replied(databases: Databases, *, quick: bool) -> Section:
    """From a message to its delivered reply, next to the floor's acknowledgement."""
    rows = []
    for kind in databases.kinds:
        async with (
            databases.fresh(kind) as (folder, url),
            listening() as listener,
            rig(folder, url, desks=0, listener=listener.url) as (made, people),
        ):
            desk, floor = made.desk(), made.desk("driver", "benchmarks.floor")
            for process in made.desks:
                process.start()
                await process.listening()

            async def ask(
                name: str, number: int, desk: Process = desk, listener: Listener = listener
            ) -> None:
                asked = message(name, QUESTION, f"{name}-{number}", conversation=str(number))
                await People(people.session, [desk]).send(asked)
                await listener.reply(asked.address.route)

            async def store(name: str, number: int, floor: Process = floor) -> None:
                await People(people.session, [floor]).send(message(name, QUESTION, f"{name}-{number}"))

            for employees in EMPLOYEES:
                each = max(2, (32 if quick else 320) // employees)
                await _times(ask, f"warm-{employees}", employees, 2)
                waits, took = await _times(ask, f"ask-{employees}", employees, each)
                floors, _ = await _times(store, f"store-{employees}", employees, each)
                rows.append(
                    [
                        f"{NAMES[kind]}, {employees}",
                        f"{percentile(waits, 50) * 1000:.0f} ms",
                        f"{percentile(waits, 99) * 1000:.0f} ms",
                        f"{len(waits) / took:.0f}/s",
                        f"{percentile(floors, 50) * 1000:.1f} ms",
                        f"{percentile(floors, 99) * 1000:.1f} ms",
                    ]
                )
    return Section(
        "From a message to its delivered reply",
        "So many employees at once ask a question that an article answers, each in a new conversation, wait until the "
        "answer has arrived at the platform, and ask the next. One desk. The floor is the time until a stored row is "
        "acknowledged.",
        ["employees", "p50", "p99", "replies", "floor p50", "floor p99"],
        rows,
    )


async def _times(
    ask: Callable[[str, int], Awaitable[None]], label: str, employees: int, each: int
) -> tuple[list[float], float]:
    waits: list[float] = []

    async def employee(number: int) -> None:
        for turn in range(each):
            asked = time.perf_counter()
            await ask(f"{label}-{number}", turn)
            waits.append(time.perf_counter() - asked)

    began = time.perf_counter()
    await asyncio.gather(*(employee(number) for number in range(employees)))
    return waits, time.perf_counter() - began


async def throughput(databases: Databases, *, quick: bool) -> Section:
    """Messages per second, on one process and on two."""
    rows = []
    for kind in databases.kinds:
        for processes in (1,) if kind == "sqlite" else (1, 2):
            desks, floors, drains, resident = [], [], [], 0.0
            async with (
                databases.fresh(kind) as (folder, url),
                rig(folder, url, desks=processes) as (made, people),
            ):
                floor = [made.desk("driver", "benchmarks.floor") for _ in range(processes)]
                for process in floor:
                    process.start()
                    await process.listening()
                desk = made.desks[:processes]
                for run in range(2 if quick else 4):
                    messages = 150 if quick else 500
                    floors.append(messages / await _flood(people, floor, run, messages))
                    taken_in = await _flood(people, desk, run, messages)
                    desks.append(messages / taken_in)
                    drains.append(messages / (taken_in + await delivered(made, patience=300, every=0.02)))
                resident = max([(await people.usage(process))["resident"] for process in desk])
            ratio = median([fast / slow for fast, slow in zip(floors[1:], desks[1:], strict=True)])
            rows.append(
                [
                    f"{NAMES[kind]}, {processes}",
                    f"{median(desks[1:]):.0f}/s",
                    f"{median(drains[1:]):.0f}/s",
                    f"{median(floors[1:]):.0f}/s",
                    f"{ratio:.1f}",
                    f"{resident:.0f} MB",
                ]
            )
    return Section(
        "Messages per second",
        "Thirty-two employees at once ask a question that an article answers, each in a new conversation. *Taken in*: "
        "acknowledged. *Answered*: until the last reply has been delivered. The people who ask use the same cores. "
        "*Resident*: the most that a desk ever used.",
        ["processes", "taken in", "answered", "floor", "floor ÷ taken in", "resident"],
        rows,
    )


async def _flood(people: People, processes: list[Process], run: int, messages: int) -> float:
    crowd = People(people.session, processes)
    asked = [message(f"f{run}-{number}", QUESTION, f"f{run}-{number}") for number in range(messages)]
    began = time.perf_counter()
    await at_once([lambda event=event: crowd.send(event) for event in asked], 32)  # type: ignore[misc]
    return time.perf_counter() - began
