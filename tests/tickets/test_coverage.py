from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tickets.coverage import Request, route
from tickets.kinds import Priority
from tickets.policy import load

HARBOR = load([Path(__file__).parents[2] / "bot/demo/firstline.toml"]).organisation("harbor")


def local(text: str, zone: str = "America/Denver") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MONDAY_NOON = local("2026-03-02T12:00")


@pytest.mark.parametrize(
    ("category", "queue", "priority"),
    [
        ("accounts", "service-desk", Priority.P2),
        ("devices", "workplace", Priority.P3),
        ("network", "network", Priority.P2),
        ("security", "identity-security", Priority.P1),
        ("servers", "infrastructure", Priority.P1),
        ("other", "service-desk", Priority.P3),
    ],
)
def test_a_category_leads_to_its_queue_and_its_people(category: str, queue: str, priority: Priority) -> None:
    covered = route(Request("denver", category), HARBOR, MONDAY_NOON)
    assert (covered.queue.id, covered.priority) == (queue, priority)
    assert [technician.id for technician in covered.technicians] == list(covered.queue.technicians)


@pytest.mark.parametrize("category", [category.id for category in HARBOR.categories])
def test_everything_is_covered_by_somebody_and_says_why(category: str) -> None:
    covered = route(Request(None, category), HARBOR, MONDAY_NOON)
    assert covered.technicians
    assert MONDAY_NOON < covered.first_response_due <= covered.resolution_due
    assert all(reason.endswith(".") for reason in covered.because)


@pytest.mark.parametrize(
    ("category", "priority", "now", "is_open", "response_due", "resolution_due"),
    [
        # Friday 18:05 in Denver: the desk is there until seven.
        ("accounts", None, "2026-03-06T18:05", True, "2026-03-09T07:05", "2026-03-09T14:05"),
        # At five past seven it is not, and comes back on Monday, in summer time.
        ("accounts", None, "2026-03-06T19:05", False, "2026-03-09T08:00", "2026-03-09T15:00"),
        # Where many people cannot work, the clock never stops.
        ("accounts", Priority.P1, "2026-03-06T19:05", True, "2026-03-06T19:20", "2026-03-06T23:05"),
        # Christmas Eve ends at noon, and Christmas is a holiday.
        ("accounts", None, "2026-12-24T11:30", True, "2026-12-28T07:30", "2026-12-28T14:30"),
        # Three in the morning in Denver is eleven in Kraków, an hour before lunch.
        ("backup", None, "2026-03-02T03:30", True, "2026-03-02T05:15", "2026-03-03T03:30"),
    ],
)
def test_what_is_promised(
    category: str, priority: Priority | None, now: str, is_open: bool, response_due: str, resolution_due: str
) -> None:
    covered = route(Request("denver", category, priority), HARBOR, local(now))
    assert covered.open is is_open
    assert covered.first_response_due == local(response_due)
    assert covered.resolution_due == local(resolution_due)


def test_the_clock_is_the_one_in_which_the_promise_runs() -> None:
    night = local("2026-03-06T19:05")
    assert route(Request("denver", "accounts"), HARBOR, night).clock.id == "us-hours"
    assert route(Request("denver", "accounts", Priority.P1), HARBOR, night).clock.id == "around-the-clock"


def test_reasons_while_it_is_open() -> None:
    assert route(Request("denver", "devices"), HARBOR, MONDAY_NOON).because == (
        "Laptops, phones and printers goes to Workplace, tier 2.",
        "Laptops, phones and printers is usually P3.",
        "The clock runs by the calendar us-hours, which is open.",
    )


def test_reasons_at_night_for_a_category_that_the_policy_does_not_have() -> None:
    covered = route(Request("denver", "parking", Priority.P2), HARBOR, local("2026-03-06T19:05"))
    assert covered.queue.id == "service-desk"
    assert covered.because == (
        "It is covered as 'other', since the policy has no category 'parking'.",
        "Something else goes to Service desk, tier 1.",
        "P2 was asked for.",
        "The clock runs by the calendar us-hours, which opens at 2026-03-09 07:00 (America/Denver).",
    )


def test_the_same_request_at_the_same_time_is_covered_the_same() -> None:
    assert route(Request("denver", "network"), HARBOR, MONDAY_NOON) == route(
        Request("denver", "network"), HARBOR, MONDAY_NOON
    )
