"""Moving the clock of a demonstration."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.web.clock import next_time

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("now", "weekday", "at", "expected"),
    [
        ("2026-03-02T08:00+01:00", 4, time(18, 5), "2026-03-06T18:05+01:00"),
        ("2026-03-06T18:04+01:00", 4, time(18, 5), "2026-03-06T18:05+01:00"),
        ("2026-03-06T18:05+01:00", 4, time(18, 5), "2026-03-13T18:05+01:00"),
        ("2026-03-27T20:00+01:00", 0, time(8, 0), "2026-03-30T08:00+02:00"),  # over the change to summer time
        ("2026-03-01T23:30+00:00", 0, time(8, 0), "2026-03-02T08:00+01:00"),  # already Monday in Warsaw
    ],
)
def test_the_next_time_of_a_weekday(now, weekday, at, expected):
    found = next_time(datetime.fromisoformat(now).astimezone(UTC), WARSAW, weekday, at)
    assert found == datetime.fromisoformat(expected)


async def test_the_clock_moves_by_minutes_and_to_moments(page):
    response = await page.post("/api/clock", {"minutes": 120})
    assert response.status == 200
    assert timedelta(hours=1, minutes=59) < page.bell.ahead < timedelta(hours=2, minutes=1)
    for name, weekday, clock in (("friday-evening", 4, "18:05"), ("monday-morning", 0, "08:00")):
        answer = await (await page.post("/api/clock", {"to": name})).json()
        there = datetime.fromisoformat(answer["now"]).astimezone(WARSAW)
        assert (there.weekday(), f"{there:%H:%M}") == (weekday, clock)
    await page.post("/api/clock", {"to": "2027-01-04T09:30"})
    assert abs(page.bell.now() - datetime(2027, 1, 4, 8, 30, tzinfo=UTC)) < timedelta(seconds=5)
    await page.post("/api/clock", {"to": "real"})
    assert abs(page.bell.ahead) < timedelta(seconds=2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"minutes": "5"},
        {"minutes": True},
        {"minutes": 1e18},
        {"minutes": float("nan")},
        {"minutes": float("inf")},
        {"to": 5},
        {"to": "yesterday"},
        {"to": "0001-01-01T00:00"},
        {"to": "9999-12-31T23:59"},
        {"to": "2026-13-01T00:00"},
    ],
)
async def test_nonsense_does_not_move_it(page, body):
    assert (await page.post("/api/clock", body)).status == 400
    assert page.bell.ahead == timedelta()
