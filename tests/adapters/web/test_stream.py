"""The event stream: everything once, nothing lost, to nobody else."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Address, Button, Card, OwnTicket, QueueRow, Retract, Say, ShowCard


def row(ticket_id: int, subject: str, assignee: str = "") -> QueueRow:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return QueueRow(
        ticket_id=ticket_id,
        number=f"T-{ticket_id}",
        subject=subject,
        requester="Ana Ruiz",
        site="Warsaw",
        queue="tier1",
        queue_name="Service desk",
        tier=1,
        priority="P2",
        category="E-mail",
        status="New",
        tone="warning",
        assignee=assignee,
        clock="first reply due in 25 min",
        due_at=now,
        opened_at=now,
    )


async def test_a_page_is_told_what_is_there_and_then_what_comes(page, names):
    route = names.conversation(names.ana)
    address = Address("web", route)
    await page.write(names.ana, route, "outlook asks for my password")
    await page.deliver(
        Say(address=address, text="Try **this**.", buttons=(Button("solved", "That solved it"),))
    )
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        typed, said = await stream.messages("chat")
        assert "outlook asks" in typed["html"]
        assert typed["author"] == names.ana.id
        assert "<strong>this</strong>" in said["html"]
        assert 'data-button="solved"' in said["html"]
        assert said["say"] == "Firstline: Try this."
        assert await stream.event("done") is not None

        posted = await page.deliver(Say(address=address, text="Are you there?"))
        page.bell.ring()
        (item,) = await stream.messages("chat")
        assert item["id"] == posted

        await page.deliver(Say(address=address, text="Are you there *now*?"), posted)
        page.bell.ring()
        (item,) = await stream.messages("chat")
        assert (item["id"], item["revision"]) == (posted, 1)
        assert "<em>now</em>" in item["html"]

        await page.deliver(Retract(address=address), posted)
        page.bell.ring()
        (item,) = await stream.messages("chat")
        assert "This message was deleted" in item["html"]
        assert "now" not in item["html"]


@pytest.mark.slow
async def test_news_arrives_within_a_moment_of_the_bell_and_without_it_within_a_poll(page, names):
    route = names.conversation(names.ana)
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        await stream.event("done")
        await asyncio.sleep(0.2)
        await page.deliver(Say(address=Address("web", route), text="one"))
        began = time.monotonic()
        page.bell.ring()
        await stream.messages("chat")
        assert time.monotonic() - began < 0.5
        await page.deliver(Say(address=Address("web", route), text="two"))
        await stream.messages("chat")
        assert time.monotonic() - began < 3


async def test_after_a_broken_connection_nothing_is_missing(page, names):
    async with page.stream(technician=names.tom.id) as stream:
        await stream.event("done")
        assert stream.last_id
    card = await page.deliver(ShowCard(address=names.tier1, key="ticket:1", card=Card("T-1", "New")))
    await page.deliver(Say(address=Address("web", f"channel/tier1/{card}"), text="in the thread"))
    async with page.stream(technician=names.tom.id, headers={"Last-Event-ID": stream.last_id}) as again:
        change = await again.event("messages", pane="channel")
        assert not change["everything"]
        assert [item["parent"] for item in change["items"]] == ["", card]
    async with page.stream(technician=names.tom.id, last="2020-01-01T00:00:00Z") as late:
        change = await late.event("messages", pane="channel")
        assert change["everything"]
        assert len(change["items"]) == 2


async def test_a_card_stands_in_its_channel_and_its_thread_below_it(page, names):
    card = await page.deliver(
        ShowCard(address=names.tier1, key="ticket:7", card=Card("T-7 · Outlook", "New"))
    )
    thread = f"channel/tier1/{card}"
    await page.write(names.tom, thread, "I have seen this before")
    async with page.stream(technician=names.tom.id) as stream:
        channels = await stream.event("channels")
        assert channels["chosen"] == "channel/tier1"
        top, below = await stream.messages("channel")
        assert 'data-key="ticket:7"' in top["html"]
        assert f'data-reply="{thread}"' in top["html"]
        assert below["parent"] == card
        assert f'data-reply="{thread}"' in below["html"]


async def test_only_what_the_person_may_see_is_told(page, names):
    secret = names.conversation(names.ben)
    await page.write(names.ben, secret, "for IT only")
    await page.deliver(Say(address=names.tier1, text="among technicians"))
    async with page.stream(
        employee=names.ana.id, conversation=secret[-32:], technician=names.ana.id, channel="channel/tier1"
    ) as stream:
        told = []
        while (event := await stream.event()) != {}:
            told.append(event)
        assert "for IT only" not in str(told)
        assert "among technicians" not in str(told)
        assert not any("channels" in event for event in told)
    async with page.stream(technician=names.raj.id, channel="channel/tier1") as stream:
        channels = await stream.event("channels")
        assert channels["chosen"] == "channel/tier2"
        assert [channel["route"] for channel in channels["channels"]] == ["channel/tier2"]


async def test_another_organisations_messages_stay_with_it(page, names):
    route = names.conversation(names.ana)
    twin = type(names.ana)("globex", "web", names.ana.id, "Ana Ruiz")
    await page.mailbox.write(twin, Address("web", route), names.new_id(), "globex only")
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        assert await stream.messages("chat") == []


@pytest.mark.slow
async def test_the_queue_is_told_row_by_row(page, names):
    page.desk.rows = (row(1, "Outlook"), row(2, "Printer <b>", "Tom Berg"))
    async with page.stream(technician=names.tom.id) as stream:
        told = await stream.event("list", list="queue")
        assert told["order"] == ["1", "2"]
        assert "Printer &lt;b&gt;" in told["rows"]["2"]
        assert 'data-whose="free"' in told["rows"]["1"]
        assert 'data-whose="mine"' in told["rows"]["2"]
        page.desk.rows = (row(2, "Printer", "Raj Patel"), row(1, "Outlook"))
        page.bell.ring()
        told = await stream.event("list", list="queue")
        assert told["order"] == ["2", "1"]
        assert list(told["rows"]) == ["2"]
        page.desk.rows = ()
        page.bell.ring()
        told = await stream.event("list", list="queue")
        assert told == {"list": "queue", "order": [], "rows": {}}


async def test_conversations_and_tickets_are_listed(page, names):
    first, second = names.conversation(names.ana), names.conversation(names.ana)
    await page.write(names.ana, first, "the printer <3")
    await page.write(names.ana, second, "the projector")
    page.desk.tickets = (
        OwnTicket(
            number="T-9",
            subject="the printer",
            status="Waiting",
            tone="waiting",
            promise="You hear by 14:00",
            opened_at=datetime(2026, 3, 2, tzinfo=UTC),
            address=Address("web", first),
            open=True,
        ),
    )
    async with page.stream(employee=names.ana.id, conversation=first[-32:]) as stream:
        told = await stream.event("list", list="conversations")
        assert told["order"] == [second[-32:], first[-32:]]
        assert "the printer &lt;3" in told["rows"][first[-32:]]
        assert "T-9" in told["rows"][first[-32:]]
        told = await stream.event("list", list="tickets")
        assert "You hear by 14:00" in told["rows"]["T-9"]
        assert f'data-conversation="{first[-32:]}"' in told["rows"]["T-9"]


async def test_while_the_desk_is_away_the_page_is_told_and_afterwards_told_everything(page, names):
    route = names.conversation(names.ana)
    await page.write(names.ana, route, "hello")
    page.desk.away = True
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        assert await stream.event("trouble") == {}
        page.desk.away = False
        page.bell.ring()
        (item,) = await stream.messages("chat")
        assert "hello" in item["html"]
        assert await stream.event("done") == {}


async def test_a_moved_clock_is_told(page, names):
    async with page.stream(employee=names.ana.id) as stream:
        first = await stream.event("clock")
        page.bell.move(timedelta(hours=2))
        page.bell.ring()
        second = await stream.event("clock")
        moved = datetime.fromisoformat(second["now"]) - datetime.fromisoformat(first["now"])
        assert timedelta(hours=2) <= moved < timedelta(hours=2, minutes=1)


@pytest.mark.slow
async def test_a_session_that_ends_ends_its_streams(private, names, monkeypatch):
    monkeypatch.setattr("adapters.web.stream.ALIVE_SECONDS", 0.1)
    await private.sign_in_as(names.ana)
    async with private.stream(employee=names.ana.id) as stream:
        await stream.event("done")
        await private.submit("/sign-out")
        assert await stream.event("ended") == {}
        assert await stream.event() is None


async def test_streams_end_at_once_when_the_server_stops(page, names):
    async with page.stream(employee=names.ana.id) as stream:
        await stream.event("done")
        began = time.monotonic()
        stopping = asyncio.create_task(page.client.server.close())
        assert await stream.event("never") is None
        await stopping
        assert time.monotonic() - began < 1


async def test_many_cards_are_told_in_part_and_the_rest_on_demand(page, names):
    for number in range(105):
        await page.deliver(
            ShowCard(address=names.tier1, key=f"ticket:{number}", card=Card(f"T-{number}", "New"))
        )
    async with page.stream(technician=names.tom.id) as stream:
        change = await stream.event("messages", pane="channel")
        assert len(change["items"]) == 100
        assert change["more"]
        assert "T-104" in change["items"][-1]["html"]
    async with page.stream(technician=names.tom.id, depth="all") as stream:
        change = await stream.event("messages", pane="channel")
        assert len(change["items"]) == 105
        assert not change["more"]
