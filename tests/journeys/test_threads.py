"""Both directions of the conversation about a ticket: what crosses, what stays inside, and edits that follow."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bot.demo import cast
from bot.messages import DeliveryFailed, MessageDeleted, MessageEdited, MessageReceived
from tests.story import Story
from tickets.policy import load


@pytest.fixture
async def number(story: Story) -> str:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("asdf qwer yxcv")
    if "Something else" in maya.buttons:
        await maya.presses("Something else")
    await story.technician("dana").presses("Claim", on="T-1001")
    return "T-1001"


async def test_the_thread_is_internal(story: Story, number: str) -> None:
    maya, dana = story.employee("maya"), story.technician("dana")
    before = len(maya.sees())
    await dana.says("has anybody seen this before?", at=story.thread_address(number))
    assert len(maya.sees()) == before


async def test_a_leading_angle_bracket_reaches_the_requester_and_shows_it(story: Story, number: str) -> None:
    maya, dana = story.employee("maya"), story.technician("dana")
    await dana.says("> Could you restart it?", at=story.thread_address(number))
    assert (maya.last.author, maya.last.text) == ("Dana Whitfield", "Could you restart it\\?")
    assert story.thread(number)[-1] == "Delivered to Maya Lindqvist ✓"
    assert (await story.ticket(number)).first_responded_at == story.clock.now


async def test_a_reply_that_cannot_be_delivered_is_told(story: Story, number: str) -> None:
    dana = story.technician("dana")

    def gone(delivery) -> None:  # type: ignore[no-untyped-def]
        if delivery.effect.address.route.startswith("person/"):
            raise DeliveryFailed("account deactivated", permanent=True)
        story.platform.faults.append(gone)

    story.platform.faults.append(gone)
    await dana.says("> Could you restart it?", at=story.thread_address(number))
    assert "**Not delivered** to Maya Lindqvist" in story.thread(number)[-1]


async def test_an_outsider_in_the_thread_reaches_nobody(story: Story, number: str) -> None:
    maya, diego = story.employee("maya"), story.employee("diego")
    before = len(maya.sees())
    await diego.says("> hello there", at=story.thread_address(number))
    assert len(maya.sees()) == before
    assert story.thread(number)[-1].startswith("Only technicians of the queue Service desk")


async def test_the_requester_reaches_the_thread_under_their_name(story: Story, number: str) -> None:
    await story.employee("maya").says("It also *smokes* now")
    message = story.platform.at(story.thread_address(number))[-1].effect
    assert (message.author, message.text) == ("Maya Lindqvist", "It also \\*smokes\\* now")  # type: ignore[union-attr]


async def test_edits_and_deletions_follow_to_the_thread(story: Story, number: str) -> None:
    maya = story.employee("maya")
    typed = await maya.says("It also smokes")
    await maya.edits(typed, "It does not smoke")
    assert story.thread(number) == ["It does not smoke"]
    await maya.deletes(typed)
    assert story.thread(number) == []


async def test_edits_and_deletions_follow_to_the_requester(story: Story, number: str) -> None:
    maya, dana = story.employee("maya"), story.technician("dana")
    thread = story.thread_address(number)
    typed = await dana.says("> Resart it", at=thread)
    await dana.edits(typed, "> Restart it", at=thread)
    assert maya.last.text == "Restart it"
    await dana.deletes(typed, at=thread)
    assert "Restart it" not in [message.text for message in maya.sees()]


async def test_an_edit_never_sends_what_was_internal(story: Story, number: str) -> None:
    maya, dana = story.employee("maya"), story.technician("dana")
    before = len(maya.sees())
    thread = story.thread_address(number)
    typed = await dana.says("she always does this", at=thread)
    await dana.edits(typed, "> she always does this", at=thread)
    assert len(maya.sees()) == before
    assert story.thread(number)[-1].startswith("This edit was not passed on")


async def test_nobody_changes_the_words_of_others(story: Story, number: str) -> None:
    typed = await story.employee("maya").says("It also smokes")
    await story.employee("diego").edits(typed, "hacked")
    await story.employee("diego").deletes(typed)
    assert story.thread(number) == ["It also smokes"]


async def test_the_request_itself_can_be_corrected(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    typed = await maya.says("asdf qwer yxcv")
    if "Something else" in maya.buttons:
        await maya.presses("Something else")
    await maya.edits(typed, "asdf qwer ghjk")
    assert story.card_of("T-1001").title == "T-1001 · asdf qwer ghjk"
    await maya.deletes(typed)
    assert "taken back by the requester" in story.card_of("T-1001").body


async def test_a_queue_can_turn_the_rule_round(story: Story, number: str, tmp_path: Path) -> None:
    turned = tmp_path / "firstline.toml"
    text = cast.POLICY.read_text(encoding="utf-8")
    turned.write_text(text.replace('thread_default = "internal"', 'thread_default = "requester"'))
    story.policy = load([turned])
    maya, dana = story.employee("maya"), story.technician("dana")
    await dana.says("Could you restart it?", at=story.thread_address(number))
    assert maya.last.text == "Could you restart it\\?"
    before = len(maya.sees())
    await dana.says("note: third time this month", at=story.thread_address(number))
    assert len(maya.sees()) == before


async def test_colleagues_talk_in_the_channel_itself(story: Story, number: str) -> None:
    dana = story.technician("dana")
    before = len(story.platform.messages)
    await dana.says("lunch?", at=dana.address.__class__("web", "channel/service-desk"))
    assert len(story.platform.messages) == before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
@pytest.mark.parametrize("last", ["edit", "delete"])
async def test_events_out_of_order_converge(
    story: Story, number: str, order: tuple[int, ...], last: str
) -> None:
    """Platforms promise no order: an edit or a deletion may come before the message itself."""
    maya = story.employee("maya")
    sent = story.clock.now
    known = {"person": maya.person, "address": maya.address, "message_id": "m-1"}
    written = MessageReceived(event_id="e-1", at=sent, text="It smoks", **known)  # type: ignore[arg-type]
    story.clock.move(seconds=10)
    edited = MessageEdited(event_id="e-2", at=story.clock.now, text="It smokes", **known)  # type: ignore[arg-type]
    story.clock.move(seconds=10)
    if last == "edit":
        final = MessageEdited(event_id="e-3", at=story.clock.now, text="It burns", **known)  # type: ignore[arg-type]
    else:
        final = MessageDeleted(event_id="e-3", at=story.clock.now, **known)  # type: ignore[arg-type,assignment]
    events = [written, edited, final]
    for index in order:
        await maya.sends(events[index])
        await maya.sends(events[index])  # and each is delivered twice
    assert story.thread(number) == (["It burns"] if last == "edit" else [])
