"""Talking to the desk in a terminal: what is typed becomes messages, presses, commands and forms."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from adapters.console import wire, wording
from adapters.console.commands import COMMAND, Commands
from adapters.console.context import Introduction, Refusal
from adapters.console.forms import Cancelled, FormSheet
from adapters.console.lines import Unreadable
from adapters.console.link import DeskGone, Link, NotTaken, new_id
from adapters.console.screen import Pressable, Screen
from adapters.console.tty import Terminal
from bot.messages import FieldErrors, OpenForm, Reaction, Toast, printable

PROMPT = "> "
ANSWER_SECONDS = 5.0
"""How long a script waits for the first answer to a line."""
PAUSE_SECONDS = 0.5
"""A script takes the answers for complete when nothing more has come for this long."""
LAST_SECONDS = 1.0
"""How long it listens after its last line."""

_NUMBER = re.compile(r"\d{1,4}")
_MISTYPED = 100
"""A number below this is a button's, also when there is no such button."""


async def talk(path: Path, introduction: Introduction, terminal: Terminal) -> bool:
    """Until the person leaves or there are no more lines; whether everything that was typed was taken.

    Raises:
        OSError: no desk listens there.
        Refusal: the desk does not know who this is.
    """
    screen = Screen(terminal)
    async with Link.opened(path, introduction, screen) as link:
        talking: asyncio.Future[bool] = asyncio.ensure_future(Chat(terminal, screen, link).run())
        try:
            done, _ = await asyncio.wait({talking, link.gone}, return_when=asyncio.FIRST_COMPLETED)
            return (talking if talking in done else link.gone).result()
        except DeskGone:
            screen.notice(wording.desk_gone())
        except Unreadable:
            screen.notice(wording.other_version())
        except NotTaken:
            screen.notice(wording.not_taken())
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        return False


class Chat:
    def __init__(self, terminal: Terminal, screen: Screen, link: Link) -> None:
        self._terminal = terminal
        self._screen = screen
        self._link = link
        self._commands = Commands(screen, link)
        self._all_taken = True

    async def run(self) -> bool:
        """Whether everything that was typed was taken."""
        screen, welcome = self._screen, self._link.welcome
        screen.account = welcome.account
        screen.channels = {channel.route: channel.name for channel in welcome.channels}
        route = (
            self._commands.fresh_route()
        )  # a script begins anew: its line answers no question of last week
        if self._terminal.interactive:
            screen.notice(wording.greeting(welcome.name, technician=welcome.technician))
            route = welcome.latest or route
        await self._link.look(route)
        while not self._commands.leaving and (line := await self._terminal.ask(PROMPT)) is not None:
            await self._take(printable(line))
        if not self._terminal.interactive:
            await self._hear_out(LAST_SECONDS)
        return self._all_taken or self._terminal.interactive

    async def _take(self, line: str) -> None:
        """Carry out one line. A script's next line waits for the answers to this one."""
        self._screen.arrived.clear()
        try:
            if await self._carry_out(line) and not self._terminal.interactive:
                await self._hear_out(ANSWER_SECONDS)
        except Refusal as refusal:
            self._screen.say(self._screen.drawing.plain(refusal.sentence))
            self._all_taken = False
        except NotTaken:
            self._screen.say(self._screen.drawing.plain(wording.not_taken()))
            self._all_taken = False

    async def _hear_out(self, patience: float) -> None:
        """Wait for the first answer, and for all that follow it closely."""
        try:
            while True:
                await asyncio.wait_for(self._screen.arrived.wait(), patience)
                self._screen.arrived.clear()
                patience = PAUSE_SECONDS
        except TimeoutError:
            return

    async def _carry_out(self, line: str) -> bool:
        """Whether the desk may have something to say to it."""
        text = line.strip()
        if not text:
            return False
        if command := COMMAND.fullmatch(line.rstrip()):
            return await self._commands.carry_out(command[1], (command[2] or "").strip())
        if _NUMBER.fullmatch(text):
            if button := self._screen.button(int(text)):
                return await self._press(button)
            if self._screen.has_buttons and int(text) < _MISTYPED:
                self._screen.notice(wording.no_button(int(text)))
                return False
        message = wire.Write(id=new_id(), route=self._screen.route, text=text)
        self._screen.wrote(message.id)
        await self._link.ask(message)
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
