"""Conversations, channels and threads, and the commands that lead there."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from adapters.console.screen import Screen
from adapters.console.tty import Terminal
from adapters.console.wording import COMMANDS, FOR_TECHNICIANS
from bot.messages import (
    Address,
    ButtonPressed,
    CommandGiven,
    HostedMessage,
    OwnTicket,
    QueueRow,
    Retract,
    Say,
)
from tests.adapters.console.room import CHANNEL, CLAIM, NOON, NOTE, Room, ticket_card

pytestmark = pytest.mark.slow  # each waits until nothing more is said


class TestPlaces:
    async def test_tickets_and_help_are_asked_of_the_desk(self, room: Room) -> None:
        screen = await room.says("/tickets", "/help", "/T-1042")
        commands = [event.command for event in room.desk.events if isinstance(event, CommandGiven)]
        assert commands == ["tickets", "help", "T-1042"]
        assert all(command in screen for command in COMMANDS)
        assert not any(command in screen for command in FOR_TECHNICIANS)

    async def test_new_and_back(self, room: Room) -> None:
        await room.says("one", "/new", "two", "/back", "three", "/back", "/back")
        one, two, three = (event.address for event in room.desk.events)
        assert one == three != two

    async def test_what_is_said_elsewhere_is_shown_and_one_can_go_there(self, room: Room) -> None:
        async with room.typing() as keys:
            keys.type("one")
            keys.type("/new")
            await keys.shows("A new conversation.")
            await room.desk.deliver(
                Say(address=room.desk.events[0].address, text="It is done.", author="Dana")
            )
            await keys.shows("In another conversation of yours (/back goes there):\nDana\n  It is done.")
            keys.type("/back")
            await keys.shows("Said before:")
            keys.type("thanks")
        assert room.desk.events[0].address == room.desk.events[-1].address

    async def test_unknown_commands_are_not_sent_but_paths_are(self, room: Room) -> None:
        screen = await room.says("/nonsense", "/etc/hosts is gone", " /dev is gone")
        assert "There is no command /nonsense" in screen
        assert room.said == ["/etc/hosts is gone", "/dev is gone"]

    async def test_the_own_tickets_conversation_is_found(self, room: Room) -> None:
        await room.says("printer on fire")
        address = room.desk.events[0].address
        room.desk.tickets = (OwnTicket("T-1042", "printer on fire", "", "", "", NOON, address, open=True),)
        screen = await room.says("/open 1042", "more smoke")
        assert "printer on fire" in screen
        assert room.desk.events[-1].address == address
        assert "There is no T-7777 of yours" in await room.says("/open T-7777")

    async def test_technicians_tools_are_for_technicians(self, room: Room) -> None:
        screen = await room.says("/queue", "/channel", "/open T-1042")
        assert "Only technicians see the queue." in screen
        assert "None of your queues has its channel in the terminal" in screen

    async def test_the_queue(self, room: Room) -> None:
        room.desk.rows = (
            QueueRow(
                42, "T-1042", "printer *on* fire", "Maya", "Denver", "desk", "Service desk", 1, "P1", "Devices",
                "New, unclaimed", "bad", "", "first reply due in 5 min", None, NOON,
            ),
        )  # fmt: skip
        screen = await room.says("/queue", who="dana")
        assert "T-1042 · P1 · printer *on* fire\n" in screen
        assert "New, unclaimed · first reply due in 5 min · Maya · Denver · Service desk" in screen

    async def test_a_channel_shows_cards_and_what_becomes_of_them(self, room: Room) -> None:
        async with room.typing("dana") as keys:
            keys.type("/channel")
            keys.type("/channel desk")
            await keys.shows("No tickets here yet.")
            posted = await room.desk.deliver(ticket_card("New, unclaimed", CLAIM, NOTE))
            await keys.shows(
                "T-1042 · printer on fire\n  New, unclaimed\n  Tier  1\n\n  [1] Claim  [2] Note…"
            )
            await room.desk.deliver(ticket_card("Claimed by Dana", NOTE), posted)
            await keys.shows("T-1042 · printer on fire: Claimed by Dana\n\n  [3] Note…")
            await room.desk.deliver(
                Say(address=Address("console", f"{CHANNEL.route}/{posted}"), text="Help!", author="Maya")
            )
            await keys.shows("↳ T-1042 · printer on fire\n  Maya\n    Help!")
            keys.type("1")
        pressed = room.desk.events[-1]
        assert isinstance(pressed, ButtonPressed)
        assert pressed.button == "ticket.claim"
        assert pressed.address.route == f"{CHANNEL.route}/{posted}"

    async def test_a_thread_begins_with_its_card(self, room: Room) -> None:
        posted = await room.desk.deliver(ticket_card("New, unclaimed", CLAIM))
        await room.desk.deliver(ticket_card("Moved to Network"))
        async with room.typing("dana") as keys:
            keys.type("/open t-1042")
            await keys.shows("[1] Claim")
            keys.type("looking at it")
        written = room.desk.events[-1]
        assert written.address.route == f"{CHANNEL.route}/{posted}"

    async def test_what_is_taken_back_cannot_be_pressed(self, room: Room) -> None:
        async with room.typing() as keys:
            keys.type("hello")
            while not room.desk.events:
                await asyncio.sleep(0.01)
            address = room.desk.events[0].address
            posted = await room.desk.deliver(Say(address=address, text="Rate me", buttons=(CLAIM,)))
            await keys.shows("[1] Claim")
            await room.desk.deliver(Retract(address=address), posted)
            await keys.shows("Firstline took a message back.")
            keys.type("1")
        assert room.said == ["hello", "1"]

    def test_who_comes_back_sees_what_was_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        out = io.StringIO()
        screen = Screen(Terminal(0, out))
        screen.account = "maya"
        here = Address("console", "person/maya/1")
        said: list[str | Say] = ["help", Say(address=here, text="Which?", buttons=(CLAIM,))]
        messages = [
            HostedMessage(f"m{n}", here, "Maya" * (n == 0), "maya" * (n == 0), content, NOON, NOON, 0, False)
            for n, content in enumerate(said)
        ]
        screen.entered(here.route, messages)
        shown = out.getvalue()
        assert shown.startswith("Said before:\nMaya (Tue ")
        assert "  Which?\n\n  [1] Claim" in shown
        assert screen.last_own == "m0"
        screen.entered(here.route, messages)  # connected again
        assert out.getvalue() == shown


def test_every_command_is_documented() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "terminal.md").read_text("utf-8")
    for command, meaning in COMMANDS.items():
        assert f"| `{command}` | {meaning} |" in guide
    for command, meaning in FOR_TECHNICIANS.items():
        assert f"| `{command}` | technicians: {meaning} |" in guide
