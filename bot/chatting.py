"""`firstline chat`: a terminal, and a desk to talk to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from adapters.console.chat import talk
from adapters.console.context import Introduction, Refusal
from adapters.console.door import NotPrivate, is_open
from adapters.console.tty import Terminal
from bot.settings import Settings
from bot.terminal import socket_of, terminal_door
from tickets.database import sqlite_file


async def chat(settings: Settings, introduction: Introduction, demo: Path | None = None) -> bool:
    """Talk in this terminal: to the desk that runs here, or to one that runs as long as the talk.

    `demo` is the folder of a demo company's desk. Returns whether everything that was typed was taken.
    """
    try:
        path = socket_of(settings)
        async with AsyncExitStack() as own:
            if not is_open(path):
                await own.enter_async_context(_own_desk(settings, demo))
            return await _until_asked_to_stop(path, introduction)
    except (Refusal, NotPrivate) as refused:
        raise SystemExit(f"firstline: {refused}") from None


async def _until_asked_to_stop(path: Path, introduction: Introduction) -> bool:
    terminal = Terminal()
    talking = asyncio.create_task(talk(path, introduction, terminal))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, talking.cancel)
    try:
        return await talking
    except asyncio.CancelledError:
        return True
    finally:
        terminal.close()


@asynccontextmanager
async def _own_desk(settings: Settings, demo: Path | None) -> AsyncIterator[None]:
    """A desk for the length of one talk; what it logs is not mixed into it, except failures."""
    from bot.composition import demo_desk, log_to_stderr, running_desk  # slow to import, and seldom needed

    settings = settings.model_copy(update={"firstline_log_level": "error", "firstline_log_format": "text"})
    log_to_stderr(settings)
    if demo:
        async with demo_desk(settings, demo):
            yield
        return
    if not settings.firstline_policy.exists():
        raise SystemExit(
            f"firstline: no desk runs here, and there is no policy {settings.firstline_policy} to run one by. "
            "To talk to the demo company's desk: firstline chat --policy demo"
        )
    migrate = sqlite_file(settings.database_url) is not None
    async with running_desk(settings, migrate=migrate) as desk, terminal_door(settings, desk):
        yield
