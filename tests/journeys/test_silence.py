"""Nobody moves: a requester who does not answer, and a technician who claims and then does nothing."""

from __future__ import annotations

from tests.story import Story
from tickets.kinds import EventKind, Resolution, TicketState, WaitingFor

PRINTER = "the printer on the third floor is broken"
LOCKED_OUT = "I am locked out of my account"


async def asked(story: Story) -> str:
    """A ticket of Maya's that waits for her answer since Tuesday at ten."""
    number = await story.opened(story.employee("maya"), LOCKED_OUT)
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("The requester…", on=number), note="Which account is it?")
    return number


async def kinds(story: Story, number: str) -> list[EventKind]:
    return [event.kind for event in await story.history(number)]


# ------------------------------------------------------------------------------------------------- silent requester


async def test_reminders_then_a_closing_that_one_word_reopens(story: Story) -> None:
    number = await asked(story)
    maya = story.employee("maya")
    await story.pass_time(hours=23, minutes=59)
    assert EventKind.REMINDED not in await kinds(story, number)
    await story.pass_time(minutes=1)
    assert maya.last.text == (
        "Dana Whitfield is still waiting for your answer on **T-1001**, “I am locked out of my account”:"
        "\n\nWhich account is it\\?\n\nWithout a word from you I close it Sunday 10:00. If it works by now, just say so."
    )
    assert story.thread(number)[-1] == "*Maya Lindqvist has not answered and was reminded (1)*"
    await story.pass_time(hours=48)
    assert "I close it Sunday 10:00" in maya.last.text
    await story.pass_time(hours=47)
    assert (await story.ticket(number)).state is TicketState.WAITING
    await story.pass_time(hours=1)
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.resolution) == (TicketState.RESOLVED, Resolution.NO_ANSWER)
    assert maya.last.text == (
        "I have closed **T-1001**, since I had no answer. One word from you here until Sun 6 December 10:00 opens it "
        "again, and Dana Whitfield goes on where it stopped."
    )
    assert maya.buttons == ["I still need this"]
    assert story.card_of(number).status == "Resolved by Dana Whitfield: no answer from the requester"
    assert "in spite of 2 reminders" in story.thread(number)[-1]
    await maya.says("the VPN one")
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.assignee, ticket.reopenings) == (TicketState.CLAIMED, "dana", 1)
    assert maya.last.text == "T-1001 is open again; you will hear by tomorrow 08:00."
    assert story.thread(number)[-1] == "the VPN one"
    assert (await kinds(story, number))[-4:] == [
        EventKind.REMINDED, EventKind.RESOLVED, EventKind.REOPENED, EventKind.REQUESTER_WROTE,
    ]  # fmt: skip


async def test_a_press_reopens_it_too(story: Story) -> None:
    number = await asked(story)
    for _ in range(3):
        await story.pass_time(hours=48)
    maya = story.employee("maya")
    await maya.presses("I still need this")
    assert (await story.ticket(number)).state is TicketState.CLAIMED


async def test_an_answer_ends_the_reminders(story: Story) -> None:
    number = await asked(story)
    await story.pass_time(hours=24)
    await story.employee("maya").says("the VPN one")
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.asked_at, ticket.reminders) == (TicketState.CLAIMED, None, 0)
    await story.pass_time(days=6)
    assert (await kinds(story, number)).count(EventKind.REMINDED) == 1


async def test_asked_again_the_reminders_begin_anew(story: Story) -> None:
    number = await asked(story)
    await story.pass_time(hours=24)
    await story.employee("maya").says("the VPN one")
    dana = story.technician("dana")
    await dana.fills(await dana.presses("The requester…", on=number), note="Since when?")
    await story.pass_time(hours=24)
    assert "Since when" in story.employee("maya").last.text
    assert (await story.ticket(number)).reminders == 1


async def test_thanks_does_not_reopen_what_was_closed_in_silence(story: Story) -> None:
    number = await asked(story)
    for _ in range(3):
        await story.pass_time(hours=48)
    maya = story.employee("maya")
    await maya.says("thanks")
    assert (await story.ticket(number)).state is TicketState.RESOLVED
    await story.pass_time(days=8)
    assert (await story.ticket(number)).state is TicketState.CLOSED


async def test_after_a_week_in_which_nothing_ran_nobody_is_closed_without_a_reminder(story: Story) -> None:
    number = await asked(story)
    story.clock.move(days=9)
    await story.settle()
    await story.settle()
    assert (await kinds(story, number)).count(EventKind.REMINDED) == 1
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.waiting_for) == (TicketState.WAITING, WaitingFor.REQUESTER)
    assert "I close it Monday 10:00" in story.employee("maya").last.text


# ------------------------------------------------------------------------------------------------- claimed, but idle


async def test_what_lies_there_is_reminded_of_told_to_the_lead_and_shown(story: Story) -> None:
    number = await story.opened(story.employee("maya"), LOCKED_OUT)  # P2: 4 h and 6 h of open time
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("Reply…", on=number), text="Looking.")
    await story.pass_time(hours=4)
    assert (
        "Reminder: **Dana Whitfield**, nothing has been done with T-1001 since today 10:00; Dana Whitfield has it; "
        "the solution is due today 18:00."
    ) in story.thread(number)
    assert story.card_of(number).status == "Claimed by Dana Whitfield, nothing done since today 10:00"
    await story.pass_time(hours=2)
    told = [
        text for text in story.thread(number) if "nothing has been done with T-1001 since today 10:00" in text
    ]
    assert len(told) == 2  # and the lead
    count = len(story.thread(number))
    await dana.fills(await dana.presses("Internal note…", on=number), text="Asked the directory team.")
    assert story.card_of(number).status == "Claimed by Dana Whitfield"
    await story.pass_time(hours=1)
    assert len(story.thread(number)) == count + 1  # her note
    await story.pass_time(hours=15)  # Wednesday, 08:00: four open hours after her note
    reminded = [text for text in story.thread(number) if text.startswith("Reminder: **Dana")]
    assert len(reminded) == 2


async def test_what_waits_for_the_requester_is_not_idle(story: Story) -> None:
    number = await asked(story)
    await story.pass_time(hours=9)
    assert not any(text.startswith("Reminder") for text in story.thread(number))
    await story.employee("maya").says("the VPN one")
    assert (await story.ticket(number)).idle_since == story.clock.now


async def test_what_lies_too_long_goes_back_into_its_queue(story: Story) -> None:
    maya = story.employee("maya")
    number = await story.opened(maya, PRINTER)  # P3
    queue = (await story.ticket(number)).queue
    dana = story.technician("dana")
    await dana.presses("Claim", on=number, queue=queue)
    await story.pass_time(days=2)
    assert (await story.ticket(number)).assignee == "dana"
    await story.pass_time(days=6)
    ticket = await story.ticket(number)
    assert (ticket.state, ticket.assignee) == (TicketState.NEW, None)
    assert any(
        "Dana Whitfield has done nothing with T-1001 since" in text for text in story.thread(number, queue)
    )
    assert any("somebody else will take it" in message.text for message in maya.sees())
    assert (await kinds(story, number)).count(EventKind.RELEASED) == 1
    await story.technician("omar").presses("Claim", on=number, queue=queue)
    assert (await story.ticket(number)).assignee == "omar"
