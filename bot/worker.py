"""The loops that carry out what waits: deliver one effect, review one ticket; until there is nothing, then the bell.

A loop runs its step until the step says that there is nothing to do, then waits for the bell (rung at every commit
of this process) or a second. What other replicas put is found within that second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import outbox
from bot.messages import ChatPlatform, Delivered, Delivery, DeliveryFailed, Effect
from bot.metrics import DELIVERIES
from bot.outbox import OutboxRow, OutboxState
from tickets.database import Conflict, Database, DatabaseUnavailable, Transaction

log = structlog.get_logger()

POLL = 1.0
"""Seconds after which a loop looks again although nobody rang."""

CALL_TIMEOUT = 10.0
"""Seconds that an adapter has to deliver; a third of the lease."""

IN_FLIGHT = 8
"""Effects being delivered at once to a platform, each of another address, while effects wait too long and the platform
takes longer than we do. Otherwise it is one: whatever is in flight when a process dies is sent again."""

TOO_LONG = timedelta(seconds=5)
"""An effect that has been due for longer shows that one at a time is too slow."""

Alert = Callable[[OutboxRow], Sequence[Effect]]
"""From an effect that died to what is shown instead of it, and to whom that is told."""


class Bell:
    """Rung at every commit of this process; whoever waits wakes up."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float, since: int | None = None) -> None:
        """Until the next ring, or for this long; not at all when `rings` has passed `since` already."""
        if since is not None and self.rings > since:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)


@dataclass(slots=True)
class _Pace:
    """How long something has taken lately."""

    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.seconds += (seconds - self.seconds) / 4


@dataclass(frozen=True, slots=True)
class _Landed:
    """An attempt that has ended."""

    row: OutboxRow
    delivery: Delivery | LookupError | ValueError
    """What was attempted, or why this version could not: see `outbox.delivery_of`."""
    end: Delivered | DeliveryFailed | None
    """None for what only a newer version can read."""
    unknown: bool
    """It may have arrived although it failed."""


class Courier:
    """Delivers the effects of one platform; several at once only when they wait too long, each of another address."""

    def __init__(
        self, database: Database, platform: ChatPlatform, bell: Bell, alert: Alert = lambda _: ()
    ) -> None:
        self._database = database
        self._platform = platform
        self._bell = bell
        self._alert = alert
        self._in_flight: set[asyncio.Task[None]] = set()
        self._landed: list[_Landed] = []
        """Attempts that ended and are not recorded yet: the next turn does, before it takes anything."""
        self._turn, self._calls = _Pace(), _Pace()
        self._in_a_hurry = False
        """Whether what was taken last had waited too long."""
        self._careful = False
        """Recording several at once has failed: one at a time, to find the one to blame."""

    async def deliver_some(self) -> bool:
        """Record what has ended, take the next effect and send it on its way; whether there was anything to do.

        All in one transaction, so that what the platform has accepted is recorded before anything else is tried: what a
        crash leaves in between is sent again. The bell rings when an attempt has ended.
        """
        has_room = len(self._in_flight) < self._room
        if not has_room and not self._landed:
            return False
        began = time.monotonic()
        async with self._recording() as (tx, recorded):
            taken = await outbox.take(tx, self._platform.name) if has_room else ()
            deliveries = [(row, await _read(tx, row)) for row in taken]
        self._turn.add(time.monotonic() - began)
        for row, delivery in deliveries:
            self._in_a_hurry = tx.database_now - row.due_at > TOO_LONG
            task = asyncio.create_task(self._attempt(row, delivery))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        return bool(taken) or recorded

    @property
    def _room(self) -> int:
        is_slow = self._calls.seconds > self._turn.seconds
        return IN_FLIGHT if self._in_a_hurry and is_slow else 1

    async def drain(self) -> None:
        """Until everything in flight has landed and is recorded; each call has its own timeout."""
        while self._in_flight or self._landed:
            if self._in_flight:
                await asyncio.wait(self._in_flight)
            async with self._recording():
                pass

    async def _attempt(self, row: OutboxRow, delivery: Delivery | LookupError | ValueError) -> None:
        """One attempt with a leased effect; how it ended waits to be recorded. Raises nothing."""
        end: Delivered | DeliveryFailed | None = None
        unknown = False
        began = time.monotonic()
        try:
            if isinstance(delivery, ValueError):  # it must neither come back for ever nor hold up its address
                raise DeliveryFailed(f"this version cannot read it ({type(delivery).__name__})")
            if isinstance(delivery, Delivery):
                async with asyncio.timeout(CALL_TIMEOUT):
                    end = await self._platform.deliver(delivery)
        except DeliveryFailed as refused:
            end = refused
        except Exception as broken:  # whatever an adapter raises, the effect must not be lost
            end, unknown = DeliveryFailed(f"{type(broken).__name__}: {broken}"[:300]), True
        self._calls.add(time.monotonic() - began)
        self._landed.append(_Landed(row, delivery, end, unknown))
        self._bell.ring()

    @asynccontextmanager
    async def _recording(self) -> AsyncIterator[tuple[Transaction, bool]]:
        """A transaction that begins by recording what has landed; whether there was anything.

        What cannot be recorded since the database is away is recorded in a later turn; whose lease ends before that is
        sent again, and fenced off here.
        """
        batch = self._landed[: 1 if self._careful else None]
        try:
            async with self._database.transaction() as tx:
                states = [await self._record(tx, landed) for landed in batch]
                yield tx, bool(batch)
        except (DatabaseUnavailable, Conflict):
            raise
        except Exception:
            if self._careful:  # this one is to blame: its lease ends, and it is sent again
                del self._landed[: len(batch)]
            self._careful = bool(self._landed)
            raise
        del self._landed[: len(batch)]
        self._careful = self._careful and bool(self._landed)
        for landed, state in zip(batch, states, strict=True):
            if state:
                self._tell(landed, state)

    async def _record(self, tx: Transaction, landed: _Landed) -> OutboxState | None:
        """None for what was given back."""
        row, delivery, end = landed.row, landed.delivery, landed.end
        if isinstance(end, DeliveryFailed):
            state = await outbox.settle_failed(tx, row, end, unknown=landed.unknown)
            if state is OutboxState.DEAD:
                for notice in self._alert(row):
                    outbox.put(tx, notice, organisation=row.organisation)
            return state
        if isinstance(delivery, Delivery) and end:
            await outbox.settle_delivered(tx, row, delivery, end)
            return OutboxState.DELIVERED
        await outbox.give_back(tx, row, timedelta(minutes=1))
        return None

    def _tell(self, landed: _Landed, state: OutboxState) -> None:
        row = landed.row
        DELIVERIES.labels(platform=row.platform, end=state.value).inc()
        if isinstance(landed.end, DeliveryFailed):
            log.warning(
                "delivery_failed",
                outbox_id=row.id,
                platform=row.platform,
                state=state.value,
                attempt=row.attempts,
            )


async def _read(tx: Transaction, row: OutboxRow) -> Delivery | LookupError | ValueError:
    """What to deliver, or why this version cannot: see `outbox.delivery_of`."""
    try:
        return await outbox.delivery_of(tx, row)
    except (LookupError, ValueError) as unreadable:
        return unreadable


class Loop:
    """Runs a step for as long as it finds work, then waits for the bell or `every` seconds; until `stop`."""

    def __init__(
        self, name: str, step: Callable[[], Awaitable[bool]], bell: Bell, every: float = POLL
    ) -> None:
        self.name = name
        self._step = step
        self._bell = bell
        self._every = every
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.last_turn = time.monotonic()
        """When the step last came back, by the monotonic clock: the auditor's sign of life."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self.name)

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def stop(self, patience: float) -> None:
        """Let the step in progress end, for at most `patience` seconds."""
        self._stopping.set()
        self._bell.ring()
        if self._task:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, patience)

    async def _run(self) -> None:
        while not self._stopping.is_set():
            rings = self._bell.rings
            try:
                more = await self._step()
            except DatabaseUnavailable as away:
                log.warning("database_unavailable", loop=self.name, reason=str(away))
                more = False
            except Exception:
                log.exception("loop_step_failed", loop=self.name)
                more = False
            self.last_turn = time.monotonic()
            if not more and not self._stopping.is_set():
                await self._bell.wait(self._every, since=rings)
