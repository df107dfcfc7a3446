"""What is typed, and what is answered: messages, buttons and forms."""

from __future__ import annotations

import asyncio
import os

import pytest

from adapters.console.lines import LONGEST_REQUEST
from bot.messages import (
    Button,
    ButtonPressed,
    Choice,
    Field,
    FieldErrors,
    FieldKind,
    Form,
    FormSubmitted,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OpenForm,
    Say,
    Toast,
)
from tests.adapters.console.room import CLAIM, NOON, Room, person, saying

pytestmark = pytest.mark.slow  # each waits until nothing more is said


class TestMessages:
    async def test_a_line_is_a_message_and_its_answer_is_printed(self, room: Room) -> None:
        room.desk.answer = saying("Turn it **off** and on.")
        screen = await room.says("my laptop is slow")
        assert "Firstline\n  Turn it off and on." in screen
        event = room.desk.events[0]
        assert isinstance(event, MessageReceived)
        assert (event.text, event.message_id, event.at) == ("my laptop is slow", event.event_id, NOON)
        assert event.person == person("maya")
        assert event.address.route.startswith("person/maya/")

    async def test_every_script_is_a_conversation_of_its_own(self, room: Room) -> None:
        await room.says("one", "two")
        await room.says("three")
        first, second, third = (event.address for event in room.desk.events)
        assert first == second != third

    async def test_a_script_sends_a_line_after_the_answers_to_the_one_before(self, room: Room) -> None:
        room.desk.answer = lambda event: [Say(address=event.address, text=f"to {event.event_id}")]
        screen = await room.says("one", "two", "three")
        answers = [line.strip() for line in screen.splitlines() if "to " in line]
        assert answers == [f"to {event.event_id}" for event in room.desk.events]

    async def test_the_last_line_needs_no_line_end(self, room: Room) -> None:
        async with room.typing() as keys:
            os.write(keys.writer, b"no line end")
        assert room.said == ["no line end"]

    async def test_blank_lines_are_no_messages(self, room: Room) -> None:
        await room.says("", "   ", "\t")
        assert room.desk.events == []

    async def test_secrets_are_not_kept(self, room: Room) -> None:
        await room.says("my password is Winter2026")
        kept = await room.desk.mailbox.read("acme", room.desk.events[0].address)
        assert [message.content for message in kept] == ["my password is [password removed]"]

    async def test_what_a_terminal_would_obey_is_not_shown(self, room: Room) -> None:
        evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc\x07"
        room.desk.answer = lambda event: [
            Say(address=event.address, text=f"words{evil}", author=f"Mallory{evil}", footnote=evil)
        ]
        screen = await room.says(f"hello{evil}")
        assert "words" in screen
        assert "Mallory" in screen
        assert all(character.isprintable() or character == "\n" for character in screen)

    async def test_a_message_can_be_changed_and_taken_back(self, room: Room) -> None:
        screen = await room.says("/edit nothing there yet", "frist", "/edit first", "/delete", "/delete")
        written, edited, deleted = room.desk.events
        assert isinstance(written, MessageReceived)
        assert isinstance(edited, MessageEdited)
        assert isinstance(deleted, MessageDeleted)
        assert edited.message_id == deleted.message_id == written.message_id
        assert edited.text == "first"
        assert screen.count("There is no message of yours here to change.") == 2
        (kept,) = await room.desk.mailbox.read("acme", written.address)
        assert kept.deleted

    async def test_too_long_a_message_is_refused_here(self, room: Room) -> None:
        async with room.typing() as keys:
            typing = asyncio.to_thread(keys.type, "x" * (LONGEST_REQUEST + 1))
            await typing
            await keys.shows("too long to send")
            keys.type("short")
        assert room.said == ["short"]
        assert not keys.all_taken


class TestButtons:
    async def test_a_number_presses_the_newest_messages_button(self, room: Room) -> None:
        room.desk.answer = lambda event: (
            saying("Pick", Button("article", "One", "1"), Button("article", "Two", "2"))(event)
            if isinstance(event, MessageReceived)
            else ()
        )
        room.desk.reactions[ButtonPressed] = [Toast("Pressed it.")]
        screen = await room.says("hello", "2")
        assert "[1] One  [2] Two" in screen
        assert "Pressed it." in screen
        pressed = room.desk.events[-1]
        assert isinstance(pressed, ButtonPressed)
        assert (pressed.button, pressed.value) == ("article", "2")
        assert pressed.address == room.desk.events[0].address

    async def test_a_number_that_no_button_has_is_not_sent(self, room: Room) -> None:
        room.desk.answer = saying("Pick", CLAIM)
        screen = await room.says("hello", "7")
        assert "There is no button 7 here" in screen
        assert room.said == ["hello"]

    async def test_a_number_is_a_message_where_there_are_no_buttons(self, room: Room) -> None:
        room.desk.answer = saying("Which extension is it?")
        await room.says("my phone is dead", "4021", "7")
        assert room.said == ["my phone is dead", "4021", "7"]

    async def test_a_large_number_is_a_message_even_beside_buttons(self, room: Room) -> None:
        room.desk.answer = saying("Which extension is it?", CLAIM)
        await room.says("my phone is dead", "4021")
        assert room.said[-1] == "4021"

    async def test_a_message_that_was_answered_shows_only_what_was_added(self, room: Room) -> None:
        async with room.typing() as keys:
            keys.type("hello")
            while not room.desk.events:
                await asyncio.sleep(0.01)
            address = room.desk.events[0].address
            posted = await room.desk.deliver(Say(address=address, text="Where?", buttons=(CLAIM,)))
            await keys.shows("[1] Claim")
            await room.desk.deliver(Say(address=address, text="Where?\n\nHere ✓"), posted)
            await keys.shows("Here ✓")
            keys.type("1")
        assert keys.screen.count("Where?") == 1
        assert room.said == ["hello", "1"]


class TestForms:
    FORM = Form(
        "ticket.resolve",
        "42",
        "Resolve T-1042",
        (
            Field(
                "reason",
                "How it ended",
                FieldKind.CHOICE,
                (Choice("fixed", "Fixed"), Choice("other", "Otherwise")),
                "fixed",
            ),
            Field("text", "What you did", FieldKind.LONG_TEXT, max_length=30),
            Field("until", "Until", FieldKind.MOMENT, hint="Denver time", required=False),
        ),
    )

    @pytest.fixture
    def asked(self, room: Room) -> Room:
        room.desk.answer = lambda event: (
            saying("A form?", CLAIM)(event) if isinstance(event, MessageReceived) else ()
        )
        room.desk.reactions[ButtonPressed] = [OpenForm(self.FORM)]
        return room

    async def test_it_is_asked_field_by_field(self, asked: Room) -> None:
        screen = await asked.says("x", "1", "2", "swapped the fuse", "2026-12-01 09:00")
        assert "Resolve T-1042 (/cancel leaves it)" in screen
        assert "  How it ended  [Fixed]\n  1  Fixed\n  2  Otherwise\n" in screen
        submitted = asked.desk.events[-1]
        assert isinstance(submitted, FormSubmitted)
        assert (submitted.form, submitted.value) == ("ticket.resolve", "42")
        assert submitted.answers == {
            "reason": "other",
            "text": "swapped the fuse",
            "until": "2026-12-01T09:00",
        }

    async def test_an_empty_line_keeps_what_is_there(self, asked: Room) -> None:
        await asked.says("x", "1", "", "done", "")
        submitted = asked.desk.events[-1]
        assert isinstance(submitted, FormSubmitted)
        assert submitted.answers == {"reason": "fixed", "text": "done", "until": ""}

    async def test_what_does_not_fit_is_asked_again(self, asked: Room) -> None:
        screen = await asked.says("x", "1", "3", "otherwise", "", "y" * 31, "/queue", "ok", "")
        for sentence in ("from 1 to 2", "This is needed", "At most 30", "You are filling in a form"):
            assert sentence in screen
        submitted = asked.desk.events[-1]
        assert isinstance(submitted, FormSubmitted)
        assert submitted.answers["reason"] == "other"

    async def test_only_what_the_desk_finds_wrong_is_asked_again(self, asked: Room) -> None:
        asked.desk.reactions[FormSubmitted] = [
            FieldErrors({"until": "That is in the past."}),
            Toast("Resolved."),
        ]
        screen = await asked.says("x", "1", "", "done", "2020-01-01 09:00", "2027-01-01 09:00")
        assert screen.index("That is in the past.") < screen.index("Resolved.")
        assert screen.count("What you did") == 1
        first, second = asked.desk.events[-2:]
        assert isinstance(second, FormSubmitted)
        assert second.answers["until"] == "2027-01-01T09:00"
        assert first.event_id != second.event_id

    @pytest.mark.parametrize("ending", [["/cancel"], []], ids=["cancelled", "no more lines"])
    async def test_it_can_be_left(self, asked: Room, ending: list[str]) -> None:
        screen = await asked.says("x", "1", "", *ending)
        assert "Left as it was." in screen
        assert not any(isinstance(event, FormSubmitted) for event in asked.desk.events)
