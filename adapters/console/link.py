"""The terminal's end of the connection to the desk.

What was asked is kept until it is answered. After a broken connection, or when the desk could store nothing, it is
asked again with the same id, so that it is carried out once.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

from adapters.console import wire, wording
from adapters.console.context import Introduction, Refusal
from bot.messages import HostedMessage

RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""How long a message is offered to a desk that cannot store it."""
RETURN_SECONDS = 30.0
"""How long a desk that stopped may take to come back."""

Heard = Callable[[Sequence[HostedMessage]], None]
Notice = Callable[[str], None]


class DeskGone(Exception):
    """The desk has stopped and does not come back."""


class NotTaken(Exception):
    """The desk could not store this for `PATIENCE_SECONDS`."""


def new_id() -> str:
    return uuid4().hex


class Link:
    """A connection that comes back. `heard` gets what happens at the place looked at, `notice` what happens to us."""

    def __init__(self, path: Path, introduction: Introduction, heard: Heard, notice: Notice) -> None:
        self._path = path
        self._introduction = introduction
        self._heard = heard
        self._notice = notice
        self._waiting: dict[str, tuple[wire.Request, asyncio.Future[wire.Answer]]] = {}
        self._looking_at: str | None = None
        self._reader: StreamReader
        self._writer: StreamWriter
        self.welcome: wire.Welcome
        self.gone: asyncio.Future[None]
        """Fails with `DeskGone` when there is no way back."""

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, path: Path, introduction: Introduction, heard: Heard, notice: Notice
    ) -> AsyncIterator[Link]:
        """
        Raises:
            OSError: no desk listens there.
            Refusal: the desk does not know who this is.
        """
        link = cls(path, introduction, heard, notice)
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

    async def look(self, route: str) -> Sequence[HostedMessage]:
        """What was said there lately; from now on `heard` gets what is said there."""
        shown = await self.ask(wire.Look(id=new_id(), route=route))
        assert isinstance(shown, wire.Shown)
        self._looking_at = route
        return shown.messages

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
                self._notice(wording.stored_later())
                told = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask_once(self, request: wire.Request) -> wire.Answer:
        if self.gone.done():
            raise DeskGone
        answer: asyncio.Future[wire.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = request, answer
        try:
            self._writer.write(wire.request_line(request))  # on a broken connection this does nothing, and `_listen` asks
            return await answer
        finally:
            del self._waiting[request.id]

    # ---------------------------------------------------------------------------------------------- listening

    async def _listen(self) -> None:
        while True:
            with suppress(ConnectionError):
                while line := await wire.next_line(self._reader):
                    self._take(wire.read_answer(line))
            await self._hang_up()
            self._notice(wording.connection_lost())
            try:
                await self._come_back()
            except (OSError, Refusal):
                self._give_up()
                return
            self._notice(wording.connected_again())

    def _take(self, answer: wire.Answer) -> None:
        if isinstance(answer, wire.News):
            self._heard(answer.messages)
        elif (waiting := self._waiting.get(answer.to)) and not waiting[1].done():
            waiting[1].set_result(answer)

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
        for request, answer in list(self._waiting.values()):
            if not answer.done():
                self._writer.write(wire.request_line(request))

    def _give_up(self) -> None:
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(DeskGone())
        self.gone.set_exception(DeskGone())

    # ------------------------------------------------------------------------------------------- one connection

    async def _connect(self) -> None:
        """Say hello, and look again where we looked."""
        self._reader, self._writer = await asyncio.open_unix_connection(
            str(self._path), limit=wire.LONGEST_ANSWER
        )
        welcome = await self._at_once(wire.Hello(id=new_id(), introduction=self._introduction))
        assert isinstance(welcome, wire.Welcome)
        self.welcome = welcome
        if self._looking_at is not None:
            shown = await self._at_once(wire.Look(id=new_id(), route=self._looking_at))
            assert isinstance(shown, wire.Shown)
            self._heard(shown.messages)

    async def _at_once(self, request: wire.Request) -> wire.Answer:
        """The answer to a request on a connection that nobody listens on yet."""
        self._writer.write(wire.request_line(request))
        line = await wire.next_line(self._reader)
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
