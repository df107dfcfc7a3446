"""What one open terminal looks at, and what of it changed since it was last told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from adapters.console.addresses import Place
from bot.messages import HostedMessage, Mailbox

SHOWN_AT_FIRST = 20
"""So many messages of a place are shown to whoever comes in."""
SKEW = timedelta(seconds=30)
"""By how much our clock and the database's may differ."""


class Watch:
    def __init__(self, mailbox: Mailbox, organisation: str, place: Place) -> None:
        self._mailbox = mailbox
        self._organisation = organisation
        self._place = place
        self._told: dict[str, int] = {}
        self._read_at = datetime.now(UTC)

    async def begin(self, since: datetime | None = None) -> Sequence[HostedMessage]:
        """The newest messages at the place, oldest first; a thread begins with its card.

        `since` asks for all that has happened since then, at the place and below it.
        """
        if since:
            self._read_at = since
            return await self.news()
        place, self._read_at = self._place, datetime.now(UTC)
        self._untold(await self._read())
        found = await self._mailbox.read(self._organisation, place.address)
        self._untold(found)
        shown = [message for message in found if not message.deleted][-SHOWN_AT_FIRST:]
        if place.card:
            above = await self._mailbox.read(self._organisation, place.base)
            shown = [message for message in above if message.id == place.card] + shown
            self._untold(shown)
        return shown

    async def news(self) -> Sequence[HostedMessage]:
        """What is new or changed since the last time."""
        reading_at = datetime.now(UTC)
        changed = await self._read(self._read_at - SKEW)
        self._read_at = reading_at
        return self._untold(message for message in changed if self._place.shows(message))

    def _untold(self, found: Iterable[HostedMessage]) -> Sequence[HostedMessage]:
        news = [message for message in found if self._told.get(message.id) != message.revision]
        self._told.update((message.id, message.revision) for message in news)
        return news

    async def _read(self, since: datetime | None = None) -> Sequence[HostedMessage]:
        return await self._mailbox.read(self._organisation, self._place.base, below=True, since=since)
