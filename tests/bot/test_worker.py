"""The bell, the loops, and the courier between the outbox and the platforms."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import case, update
from sqlmodel import col

from adapters.recording import RecordingPlatform
from bot import outbox, worker
from bot.messages import Address, Card, Delivered, Delivery, DeliveryFailed, Effect, Say, ShowCard, Urgency
from bot.outbox import OutboxRow, OutboxState
from bot.worker import IN_FLIGHT, Bell, Courier, Loop
from tickets import database as database_module
from tickets.database import Database, DatabaseUnavailable, sqlite_file


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.005)


# -------------------------------------------------------------------------------------------------------- bell


class TestBell:
    async def test_wakes_everybody_who_waits(self) -> None:
        bell = Bell()
        waiting = [asyncio.create_task(bell.wait(10)) for _ in range(5)]
        await asyncio.sleep(0)
        bell.ring()
        await asyncio.wait_for(asyncio.gather(*waiting), 1)

    async def test_gives_up_quietly(self) -> None:
        began = time.monotonic()
        await Bell().wait(0.05)
        assert 0.04 < time.monotonic() - began < 1

    async def test_an_old_ring_wakes_nobody(self) -> None:
        bell = Bell()
        bell.ring()
        waiting = asyncio.create_task(bell.wait(10, since=bell.rings))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        bell.ring()
        await asyncio.wait_for(waiting, 1)

    async def test_a_ring_since_one_looked_is_not_slept_through(self) -> None:
        bell = Bell()
        rings = bell.rings
        bell.ring()
        await asyncio.wait_for(bell.wait(10, since=rings), 1)

    async def test_no_wake_up_is_lost(self) -> None:
        """Look, find nothing, wait: whatever is put meanwhile is found at once, never after the ten seconds."""
        bell, waiting, found, draw = Bell(), [], [], random.Random(3)

        async def put() -> None:
            for number in range(300):
                waiting.append(number)
                bell.ring()
                for _ in range(draw.randrange(4)):
                    await asyncio.sleep(0)

        async def look() -> None:
            while len(found) < 300:
                rings = bell.rings
                while waiting:
                    found.append(waiting.pop(0))
                    await asyncio.sleep(0)
                if len(found) < 300:
                    await bell.wait(10, since=rings)

        await asyncio.wait_for(asyncio.gather(put(), look()), 5)
        assert found == list(range(300))


# ------------------------------------------------------------------------------------------------------- loops


@dataclass
class Steps:
    """A step whose ends are told beforehand; then it finds nothing to do."""

    ends: list[bool | BaseException] = field(default_factory=list)
    count: int = 0

    async def __call__(self) -> bool:
        self.count += 1
        end = self.ends.pop(0) if self.ends else False
        if isinstance(end, BaseException):
            raise end
        return end


class TestLoop:
    async def test_works_as_long_as_there_is_work_then_waits_for_the_bell(self) -> None:
        bell, steps = Bell(), Steps([True, True, True])
        loop = Loop("test", steps, bell, every=10)
        loop.start()
        await until(lambda: steps.count == 4)
        await asyncio.sleep(0.03)
        assert steps.count == 4
        bell.ring()
        await until(lambda: steps.count == 5)
        await loop.stop(1)

    async def test_looks_again_by_itself(self) -> None:
        steps = Steps()
        loop = Loop("test", steps, Bell(), every=0.01)
        loop.start()
        await until(lambda: steps.count >= 3)
        await loop.stop(1)

    async def test_a_ring_during_the_step_is_not_lost(self) -> None:
        bell, seen = Bell(), []

        async def step() -> bool:
            seen.append(bell.rings)
            if len(seen) == 1:
                bell.ring()  # somebody commits while this step, which looked before, comes to its end
            return False

        loop = Loop("test", step, bell, every=10)
        loop.start()
        await until(lambda: len(seen) == 2)
        await loop.stop(1)

    @pytest.mark.parametrize(
        "failure", [LookupError("a defect"), DatabaseUnavailable("locked"), TimeoutError(), OSError("away")]
    )
    async def test_survives_a_step_that_fails(self, failure: Exception) -> None:
        steps = Steps([failure, failure])
        loop = Loop("test", steps, Bell(), every=0.01)
        loop.start()
        await until(lambda: steps.count >= 4)
        assert loop.alive
        await loop.stop(1)

    async def test_a_failing_step_is_not_repeated_in_a_rush(self) -> None:
        steps = Steps([LookupError()] * 1000)
        loop = Loop("test", steps, Bell(), every=10)
        loop.start()
        await asyncio.sleep(0.05)
        assert steps.count == 1
        await loop.stop(1)

    async def test_says_whether_it_is_alive(self) -> None:
        steps = Steps([asyncio.CancelledError()])
        loop = Loop("test", steps, Bell(), every=10)
        assert not loop.alive
        loop.start()
        assert loop.alive
        await until(lambda: not loop.alive)

    async def test_tells_when_it_last_turned(self) -> None:
        bell, go = Bell(), asyncio.Event()

        async def step() -> bool:
            await go.wait()
            return False

        loop = Loop("test", step, bell, every=0.01)
        began = loop.last_turn
        loop.start()
        await asyncio.sleep(0.03)
        assert loop.last_turn == began, "a step that hangs is no turn"
        go.set()
        await until(lambda: loop.last_turn > began)
        await loop.stop(1)

    async def test_stops_after_the_step_in_progress(self) -> None:
        ended = []

        async def step() -> bool:
            await asyncio.sleep(0.05)
            ended.append(True)
            return True

        loop = Loop("test", step, Bell(), every=10)
        loop.start()
        await asyncio.sleep(0.01)
        await loop.stop(1)
        assert ended == [True]
        assert not loop.alive

    async def test_wakes_up_to_stop(self) -> None:
        loop = Loop("test", Steps(), Bell(), every=10)
        loop.start()
        await asyncio.sleep(0.01)
        await asyncio.wait_for(loop.stop(5), 1)
        assert not loop.alive

    async def test_a_step_that_does_not_end_is_cut_off(self) -> None:
        async def step() -> bool:
            await asyncio.sleep(60)
            return True

        loop = Loop("test", step, Bell())
        loop.start()
        await asyncio.sleep(0.01)
        began = time.monotonic()
        await loop.stop(0.05)
        assert time.monotonic() - began < 1
        assert not loop.alive

    async def test_one_that_never_started_can_be_stopped(self) -> None:
        await Loop("test", Steps(), Bell()).stop(1)


# ----------------------------------------------------------------------------------------------------- courier


@dataclass
class SlowPlatform:
    """Answers when it is let go, or after a moment."""

    name: str = "slow"
    moment: Callable[[], float] | None = None
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    flying: int = 0
    most: int = 0
    said: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> Delivered:
        self.deliveries.append(delivery)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            if self.moment:
                await asyncio.sleep(self.moment())
            else:
                await self.let_go.wait()
        finally:
            self.flying -= 1
        assert isinstance(delivery.effect, Say)
        self.said.append(delivery.effect.text)
        return Delivered(f"m{len(self.said)}")


def say(text: str, to: str = "a", platform: str = "web", key: str = "") -> Say:
    return Say(address=Address(platform, to), text=text, key=key)


async def put(database: Database, *effects: Effect, **options: Effect) -> None:
    async with database.transaction("harbor") as tx:
        for effect in effects:
            outbox.put(tx, effect, **options)


async def rows(database: Database) -> list[OutboxRow]:
    async with database.reading() as tx:
        return list(await outbox.listing(tx, list(OutboxState)))


async def only_row(database: Database) -> OutboxRow:
    (row,) = await rows(database)
    return row


async def pauses_end(database: Database) -> None:
    """Let every pause and every lease be over."""
    async with database.transaction() as tx:
        past = tx.database_now - timedelta(seconds=1)
        sending = case((col(OutboxRow.state) == OutboxState.SENDING, past))
        await tx.session.execute(update(OutboxRow).values(due_at=past, lease_until=sending))


async def work(courier: Courier) -> None:
    """Until nothing is ready."""
    while await courier.deliver_some():
        await courier.drain()


def refuse(reason: str = "no", **options: object) -> Callable[[Delivery], None]:
    def fault(_: Delivery) -> None:
        raise DeliveryFailed(reason, **options)  # type: ignore[arg-type]

    return fault


def break_(error: Exception) -> Callable[[Delivery], None]:
    def fault(_: Delivery) -> None:
        raise error

    return fault


@pytest.fixture
def platform() -> RecordingPlatform:
    return RecordingPlatform("web")


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def courier(database: Database, platform: RecordingPlatform, bell: Bell) -> Courier:
    return Courier(database, platform, bell)


class TestCourier:
    async def test_delivers_what_waits(
        self, database: Database, courier: Courier, platform: RecordingPlatform, bell: Bell
    ) -> None:
        await put(database, say("hello"), then=say("receipt", "thread"))
        rings = bell.rings
        assert await courier.deliver_some()
        await courier.drain()
        assert bell.rings > rings, "what follows would wait for a second"
        await work(courier)
        assert [message.text for message in platform.messages.values()] == ["hello", "receipt"]
        assert {row.state for row in await rows(database)} == {OutboxState.DELIVERED}
        assert not await courier.deliver_some()

    async def test_updates_what_it_posted(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        for title in ("new", "claimed"):
            card = ShowCard(address=Address("web", "channel"), key="ticket:1", card=Card(title, title))
            await put(database, card)
        await work(courier)
        (message,) = platform.messages.values()
        assert message.revisions == 1
        assert isinstance(message.effect, ShowCard)
        assert message.effect.card.title == "claimed"

    async def test_what_goes_under_a_card_finds_it_at_once(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        """The card is recorded in the transaction in which the next effect of its channel is read."""
        channel = Address("web", "channel")
        await put(
            database,
            ShowCard(address=channel, key="ticket:1", card=Card("new", "new")),
            Say(address=channel, under="ticket:1", text="in its thread"),
        )
        await put(database, ShowCard(address=channel, key="ticket:1", card=Card("claimed", "claimed")))
        while len(platform.deliveries) < 3:
            await courier.deliver_some()
            await asyncio.sleep(0.005)  # until it has landed
        await courier.drain()
        card, note = platform.messages.values()
        assert (card.revisions, note.text) == (1, "in its thread")
        assert platform.deliveries[1].effect.address != channel

    async def test_one_at_a_time_is_exposed_to_a_crash_unless_effects_wait_too_long(
        self, database: Database, bell: Bell
    ) -> None:
        platform = SlowPlatform("web", moment=lambda: 0.1)  # far more than we need to record it
        courier = Courier(database, platform, bell)
        await put(database, *(say(f"{n}", f"person/{n}") for n in range(6)))
        await work(courier)
        assert (len(platform.said), platform.most) == (6, 1)
        await put(database, *(say(f"{n}", f"person/{n}") for n in range(20)))
        async with database.transaction() as tx:
            late = update(OutboxRow).where(col(OutboxRow.state) == OutboxState.WAITING)
            await tx.session.execute(
                late.values(due_at=tx.database_now - worker.TOO_LONG - timedelta(seconds=1))
            )
        platform.moment = None
        while platform.flying < IN_FLIGHT:
            await courier.deliver_some()
            await asyncio.sleep(0.001)
        assert not await courier.deliver_some()
        platform.let_go.set()
        await courier.drain()
        await work(courier)
        assert (len(platform.said), platform.most) == (26, IN_FLIGHT)

    async def test_keeps_the_order_of_each_address_while_many_are_served_at_once(
        self, database: Database, bell: Bell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "TOO_LONG", timedelta(days=-1))
        draw = random.Random(11)
        platform = SlowPlatform("web", moment=lambda: draw.choice((0.02, 0.05, 0.1)))
        courier = Courier(database, platform, bell)
        await put(database, *(say(f"{to}.{n:02}", to) for n in range(6) for to in "abcdefghijkl"))
        while len(platform.said) < 6 * 12:
            await courier.deliver_some()
            await asyncio.sleep(0)
        await courier.drain()
        for to in "abcdefghijkl":
            assert [text for text in platform.said if text[0] == to] == [f"{to}.{n:02}" for n in range(6)]
        assert 2 <= platform.most <= IN_FLIGHT

    async def test_a_slow_platform_holds_up_no_other(
        self, database: Database, platform: RecordingPlatform, bell: Bell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "TOO_LONG", timedelta(days=-1))
        slow = SlowPlatform()
        couriers = [Courier(database, slow, bell), Courier(database, platform, bell)]
        loops = [Loop("courier", courier.deliver_some, bell) for courier in couriers]
        for loop in loops:
            loop.start()
        await put(database, *(say(f"slow {n}", f"person/{n}", "slow") for n in range(3 * IN_FLIGHT)))
        bell.ring()
        await until(lambda: slow.flying == 1)
        await put(database, *(say(f"{n}", f"person/{n}") for n in range(2 * IN_FLIGHT)))
        bell.ring()
        await until(lambda: len(platform.messages) == 2 * IN_FLIGHT)
        assert slow.said == []
        slow.let_go.set()
        await until(lambda: len(slow.said) == 3 * IN_FLIGHT)
        assert slow.most <= IN_FLIGHT
        for loop, courier in zip(loops, couriers, strict=True):
            await loop.stop(1)
            await courier.drain()

    async def test_an_answer_that_does_not_come_is_unknown_and_sent_again_as_a_repeat(
        self, database: Database, bell: Bell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker, "CALL_TIMEOUT", 0.05)
        slow = SlowPlatform("web")
        courier = Courier(database, slow, bell)
        await put(database, say("hello"))
        await work(courier)
        row = await only_row(database)
        assert (row.state, row.unknown, row.attempts) == (OutboxState.WAITING, True, 1)
        assert row.reason.startswith("TimeoutError")
        assert row.due_at - row.put_at < timedelta(seconds=10)
        await pauses_end(database)
        slow.let_go.set()
        await work(courier)
        assert [delivery.repeat for delivery in slow.deliveries] == [False, True]
        assert len({delivery.id for delivery in slow.deliveries}) == 1
        assert (await only_row(database)).state is OutboxState.DELIVERED

    @pytest.mark.parametrize(
        "error",
        [ConnectionResetError("reset by peer"), ValueError("truncated JSON"), KeyError("ts"), RuntimeError()],
    )
    async def test_whatever_an_adapter_raises_loses_nothing(
        self, database: Database, courier: Courier, platform: RecordingPlatform, error: Exception
    ) -> None:
        platform.faults.append(break_(error))
        await put(database, say("hello"))
        await work(courier)
        row = await only_row(database)
        assert (row.state, row.unknown) == (OutboxState.WAITING, True)
        assert row.reason.startswith(type(error).__name__)
        await pauses_end(database)
        await work(courier)
        (message,) = platform.messages.values()
        assert message.repeat

    async def test_a_refusal_is_known_and_tried_again_as_the_platform_asks(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        platform.faults.append(refuse("rate limited", retry_after=30))
        await put(database, say("hello"))
        await work(courier)
        row = await only_row(database)
        assert (row.state, row.unknown, row.reason) == (OutboxState.WAITING, False, "rate limited")
        assert timedelta(seconds=29) < row.due_at - row.put_at < timedelta(seconds=35)
        await pauses_end(database)
        await work(courier)
        (message,) = platform.messages.values()
        assert not message.repeat

    async def test_a_permanent_refusal_is_the_end_and_alerts(
        self, database: Database, platform: RecordingPlatform, bell: Bell
    ) -> None:
        alerted: list[OutboxRow] = []

        def alert(row: OutboxRow) -> list[Effect]:
            alerted.append(row)
            channel = Address("web", "channel")
            return [Say(address=channel, text="could not be delivered", urgency=Urgency.NOTICE)]

        courier = Courier(database, platform, bell, alert)
        platform.faults.append(refuse("channel_not_found", permanent=True))
        await put(database, say("hello"), otherwise=say("sorry", "thread"))
        await work(courier)
        assert [row.reason for row in await rows(database)] == ["channel_not_found", "", ""]
        assert sorted(message.text for message in platform.messages.values()) == [
            "could not be delivered",
            "sorry",
        ]
        assert len(alerted) == 1

    async def test_without_an_alert_a_dead_effect_is_only_kept(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        platform.faults.append(refuse(permanent=True))
        await put(database, say("hello"))
        await work(courier)
        assert (await only_row(database)).state is OutboxState.DEAD
        assert platform.messages == {}

    async def test_waits_for_a_platform_that_is_not_connected(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        await put(database, say("hello", platform="teams"))
        await work(courier)
        row = await only_row(database)
        assert (row.state, row.attempts) == (OutboxState.WAITING, 0)  # another replica may be connected to it
        assert platform.deliveries == []

    async def test_leaves_to_a_newer_version_what_it_cannot_name(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        await put(database, say("hello"))
        newer = {"kind": "Hologram", "address": {"platform": "web", "route": "a"}, "urgency": 0}
        async with database.transaction() as tx:
            await tx.session.execute(update(OutboxRow).values(effect=newer))
        await work(courier)
        row = await only_row(database)
        assert (row.state, row.attempts, row.effect) == (OutboxState.WAITING, 0, newer)
        assert row.due_at > row.put_at + timedelta(seconds=59)
        assert platform.deliveries == []

    async def test_what_it_cannot_read_dies_in_the_end(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        """A poison row: it must not come back for ever, nor keep what stands behind it waiting."""
        await put(database, say("poison"), say("behind it"))
        async with database.transaction() as tx:
            poison = {"kind": "Say", "address": {"platform": "web", "route": "a"}, "urgency": "?", "text": 1}
            first = (await outbox.listing(tx, [OutboxState.WAITING]))[0]
            first.effect = poison
        await work(courier)
        first, _ = await rows(database)
        assert (first.state, first.attempts) == (OutboxState.WAITING, 1)
        assert first.reason == "this version cannot read it (ValidationError)"
        async with database.transaction() as tx:
            await tx.session.execute(update(OutboxRow).values(attempts=outbox.ATTEMPTS - 1))
        await pauses_end(database)
        await work(courier)
        assert [message.text for message in platform.messages.values()] == ["behind it"]
        assert (await rows(database))[0].state is OutboxState.DEAD

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    @pytest.mark.parametrize("survives", [True, False])
    async def test_what_cannot_be_recorded_now_is_recorded_later_or_sent_again_as_a_repeat(
        self,
        database_url: str,
        platform: RecordingPlatform,
        bell: Bell,
        monkeypatch: pytest.MonkeyPatch,
        *,
        survives: bool,
    ) -> None:
        monkeypatch.setattr(database_module, "LOCK_PATIENCE", 0.1)
        database = Database(database_url)
        courier = Courier(database, platform, bell)
        outsider = sqlite3.connect(str(sqlite_file(database_url)), isolation_level=None)

        def lock(_: Delivery) -> None:
            outsider.execute("BEGIN IMMEDIATE")

        platform.faults.append(lock)
        await put(database, say("hello"))
        assert await courier.deliver_some()
        with pytest.raises(DatabaseUnavailable):
            await courier.drain()
        outsider.execute("ROLLBACK")
        outsider.close()
        row = await only_row(database)
        assert (row.state, row.attempts) == (OutboxState.SENDING, 1)
        assert len(platform.messages) == 1
        if not survives:  # what it knew dies with the process
            courier = Courier(database, platform, bell)
            assert not await courier.deliver_some(), "its lease has not ended"
            await pauses_end(database)
        await work(courier)
        assert [delivery.repeat for delivery in platform.deliveries] == [False] + [True] * (not survives)
        assert (await only_row(database)).state is OutboxState.DELIVERED
        await database.close()

    async def test_one_that_cannot_be_recorded_holds_up_no_other(
        self, database: Database, courier: Courier, platform: RecordingPlatform
    ) -> None:
        """A defect of ours: what landed with it is recorded, and it alone is sent again when its lease ends."""
        await put(database, *(say(f"{n}", f"person/{n}") for n in range(4)))
        await put(database, say("poison", "person/4"))
        async with database.transaction() as tx:
            poison = update(OutboxRow).where(col(OutboxRow.route) == "person/4")
            await tx.session.execute(poison.values(then={"kind": "Say"}))
        for _ in range(10):
            with suppress(KeyError):
                await work(courier)
        states = {row.route: row.state for row in await rows(database)}
        assert states == {f"person/{n}": OutboxState.DELIVERED for n in range(4)} | {
            "person/4": OutboxState.SENDING
        }

    async def test_two_couriers_deliver_each_effect_once(
        self, database: Database, database_url: str, platform: RecordingPlatform
    ) -> None:
        replica = database if database.is_sqlite else Database(database_url)
        couriers = [Courier(database, platform, Bell()), Courier(replica, platform, Bell())]
        await put(database, *(say(f"{n:02}", f"person/{n % 15}") for n in range(45)))
        for _ in range(200):
            await asyncio.gather(*(work(courier) for courier in couriers))
            if {row.state for row in await rows(database)} == {OutboxState.DELIVERED}:
                break
        assert Counter(m.text for m in platform.messages.values()) == {f"{n:02}": 1 for n in range(45)}
        for person in range(15):
            said = [message.text for message in platform.at(Address("web", f"person/{person}"))]
            assert said == sorted(said)
        if replica is not database:
            await replica.close()
