"""The clock of tests: it stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class TestClock:
    """A `Clock`; begins on Tuesday 24 November 2026 at 10:00 in Denver, when the demo company's desks are open."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("America/Denver")).astimezone(UTC)

    def __call__(self, _: datetime) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """`clock.move(hours=2)`"""
        self.now += timedelta(**by)

    def set(self, local: str, zone: str = "America/Denver") -> None:
        """`clock.set("2026-11-27 18:05")`"""
        self.now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
