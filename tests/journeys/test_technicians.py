"""What a technician can do with a ticket, and what is refused, always with a reason."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Button, ButtonPressed, Toast
from tests.story import Story, errors, toast
from tickets.kinds import EventKind, Priority, Resolution, TicketState

WISH = "zxcv the coffee machine wants an address"


@pytest.fixture
async def number(story: Story) -> str:
    """A ticket of Maya's that waits with the service desk."""
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("asdf qwer yxcv")
    if "Something else" in maya.buttons:
        await maya.presses("Something else")
    assert "T-1001" in maya.last.text
    return "T-1001"


async def test_the_card_says_everything(story: Story, number: str) -> None:
    card = story.card_of(number)
    assert card.title == "T-1001 · asdf qwer yxcv"
    assert {fact.label: fact.text for fact in card.facts} == {
        "Requester": "Maya Lindqvist\\, Denver",
        "Category": "Something else",
        "Priority": "P3 – Something works badly",
        "Tier": "1",
        "Opened": "today 10:00",
        "First reply": "today 14:00",
        "Solution": "Monday 10:00",
        "Budget of tier 1": "today 16:00",
    }
    labels = [item.label for item in card.buttons]
    assert labels == ["Claim", "Assign…", "Escalate…", "More"]


async def test_claim(story: Story, number: str) -> None:
    dana = story.technician("dana")
    assert await dana.presses("Claim", on=number) is None
    assert story.card_of(number).status == "Claimed by Dana Whitfield"
    assert story.card(number).revisions == 1  # drawn anew in place
    assert story.employee("maya").last.text == (
        "**Dana Whitfield** has your ticket T-1001 now and will write to you here."
    )


async def test_claiming_twice_changes_nothing(story: Story, number: str) -> None:
    dana = story.technician("dana")
    claim = story.card_of(number).buttons[0]
    assert isinstance(claim, Button)
    await dana.clicks(claim, dana.address)
    assert toast(await dana.clicks(claim, dana.address)) == "You already have T-1001."
    assert [event.kind for event in await story.history(number)] == [EventKind.OPENED, EventKind.CLAIMED]


async def test_two_who_click_at_once(story: Story, number: str) -> None:
    """Exactly one wins, and the others learn who."""
    claim = story.card_of(number).buttons[0]
    assert isinstance(claim, Button)
    people = [story.technician(name) for name in ("dana", "marcus", "ines", "tomasz")]
    reactions = await asyncio.gather(
        *(
            story.desk.receive(
                ButtonPressed(
                    event_id=f"race-{one.person.id}",
                    person=one.person,
                    address=one.address,
                    at=story.clock.now,
                    button=claim.id,
                    value=claim.value,
                )
            )
            for one in people
        )
    )
    await story.settle()
    winner = (await story.ticket(number)).assignee_name
    assert sum(reaction is None for reaction in reactions) == 1
    told = {reaction.text for reaction in reactions if isinstance(reaction, Toast)}
    assert told == {f"{winner} already has T-1001."}


async def test_a_click_that_is_delivered_again_gets_the_same_answer(story: Story, number: str) -> None:
    marcus, dana = story.technician("marcus"), story.technician("dana")
    claim = story.card_of(number).buttons[0]
    assert isinstance(claim, Button)
    await dana.clicks(claim, dana.address)
    first = await marcus.clicks(claim, marcus.address, "click-of-marcus")
    again = await marcus.clicks(claim, marcus.address, "click-of-marcus")
    assert first == again == Toast("Dana Whitfield already has T-1001.")


async def test_who_is_no_technician_of_the_queue_is_refused(story: Story, number: str) -> None:
    claim = story.card_of(number).buttons[0]
    assert isinstance(claim, Button)
    for outsider in (story.employee("diego"), story.technician("wei")):
        assert toast(await outsider.clicks(claim, outsider.address)).startswith(
            "Only technicians of the queue Service desk can do that."
        )
    assert (await story.ticket(number)).state is TicketState.NEW


async def test_assign(story: Story, number: str) -> None:
    dana = story.technician("dana")
    form = await dana.presses("Assign…", on=number)
    assert "not" not in str(await dana.fills(form, to="ines"))
    assert story.card_of(number).status == "Claimed by Inês Duarte"
    assert "**Inês Duarte** has your ticket" in story.employee("maya").last.text
    assert "Dana Whitfield assigned the ticket to Inês Duarte" in story.thread(number)[-1]
    refused = await story.technician("marcus").fills(
        await story.technician("marcus").presses("Assign…", on=number), to="marcus"
    )
    assert toast(refused) == "Inês Duarte has T-1001. Ask them, or a team lead, to pass it on."


async def test_assigning_outside_the_queue_is_explained(story: Story, number: str) -> None:
    dana = story.technician("dana")
    assert "to" in errors(await dana.fills(await dana.presses("Assign…", on=number), to="kasia"))


async def test_release(story: Story, number: str) -> None:
    marcus = story.technician("marcus")
    await marcus.presses("Claim", on=number)
    await marcus.presses("Release", on=number)
    assert story.card_of(number).status == "New, unclaimed"
    assert "is with the Service desk team again" in story.employee("maya").last.text


async def test_escalate_and_hand_back(story: Story, number: str) -> None:
    marcus, tomasz = story.technician("marcus"), story.technician("tomasz")
    await marcus.presses("Claim", on=number)
    form = await marcus.presses("Escalate…", on=number)
    await marcus.fills(form, queue="infrastructure", tried="Restarted the print server, no change.")
    left = story.card_of(number)
    assert (left.status, left.buttons) == ("Now with Infrastructure (tier 3)", ())
    moved = story.card_of(number, "infrastructure")
    assert moved.status == "New, unclaimed"
    assert "Marcus Bell\\: Restarted the print server\\, no change\\." in moved.body
    assert "has gone to the Infrastructure team" in story.employee("maya").last.text
    assert "What we promised stands" in story.employee("maya").last.text

    assert toast(await marcus.clicks(Button("ticket.claim", "", "1"), marcus.address)).startswith(
        "Only technicians"
    )
    await tomasz.presses("Claim", on=number, queue="infrastructure")
    await tomasz.fills(
        await tomasz.presses("Hand back…", on=number, queue="infrastructure"), reason="The cable was loose."
    )
    assert story.card_of(number).status == "New, unclaimed"
    assert "The cable was loose" in story.thread(number)[-1]
    ticket = await story.ticket(number)
    assert (ticket.escalations, ticket.hand_backs, ticket.tier) == (1, 1, 1)


async def test_reply_needs_words(story: Story, number: str) -> None:
    dana = story.technician("dana")
    form = await dana.presses("Claim", on=number) or await dana.presses("Reply…", on=number)
    assert errors(await dana.fills(form, text="   ")) == {"text": "Please fill this in."}


async def test_waiting_for_the_requester_stops_and_their_answer_starts_the_clock(
    story: Story, number: str
) -> None:
    dana, maya = story.technician("dana"), story.employee("maya")
    await dana.presses("Claim", on=number)
    due = (await story.ticket(number)).resolution_due
    await dana.fills(await dana.presses("The requester…", on=number), note="Which machine is it?")
    assert maya.last.text == "Dana Whitfield needs something from you for T-1001:\n\nWhich machine is it\\?"
    assert story.card_of(number).status == "Dana Whitfield waits for the requester"
    await story.pass_time(hours=2)
    await maya.says("The big one")
    ticket = await story.ticket(number)
    assert ticket.state is TicketState.CLAIMED
    assert due is not None
    assert ticket.resolution_due is not None
    assert (ticket.resolution_due - due).total_seconds() == 2 * 3600


async def test_waiting_for_a_vendor_until_a_time(story: Story, number: str) -> None:
    dana, maya = story.technician("dana"), story.employee("maya")
    await dana.presses("Claim", on=number)
    form = await dana.presses("A vendor…", on=number)
    assert errors(await dana.fills(form, who="Comcast", until="2026-11-24T09:00")) == {
        "until": "This must be a time in the future."
    }
    assert errors(await dana.fills(form, who="Comcast", until="soon")) == {
        "until": "Please give a date and a time, such as 2026-12-01T09:00."
    }
    await dana.fills(form, who="Comcast", until="2026-11-25T09:00")
    assert maya.last.text == (
        "T-1001 now waits for Comcast; we stay responsible for it. We ask again tomorrow 09:00."
    )
    assert story.card_of(number).status == "Dana Whitfield waits for Comcast until tomorrow 09:00"
    await story.pass_time(hours=24)
    assert "time to ask Comcast again" in story.thread(number)[-1]
    await dana.presses("Resume", on=number)
    assert (await story.ticket(number)).state is TicketState.CLAIMED


async def test_resolving_needs_a_reason_and_words_and_ownership(story: Story, number: str) -> None:
    dana, marcus = story.technician("dana"), story.technician("marcus")
    refused = await marcus.clicks(Button("ticket.resolve", "", "1"), marcus.address)
    assert toast(refused) == "Nobody has claimed T-1001 yet. Claim it first."
    await dana.presses("Claim", on=number)
    refused = await marcus.clicks(Button("ticket.resolve", "", "1"), marcus.address)
    assert toast(refused) == "Dana Whitfield has T-1001. Ask them, or a team lead, to pass it on."
    form = await dana.presses("Resolve…", on=number)
    assert "text" in errors(await dana.fills(form, reason="fixed", text=""))
    assert "reason" in errors(await dana.fills(form, reason="bribery", text="x"))
    await dana.fills(form, reason="workaround", text="Use the other one.")
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.resolution) == (TicketState.RESOLVED, Resolution.WORKAROUND)
    assert "there is a way around it" in story.employee("maya").last.text


async def test_a_stale_card_cannot_close_a_closed_ticket(story: Story, number: str) -> None:
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    form = await dana.presses("Resolve…", on=number)
    await dana.fills(form, reason="fixed", text="Done.")
    again = await dana.fills(form, reason="answered", text="Done again.")
    assert toast(again) == "T-1001 is resolved already, so nothing was changed."
    await story.pass_time(days=8)
    assert toast(await dana.fills(form, reason="fixed", text="And again.")) == (
        "T-1001 is closed already, so nothing was changed."
    )
    assert (await story.ticket(number)).resolution is Resolution.FIXED


async def test_a_technician_reopens(story: Story, number: str) -> None:
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("Resolve…", on=number), reason="fixed", text="Done.")
    await dana.presses("Reopen", on=number)
    assert (await story.ticket(number)).state is TicketState.CLAIMED
    assert "T-1001 is open again" in story.employee("maya").last.text


async def test_priority_and_category(story: Story, number: str) -> None:
    dana = story.technician("dana")
    await dana.fills(await dana.presses("Priority…", on=number), priority="P1")
    ticket = await story.ticket(number)
    assert ticket.priority is Priority.P1
    assert ticket.first_response_due is not None
    assert (ticket.first_response_due - ticket.opened_at).total_seconds() == 15 * 60
    same = await dana.fills(await dana.presses("Priority…", on=number), priority="P1")
    assert toast(same) == "T-1001 is like that already."
    await dana.fills(await dana.presses("Category…", on=number), category="vendors")
    assert story.card_of(number).facts[1].text == "Vendors and suppliers"


async def test_merge(story: Story, number: str) -> None:
    dana, maya, diego = story.technician("dana"), story.employee("maya"), story.employee("diego")
    await diego.says("talk to a person")
    await diego.says("asdf qwer yxcv as well")
    if "Something else" in diego.buttons:
        await diego.presses("Something else")
    form = await dana.presses("Merge into…", on="T-1002")
    assert "into" in errors(await dana.fills(form, into="T-9"))
    assert toast(await dana.fills(form, into="T-1002")) == (
        "T-1002 can only be merged into another ticket that is open."
    )
    await dana.fills(form, into="t-1001")
    assert story.card_of("T-1002").status == "Closed: merged into another ticket"
    assert "goes on there. Keep writing here." in diego.last.text
    await diego.says("any idea when?")
    assert story.thread("T-1001")[-1] == "any idea when\\?"
    assert "Diego Fuentes" in story.thread("T-1001")[0].replace("\\", "")
    assert maya.last.text.startswith("I have opened")


async def test_not_a_request(story: Story, number: str) -> None:
    dana = story.technician("dana")
    await dana.presses("Not a request", on=number)
    assert story.card_of(number).status == "Resolved by Dana Whitfield: not a request"
    maya = story.employee("maya")
    assert "did not look like a request" in maya.last.text
    await maya.presses("Still broken")
    assert (await story.ticket(number)).state is TicketState.CLAIMED


async def test_an_internal_note_stays_inside(story: Story, number: str) -> None:
    dana, maya = story.technician("dana"), story.employee("maya")
    before = len(maya.sees())
    await dana.fills(await dana.presses("Internal note…", on=number), text="Third time this month.")
    assert "Third time this month" in story.thread(number)[-1]
    assert len(maya.sees()) == before
    assert [event.kind for event in await story.history(number)][-1] is EventKind.NOTED


async def test_the_queue_is_sorted_by_what_is_due_next(story: Story, number: str) -> None:
    diego = story.employee("diego")
    await diego.says("talk to a person")
    await diego.says("qqqq wwww eeee")
    if "Something else" in diego.buttons:
        await diego.presses("Something else")
    dana = story.technician("dana")
    await dana.fills(await dana.presses("Priority…", on="T-1002"), priority="P1")
    rows = await story.desk.queue(dana.person)
    assert [row.number for row in rows] == ["T-1002", "T-1001"]
    assert rows[0].clock == "reply due in 15 min"
    assert await story.desk.queue(diego.person) == ()


async def test_a_ticket_that_does_not_exist(story: Story) -> None:
    dana = story.technician("dana")
    for value in ("4711", "", "x; DROP TABLE ticket", "-1", "9" * 30):
        assert toast(await dana.clicks(Button("ticket.claim", "", value), dana.address)) == (
            "That ticket does not exist here."
        )
