"""Platforms deliver again, late and twice; the desk does everything once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.messages import DeliveryFailed, MessageReceived
from bot.outbox import OutboxState, listing
from tests.story import Story
from tickets import store


async def test_the_same_event_four_times_is_one_ticket_and_one_reply(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    event = MessageReceived(
        event_id="E1",
        person=maya.person,
        address=maya.address,
        at=story.clock.now,
        message_id="E1",
        text="qqqq wwww eeee",
    )
    await asyncio.gather(*(story.desk.receive(event) for _ in range(4)))
    await story.settle()
    if "Something else" in maya.buttons:
        await maya.presses("Something else")
    async with story.database.reading("harbor") as tx:
        assert len(await store.open_tickets(tx)) == 1


async def test_two_messages_of_one_person_at_once_are_both_kept(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, "qqqq wwww eeee")
    events = [
        MessageReceived(
            event_id=f"E{index}",
            person=maya.person,
            address=maya.address,
            at=story.clock.now,
            message_id=f"E{index}",
            text=f"detail {index}",
        )
        for index in range(5)
    ]
    await asyncio.gather(*(story.desk.receive(event) for event in events))
    await story.settle()
    assert sorted(story.thread("T-1001")) == [f"detail {index}" for index in range(5)]


async def test_first_contact_of_five_people_at_once(story: Story) -> None:
    people = [story.employee(name) for name in ("maya", "jakub", "aisha", "diego", "hana")]
    await asyncio.gather(
        *(
            story.desk.receive(
                MessageReceived(
                    event_id=f"hello-{person.person.id}",
                    person=person.person,
                    address=person.address,
                    at=story.clock.now,
                    message_id=f"hello-{person.person.id}",
                    text="hello",
                )
            )
            for person in people
        )
    )
    await story.settle()
    assert all(person.last.text.startswith("Hello") for person in people)


@pytest.mark.slow
async def test_the_platform_asks_for_a_pause(story: Story) -> None:
    maya = story.employee("maya")

    def busy(_: object) -> None:
        raise DeliveryFailed("too many", retry_after=2)

    story.platform.faults.append(busy)
    await maya.says("hi")
    assert maya.sees() == []
    await asyncio.sleep(2.05)
    await story.settle()
    assert maya.last.text.startswith("Hello Maya.")


@pytest.mark.slow
async def test_a_connection_that_breaks_after_the_message_arrived(story: Story) -> None:
    """The outcome is unknown: it is sent again, and the platform is told that it may be a repeat."""
    maya = story.employee("maya")

    def broken(_: object) -> None:
        raise ConnectionResetError

    story.platform.faults.append(broken)
    await maya.says("hi")
    await asyncio.sleep(1.1)
    await story.settle()
    first, second = story.platform.deliveries
    assert (first.id, first.repeat, second.repeat) == (second.id, False, True)


async def test_what_cannot_be_delivered_is_set_aside_and_said(story: Story) -> None:
    maya = story.employee("maya")

    def gone(_: object) -> None:
        raise DeliveryFailed("account deactivated", permanent=True)

    story.platform.faults.append(gone)
    await maya.says("hi")
    async with story.database.reading() as tx:
        (dead,) = await listing(tx, [OutboxState.DEAD])
    assert dead.reason == "account deactivated"
    await maya.says("hi")  # the address is not blocked by it
    assert maya.last.text.startswith("Hello Maya.")


async def test_an_event_of_nobodys_organisation_is_refused_quietly(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("hi")
    person = replace(maya.person, organisation="nowhere")
    event = MessageReceived(
        event_id="X", person=person, address=maya.address, at=story.clock.now, message_id="X", text="hi"
    )
    assert await story.desk.receive(event) is None
    assert len(maya.sees()) == 1
