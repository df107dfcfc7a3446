"""iCalendar feeds that stand at an address: fetched with limits, checked, and kept, so that the last good copy serves while
the address does not."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

import structlog

from tickets.feeds import UnreadableFeed, parse_feed

log = structlog.get_logger()

LONGEST = 10.0
"""Seconds that one fetch may take, from the first word to the last."""

LARGEST = 5 * 1024 * 1024
"""Bytes."""

FRESH = timedelta(hours=1)
"""After this long a copy is fetched anew."""

PATIENCE = timedelta(minutes=5)
"""After this long an address that failed is tried again."""

HURRY = timedelta(seconds=20)
"""The same, where there is no earlier copy to go by."""

Clock = Callable[[], float]
"""Seconds since 1970, as files are stamped."""


@dataclass(frozen=True, slots=True)
class _Note:
    """What is known of a copy, beside it in the folder."""

    address: str
    fetched_at: float = 0.0
    tried_at: float = 0.0
    problem: str = ""
    """Why the last attempt failed; empty when it did not."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A feed as it is kept."""

    address: str
    age: timedelta
    problem: str


class Fetched:
    """The copies in one folder, which may be shared by processes."""

    def __init__(self, folder: Path | None, clock: Clock = time.time) -> None:
        self._folder = folder / "feeds" if folder else None
        self._clock = clock
        self._asked: dict[str, Path] = {}

    def __call__(self, address: str) -> Path:
        """The file with the newest copy; fetched when there is none, or none that is fresh.

        Raises:
            UnreadableFeed: there is no copy, and none could be fetched.
        """
        if self._folder is None:
            raise UnreadableFeed(f"'{address}' needs a folder for its copy: set FIRSTLINE_CACHE")
        file = self._folder / f"{hashlib.sha256(address.encode()).hexdigest()[:24]}.ics"
        self._asked[address] = file
        note = self._bring(address, file)
        if not file.exists():
            raise UnreadableFeed(f"'{address}' {note.problem}")
        return file

    @property
    def files(self) -> list[Path]:
        """Where the copies of what was asked for are, or will be."""
        return list(self._asked.values())

    def refresh(self) -> None:
        """Fetch what was asked for and is no longer fresh. A copy is written only when something has changed."""
        for address, file in self._asked.items():
            self._bring(address, file)

    def copies(self) -> Iterator[Copy]:
        """Of what was asked for."""
        for address, file in self._asked.items():
            note = _note_of(file, address)
            yield Copy(address, timedelta(seconds=max(self._clock() - note.fetched_at, 0)), note.problem)

    def _bring(self, address: str, file: Path) -> _Note:
        note, now = _note_of(file, address), self._clock()
        rest = FRESH if not note.problem else PATIENCE if file.exists() else HURRY
        if now - note.tried_at < rest.total_seconds() and (note.problem or file.exists()):
            return note
        try:
            content = _checked(_within(LONGEST, lambda: _fetch(address)))
        except _Failed as failed:
            note = replace(note, tried_at=now, problem=str(failed))
            log.warning("feed_not_fetched", problem=note.problem)
        else:
            note = _Note(address, fetched_at=now, tried_at=now)
            if not file.exists() or file.read_bytes() != content:
                _write(file, content)
        _write(file.with_suffix(".json"), json.dumps(asdict(note)).encode())
        return note


class _Failed(Exception):
    """The sentence goes on after the address."""


def _checked(content: bytes) -> bytes:
    try:
        parse_feed(content)
    except ValueError as broken:
        raise _Failed(f"is not an iCalendar: {broken}") from None
    return content


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """What `work` gives, in a thread: a server that sends a byte now and then holds up nobody for longer."""
    ends: list[bytes | _Failed] = []

    def run() -> None:
        try:
            ends.append(work())
        except _Failed as failed:
            ends.append(failed)

    thread = threading.Thread(target=run, name="feed", daemon=True)
    thread.start()
    thread.join(seconds)
    end = ends[0] if ends else _Failed(f"did not answer within {seconds:g} seconds")
    if isinstance(end, _Failed):
        raise end
    return end


def _fetch(address: str) -> bytes:
    scheme, rest = address.split(":", 1)
    url = address if scheme.lower() != "webcal" else f"https:{rest}"
    request = urllib.request.Request(url, headers={"Accept": "text/calendar", "User-Agent": "Firstline"})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=LONGEST) as answer:
            content: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as refused:
        refused.close()
        raise _Failed(f"answers {refused.code} ({refused.reason})") from None
    except (OSError, ValueError) as away:
        raise _Failed(f"cannot be fetched: {getattr(away, 'reason', None) or away}") from None
    except Exception as broken:  # a server that does not speak HTTP
        raise _Failed(f"cannot be fetched: {type(broken).__name__}") from None
    if len(content) > LARGEST:
        raise _Failed(f"is larger than {LARGEST // (1024 * 1024)} MB")
    return content


def _opener() -> urllib.request.OpenerDirector:
    """For http and https alone, also where an answer leads elsewhere."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


_OPENER = _opener()


def _note_of(file: Path, address: str) -> _Note:
    try:
        return _Note(**json.loads(file.with_suffix(".json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return _Note(address)


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: another process may be reading."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(file)
