"""The main story over Slack's own protocol: a question, an article that does not help, a ticket, two technicians,
a reply each way, the end, a rating."""

from __future__ import annotations

from tests.adapters.slack.room import Room
from tickets.kinds import EventKind, TicketState


async def test_outlook_keeps_asking(room: Room) -> None:
    maya, dana, marcus = room.person("maya"), room.person("dana"), room.person("marcus")

    await maya.says("outlook keeps asking for my pasword")
    assert "Outlook keeps asking for your password" in maya.last.shown
    assert "last reviewed" in maya.last.shown
    assert list(maya.last.buttons) == ["That solved it", "Talk to a person"]
    assert maya.last.thread_ts == maya.sees()[0].ts, "answered in the thread of the message"

    await maya.presses("Talk to a person")
    while "T-1001" not in maya.last.shown:  # intake asks what the category needs
        await maya.says("In the Outlook app on my laptop")
    assert "You will hear from the Service desk team by today 14:00 (Denver time)" in maya.last.shown

    card = room.card("T-1001")
    assert "New, unclaimed" in card.shown
    assert "did not help" in card.shown

    await dana.presses("Claim", on=card)
    assert "Claimed by Dana Whitfield" in room.card("T-1001").shown
    assert "Dana Whitfield has your ticket T-1001" in maya.last.shown

    await dana.presses("Reply…", on=card)
    assert dana.modal
    await dana.submits(text="Is it the *new* laptop?")
    assert maya.last.username == "Dana Whitfield"
    assert maya.last.shown == "Is it the *new* laptop?"
    assert "Delivered to Maya Lindqvist ✓" in room.thread("T-1001")

    await maya.says("Yes, since Monday")
    assert room.thread("T-1001")[-1] == "Yes, since Monday"

    in_thread = dana.in_channel(card.channel, card)
    await in_thread.says("She has the old profile")
    assert "old profile" not in maya.last.shown, "a thread is internal"
    await in_thread.says("> I am removing the old profile now")
    assert maya.last.shown == "I am removing the old profile now"

    await dana.presses("Resolve…", on=room.card("T-1001"))
    await dana.submits(reason="fixed", text="I removed the old saved password.")
    assert "T-1001 is resolved" in maya.last.shown
    await maya.presses("5 Great")
    assert maya.modal
    await maya.submits(comment="Quick!")

    ticket = await room.ticket("T-1001")
    assert (ticket.state, ticket.rating, ticket.rating_comment) == (TicketState.RESOLVED, 5, "Quick!")
    kinds = [event.kind for event in await room.history("T-1001")]
    assert kinds == [
        EventKind.OPENED,
        EventKind.CLAIMED,
        EventKind.REPLIED,
        EventKind.REQUESTER_WROTE,
        EventKind.REPLIED,
        EventKind.RESOLVED,
        EventKind.RATED,
        EventKind.RATED,
    ]
    del marcus


async def test_the_one_who_was_too_late_is_told(room: Room) -> None:
    maya, dana, marcus = room.person("maya"), room.person("dana"), room.person("marcus")
    number = await maya.opens_ticket("the laser engraver in the workshop squeaks")
    card = room.card(number)
    unclaimed = type(card)(card.channel, card.ts, card.user, card.text, list(card.blocks), bot_id=card.bot_id)
    await dana.presses("Claim", on=card)
    await marcus.presses("Claim", on=unclaimed)
    assert marcus.whispers == [f"Dana Whitfield already has {number}."]
    assert dana.whispers == []
    assert (await room.ticket(number)).assignee == "dana"
