"""The home tab: how to ask, what does not work for many, one's own tickets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.slack import home
from bot.messages import Address, Outage, OwnTicket
from tests.adapters.slack.room import Room
from tests.slack_server import limits
from tests.slack_server.model import words
from tests.slack_server.server import HTML

PROBLEM = "the laser engraver in the workshop squeaks"


async def at_home(room: Room, name: str) -> str:
    person = room.person(name)
    assert (await room.server.open_app(person.id)).status == 200
    await room.slack.door.close()  # type: ignore[union-attr]  # what was begun beside the event has ended
    return words(room.server.views[f"home:{person.id}"]["blocks"])


async def test_home_shows_how_to_ask_and_own_tickets(room: Room) -> None:
    maya = room.person("maya")
    told = await at_home(room, "maya")
    assert "You have none." in told
    assert "For technicians" not in told
    number = await maya.opens_ticket(PROBLEM)
    told = await at_home(room, "maya")
    assert f"{number} {PROBLEM}" in told
    assert "nobody has claimed it yet" in told
    assert PROBLEM not in await at_home(room, "jakub")
    assert "For technicians" in await at_home(room, "dana")


async def test_a_request_from_home_goes_on_in_a_direct_message(room: Room) -> None:
    maya = room.person("maya")
    await at_home(room, "maya")
    await room.server.press_at_home(maya.id, "New request")
    await maya.submits(what=PROBLEM, category="other", site="Denver")
    assert "I have opened T-1001" in room.server.at(maya.home)[-1].shown


async def test_an_outage_is_told_to_colleagues_without_a_word_of_what_was_written(room: Room) -> None:
    assert "Not working" not in await at_home(room, "aisha")
    for name in ("maya", "jakub", "aisha"):
        person = room.person(name)
        await room.server.command(person.id, "new")
        await person.submits(what="the internet is gone, says Bob", category="network", site="Denver")
        await person.submits(**{"ask.kind": "The internet"})
    told = await at_home(room, "dana")
    assert "Not working for many at the moment\nNetwork, Wi-Fi and VPN, Denver" in told
    assert "The Network team has been told." in told
    assert "Bob" not in told


async def test_a_tab_that_slack_does_not_take_is_drawn_the_next_time(room: Room) -> None:
    room.server.misbehave("views.publish", HTML)
    answer = await room.server.open_app(room.person("maya").id)
    assert (answer.status, answer.attempts) == (200, 1)
    await room.slack.door.close()  # type: ignore[union-attr]
    assert "You have none." in await at_home(room, "maya")


@pytest.mark.parametrize("count", [0, 1, 50])
def test_home_stays_inside_the_limits(count: int) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    tickets = [
        OwnTicket(
            number=f"T-{number}",
            subject="<!channel> *bold* " + "long " * 100,
            status="Claimed",
            tone="neutral",
            promise="",
            opened_at=now,
            address=Address("slack", "T0HARBOR/D0MAYA/1700000000.000100"),
            open=number % 2 == 0,
        )
        for number in range(count)
    ]
    outages = [Outage("<!here> Network", "Since today.")] * count
    view = home.view(tickets, outages, staff=True, url="https://harbor.slack.com/")
    assert limits.view(view) == []
    if count:
        assert "https://harbor.slack.com/archives/D0MAYA/p1700000000000100" in str(view)
