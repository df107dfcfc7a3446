"""The desk's side of one open terminal: requests in, answers and news out."""

from __future__ import annotations

import asyncio
import traceback
from asyncio import StreamReader, StreamWriter
from contextlib import suppress

import structlog

from adapters.console import wire
from adapters.console.actions import carry_out
from adapters.console.addresses import PLATFORM, Place, channels, home, place
from adapters.console.context import Console, Refusal
from adapters.console.lines import Unreadable, next_line
from adapters.console.watch import Watch
from bot.messages import Address, DeskUnavailable, Person, ShowCard

POLL_SECONDS = 1.0
"""Another replica's commits do not ring our bell."""
REST_SECONDS = 0.05
"""At most this often: a burst of commits is one round."""

log = structlog.get_logger("firstline.console")


class Session:
    def __init__(self, console: Console, reader: StreamReader, writer: StreamWriter) -> None:
        self._console = console
        self._reader = reader
        self._writer = writer
        self._closing = asyncio.Event()
        self._watch: Watch | None = None
        self.person: Person | None = None

    def close(self) -> None:
        """Answer what is under way, and end."""
        self._closing.set()

    async def run(self) -> None:
        """Until the terminal hangs up, or `close`."""
        telling = asyncio.create_task(self._tell())
        try:
            while (request := await self._next()) is not None:
                await self._send(await self._answer(request))
        except ConnectionError:
            pass  # the terminal was closed; whoever opens it again sees what was said
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _next(self) -> wire.Request | None:
        """The next request that can be read; what cannot is answered with a refusal."""
        while True:
            line = asyncio.ensure_future(next_line(self._reader))
            closing = asyncio.ensure_future(self._closing.wait())
            try:
                await asyncio.wait({line, closing}, return_when=asyncio.FIRST_COMPLETED)
                if not line.done() or (found := line.result()) is None:
                    return None
                return wire.read_request(found)
            except Unreadable as why:
                sentence = f"The desk cannot read this line: {why}."
                await self._send(wire.Refused(sentence=sentence))
            finally:
                for waiting in (line, closing):
                    waiting.cancel()

    async def _answer(self, request: wire.Request) -> wire.Answer:
        try:
            return await self._carry_out(request)
        except Refusal as refusal:
            return wire.Refused(to=request.id, sentence=refusal.sentence)
        except DeskUnavailable:
            return wire.NotNow(to=request.id)
        except Exception as error:  # the mailbox's database may be away in ways of its own
            _log_failure(error)
            return wire.NotNow(to=request.id)

    async def _carry_out(self, request: wire.Request) -> wire.Answer:
        if isinstance(request, wire.Hello):
            return await self._welcome(request)
        if (person := self.person) is None:
            raise Refusal("Say hello first.")
        match request:
            case wire.Look(route=route, since=since):
                watch = Watch(self._console.mailbox, person.organisation, self._place(person, route))
                shown = await watch.begin(since)
                self._watch = watch
                return wire.Shown(to=request.id, messages=tuple(shown))
            case wire.Find(ticket=ticket):
                return wire.Found(to=request.id, route=await self._route_of(person, ticket))
            case wire.ListQueue():
                if self._console.desk.role(person) is None:
                    raise Refusal("Only technicians see the queue. Your own requests: /tickets")
                return wire.Rows(to=request.id, rows=tuple(await self._console.desk.queue(person)))
            case _:
                where = self._place(person, request.route)
                return wire.Done(
                    to=request.id, reaction=await carry_out(self._console, person, where, request)
                )

    async def _welcome(self, hello: wire.Hello) -> wire.Welcome:
        person = self._console.recognise(hello.introduction)
        said = await self._console.mailbox.read(person.organisation, home(person), below=True)
        role = self._console.desk.role(person)
        self.person = person
        return wire.Welcome(
            to=hello.id,
            name=person.name,
            account=person.id,
            home=home(person).route,
            latest=said[-1].address.route if said else None,
            technician=role is not None,
            channels=tuple(
                wire.Channel(queue.id, queue.name, route) for route, queue in channels(role).items()
            ),
        )

    def _place(self, person: Person, route: str) -> Place:
        return place(person, self._console.desk.role(person), route)

    async def _route_of(self, person: Person, ticket: str) -> str:
        """The conversation in which the person asked for this ticket, or the thread under its card."""
        number = ticket.upper()
        for own in await self._console.desk.own_tickets(person):
            if own.number == number and own.address.platform == PLATFORM:
                return own.address.route
        moved = ""
        for route in channels(self._console.desk.role(person)):
            for message in await self._console.mailbox.read(person.organisation, Address(PLATFORM, route)):
                card = message.content.card if isinstance(message.content, ShowCard) else None
                if card and not message.deleted and card.title.split(" ", 1)[0] == number:
                    if card.buttons:
                        return f"{route}/{message.id}"
                    moved = f"{route}/{message.id}"  # it may have left this queue
        if not moved:
            raise Refusal(f"There is no {number} of yours in the terminal.")
        return moved

    # ------------------------------------------------------------------------------------------------- telling

    async def _tell(self) -> None:
        """Send news of the watched place, within a moment of its commit."""
        in_trouble = False
        while True:
            ring = asyncio.ensure_future(self._console.bell.wait(POLL_SECONDS))
            try:
                if watch := self._watch:
                    news = await watch.news()
                    if news and watch is self._watch:
                        await self._send(wire.News(messages=tuple(news)))
                in_trouble = False
                await ring
            except ConnectionError:
                return
            except Exception as error:
                if not (in_trouble or isinstance(error, DeskUnavailable)):
                    _log_failure(error)
                in_trouble = True
                await asyncio.sleep(POLL_SECONDS)
            finally:
                ring.cancel()
            await asyncio.sleep(REST_SECONDS)

    async def _send(self, answer: wire.Answer) -> None:
        self._writer.write(wire.answer_line(answer))
        await self._writer.drain()


def _log_failure(error: Exception) -> None:
    """Where it failed; never the message of the error, which may quote what a person wrote."""
    log.error(
        "console.failed",
        error=type(error).__name__,
        stack="".join(traceback.format_tb(error.__traceback__)),
    )
