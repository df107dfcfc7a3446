"""The sweep: what is due is noticed once, whoever looks and however many look at once; one that fails holds up nobody."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from bot.reviews import AT_ONCE, POISON_PAUSE, review_some
from tests.story import Story
from tickets import store
from tickets.database import Database
from tickets.kinds import EventKind, Priority
from tickets.model import Ticket
from tickets.policy import Policy

COUNT = 3 * AT_ONCE + 2


async def tickets(story: Story, count: int = COUNT) -> None:
    """P1 tickets of the infrastructure that were opened a quarter of an hour ago and that nobody has touched."""
    maya = story.employee("maya")
    await maya.says("hello")
    opened_at = story.clock.now - timedelta(minutes=16)
    async with story.database.transaction("harbor") as tx:
        for _ in range(count):
            number = await store.next_number(tx)
            ticket = Ticket(
                organisation="harbor",
                number=number,
                requester_id=1,
                requester_name="Maya Lindqvist",
                platform="web",
                route="person/maya/1",
                category="servers",
                priority=Priority.P1,
                queue="infrastructure",
                tier=3,
                subject="Down",
                said=["Down"],
                opened_at=opened_at,
                first_response_due=opened_at + timedelta(minutes=15),
                resolution_due=opened_at + timedelta(hours=4),
                channels=["web:channel/infrastructure"],
                next_review_at=opened_at,
            )
            await store.add(tx, ticket)


async def happened(story: Story) -> Counter[tuple[int, str, str]]:
    """How often each ticket has had each event."""
    found: Counter[tuple[int, str, str]] = Counter()
    async with story.database.reading("harbor") as tx:
        for ticket in await store.open_tickets(tx):
            for event in await store.history(tx, ticket.id or 0):
                what = str(
                    event.data.get("milestone") or event.data.get("step") or event.data.get("technician")
                )
                found[ticket.number, event.kind.value, what] += 1
    return found


async def reviewed(database: Database, story: Story) -> None:
    while await review_some(database, story.policy, story.library):
        pass


@pytest.mark.slow
async def test_each_is_noticed_once_by_several_who_look_at_once(story: Story, replica: Database) -> None:
    await tickets(story)
    await asyncio.gather(*(reviewed(database, story) for database in (story.database, replica) * 2))
    await reviewed(story.database, story)
    found = await happened(story)
    assert set(found.values()) == {1}
    assert {(kind, what) for _, kind, what in found} == {
        (EventKind.MILESTONE.value, "response_breached"),
        (EventKind.STEP_TAKEN.value, "5m remind"),
        (EventKind.STEP_TAKEN.value, "10m page servers-on-call"),
        (EventKind.PAGED.value, "tomasz"),
    }
    assert len(found) == 4 * COUNT


@pytest.mark.slow
async def test_one_that_fails_holds_up_nobody(story: Story) -> None:
    await tickets(story, 3)
    async with story.database.transaction("harbor") as tx:
        poisoned = await store.by_number(tx, 1002)
        assert poisoned is not None
        poisoned.channels = ["nowhere"]  # no address: drawing its card fails
    await reviewed(story.database, story)
    found = await happened(story)
    assert found[1001, "milestone", "response_breached"] == found[1003, "milestone", "response_breached"] == 1
    assert not any(number == 1002 for number, _, _ in found)
    async with story.database.reading("harbor") as tx:
        poisoned = await store.by_number(tx, 1002)
        assert poisoned is not None
        assert poisoned.next_review_at == story.clock.now + POISON_PAUSE


async def test_an_organisation_that_is_served_no_longer_holds_up_nobody(story: Story) -> None:
    await tickets(story, 2)
    while await review_some(story.database, Policy({}), story.library):
        pass
    async with story.database.reading("harbor") as tx:
        for ticket in await store.open_tickets(tx):
            assert ticket.next_review_at is not None
            assert ticket.next_review_at > story.clock.now
