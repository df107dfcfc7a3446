"""The terminal's end of the connection to the desk.

What was asked is kept until it is answered. After a broken connection, or when the desk could store nothing, it is
asked again with the same id, so that it is carried out once.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from adapters.console import wire, wording
from adapters.console.context import Introduction, Refusal
from adapters.console.lines import LONGEST_ANSWER, LONGEST_REQUEST, next_line
from bot.messages import HostedMessage

RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""How long a message is offered to a desk that cannot store it."""
RETURN_SECONDS = 30.0
"""How long a desk that stopped may take to come back."""


class Listener(Protocol):
    def entered(self, route: str, messages: Sequence[HostedMessage]) -> None:
        """What was said lately at the place that is looked at from now on."""
        ...

    def heard(self, messages: Sequence[HostedMessage]) -> None:
        """What is new or changed there."""
        ...

    def notice(self, text: str) -> None:
        """What happens to the connection."""
        ...


class DeskGone(Exception):
    """The desk has stopped and does not come back."""


class NotTaken(Exception):
    """The desk could not store this for `PATIENCE_SECONDS`."""


def new_id() -> str:
    return uuid4().hex


class Link:
    """A connection that comes back."""

    def __init__(self, path: Path, introduction: Introduction, listener: Listener) -> None:
        self._path = path
        self._introduction = introduction
        self._listener = listener
        self._waiting: dict[str, tuple[wire.Request, asyncio.Future[wire.Answer]]] = {}
        self._looking_at: str | None = None
        self._lost_at: datetime | None = None
        self._reader: StreamReader
        self._writer: StreamWriter
        self.welcome: wire.Welcome
        self.gone: asyncio.Future[bool]
        """Fails when there is no way back, mostly with `DeskGone`."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, path: Path, introduction: Introduction, listener: Listener) -> AsyncIterator[Link]:
        """
        Raises:
            OSError: no desk listens there.
            Refusal: the desk does not know who this is.
        """
        link = cls(path, introduction, listener)
        link.gone = asyncio.get_running_loop().create_future()
        await link._connect()
        listening = asyncio.create_task(link._listen())
        try:
            yield link
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            link.gone.cancel()
            await link._hang_up()

    async def look(self, route: str) -> None:
        """Go to a place."""
        await self.ask(wire.Look(id=new_id(), route=route))

    async def ask(self, request: wire.Request) -> wire.Answer:
        """The desk's answer, however often it must be asked.

        Raises:
            Refusal: it will not, and says why.
            NotTaken, DeskGone
        """
        until = time.monotonic() + PATIENCE_SECONDS
        told = False
        while True:
            answer = await self._ask_once(request)
            if isinstance(answer, wire.Refused):
                raise Refusal(answer.sentence)
            if not isinstance(answer, wire.NotNow):
                return answer
            if time.monotonic() > until:
                raise NotTaken
            if not told:
                self._listener.notice(wording.stored_later())
                told = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask_once(self, request: wire.Request) -> wire.Answer:
        if self.gone.done():
            raise DeskGone
        line = wire.request_line(request)
        if len(line) > LONGEST_REQUEST:
            raise Refusal(wording.too_long())
        answer: asyncio.Future[wire.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = request, answer
        try:
            self._writer.write(line)  # lost if the connection is broken; then `_come_back` writes it
            return await answer
        finally:
            del self._waiting[request.id]

    # ---------------------------------------------------------------------------------------------- listening

    async def _listen(self) -> None:
        try:
            while True:
                with suppress(ConnectionError):
                    while line := await next_line(self._reader):
                        self._take(wire.read_answer(line))
                self._lost_at = datetime.now(UTC)
                await self._hang_up()
                self._listener.notice(wording.connection_lost())
                await self._come_back()
                self._listener.notice(wording.connected_again())
        except Exception as error:
            self._give_up(DeskGone() if isinstance(error, OSError | Refusal) else error)

    def _take(self, answer: wire.Answer) -> None:
        waiting = self._waiting.get(answer.to)
        match answer:
            case wire.News(messages=messages):
                self._listener.heard(messages)
            case wire.Shown(messages=messages) if waiting and isinstance(waiting[0], wire.Look):
                self._arrive(waiting[0].route, messages)
            case wire.Refused(to="", sentence=sentence):
                self._listener.notice(sentence)
        if waiting and not waiting[1].done():
            waiting[1].set_result(answer)

    def _arrive(self, route: str, messages: Sequence[HostedMessage]) -> None:
        """At once, not when whoever asked wakes up: the next line may be news of that place."""
        self._looking_at = route
        self._listener.entered(route, messages)

    async def _come_back(self) -> None:
        until = time.monotonic() + RETURN_SECONDS
        while True:
            try:
                await self._connect()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(RETRY_SECONDS / 2)
        for request, answer in self._waiting.values():
            if not answer.done():
                self._writer.write(wire.request_line(request))

    def _give_up(self, error: Exception) -> None:
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # seen, even when nobody waits for it any more
        self.gone.set_exception(error)
        self.gone.exception()

    # ------------------------------------------------------------------------------------------- one connection

    async def _connect(self) -> None:
        """Say hello, and look again where we looked."""
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LONGEST_ANSWER)
        self._reader, self._writer = reader, writer
        try:
            welcome = await self._at_once(wire.Hello(id=new_id(), introduction=self._introduction))
            assert isinstance(welcome, wire.Welcome)
            self.welcome = welcome
            if self._looking_at is not None:
                look = wire.Look(id=new_id(), route=self._looking_at, since=self._lost_at)
                shown = await self._at_once(look)
                assert isinstance(shown, wire.Shown)
                self._arrive(self._looking_at, shown.messages)
        except BaseException:
            await self._hang_up()
            raise

    async def _at_once(self, request: wire.Request) -> wire.Answer:
        """The answer to a request on a connection that nobody listens on yet."""
        self._writer.write(wire.request_line(request))
        line = await next_line(self._reader)
        if line is None:
            raise ConnectionResetError
        answer = wire.read_answer(line)
        if isinstance(answer, wire.Refused):
            raise Refusal(answer.sentence)
        if isinstance(answer, wire.NotNow):
            raise ConnectionResetError
        return answer

    async def _hang_up(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
