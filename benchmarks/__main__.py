"""`make bench`: every figure that we publish, measured on real processes, next to a floor of the same run.

`python -m benchmarks [part …] [--quick] [--database sqlite|postgresql]`; all parts without `--quick` rewrite
RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Protocol

from benchmarks import cost, coverage, faults, footprint, report, slack, speed
from benchmarks.databases import Databases
from benchmarks.report import Section


class Part(Protocol):
    def __call__(self, databases: Databases, *, quick: bool) -> Awaitable[Section]: ...


PARTS: Mapping[str, Part] = {
    "killed": faults.killed,
    "contested": faults.contested,
    "takeover": faults.takeover,
    "backlog": faults.drained,
    "replied": speed.replied,
    "throughput": speed.throughput,
    "cost": cost.section,
    "slack": slack.slack,
    "footprint": footprint.footprint,
    "rules": coverage.rules,
    "sweep": coverage.sweep,
    "reviews": coverage.reviews,
}


async def run(parts: list[str], kinds: list[str], *, quick: bool) -> list[Section]:
    # PostgreSQL, when root starts it, is another user's process: the folder must let it pass
    folder = Path(tempfile.mkdtemp(prefix="firstline-bench-"))
    folder.chmod(0o755)
    databases = Databases(folder, kinds)
    sections = []
    try:
        for part in parts:
            sections.append(await PARTS[part](databases, quick=quick))
            print(f"{sections[-1]}\n", flush=True)
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)
    return sections


def main() -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the desk's own command line does
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"one of {', '.join(PARTS)}; all without")
    parser.add_argument(
        "--quick", action="store_true", help="fewer of everything: a look, no figure to publish"
    )
    parser.add_argument("--database", choices=list(report.NAMES), help="only this one")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    kinds = [asked.database] if asked.database else list(report.NAMES)
    about, began = report.machine(), time.monotonic()
    print(f"{about}\n", flush=True)
    sections = asyncio.run(run(asked.parts or list(PARTS), kinds, quick=asked.quick))
    took = time.monotonic() - began
    print(f"{took:.0f} s")
    if not asked.parts and not asked.quick and not asked.database:
        report.write(sections, about, took)
        print(f"written to {report.RESULTS}")


if __name__ == "__main__":
    main()
