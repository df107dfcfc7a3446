"""Reading once for all open pages: one beat for everybody, one feed for each root of an organisation's addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.messages import Address, HostedMessage, Mailbox, QueueRow

POLL_SECONDS = 1.0
"""Another replica's commits do not ring our bell."""
REST_SECONDS = 0.1
"""Between two beats: a burst of commits is one."""
QUEUE_SECONDS = 0.4
"""How old a queue may be that is shown; reading a long one at every commit would keep the process busy."""
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


class News:
    """The feeds and queues that open pages look at."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.pulse = Pulse()
        self._mailbox = mailbox
        self._feeds: dict[tuple[str, Address], Feed] = {}
        self._queues: dict[str, tuple[int, float, Sequence[QueueRow]]] = {}

    def feed(self, organisation: str, base: Address) -> Feed:
        """The feed in which changes at and below `base` are found, among others: that of its route's first part."""
        root = Address(base.platform, base.route.partition("/")[0])
        key = (organisation, root)
        if key not in self._feeds:
            self._feeds[key] = Feed(self._mailbox, organisation, root)
        return self._feeds[key]

    async def queue(
        self, organisation: str, read: Callable[[], Awaitable[Sequence[QueueRow]]]
    ) -> Sequence[QueueRow]:
        """The organisation's queue, read at most once a beat: it is the same for all of its technicians."""
        beat, now = self.pulse.beats, time.monotonic()
        known = self._queues.get(organisation)
        if known and (known[0] == beat or now - known[1] < QUEUE_SECONDS):
            return known[2]
        rows = await read()
        self._queues[organisation] = (beat, now, rows)
        return rows


def is_at_or_below(base: Address, address: Address) -> bool:
    return address == base or (
        address.platform == base.platform and address.route.startswith(f"{base.route}/")
    )
