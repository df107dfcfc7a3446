"""Two clients on one desk see nothing of each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo import cast
from bot.messages import Button
from tests.story import Actor, Story, toast
from tickets.policy import load


@pytest.fixture
def two(story: Story, tmp_path: Path) -> Story:
    text = cast.POLICY.read_text(encoding="utf-8")
    other = text.replace('id = "harbor"', 'id = "quarry"', 1).replace('"web"', '"teams:quarry"', 1)
    (tmp_path / "quarry.toml").write_text(other, encoding="utf-8")
    story.policy = load([cast.POLICY, tmp_path / "quarry.toml"])
    return story


def of_quarry(actor: Actor) -> Actor:
    return Actor(
        actor.story,
        replace(actor.person, organisation="quarry"),
        actor.address.__class__("web", f"q/{actor.person.id}"),
    )


async def test_tickets_numbers_and_queues_are_apart(two: Story) -> None:
    maya, dana = two.employee("maya"), two.technician("dana")
    stranger, their_technician = of_quarry(two.employee("maya")), of_quarry(dana)
    await two.opened(maya, "qqqq wwww eeee")
    await two.opened(stranger, "rrrr tttt zzzz")
    mine = await two.desk.queue(dana.person)
    theirs = await two.desk.queue(their_technician.person)
    assert [(row.number, row.subject) for row in mine] == [("T-1001", "qqqq wwww eeee")]
    assert [(row.number, row.subject) for row in theirs] == [("T-1001", "rrrr tttt zzzz")]
    assert len(await two.desk.own_tickets(maya.person)) == 1


async def test_a_button_of_another_organisations_ticket_does_nothing(two: Story) -> None:
    await two.opened(two.employee("maya"), "qqqq wwww eeee")
    intruder = of_quarry(two.technician("dana"))
    for verb in ("claim", "release", "resume", "not_a_request", "note", "resolve", "withdraw"):
        reaction = await intruder.clicks(Button(f"ticket.{verb}", "", "1"), intruder.address)
        assert toast(reaction) == "That ticket does not exist here."
    ticket = await two.ticket("T-1001")
    assert ticket.assignee is None


async def test_the_thread_of_another_organisations_card_is_no_way_in(two: Story) -> None:
    maya = two.employee("maya")
    await two.opened(maya, "qqqq wwww eeee")
    before = len(maya.sees())
    intruder = of_quarry(two.technician("dana"))
    await intruder.says("> hello", at=two.thread_address("T-1001"))
    assert len(maya.sees()) == before
