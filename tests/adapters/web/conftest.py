"""The web page over a real mailbox and real sign-in on SQLite."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.app import web_app
from adapters.web.context import Demo, Health
from bot import models
from bot.coverage_board import DeskCoverage
from bot.mailbox import DatabaseMailbox
from bot.messages import Person
from bot.sign_in import DatabaseSignIn
from tests.adapters.web.page import (
    ANA,
    BEN,
    CAST,
    RAJ,
    SECRET,
    TIER1,
    TOM,
    ClockBell,
    Page,
    RecordingDesk,
    new_id,
)
from tickets import migrations
from tickets.database import Database
from tickets.policy import Policy, read

POLICY = Policy({"acme": read(models.text("co-managed").replace("web:dana", f"web:{TOM.id}"), "acme.toml")})
"""By which the page says who answers."""


@pytest.fixture(scope="session")
def empty_desk(tmp_path_factory) -> Path:
    """A SQLite file with this version's tables."""
    file = tmp_path_factory.mktemp("web") / "empty.db"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrations.upgrade(database)
        await database.close()

    asyncio.run(make())
    return file


@pytest.fixture
async def database(tmp_path, empty_desk) -> AsyncIterator[Database]:
    shutil.copy(empty_desk, tmp_path / "desk.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/desk.db")
    yield database
    await database.close()


@asynccontextmanager
async def serve(database: Database, *, demo: bool, hosts: tuple[str, ...]) -> AsyncIterator[Page]:
    desk, bell = RecordingDesk(), ClockBell()

    async def check() -> Health:
        return page.health

    app = web_app(
        desk=desk,
        board=DeskCoverage(database, lambda: POLICY),
        mailbox=DatabaseMailbox(database),
        sign_in=DatabaseSignIn(database),
        redact=lambda text: text.replace(SECRET, "[removed]"),
        bell=bell,
        clock=bell.now,
        health=check,
        ready=check,
        metrics=lambda: (b"firstline_events_total 1\n", "text/plain; version=0.0.4; charset=utf-8"),
        demo=Demo(CAST, "Europe/Warsaw", bell.move, bell.set) if demo else None,
        hosts=hosts,
    )
    async with TestClient(TestServer(app)) as client:
        page = Page(client, desk, bell, database)
        yield page


@pytest.fixture
async def page(database) -> AsyncIterator[Page]:
    """A demonstration: anybody of the cast."""
    async with serve(database, demo=True, hosts=("localhost", "127.0.0.1", "::1")) as page:
        yield page


@pytest.fixture
async def private(database) -> AsyncIterator[Page]:
    """Outside a demonstration: one must sign in."""
    async with serve(database, demo=False, hosts=("localhost", "127.0.0.1", "::1")) as page:
        yield page


class Names:
    """What tests mention."""

    ana, ben, tom, raj = ANA, BEN, TOM, RAJ
    tier1 = TIER1
    secret = SECRET
    new_id = staticmethod(new_id)

    @staticmethod
    def conversation(who: Person, conversation_id: str = "") -> str:
        return f"person/{who.id}/{conversation_id or new_id()}"


@pytest.fixture
def names() -> type[Names]:
    return Names
