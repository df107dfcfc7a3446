"""One effect, one call: what Slack's answers mean, that order and pace are kept, and that a repeat is recognised."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.slack.pace import PER_CHANNEL
from bot.messages import (
    Address,
    Button,
    Card,
    Delivered,
    Delivery,
    DeliveryFailed,
    Effect,
    Retract,
    Say,
    ShowCard,
)
from tests.adapters.slack.room import SERVICE_DESK, Room
from tests.slack_server.server import (
    BROKEN_JSON,
    DROPPED_AFTER,
    DROPPED_BEFORE,
    HTML,
    RATE_LIMITED,
    UNAVAILABLE,
    Fault,
)

pytestmark = [
    pytest.mark.parametrize("room", ["http"], indirect=True),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

QUEUE = Address("slack", SERVICE_DESK)
MAYA = Address("slack", "T0HARBOR/U0MAYA")
CARD = Card(
    title="T-1 · Laptop",
    status="New",
    text="T-1 Laptop: New",
    buttons=(Button("ticket.claim", "Claim", "1"),),
)


async def deliver(room: Room, effect: Effect, **more: object) -> Delivered:
    delivery = Delivery(id="harbor.1", organisation="harbor", effect=effect)
    return await room.slack.platform.deliver(replace(delivery, **more))  # type: ignore[arg-type]


async def test_a_card_is_posted_once_and_updated_ever_after(room: Room) -> None:
    first = await deliver(room, ShowCard(address=QUEUE, key="ticket:1", card=CARD))
    assert first.thread == Address("slack", f"{SERVICE_DESK}/{first.message_id}")
    again = await deliver(
        room,
        ShowCard(address=QUEUE, key="ticket:1", card=replace(CARD, status="Claimed")),
        posted=first.message_id,
    )
    assert again == first
    (shown,) = room.server.at(SERVICE_DESK)
    assert "Claimed" in shown.shown
    assert room.server.calls["chat.postMessage"] == 1


async def test_a_card_that_somebody_deleted_is_shown_anew(room: Room) -> None:
    first = await deliver(room, ShowCard(address=QUEUE, key="ticket:1", card=CARD))
    room.server.messages[0].deleted = True
    second = await deliver(room, ShowCard(address=QUEUE, key="ticket:1", card=CARD), posted=first.message_id)
    assert second.message_id != first.message_id
    assert len(room.server.at(SERVICE_DESK)) == 1


async def test_what_is_taken_back_is_gone_also_when_it_was_gone_before(room: Room) -> None:
    said = await deliver(room, Say(address=QUEUE, key="k", text="Hello"))
    for _ in range(2):
        await deliver(room, Retract(address=QUEUE, key="k"), posted=said.message_id)
    assert room.server.at(SERVICE_DESK) == []


async def test_a_message_to_a_person_tells_in_which_conversation_it_arrived(room: Room) -> None:
    said = await deliver(room, Say(address=MAYA, text="Hello"))
    assert said.thread == Address("slack", f"T0HARBOR/D0MAYA/{said.message_id}")


async def test_nothing_is_unfurled_and_text_is_always_set(room: Room) -> None:
    await deliver(room, Say(address=QUEUE, text="See https://x.example"))
    _, given = room.server.given[-1]
    assert (given["unfurl_links"], given["unfurl_media"]) == (False, False)
    assert given["text"] == "See https://x.example"


async def test_the_writers_name_and_picture_where_the_scopes_allow(room: Room) -> None:
    await room.person("dana").in_channel(SERVICE_DESK).says("hello")
    await deliver(room, Say(address=MAYA, text="On my way", author="Dana Whitfield"))
    assert room.server.messages[-1].username == "Dana Whitfield"
    room.server.scopes.remove("chat:write.customize")
    for _ in range(2):
        await deliver(room, Say(address=MAYA, text="On my way", author="Dana Whitfield"))
        assert room.server.messages[-1].username is None
        assert room.server.messages[-1].shown == "Dana Whitfield writes:\nOn my way"
    assert room.server.calls["chat.postMessage"] == 4, "refused once, then not tried again"


# ----------------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        ("channel_not_found", True),
        ("is_archived", True),
        ("not_in_channel", True),
        ("invalid_blocks", True),
        ("an_error_of_tomorrow", True),
        ("service_unavailable", False),
        ("request_timeout", False),
        ("token_revoked", False),
        ("account_inactive", False),
        ("missing_scope", False),
    ],
)
async def test_what_slack_refuses(room: Room, error: str, permanent: bool) -> None:
    room.server.misbehave("chat.postMessage", Fault(200, {"ok": False, "error": error}))
    with pytest.raises(DeliveryFailed) as refused:
        await deliver(room, Say(address=QUEUE, text="Hello"))
    assert refused.value.permanent is permanent
    assert error in refused.value.reason


@pytest.mark.parametrize(
    "fault",
    [
        HTML,
        UNAVAILABLE,
        BROKEN_JSON,
        DROPPED_BEFORE,
        DROPPED_AFTER,
        Fault(500, {"ok": False, "error": "internal_error"}),
        Fault(200, {"ok": False, "error": "fatal_error"}),
        Fault(502, "<html>bad gateway</html>", content_type="text/html"),
        Fault(200, "[]"),
        Fault(200, '"yes"'),
        Fault(200, ""),
    ],
    ids=[
        "html",
        "503",
        "half a JSON",
        "broken before",
        "broken after",
        "500",
        "fatal",
        "502",
        "array",
        "string",
        "empty",
    ],
)
async def test_what_means_nothing_leaves_the_outcome_open_and_is_tried_once(room: Room, fault: Fault) -> None:
    room.server.misbehave("chat.postMessage", fault)
    with pytest.raises(Exception) as broken:  # noqa: PT011
        await deliver(room, Say(address=QUEUE, text="Hello"))
    assert not isinstance(broken.value, DeliveryFailed)
    assert room.server.calls["chat.postMessage"] == 1


@pytest.mark.slow
async def test_a_slow_answer_ends_within_the_couriers_patience(room: Room) -> None:
    room.server.misbehave("chat.postMessage", Fault(wait=9.0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(deliver(room, Say(address=QUEUE, text="Hello")), 8.5)


@pytest.mark.parametrize("fault", [DROPPED_AFTER, DROPPED_BEFORE])
async def test_a_repeat_is_sent_only_when_the_first_did_not_arrive(room: Room, fault: Fault) -> None:
    """Row 30: the connection breaks; whatever had happened by then, the message stands there once."""
    room.server.misbehave("chat.postMessage", fault)
    with pytest.raises(Exception):  # noqa: B017, PT011
        await deliver(room, Say(address=QUEUE, text="Hello"))
    end = await deliver(room, Say(address=QUEUE, text="Hello"), repeat=True)
    shown = room.server.at(SERVICE_DESK)
    assert [message.ts for message in shown] == [end.message_id]
    assert ("Sent again" in shown[0].shown) is (fault is DROPPED_BEFORE)


async def test_a_repeat_in_a_thread_is_recognised(room: Room) -> None:
    root = await deliver(room, Say(address=MAYA, text="Root"), id="harbor.1")
    assert root.thread is not None
    for number in range(2, 12):
        await deliver(room, Say(address=root.thread, text=f"{number}"), id=f"harbor.{number}")
    first = await deliver(room, Say(address=root.thread, text="Hello"), id="harbor.99")
    again = await deliver(room, Say(address=root.thread, text="Hello"), id="harbor.99", repeat=True)
    assert again == first


async def test_a_repeat_that_cannot_be_looked_for_says_that_it_is_one(room: Room) -> None:
    room.server.scopes.remove("channels:history")
    await deliver(room, Say(address=QUEUE, text="Hello"))
    await deliver(room, Say(address=QUEUE, text="Hello"), repeat=True)
    assert [("Sent again" in message.shown) for message in room.server.at(SERVICE_DESK)] == [False, True]


@pytest.mark.parametrize("route", ["", "C0", "nonsense", "T0HARBOR", "T0HARBOR/C0/1.1/2", "../C0SERVICEDESK"])
async def test_a_route_that_is_none_is_refused_for_good(room: Room, route: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        await deliver(room, Say(address=Address("slack", route), text="Hello"))
    assert refused.value.permanent or route == "C0"


async def test_no_organisation_reaches_anothers_workspace(room: Room) -> None:
    before = room.server.calls["chat.postMessage"]
    with pytest.raises(DeliveryFailed, match="not installed"):
        await deliver(room, Say(address=MAYA, text="Hello"), organisation="acme")
    assert room.server.calls["chat.postMessage"] == before


# --------------------------------------------------------------------------------------------------------- pace


async def test_a_429_rests_that_method_and_nothing_else(room: Room) -> None:
    """Row 28."""
    first = await deliver(room, Say(address=QUEUE, text="Before", key="k"))
    room.server.misbehave("chat.postMessage", RATE_LIMITED)
    for seconds in (30.0, 30.0):
        with pytest.raises(DeliveryFailed) as refused:
            await deliver(room, Say(address=QUEUE, text="Hello"))
        assert refused.value.retry_after == pytest.approx(seconds, abs=1.0)
        assert not refused.value.permanent
    assert room.server.calls["chat.postMessage"] == 2, "while it rests, Slack is not asked"
    await deliver(room, Say(address=QUEUE, text="After", key="k"), posted=first.message_id)
    room.ticker.now += 31
    await deliver(room, Say(address=QUEUE, text="Hello"))
    assert room.server.at(SERVICE_DESK)[-1].shown == "Hello"


async def test_one_message_a_second_in_a_channel_and_order_is_kept(room: Room) -> None:
    began = room.ticker.now
    for number in range(6):
        await deliver(room, Say(address=QUEUE, text=f"{number}"), id=f"harbor.{number}")
        await deliver(room, Say(address=MAYA, text=f"{number}"), id=f"harbor.m{number}")
    assert room.ticker.now - began == pytest.approx(5 * PER_CHANNEL)
    assert [message.shown for message in room.server.at(SERVICE_DESK)] == list("012345")
    assert [message.shown for message in room.server.at("D0MAYA")] == list("012345")


async def test_who_has_to_wait_long_gives_the_place_up(room: Room) -> None:
    for _ in range(10):
        room.slack.api.pace.take_turn("T0HARBOR", SERVICE_DESK, room.ticker.now)
    with pytest.raises(DeliveryFailed) as busy:
        await deliver(room, Say(address=QUEUE, text="Hello"))
    assert busy.value.retry_after == pytest.approx(10.0)
    assert room.server.calls["chat.postMessage"] == 0
