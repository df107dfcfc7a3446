"""What stands on the screen: prints messages as they come, numbers their buttons, knows what a number presses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.console import wording
from adapters.console.addresses import above, last_part
from adapters.console.drawing import Drawing, author, pressable
from adapters.console.tty import Terminal
from bot.messages import Button, HostedMessage, Say, ShowCard


@dataclass(frozen=True, slots=True)
class Pressable:
    route: str
    """Where a press on it belongs."""
    button: Button


class Screen:
    """Shows one place at a time.

    In a conversation the numbers are those of the newest message. In a channel, where cards come and change by
    themselves, a number once given stays with its card, so that nobody presses a button that has just slipped away.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._seen: dict[str, HostedMessage] = {}
        self._numbers: dict[int, Pressable] = {}
        self._mine: dict[str, None] = {}
        """Ids of this terminal's own messages: they stand on the screen already."""
        self.route = ""
        self.account = ""
        self.channels: dict[str, str] = {}
        """Names of the queues whose channels are in the terminal, by route."""
        self.elsewhere: str | None = None
        """Another conversation in which something was said."""
        self.last_own: str | None = None
        self.arrived = asyncio.Event()
        """Set whenever something was shown that this terminal did not write."""

    @property
    def drawing(self) -> Drawing:
        return Drawing(self._terminal.columns, self._terminal.paint)

    def button(self, number: int) -> Pressable | None:
        return self._numbers.get(number)

    @property
    def has_buttons(self) -> bool:
        return bool(self._numbers)

    def wrote(self, message_id: str) -> None:
        self._mine[message_id] = None
        self.last_own = message_id

    def deleted(self, message_id: str) -> None:
        self._mine[message_id] = None
        self.last_own = None

    def notice(self, text: str) -> None:
        self._terminal.show(self.drawing.quietly(text))

    def say(self, text: str) -> None:
        self._terminal.show(text)

    # ------------------------------------------------------------------------------------------------ what comes

    def entered(self, route: str, messages: Sequence[HostedMessage]) -> None:
        """What was said lately at a place that is looked at from now on; or again, after a broken connection."""
        if route == self.route:
            self.heard(messages)
            return
        self.route, self._numbers, self.last_own, self.elsewhere = route, {}, None, None
        for message in messages:
            self._seen[message.id] = message
            if isinstance(message.content, str) and message.author_id == self.account:
                self.last_own = message.id
        if name := self.channels.get(route):
            self._list_cards(name, messages)
        elif messages:
            self.notice(wording.earlier())
            for message in messages:
                newest = message is messages[-1] or isinstance(message.content, ShowCard)
                at = f"{message.at.astimezone():%a %H:%M}"
                self._show(self.drawing.message(message, self._number(message) if newest else (), at))

    def heard(self, messages: Sequence[HostedMessage]) -> None:
        """What is new or changed at the place, and below it."""
        for message in messages:
            before = self._seen.get(message.id)
            if before is None or before.revision != message.revision:
                self._seen[message.id] = message
                if message.id not in self._mine:
                    self._tell(message, before)
                    self.arrived.set()

    def _tell(self, message: HostedMessage, before: HostedMessage | None) -> None:
        drawing = self.drawing
        here = message.address.route == self.route or message.id == last_part(self.route)
        if message.deleted:
            if before and not before.deleted:
                self._forget_numbers(message)
                self.notice(wording.took_back(author(message)))
        elif before and (here or self.route in self.channels):
            self._tell_change(message, before)
        elif here:
            self._show(drawing.message(message, self._number(message)))
        elif self.route in self.channels:
            card = self._seen.get(last_part(message.address.route))
            title = card.content.card.title if card and isinstance(card.content, ShowCard) else ""
            self._show(f"↳ {drawing.named(title)}\n{drawing.indented(drawing.message(message))}")
        else:
            self.elsewhere = message.address.route
            self.notice(wording.elsewhere())
            self._show(drawing.message(message))

    def _tell_change(self, message: HostedMessage, before: HostedMessage) -> None:
        """Only what is different, where that can be told apart."""
        content, was = message.content, before.content
        numbers: Sequence[int] = ()
        if pressable(content) != pressable(was):
            if self.route not in self.channels:
                self._forget_numbers(before)
            numbers = self._number(message, redrawn=True)
        if isinstance(content, ShowCard) and isinstance(was, ShowCard):
            self._show(self.drawing.changes(was, content, numbers))
        elif isinstance(content, Say) and isinstance(was, Say) and content.text.startswith(was.text):
            more = content.text.removeprefix(was.text)
            if more.strip() or numbers:
                self._show(self.drawing.addition(content, more, numbers))
        else:
            self._show(self.drawing.message(message, numbers, wording.changed()))

    def _list_cards(self, name: str, messages: Sequence[HostedMessage]) -> None:
        self.notice(wording.in_channel(name))
        cards = [message.content.card for message in messages if isinstance(message.content, ShowCard)]
        self.say(
            "\n".join(map(self.drawing.brief_card, cards)) or self.drawing.quietly(wording.empty_channel())
        )

    def _show(self, text: str) -> None:
        """A message, and the blank line that sets it off from the next."""
        self._terminal.show(f"{text}\n")

    # ------------------------------------------------------------------------------------------------ numbers

    def _number(self, message: HostedMessage, *, redrawn: bool = False) -> Sequence[int]:
        """Give numbers to the buttons of a message that is about to be shown."""
        buttons, first = pressable(message.content), 1
        if self.route in self.channels:
            first = max(self._numbers, default=0) + 1
        elif buttons or not (redrawn or self._in_thread or isinstance(message.content, str)):
            self._numbers = {}
        numbers = list(range(first, first + len(buttons)))
        route = self._route_of_presses(message)
        self._numbers.update(zip(numbers, (Pressable(route, button) for button in buttons), strict=True))
        return numbers

    def _route_of_presses(self, message: HostedMessage) -> str:
        """A press on a card belongs into its thread."""
        route = message.address.route
        return f"{route}/{message.id}" if isinstance(message.content, ShowCard) else route

    @property
    def _in_thread(self) -> bool:
        return above(self.route) in self.channels

    def _forget_numbers(self, message: HostedMessage) -> None:
        """Nobody can press what is not there any more."""
        gone = set(pressable(message.content))
        self._numbers = {number: found for number, found in self._numbers.items() if found.button not in gone}
