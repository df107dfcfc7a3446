"""What is lost and what happens twice when desks are killed, when twenty people click at once, and who takes over."""

from __future__ import annotations

import asyncio
import itertools
import time

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median
from bot.outbox import LEASE
from bot.worker import POLL
from tests.end_to_end.rig import (
    People,
    Rig,
    at_once,
    backlog,
    claims,
    count,
    crowded_policy,
    delivered,
    kill_now_and_then,
    message,
    rig,
)

SHORT_LEASE = 2.0
SEED = 9
WIDTH = 16


async def killed(databases: Databases, *, quick: bool) -> Section:
    """Events under random `kill -9`."""
    events = 240 if quick else 10_000
    rows = []
    for kind in databases.kinds:
        async with (
            databases.fresh(kind) as (folder, url),
            rig(folder, url, desks=_replicas(kind), lease=SHORT_LEASE) as (made, people),
        ):
            began = time.monotonic()
            kills = await _kill_while(made, people, events)
            await delivered(made, patience=600)
            found = await count(made, people)
            rows.append(
                [
                    NAMES[kind],
                    f"{found.acknowledged:,}",
                    str(kills),
                    str(found.lost),
                    str(found.doubled_inside),
                    f"{found.duplicates} of {found.effects:,}",
                    f"{found.duplicates / kills:.2f}",
                    str(found.unmarked),
                    f"{time.monotonic() - began:.0f} s",
                ]
            )
    return Section(
        "Killed at random",
        f"{WIDTH} employees at once open tickets (three messages each) and repeat every message until it is "
        f"acknowledged, while desks are killed with `kill -9` at random moments (seed {SEED}) and started again; one "
        "desk on SQLite, two on PostgreSQL. *Lost*: acknowledged events or effects of theirs that never arrived. "
        "*Twice inside*: tickets, ticket events or replies more than there should be. *Twice outside*: deliveries "
        "that the platform saw again; each must say that it may be a repeat. The lease is "
        f"{SHORT_LEASE:.0f} s here.",
        [
            "",
            "events",
            "kills",
            "lost",
            "twice inside",
            "twice outside",
            "per kill",
            "unmarked repeats",
            "took",
        ],
        rows,
    )


async def _kill_while(made: Rig, people: People, events: int) -> int:
    """Kill desks while so many events are sent; how often that was."""
    names = [f"e{number}" for number in range(events // 3 + 1)]
    work = asyncio.create_task(
        at_once([lambda name=name: people.opens_ticket(name) for name in names], WIDTH)  # type: ignore[misc]
    )
    for kills in itertools.count():
        if work.done():
            await work
            return kills
        await kill_now_and_then(made.desks, 1, seed=SEED + kills, rest=6.0)
    raise AssertionError("unreachable")


async def contested(databases: Databases, *, quick: bool) -> Section:
    """Twenty technicians who claim the same ticket at the same moment."""
    tickets = 8 if quick else 200
    rows = []
    for kind in databases.kinds:
        async with databases.fresh(kind) as (folder, url):
            policy, technicians = crowded_policy(folder)
            async with rig(folder, url, desks=_replicas(kind), policy=policy) as (made, people):
                contests = await claims(made, people, technicians, tickets)
        winners = [contest.winners for contest in contests]
        rows.append(
            [
                NAMES[kind],
                f"{len(contests)} × {len(technicians)}",
                f"{min(winners)}",
                f"{max(winners)}",
                f"{sum(contest.told_who for contest in contests):,} of {sum(19 for _ in contests):,}",
                f"{sum(contest.claimed for contest in contests)}",
            ]
        )
    return Section(
        "Contested claims",
        "Twenty technicians press Claim on the same ticket at the same moment, through one desk on SQLite and two on "
        "PostgreSQL.",
        ["", "claims", "fewest winners", "most winners", "losers told who won", "claims in the history"],
        rows,
    )


async def takeover(databases: Databases, *, quick: bool) -> Section:
    """How long a reply waits whose desk was killed while it delivered."""
    lease = SHORT_LEASE if quick else LEASE.total_seconds()
    rows = []
    for kind in databases.kinds:
        waits = []
        for _ in range(1 if quick else 2):
            async with (
                databases.fresh(kind) as (folder, url),
                rig(folder, url, desks=_replicas(kind), lease=lease, pause=300) as (made, people),
            ):
                await people.send(message("waiting", "hi", "waiting-1"))
                first = await made.arrival(lambda delivery: True)
                victim = next(desk for desk in made.desks if desk.pid == first["desk"])
                victim.kill()
                if kind == "sqlite":
                    victim.start()
                again = await made.arrival(lambda delivery: bool(delivery["repeat"]), patience=lease + 20)
                waits.append(again["at"] - first["at"])
        how = "started again" if kind == "sqlite" else "the other desk"
        rows.append(
            [
                f"{NAMES[kind]}, {how}",
                f"{median(waits):.1f} s",
                f"{max(waits):.1f} s",
                f"{lease + POLL:.0f} s",
            ]
        )
    return Section(
        "Take-over after kill -9",
        f"A desk is killed while the platform has its message and has not answered; the lease is {lease:.0f} s. "
        "Time until the message arrives again.",
        ["", "median", "longest", "lease and poll"],
        rows,
    )


async def drained(databases: Databases, *, quick: bool) -> Section:
    """How fast a backlog leaves after a restart."""
    replies, notices = (300, 100) if quick else (3_000, 1_000)
    rows = []
    for kind in databases.kinds:
        async with databases.fresh(kind) as (folder, url):
            await backlog(url, replies, notices)
            async with rig(folder, url) as (made, _):
                await delivered(made, patience=600)
                arrivals = made.deliveries()
        took = arrivals[-1]["at"] - arrivals[0]["at"]
        rows.append([NAMES[kind], f"{len(arrivals):,}", f"{took:.1f} s", f"{len(arrivals) / took:.0f}/s"])
    return Section(
        "Backlog at a restart",
        f"{replies:,} replies to as many people and {notices:,} notices for one channel wait when a desk starts; "
        "replies leave first, those that are late already the newest first; a channel's notices leave strictly one after another.",
        ["", "effects", "took", "rate"],
        rows,
    )


def _replicas(kind: str) -> int:
    return 1 if kind == "sqlite" else 2
