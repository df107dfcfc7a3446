"""What strangers send: never a 500, nothing stored, nothing run; and what Slack sends twice is taken in once."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from tests.adapters.slack.room import Room
from tickets.database import Database

EVENT = {
    "type": "event_callback",
    "team_id": "T0HARBOR",
    "event_id": "Ev1",
    "event": {
        "type": "message",
        "channel": "D0MAYA",
        "channel_type": "im",
        "user": "U0MAYA",
        "text": "hi",
        "ts": "1.1",
    },
}


@pytest.fixture
def socket_mode() -> bool:
    return False


def encoded(**changes: object) -> str:
    return json.dumps({**EVENT, **changes})


async def stored(room: Room) -> int:
    async with room.database.reading() as tx:
        return int((await tx.session.execute(text("SELECT count(*) FROM seen_event"))).scalar_one())


DEEP = (
    '{"type": "event_callback", "event_id": "E", "event": {"type": "message", "x": '
    + "[" * 100_000
    + "]" * 100_000
    + "}}"
)
NESTED = {"type": "event_callback", "event_id": "E", "event": {"type": "message"}}
inner: dict[str, object] = NESTED
for _ in range(80):
    inner["x"] = inner = {}

SIGNED_BUT_WRONG = {
    "no JSON": "{",
    "an array": "[1, 2]",
    "a string": '"hello"',
    "a number": "1",
    "null": "null",
    "nothing": "",
    "no type": "{}",
    "a type of its own": '{"type": "surprise"}',
    "an event that is a string": encoded(event="message"),
    "an event that is null": encoded(event=None),
    "an event without a type": encoded(event={"text": "hi"}),
    "an event whose type is a list": encoded(event={"type": ["message"]}),
    "no event id": encoded(event_id=None),
    "100,000 brackets": DEEP,
    "80 objects": json.dumps(NESTED),
    "no channel": encoded(event={"type": "message", "user": "U0MAYA", "text": "hi", "ts": "1.1"}),
    "a channel that is a number": encoded(event={**EVENT["event"], "channel": 7}),  # type: ignore[dict-item]
    "a ts that is a word": encoded(event={**EVENT["event"], "ts": "now"}),  # type: ignore[dict-item]
    "a ts beyond time": encoded(event={**EVENT["event"], "ts": "9" * 400}),  # type: ignore[dict-item]
    "a change of nothing": encoded(event={**EVENT["event"], "subtype": "message_changed"}),  # type: ignore[dict-item]
}

SIGNED_FORMS = {
    "no field": "",
    "a payload that is no JSON": urlencode({"payload": "{"}),
    "a payload that is an array": urlencode({"payload": "[]"}),
    "a payload without a user": urlencode({"payload": '{"type": "block_actions"}'}),
    "a command without a slash": urlencode({"command": "it"}),
    "a thousand fields": urlencode({f"f{number}": "1" for number in range(1_000)}),
}

BAD_HEADERS = {
    "no headers": {"X-Slack-Signature": "", "X-Slack-Request-Timestamp": ""},
    "a signature of somebody else": {"X-Slack-Signature": "v0=" + "0" * 64},
    "a signature of another version": {"X-Slack-Signature": "v1=" + "0" * 64},
    "a signature that is not ASCII": {"X-Slack-Signature": "v0=é"},
    "a timestamp that is a word": {"X-Slack-Request-Timestamp": "abc"},
    "a timestamp that is not ASCII": {"X-Slack-Request-Timestamp": "١٢٣"},
    "a negative timestamp": {"X-Slack-Request-Timestamp": "-1"},
    "a huge timestamp": {"X-Slack-Request-Timestamp": "9" * 400},
}

pytestmark = [
    pytest.mark.parametrize("room", ["http"], indirect=True),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.mark.parametrize("name", SIGNED_BUT_WRONG)
async def test_what_slack_would_not_send_is_refused_although_signed(room: Room, name: str) -> None:
    answer = await room.server.post(SIGNED_BUT_WRONG[name])
    assert answer.status == 400
    assert answer.body["no_retry"]
    assert await stored(room) == 0


@pytest.mark.parametrize("name", SIGNED_FORMS)
async def test_forms_of_another_shape_are_refused(room: Room, name: str) -> None:
    answer = await room.server.post(SIGNED_FORMS[name], "interactive")
    assert answer.status == 400
    assert await stored(room) == 0


@pytest.mark.parametrize("name", BAD_HEADERS)
@pytest.mark.parametrize("body", ["event", "broken", "deep"])
async def test_without_slacks_signature_nothing_is_read(room: Room, name: str, body: str) -> None:
    sent = {"event": encoded(), "broken": "{", "deep": DEEP}[body]
    began = time.perf_counter()
    answer = await room.server.post(sent, headers=BAD_HEADERS[name])
    assert answer.status == 401
    assert time.perf_counter() - began < 1.0
    assert await stored(room) == 0


@pytest.mark.parametrize(
    ("age", "status"), [(0, 200), (240, 200), (-240, 200), (301, 401), (360, 401), (-305, 401)]
)
async def test_old_requests_are_refused(room: Room, age: int, status: int) -> None:
    body = encoded().encode()
    answer = await room.server.post(body, headers=room.server.sign(body, time.time() - age))
    assert answer.status == status
    assert await stored(room) == (1 if status == 200 else 0)


async def test_a_replay_within_five_minutes_changes_nothing(room: Room) -> None:
    body = encoded(event={**EVENT["event"], "text": "outlook keeps asking for my password"})  # type: ignore[dict-item]
    raw = body.encode()
    signed = room.server.sign(raw, time.time() - 200)
    assert [(await room.server.post(raw, headers=signed)).status for _ in range(4)] == [200] * 4
    await room.settle()
    assert await stored(room) == 1
    assert room.server.calls["chat.postMessage"] == 1 or not room.server.at("D0MAYA")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 2 * 1024 * 1024])
async def test_what_is_too_large_is_refused(room: Room, size: int) -> None:
    assert (await room.server.post(b" " * size)).status == 413
    assert await stored(room) == 0


async def test_not_utf8(room: Room) -> None:
    assert (await room.server.post(b'{"type": "\xff"}')).status == 400


async def test_another_content_type(room: Room) -> None:
    assert (await room.server.post(encoded(), headers={"Content-Type": "text/plain"})).status == 400


async def test_slack_asks_whether_the_address_is_ours(room: Room) -> None:
    asked = json.dumps({"type": "url_verification", "token": "old", "challenge": "c-1"})
    assert (await room.server.post(asked)).body["challenge"] == "c-1"
    refused = await room.server.post(asked, headers={"X-Slack-Signature": "v0=" + "0" * 64})
    assert refused.status == 401
    assert "challenge" not in refused.body


@pytest.mark.parametrize("team", ["T0ELSEWHERE", "", "<script>"])
async def test_events_of_an_unknown_workspace_are_dropped(room: Room, team: str) -> None:
    answer = await room.server.post(encoded(team_id=team))
    assert answer.status == 200
    assert await stored(room) == 0


async def test_while_the_desk_cannot_store_slack_is_told_to_come_again(room: Room) -> None:
    there = room.desk._database
    room.desk._database = Database("sqlite+aiosqlite:////no/such/folder/desk.db")
    answer = await room.server.send_event(EVENT["event"])  # type: ignore[arg-type]
    assert (answer.status, answer.attempts) == (503, 4)
    room.desk._database = there
    assert (await room.server.send_event(EVENT["event"])).status == 200  # type: ignore[arg-type]
    assert await stored(room) == 1


async def test_one_event_delivered_four_times_is_answered_once(room: Room) -> None:
    asked = {**EVENT["event"], "text": "outlook keeps asking for my password"}  # type: ignore[dict-item]
    room.server.messages.clear()
    maya = room.person("maya")
    message = await maya.says("outlook keeps asking for my password")
    event = {**message.as_json(), "channel": message.channel, "channel_type": "im"}
    for _ in range(3):
        assert (await room.server.send_event(event, event_id="Ev0000000001")).status == 200
    await room.settle()
    assert len(maya.sees()) == 2, "what Maya wrote, and one answer"
    assert asked
