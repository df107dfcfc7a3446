"""Emoji: 🎫 makes a ticket of a message; 👀 and ✅ on a card claim and resolve, where the policy wants that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.adapters.slack.room import HELP, Room, slack_policy
from tests.slack_server.server import UNAVAILABLE, Fault
from tickets.kinds import Resolution, TicketState
from tickets.policy import load

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PROBLEM = "the laser engraver in the workshop squeaks"


@pytest.fixture
def with_shortcuts(room: Room, tmp_path: Path) -> None:
    room.policy = load([slack_policy(tmp_path, more="\nreaction_shortcuts = true")])


async def test_a_ticket_emoji_on_any_message(room: Room) -> None:
    maya, dana, jakub = room.person("maya").in_channel(HELP), room.person("dana"), room.person("jakub")
    root = await maya.says("good morning")
    reply = await maya.says(PROBLEM)
    await room.server.react(jakub.id, "ticket", reply)
    await room.server.quiet()
    await room.slack.door.close()  # type: ignore[union-attr]
    assert jakub.whispers == [
        "Only its author or a technician can make a ticket of a message. Write to me directly for one of your own."
    ]
    for _ in range(2):
        assert (await room.server.react(dana.id, "ticket", reply)).status == 200
        await room.settle()
    for _ in range(4):
        if "I have opened T-1001" in maya.last.shown:
            break
        await maya.says("Denver")
    assert (await room.ticket("T-1001")).requester_name == "Maya Lindqvist"
    assert PROBLEM in room.card("T-1001").shown
    assert maya.last.thread_ts == root.ts
    assert await room.tickets() == 1


async def test_a_message_that_cannot_be_read_is_said(room: Room) -> None:
    message, _ = await room.server.write(room.person("maya").id, HELP, "thanks")
    room.server.misbehave("conversations.replies", Fault(200, {"ok": False, "error": "missing_scope"}))
    await room.server.react(room.person("maya").id, "ticket", message)
    await room.slack.door.close()  # type: ignore[union-attr]
    assert room.person("maya").whispers[0].startswith("I cannot read that message.")


async def test_while_slack_is_away_the_emoji_is_delivered_again(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    message, _ = await room.server.write(maya.id, HELP, "thanks")
    room.server.misbehave("conversations.replies", UNAVAILABLE)
    if not room.socket:
        answer = await room.server.react(maya.id, "ticket", message)
        assert (answer.status, answer.attempts) == (200, 2)


async def test_without_the_policy_an_emoji_on_a_card_is_an_emoji(room: Room) -> None:
    number = await room.person("maya").opens_ticket(PROBLEM)
    await room.server.react(room.person("dana").id, "eyes", room.card(number))
    await room.settle()
    assert (await room.ticket(number)).state is TicketState.NEW


@pytest.mark.usefixtures("with_shortcuts")
async def test_eyes_claim_and_a_check_mark_resolves(room: Room) -> None:
    maya, dana, marcus, jakub = (room.person(name) for name in ("maya", "dana", "marcus", "jakub"))
    number = await maya.opens_ticket(PROBLEM)
    await room.server.react(jakub.id, "eyes", room.card(number))
    await room.server.react(dana.id, "eyes", room.card(number))
    await room.server.react(marcus.id, "white_check_mark", room.card(number))
    await room.settle()
    await room.slack.door.close()  # type: ignore[union-attr]
    assert jakub.whispers[0].startswith("Only technicians of the queue Service desk can do that.")
    assert marcus.whispers == [f"Dana Whitfield has {number}. Ask them, or a team lead, to pass it on."]
    assert (await room.ticket(number)).assignee == "dana"
    await room.server.react(dana.id, "white_check_mark", room.card(number))
    await room.settle()
    ticket = await room.ticket(number)
    assert (ticket.state, ticket.resolution) == (TicketState.RESOLVED, Resolution.FIXED)
    assert f"{number} is resolved" in maya.last.shown
    await room.server.react(dana.id, "brain", room.card(number))
    await room.settle()
    assert dana.whispers[-1].startswith("I am drafting an article from this ticket")


@pytest.mark.usefixtures("with_shortcuts")
async def test_a_check_mark_on_what_nobody_has_claims_it_first(room: Room) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    number = await maya.opens_ticket(PROBLEM)
    card = room.card(number)
    other = replace(card, ts="1.1")
    await room.server.react(dana.id, "white_check_mark", other)
    assert (await room.ticket(number)).state is TicketState.NEW, "another message is another message"
    await room.server.react(dana.id, "white_check_mark", card)
    await room.settle()
    ticket = await room.ticket(number)
    assert (ticket.state, ticket.assignee) == (TicketState.RESOLVED, "dana")
