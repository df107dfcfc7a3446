"""Feeds at an address: fetched from a real server, with limits, and the last good copy when it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot import fetched
from bot.demo.cast import POLICY
from bot.doctor import examine
from bot.fetched import FRESH, PATIENCE, Fetched
from bot.running import PolicyFiles
from bot.settings import Settings
from problems import ProblemsFound
from tickets.feeds import UnreadableFeed

CLOSED = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Acme//Days//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261210\r
SUMMARY:Moving day\r
END:VEVENT\r
END:VCALENDAR\r
"""


class Server(ThreadingHTTPServer):
    """Answers with what a test puts here."""

    daemon_threads = True
    status = 200
    content = CLOSED
    drip = 0.0
    """Seconds between two bytes."""
    location = ""
    asked = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/days.ics"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        if not self.server.drip:
            self.wfile.write(self.server.content)
            return
        for byte in self.server.content:
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return
            time.sleep(self.server.drip)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, by: timedelta) -> None:
        self.seconds += by.total_seconds()


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def feeds(tmp_path: Path, now: Now) -> Fetched:
    return Fetched(tmp_path, now)


def test_it_is_fetched_once_an_hour(server: Server, feeds: Fetched, now: Now) -> None:
    file = feeds(server.address)
    assert file.read_bytes() == CLOSED
    feeds(server.address)
    feeds.refresh()
    assert server.asked == 1
    before = file.stat().st_mtime_ns
    now.move(FRESH)
    feeds.refresh()
    assert server.asked == 2
    assert file.stat().st_mtime_ns == before  # nothing has changed, so nobody reads it again
    server.content = CLOSED.replace(b"20261210", b"20261211")
    now.move(FRESH)
    feeds.refresh()
    assert file.read_bytes() == server.content


def test_another_process_uses_the_same_copy(server: Server, feeds: Fetched, tmp_path: Path, now: Now) -> None:
    feeds(server.address)
    assert Fetched(tmp_path, now)(server.address).read_bytes() == CLOSED
    assert server.asked == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"status": 404}, "answers 404 (Not Found)"),
        ({"content": b"<html>Please sign in</html>"}, "is not an iCalendar: "),
        ({"content": CLOSED + b" " * 6_000_000}, "is larger than 5 MB"),
        ({"drip": 0.2}, "did not answer within 0.3 seconds"),
        ({"status": 302, "location": "file:///etc/passwd"}, ""),
    ],
    ids=["missing", "another page", "large", "slow", "leads to a file"],
)
def test_whatever_it_answers_the_last_good_copy_serves(
    server: Server,
    feeds: Fetched,
    now: Now,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    problem: str,
) -> None:
    file = feeds(server.address)
    for name, value in change.items():
        setattr(server, name, value)
    if "drip" in change:
        monkeypatch.setattr(fetched, "LONGEST", 0.3)
    now.move(FRESH)
    began = time.monotonic()
    assert feeds(server.address) == file
    assert time.monotonic() - began < 3
    assert file.read_bytes() == CLOSED
    (copy,) = feeds.copies()
    assert copy.age == FRESH
    assert problem in copy.problem
    assert copy.problem
    feeds.refresh()
    assert server.asked == 2  # not again at once
    server.status, server.content, server.drip, server.location = 200, CLOSED, 0.0, ""
    now.move(PATIENCE)
    feeds.refresh()
    assert [(one.age, one.problem) for one in feeds.copies()] == [(timedelta(), "")]


def test_without_a_copy_it_says_why(server: Server, feeds: Fetched) -> None:
    server.status = 500
    with pytest.raises(UnreadableFeed, match=r"days\.ics' answers 500 \(Internal Server Error\)"):
        feeds(server.address)
    with pytest.raises(UnreadableFeed, match=r"cannot be fetched: "):
        feeds("http://127.0.0.1:9/nobody.ics")
    with pytest.raises(UnreadableFeed, match="set FIRSTLINE_CACHE"):
        Fetched(None)(server.address)


def fetched_day(day: int) -> datetime:
    """Midnight in Denver."""
    return datetime(2026, 12, day, 7, tzinfo=UTC)


def with_feed(folder: Path, address: str) -> Path:
    text = POLICY.read_text(encoding="utf-8")
    name = 'id = "us-hours" '
    assert name in text
    file = folder / "firstline.toml"
    file.write_text(text.replace(name, f'id = "us-hours"\nclosed_from = "{address}" ', 1), encoding="utf-8")
    return file


def test_a_running_desk_follows_the_address(server: Server, feeds: Fetched, now: Now, tmp_path: Path) -> None:
    file = with_feed(tmp_path, server.address)
    policy = PolicyFiles(lambda: [file], feeds)

    def open_hours(day: int) -> float:
        calendar = policy.current.organisation("harbor").calendar("us-hours")
        start = fetched_day(day)
        return calendar.elapsed(start, start + timedelta(days=1)).total_seconds() / 3600

    assert (open_hours(10), open_hours(11)) == (0, 12)
    server.content = CLOSED.replace(b"20261210", b"20261211")
    policy.reload()
    assert (open_hours(10), open_hours(11)) == (0, 12)
    now.move(FRESH)
    policy.reload()
    assert (open_hours(10), open_hours(11)) == (12, 0)


def test_an_edit_whose_address_does_not_answer_waits_until_it_does(
    server: Server, feeds: Fetched, now: Now, tmp_path: Path
) -> None:
    file = tmp_path / "firstline.toml"
    file.write_bytes(POLICY.read_bytes())
    policy = PolicyFiles(lambda: [file], feeds)
    server.status = 503
    with_feed(tmp_path, server.address)
    policy.reload()
    (problem,) = policy.problems
    assert "calendar.closed_from" in str(problem)
    assert "answers 503" in str(problem)
    server.status = 200
    now.move(PATIENCE)
    policy.reload()
    assert not policy.problems
    assert len(policy.current.feeds) == 1


@pytest.mark.slow
async def test_doctor_tells_how_old_a_copy_is_and_why(server: Server, tmp_path: Path) -> None:
    settings = Settings(
        firstline_policy=with_feed(tmp_path, server.address),
        firstline_cache=tmp_path / "cache",
        database_url=f"sqlite+aiosqlite:///{tmp_path}/none.db",
    )
    found = [one for one in await examine(settings) if one.subject == "Calendars"]
    assert [(one.ok, one.sentence) for one in found] == [(True, f"{server.address} was fetched 1 min ago.")]
    server.status = 404
    hour_ago = Now()
    hour_ago.seconds = time.time() - FRESH.total_seconds()
    for note in (tmp_path / "cache" / "feeds").glob("*.json"):
        note.unlink()
    (tmp_path / "cache" / "feeds").joinpath("x").touch()
    (one,) = [one for one in await examine(settings) if one.subject == "Calendars"]
    assert not one.ok
    assert "answers 404 (Not Found); the copy fetched" in one.sentence


def test_a_policy_without_the_copy_is_refused(server: Server, feeds: Fetched, tmp_path: Path) -> None:
    server.content = b"hello"
    file = with_feed(tmp_path, server.address)
    with pytest.raises(ProblemsFound, match=r"calendar\.closed_from: .* is not an iCalendar"):
        PolicyFiles(lambda: [file], feeds)
