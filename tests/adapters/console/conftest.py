"""The terminal's socket over a real mailbox on SQLite."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.console import chat, link
from adapters.console.context import Console
from adapters.console.door import socket_beside
from bot.mailbox import DatabaseMailbox
from bot.redaction import redact
from bot.worker import Bell
from tests.adapters.console.room import (
    NOON,
    NotingDesk,
    Room,
    person,
)
from tickets import migrations
from tickets.database import Database


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "PAUSE_SECONDS", 0.15)
    monkeypatch.setattr(chat, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(chat, "LAST_SECONDS", 0.1)
    monkeypatch.setattr(link, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(link, "RETURN_SECONDS", 1.0)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of this version, migrated once and copied for each test."""
    file = tmp_path_factory.mktemp("console") / "desk.db"

    async def migrate() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")
        await migrations.upgrade(database)
        await database.close()

    asyncio.run(migrate())
    return file


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(template, tmp_path / "desk.db")
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/desk.db")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    mailbox, bell = DatabaseMailbox(database), Bell()
    desk = NotingDesk(mailbox, bell)
    console = Console(
        desk=desk,
        mailbox=mailbox,
        redact=lambda text: redact(text).text,
        bell=bell,
        clock=lambda: NOON,
        recognise=lambda introduction: person(introduction.who),
    )
    room = Room(console, desk, socket_beside(tmp_path / "desk.db"))
    async with room.open():
        yield room
