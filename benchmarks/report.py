"""Tables for people: printed while they are made, and kept in RESULTS.md."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class Section:
    title: str
    method: str
    """What was done, in a few sentences; with the seed, where there is chance in it."""
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.header, ["---", *("---:" for _ in self.header[1:])], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n{self.method}\n\n{table}\n"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many per cent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def machine() -> str:
    """What it ran on, in a sentence."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{len(os.sched_getaffinity(0))} × {cpu}, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; a 4 kB write and sync takes "
        f"{_sync_milliseconds():.2f} ms; load when it began: {busy:.1f}."
    )


FOUND = "# How well articles are found"
"""Heading of the part that `python -m benchmarks.matching` measures, with data that is not in the repository."""


def write(sections: Sequence[Section], about: str, took: float) -> None:
    """Keep the figures, with the command that makes them."""
    _, heading, found = RESULTS.read_text().partition(FOUND)
    command = f"python -m benchmarks {' '.join(sys.argv[1:])}".strip()
    RESULTS.write_text(
        "# What it costs, and what it survives\n\n"
        f"Written by `make bench` (`{command}`) in {took / 60:.0f} minutes, "
        f"on {time.strftime('%Y-%m-%d', time.gmtime())}.\n\n{about}\n\n"
        "Desks, platform, people and PostgreSQL are processes of their own and share this machine. A ratio is the "
        "median of the ratios of runs, each to the floor measured in the same run. The floor is an aiohttp handler "
        "that stores what it got with one indexed insert and commits, in the same database with the same settings.\n\n"
        + "\n".join(str(section) for section in sections)
        + (f"\n{heading}{found}" if heading else "")
    )


def _sync_milliseconds() -> float:
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return median(taken)
