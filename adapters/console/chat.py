"""Talking to the desk in a terminal: what is typed becomes messages, presses, commands and forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from adapters.console import wire, wording
from adapters.console.addresses import last_part
from adapters.console.context import Introduction, Refusal
from adapters.console.forms import Cancelled, FormSheet
from adapters.console.link import DeskGone, Link, NotTaken, new_id
from adapters.console.screen import Pressable, Screen
from adapters.console.tty import Terminal
from bot.messages import FieldErrors, OpenForm, Reaction, Toast, printable

PROMPT = "> "
ANSWER_SECONDS = 5.0
"""How long a script waits for the first answer to a line."""
PAUSE_SECONDS = 0.5
"""A script takes the answers for complete when nothing more has come for this long."""

_COMMAND = re.compile(r"/([A-Za-z]+|[Tt]-?\d+)(?:\s+(.*))?", re.DOTALL)
_TICKET = re.compile(r"(?:[Tt]-?)?#?(\d{3,9})")
_NUMBER = re.compile(r"\d{1,2}")


async def talk(path: Path, introduction: Introduction, terminal: Terminal) -> bool:
    """Until the person leaves or there are no more lines; whether everything that was typed was taken.

    Raises:
        OSError: no desk listens there.
        Refusal: the desk does not know who this is.
    """
    screen = Screen(terminal)
    async with Link.opened(path, introduction, screen) as link:
        talking = asyncio.ensure_future(Chat(terminal, screen, link).run())
        try:
            await asyncio.wait({talking, link.gone}, return_when=asyncio.FIRST_COMPLETED)
            if talking.done():
                return talking.result()
            link.gone.result()
        except DeskGone:
            screen.notice(wording.desk_gone())
        except wire.Unreadable:
            screen.notice(wording.other_version())
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        return False


class Chat:
    def __init__(self, terminal: Terminal, screen: Screen, link: Link) -> None:
        self._terminal = terminal
        self._screen = screen
        self._link = link
        self._trail: list[str] = []
        """Where the person was before, newest last."""
        self._all_taken = True
        self._leaving = False

    async def run(self) -> bool:
        """Whether everything that was typed was taken."""
        screen, welcome = self._screen, self._link.welcome
        screen.account = welcome.account
        screen.channels = {channel.route: channel.name for channel in welcome.channels}
        # A script begins anew: in a conversation of last week its line would be an answer to who knows what.
        if self._terminal.interactive:
            screen.notice(wording.greeting(welcome.name, bool(welcome.channels)))
        await self._link.look((self._terminal.interactive and welcome.latest) or self._fresh_route())
        while not self._leaving and (line := await self._terminal.ask(PROMPT)) is not None:
            screen.arrived.clear()
            try:
                if await self._take(printable(line)) and not self._terminal.interactive:
                    await self._hear_out()
            except Refusal as refusal:
                screen.say(screen.drawing.plain(refusal.sentence))
            except NotTaken:
                screen.say(screen.drawing.plain(wording.not_taken()))
                self._all_taken = False
        return self._all_taken

    async def _hear_out(self) -> None:
        """Wait for the answers to a line, so that a script's next line comes after them."""
        patience = ANSWER_SECONDS
        try:
            while True:
                await asyncio.wait_for(self._screen.arrived.wait(), patience)
                self._screen.arrived.clear()
                patience = PAUSE_SECONDS
        except TimeoutError:
            return

    # ------------------------------------------------------------------------------------------ what was typed

    async def _take(self, line: str) -> bool:
        """Carry out one line; whether the desk may have something to say to it."""
        text = line.strip()
        if not text:
            return False
        if command := _COMMAND.fullmatch(line.rstrip()):
            return await self._command(command[1].lower(), (command[2] or "").strip())
        if _NUMBER.fullmatch(text) and self._screen.has_buttons:
            if button := self._screen.button(int(text)):
                return await self._press(button)
            self._screen.notice(wording.no_button(int(text)))
            return False
        message = wire.Write(id=new_id(), route=self._screen.route, text=text)
        self._screen.wrote(message.id)
        await self._link.ask(message)
        return True

    async def _command(self, name: str, rest: str) -> bool:
        match name:
            case "quit" | "exit":
                self._leaving = True
            case "help":
                table = wording.help_lines(technician=self._is_technician)
                self._screen.say(self._screen.drawing.table(table))
                return await self._tell_desk("help")
            case "tickets":
                return await self._tell_desk("tickets")
            case "new":
                await self._go(self._fresh_route())
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

    async def _tell_desk(self, command: str) -> bool:
        """A command is answered in a conversation: the one on the screen, or a new one."""
        if not self._screen.route.startswith(f"{self._link.welcome.home}/"):
            await self._go(self._fresh_route())
        await self._link.ask(wire.Command(id=new_id(), route=self._screen.route, command=command))
        return True

    async def _edit(self, text: str) -> bool:
        if (message := self._screen.last_own) is None:
            self._screen.notice(wording.nothing_to_change())
            return False
        if not text:
            self._screen.notice(wording.what_text())
            return False
        self._screen.wrote(message)
        await self._link.ask(wire.Edit(id=new_id(), route=self._screen.route, message=message, text=text))
        return True

    async def _delete(self) -> bool:
        if (message := self._screen.last_own) is None:
            self._screen.notice(wording.nothing_to_change())
            return False
        self._screen.deleted(message)
        await self._link.ask(wire.Delete(id=new_id(), route=self._screen.route, message=message))
        return True

    # ------------------------------------------------------------------------------------------------- presses

    async def _press(self, pressed: Pressable) -> bool:
        button = pressed.button
        self._screen.notice(f"→ {button.label}")
        done = await self._link.ask(
            wire.Press(id=new_id(), route=pressed.route, button=button.id, value=button.value)
        )
        assert isinstance(done, wire.Done)
        if isinstance(done.reaction, OpenForm):
            return await self._fill_in(done.reaction, pressed.route)
        return self._told(done.reaction)

    async def _fill_in(self, opened: OpenForm, route: str) -> bool:
        form, reaction = opened.form, None
        sheet = FormSheet(form, self._terminal, self._screen.drawing, self._screen.say)
        try:
            answers = await sheet.fill()
            while isinstance(reaction := await self._submit(opened, route, answers), FieldErrors):
                answers = await sheet.correct(reaction.errors)
        except Cancelled:
            self._screen.notice(wording.cancelled())
            return False
        return self._told(reaction)

    async def _submit(self, opened: OpenForm, route: str, answers: Mapping[str, str]) -> Reaction | None:
        form = opened.form
        done = await self._link.ask(
            wire.Submit(id=new_id(), route=route, form=form.id, value=form.value, answers=dict(answers))
        )
        assert isinstance(done, wire.Done)
        return done.reaction

    def _told(self, reaction: Reaction | None) -> bool:
        """Show a toast. It is the answer: a script need not wait for another."""
        if isinstance(reaction, Toast):
            self._screen.say(self._screen.drawing.plain(reaction.text))
            self._screen.arrived.set()
        return True

    # -------------------------------------------------------------------------------------------------- places

    async def _go(self, route: str) -> None:
        left = self._screen.route
        await self._link.look(route)
        if left and left != route:
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
        if not channels:
            self._screen.notice(wording.no_channels())
        elif not wanted:
            ids = ", ".join(f"{channel.id} ({channel.name})" for channel in channels)
            self._screen.notice(wording.channels(ids))
        else:
            names = ((channel, (channel.id, last_part(channel.route), channel.name)) for channel in channels)
            found = next((channel for channel, known in names if wanted in known), None)
            if found:
                await self._go(found.route)
            else:
                self._screen.notice(wording.unknown_channel(wanted))

    def _fresh_route(self) -> str:
        return f"{self._link.welcome.home}/{new_id()}"

    @property
    def _is_technician(self) -> bool:
        return self._link.welcome.technician
