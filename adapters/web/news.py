"""Reading once for all open pages: one beat for everybody, one feed for each root of an organisation's addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from bot.messages import Address, Desk, HostedMessage, Mailbox, OwnTicket, Person, QueueRow

T = TypeVar("T")

POLL_SECONDS = 1.0
"""Another replica's commits do not ring our bell."""
REST_SECONDS = 0.1
"""Between two beats: a burst of commits is one."""
QUEUE_SECONDS = 0.25
"""How old a list of tickets may be that is shown; reading a long one at every commit would keep the process busy."""
PAGE = 500
"""As many messages as the mailbox returns at once; that many changes mean that there may be more."""
SKEW = timedelta(seconds=5)
"""By how much our clock and the database's may differ."""
KEPT_SECONDS = 60.0
"""How long a feed remembers; a page that was away for longer is told everything again."""


class Bell(Protocol):
    """Rings when something was committed in this process."""

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after `seconds`."""
        ...


class Pulse:
    """Beats when there may be news; pages wait for it."""

    def __init__(self) -> None:
        self.beats = 0
        self.stopped = False
        self._next = asyncio.Event()

    async def run(self, bell: Bell) -> None:
        """Beat at every ring and every second, but never more often than pages can follow."""
        ring = asyncio.ensure_future(bell.wait(POLL_SECONDS))
        try:
            while True:
                await ring
                ring = asyncio.ensure_future(bell.wait(POLL_SECONDS))  # listens while we rest
                self._beat()
                await asyncio.sleep(REST_SECONDS)
        finally:
            ring.cancel()

    async def after(self, beat: int) -> None:
        """Until a beat later than this one, or the end."""
        while self.beats <= beat and not self.stopped:
            await self._next.wait()

    def stop(self) -> None:
        self.stopped = True
        self._beat()

    def _beat(self) -> None:
        self.beats += 1
        self._next.set()
        self._next = asyncio.Event()


class Feed:
    """What changes at and below one address of an organisation."""

    def __init__(self, mailbox: Mailbox, organisation: str, root: Address) -> None:
        self._mailbox = mailbox
        self._organisation = organisation
        self._root = root
        self._turn = asyncio.Lock()
        self._beat = -1
        self._complete_after = -1
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._log: list[tuple[int, float, HostedMessage]] = []
        self._revisions: dict[str, int] = {}

    async def catch_up(self, beat: int) -> None:
        """Read what changed until this beat, unless another page's asking already did."""
        async with self._turn:
            if beat > self._beat:
                await self._read(beat)
                self._beat = beat

    async def _read(self, beat: int) -> None:
        now = datetime.now(UTC)
        idle = now - self._read_at > timedelta(seconds=KEPT_SECONDS)
        since = now if idle else self._read_at
        found = await self._mailbox.read(self._organisation, self._root, below=True, since=since - SKEW)
        self._read_at = now
        if idle or len(found) == PAGE:
            self._log, self._revisions, self._complete_after = [], {}, beat
        self._forget()
        for message in found:
            if self._revisions.get(message.id) != message.revision:
                self._revisions[message.id] = message.revision
                self._log.append((beat, time.monotonic(), message))

    def _forget(self) -> None:
        """What is old; nothing is read twice for longer than clocks may differ, so its revisions may go as well."""
        old = time.monotonic() - KEPT_SECONDS
        while self._log and self._log[0][1] < old:
            beat, _, message = self._log.pop(0)
            self._complete_after = max(self._complete_after, beat)
            if self._revisions.get(message.id) == message.revision:
                del self._revisions[message.id]

    def after(self, beat: int) -> list[HostedMessage] | None:
        """What changed after that beat; None when the feed does not reach back to it."""
        if beat < self._complete_after:
            return None
        return [message for told, _, message in self._log if told > beat]


class Shared:
    """Answers that several pages ask for at the same moment, fetched once."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[float, asyncio.Future[Any]]] = {}

    async def get(self, key: object, fetch: Callable[[], Awaitable[T]], *, seconds: float) -> T:
        """The answer for `key`, at most so many seconds old."""
        now = time.monotonic()
        known = self._kept.get(key)
        if known is None or now - known[0] > seconds:
            self._forget(now)
            known = (now, asyncio.ensure_future(fetch()))
            known[1].add_done_callback(lambda done: self._drop_failure(key, done))
            self._kept[key] = known
        answer: T = await asyncio.shield(known[1])  # a page that goes away must not take it from the others
        return answer

    def _drop_failure(self, key: object, done: asyncio.Future[Any]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed and key in self._kept and self._kept[key][1] is done:
            del self._kept[key]

    def _forget(self, now: float) -> None:
        if len(self._kept) > 1_000:
            self._kept = {key: known for key, known in self._kept.items() if now - known[0] < KEPT_SECONDS}


class News:
    """The beat, the feeds and the lists that open pages look at."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.pulse = Pulse()
        self._mailbox = mailbox
        self._feeds: dict[tuple[str, Address], Feed] = {}
        self._shared = Shared()

    def feed(self, organisation: str, base: Address) -> Feed:
        """The feed in which changes at and below `base` are found, among others: that of its route's first part."""
        root = Address(base.platform, base.route.partition("/")[0])
        key = (organisation, root)
        if key not in self._feeds:
            self._feeds[key] = Feed(self._mailbox, organisation, root)
        return self._feeds[key]

    async def queue(self, desk: Desk, person: Person) -> Sequence[QueueRow]:
        """The open tickets of a technician's organisation: the same for all of its technicians."""
        key = ("queue", person.organisation)
        return await self._shared.get(key, lambda: desk.queue(person), seconds=QUEUE_SECONDS)

    async def own_tickets(self, desk: Desk, person: Person) -> Sequence[OwnTicket]:
        key = ("tickets", person.organisation, person.id)
        return await self._shared.get(key, lambda: desk.own_tickets(person), seconds=QUEUE_SECONDS)


def is_at_or_below(base: Address, address: Address) -> bool:
    return address == base or (
        address.platform == base.platform and address.route.startswith(f"{base.route}/")
    )
