"""`firstline chat` as a process: the demo company's real desk, in a pipe and in a terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.demo.cast import POLICY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FIRSTLINE = (sys.executable, "-m", "bot")
DEMO = ("chat", "--policy", "demo", "--as", "maya")
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "xterm", **more}


def pipe(folder: Path, lines: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FIRSTLINE, *(arguments or DEMO)],
        cwd=folder,
        env=environment(**more),
        input=lines,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Pane:
    """A process in a pseudo-terminal, and what stands on it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        self.modes = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.process = subprocess.Popen(
            [*FIRSTLINE, *(arguments or DEMO)],
            cwd=folder,
            env=environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        self.raw = ""

    def types(self, text: str) -> None:
        os.write(self._mine, text.encode())

    def shows(self, text: str) -> None:
        """Wait until it does, and forget everything up to there."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.raw:
            ended = self.process.poll() is not None
            self._read(0.2)
            late = ended or time.monotonic() > deadline
            assert text in self.raw or not late, f"{text!r} never came; there is {self.raw!r}"
        self.raw = self.raw.partition(text)[2]

    def ends(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.2)
        return self.process.wait(1)

    def modes_now(self) -> list[object]:
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._mine)
        os.close(self._theirs)

    def _read(self, seconds: float) -> None:
        if select.select([self._mine], [], [], seconds)[0]:
            self.raw += os.read(self._mine, 65536).decode(errors="replace")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: the folders of pytest are too deep for a socket beside the database."""
    with tempfile.TemporaryDirectory(prefix="firstline-") as made:
        yield Path(made)


@pytest.fixture
def panes() -> Iterator[list[Pane]]:
    opened: list[Pane] = []
    yield opened
    for pane in opened:
        pane.close()


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo company's desk with its page, in the folder."""
    process = subprocess.Popen(
        [*FIRSTLINE, "demo", "--port", "0"], cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        while "Firstline is open" not in process.stdout.readline():
            assert process.poll() is None
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_a_pipe_prints_the_article(folder: Path) -> None:
    ran = pipe(folder, "outlook keeps asking for my pasword\n")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Outlook keeps asking for your password\n" in ran.stdout
    assert "From the article “Outlook keeps asking for your password”" in ran.stdout
    assert "[1] That solved it  [2] Talk to a person" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_a_story_in_a_script(folder: Path) -> None:
    ran = pipe(folder, "outlook keeps asking for my pasword\n2\ndenver\n1\n/tickets\n")
    assert "I have opened T-1001 for you" in ran.stdout
    assert ran.stdout.index("I have opened T-1001") < ran.stdout.rindex("T-1001")


def test_whoever_stops_reading_stops_nothing(folder: Path) -> None:
    with subprocess.Popen(
        [*FIRSTLINE, *DEMO],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        assert talk.stderr is not None
        talk.stdout.close()
        talk.stdin.write("outlook keeps asking for my pasword\n2\ndenver\n1\n")
        talk.stdin.close()
        assert talk.stderr.read() == ""
        assert talk.wait(PATIENCE) == 0
    assert "T-1001" in pipe(folder, "/tickets\n").stdout


def test_a_running_desk_is_used_and_survives_the_talk(folder: Path) -> None:
    with serving(folder) as desk:
        assert (folder / "demo-desk" / "desk.db.sock").stat().st_mode & 0o777 == 0o600
        for _ in range(2):
            assert "From the article" in pipe(folder, "outlook keeps asking for my pasword\n").stdout
        assert desk.poll() is None
    assert not (folder / "demo-desk" / "desk.db.sock").exists()


def test_a_desk_that_was_killed_leaves_nothing_in_the_way(folder: Path) -> None:
    with serving(folder) as desk:
        desk.kill()
        desk.wait()
        assert (folder / "demo-desk" / "desk.db.sock").exists()
    assert "From the article" in pipe(folder, "outlook keeps asking for my pasword\n").stdout


def test_a_desk_without_a_door_is_named(folder: Path) -> None:
    with serving(folder):
        (folder / "demo-desk" / "desk.db.sock").unlink()
        ran = pipe(folder, "hello\n")
    assert ran.returncode == 1
    assert "Another Firstline process" in ran.stderr


def test_without_a_policy_it_says_what_to_do(folder: Path) -> None:
    ran = pipe(folder, "hello\n", "chat")
    assert ran.returncode == 1
    assert "firstline chat --policy demo" in ran.stderr
    assert "Traceback" not in ran.stderr


class TestInATerminal:
    def test_typing_while_messages_arrive_and_coming_back(self, folder: Path, panes: list[Pane]) -> None:
        panes.append(maya := Pane(folder))
        maya.shows("You are Maya Lindqvist.")
        maya.shows("> ")
        maya.types("outlook keeps asking for my pasword\rhalf a li")
        maya.shows("Talk to a person")
        maya.shows("> half a li")  # drawn again below the answer
        maya.types("\x152\r")
        maya.shows("→ Talk to a person")
        maya.shows("Which office are you in?")
        maya.types("/quit\r")
        assert maya.ends() == 0
        assert maya.modes_now() == maya.modes
        panes.append(again := Pane(folder))
        again.shows("Said before:")
        again.shows("outlook keeps asking for my pasword")
        again.shows("Which office are you in?")
        again.types("denver\r")
        again.shows("Where does it happen?")

    def test_what_is_pasted_is_one_message(self, folder: Path, panes: list[Pane]) -> None:
        panes.append(maya := Pane(folder))
        maya.shows("> ")
        maya.types("\x1b[200~outlook keeps asking\nfor my pasword\x1b[201~\r")
        maya.shows("From the article")
        maya.types("/quit\r")
        maya.ends()
        assert "From the article" not in maya.raw

    @pytest.mark.parametrize("ending", ["\x04", "\x03"], ids=["ctrl-d", "ctrl-c"])
    def test_it_can_be_left_in_the_middle_of_a_line(
        self, folder: Path, panes: list[Pane], ending: str
    ) -> None:
        panes.append(maya := Pane(folder))
        maya.shows("> ")
        if ending == "\x03":
            maya.types("half a li")
            maya.shows("half a li")
            maya.process.send_signal(signal.SIGINT)
        else:
            maya.types(ending)
        assert maya.ends() == 0
        assert maya.modes_now() == maya.modes

    def test_two_terminals_at_one_desk(self, folder: Path, panes: list[Pane]) -> None:
        with serving(folder):
            panes.append(one := Pane(folder))
            one.shows("> ")
            one.types("outlook keeps asking for my pasword\r")
            one.shows("Talk to a person")
            panes.append(two := Pane(folder))
            two.shows("Said before:")
            two.shows("Talk to a person")
            two.types("2\r")
            one.shows("Which office are you in?")
            two.types("denver\r")
            one.shows("Maya Lindqvist")
            one.shows("denver")

    def test_a_restart_of_the_desk_is_survived(self, folder: Path, panes: list[Pane]) -> None:
        with serving(folder):
            panes.append(maya := Pane(folder))
            maya.shows("> ")
        maya.shows("The desk has gone away")
        maya.types("outlook keeps asking for my pasword\r")
        with serving(folder):
            maya.shows("It is back.")
            maya.shows("From the article")
            maya.types("/quit\r")
            assert maya.ends() == 0


async def test_on_either_database(folder: Path, database_url: str) -> None:
    desk = {"DATABASE_URL": database_url, "FIRSTLINE_POLICY": str(POLICY), "XDG_RUNTIME_DIR": str(folder)}
    ran = await asyncio.to_thread(
        pipe, folder, "outlook keeps asking for my pasword\n", "chat", "--as", "Maya Lindqvist", **desk
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "From the article" in ran.stdout


async def test_the_desk_of_a_talk_stops_with_it(folder: Path) -> None:
    await asyncio.to_thread(pipe, folder, "hello\n")
    left = sorted(file.name for file in (folder / "demo-desk").iterdir())
    assert [name for name in left if re.search(r"sock|wal|shm", name)] == []
