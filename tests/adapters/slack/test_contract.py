"""The foundation's journeys, word for word, over Slack: one specification for every platform."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from types import ModuleType

import pytest

from tests.adapters.slack.room import Room
from tests.adapters.slack.story import SlackStory

Journey = Callable[[SlackStory], Awaitable[None]]

MODULES = tuple(
    import_module(f"tests.journeys.test_{name}")
    for name in (
        "asking",
        "from_message_to_resolved",
        "intake",
        "on_call",
        "own_tickets",
        "rounds",
        "second_thoughts",
        "secrets",
        "silence",
        "technicians",
        "threads",
        "time",
        "who_is_there",
    )
)

NOT_OVER_SLACK = {
    "test_a_requester_raises_urgency_once_with_a_reason": "it sends a form again that has closed: Slack cannot",
    "test_a_message_under_something_unknown_in_the_channel_starts_no_conversation": "its address is the web's",
}
"""Journeys that do what Slack's people cannot, and what that is."""


def journeys(module: ModuleType) -> list[tuple[str, Journey]]:
    """Those that need a story and nothing else."""
    return [
        (f"{module.__name__.rpartition('test_')[2]}: {name.removeprefix('test_').replace('_', ' ')}", journey)
        for name, journey in vars(module).items()
        if name.startswith("test_")
        and inspect.iscoroutinefunction(journey)
        and list(inspect.signature(journey).parameters) == ["story"]
        and name not in NOT_OVER_SLACK
    ]


def test_nearly_all_of_them_are_there() -> None:
    assert len(ALL) > 100


ALL = [journey for module in MODULES for journey in journeys(module)]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # on PostgreSQL they run without Slack
@pytest.mark.parametrize("room", ["http"], indirect=True)
@pytest.mark.parametrize("journey", [journey for _, journey in ALL], ids=[name for name, _ in ALL])
async def test_over_slack(room: Room, journey: Journey) -> None:
    story = SlackStory(room.database, room.clock, room.policy, room.library, room=room)
    await story.people_are_known()
    await journey(story)
