"""Engine, transactions and instants: the one place that knows SQLite from PostgreSQL.

A transaction belongs to one organisation (design rule 7). On PostgreSQL its first statement sets, for this
transaction only, the organisation that row-level security compares with, takes on the non-owner role that the
policies bind, and reads the database's clock, in one round trip. On SQLite there is one writer per process:
transactions queue up, first come first served, and begin with `BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import DateTime, Dialect, Executable, String, event, insert, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from tickets.sqlite_driver import SqliteConnection, driver

EVERY_ORGANISATION = "*"
"""For the desk's own loops, which look for the next piece of work of anybody."""

DESK_ROLE = "firstline_desk"
"""The role that row-level security binds on PostgreSQL; migration 0001 makes it."""

WRITER_PATIENCE = 2.5
"""Seconds that an event may wait for its turn to write before the platform is asked to deliver it again:
Slack's limit for an acknowledgement is 3."""

LOCK_PATIENCE = 2.0
"""Seconds of those that SQLite may wait for a lock of another process, an operator's or a backup's."""

LONGEST_TRANSACTION = 10.0
"""Seconds after which PostgreSQL counts as away. A connection that leads nowhere any more would be waited for
for ever."""

Clock = Callable[[datetime], datetime]
"""From the database's instant to the desk's: the identity, except in demonstrations and tests."""


class DatabaseUnavailable(Exception):
    """The database cannot be written or reached now: away, locked, read-only, damaged, or its disk is full."""


class Conflict(Exception):
    """Another transaction did something in the same moment that this one did not see: doing it again will."""


class DatabaseInUse(Exception):
    """Another process holds this SQLite file."""

    def __init__(self, file: Path, holder: str) -> None:
        super().__init__(
            f"Another Firstline process{f' ({holder})' if holder else ''} is using {file}. A SQLite desk belongs "
            "to one process at a time: stop the other one, or set DATABASE_URL to a PostgreSQL database, which "
            "any number of processes can share."
        )


class SchemaMismatch(Exception):
    """The database's tables are older or newer than this version of Firstline."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite's own column type would lose the offset without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants are aware and in UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(TypeDecorator[StrEnum]):
    """A `StrEnum` as its plain value, so that a new member needs no change of the database."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind(value)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One open transaction of one organisation. It commits when its block ends and rolls back when that raises."""

    session: AsyncSession
    organisation: str
    now: datetime
    """The desk's instant: what rules reckon with."""
    database_now: datetime
    """The database's instant: what leases and retries reckon with, the same for every replica."""
    _appended: list[tuple[type[SQLModel], dict[str, Any]]] = field(default_factory=list, repr=False)

    def append(self, table: type[SQLModel], **values: Any) -> None:
        """Add a row that nobody reads or changes in this transaction: all those of a table are written together, in order,
        just before it commits, which is far cheaper than objects one by one. Their ids are the database's to give."""
        self._appended.append((table, {**_defaults(table), **values}))

    def appended(self, table: type[SQLModel]) -> Iterator[dict[str, Any]]:
        """The rows of this table that wait to be written, newest first; they may still be changed."""
        return (values for kind, values in reversed(self._appended) if kind is table)

    async def _write_appended(self) -> None:
        if self._appended:
            await self.session.flush()  # what they refer to goes first
        together: dict[type[SQLModel], list[dict[str, Any]]] = {}
        for table, values in self._appended:
            together.setdefault(table, []).append(values)
        for table, rows in together.items():
            await self.session.execute(_insertion(table), rows)


class Database:
    """The desk's database at `url`: `sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`."""

    def __init__(self, url: str, clock: Clock = lambda instant: instant) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.clock = clock
        self._role: str | None = None
        self._turn = asyncio.Lock()
        self._lock_file: TextIO | None = None
        if self.is_sqlite:
            self.engine = _sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1)
            self._readers = _sqlite_engine(url, begin="BEGIN", connections=4)
        else:
            self.engine = create_async_engine(
                url, pool_size=10, max_overflow=10, pool_timeout=WRITER_PATIENCE, hide_parameters=True
            )
            self._readers = self.engine

    async def open(self, *, exclusive: bool = True) -> None:
        """Make ready to serve.

        `exclusive` holds a SQLite file for this process until `close`; operators' commands do without, and then
        write only short transactions.

        Raises:
            DatabaseInUse: another process holds the file.
            SchemaMismatch: the tables are not this version's; the message says what to do.
            DatabaseUnavailable: it cannot be reached.
        """
        if self.is_sqlite and exclusive:
            with _unavailability():
                self._lock_file = _hold(Path(self.url.database or ""))
        await self._check_schema()

    @property
    def is_ours_alone(self) -> bool:
        """Whether no other desk can be at work on it: a SQLite file that this process holds."""
        return self._lock_file is not None

    async def close(self) -> None:
        await self.engine.dispose()
        await self._readers.dispose()
        if self._lock_file:
            self._lock_file.close()
            self._lock_file = None

    @asynccontextmanager
    async def transaction(self, organisation: str = EVERY_ORGANISATION) -> AsyncIterator[Transaction]:
        """A transaction that may write.

        Raises:
            DatabaseUnavailable: nothing was stored.
            Conflict: nothing was stored; the same again will see what the other transaction did.
        """
        with _unavailability():
            if not self.is_sqlite:
                async with self._begin(self.engine, organisation) as opened:
                    yield opened
                return
            given_up_at = time.monotonic() + WRITER_PATIENCE
            async with asyncio.timeout(WRITER_PATIENCE) as patience:
                async with self._turn:
                    patience.reschedule(None)
                    left = max(given_up_at - time.monotonic(), 0.0)
                    async with self._begin(self.engine, organisation, min(left, LOCK_PATIENCE)) as opened:
                        yield opened

    @asynccontextmanager
    async def reading(self, organisation: str = EVERY_ORGANISATION) -> AsyncIterator[Transaction]:
        """A transaction that only reads, and on SQLite waits for no writer."""
        with _unavailability():
            async with self._begin(self._readers, organisation) as opened:
                yield opened

    @asynccontextmanager
    async def _begin(
        self, engine: AsyncEngine, organisation: str, patience: float = LOCK_PATIENCE
    ) -> AsyncIterator[Transaction]:
        async with (
            asyncio.timeout(None if self.is_sqlite else LONGEST_TRANSACTION),
            AsyncSession(engine, expire_on_commit=False, autoflush=False) as session,
            session.begin(),
        ):
            if self.is_sqlite:
                await session.connection(execution_options={"lock_patience": patience})
                instant = datetime.now(UTC)
            else:
                instant = await self._enter(session, organisation)
            opened = Transaction(session, organisation, self.clock(instant), instant)
            yield opened
            await opened._write_appended()

    async def _enter(self, session: AsyncSession, organisation: str) -> datetime:
        row = (await session.execute(_entrance(self._role), {"organisation": organisation})).one()
        instant: datetime = row[1]
        return instant

    async def _check_schema(self) -> None:
        with _unavailability():
            async with self._readers.connect() as connection:
                found = await _schema_version(connection)
                if not self.is_sqlite and found is not None:
                    self._role = await _usable_role(connection)
        expected = newest_revision()
        if found is None or found < expected:
            raise SchemaMismatch(
                f"The database is at version {found or 'none'} and this Firstline needs {expected}. "
                "Mend: run `firstline db upgrade`."
            )
        if found > expected:
            raise SchemaMismatch(
                f"The database is at version {found}, made by a newer Firstline than this one ({expected}). "
                "Mend: install the newer Firstline; this one would not understand its tables."
            )


async def insert_if_new(tx: Transaction, table: type[SQLModel], **values: Any) -> bool:
    """Insert a row unless one with the same key is there; whether it was new.

    A concurrent transaction with the same key is waited for.
    """
    statement = _insertion_if_new(table, tx.session.get_bind().dialect.name)
    inserted = await tx.session.execute(statement, values)
    return bool(inserted.rowcount)  # type: ignore[attr-defined]


# Statements that every event runs are built once: to build one takes SQLAlchemy longer than to run it.


@cache
def _insertion(table: type[SQLModel]) -> Executable:
    return insert(inspect(table).local_table)


@cache
def _insertion_if_new(table: type[SQLModel], dialect: str) -> Executable:
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(inspect(table).local_table).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(inspect(table).local_table).on_conflict_do_nothing()


@cache
def _entrance(role: str | None) -> Executable:
    """Into a transaction on PostgreSQL: the organisation and the role for row-level security, and the time."""
    return text(
        "SELECT set_config('firstline.organisation', :organisation, true), clock_timestamp()"
        + (f", set_config('role', '{role}', true)" if role else "")
    )


@cache
def _defaults(table: type[SQLModel]) -> dict[str, Any]:
    """Of the columns that need no value, but for an id that the database gives."""
    given = inspect(table).local_table.autoincrement_column
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in table.model_fields.items()
        if not field.is_required() and (given is None or name != given.key)
    }


def newest_revision() -> str:
    """The revision that this code's tables have: the number that the newest migration's file name begins with."""
    versions = Path(__file__).parent / "migrations" / "versions"
    return max(file.name[:4] for file in versions.glob("[0-9][0-9][0-9][0-9]_*.py"))


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite `url`, or None for another database."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


class _unavailability:  # noqa: N801  (reads as a statement: `with _unavailability():`)
    """Translate the many ways in which a database is away into `DatabaseUnavailable`, and lost races into `Conflict`."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: Any) -> None:
        if isinstance(error, TimeoutError | PoolTimeout | OSError) or (
            isinstance(error, DBAPIError) and _is_away(error)
        ):
            raise DatabaseUnavailable(_one_line(error)) from error
        if isinstance(error, DBAPIError) and _is_lost_race(error):
            raise Conflict(_one_line(error)) from error


_LOST_RACES = ("23505", "40001", "40P01")
"""PostgreSQL's unique violation, serialization failure and deadlock: the other transaction went on, this one was
rolled back. Any other constraint that is violated is a mistake of ours, and would be again."""


def _is_lost_race(error: DBAPIError) -> bool:
    return (
        getattr(error.orig, "sqlstate", None) in _LOST_RACES
        or getattr(error.orig, "sqlite_errorname", "") in _LOST_RACES_OF_SQLITE
    )


_LOST_RACES_OF_SQLITE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")


_AWAY = (
    "locked",
    "disk is full",
    "disk I/O error",
    "readonly database",
    "unable to open",
    "not a database",
    "malformed",
    "read-only transaction",
    "connection was closed",
    "connection is closed",
    "shutting down",
    "starting up",
    "terminating connection",
    "too many clients",
    "remaining connection slots",
    "could not connect",
    "recovery mode",
)


_AWAY_STATES = ("08", "25006", "28", "3D", "53", "55P03", "57", "58")
"""PostgreSQL's error codes, or the classes of them: no connection, read-only, no entry, no such database, no room, a
lock, an operator's or the system's doing."""


def _is_away(error: DBAPIError) -> bool:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is not None and state.startswith(_AWAY_STATES):
        return True
    words = str(error.orig)
    return error.connection_invalidated or any(sign in words for sign in _AWAY)


def _one_line(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "it did not answer in time"
    reason = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(reason).split())[:200] or type(error).__name__


def _sqlite_engine(url: str, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        module=driver(),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WRITER_PATIENCE,
        pool_reset_on_return=None,  # a session's transaction always ends; a rollback of nothing costs a thread's visit
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={LOCK_PATIENCE * 1000:.0f}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        patience = connection.get_execution_options().get("lock_patience", LOCK_PATIENCE)
        driver_connection: SqliteConnection = connection.connection.dbapi_connection
        driver_connection.begin_with(begin, patience)

    return engine


def _hold(file: Path) -> TextIO:
    lock = open(f"{file}.lock", "a+")  # noqa: SIM115  (held until the process ends or `close`)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise DatabaseInUse(file, holder) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock


async def _schema_version(connection: AsyncConnection) -> str | None:
    try:
        version: str | None = (
            await connection.execute(text("SELECT version_num FROM alembic_version"))
        ).scalar()
    except SQLAlchemyError as error:
        if isinstance(error, DBAPIError) and _is_away(error):
            raise
        await connection.rollback()
        return None
    return version


async def _usable_role(connection: AsyncConnection) -> str | None:
    usable = await connection.execute(
        text("SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = :role"),
        {"role": DESK_ROLE},
    )
    return DESK_ROLE if usable.scalar() else None
