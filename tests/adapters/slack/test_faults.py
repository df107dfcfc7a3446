"""Faults of Slack and of what comes from it, each with its outcome (rows 29 to 48 of the fault table)."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text, update

from adapters.slack import render
from bot import outbox
from bot.codec import to_json
from bot.messages import Address, Card, Effect, Fact, Say, ShowCard
from bot.outbox import ATTEMPTS, OutboxRow, OutboxState
from bot.running import instead_of
from bot.worker import Courier
from tests.adapters.slack.room import HELP, SERVICE_DESK, Room, account
from tests.slack_server import limits
from tests.slack_server.server import BROKEN_JSON, HTML, UNAVAILABLE, Fault
from tickets.kinds import TicketState

in_http = pytest.mark.parametrize("room", ["http"], indirect=True)

PROBLEM = "the laser engraver in the workshop squeaks"
QUEUE = Address("slack", SERVICE_DESK)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


async def put(room: Room, *effects: Effect) -> None:
    async with room.database.transaction("harbor") as tx:
        for effect in effects:
            outbox.put(tx, effect)


async def outbox_states(room: Room) -> list[OutboxState]:
    async with room.database.reading() as tx:
        return [row.state for row in await outbox.listing(tx, list(OutboxState), most=1000)]


def with_alerts(room: Room) -> None:
    """Let what dies be told, as a running desk does."""
    queues = room.policy.organisation("harbor").queues
    channels = list(dict.fromkeys(Address.parse(queue.channel) for queue in queues if queue.channel))
    room.courier = Courier(
        room.database, room.slack.platform, room.bell, lambda row: instead_of(row, channels)
    )


@in_http
@pytest.mark.parametrize("fault", [UNAVAILABLE, HTML, BROKEN_JSON, Fault(500, "no")])
async def test_29_what_slack_answers_wrongly_is_tried_again_and_arrives_once(
    room: Room, fault: Fault
) -> None:
    room.server.misbehave("chat.postMessage", fault, fault, fault)
    await put(room, Say(address=QUEUE, text="Hello"), Say(address=QUEUE, text="Next"))
    for _ in range(6):
        await room.come_due()
    assert [one.shown.splitlines()[0] for one in room.server.at(SERVICE_DESK)] == ["Hello", "Next"]
    assert room.server.calls["chat.postMessage"] == 5


@in_http
async def test_29_what_never_arrives_is_set_aside_and_told(room: Room) -> None:
    with_alerts(room)
    await put(room, Say(address=QUEUE, text="Hello"))
    async with room.database.transaction() as tx:
        await tx.session.execute(update(OutboxRow).values(attempts=ATTEMPTS - 1))
    room.server.misbehave("chat.postMessage", UNAVAILABLE)
    await room.settle()
    assert room.server.at(SERVICE_DESK) == []
    (alert,) = [
        one for one in room.server.messages if "could not be delivered and was set aside" in one.shown
    ]
    assert alert.channel != SERVICE_DESK


@pytest.mark.slow
@in_http
async def test_31_a_storm_loses_nothing_and_keeps_slacks_pace(room: Room) -> None:
    cards = [
        ShowCard(address=QUEUE, key=f"ticket:{number}", card=Card(f"T-{number}", "New", text=f"T-{number}"))
        for number in range(500)
    ]
    began = room.ticker.now
    await put(room, *cards)
    await room.settle()
    assert [one.text for one in room.server.at(SERVICE_DESK)] == [f"T-{number}" for number in range(500)]
    assert room.ticker.now - began >= 499, "one a second"
    assert set(await outbox_states(room)) == {OutboxState.DELIVERED}


@in_http
async def test_32_when_slack_holds_events_back_technicians_and_help_channels_hear_once(room: Room) -> None:
    body = {
        "type": "app_rate_limited",
        "team_id": "T0HARBOR",
        "minute_rate_limited": 1,
        "api_app_id": "A0DESK",
    }
    for minute in range(3):
        answer = await room.server.post(json.dumps({**body, "minute_rate_limited": minute}))
        assert answer.status == 200
    await room.settle()
    (told,) = room.server.at(HELP)
    assert "please write again" in told.shown
    (told,) = room.server.at(SERVICE_DESK)
    assert "more than 30,000 events" in told.shown
    answer = await room.server.post(json.dumps({**body, "team_id": "T0NOBODY"}))
    assert answer.status == 200


@in_http
async def test_34_no_response_url_is_ever_worn_out(room: Room) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    number = await maya.opens_ticket(PROBLEM)
    for label in ("Claim", "Reply…"):
        await dana.presses(label, on=room.card(number))
    for _ in range(6):
        await room.person("marcus").presses("Resolve…", on=room.card(number))
    await room.server.command(maya.id, "status")
    assert room.server.calls["response_url"] == 0
    assert len(room.person("marcus").whispers) == 6


@in_http
@pytest.mark.parametrize("what", ["archived", "deleted", "left"])
async def test_35_a_ticket_is_seen_although_its_channel_is_gone(room: Room, what: str) -> None:
    with_alerts(room)
    match what:
        case "archived":
            room.server.channels[SERVICE_DESK].archived = True
        case "deleted":
            del room.server.channels[SERVICE_DESK]
        case "left":
            room.server.channels[SERVICE_DESK].member = False
    maya, dana = room.person("maya"), room.person("dana")
    number = await maya.opens_ticket(PROBLEM)
    organisation = room.policy.organisation("harbor")
    position = [queue.id for queue in organisation.queues].index("service-desk")
    fallback = organisation.queues[position + 1].id
    card = room.card(number, fallback)
    alerts = [one for one in room.server.messages if "could not be delivered and was set aside" in one.shown]
    assert len(alerts) == 1, "one notice for one place"
    await dana.presses("Claim", on=card)
    assert (await room.ticket(number)).assignee == "dana"
    assert "Dana Whitfield has your ticket" in maya.last.shown


def test_35_what_follows_a_death_has_an_end() -> None:
    channels = [Address("slack", f"C0{letter}") for letter in "ABC"]
    waiting: list[Effect] = [ShowCard(address=channels[0], key="ticket:1", card=Card("T-1", "New"))]
    count = 0
    while waiting:
        effect = waiting.pop()
        count += 1
        row = OutboxRow(
            id=count,
            organisation="harbor",
            platform="slack",
            route=effect.address.route,
            urgency=1,
            effect=to_json(effect),
            put_at=NOW,
            due_at=NOW,
        )
        waiting += instead_of(row, channels)
        assert count < 30


@in_http
async def test_36_what_a_technician_had_who_has_left_is_free_again(room: Room) -> None:
    maya, dana, marcus = room.person("maya"), room.person("dana"), room.person("marcus")
    number = await maya.opens_ticket(PROBLEM)
    await dana.presses("Claim", on=room.card(number))
    changed = {"id": dana.id, "deleted": True, "real_name": "Dana Whitfield", "is_bot": False}
    for _ in range(2):
        await room.server.send_event({"type": "user_change", "user": changed}, event_id="EvLeft")
        await room.settle()
    ticket = await room.ticket(number)
    assert (ticket.state, ticket.assignee) == (TicketState.NEW, None)
    assert "Dana Whitfield has left; the ticket is free again" in room.thread(number)[-1]
    assert number in maya.last.shown
    await marcus.presses("Claim", on=room.card(number))
    assert (await room.ticket(number)).assignee == "marcus"
    await room.server.send_event({"type": "user_change", "user": {**changed, "id": maya.id}})
    await room.settle()
    assert (await room.ticket(number)).assignee == "marcus"


@in_http
async def test_36_a_new_name_is_used_at_once(room: Room) -> None:
    maya = room.person("maya")
    await maya.says("hello")
    room.server.users[maya.id].name = "Maya Bergman"
    await room.server.send_event({"type": "user_change", "user": {"id": maya.id, "deleted": False}})
    number = await maya.elsewhere().opens_ticket(PROBLEM)
    assert (await room.ticket(number)).requester_name == "Maya Bergman"


@in_http
async def test_37_whoever_cannot_be_written_to_is_not_tried_for_ever(room: Room) -> None:
    with_alerts(room)
    await put(room, Say(address=Address("slack", "T0HARBOR/U0GONE"), text="Hello"))
    for _ in range(3):
        await room.come_due()
    assert (await outbox_states(room)).count(OutboxState.DEAD) == 1
    assert room.server.calls["chat.postMessage"] == 2, "once, and once to tell it"


# ------------------------------------------------------------------------------------------------------------ sizes


@pytest.mark.parametrize("length", [3_501, 4_041, 40_000, 1_000_000])
def test_40_whatever_is_too_long_is_shortened_without_holding_anybody_up(length: int) -> None:
    words = ("word " * length)[:length]
    card = Card("T-1 " + words, words, facts=(Fact("a", words),) * 30, body=words, text=words)
    for effect in (
        Say(address=QUEUE, text=words, footnote=words, author=words[:80]),
        ShowCard(address=QUEUE, card=card),
    ):
        began = time.perf_counter()
        shown = render.message(effect)
        assert time.perf_counter() - began < 0.5  # the goal is 0.05 on a machine of one's own
        assert limits.blocks(shown["blocks"]) == []
        assert len(shown["text"]) <= render.FALLBACK


@in_http
@pytest.mark.parametrize(("length", "status"), [(4_041, 200), (40_000, 200), (2_000_000, 413)])
async def test_40_what_is_too_long_from_outside(room: Room, length: int, status: int) -> None:
    _, answer = await room.server.write(account("maya"), "D0MAYA", ("outlook " * length)[:length])
    assert answer.status == status
    await room.settle()
    assert len(room.server.at("D0MAYA")) == (2 if status == 200 else 1)


STRANGE = {
    "only emoji": "🔥🔥🔥",
    "right to left": "\u202eeb ot gnihtemos\u202c my screen is black",
    "zero width": "my\u200b screen\u200d is\u2060 black\ufeff",
    "a flood of accents": "s" + "\u0301" * 2_000 + "creen is black",
    "NUL": "my screen\x00 is black",
    "a lone surrogate": "my screen \ud83d is black",
    "Arabic": "شاشتي سوداء",
    "Thai": "หน้าจอของฉันเป็นสีดำ",
    "empty": "",
    "spaces": "   \n ",
    "code": "```\nTraceback: <b>no</b>\n```",
    "a quotation": "&gt; did you restart?\nyes, still black",
}


@in_http
@pytest.mark.parametrize("name", STRANGE)
async def test_41_and_42_whatever_is_written_is_answered(room: Room, name: str) -> None:
    maya = room.person("maya")
    message, answer = await room.server.write(maya.id, maya.home, STRANGE[name])
    assert (answer.status, answer.attempts) == (200, 1)
    await room.settle()
    assert len(room.server.at(maya.home, message.ts)) == 2


@in_http
@pytest.mark.parametrize("name", ["screen.png", "audio_message.m4a", "\ud83d\x00.png", "a" * 300])
async def test_42_a_file_alone_is_answered(room: Room, name: str) -> None:
    maya = room.person("maya")
    await maya.says("", files=(name,))
    assert "I received a file" in maya.last.shown
    number = await maya.opens_ticket(PROBLEM)
    assert number in room.card(number).shown


# ------------------------------------------------------------------------------------------------------------- bots


@in_http
async def test_48_bots_of_every_kind_are_left_alone(room: Room) -> None:
    kinds: Sequence[dict[str, object]] = [
        {"bot_id": "B0OTHER", "user": "U0OTHER"},
        {"bot_id": "B0OTHER", "subtype": "bot_message"},
        {"bot_profile": {"id": "B0FLOW"}, "user": "U0FLOW"},
        {"user": room.server.team.bot_user},
        {"user": "USLACKBOT"},
    ]
    for position, kind in enumerate(kinds):
        for type_ in ("message", "app_mention"):
            event = {
                "type": type_,
                "channel": HELP,
                "channel_type": "channel",
                "ts": f"170000000{position}.000100",
            }
            answer = await room.server.send_event({**event, "text": f"<@U0DESK> {PROBLEM}", **kind})
            assert (answer.status, answer.attempts) == (200, 1), kind
    await room.settle()
    assert room.server.at(HELP) == []
    async with room.database.reading() as tx:
        assert (await tx.session.execute(text("SELECT count(*) FROM conversation"))).scalar_one() == 0


@in_http
async def test_48_two_machines_that_answer_each_other_stop(room: Room) -> None:
    """One that writes as a person, and always the same: after five answers the desk is silent."""
    maya = room.person("maya")
    for _ in range(12):
        await maya.says("This is an automatic reply: I am out of the office.")
    answers = [one for one in maya.sees() if one.bot_id]
    assert len(answers) <= 6


def test_the_manifest_subscribes_to_what_the_door_listens_to() -> None:
    manifest = (Path(__file__).parents[3] / "deploy" / "slack" / "manifest.yaml").read_text(encoding="utf-8")
    for event in ("app_home_opened", "app_uninstalled", "reaction_added", "tokens_revoked", "user_change"):
        assert f"- {event}" in manifest
