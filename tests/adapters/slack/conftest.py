"""A Slack server, and a desk that is connected to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.library import Library
from tests.adapters.slack.room import EMPLOYEES, HELP, TECHNICIANS, Room, account, channel, slack_policy
from tests.clock import TestClock
from tests.slack_server.server import SlackServer
from tickets.database import Database
from tickets.policy import load


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    """A workspace with the demo company's people, its queues' channels and a help channel."""
    slack = SlackServer()
    slack.add_user(slack.team.bot_user, "Firstline", bot=True)
    for name, full in (EMPLOYEES | TECHNICIANS).items():
        slack.add_user(account(name), full, email=f"{name}@harbor.example")
    for queue in ("service-desk", "workplace", "network", "identity-security", "infrastructure"):
        slack.add_channel(channel(queue), queue)
    slack.add_channel(HELP, "it-help")
    slack.add_channel("C0RANDOM", "random", member=False)
    await slack.start()
    yield slack
    await slack.stop()


@pytest.fixture(params=[pytest.param(way, marks=pytest.mark.slow) for way in ("http", "socket")])
async def room(
    request: pytest.FixtureRequest,
    server: SlackServer,
    database: Database,
    clock: TestClock,
    library: Library,
    tmp_path: Path,
) -> AsyncIterator[Room]:
    """A desk in that workspace, by HTTP and by Socket Mode."""
    policy = load([slack_policy(tmp_path)])
    opened = Room(database, clock, library, server, policy, socket=request.param == "socket")
    await opened.open()
    yield opened
    await opened.close()
    assert not server.problems, "Slack would have refused this"


@pytest.fixture
def only_http(request: pytest.FixtureRequest) -> None:
    """Marks a test that has nothing to learn from a second transport."""
