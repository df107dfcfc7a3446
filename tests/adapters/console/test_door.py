"""Who can come in, and what they can do with a socket in their hands."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.console import chat
from adapters.console.context import Introduction, Refusal
from adapters.console.door import NotPrivate, is_open, open_door, socket_beside, socket_named
from adapters.console.lines import LONGEST_REQUEST
from adapters.console.tty import Terminal
from tests.adapters.console.room import Room


class TestDoor:
    async def test_only_its_owner_can_open_it(self, room: Room) -> None:
        assert stat.S_IMODE(room.socket.stat().st_mode) == 0o600

    async def test_a_socket_left_by_a_crash_is_replaced(self, room: Room, tmp_path: Path) -> None:
        left = tmp_path / "crashed.sock"
        with socket.socket(socket.AF_UNIX) as crashed:
            crashed.bind(str(left))
        assert not is_open(left)
        async with open_door(room.console, left):
            assert is_open(left)
        assert not left.exists()

    async def test_a_door_that_is_open_is_left_alone(self, room: Room) -> None:
        async with open_door(room.console, room.socket):
            pass
        assert await room.says("still here") is not None
        assert room.said == ["still here"]

    async def test_a_stop_closes_idle_terminals_at_once(self, room: Room, tmp_path: Path) -> None:
        path = tmp_path / "other.sock"
        async with open_door(room.console, path):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b'{"do":"queue","id":"' + b"0" * 32 + b'"}\n')
            assert json.loads(await reader.readline())["sentence"] == "Say hello first."
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 1
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    async def test_whoever_is_not_known_is_told_so(self, room: Room) -> None:
        with pytest.raises(Refusal, match="knows nobody"):
            await chat.talk(room.socket, Introduction("nobody"), Terminal(0, io.StringIO()))

    def test_a_path_too_long_for_a_socket_is_shortened(self, tmp_path: Path) -> None:
        deep = tmp_path / ("long" * 30) / "desk.db"
        assert socket_beside(deep) == socket_beside(deep)
        assert len(str(socket_beside(deep))) < 100
        assert socket_beside(deep) != socket_beside(deep.with_name("other.db"))

    def test_a_folder_that_others_can_enter_is_not_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        path = socket_named("localhost:5432/desk")
        assert path == socket_named("localhost:5432/desk")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.parent.chmod(0o755)
        with pytest.raises(NotPrivate):
            socket_named("localhost:5432/desk")


class TestHostileLines:
    HELLO: ClassVar[dict[str, object]] = {"do": "hello", "id": "0" * 32, "introduction": {"who": "maya"}}

    @asynccontextmanager
    async def line(self, room: Room) -> AsyncIterator[Callable[[bytes], asyncio.Future[dict[str, str]]]]:
        reader, writer = await asyncio.open_unix_connection(str(room.socket), limit=2**24)

        async def send(raw: bytes) -> dict[str, str]:
            writer.write(raw + b"\n")
            answer: dict[str, str] = json.loads(await reader.readline())
            return answer

        yield lambda raw: asyncio.ensure_future(send(raw))
        writer.close()
        await writer.wait_closed()

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"hello",
            b"[]",
            b"null",
            b"\xff\xfe",
            b'{"do":"hello"}',
            b'{"do":"nonsense","id":"1"}',
            b'{"do":"write","id":"' + b"0" * 32 + b'","route":"r"}',
            b'{"do":"write","id":"short","route":"r","text":"t"}',
            b'{"do":"write","id":"' + b"0" * 32 + b'","route":"r","text":"\\ud800"}',
            b'{"do":"press","id":"' + b"0" * 32 + b'","route":"r\\n","button":"b","value":"v"}',
            b"[" * 100_000,
            b"x" * (LONGEST_REQUEST + 10),
            b"x" * (3 * LONGEST_REQUEST),
        ],
        ids=lambda raw: repr(raw[:40]),
    )
    async def test_they_are_refused_and_the_next_is_read(self, room: Room, raw: bytes) -> None:
        async with self.line(room) as send:
            answer = await send(raw)
            assert (answer["kind"], answer["to"]) == ("refused", "")
            assert answer["sentence"].startswith("The desk cannot read this line: ")
            assert (await send(json.dumps(self.HELLO).encode()))["kind"] == "welcome"

    @pytest.mark.parametrize(
        "route",
        [
            "person/jakub/" + "0" * 32,
            "person/maya/../jakub/" + "0" * 32,
            "person/maya/short",
            "channel/desk",
            "channel/desk/d1",
            "",
        ],
    )
    async def test_nobody_speaks_where_they_do_not_belong(self, room: Room, route: str) -> None:
        async with self.line(room) as send:
            await send(json.dumps(self.HELLO).encode())
            for request in ({"do": "look"}, {"do": "write", "text": "hi"}):
                answer = await send(json.dumps({"id": "1" * 32, "route": route, **request}).encode())
                assert answer["sentence"] == "There is no conversation of yours here."
        assert room.desk.events == []

    async def test_nobody_changes_what_somebody_else_wrote(self, room: Room) -> None:
        await room.says("mine", who="jakub")
        event = room.desk.events[0]
        async with self.line(room) as send:
            await send(json.dumps(self.HELLO).encode())
            request = {
                "do": "edit",
                "id": "1" * 32,
                "route": "person/maya/" + "0" * 32,
                "message": event.event_id,
                "text": "x",
            }
            answer = await send(json.dumps(request).encode())
        assert answer["sentence"].startswith("Only the person who wrote a message can change it")
        (kept,) = await room.desk.mailbox.read("acme", event.address)
        assert kept.content == "mine"
