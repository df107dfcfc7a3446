"""The messages of the platforms that we host ourselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.mailbox import OVERLAP, PAGE, DatabaseMailbox, MailboxMessage
from bot.messages import Address, Button, Card, Delivered, Delivery, Effect, Person, Retract, Say, ShowCard
from tests.clock import TestClock
from tickets.database import Database

ANA = Person("harbor", "web", "ana", "Ana Ortiz")
ERIK = Person("harbor", "web", "erik", "Erik Lund")
HERE = Address("web", "person/ana/1")
CHANNEL = Address("web", "channel/service-desk")


@pytest.fixture
def mailbox(database: Database) -> DatabaseMailbox:
    return DatabaseMailbox(database)


def delivery(
    effect: Effect, id_: str = "harbor.1", posted: str | None = None, organisation: str = "harbor"
) -> Delivery:
    return Delivery(id=id_, organisation=organisation, effect=effect, posted=posted)


def say(text: str, at: Address = HERE) -> Say:
    return Say(address=at, text=text, buttons=(Button("person", "Talk to a person"),))


async def contents(
    mailbox: DatabaseMailbox, at: Address = HERE, organisation: str = "harbor"
) -> list[object]:
    return [
        message.content.text if isinstance(message.content, Say) else message.content
        for message in await mailbox.read(organisation, at)
        if not message.deleted
    ]


class TestDeliver:
    async def test_posts(self, mailbox: DatabaseMailbox, clock: TestClock) -> None:
        assert await mailbox.deliver(delivery(say("hello"))) == Delivered(
            "harbor.1", Address("web", "person/ana/1/harbor.1")
        )
        (message,) = await mailbox.read("harbor", HERE)
        assert (message.id, message.address, message.author, message.author_id) == ("harbor.1", HERE, "", "")
        assert (message.content, message.at, message.revision, message.deleted) == (
            say("hello"),
            clock.now,
            0,
            False,
        )

    async def test_a_repeat_changes_nothing(self, mailbox: DatabaseMailbox) -> None:
        first = await mailbox.deliver(delivery(say("hello")))
        again = await mailbox.deliver(replace(delivery(say("hello")), repeat=True))
        assert again == first
        (message,) = await mailbox.read("harbor", HERE)
        assert message.revision == 0

    async def test_updates_in_place(self, mailbox: DatabaseMailbox, clock: TestClock) -> None:
        card = ShowCard(address=CHANNEL, key="ticket:1", card=Card("T-1001", "New"))
        first = await mailbox.deliver(delivery(card))
        posted_at = clock.now
        clock.move(minutes=5)
        claimed = replace(card, card=Card("T-1001", "Claimed"))
        second = await mailbox.deliver(delivery(claimed, "harbor.2", posted=first.message_id))
        assert second == first
        (message,) = await mailbox.read("harbor", CHANNEL)
        assert (message.id, message.content, message.revision, message.at) == (
            "harbor.1",
            claimed,
            1,
            posted_at,
        )

    async def test_retracts(self, mailbox: DatabaseMailbox) -> None:
        posted = (await mailbox.deliver(delivery(say("typo")))).message_id
        await mailbox.deliver(delivery(Retract(address=HERE, key="message:1"), "harbor.2", posted))
        (message,) = await mailbox.read("harbor", HERE)
        assert (message.deleted, message.revision) == (True, 1)

    async def test_retracts_what_was_never_posted(self, mailbox: DatabaseMailbox) -> None:
        end = await mailbox.deliver(delivery(Retract(address=HERE, key="message:1"), "harbor.2"))
        assert end.message_id == "harbor.2"
        assert await mailbox.read("harbor", HERE) == []

    async def test_cannot_touch_what_a_person_wrote(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "mine")
        await mailbox.deliver(delivery(say("ours"), posted="m1"))
        await mailbox.deliver(delivery(Retract(address=HERE, key="k"), posted="m1"))
        assert await contents(mailbox) == ["mine"]

    async def test_cannot_touch_another_organisations(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.deliver(delivery(say("theirs"), "acme.1", organisation="acme"))
        await mailbox.deliver(delivery(say("ours"), posted="acme.1"))
        assert await contents(mailbox, organisation="acme") == ["theirs"]
        assert await contents(mailbox) == []


class TestWrite:
    async def test_keeps_what_a_person_typed(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "żółw <b> 🐢")
        (message,) = await mailbox.read("harbor", HERE)
        assert (message.author, message.author_id, message.content) == ("Ana Ortiz", "ana", "żółw <b> 🐢")

    async def test_the_same_id_again_changes_the_text(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "helo")
        await mailbox.write(ANA, HERE, "m1", "hello")
        (message,) = await mailbox.read("harbor", HERE)
        assert (message.content, message.revision) == ("hello", 1)

    async def test_a_retry_at_the_same_time_is_one_message(self, mailbox: DatabaseMailbox) -> None:
        await asyncio.gather(*(mailbox.write(ANA, HERE, "m1", "hello") for _ in range(4)))
        assert await contents(mailbox) == ["hello"]

    async def test_nobody_changes_or_erases_anothers_message(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "mine")
        await mailbox.write(ERIK, HERE, "m1", "not yours")
        await mailbox.erase(ERIK, HERE, "m1")
        await mailbox.erase(replace(ANA, organisation="acme"), HERE, "m1")
        await mailbox.deliver(delivery(say("the desk's")))
        await mailbox.erase(ANA, HERE, "harbor.1")
        await mailbox.erase(replace(ANA, id=""), HERE, "m1")
        assert sorted(map(str, await contents(mailbox))) == ["mine", "the desk's"]

    async def test_erases_ones_own(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "secret")
        await mailbox.erase(ANA, HERE, "m1")
        await mailbox.erase(ANA, HERE, "never was")
        (message,) = await mailbox.read("harbor", HERE)
        assert message.deleted


class TestRead:
    async def test_is_oldest_first(self, mailbox: DatabaseMailbox, clock: TestClock) -> None:
        for number in range(12):
            await mailbox.deliver(delivery(say(f"{number}"), f"harbor.{number}"))
            clock.move(seconds=1)
        assert await contents(mailbox) == [f"{number}" for number in range(12)]

    async def test_ends_at_a_page_of_the_newest(self, mailbox: DatabaseMailbox, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            tx.session.add_all(
                MailboxMessage(
                    id=f"{number}",
                    organisation="harbor",
                    platform="web",
                    route=HERE.route,
                    content={"kind": "text", "text": f"{number}"},
                    at=tx.now,
                    put_at=tx.database_now + timedelta(seconds=number),
                    changed_at=tx.database_now,
                )
                for number in range(PAGE + 3)
            )
        found = await contents(mailbox)
        assert (len(found), found[0], found[-1]) == (PAGE, "3", f"{PAGE + 2}")

    async def test_below_has_the_threads_too_and_nothing_beside(self, mailbox: DatabaseMailbox) -> None:
        routes = [
            "channel/a",
            "channel/a/m1",
            "channel/a/m1/deeper",
            "channel/ab",
            "channel/a_",
            "channel/A/m1",
            "channel/%/m1",
            "channel/a%2Fm1",
            "channel/b/channel/a/m1",
        ]
        for number, route in enumerate(routes):
            await mailbox.write(ANA, Address("web", route), f"m{number}", route)

        async def below(route: str, platform: str = "web") -> list[object]:
            found = await mailbox.read("harbor", Address(platform, route), below=True)
            return sorted(str(message.content) for message in found)

        assert await below("channel/a") == ["channel/a", "channel/a/m1", "channel/a/m1/deeper"]
        assert await below("channel/A") == ["channel/A/m1"]
        assert await below("channel/_") == []
        assert await below("channel/%") == ["channel/%/m1"]
        assert await below("channel/a", "console") == []
        assert await contents(mailbox, Address("web", "channel/a")) == ["channel/a"]

    async def test_of_another_organisation_is_empty(self, mailbox: DatabaseMailbox) -> None:
        await mailbox.write(ANA, HERE, "m1", "hello")
        assert await mailbox.read("acme", HERE, below=True) == []

    async def test_since_an_instant_has_what_changed_after_it(
        self, mailbox: DatabaseMailbox, database: Database
    ) -> None:
        for id_ in ("old", "edited", "erased"):
            await mailbox.write(ANA, HERE, id_, id_)
        async with database.transaction() as tx:
            looked = tx.database_now
            long_ago = looked - OVERLAP - timedelta(seconds=1)
            await tx.session.execute(update(MailboxMessage).values(changed_at=long_ago))
        await mailbox.write(ANA, HERE, "edited", "edited!")
        await mailbox.erase(ANA, HERE, "erased")
        await mailbox.write(ANA, HERE, "young", "young")
        changed = await mailbox.read("harbor", HERE, since=looked)
        assert {message.id: (message.content, message.deleted) for message in changed} == {
            "edited": ("edited!", False),
            "erased": ("erased", True),
            "young": ("young", False),
        }

    async def test_since_looks_back_a_little_for_what_was_committed_late(
        self, mailbox: DatabaseMailbox, database: Database
    ) -> None:
        await mailbox.write(ANA, HERE, "late", "late")
        async with database.transaction() as tx:
            looked = tx.database_now
            begun = looked - OVERLAP + timedelta(seconds=1)
            await tx.session.execute(update(MailboxMessage).values(changed_at=begun))
        assert [message.id for message in await mailbox.read("harbor", HERE, since=looked)] == ["late"]


async def test_what_a_newer_version_wrote_is_left_to_its_own_pages(
    mailbox: DatabaseMailbox, database: Database
) -> None:
    """A rolling update: one message that this version cannot read takes none of the others along."""
    await mailbox.deliver(delivery(say("one"), "harbor.1"))
    await mailbox.deliver(delivery(say("two"), "harbor.2"))
    async with database.transaction("harbor") as tx:
        newer = update(MailboxMessage).where(col(MailboxMessage.id) == "harbor.1")
        await tx.session.execute(newer.values(content={"kind": "Hologram", "depth": 3}))
    assert await contents(mailbox) == ["two"]


async def test_the_order_is_that_in_which_they_came(mailbox: DatabaseMailbox, clock: TestClock) -> None:
    """Somebody who moves the demonstration's clock back does not write above what is there."""
    await mailbox.deliver(delivery(say("on Monday"), "harbor.1"))
    clock.now -= timedelta(days=3)
    await mailbox.deliver(delivery(say("on the Friday before"), "harbor.2"))
    assert await contents(mailbox) == ["on Monday", "on the Friday before"]
    await mailbox.deliver(delivery(say("on Monday, edited"), "harbor.3", posted="harbor.1"))
    assert await contents(mailbox) == ["on Monday, edited", "on the Friday before"]


async def test_below_an_address_is_itself_and_its_threads(mailbox: DatabaseMailbox) -> None:
    """Whatever the names begin with and whatever alphabet they are written in."""
    inside = ["c/a", "c/a/1", "c/a/zażółć", "c/a/~", "c/a/0"]
    outside = ["c/A/1", "c/a0", "c/a-1", "c/a!", "c/ab/1", "c/", "c"]
    for number, route in enumerate([*inside, *outside]):
        await mailbox.deliver(delivery(say(route, Address("web", route)), f"harbor.{number}"))
    found = await mailbox.read("harbor", Address("web", "c/a"), below=True)
    assert sorted(message.address.route for message in found) == sorted(inside)
