"""Who answers when: what the rules cost, what a sweep costs when nothing is due, and ten thousand reviews in one second."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median, percentile
from bot.demo import cast
from bot.reviews import review_some
from knowledge.library import Library
from tests.end_to_end.rig import QUESTION, People, Process, message, rig
from tickets.coverage import Request, route
from tickets.database import Database
from tickets.kinds import Priority, TicketState
from tickets.model import Ticket
from tickets.policy import Organisation, Policy, read
from tickets.survey import survey

CHUNK = 20_000

NOW = datetime(2026, 12, 4, 17, 5, tzinfo=UTC)

# ------------------------------------------------------------------------------------------------------------- rules


async def rules(databases: Databases, *, quick: bool) -> Section:
    """Pure functions, beside what the machine needs for the least of their parts."""
    harbor, many, hard = _organisation(""), _organisation(_typical(500)), _organisation(_hard(500))
    calendar = harbor.calendar("us-hours")
    eight = timedelta(hours=8)
    night = Request("denver", "security", Priority.P1)
    rows = [
        ["floor: an aware datetime and a timedelta added", _microseconds(lambda: NOW + eight, quick), ""],
        ["add 8 business hours", _microseconds(lambda: calendar.add(NOW, eight), quick), "20 µs"],
        ["is it open?", _microseconds(lambda: calendar.is_open(NOW), quick), ""],
        ["route over 9 rules, paged", _microseconds(lambda: route(night, harbor, NOW), quick), ""],
        ["route over 500 rules by office, category and priority", _microseconds(lambda: route(Request("denver", "email"), many, NOW), quick), "100 µs"],
        ["the same, paged", _microseconds(lambda: route(night, many, NOW), quick), "100 µs"],
        ["route over 500 rules that only the hour decides", _microseconds(lambda: route(Request("denver", "software"), hard, NOW), quick), "none"],
        ["check the demo company, 90 days", f"{_once(lambda: survey(harbor, NOW, NOW + timedelta(days=90))):.2f} s", ""],
        ["check it with 500 rules, 90 days", f"{_once(lambda: survey(many, NOW, NOW + timedelta(days=90))):.2f} s", ""],
    ]  # fmt: skip
    return Section(
        "Rules of coverage",
        "Pure functions in one process: the fastest of several rounds, since whatever else the machine does only adds. "
        "A check looks at every request of the demo company (20 offices, 21 categories) in every hour.",
        ["", "time", "goal"],
        rows,
    )


def _organisation(more: str) -> Organisation:
    demo = cast.POLICY.read_text(encoding="utf-8")
    return read(demo.replace("[[route]]", f"{more}[[route]]", 1), "demo")


def _typical(count: int) -> str:
    sites = ["boulder", "dallas", "austin", "houston", "chicago", "nashville", "denver"]
    categories = ["email", "devices", "telephones", "software", "hardware", "patching"]
    kinds = itertools.islice(itertools.product(range(4), sites, categories, ["P2", "P3", "P4"]), count)
    return "".join(
        f'[[route]]\nsite = "{site}"\ncategory = "{category}"\npriority = "{priority}"\nhours = "01:00-01:{number:02}"\n'
        'queue = "northwind-desk"\n\n'
        for number, (_, site, category, priority) in (
            (10 + index % 50, kind) for index, kind in enumerate(kinds)
        )
    )


def _hard(count: int) -> str:
    return "".join(
        f'[[route]]\nhours = "01:00-01:{10 + number % 50}"\nqueue = "northwind-desk"\n\n'
        for number in range(count)
    )


def _microseconds(run: Callable[[], object], quick: bool) -> str:
    run()
    rounds, times = (5, 200) if quick else (30, 1000)
    best = min(_once(lambda: [run() for _ in range(times)]) for _ in range(rounds))
    return f"{best / times * 1e6:.1f} µs"


def _once(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


# ------------------------------------------------------------------------------------------------------------- sweep


async def sweep(databases: Databases, *, quick: bool) -> Section:
    """A review that finds nothing due, with few tickets and with many."""
    library, policy = Library([]), _policy()
    few, many = 1_000, 100_000 if quick else 1_000_000
    rows = []
    for kind in databases.kinds:
        found: list[float] = []
        async with databases.fresh(kind) as (_, url):
            database = Database(url)
            await database.open()
            for size in (few, many):
                await _tickets(database, size - (few if size == many else 0), due=False)
                if not database.is_sqlite:  # as its own housekeeping does after a while
                    async with database.engine.begin() as connection:
                        await connection.execute(text("ANALYZE ticket"))
                found.append(
                    median([await _idle(database, policy, library) for _ in range(50 if quick else 300)])
                )
            await database.close()
        rows.append([NAMES[kind], *(f"{one * 1000:.2f} ms" for one in found), f"{found[1] / found[0]:.2f}"])
    return Section(
        "A sweep with nothing due",
        f"One look of the review for something that is due, with {few:,} and with {many:,} open tickets: one query that "
        "an index answers. Medians.",
        ["", f"{few:,} tickets", f"{many:,} tickets", "ratio"],
        rows,
    )


async def _idle(database: Database, policy: Policy, library: Library) -> float:
    began = time.perf_counter()
    if await review_some(database, policy, library):
        raise AssertionError("something was due")
    return time.perf_counter() - began


# ------------------------------------------------------------------------------------------------- ten thousand at once


async def reviews(databases: Databases, *, quick: bool) -> Section:
    """Reviews that fall due in the same second, while people talk to the desk."""
    count = 1_000 if quick else 10_000
    rows = []
    for kind in databases.kinds:
        alone = 0.0
        for desks in (1,) if kind == "sqlite" else (1, 2):
            async with (
                databases.fresh(kind) as (folder, url),
                rig(folder, url, desks=desks) as (made, people),
            ):
                await _ready(made.desks)
                quiet = await _chat(people, made.desks, "quiet", seconds=4 if quick else 15)
                database = Database(url)
                await database.open(exclusive=False)
                await _tickets(database, count, due=True)
                began = time.perf_counter()
                chat = asyncio.create_task(_chat(people, made.desks, "busy", seconds=3600))
                while await _still_due(database):
                    await asyncio.sleep(0.05)
                took = time.perf_counter() - began
                chat.cancel()
                busy = await chat
                twice = await _said_twice(database)
                await database.close()
            alone = alone or took
            rows.append(
                [
                    f"{NAMES[kind]}, {desks}",
                    f"{took:.1f} s",
                    f"{took / alone:.2f}",
                    f"{percentile(quiet, 99) * 1000:.0f} ms",
                    f"{percentile(busy, 99) * 1000:.0f} ms",
                    f"{percentile(busy, 99) / percentile(quiet, 99):.1f}",
                    str(twice),
                ]
            )
    return Section(
        f"{count:,} reviews due in the same second",
        f"{count:,} open tickets whose first reply has just become late: each is noted in its history, its card drawn anew, "
        "its thread and its requester told (the notices leave through the outbox meanwhile). Two people at once ask "
        "questions that articles answer; *quiet* and *meanwhile*: their 99th percentile before and during. *Twice*: tickets "
        "whose breach was noticed more than once.",
        ["desks", "all noticed in", "÷ one desk", "chat, quiet", "chat, meanwhile", "ratio", "twice"],
        rows,
    )


async def _ready(desks: Sequence[Process]) -> None:
    for process in desks:
        await process.listening()


async def _chat(people: People, desks: Sequence[Process], label: str, *, seconds: float) -> list[float]:
    """How long each of many messages waited for its acknowledgement, until the time is over or it is cancelled."""
    waits: list[float] = []
    crowd = People(people.session, list(desks))

    async def talk(who: int) -> None:
        end = time.monotonic() + seconds
        for number in itertools.count():
            if time.monotonic() > end:
                return
            asked = time.perf_counter()
            await crowd.send(message(f"{label}-{who}-{number}", QUESTION, f"{label}-{who}-{number}"))
            waits.append(time.perf_counter() - asked)
            await asyncio.sleep(0.02)

    with suppress(asyncio.CancelledError):
        await asyncio.gather(talk(1), talk(2))
    return waits


async def _still_due(database: Database) -> bool:
    async with database.reading() as tx:
        due = text("SELECT 1 FROM ticket WHERE next_review_at <= :now LIMIT 1")
        parameters = {"now": tx.now.replace(tzinfo=None) if database.is_sqlite else tx.now}
        return (await tx.session.execute(due, parameters)).first() is not None


async def _said_twice(database: Database) -> int:
    query = text(
        "SELECT count(*) FROM (SELECT ticket_id FROM ticket_event WHERE kind = 'milestone' "
        "GROUP BY ticket_id, CAST(data AS TEXT) HAVING count(*) > 1) AS twice"
    )
    async with database.reading() as tx:
        return int((await tx.session.execute(query)).scalar_one())


# ------------------------------------------------------------------------------------------------------------- tickets


def _policy() -> Policy:
    return Policy({"harbor": _organisation("")})


async def _tickets(database: Database, count: int, *, due: bool) -> None:
    """So many open tickets, copied inside the database from one."""
    await cast.seed(database, _organisation(""))
    async with database.transaction("harbor") as tx:
        first = (
            await tx.session.execute(text("SELECT coalesce(max(number), 0) + 1 FROM ticket"))
        ).scalar_one()
        now = tx.now
        template = Ticket(
            organisation="harbor",
            number=first,
            requester_id=1,
            requester_name="Maya Lindqvist",
            site="denver",
            platform="web",
            route="person/maya/1",
            category="other",
            priority=Priority.P3,
            queue="service-desk",
            tier=1,
            state=TicketState.NEW,
            subject="Something",
            said=["Something"],
            opened_at=now,
            first_response_due=now if due else now + timedelta(days=2),
            resolution_due=now + timedelta(days=9),
            channels=["web:channel/service-desk"],
            next_review_at=now if due else now + timedelta(days=1),
        )
        tx.session.add(template)
        await tx.session.flush()
    columns = [one.name for one in Ticket.__table__.columns if one.name not in ("id", "number")]  # type: ignore[attr-defined]
    for begin in range(first + 1, first + count, CHUNK):  # a transaction may take a few seconds, no more
        last = min(begin + CHUNK, first + count) - 1
        numbers = f"WITH RECURSIVE n(i) AS (SELECT {begin} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        copy = (
            f"INSERT INTO ticket (number, {', '.join(columns)}) {numbers} "
            f"SELECT n.i, {', '.join(f't.{one}' for one in columns)} FROM n, ticket t WHERE t.number = {first}"
        )
        async with database.transaction("harbor") as tx:
            await tx.session.execute(text(copy))
