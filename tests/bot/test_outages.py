"""What is told to colleagues as not working, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.outages import current
from tickets.kinds import Priority
from tickets.model import Ticket
from tickets.policy import Policy

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)


def ticket(number: int, **more: Any) -> Ticket:
    given = {
        "organisation": "harbor",
        "number": number,
        "requester_id": number,
        "requester_name": "Ana",
        "site": "denver",
        "platform": "web",
        "route": "x",
        "category": "network",
        "priority": Priority.P3,
        "queue": "network",
        "tier": 2,
        "subject": "secret words",
        "said": ["secret words"],
        "opened_at": NOW - timedelta(minutes=30),
    }
    return Ticket(**(given | more))


TABLE = [
    ("nothing", [], []),
    ("two are not many", [ticket(1), ticket(2)], []),
    ("three are", [ticket(1), ticket(2), ticket(3)], ["Network, Wi-Fi and VPN, Denver"]),
    ("one person three times is one", [ticket(n, requester_id=7) for n in (1, 2, 3)], []),
    ("one P1 is enough", [ticket(1, priority=Priority.P1)], ["Network, Wi-Fi and VPN, Denver"]),
    ("not at three offices", [ticket(1), ticket(2, site="warsaw"), ticket(3, site=None)], []),
    ("not over days", [ticket(n, opened_at=NOW - timedelta(days=n)) for n in (1, 2, 3)], []),
    ("not what is private", [ticket(1, category="security", priority=Priority.P1)], []),
    ("not what fits nowhere", [ticket(n, category="other") for n in (1, 2, 3)], []),
    ("not what the policy has no more", [ticket(1, category="gone", priority=Priority.P1)], []),
]


@pytest.mark.parametrize(("tickets", "titles"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_is_an_outage(policy: Policy, tickets: list[Ticket], titles: list[str]) -> None:
    harbor = policy.organisation("harbor")
    found = list(current(tickets, harbor, harbor.timezone, NOW))
    assert [one.title for one in found] == titles
    assert not any("secret" in one.text for one in found)


def test_who_has_it_is_told(policy: Policy) -> None:
    harbor = policy.organisation("harbor")
    (mine,) = current(
        [ticket(1, priority=Priority.P1, assignee="wei", assignee_name="Wei Zhang")],
        harbor,
        harbor.timezone,
        NOW,
    )
    assert mine.text == "Since today 09:30. Wei Zhang is working on it."
