"""What begins with a slash."""

from __future__ import annotations

import re

from adapters.console import wire, wording
from adapters.console.addresses import last_part
from adapters.console.link import Link, new_id
from adapters.console.screen import Screen

COMMAND = re.compile(r"/([A-Za-z]+|[Tt]-?\d+)(?:\s+(.*))?", re.DOTALL)
_TICKET = re.compile(r"(?:[Tt]-?)?#?(\d{3,9})")


class Commands:
    def __init__(self, screen: Screen, link: Link) -> None:
        self._screen = screen
        self._link = link
        self._trail: list[str] = []
        """Where the person was before, newest last."""
        self.leaving = False

    async def carry_out(self, name: str, rest: str) -> bool:
        """Whether the desk may have something to say to it.

        Raises:
            Refusal, NotTaken, DeskGone: see `Link.ask`.
        """
        match name.lower():
            case "quit" | "exit":
                self.leaving = True
            case "help":
                table = wording.help_lines(technician=self._link.welcome.technician)
                self._screen.say(self._screen.drawing.table(table))
                return await self._tell_desk("help")
            case "tickets":
                return await self._tell_desk("tickets")
            case "new":
                await self._go(self.fresh_route())
                self._screen.notice(wording.new_conversation())
            case "back":
                await self._back()
            case "open":
                await self._open(rest)
            case "edit":
                return await self._edit(rest)
            case "delete":
                return await self._delete()
            case "queue":
                await self._queue()
            case "channel":
                await self._channel(rest)
            case _ if ticket := _TICKET.fullmatch(name):
                return await self._tell_desk(f"T-{ticket[1]}")
            case _:
                self._screen.notice(wording.unknown_command(f"/{name}"))
        return False

    def fresh_route(self) -> str:
        """Of a conversation in which nothing was said yet."""
        return f"{self._link.welcome.home}/{new_id()}"

    async def _tell_desk(self, command: str) -> bool:
        """A command is answered in a conversation: the one on the screen, or a new one."""
        if not self._screen.route.startswith(f"{self._link.welcome.home}/"):
            await self._go(self.fresh_route())
        await self._link.ask(wire.Command(id=new_id(), route=self._screen.route, command=command))
        return True

    async def _edit(self, text: str) -> bool:
        message = self._screen.last_own
        if message is None or not text:
            self._screen.notice(wording.what_text() if message else wording.nothing_to_change())
            return False
        self._screen.wrote(message)
        await self._link.ask(wire.Edit(id=new_id(), route=self._screen.route, message=message, text=text))
        self._screen.notice(wording.edited())
        return True

    async def _delete(self) -> bool:
        message = self._screen.last_own
        if message is None:
            self._screen.notice(wording.nothing_to_change())
            return False
        self._screen.deleted(message)
        await self._link.ask(wire.Delete(id=new_id(), route=self._screen.route, message=message))
        self._screen.notice(wording.deleted())
        return True

    # -------------------------------------------------------------------------------------------------- places

    async def _go(self, route: str) -> None:
        left = self._screen.route
        await self._link.look(route)
        if left == route:
            self._screen.notice(wording.here_already())
        else:
            self._trail = [*(one for one in self._trail if one != route), left]

    async def _back(self) -> None:
        if route := self._screen.elsewhere:
            await self._go(route)
        elif self._trail:
            await self._link.look(self._trail.pop())
        else:
            self._screen.notice(wording.nowhere_to_go())

    async def _open(self, ticket: str) -> None:
        if number := _TICKET.fullmatch(ticket):
            found = await self._link.ask(wire.Find(id=new_id(), ticket=f"T-{number[1]}"))
            assert isinstance(found, wire.Found)
            await self._go(found.route)
        else:
            self._screen.notice(wording.which_ticket())

    async def _queue(self) -> None:
        found = await self._link.ask(wire.ListQueue(id=new_id()))
        assert isinstance(found, wire.Rows)
        drawing = self._screen.drawing
        self._screen.say(drawing.queue(found.rows) or drawing.plain(wording.empty_queue()))

    async def _channel(self, wanted: str) -> None:
        channels = self._link.welcome.channels
        named = ((channel, (channel.id, last_part(channel.route), channel.name)) for channel in channels)
        if not channels:
            self._screen.notice(wording.no_channels())
        elif not wanted:
            listed = ", ".join(f"{channel.id} ({channel.name})" for channel in channels)
            self._screen.notice(wording.channels(listed))
        elif found := next((channel for channel, names in named if wanted in names), None):
            await self._go(found.route)
        else:
            self._screen.notice(wording.unknown_channel(wanted))
