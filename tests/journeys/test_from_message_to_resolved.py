"""The main story: a question, an article that does not help, a ticket, two technicians, a reply, the end, a rating."""

from __future__ import annotations

from tests.story import Story, toast
from tickets.kinds import EventKind, TicketState


async def test_outlook_keeps_asking(story: Story) -> None:
    maya, dana, marcus = story.employee("maya"), story.technician("dana"), story.technician("marcus")

    await maya.says("outlook keeps asking for my pasword")
    assert "Outlook keeps asking for your password" in maya.last.text
    assert "last reviewed" in maya.last.footnote
    assert maya.buttons == ["That solved it", "Talk to a person"]

    await maya.presses("Talk to a person")
    while "T-1001" not in maya.last.text:  # intake asks what the category needs
        await maya.says("In the Outlook app on my laptop")
    assert "You will hear from the Service desk team by **today 14:00** (Denver time)" in maya.last.text

    card = story.card_of("T-1001")
    assert card.status == "New, unclaimed"
    assert "did not help" in card.body
    assert card.facts[0].text == "Maya Lindqvist\\, Denver"

    assert await dana.presses("Claim", on="T-1001") is None
    lost = await marcus.clicks(card.buttons[0], marcus.address)
    assert toast(lost) == "Dana Whitfield already has T-1001."
    assert story.card_of("T-1001").status == "Claimed by Dana Whitfield"
    assert "**Dana Whitfield** has your ticket T-1001" in maya.last.text

    await dana.fills(await dana.presses("Reply…", on="T-1001"), text="Is it the *new* laptop?")
    assert maya.last.author == "Dana Whitfield"
    assert maya.last.text == "Is it the \\*new\\* laptop\\?"
    assert "Delivered to Maya Lindqvist ✓" in story.thread("T-1001")

    await maya.says("Yes, since Monday")
    assert story.thread("T-1001")[-1] == "Yes\\, since Monday"

    await dana.fills(
        await dana.presses("Resolve…", on="T-1001"), reason="fixed", text="I removed the old saved password."
    )
    assert "T-1001 is resolved" in maya.last.text
    await maya.fills(await maya.presses("5 Great"), comment="Quick!")
    ticket = await story.ticket("T-1001")
    assert (ticket.state, ticket.rating, ticket.rating_comment) == (TicketState.RESOLVED, 5, "Quick!")
    kinds = [event.kind for event in await story.history("T-1001")]
    assert kinds == [
        EventKind.OPENED,
        EventKind.CLAIMED,
        EventKind.REPLIED,
        EventKind.REQUESTER_WROTE,
        EventKind.RESOLVED,
        EventKind.RATED,
        EventKind.RATED,
    ]
