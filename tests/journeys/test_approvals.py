"""Approvals: a technician asks, somebody decides in chat, and the ticket waits with the right clocks standing still."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages import OpenForm
from tests.story import Actor, Story, errors, toast
from tickets.kinds import EventKind, TicketState

MONITOR = "could I get a second monitor for my desk"
LOCKED_OUT = "I am locked out of my account"
WHAT = "A second monitor, 249 USD"


def manager(story: Story) -> Actor:
    """Hana, as a platform that tells e-mail addresses knows her."""
    hana = story.employee("hana")
    return Actor(story, replace(hana.person, email="hana@harbor.example"), hana.address)


async def asked(
    story: Story, about: str = LOCKED_OUT, who: str = "hana@harbor.example", until: str = "2026-11-25T10:00"
) -> str:
    await manager(story).says("hello")
    number = await story.opened(story.employee("maya"), about)
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    form = await dana.presses("Ask for approval…", on=number)
    assert await dana.fills(form, who=who, what=WHAT, until=until) is None
    return number


async def test_asked_and_approved(story: Story) -> None:
    number = await asked(story)
    hana, maya = manager(story), story.employee("maya")
    assert hana.last.text.replace("\\", "") == (
        "**Dana Whitfield** asks for your approval of **T-1001**, “I am locked out of my account”, from Maya Lindqvist:"
        "\n\nA second monitor, 249 USD\n\nIt waits for you. Dana Whitfield would like to know by tomorrow 12:00."
    )
    assert hana.buttons == ["Approve", "Do not approve…"]
    assert "needs the approval of Hana Suzuki, who has been asked" in maya.last.text
    card = story.card_of(number)
    assert card.status == "Dana Whitfield waits for the approval of Hana Suzuki until tomorrow 10:00"
    assert next(fact.text for fact in card.facts if fact.label == "Approval") == (
        "Hana Suzuki: asked today 10:00, asked by Dana Whitfield."
    )
    await maya.says("my tickets")
    assert "Hana Suzuki has been asked to approve it" in maya.last.text
    await story.pass_time(hours=2)
    await hana.presses("Approve")
    assert hana.last.text.replace("\\", "") == f"You have approved **{number}**: {WHAT}."
    assert hana.buttons == []
    assert maya.last.text == f"Hana Suzuki has approved {number}. Dana Whitfield goes on with it."
    assert story.thread(number)[-1] == "**Hana Suzuki approves it**."
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.assignee) == (TicketState.CLAIMED, "dana")
    (event,) = [one for one in await story.history(number) if one.kind is EventKind.APPROVED]
    assert (event.actor_name, event.data["what"]) == ("Hana Suzuki", WHAT)
    facts = {fact.label: fact.text for fact in story.card_of(number).facts}
    assert facts["Approval"] == "Hana Suzuki: approved today 12:00, asked by Dana Whitfield."


async def test_not_approved_with_a_reason(story: Story) -> None:
    number = await asked(story)
    hana = manager(story)
    form = await hana.presses("Do not approve…")
    assert errors(await hana.fills(form, word="")) == {"word": "Please fill this in."}
    await hana.fills(form, word="Ask again in January.")
    assert "You have not approved" in hana.last.text
    assert "Ask again in January" in story.thread(number)[-1]
    assert "Hana Suzuki has not approved T-1001" in story.employee("maya").last.text
    assert (await story.ticket(number)).approvals[0]["word"] == "Ask again in January."


async def test_it_stops_the_clocks_that_it_should_and_no_others(story: Story) -> None:
    number = await asked(story)
    before = await story.ticket(number)
    assert before.first_response_due is not None
    assert (before.tier_queue, before.update_due) == (None, None)  # nobody's time
    assert before.resolution_due is not None
    await story.pass_time(hours=1)
    assert any("the first reply is late" in text for text in story.thread(number))  # still owed
    await story.pass_time(hours=2)
    await manager(story).presses("Approve")
    after = await story.ticket(number)
    assert after.resolution_due is not None
    # Eight hours were left at ten; from one o'clock, six that day until seven, and two the next from seven on.
    assert after.resolution_due - before.resolution_due == timedelta(hours=15)
    assert after.tier_queue == "service-desk"


async def test_whoever_does_not_answer_is_asked_again_at_that_time(story: Story) -> None:
    number = await asked(story)
    hana = manager(story)
    count = len(hana.sees())
    await story.pass_time(days=1)
    assert len(hana.sees()) == count + 1
    assert "is still waiting for your approval" in hana.last.text
    assert any(
        "Hana Suzuki has not answered and was asked for approval again" in text
        for text in story.thread(number)
    )
    await story.pass_time(hours=5)
    assert len(hana.sees()) == count + 1
    await hana.presses("Approve")
    assert (await story.ticket(number)).state is TicketState.CLAIMED


async def test_a_technician_is_asked_by_name(story: Story) -> None:
    await story.technician("nora").says("hello")
    number = await asked(story, who="Nora Lindgren")
    nora = story.technician("nora")
    await nora.presses("Approve")
    assert (await story.ticket(number)).approvals[0]["result"] == "approved"


@pytest.mark.parametrize(
    ("who", "problem"),
    [
        ("Hana Suzuki", "I know nobody by “Hana Suzuki”"),  # anybody can call themselves that
        ("nobody@harbor.example", "I know nobody by “nobody@harbor.example”"),
        ("dana", "Somebody else must approve it"),
        ("maya@harbor.example", "Somebody else must approve it"),
        ("omar", "omar has never written to me"),
    ],
)
async def test_who_can_be_asked(story: Story, who: str, problem: str) -> None:
    maya = story.employee("maya")
    maya = Actor(story, replace(maya.person, email="maya@harbor.example"), maya.address)
    number = await story.opened(maya, LOCKED_OUT)
    dana = story.technician("dana")
    await dana.says("hello")
    await dana.presses("Claim", on=number)
    form = await dana.presses("Ask for approval…", on=number)
    assert errors(await dana.fills(form, who=who, what=WHAT, until="2026-11-25T10:00"))["who"].startswith(
        problem
    )
    assert errors(await dana.fills(form, who=who, what=WHAT, until="2026-11-23T10:00")) == {
        "until": "This must be a time in the future."
    }
    assert (await story.ticket(number)).state is TicketState.CLAIMED


async def test_only_who_is_asked_can_answer_and_only_while_it_is_asked(story: Story) -> None:
    number = await asked(story)
    hana, diego = manager(story), story.employee("diego")
    approve, reject = hana.last.buttons
    assert (
        toast(await diego.clicks(approve, diego.address))
        == "That approval is no longer asked for. Thank you."
    )
    form = await hana.clicks(reject, hana.address)
    assert isinstance(form, OpenForm)
    await story.technician("dana").presses("Resume", on=number)
    assert (await story.ticket(number)).approvals[0]["result"] == "withdrawn"
    assert toast(await hana.clicks(approve, hana.address)).startswith("That approval is no longer asked for")
    assert toast(await hana.fills(form, word="No.")).startswith("That approval is no longer asked for")
    assert EventKind.APPROVED not in [event.kind for event in await story.history(number)]


async def test_pressed_twice_it_counts_once(story: Story) -> None:
    number = await asked(story)
    hana = manager(story)
    approve = hana.last.buttons[0]
    await hana.clicks(approve, hana.address, event_id="once")
    await hana.clicks(approve, hana.address, event_id="once")
    assert toast(await hana.clicks(approve, hana.address)).startswith("That approval is no longer asked for")
    assert [event.kind for event in await story.history(number)].count(EventKind.APPROVED) == 1
