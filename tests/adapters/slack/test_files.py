"""Files and screenshots: they come along to the ticket, and back to the requester; what cannot is said."""

from __future__ import annotations

import pytest

from adapters.slack.context import Workspace
from adapters.slack.web_api import SlackRefused, WebApi
from bot.messages import LARGEST_FILE
from tests.adapters.slack.room import Room
from tests.slack_server.model import Message
from tests.slack_server.server import HTML

PROBLEM = "the laser engraver in the workshop squeaks"
SCREEN = {"screen.png": b"the picture"}

pytestmark = pytest.mark.parametrize("room", ["http"], indirect=True)


def shared(room: Room, message: Message) -> list[tuple[str, bytes]]:
    """Files in the thread under a message that the desk has put there."""
    return [
        (file["name"], room.server.files[file["id"]])
        for one in room.server.at(message.channel, message.ts)
        if one.bot_id
        for file in one.files
    ]


async def test_files_sent_before_and_after_there_is_a_ticket_reach_the_technicians(room: Room) -> None:
    maya = room.person("maya")
    await maya.says("", files=SCREEN)
    assert "tell me in a sentence what is wrong" in maya.last.shown
    await maya.says(PROBLEM)
    number = await maya.opens_ticket("it says error 0x80")
    card = room.card(number)
    assert shared(room, card) == [("screen.png", b"the picture")]
    assert "screen.png" in card.shown
    await maya.says("and now this", files={"later.png": b"another"})
    assert shared(room, card)[1:] == [("later.png", b"another")]
    assert "Maya Lindqvist sent later.png" in room.thread(number)


async def test_a_technicians_file_reaches_the_requester_only_with_words_for_them(room: Room) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    number = await maya.opens_ticket(PROBLEM)
    card = room.card(number)
    await dana.presses("Claim", on=card)
    in_thread = dana.in_channel(card.channel, card)
    await in_thread.says("look at this", files={"internal.png": b"internal"})
    await in_thread.says("> Press this one", files={"where.png": b"where to press"})
    assert maya.thread
    assert shared(room, maya.thread) == [("where.png", b"where to press")]


async def test_a_file_that_is_too_large_is_said_at_once(room: Room) -> None:
    maya = room.person("maya")
    await maya.says(PROBLEM, files={"film.mov": b"x" * (LARGEST_FILE + 1)})
    assert any("files of up to 10 MB, 10 at a time" in one.shown for one in maya.sees())
    assert "10 MB" in str(await _home(room))


async def test_without_the_scope_the_thread_says_that_a_file_is_missing(room: Room) -> None:
    room.server.scopes.remove("files:read")
    maya = room.person("maya")
    number = await maya.opens_ticket(PROBLEM)
    await maya.says("this", files=SCREEN)
    assert room.thread(number)[-1] == (
        "The file screen.png could not be brought here. Ask for it, or look where it was sent."
    )
    room.server.scopes.add("files:read")
    room.server.scopes.remove("files:write")
    await maya.says("this", files=SCREEN)
    assert room.thread(number)[-1].startswith("The file screen.png could not be brought here.")


async def test_what_breaks_on_the_way_is_tried_again(room: Room) -> None:
    maya = room.person("maya")
    number = await maya.opens_ticket(PROBLEM)
    room.server.misbehave("files.completeUploadExternal", HTML)
    await maya.says("this", files=SCREEN)
    assert shared(room, room.card(number)) == []
    await room.come_due()
    assert shared(room, room.card(number)) == [("screen.png", b"the picture")]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://slack.com.evil.example/x",
        "http://files.slack.com/x",
        "file:///etc/passwd",
    ],
)
async def test_a_token_is_shown_to_nobody_but_slack(room: Room, url: str) -> None:
    workspace = Workspace("T0HARBOR", "xoxb-secret", "U0DESK", "B0DESK")
    for api in (room.slack.api, WebApi("https://slack.com/api/")):
        with pytest.raises(SlackRefused, match="not_a_file_of_slack"):
            await api.download(workspace, url, 100)


async def _home(room: Room) -> object:
    maya = room.person("maya")
    await room.server.open_app(maya.id)
    await room.slack.door.close()  # type: ignore[union-attr]
    return room.server.views[f"home:{maya.id}"]
