"""What it takes to start: `firstline serve` until it answers, `firstline ask` until it has answered."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from benchmarks.databases import Databases
from benchmarks.report import NAMES, Section, median
from bot.demo import cast
from tests.end_to_end.rig import QUESTION, ROOT, free_port

BARE = "import aiohttp.web, sqlalchemy.ext.asyncio"
COMMAND = "import sys; sys.argv[1:] = {}; from bot.__main__ import main; main()"
SAY_PEAK = "import atexit, sys; atexit.register(lambda: sys.stderr.write(open('/proc/self/status').read())); "


@dataclass(frozen=True)
class Start:
    wall: float
    cpu: float
    resident: float


async def footprint(databases: Databases, *, quick: bool) -> Section:
    runs = 1 if quick else 5
    rows = []
    for kind in databases.kinds:
        async with databases.fresh(kind) as (folder, url):
            starts = [_serve(folder, url) for _ in range(runs + 1)][1:]
        rows.append(_row(f"`firstline serve`, {NAMES[kind]}", starts))
    for name, program in (
        ("`firstline ask`", COMMAND.format(["ask", QUESTION])),
        ("`firstline --help`", COMMAND.format(["--help"])),
        ("floor: a Python that has imported aiohttp and SQLAlchemy", BARE),
    ):
        rows.append(_row(name, [_run(program) for _ in range(runs + 1)][1:]))
    return Section(
        "Start and memory",
        f"Medians of {runs} starts after one to warm the disk. *serve*: until `/healthz` answers 200, resident memory at that moment. "
        "*ask*: until it has ended, the most that was resident.",
        ["", "CPU", "wall", "resident"],
        rows,
    )


def _serve(folder: Path, url: str) -> Start:
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "FIRSTLINE_POLICY": str(cast.POLICY),
        "FIRSTLINE_PORT": str(port),
    }
    began = time.perf_counter()
    with (folder / "serve.log").open("ab") as log:
        serving = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        while not _healthy(port):
            assert serving.poll() is None, (folder / "serve.log").read_text()[-2000:]
            time.sleep(0.005)
        wall = time.perf_counter() - began
        used = psutil.Process(serving.pid)
        cpu = used.cpu_times()
        return Start(wall, cpu.user + cpu.system, used.memory_info().rss / 2**20)
    finally:
        serving.terminate()
        serving.wait(20)


def _healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _run(program: str) -> Start:
    """Run Python code to its end. A child's own peak is asked for: what `wait4` says includes its parent's."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-c", SAY_PEAK + program], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode()
    assert child.returncode == 0, said
    peak = int(said.rpartition("VmHWM:")[2].split()[0])
    return Start(time.perf_counter() - began, used.ru_utime + used.ru_stime, peak / 1024)


def _row(name: str, starts: Sequence[Start]) -> list[str]:
    return [
        name,
        f"{median([start.cpu for start in starts]):.2f} s",
        f"{median([start.wall for start in starts]):.2f} s",
        f"{median([start.resident for start in starts]):.0f} MB",
    ]
