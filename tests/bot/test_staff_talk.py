"""What technicians say about being there."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.staff_talk import Back, Out, SwapWanted, WhoAnswers, understand

DENVER = ZoneInfo("America/Denver")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DENVER).astimezone(UTC)


NOW = local("2026-11-24T10:00")  # a Tuesday


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("I'm out until Monday", "2026-11-24T10:00", "2026-11-30T00:00"),
        ("I’m out until Monday.", "2026-11-24T10:00", "2026-11-30T00:00"),
        ("out till tomorrow", "2026-11-24T10:00", "2026-11-25T00:00"),
        ("I am away until 4 January", "2026-11-24T10:00", "2027-01-04T00:00"),
        ("on vacation from 2026-12-21 until 2027-01-04", "2026-12-21T00:00", "2027-01-04T00:00"),
        ("I'll be out of office from Thursday to Monday", "2026-11-26T00:00", "2026-11-30T00:00"),
        ("off sick today", "2026-11-24T10:00", "2026-11-25T00:00"),
        ("I'm off on Friday!", "2026-11-27T00:00", "2026-11-28T00:00"),
        ("out tomorrow", "2026-11-25T00:00", "2026-11-26T00:00"),
    ],
)
def test_out(text: str, since: str, until: str) -> None:
    assert understand(text, DENVER, NOW) == Out(local(since), local(until))


@pytest.mark.parametrize("text", ["I'm back", "back", "im back again", "I am back now."])
def test_back(text: str) -> None:
    assert understand(text, DENVER, NOW) == Back()


@pytest.mark.parametrize(
    ("text", "since", "until", "who"),
    [
        ("swap Friday night with @Omar", "2026-11-27T18:00", "2026-11-28T08:00", "omar"),
        ("Swap my Friday with Omar Haddad", "2026-11-27T00:00", "2026-11-28T00:00", "omar haddad"),
        ("swap tonight with wei", "2026-11-24T18:00", "2026-11-25T08:00", "wei"),
        ("please swap 24 December with priya", "2026-12-24T00:00", "2026-12-25T00:00", "priya"),
    ],
)
def test_swaps(text: str, since: str, until: str, who: str) -> None:
    assert understand(text, DENVER, NOW) == SwapWanted(local(since), local(until), who)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("who answers now?", ""),
        ("Who is on call?", ""),
        ("who answers now for Denver network?", "denver network"),
        ("who is there for krakow servers P1", "krakow servers p1"),
    ],
)
def test_who_answers(text: str, about: str) -> None:
    assert understand(text, DENVER, NOW) == WhoAnswers(about)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "the printer is out of paper until somebody comes",
        "my account is locked out",
        "I'm out of ideas",
        "I'm out until 31 February",
        "out until 2026-01-01",
        "swap my mouse with a new one",
        "back up my files",
        "who took my laptop",
        "I'm out until Monday " + "and so on " * 20,
    ],
)
def test_what_is_about_something_else(text: str) -> None:
    assert understand(text, DENVER, NOW) is None
