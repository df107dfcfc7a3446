"""The Unix-domain socket through which a terminal reaches a running desk, and through which nobody else does.

It is made under another name, closed to everybody but its owner, and only then given its own: there is no moment at
which somebody else could open it, and one that a crash left behind is replaced.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import stat
import tempfile
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from adapters.console.context import Console
from adapters.console.lines import LONGEST_REQUEST
from adapters.console.session import Session

GRACE_SECONDS = 5.0
"""For requests that are under way when the desk stops."""
LONGEST_PATH = 94
"""Bytes: some systems take 103, and the name that a socket is made under ends with our process id."""
KNOCK_SECONDS = 2.0

log = structlog.get_logger("firstline.console")


class NotPrivate(Exception):
    """The folder for sockets is not ours alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} belongs to somebody else or is open to others, so nothing said through it would be safe. "
            "Mend: remove it, or set XDG_RUNTIME_DIR to a folder of your own."
        )


def socket_beside(file: Path) -> Path:
    """The socket of a desk whose data is in this file."""
    beside = Path(f"{file.absolute()}.sock")
    return beside if len(os.fsencode(beside)) <= LONGEST_PATH else socket_named(str(beside))


def socket_named(desk: str) -> Path:
    """The socket of a desk that has no place of its own on this machine; the same for the same name.

    Raises:
        NotPrivate: the folder is not safe.
    """
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"firstline-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise NotPrivate(folder)
    return folder / f"{hashlib.sha256(desk.encode()).hexdigest()[:16]}.sock"


def is_open(path: Path) -> bool:
    """Whether a desk listens here."""
    with socket.socket(socket.AF_UNIX) as knocking:
        knocking.settimeout(KNOCK_SECONDS)
        try:
            knocking.connect(str(path))
        except TimeoutError:
            return True  # it is there, and busy
        except OSError:
            return False
        return True


@asynccontextmanager
async def open_door(console: Console, path: Path) -> AsyncIterator[None]:
    """Let terminals in at `path` inside the block. A replica that finds another's door open leaves it to that one."""
    if await asyncio.to_thread(is_open, path):
        log.info("console.door_is_anothers", path=str(path))
        yield
        return
    sessions: dict[Session, asyncio.Task[None]] = {}

    async def come_in(reader: StreamReader, writer: StreamWriter) -> None:
        session = Session(console, reader, writer)
        sessions[session] = asyncio.ensure_future(session.run())
        try:
            await asyncio.wait({sessions[session]})
        finally:
            del sessions[session]

    listener = _listener(path)
    inode = path.lstat().st_ino
    server = await asyncio.start_unix_server(come_in, sock=listener, limit=LONGEST_REQUEST)
    try:
        yield
    finally:
        server.close()
        with suppress(FileNotFoundError):
            if path.lstat().st_ino == inode:
                path.unlink()
        await _close(sessions)


async def _close(sessions: dict[Session, asyncio.Task[None]]) -> None:
    """Idle sessions end at once, others after their answer."""
    for session in sessions:
        session.close()
    running = set(sessions.values())
    if running:
        _, late = await asyncio.wait(running, timeout=GRACE_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)


def _listener(path: Path) -> socket.socket:
    unfinished = Path(f"{path}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(unfinished))
        unfinished.chmod(0o600)
        listener.listen()
        unfinished.rename(path)
    except BaseException:
        listener.close()
        unfinished.unlink(missing_ok=True)
        raise
    listener.setblocking(False)
    return listener
