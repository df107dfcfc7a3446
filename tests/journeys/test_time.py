"""Promises: told in the requester's own zone, kept by the hours of the queue, watched, and owned up to when broken."""

from __future__ import annotations

from tests.story import Story
from tickets.kinds import EventKind, TicketState


async def opened(story: Story, by: str = "maya") -> None:
    person = story.employee(by)
    await person.says("talk to a person")
    await person.says("asdf qwer yxcv")
    if "Something else" in person.buttons:
        await person.presses("Something else")


async def test_friday_evening_counts_on_into_monday(story: Story) -> None:
    story.clock.set("2026-12-04 18:05")
    await opened(story)
    assert (
        "You will hear from the Service desk team by **Monday 10:05** (Denver time)."
        in story.employee("maya").last.text
    )


async def test_outside_hours_it_says_so(story: Story) -> None:
    story.clock.set("2026-12-04 19:30")
    await opened(story)
    assert (
        "It is 19:30, outside the hours of the Service desk team, which begin again Monday 07:00. "
        "You will hear by **Monday 11:00** (Denver time). If several people cannot work, press “It is more urgent”."
        in story.employee("maya").last.text
    )


async def test_each_reads_the_time_in_their_own_zone(story: Story) -> None:
    await opened(story, "jakub")  # 10:00 in Denver is 18:00 in Kraków; 14:00 is 22:00
    assert "**today 22:00** (Warsaw time)" in story.employee("jakub").last.text


async def test_a_holiday_is_no_working_day(story: Story) -> None:
    story.clock.set("2026-11-25 18:00")  # the day before Thanksgiving; the Friday after it is closed as well
    await opened(story)
    assert "**Monday 10:00**" in story.employee("maya").last.text


async def test_at_risk_then_late_each_said_once(story: Story) -> None:
    await opened(story)
    await story.pass_time(hours=3, minutes=1)
    assert story.thread("T-1001") == ["T-1001: the first reply is due today 14:00. Nobody has claimed it."]
    await story.pass_time(minutes=30)
    assert len(story.thread("T-1001")) == 1
    await story.pass_time(minutes=30)
    assert "**T-1001: the first reply is late** (it was due today 14:00)" in story.thread("T-1001")[-1]
    assert "We said that you would hear about T-1001 by today 14:00" in story.employee("maya").last.text
    assert story.card_of("T-1001").facts[5].text == "late since today 14:00"
    (row,) = await story.desk.queue(story.technician("dana").person)
    assert (row.clock, row.tone) == ("reply late by 1 min", "bad")
    count = len(story.platform.messages)
    await story.pass_time(minutes=30)
    assert len(story.platform.messages) == count


async def test_after_hours_of_downtime_it_is_said_once(story: Story) -> None:
    await opened(story)
    story.clock.move(hours=7)  # nobody was running
    await story.settle()
    milestones = [
        event.data["milestone"]
        for event in await story.history("T-1001")
        if event.kind is EventKind.MILESTONE
    ]
    assert milestones == ["response_breached", "tier_spent"]
    assert "This is said late: it was due today 14:00." in story.thread("T-1001")[0]


async def test_a_reply_ends_the_promise_of_a_reply(story: Story) -> None:
    await opened(story)
    dana = story.technician("dana")
    await dana.presses("Claim", on="T-1001")
    await dana.fills(await dana.presses("Reply…", on="T-1001"), text="Looking.")
    await story.pass_time(hours=6)
    assert not any("first reply" in text for text in story.thread("T-1001"))
    assert story.card_of("T-1001").facts[5].text == "done today 10:00"


async def test_the_solution_is_watched_too(story: Story) -> None:
    await opened(story)
    dana = story.technician("dana")
    await dana.presses("Claim", on="T-1001")
    await dana.fills(await dana.presses("Reply…", on="T-1001"), text="Looking.")
    story.clock.set("2026-12-01 12:00")
    await story.settle()
    assert "**T-1001: the solution is late**" in story.thread("T-1001")[-1]
    assert "Dana Whitfield" in story.thread("T-1001")[-1]


async def test_resolved_in_time_nothing_is_said(story: Story) -> None:
    await opened(story)
    dana = story.technician("dana")
    await dana.presses("Claim", on="T-1001")
    await dana.fills(await dana.presses("Resolve…", on="T-1001"), reason="fixed", text="Done.")
    count = len(story.thread("T-1001"))
    await story.pass_time(days=6)
    assert len(story.thread("T-1001")) == count
    assert (await story.ticket("T-1001")).state is TicketState.RESOLVED
    await story.pass_time(days=2)
    assert (await story.ticket("T-1001")).state is TicketState.CLOSED
    assert (await story.ticket("T-1001")).next_review_at is None
