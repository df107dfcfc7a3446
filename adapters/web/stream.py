"""The page's one event stream: whatever changed, in all its panes, within a moment of its commit.

An event `done` ends each round of changes and carries the instant up to which the page now knows everything;
after a broken connection the browser gives it back, and only later changes are sent. Messages carry their id and
revision, so that telling one twice does no harm.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from adapters.web.addresses import PLATFORM, UUID, channels
from adapters.web.context import WEB, Refusal, Web
from adapters.web.guard import from_elsewhere, log_failure
from adapters.web.panes import Change, Channel, Conversations, Queue
from adapters.web.render import iso
from adapters.web.viewers import acting
from bot.messages import Address, DeskUnavailable, Person, QueueInfo

ALIVE_SECONDS = 10.0
"""So that the browser notices a dead connection, and we a browser that has gone."""
LATEST_RESUME = timedelta(minutes=10)
DEPTHS = (100, 500)


async def stream(request: web.Request) -> web.StreamResponse:
    if from_elsewhere(request):
        raise Refusal(403, "This came from another page.")
    page = await _Page.of(request)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    try:
        version = request.app[WEB].renderer.static_root
        await response.write(b"retry: 1000\n\n" + _event("hello", {"version": version}))
        async with aclosing(page.events()) as events:
            async for event in events:
                await response.write(event)
    except ConnectionError:
        pass  # the browser went away; it will come back with the last event's id
    return response


class _Page:
    """One open page: as whom it looks, and at what."""

    def __init__(self, request: web.Request, employee: Person | None, technician: Person | None) -> None:
        query = request.query
        self._request = request
        self._web: Web = request.app[WEB]
        self._employee = employee
        self._technician = technician
        self._conversation = query.get("conversation", "")
        self._wanted_route = query.get("channel", "")
        self._depth = DEPTHS[1] if query.get("depth") == "all" else DEPTHS[0]
        self._resume = _instant(request.headers.get("Last-Event-ID") or query.get("last", ""))
        self._alive_at = time.monotonic()
        self._in_trouble = False
        self._forget()

    @classmethod
    async def of(cls, request: web.Request) -> _Page:
        """The page that the request's query describes, if these people may look."""
        employee, technician = [
            await acting(request, request.query[side]) if request.query.get(side) else None
            for side in ("employee", "technician")
        ]
        if technician and request.app[WEB].desk.role(technician) is None:
            technician = None
        return cls(request, employee, technician)

    def _forget(self) -> None:
        """Begin anew: the page is told everything again."""
        self._chat: Conversations | None = None
        if self._employee and UUID.fullmatch(self._conversation):
            self._chat = Conversations(self._web, self._employee, self._conversation)
        self._channel: Channel | None = None
        self._channel_route = ""
        self._channels: list[dict[str, Any]] | None = None
        self._queue = Queue(self._web, self._technician) if self._technician else None
        self._ahead: timedelta | None = None

    async def events(self) -> AsyncGenerator[bytes, None]:
        pulse = self._web.news.pulse
        while not pulse.stopped:
            beat = pulse.beats
            async for event in self._tell():
                yield event
            if self._sign_of_life_is_due():
                yield _event("alive", {})
                if not await self._still_welcome():
                    yield _event("ended", {})
                    return
            await pulse.after(beat)

    async def _tell(self) -> AsyncGenerator[bytes, None]:
        """One round: what changed, and an end to it that the browser may resume from."""
        now, told = iso(datetime.now(UTC)), False
        try:
            async for name, data in self._round():
                told = True
                yield _event(name, data)
        except Exception as error:
            if not isinstance(error, DeskUnavailable) and not self._in_trouble:
                log_failure(self._request, error)
            self._forget()
            if not self._in_trouble:
                self._in_trouble = True
                yield _event("trouble", {})
            return
        if told or self._in_trouble:
            self._in_trouble, self._resume = False, None
            yield _event("done", {}, event_id=now)

    async def _round(self) -> AsyncGenerator[Change, None]:
        if self._clock_jumped():
            yield "clock", {"now": iso(self._web.clock())}
        changes: list[Change | None] = []
        if self._chat:
            changes += await self._chat.changes(self._depth)
        if self._technician:
            changes += self._choose_channel(self._technician)
        if self._channel:
            changes += await self._channel.changes(self._resume, self._depth)
        if self._queue:
            changes += await self._queue.changes()
        for change in changes:
            if change:
                yield change

    def _choose_channel(self, technician: Person) -> list[Change | None]:
        """The channels there are; the policy may be changed while the page is open."""
        found = channels(self._web.desk.role(technician))
        route = self._wanted_route if self._wanted_route in found else next(iter(found), "")
        known = [_channel_json(route, queue) for route, queue in found.items()]
        if route == self._channel_route and known == self._channels:
            return []
        if route != self._channel_route:
            self._channel = Channel(self._web, technician, Address(PLATFORM, route)) if route else None
        self._channel_route, self._channels = route, known
        return [("channels", {"chosen": route, "channels": known})]

    def _clock_jumped(self) -> bool:
        before, self._ahead = self._ahead, self._web.clock() - datetime.now(UTC)
        return before is None or abs(self._ahead - before) > timedelta(seconds=1)

    def _sign_of_life_is_due(self) -> bool:
        if time.monotonic() - self._alive_at < ALIVE_SECONDS:
            return False
        self._alive_at = time.monotonic()
        return True

    async def _still_welcome(self) -> bool:
        """Whether the session still lasts: it may have ended in another window."""
        try:
            for person in (self._employee, self._technician):
                if person:
                    await acting(self._request, person.id)
        except Refusal:
            return False
        except DeskUnavailable:
            pass
        return True


def _channel_json(route: str, queue: QueueInfo) -> dict[str, Any]:
    return {
        "route": route,
        "id": queue.id,
        "name": queue.name,
        "tier": queue.tier,
        "hint": queue.thread_hint,
    }


def _instant(text: str) -> datetime | None:
    """The instant that an event carried, unless it is so long ago that starting anew is cheaper."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    now = datetime.now(UTC)
    if instant.tzinfo is None or not now - LATEST_RESUME < instant <= now + timedelta(minutes=1):
        return None
    return instant


def _event(name: str, data: dict[str, Any], event_id: str = "") -> bytes:
    line = f"id: {event_id}\n" if event_id else ""
    return f"{line}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


async def keep_beating(app: web.Application) -> AsyncGenerator[None, None]:
    """Wake the pages when there may be news, for as long as the application lives."""
    beating = asyncio.create_task(app[WEB].news.pulse.run(app[WEB].bell))
    yield
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating


async def end_streams(app: web.Application) -> None:
    app[WEB].news.pulse.stop()
