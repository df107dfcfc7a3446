"""A requester's own tickets: seeing them, adding to them, withdrawing, reopening, rating."""

from __future__ import annotations

from bot.messages import Button
from tests.story import Story, toast
from tickets.kinds import Resolution, TicketState

VPN = "the vpn will not connect since this morning"


async def resolved(story: Story) -> str:
    number = await story.opened(story.employee("maya"), VPN)
    wei = story.technician("wei")
    await wei.presses("Claim", on=number, queue="network")
    form = await wei.presses("Resolve…", on=number, queue="network")
    await wei.fills(form, reason="fixed", text="The certificate had expired.")
    return number


async def test_my_tickets(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    asking = maya.elsewhere("2")
    await asking.says("my tickets")
    assert asking.last.text == (
        "Your tickets:\n\n- **T-1001** the vpn will not connect since this morning: "
        "nobody has claimed it yet; you will hear by today 11:00"
    )
    await asking.says("t1001?")
    assert asking.last.text.startswith("**T-1001**")
    await story.technician("wei").presses("Claim", on="T-1001", queue="network")
    await asking.commands("tickets")
    assert "Wei Zhang has it; you will hear by today 11:00" in asking.last.text
    (own,) = await story.desk.own_tickets(maya.person)
    assert (own.number, own.open, own.address) == ("T-1001", True, maya.address)


async def test_a_ticket_of_somebody_else_is_not_shown(story: Story) -> None:
    await story.opened(story.employee("maya"), VPN)
    diego = story.employee("diego")
    await diego.says("T-1001")
    assert "I find no ticket" in diego.last.text
    assert not await story.desk.own_tickets(diego.person)


async def test_writing_in_its_conversation_adds_to_the_ticket(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    before = len(maya.sees())
    await maya.says("It says error 809")
    assert story.thread("T-1001", "network")[-1] == "It says error 809"
    assert len(maya.sees()) == before  # the desk stays out of a conversation between people


async def test_withdrawing(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    await maya.presses("Withdraw")
    assert maya.last.text.startswith("I have withdrawn T-1001.")
    assert story.card_of("T-1001", "network").status == "Resolved: withdrawn by the requester"
    wei = story.technician("wei")
    refused = await wei.clicks(Button("ticket.claim", "Claim", "1"), wei.address)
    assert toast(refused) == "T-1001 was withdrawn by Maya Lindqvist in the meantime."


async def test_withdrawing_by_saying_so(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    await maya.says("you can close it")
    ticket = await story.ticket("T-1001")
    assert (ticket.state, ticket.resolution) == (TicketState.RESOLVED, Resolution.WITHDRAWN)


async def test_it_works_again_is_asked_about_before_it_is_closed(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    await maya.says("it works now")
    assert maya.last.text == "Good to hear. Shall I close T-1001?"
    await maya.presses("Yes, close it")
    assert (await story.ticket("T-1001")).state is TicketState.RESOLVED


async def test_still_broken_reopens_with_new_targets(story: Story) -> None:
    maya = story.employee("maya")
    number = await resolved(story)
    story.clock.move(days=1)
    await maya.says("still broken")
    assert (
        maya.last.text == f"{number} is open again; you will hear by tomorrow 11:00."
        or "today 11:00" in maya.last.text
    )
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.assignee, ticket.reopenings) == (TicketState.CLAIMED, "wei", 1)
    assert "reopened the ticket" in story.thread(number, "network")[-1]


async def test_thanks_does_not_reopen(story: Story) -> None:
    maya = story.employee("maya")
    number = await resolved(story)
    await maya.says("thank you so much!")
    assert maya.last.text == "You are welcome."
    assert (await story.ticket(number)).state is TicketState.RESOLVED


async def test_something_unclear_after_the_end_is_asked_about(story: Story) -> None:
    maya = story.employee("maya")
    number = await resolved(story)
    await maya.says("hmm, now Outlook keeps asking for my password")
    assert maya.last.text == f"{number} is resolved. Is it still broken, or is this something new?"
    await maya.presses("It is something new")
    assert "Outlook keeps asking for your password" in maya.last.text
    assert (await story.ticket(number)).state is TicketState.RESOLVED


async def test_the_reopen_window_ends(story: Story) -> None:
    maya = story.employee("maya")
    number = await resolved(story)
    await story.pass_time(days=8)
    assert (await story.ticket(number)).state is TicketState.CLOSED
    assert (
        toast(await maya.presses("Still broken")) == f"{number} is closed for good. Please open a new ticket."
    )
    await maya.says("outlook keeps asking for my password")
    assert "closed a while ago" in maya.sees()[-2].text
    assert "Outlook keeps asking for your password" in maya.last.text


async def test_rating_once_and_again(story: Story) -> None:
    maya = story.employee("maya")
    number = await resolved(story)
    assert maya.buttons == ["1 Poor", "2", "3", "4", "5 Great", "Still broken"]
    how_it_ended = maya.last.text.removesuffix("How was the help?")
    form = await maya.presses("2")
    assert (
        maya.last.text == f"{how_it_ended}You gave it 2 of 5. Thank you."
    )  # in place of the message with the buttons
    await maya.fills(form, comment="Slow")
    ticket = await story.ticket(number)
    assert (ticket.rating, ticket.rating_comment) == (2, "Slow")
    assert story.card_of(number, "network").facts[-1].text == "2 of 5 “Slow”"


async def test_a_rating_without_a_word(story: Story) -> None:
    number = await resolved(story)
    maya = story.employee("maya")
    await maya.fills(await maya.presses("4"))
    assert ((await story.ticket(number)).rating, (await story.ticket(number)).rating_comment) == (4, "")


async def test_nobody_else_rates_or_withdraws(story: Story) -> None:
    await story.opened(story.employee("maya"), VPN)
    diego = story.employee("diego")
    for button in (
        Button("ticket.withdraw", "", "1"),
        Button("ticket.rate", "", "1:5"),
        Button("ticket.still_broken", "", "1"),
    ):
        assert toast(await diego.clicks(button, diego.address)) == "That ticket belongs to somebody else."
    assert (await story.ticket("T-1001")).state is TicketState.NEW
