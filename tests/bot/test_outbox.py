"""The outbox: what leaves when, exactly who may say how it ended, and that nothing is lost or secretly repeated."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

from bot import outbox
from bot.messages import (
    Address,
    Card,
    Delivered,
    Delivery,
    DeliveryFailed,
    Effect,
    Retract,
    Say,
    ShowCard,
    Urgency,
)
from bot.outbox import ATTEMPTS, LEASE, STALE, OutboxRow, OutboxState, Posted
from tickets.database import Database, Transaction

T0 = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
Result = TypeVar("Result")


@dataclass
class Outbox:
    """The outbox of one database, at an instant of the database's clock that tests move."""

    database: Database
    now: datetime = T0

    @asynccontextmanager
    async def transaction(self, organisation: str = "*") -> AsyncIterator[Transaction]:
        async with self.database.transaction(organisation) as tx:
            yield replace(tx, database_now=self.now)

    def move(self, by: timedelta) -> None:
        self.now += by

    async def put(
        self,
        *effects: Effect,
        organisation: str = "harbor",
        then: Effect | None = None,
        otherwise: Effect | None = None,
    ) -> list[int]:
        async with self.transaction(organisation) as tx:
            for effect in effects:
                outbox.put(tx, effect, then=then, otherwise=otherwise)
        return [row.id or 0 for row in await self.rows()][-len(effects) :]

    async def take(self, most: int = 1, *, platform: str = "web", **options: Any) -> list[OutboxRow]:
        async with self.transaction() as tx:
            return list(await outbox.take(tx, platform, most, **options))

    async def take_one(self) -> OutboxRow:
        (row,) = await self.take()
        return row

    async def delivery(self, row: OutboxRow) -> Delivery:
        async with self.transaction(row.organisation) as tx:
            return await outbox.delivery_of(tx, row)

    async def delivered(self, row: OutboxRow, message_id: str = "m1", thread: str = "") -> bool:
        """Whether the worker that holds this row was believed."""
        delivery = await self.delivery(row)
        end = Delivered(message_id, Address(row.platform, thread) if thread else None)
        async with self.transaction(row.organisation) as tx:
            return await outbox.settle_delivered(tx, row, delivery, end)

    async def failed(
        self,
        row: OutboxRow,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        unknown: bool = False,
    ) -> OutboxState:
        failure = DeliveryFailed("no", permanent=permanent, retry_after=retry_after)
        async with self.transaction(row.organisation) as tx:
            return await outbox.settle_failed(tx, row, failure, unknown=unknown)

    async def within(
        self, work: Callable[[Transaction], Awaitable[Result]], organisation: str = "*"
    ) -> Result:
        async with self.transaction(organisation) as tx:
            return await work(tx)

    async def rows(self) -> list[OutboxRow]:
        async with self.transaction() as tx:
            return list(await outbox.listing(tx, list(OutboxState)))

    async def row(self, row_id: int) -> OutboxRow:
        return next(row for row in await self.rows() if row.id == row_id)

    async def leave(self, most: int = 100) -> list[str]:
        """Deliver one by one until nothing is ready; what was said, in order."""
        said = []
        while taken := await self.take():
            said.append(words(taken[0]))
            assert await self.delivered(taken[0])
            assert len(said) <= most
        return said


@pytest.fixture
async def box(database: Database) -> Outbox:
    await relax(database)
    return Outbox(database)


async def relax(database: Database) -> None:
    """Wait for no disk: what survives a crash is tested elsewhere."""
    if database.is_sqlite:
        async with database.engine.connect() as connection:
            for statement in ("COMMIT", "PRAGMA synchronous = OFF", "BEGIN"):
                await connection.exec_driver_sql(statement)


def say(words_: str, to: str = "a", *, key: str = "", under: str = "", platform: str = "web") -> Say:
    return Say(address=Address(platform, to), text=words_, key=key, under=under)


def notice(words_: str, to: str = "a") -> Say:
    return replace(say(words_, to), urgency=Urgency.NOTICE)


def card(title: str, to: str = "channel", key: str = "ticket:42") -> ShowCard:
    return ShowCard(address=Address("web", to), key=key, card=Card(title=title, status="new"))


def words(row: OutboxRow) -> str:
    return str(row.effect["text"])


def words_of(row: OutboxRow) -> str:
    return str(row.effect["card"]["title"]) if row.effect["kind"] == "ShowCard" else words(row)


def facts(row: OutboxRow) -> dict[str, Any]:
    return row.model_dump()


class TestPut:
    async def test_waits_until_it_is_taken(self, box: Outbox) -> None:
        await box.put(say("hello"), then=say("receipt"), otherwise=say("sorry"))
        (row,) = await box.rows()
        assert (row.organisation, row.platform, row.route, row.urgency) == (
            "harbor",
            "web",
            "a",
            Urgency.REPLY,
        )
        assert (row.state, row.put_at, row.due_at, row.token, row.attempts) == (
            OutboxState.WAITING,
            T0,
            T0,
            0,
            0,
        )
        assert row.then
        assert row.otherwise
        assert [row.effect["text"], row.then["text"], row.otherwise["text"]] == ["hello", "receipt", "sorry"]

    async def test_what_one_transaction_draws_twice_leaves_once_as_it_is_in_the_end(
        self, box: Outbox
    ) -> None:
        first, other = card("new"), card("elsewhere", to="other-channel")
        under = say("opened", "channel", under="ticket:42")
        await box.put(first, other, under, card("claimed"), card("claimed", key="ticket:43"), card("paged"))
        assert [(row.route, words_of(row)) for row in await box.rows()] == [
            ("channel", "paged"),
            ("other-channel", "elsewhere"),
            ("channel", "opened"),
            ("channel", "claimed"),
        ]

    async def test_what_waits_for_a_receipt_is_not_overwritten(self, box: Outbox) -> None:
        async with box.transaction("harbor") as tx:
            outbox.put(tx, say("hello", key="m1"), then=say("receipt"))
            outbox.put(tx, say("hello again", key="m1"))
        assert [words(row) for row in await box.rows()] == ["hello", "hello again"]

    async def test_what_is_taken_back_in_the_same_transaction_is_still_taken_back(self, box: Outbox) -> None:
        await box.put(say("hello", key="m1"), Retract(address=Address("web", "a"), key="m1"))
        assert [row.effect["kind"] for row in await box.rows()] == ["Say", "Retract"]

    async def test_what_rolls_back_never_leaves(self, box: Outbox) -> None:
        with pytest.raises(LookupError):  # noqa: PT012
            async with box.transaction("harbor") as tx:
                outbox.put(tx, say("hello"))
                raise LookupError
        assert await box.take() == []


class TestTake:
    async def test_leases_under_a_new_token(self, box: Outbox) -> None:
        await box.put(say("hello"))
        row = await box.take_one()
        for found in (row, await box.row(row.id or 0)):
            assert (found.state, found.lease_until, found.token, found.attempts, found.unknown) == (
                OutboxState.SENDING,
                T0 + LEASE,
                1,
                1,
                False,
            )
        assert await box.take() == []

    async def test_keeps_the_order_of_an_address(self, box: Outbox) -> None:
        await box.put(say("1"), say("2"), notice("3"), say("4"))
        assert await box.leave() == ["1", "2", "3", "4"]

    async def test_offers_only_the_first_of_an_address(self, box: Outbox) -> None:
        await box.put(say("1"), say("2"), say("x", "b"))
        assert sorted(words(row) for row in await box.take(10)) == ["1", "x"]
        assert await box.take(10) == []

    async def test_offers_replies_before_notices_each_in_its_turn(self, box: Outbox) -> None:
        await box.put(
            notice("notice 1", "a"), say("reply 1", "b"), notice("notice 2", "c"), say("reply 2", "d")
        )
        assert [words(row) for row in await box.take(10)] == ["reply 1", "reply 2", "notice 1", "notice 2"]

    async def test_offers_late_replies_after_those_that_are_not_and_the_newest_first(
        self, box: Outbox
    ) -> None:
        await box.put(say("late 1", "a"), notice("notice", "b"))
        box.move(SECOND)
        await box.put(say("late 2", "c"))
        box.move(outbox.FRESH)
        await box.put(say("fresh 1", "d"), say("fresh 2", "e"))
        assert [words(row) for row in await box.take(10)] == [
            "fresh 1",
            "fresh 2",
            "late 2",
            "late 1",
            "notice",
        ]

    async def test_with_a_backlog_serves_whoever_is_still_there_and_keeps_each_address_in_order(
        self, box: Outbox
    ) -> None:
        for turn in range(3):
            for person in range(10):
                await box.put(say(f"{person:02}.{turn}", f"person/{person}"))
                box.move(SECOND)
        box.move(outbox.FRESH)
        left = await box.leave()
        assert left[:3] == ["09.0", "09.1", "09.2"]  # their next reply is newer than everybody else's first
        for person in range(10):
            assert [words_ for words_ in left if words_.startswith(f"{person:02}")] == [
                f"{person:02}.{turn}" for turn in range(3)
            ]

    async def test_another_organisation_is_not_held_up_by_the_same_route(self, box: Outbox) -> None:
        await box.put(say("ours"), organisation="harbor")
        await box.put(say("theirs"), organisation="acme")
        assert {words(row) for row in await box.take(10)} == {"ours", "theirs"}

    async def test_leaves_other_platforms_alone(self, box: Outbox) -> None:
        await box.put(say("1", platform="web"), say("2", platform="slack"), say("3", platform="teams"))
        taken = await box.take(10, platform="slack")
        assert [words(row) for row in taken] == ["2"]

    async def test_waits_for_the_due_instant(self, box: Outbox) -> None:
        await box.put(say("hello"))
        await box.failed(await box.take_one())
        box.move(SECOND - timedelta(microseconds=1))
        assert await box.take() == []
        box.move(timedelta(microseconds=1))
        assert words(await box.take_one()) == "hello"

    async def test_a_lease_that_ends_passes_the_effect_on_as_a_possible_repeat(self, box: Outbox) -> None:
        await box.put(say("hello"))
        first = await box.take_one()
        assert not (await box.delivery(first)).repeat
        box.move(LEASE - timedelta(microseconds=1))
        assert await box.take() == []
        box.move(timedelta(microseconds=1))
        second = await box.take_one()
        assert (second.id, second.token, second.attempts, second.unknown) == (first.id, 2, 2, True)
        assert (await box.delivery(second)).repeat
        assert (await box.delivery(second)).id == (await box.delivery(first)).id

    async def test_what_a_dead_process_was_sending_need_not_wait(self, box: Outbox) -> None:
        await box.put(say("hello"), say("later", "b"))
        (first,) = await box.take(1)
        async with box.transaction() as tx:
            await outbox.end_leases(tx)
        again, other = sorted(await box.take(2), key=words)
        assert (again.id, again.token, again.unknown) == (first.id, 2, True)
        assert (other.token, other.unknown) == (1, False)

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    async def test_is_one_range_of_an_index_however_many_wait(self, box: Outbox) -> None:
        stages = []
        for ready in outbox._READY:
            statement = ready.compile(
                box.database.engine.sync_engine, compile_kwargs={"render_postcompile": True}
            )
            async with box.database.reading() as tx:
                connection = await tx.session.connection()
                plan = await connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", tuple(1 for _ in statement.positiontup or ())
                )
                stages += [row[-1] for row in plan.all()]
        assert (
            len([one for one in stages if "USING INDEX outbox_unfinished (platform=? AND urgency=?" in one])
            == 3
        )
        assert not [one for one in stages if "SCAN" in one or "TEMP B-TREE" in one]

    async def test_simultaneous_takers_share_without_overlap(self, box: Outbox, database_url: str) -> None:
        replica = Database(database_url) if not box.database.is_sqlite else box.database
        await box.put(*(say(f"{number}", f"person/{number}") for number in range(40)))
        boxes = (box, Outbox(replica))
        taken: list[OutboxRow] = []

        async def work(at: Outbox) -> None:
            while rows := await at.take(3):
                taken.extend(rows)

        await asyncio.gather(*(work(boxes[turn % 2]) for turn in range(6)))
        assert sorted(int(words(row)) for row in taken) == list(range(40))
        if replica is not box.database:
            await replica.close()


class TestSettle:
    async def test_delivered_is_the_end(self, box: Outbox) -> None:
        await box.put(say("hello"), otherwise=say("sorry"))
        row = await box.take_one()
        box.move(SECOND)
        assert await box.delivered(row)
        (kept,) = await box.rows()
        assert (kept.state, kept.settled_at, kept.lease_until, kept.reason) == (
            OutboxState.DELIVERED,
            T0 + SECOND,
            None,
            "",
        )
        assert await box.take() == []

    async def test_then_is_put_once_it_is_delivered(self, box: Outbox) -> None:
        await box.put(say("reply"), then=say("delivered ✓", "thread"))
        row = await box.take_one()
        await box.failed(row)
        assert len(await box.rows()) == 1
        box.move(MINUTE)
        assert await box.delivered(await box.take_one())
        assert words(await box.take_one()) == "delivered ✓"

    @pytest.mark.parametrize(
        ("attempt", "seconds"),
        [(1, 1), (2, 2), (3, 4), (4, 8), (10, 512), (11, 600), (19, 600), (20, 600), (31, 600)],
    )
    async def test_each_failure_is_followed_by_a_longer_pause(
        self, box: Outbox, attempt: int, seconds: int
    ) -> None:
        await box.put(say("hello"))
        row = await box.take_one()
        row.attempts = attempt
        assert await box.failed(row) is OutboxState.WAITING
        (kept,) = await box.rows()
        assert (kept.due_at, kept.reason, kept.unknown) == (T0 + timedelta(seconds=seconds), "no", False)

    async def test_a_pause_holds_up_its_own_address_only(self, box: Outbox) -> None:
        await box.put(say("1"), say("2"), say("x", "b"))
        (row,) = [row for row in await box.take(2) if row.route == "a"]
        await box.failed(row, retry_after=30)
        assert await box.take(10) == []
        box.move(timedelta(seconds=30))
        await box.put(say("y", "c"))
        assert sorted(words(row) for row in await box.take(10)) == ["1", "x", "y"]

    async def test_the_platforms_retry_after_counts(self, box: Outbox) -> None:
        await box.put(say("hello"))
        await box.failed(await box.take_one(), retry_after=42.5)
        (kept,) = await box.rows()
        assert kept.due_at == T0 + timedelta(seconds=42.5)

    async def test_a_permanent_failure_is_the_end_and_puts_otherwise(self, box: Outbox) -> None:
        await box.put(
            say("reply"), then=say("delivered ✓"), otherwise=say("could not be delivered", "thread")
        )
        assert await box.failed(await box.take_one(), permanent=True) is OutboxState.DEAD
        dead, told = await box.rows()
        assert (dead.state, dead.reason, dead.settled_at) == (OutboxState.DEAD, "no", T0)
        assert (words(told), told.organisation, told.route) == (
            "could not be delivered",
            "harbor",
            "thread",
        )

    async def test_after_the_last_attempt_it_is_dead(self, box: Outbox) -> None:
        await box.put(say("hello"), otherwise=say("sorry", "thread"))
        for attempt in range(1, ATTEMPTS + 1):
            row = await box.take_one()
            assert (words(row), row.attempts) == ("hello", attempt)
            state = await box.failed(row)
            assert state is (OutboxState.WAITING if attempt < ATTEMPTS else OutboxState.DEAD)
            box.move(timedelta(minutes=10))
        assert timedelta(hours=3) < box.now - T0 < timedelta(hours=6)
        assert words(await box.take_one()) == "sorry"

    async def test_an_unknown_outcome_makes_every_later_attempt_a_possible_repeat(self, box: Outbox) -> None:
        await box.put(say("hello"))
        repeats = []
        for unknown in (False, True, False):
            row = await box.take_one()
            repeats.append((await box.delivery(row)).repeat)
            await box.failed(row, unknown=unknown)
            box.move(MINUTE)
        row = await box.take_one()
        repeats.append((await box.delivery(row)).repeat)
        assert repeats == [False, False, True, True]
        await box.failed(row, permanent=True)
        await box.within(lambda tx: outbox.retry(tx, None))
        assert (await box.delivery(await box.take_one())).repeat, (
            "a retry by hand forgot that it may have arrived"
        )

    async def test_later_effects_of_a_newer_version_follow_all_the_same(self, box: Outbox) -> None:
        """A rolling update: the row was put by a newer replica; what follows it is not for this one to read."""
        ids = await box.put(say("1"), then=say("next"), otherwise=say("else"))
        ids += await box.put(say("2", "b"), then=say("next"), otherwise=say("else"))
        newer = {"kind": "Hologram", "address": {"platform": "web", "route": "z"}, "urgency": 1, "depth": 3}
        async with box.transaction() as tx:
            await tx.session.execute(update(OutboxRow).values(then=newer, otherwise=newer))
        first, second = sorted(await box.take(2), key=lambda row: row.id or 0)
        assert await box.delivered(first)
        assert await box.failed(second, permanent=True) is OutboxState.DEAD
        added = [row for row in await box.rows() if row.id not in ids]
        assert [(row.effect, row.route, row.urgency, row.organisation) for row in added] == [
            (newer, "z", Urgency.NOTICE, "harbor")
        ] * 2


class TestFencing:
    """A worker that was slower than its lease."""

    async def overtaken(self, box: Outbox) -> tuple[OutboxRow, OutboxRow]:
        await box.put(say("hello", key="k"), then=say("then"), otherwise=say("otherwise"))
        slow = await box.take_one()
        box.move(LEASE)
        return slow, await box.take_one()

    async def test_changes_nothing_when_it_delivered(self, box: Outbox) -> None:
        slow, _ = await self.overtaken(box)
        before = [facts(row) for row in await box.rows()]
        assert not await box.delivered(slow, "m-late")
        assert [facts(row) for row in await box.rows()] == before
        async with box.transaction() as tx:
            assert (await tx.session.execute(select(Posted))).first() is None

    @pytest.mark.parametrize("permanent", [False, True])
    async def test_changes_nothing_when_it_failed(self, box: Outbox, permanent: bool) -> None:
        slow, _ = await self.overtaken(box)
        before = [facts(row) for row in await box.rows()]
        assert await box.failed(slow, permanent=permanent) is OutboxState.SENDING
        assert [facts(row) for row in await box.rows()] == before

    async def test_changes_nothing_when_it_gives_back(self, box: Outbox) -> None:
        slow, _ = await self.overtaken(box)
        before = [facts(row) for row in await box.rows()]
        await box.within(lambda tx: outbox.give_back(tx, slow, MINUTE))
        assert [facts(row) for row in await box.rows()] == before

    async def test_the_newest_worker_is_believed(self, box: Outbox) -> None:
        slow, fast = await self.overtaken(box)
        assert await box.delivered(fast)
        assert not await box.delivered(slow)
        assert not await box.delivered(fast), "settled twice"

    async def test_an_unfinished_lease_can_still_be_settled_late(self, box: Outbox) -> None:
        """Nobody else has taken it: then the late answer is the truth."""
        await box.put(say("hello"))
        row = await box.take_one()
        box.move(10 * LEASE)
        assert await box.delivered(row)


class TestNewerVersions:
    async def test_a_kind_it_does_not_know_is_given_back_untouched(self, box: Outbox) -> None:
        (row_id,) = await box.put(say("hello"))
        newer = {"kind": "Hologram", "address": {"platform": "web", "route": "a"}, "urgency": 0}
        async with box.transaction() as tx:
            await tx.session.execute(update(OutboxRow).values(effect=newer))
        row = await box.take_one()
        with pytest.raises(LookupError):
            await box.delivery(row)
        await box.within(lambda tx: outbox.give_back(tx, row, MINUTE))
        kept = await box.row(row_id)
        assert (kept.state, kept.effect, kept.attempts, kept.due_at, kept.unknown, kept.lease_until) == (
            OutboxState.WAITING,
            newer,
            0,
            T0 + MINUTE,
            False,
            None,
        )

    async def test_what_it_gives_back_stays_a_possible_repeat(self, box: Outbox) -> None:
        await box.put(say("hello"))
        await box.take_one()
        box.move(LEASE)
        row = await box.take_one()
        await box.within(lambda tx: outbox.give_back(tx, row, MINUTE))
        box.move(MINUTE)
        assert (await box.take_one()).unknown


class TestKeys:
    async def posted(self, box: Outbox, effect: Effect, **options: Any) -> Delivery:
        """Put, take and deliver one; the delivery as the platform saw it."""
        organisation = options.pop("organisation", "harbor")
        await box.put(effect, organisation=organisation)
        row = await box.take_one()
        delivery = await box.delivery(row)
        assert await box.delivered(row, **options)
        return delivery

    async def test_is_posted_once_and_updated_ever_after(self, box: Outbox) -> None:
        first = await self.posted(box, card("new"), message_id="m7")
        second = await self.posted(box, card("claimed"), message_id="m7")
        third = await self.posted(box, card("resolved"), message_id="m7")
        assert [first.posted, second.posted, third.posted] == [None, "m7", "m7"]

    async def test_is_posted_anew_when_the_platform_says_so(self, box: Outbox) -> None:
        """A platform that could not update posts again and answers with the new id."""
        await self.posted(box, card("new"), message_id="m7")
        await self.posted(box, card("claimed"), message_id="m8")
        assert (await self.posted(box, card("resolved"), message_id="m8")).posted == "m8"

    async def test_is_another_message_elsewhere(self, box: Outbox) -> None:
        await self.posted(box, card("new", "channel"), message_id="m1")
        assert (await self.posted(box, card("new", "other channel"))).posted is None
        assert (await self.posted(box, card("new", key="ticket:43"))).posted is None
        assert (await self.posted(box, card("new"), organisation="acme")).posted is None

    async def test_without_a_key_each_is_a_message(self, box: Outbox) -> None:
        await self.posted(box, say("1"), message_id="m1")
        assert (await self.posted(box, say("2"))).posted is None

    async def test_a_retraction_forgets_it(self, box: Outbox) -> None:
        await self.posted(box, say("typo", key="message:1"), message_id="m1")
        gone = await self.posted(box, Retract(address=Address("web", "a"), key="message:1"), message_id="m1")
        assert gone.posted == "m1"
        assert (await self.posted(box, say("again", key="message:1"))).posted is None

    async def test_a_retraction_of_what_never_arrived_does_no_harm(self, box: Outbox) -> None:
        gone = await self.posted(box, Retract(address=Address("web", "a"), key="message:1"))
        assert gone.posted is None

    async def test_writes_under_the_message_that_carries_the_key(self, box: Outbox) -> None:
        await self.posted(box, card("new"), message_id="m7", thread="channel/m7")
        below = await self.posted(box, say("colleagues!", "channel", under="ticket:42"))
        assert below.effect.address == Address("web", "channel/m7")

    async def test_updates_what_it_wrote_under_a_message(self, box: Outbox) -> None:
        await self.posted(box, card("new"), message_id="m7", thread="channel/m7")
        words_ = replace(say("hello", "channel", key="message:3"), under="ticket:42")
        first = await self.posted(box, words_, message_id="m8")
        second = await self.posted(box, replace(words_, text="hello!"), message_id="m8")
        assert (first.posted, second.posted) == (None, "m8")
        assert second.effect.address == Address("web", "channel/m7")

    @pytest.mark.parametrize("thread", [None, ""])
    async def test_without_a_thread_writes_at_the_address(self, box: Outbox, thread: str | None) -> None:
        """The card was never posted, or its platform has no threads."""
        if thread is not None:
            await self.posted(box, card("new"), message_id="m7")
        below = await self.posted(box, say("colleagues!", "channel", under="ticket:42"))
        assert below.effect.address == Address("web", "channel")

    async def test_a_thread_is_recognised_by_its_own_organisation(self, box: Outbox) -> None:
        await self.posted(box, card("new"), thread="channel/m7")

        async def key(organisation: str, thread: Address) -> str | None:
            return await box.within(lambda tx: outbox.key_of_thread(tx, thread), organisation)

        assert await key("harbor", Address("web", "channel/m7")) == "ticket:42"
        assert await key("harbor", Address("web", "channel/m8")) is None
        assert await key("harbor", Address("slack", "channel/m7")) is None
        assert await key("acme", Address("web", "channel/m7")) is None

    async def test_the_delivery_has_an_id_that_no_other_has(self, box: Outbox) -> None:
        """Hosted platforms recognise a repeat by it."""
        await box.put(say("1"), organisation="harbor")
        await box.put(say("1"), organisation="acme")
        ids = {(await box.delivery(row)).id for row in await box.take(2)}
        assert len(ids) == 2


class TestOperators:
    async def test_what_is_older_than_a_day_is_not_sent_unasked(self, box: Outbox) -> None:
        (old,) = await box.put(say("yesterday's"))
        box.move(STALE)
        (young,) = await box.put(say("today's", "b"))
        assert [words(row) for row in await box.take(10)] == ["today's"]
        assert await box.within(outbox.bury_stale) == 1
        row = await box.row(old)
        assert (row.state, row.settled_at) == (OutboxState.DEAD, box.now)
        assert row.reason.startswith("older than 24 hours")
        assert (await box.row(young)).state is OutboxState.SENDING
        assert await box.within(outbox.bury_stale) == 0

    async def test_what_is_being_sent_is_not_buried(self, box: Outbox) -> None:
        (row_id,) = await box.put(say("slow"))
        box.move(STALE - SECOND)
        row = await box.take_one()
        box.move(2 * SECOND)
        assert await box.within(outbox.bury_stale) == 0
        assert await box.delivered(row)
        assert (await box.row(row_id)).state is OutboxState.DELIVERED

    async def test_what_a_dead_worker_held_is_buried_as_a_possible_repeat(self, box: Outbox) -> None:
        await box.put(say("perhaps sent"))
        await box.take_one()
        box.move(STALE)
        assert await box.within(outbox.bury_stale) == 1
        await box.within(lambda tx: outbox.retry(tx, None))
        assert (await box.delivery(await box.take_one())).repeat

    async def test_what_is_buried_says_so_where_it_should(self, box: Outbox) -> None:
        """Somebody was promised to hear of it: `otherwise` follows a burial as it follows a refusal."""
        await box.put(say("yesterday's"), otherwise=say("it did not arrive", "thread"), organisation="acme")
        box.move(STALE)
        assert await box.within(outbox.bury_stale) == 1
        row = await box.take_one()
        assert (words(row), row.organisation) == ("it did not arrive", "acme")

    @pytest.mark.parametrize("asked", [float("nan"), float("inf"), -1.0, 1e30])
    async def test_a_wish_that_is_no_time_to_wait_is_not_believed(self, box: Outbox, asked: float) -> None:
        await box.put(say("hello"))
        row = await box.take_one()
        assert await box.failed(row, retry_after=asked) is OutboxState.WAITING
        box.move(outbox.FIRST_PAUSE)
        assert words(await box.take_one()) == "hello"

    async def test_retries_what_is_dead_all_or_some(self, box: Outbox) -> None:
        ids = await box.put(*(say(to, to) for to in "abc"))
        for row in await box.take(3):
            await box.failed(row, permanent=True)
        assert await box.take(10) == []
        assert await box.within(lambda tx: outbox.retry(tx, [ids[1], 999])) == 1
        assert [words(row) for row in await box.take(10)] == ["b"]
        box.move(2 * STALE)
        assert await box.within(lambda tx: outbox.retry(tx, None)) == 2
        taken = await box.take(10)
        assert sorted(words(row) for row in taken if row.attempts == 1) == ["a", "c"]

    async def test_what_a_later_effect_of_the_same_key_has_replaced_stays_dead(self, box: Outbox) -> None:
        """A retry draws no past: neither the old state of a card nor what its author took back."""
        for effect in (
            card("new"),
            say("typo", key="message:1"),
            say("once"),
            card("other", key="ticket:43"),
        ):
            await box.put(effect)
        for row in await box.take(10):
            await box.failed(row, permanent=True)
        while taken := await box.take(10):
            for row in taken:
                await box.failed(row, permanent=True)
        await box.put(card("claimed"), Retract(address=Address("web", "a"), key="message:1"), say("twice"))
        await box.put(card("elsewhere", "other channel", key="ticket:43"))
        await box.put(card("another's", key="ticket:43"), organisation="acme")
        while taken := await box.take(10):
            for row in taken:
                await box.delivered(row)
        assert await box.within(lambda tx: outbox.retry(tx, None)) == 2
        revived = [row for row in await box.rows() if row.state is OutboxState.WAITING]
        assert [row.effect.get("text") or row.effect["card"]["title"] for row in revived] == ["once", "other"]

    async def test_a_retry_fences_off_whoever_held_it(self, box: Outbox) -> None:
        await box.put(say("hello"))
        old = await box.take_one()
        box.move(STALE)
        await box.within(outbox.bury_stale)
        await box.within(lambda tx: outbox.retry(tx, None))
        new = await box.take_one()
        assert not await box.delivered(old)
        assert await box.delivered(new)

    async def test_only_what_is_dead_is_retried(self, box: Outbox) -> None:
        await box.put(say("delivered", "a"), say("sending", "b"), say("waiting", "c"))
        taken = {words(row): row for row in await box.take(2)}
        await box.delivered(taken["delivered"])
        before = [facts(row) for row in await box.rows()]
        assert await box.within(lambda tx: outbox.retry(tx, None)) == 0
        assert [facts(row) for row in await box.rows()] == before

    async def test_lists_by_state_oldest_first(self, box: Outbox) -> None:
        await box.put(*(say(to, to) for to in "abcd"))
        for row in await box.take(2):
            await box.failed(row, permanent=words(row) == "a")
        async with box.transaction() as tx:
            waiting = await outbox.listing(tx, [OutboxState.WAITING])
            assert [words(row) for row in waiting] == ["b", "c", "d"]
            assert [words(row) for row in await outbox.listing(tx, [OutboxState.DEAD])] == ["a"]
            assert [words(row) for row in await outbox.listing(tx, outbox.UNFINISHED, most=1)] == ["b"]

    async def test_tells_how_long_the_oldest_waits(self, box: Outbox) -> None:
        assert await box.within(outbox.oldest_wait) == timedelta()
        await box.put(say("1"))
        box.move(MINUTE)
        await box.put(say("2", "b"))
        assert await box.within(outbox.oldest_wait) == MINUTE
        while taken := await box.take():
            await box.delivered(taken[0])
        assert await box.within(outbox.oldest_wait) == timedelta()
        await box.put(say("3"))
        await box.failed(await box.take_one(), retry_after=300)
        assert await box.within(outbox.oldest_wait) == timedelta(), "what is not due has not waited"

    async def test_forgets_what_was_delivered_long_ago(self, box: Outbox) -> None:
        await box.put(say("old"), say("dead", "b"), say("young", "c"))
        for row in await box.take(3):
            if words(row) == "dead":
                await box.failed(row, permanent=True)
            elif words(row) == "old":
                await box.delivered(row)
        box.move(timedelta(seconds=10))
        await box.within(lambda tx: outbox.forget(tx, OutboxState.DELIVERED, T0 + SECOND))
        assert [words(row) for row in await box.rows()] == ["dead", "young"]
        await box.within(lambda tx: outbox.forget(tx, OutboxState.DEAD, T0 + SECOND))
        assert [words(row) for row in await box.rows()] == ["young"]

    async def test_forgets_where_old_messages_are_but_not_where_cards_are(self, box: Outbox) -> None:
        for effect in (
            card("T-1042", "a"),
            say("a question", "b", key="prompt:1"),
            say("new", "c", key="prompt:2"),
        ):
            await box.put(effect)
            box.move(SECOND)
            assert await box.delivered(await box.take_one(), message_id="m1")
        await box.within(lambda tx: outbox.forget_posted(tx, box.now, but_not="ticket:"))
        await box.put(
            card("T-1042 again", "a"), say("asked", "b", key="prompt:1"), say("newer", "c", key="prompt:2")
        )
        posted = [
            (await box.delivery(row)).posted for row in sorted(await box.take(3), key=lambda row: row.route)
        ]
        assert posted == ["m1", None, "m1"]


# --------------------------------------------------------------------------------------------- a random life


@dataclass
class Expected:
    """A row as an oracle believes it to be, by rules written apart from the code's."""

    id: int
    route: str
    reply: bool
    put_at: datetime
    due_at: datetime
    state: str = "waiting"
    lease_until: datetime | None = None
    token: int = 0
    attempts: int = 0
    unknown: bool = False
    was_dead: bool = False
    follows: str = ""

    @property
    def unfinished(self) -> bool:
        return self.state in ("waiting", "sending")


@dataclass
class Held:
    """What a worker holds in its hands: what it read when it took the row."""

    row: OutboxRow
    lease_until: datetime
    called: bool = False


@dataclass
class World:
    """What arrived at the platform: row, and whether it was told that it may be a repeat."""

    calls: list[tuple[int, bool]] = field(default_factory=list)


class OutboxLife(RuleBasedStateMachine):
    """Two workers, which crash and dawdle as they like; the platform believes what it is told.

    A worker calls its platform while its lease runs (`CALL_TIMEOUT` is a third of it), but may settle at any time.
    """

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.box = Outbox(self.database)
        self.run(self._empty())
        self.expected: dict[int, Expected] = {}
        self.held: dict[str, list[Held]] = {"A": [], "B": []}
        self.world = World()

    async def _empty(self) -> None:
        async with self.box.transaction() as tx:
            await tx.session.execute(delete(OutboxRow))

    def notice_new_rows(self, count: int) -> list[Expected]:
        """Rows that the last operation put."""
        fresh = [row for row in self.run(self.box.rows()) if row.id not in self.expected]
        assert len(fresh) == count
        for row in fresh:
            assert row.put_at == row.due_at == self.box.now
            self.expected[row.id] = Expected(row.id, row.route, row.urgency == 0, row.put_at, row.due_at)
        return [self.expected[row.id] for row in fresh]

    # ------------------------------------------------------------------------------------------- operations

    @rule(
        route=st.sampled_from("abc"),
        reply=st.booleans(),
        follows=st.sampled_from(("", "", "then", "otherwise", "both")),
    )
    def put(self, route: str, reply: bool, follows: str) -> None:
        effect = say("x", route) if reply else notice("x", route)
        then = notice("then", "thread") if follows in ("then", "both") else None
        otherwise = notice("otherwise", "thread") if follows in ("otherwise", "both") else None
        self.run(self.box.put(effect, then=then, otherwise=otherwise))
        (new,) = self.notice_new_rows(1)
        new.follows = follows

    @rule(seconds=st.sampled_from((1, 2, 5, 31, 700)))
    def let_time_pass(self, seconds: int) -> None:
        self.box.move(timedelta(seconds=seconds))

    @rule(worker=st.sampled_from("AB"), most=st.integers(1, 3))
    def take(self, worker: str, most: int) -> None:
        now = self.box.now
        first: dict[str, Expected] = {}
        for row in sorted(self.expected.values(), key=lambda row: row.id):
            if row.unfinished:
                first.setdefault(row.route, row)
        ready = [
            row
            for row in first.values()
            if row.put_at > now - STALE
            and (
                (row.state == "waiting" and row.due_at <= now)
                or (row.state == "sending" and row.lease_until is not None and row.lease_until <= now)
            )
        ]
        late = {row.id for row in ready if row.reply and row.put_at <= now - outbox.FRESH}
        in_turn = sorted(
            ready, key=lambda row: (row.put_at, row.id)
        )  # a retried one was put when it was retried
        turns = {row.id: turn for turn, row in enumerate(in_turn)}
        ready.sort(
            key=lambda row: (not row.reply, row.id in late, turns[row.id] * (-1 if row.id in late else 1))
        )
        taken = self.run(self.box.take(most))
        assert [row.id for row in taken] == [row.id for row in ready[:most]]
        for row in taken:
            expected = self.expected[row.id]
            expected.unknown = expected.unknown or expected.state == "sending"
            expected.state, expected.lease_until = "sending", now + LEASE
            expected.token += 1
            expected.attempts += 1
            self.held[worker].append(Held(row, now + LEASE))

    def pick(self, worker: str, place: int) -> Held | None:
        hands = self.held[worker]
        return hands[place % len(hands)] if hands else None

    @rule(worker=st.sampled_from("AB"), place=st.integers(0, 2))
    def call(self, worker: str, place: int) -> None:
        held = self.pick(worker, place)
        if held and not held.called and self.box.now < held.lease_until:
            held.called = True
            delivery = self.run(self.box.delivery(held.row))
            self.world.calls.append((held.row.id or 0, delivery.repeat))

    def settle(
        self, worker: str, held: Held, settling: Coroutine[Any, Any, Any]
    ) -> tuple[Any, Expected | None]:
        """What settling answered, and the oracle's row when this worker still holds it."""
        self.held[worker].remove(held)
        expected = self.expected[held.row.id or 0]
        mine = expected.state == "sending" and expected.token == held.row.token
        before = None if mine else [facts(row) for row in self.run(self.box.rows())]
        answer = self.run(settling)
        if before is not None:
            assert [facts(row) for row in self.run(self.box.rows())] == before, (
                "a fenced worker changed something"
            )
        return answer, expected if mine else None

    @rule(worker=st.sampled_from("AB"), place=st.integers(0, 2))
    def settle_delivered(self, worker: str, place: int) -> None:
        held = self.pick(worker, place)
        if not held or not held.called:
            return
        believed, expected = self.settle(worker, held, self.box.delivered(held.row))
        assert believed == (expected is not None)
        if expected:
            expected.state, expected.lease_until = "delivered", None
            self.notice_new_rows(1 if expected.follows in ("then", "both") else 0)

    @rule(
        worker=st.sampled_from("AB"),
        place=st.integers(0, 2),
        permanent=st.sampled_from((False, False, False, True)),
        retry_after=st.sampled_from((None, None, 3)),
    )
    def settle_failed(self, worker: str, place: int, permanent: bool, retry_after: int | None) -> None:
        """The platform refused, when it was not called; else its answer was lost on the way."""
        held = self.pick(worker, place)
        if not held:
            return
        failing = self.box.failed(held.row, permanent=permanent, retry_after=retry_after, unknown=held.called)
        answer, expected = self.settle(worker, held, failing)
        if not expected:
            assert answer is OutboxState.SENDING
            return
        expected.unknown = expected.unknown or held.called
        expected.lease_until = None
        if permanent or expected.attempts >= ATTEMPTS:
            assert answer is OutboxState.DEAD
            expected.state, expected.was_dead = "dead", True
            self.notice_new_rows(1 if expected.follows in ("otherwise", "both") else 0)
        else:
            assert answer is OutboxState.WAITING
            pause = retry_after or min(2 ** (expected.attempts - 1), 600)
            expected.state, expected.due_at = "waiting", self.box.now + timedelta(seconds=pause)

    @precondition(lambda self: any(row.unfinished for row in self.expected.values()))
    @rule(slow=st.sampled_from("AB"), calls=st.booleans())
    def overtake(self, slow: str, calls: bool) -> None:
        """One worker falls asleep with effects in its hands; when it wakes up the other one has them."""
        self.take(slow, 3)
        if calls:
            self.call(slow, 0)
        self.box.move(LEASE)
        self.take("B" if slow == "A" else "A", 3)

    @rule(worker=st.sampled_from("AB"))
    def crash(self, worker: str) -> None:
        self.held[worker].clear()

    @precondition(lambda self: any(row.unfinished for row in self.expected.values()))
    @rule()
    def a_day_passes(self) -> None:
        self.box.move(STALE)
        now = self.box.now
        stale = [
            row
            for row in self.expected.values()
            if row.unfinished
            and row.put_at <= now - STALE
            and (row.lease_until is None or row.lease_until <= now)
        ]
        assert self.run(self.box.within(outbox.bury_stale)) == len(stale)
        for row in stale:
            row.unknown = row.unknown or row.state == "sending"
            row.state, row.lease_until, row.was_dead = "dead", None, True
        self.notice_new_rows(sum(row.follows in ("otherwise", "both") for row in stale))

    @precondition(lambda self: any(row.state == "dead" for row in self.expected.values()))
    @rule()
    def retry_the_dead(self) -> None:
        dead = [row for row in self.expected.values() if row.state == "dead"]
        assert self.run(self.box.within(lambda tx: outbox.retry(tx, None))) == len(dead)
        for row in dead:
            row.state, row.attempts, row.put_at, row.due_at = "waiting", 0, self.box.now, self.box.now

    # -------------------------------------------------------------------------------------------- invariants

    @invariant()
    def every_row_is_as_expected(self) -> None:
        rows = self.run(self.box.rows())
        assert [row.id for row in rows] == sorted(self.expected), "an effect was lost"
        for row in rows:
            e = self.expected[row.id]
            assert (row.state.value, row.token, row.attempts, row.unknown, row.lease_until, row.due_at) == (
                e.state,
                e.token,
                e.attempts,
                e.unknown,
                e.lease_until,
                e.due_at,
            )

    @invariant()
    def what_counts_as_delivered_arrived(self) -> None:
        arrived = {row_id for row_id, _ in self.world.calls}
        assert {row.id for row in self.expected.values() if row.state == "delivered"} <= arrived

    @invariant()
    def nothing_arrives_twice_unannounced(self) -> None:
        seen: set[int] = set()
        for row_id, repeat in self.world.calls:
            assert repeat or row_id not in seen, f"{row_id} arrived again without a word"
            seen.add(row_id)

    @invariant()
    def each_address_hears_in_order(self) -> None:
        for route in "abc":
            heard = [
                row_id
                for row_id, _ in self.world.calls
                if self.expected[row_id].route == route and not self.expected[row_id].was_dead
            ]
            assert all(earlier <= later for earlier, later in pairwise(heard))

    def teardown(self) -> None:
        """With one worker that does its work, everything that is not dead arrives."""
        if sys.exc_info()[0]:  # this life has failed already
            return
        self.held = {"A": [], "B": []}
        for _ in range(10 * len(self.expected) + 10):
            self.take("A", 3)
            while self.held["A"]:
                self.call("A", 0)
                self.settle_delivered("A", 0)
            if not any(row.unfinished for row in self.expected.values()):
                break
            self.box.move(MINUTE)
        self.every_row_is_as_expected()
        self.nothing_arrives_twice_unannounced()
        self.each_address_hears_in_order()
        assert {row.state for row in self.expected.values()} <= {"delivered", "dead"}


def live(database_url: str, examples: int, steps: int) -> None:
    with asyncio.Runner() as runner:
        database = Database(database_url)
        runner.run(relax(database))
        life = type("Life", (OutboxLife,), {"run": staticmethod(runner.run), "database": database})
        try:
            run_state_machine_as_test(
                life,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())


@pytest.mark.timeout(600)  # when it fails, Hypothesis looks for the shortest life that does
class TestRandomLife:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_loses_and_secretly_repeats_nothing(self, database_url: str) -> None:
        live(database_url, examples=10, steps=25)

    @pytest.mark.slow
    def test_loses_and_secretly_repeats_nothing_in_longer_lives(self, database_url: str) -> None:
        live(database_url, examples=50 if database_url.startswith("sqlite") else 20, steps=40)
