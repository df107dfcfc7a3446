"""People, conversations, what was said in them, and events that are delivered more than once or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from bot import conversations
from bot.codec import to_json
from bot.conversations import Conversation, Message, PersonRow, SeenEvent
from bot.messages import Address, ButtonPressed, MessageReceived, Person, Toast
from tests.clock import TestClock
from tickets.database import Conflict, Database, Transaction
from tickets.kinds import Priority
from tickets.model import Ticket

NOW = TestClock().now
ANA = Person("harbor", "web", "ana", "Ana Ortiz", "ana@harbor.test", "en", "America/Denver")
HERE = Address("web", "person/ana/1")
Result = TypeVar("Result")


def written(text: str = "hello", event_id: str = "e1", person: Person = ANA) -> MessageReceived:
    return MessageReceived(
        event_id=event_id, person=person, address=HERE, at=NOW, message_id=f"m-{event_id}", text=text
    )


def pressed(event_id: str = "e1", person: Person = ANA) -> ButtonPressed:
    return ButtonPressed(event_id=event_id, person=person, address=HERE, at=NOW, button="claim", value="7")


async def handle(database: Database, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """As the desk does: what met another in the same moment is done once more."""
    for _ in range(10):
        try:
            async with database.transaction("harbor") as tx:
                return await work(tx)
        except Conflict:
            continue
    raise AssertionError("it never came to an end")


async def count(database: Database, table: type[SQLModel]) -> int:
    async with database.reading() as tx:
        return (await tx.session.execute(select(func.count()).select_from(table))).scalar() or 0


class TestEvents:
    async def test_one_that_comes_four_times_at_once_is_handled_once(
        self, database: Database, replica: Database
    ) -> None:
        handled = []

        async def receive(at: Database) -> str:
            event = pressed()
            async with at.transaction("harbor") as tx:
                if not await conversations.first_sight(tx, event):
                    stored = await conversations.reaction_of(tx, event)
                    assert stored
                    return str(stored["text"])
                await asyncio.sleep(0.02)
                handled.append(event)
                await conversations.remember_reaction(tx, event, to_json(Toast("You have it.")))
                return "You have it."

        answers = await asyncio.gather(*(receive((database, replica)[turn % 2]) for turn in range(4)))
        assert answers == ["You have it."] * 4
        assert len(handled) == 1
        assert await count(database, SeenEvent) == 1

    async def test_one_whose_handling_failed_is_new_again(self, database: Database) -> None:
        async def receive(*, fail: bool) -> bool:
            async with database.transaction("harbor") as tx:
                new = await conversations.first_sight(tx, written())
                if fail:
                    raise LookupError
                return new

        with pytest.raises(LookupError):
            await receive(fail=True)
        assert await receive(fail=False)
        assert not await receive(fail=False)

    async def test_ids_are_each_platforms_and_each_organisations_own(self, database: Database) -> None:
        for organisation, platform in (("harbor", "web"), ("harbor", "slack"), ("acme", "web")):
            person = replace(ANA, organisation=organisation, platform=platform)
            async with database.transaction(organisation) as tx:
                assert await conversations.first_sight(tx, pressed(person=person))
                await conversations.remember_reaction(tx, pressed(person=person), to_json(Toast(platform)))
        async with database.transaction("harbor") as tx:
            assert await conversations.reaction_of(tx, pressed()) == {"kind": "Toast", "text": "web"}
            assert await conversations.reaction_of(tx, pressed("e2")) is None

    async def test_one_without_a_reaction_gets_none_again(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await conversations.first_sight(tx, written())
            assert await conversations.reaction_of(tx, written()) is None

    async def test_are_forgotten_after_a_while(self, database: Database, clock: TestClock) -> None:
        async with database.transaction("harbor") as tx:
            await conversations.first_sight(tx, written("old", "e1"))
        clock.move(days=1)
        async with database.transaction("harbor") as tx:
            await conversations.first_sight(tx, written("young", "e2"))
        async with database.transaction() as tx:
            await conversations.forget_events(tx, NOW + timedelta(hours=1))
        async with database.transaction("harbor") as tx:
            assert not await conversations.first_sight(tx, written("young", "e2"))
            assert await conversations.first_sight(tx, written("old", "e1"))


class TestPeople:
    async def test_are_made_at_first_sight(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            assert await conversations.known(tx, ANA) is None
            made = await conversations.recognise(tx, ANA)
        async with database.transaction("harbor") as tx:
            found = await conversations.known(tx, ANA)
            assert found
            assert found.id == made.id
            assert (found.account, found.name, found.email, found.locale, found.timezone, found.site) == (
                "ana",
                "Ana Ortiz",
                "ana@harbor.test",
                "en",
                "America/Denver",
                None,
            )

    async def test_follow_what_the_platform_says_and_keep_what_it_leaves_out(
        self, database: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            row = await conversations.recognise(tx, ANA)
            row.site = "denver"
        async with database.transaction("harbor") as tx:
            await conversations.recognise(
                tx, replace(ANA, name="Ana Ortiz-Lee", email=None, timezone=None, locale="pl")
            )
        async with database.transaction("harbor") as tx:
            found = await conversations.recognise(tx, replace(ANA, name="Ana Ortiz-Lee", locale="pl"))
            assert (found.name, found.email, found.locale, found.timezone, found.site) == (
                "Ana Ortiz-Lee",
                "ana@harbor.test",
                "pl",
                "America/Denver",
                "denver",
            )

    async def test_are_made_once_by_simultaneous_messages(
        self, database: Database, replica: Database
    ) -> None:
        async def meet(tx: Transaction) -> int | None:
            return (await conversations.recognise(tx, ANA)).id

        ids = await asyncio.gather(*(handle((database, replica)[turn % 2], meet) for turn in range(6)))
        assert len(set(ids)) == 1
        assert await count(database, PersonRow) == 1

    async def test_of_the_same_account_elsewhere_are_others(self, database: Database) -> None:
        ids = set()
        for organisation, platform in (("harbor", "web"), ("harbor", "slack"), ("acme", "web")):
            async with database.transaction(organisation) as tx:
                person = replace(ANA, organisation=organisation, platform=platform)
                ids.add((await conversations.recognise(tx, person)).id)
        assert len(ids) == 3

    async def test_may_have_a_name_that_no_database_can_keep(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            row = await conversations.recognise(tx, replace(ANA, name="A\x00na \ud83d\u202eOrtiz"))
        assert row.name == "Ana Ortiz"
        async with database.transaction("harbor") as tx:
            again = await conversations.recognise(tx, replace(ANA, name="A\x00na \ud83dOrtiz"))
            assert again.name == "Ana Ortiz"


class TestConversations:
    async def test_is_one_per_address(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            person = await conversations.recognise(tx, ANA)
            assert await conversations.find(tx, HERE) is None
            made = await conversations.conversation_at(tx, HERE, person)
            assert (made.address, made.dialog, made.last_at) == (HERE, {}, NOW)
        async with database.transaction("harbor") as tx:
            person = await conversations.recognise(tx, ANA)
            again = await conversations.conversation_at(tx, HERE, person)
            other = await conversations.conversation_at(tx, Address("web", "person/ana/2"), person)
            assert again.id == made.id
            assert other.id is None

    async def test_two_messages_at_once_are_handled_one_after_the_other(
        self, database: Database, replica: Database
    ) -> None:
        """Both are kept, whichever comes first; neither handles the dialog as it was before the other."""

        def say(text: str) -> Callable[[Transaction], Awaitable[None]]:
            async def said(tx: Transaction) -> None:
                person = await conversations.recognise(tx, ANA)
                conversation = await conversations.conversation_at(tx, HERE, person)
                before = list(conversation.dialog.get("said", []))
                await asyncio.sleep(0.01)
                conversation.dialog = {"said": [*before, text]}

            return said

        await asyncio.gather(*(handle((database, replica)[turn % 2], say(f"{turn}")) for turn in range(6)))
        async with database.transaction("harbor") as tx:
            conversation = await conversations.find(tx, HERE)
            assert conversation
            assert sorted(conversation.dialog["said"]) == [f"{turn}" for turn in range(6)]
        assert await count(database, Conversation) == 1

    async def test_of_another_organisation_is_not_found(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            person = await conversations.recognise(tx, ANA)
            await conversations.conversation_at(tx, HERE, person)
        async with database.transaction("acme") as tx:
            assert await conversations.find(tx, HERE) is None

    async def test_follow_their_ticket_when_it_is_merged(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            person = await conversations.recognise(tx, ANA)
            tickets = [await a_ticket(tx, person, number) for number in (1001, 1002, 1003)]
            for ticket in tickets:
                address = Address("web", f"person/ana/{ticket.number}")
                (await conversations.conversation_at(tx, address, person)).ticket_id = ticket.id
        async with database.transaction("harbor") as tx:
            await conversations.move_conversations(tx, tickets[0].id or 0, tickets[1].id or 0)
        async with database.transaction("acme") as tx:
            await conversations.move_conversations(tx, tickets[2].id or 0, tickets[0].id or 0)
        async with database.transaction("harbor") as tx:
            moved = [
                await conversations.find(tx, Address("web", f"person/ana/{ticket.number}"))
                for ticket in tickets
            ]
            assert [conversation and conversation.ticket_id for conversation in moved] == [
                tickets[1].id,
                tickets[1].id,
                tickets[2].id,
            ]

    async def test_of_a_ticket_are_all_who_hear_of_it(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            person = await conversations.recognise(tx, ANA)
            ticket = await a_ticket(tx, person, 1001)
            for number in (1, 2, 3):
                here = conversations.begin(tx, Address("web", f"person/ana/{number}"), person)
                here.ticket_id = ticket.id if number != 2 else None
        async with database.reading("harbor") as tx:
            assert conversations.where_asked(ticket) == Address("web", "person/ana/1")
            assert await conversations.where_others_asked(tx, ticket) == [Address("web", "person/ana/3")]
        async with database.reading("acme") as tx:
            assert await conversations.where_others_asked(tx, ticket) == []


async def a_ticket(tx: Transaction, person: PersonRow, number: int) -> Ticket:
    ticket = Ticket(
        organisation=tx.organisation,
        number=number,
        requester_id=person.id or 0,
        requester_name=person.name,
        platform="web",
        route=HERE.route,
        category="email",
        priority=Priority.P3,
        queue="service-desk",
        tier=1,
        subject="Outlook",
        description="outlook",
        opened_at=NOW,
    )
    tx.session.add(ticket)
    await tx.session.flush()
    return ticket


class TestMessages:
    @pytest.mark.parametrize("order", list(permutations(("written", "edited", "edited again", "deleted"))))
    async def test_news_of_one_in_any_order_meet_in_one_row(
        self, database: Database, order: tuple[str, ...]
    ) -> None:
        """Platforms promise no order. The desk's rules for each, at the row that they share."""
        at = {"written": 0, "edited": 1, "edited again": 2, "deleted": 3}
        for news in order:
            event = replace(written(event_id=news), at=NOW + timedelta(seconds=at[news]))
            async with database.transaction("harbor") as tx:
                author = await conversations.recognise(tx, ANA)
                row = await conversations.message_at(tx, event, "m1", author)
                if news == "written":
                    row.received = True
                    row.text = "" if row.deleted else row.text or news
                elif news == "deleted":
                    row.deleted, row.text = True, ""
                elif not row.deleted and event.at >= row.at:
                    row.text, row.at = news, event.at
        async with database.reading("harbor") as tx:
            (row,) = (await tx.session.execute(select(Message))).scalars().all()
            assert (row.received, row.deleted, row.text) == (True, True, "")

    async def test_is_made_by_the_first_that_is_heard_of_it(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            author = await conversations.recognise(tx, ANA)
            row = await conversations.message_at(tx, written(), "m1", author)
            assert (row.text, row.received, row.deleted, row.at, row.author_id) == (
                "",
                False,
                False,
                NOW,
                author.id,
            )
            assert (row.key, row.copy_address) == ("message:web:m1", None)
            row.copy_platform, row.copy_route = "slack", "C1"
            assert row.copy_address == Address("slack", "C1")

    async def test_keeps_its_author(self, database: Database) -> None:
        erik = replace(ANA, id="erik", name="Erik")
        async with database.transaction("harbor") as tx:
            ana = await conversations.recognise(tx, ANA)
            await conversations.message_at(tx, written(), "m1", ana)
        async with database.transaction("harbor") as tx:
            other = await conversations.recognise(tx, erik)
            row = await conversations.message_at(tx, written(person=erik), "m1", other)
            assert row.author_id == ana.id != other.id

    async def test_two_that_hear_of_it_at_once_share_the_row(
        self, database: Database, replica: Database
    ) -> None:
        async def hear(tx: Transaction) -> None:
            author = await conversations.recognise(tx, ANA)
            await conversations.message_at(tx, written(), "m1", author)
            await asyncio.sleep(0.01)

        await asyncio.gather(*(handle((database, replica)[turn % 2], hear) for turn in range(4)))
        assert await count(database, Message) == 1

    async def test_ids_are_each_platforms_and_each_organisations_own(self, database: Database) -> None:
        for organisation, platform in (("harbor", "web"), ("harbor", "slack"), ("acme", "web")):
            person = replace(ANA, organisation=organisation, platform=platform)
            async with database.transaction(organisation) as tx:
                author = await conversations.recognise(tx, person)
                row = await conversations.message_at(tx, written(person=person), "m1", author)
                assert row.text == ""
                row.text = platform
        assert await count(database, Message) == 3
