"""What happens when the desk is away, stops or comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.console import link
from bot.messages import (
    IncomingEvent,
    Reaction,
    Say,
)
from tests.adapters.console.room import Room, saying

pytestmark = pytest.mark.slow  # each waits until nothing more is said


class TestNothingIsLost:
    async def test_what_cannot_be_stored_is_kept_and_sent_again(self, room: Room) -> None:
        room.desk.away = 3
        screen = await room.says("urgent")
        assert "Nothing is lost" in screen
        assert screen.count("Nothing is lost") == 1
        assert room.said == ["urgent"]

    async def test_a_failure_of_the_mailbox_is_tried_again_too(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failures = [OSError("disk full"), OSError("disk full")]
        write = room.desk.mailbox.write

        async def failing(*args: object) -> None:
            if failures:
                raise failures.pop()
            await write(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(room.desk.mailbox, "write", failing)
        await room.says("urgent")
        assert room.said == ["urgent"]

    async def test_a_desk_that_never_can_is_given_up_on(
        self, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(link, "PATIENCE_SECONDS", 0.2)
        room.desk.away = 1_000_000
        async with room.typing() as keys:
            keys.type("urgent")
        assert "this was not sent" in keys.screen
        assert not keys.all_taken

    async def test_a_restart_of_the_desk_is_waited_for(self, room: Room, tmp_path: Path) -> None:
        room = Room(room.console, room.desk, tmp_path / "other.sock")
        room.desk.answer = saying("Here I am.")
        async with room.open():
            typing = room.typing()
            keys = await typing.__aenter__()
            keys.type("before")
            await keys.shows("Here I am.")
            keys.type("/new")
            await keys.shows("A new conversation.")
        await keys.shows("The desk has gone away")
        keys.type("meanwhile")
        conversation = room.desk.events[0].address
        await room.desk.deliver(Say(address=conversation, text="Said while nobody listened."))
        async with room.open():
            await keys.shows("It is back.")
            await keys.shows("Said while nobody listened.")
            await typing.__aexit__(None, None, None)
        assert "In another conversation of yours" in keys.screen
        assert room.said == ["before", "meanwhile"]
        assert keys.screen.count("Said while nobody listened.") == 1
        assert keys.all_taken

    async def test_a_request_under_way_when_the_desk_stops_is_carried_out_once(
        self, room: Room, tmp_path: Path
    ) -> None:
        room = Room(room.console, room.desk, tmp_path / "other.sock")
        arrived, receive = asyncio.Event(), room.desk.receive

        async def stuck(event: IncomingEvent) -> Reaction | None:
            arrived.set()
            await receive(event)
            await asyncio.sleep(60)
            return None

        room.desk.receive = stuck  # type: ignore[method-assign]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("adapters.console.door.GRACE_SECONDS", 0.1)
            async with room.open():
                typing = room.typing()
                keys = await typing.__aenter__()
                keys.type("once")
                await arrived.wait()
        room.desk.receive = receive  # type: ignore[method-assign]
        async with room.open():
            await keys.shows("It is back.")
            await typing.__aexit__(None, None, None)
        assert room.said == ["once"]

    async def test_a_desk_that_does_not_come_back_ends_the_talk(self, room: Room, tmp_path: Path) -> None:
        room = Room(room.console, room.desk, tmp_path / "other.sock")
        async with room.open():
            typing = room.typing()
            keys = await typing.__aenter__()
            keys.type("hello")
            while not room.desk.events:
                await asyncio.sleep(0.01)
        assert keys.talking is not None
        async with asyncio.timeout(10):
            assert await keys.talking is False
        await typing.__aexit__(None, None, None)
        assert "The desk has stopped." in keys.screen
