"""What the desk says by itself: in the morning, in the evening, and on Mondays. Each once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.rounds import go_round, occasions
from tests.story import Story
from tickets.database import Database


async def go(story: Story, *databases: Database) -> None:
    """As several processes would, at once."""
    await asyncio.gather(*(go_round(one, story.policy, set()) for one in databases or (story.database,)))
    await story.settle()


def said(story: Story, queue: str) -> list[str]:
    return [message.text for message in story.platform.at(story.channel(queue))]


async def test_in_the_morning_a_queue_reads_what_waits(story: Story, replica: Database) -> None:
    number = await story.opened(story.employee("maya"), "asdf qwer yxcv")
    await story.technician("ines").says("I'm out until Friday")
    story.clock.set("2026-11-25 07:10")
    await go(story, story.database, replica)
    (_, summary) = said(story, "service-desk")
    assert summary.startswith(
        "**Good morning, Service desk.** 1 open, 1 unclaimed, 1 late. There today: Dana Whitfield, Marcus Bell. Away: "
    )
    assert f"**{number}** asdf qwer yxcv: nobody yet; the first reply was due yesterday 14:00" in summary
    await go(story, story.database, replica)
    assert len(said(story, "service-desk")) == 2
    assert said(story, "network")[-1].startswith("**Good morning, Network.** Nothing is open.")
    assert not said(story, "northwind-desk")  # which never closes


async def test_in_the_evening_it_reads_what_is_left(story: Story) -> None:
    number = await story.opened(story.employee("maya"), "asdf qwer yxcv")
    await story.technician("dana").presses("Claim", on=number)
    story.clock.set("2026-11-24 19:01")
    await go(story)
    assert said(story, "service-desk")[-1].startswith(
        "**Service desk closes.** 1 open, 0 unclaimed, 1 late. What was promised goes on:"
    )
    assert "Dana Whitfield; the first reply was due today 14:00" in said(story, "service-desk")[-1]
    assert said(story, "network") == []  # nothing to hand over


async def test_a_lunch_break_is_neither(story: Story) -> None:
    harbor = story.policy.organisation("harbor")
    story.clock.set("2026-11-24 12:10", "Europe/Warsaw")
    assert not [one for one in occasions(harbor, story.clock.now) if one.queue.id == "infrastructure"]
    story.clock.set("2026-11-24 13:00", "Europe/Warsaw")
    assert not [one for one in occasions(harbor, story.clock.now) if one.queue.id == "infrastructure"]
    story.clock.set("2026-11-24 08:00", "Europe/Warsaw")
    assert [one.what.name for one in occasions(harbor, story.clock.now)] == ["DAY_BEGINS"]


@pytest.mark.parametrize("hours", [1.5, 5])
async def test_after_downtime_nobody_is_told_that_the_day_began_long_ago(story: Story, hours: float) -> None:
    story.clock.set("2026-11-25 07:00")
    story.clock.now += timedelta(hours=hours)
    await go(story)
    assert said(story, "service-desk") == []


async def test_on_monday_the_desk_says_where_nobody_will_be(story: Story, replica: Database) -> None:
    story.clock.set("2026-12-21 08:20")
    await go(story, story.database, replica)
    await go(story, story.database)
    found = [
        text for text in said(story, "service-desk") if text.startswith("**Coverage in the next two weeks**")
    ]
    assert len(found) == 1
    assert "Kasia Nowak is primary and away" in found[0].replace("\\", "")
    story.clock.set("2026-11-30 08:20")
    story.clock.now -= timedelta(days=28)  # two weeks in which nothing is wrong
    await go(story)
    assert len([text for text in said(story, "service-desk") if "Coverage in" in text]) == 1
