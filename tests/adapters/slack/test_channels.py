"""What happens in channels: mentions, help channels, other people, other bots, and the message shortcut."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.library import Library
from tests.adapters.slack.room import HELP, Room
from tests.journeys.test_asking import FOR_TECHNICIANS, SHREDDER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

QUESTION = "outlook keeps asking for my password"


async def messages_kept(room: Room) -> list[str]:
    from sqlmodel import select

    from bot.conversations import Message

    async with room.database.reading("harbor") as tx:
        return [row.text for row in (await tx.session.execute(select(Message))).scalars()]


async def test_a_request_in_a_help_channel_is_answered_in_its_thread(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    await maya.says(QUESTION)
    assert "Outlook keeps asking for your password" in maya.last.shown
    assert maya.last.thread_ts == maya.sees()[0].ts


async def test_small_talk_in_a_help_channel_is_neither_answered_nor_kept(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    for words in ("good morning", "thanks!", "🎉"):
        await maya.elsewhere().says(words)
    assert len(room.server.at(HELP)) == 3
    assert await messages_kept(room) == []


async def test_what_others_say_in_its_thread_is_left_alone_until_it_is_a_ticket(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    root = await maya.says(QUESTION)
    jakub = room.person("jakub").in_channel(HELP, root)
    await jakub.says("my vpn is down too")
    assert len(maya.sees()) == 3, "the question, its answer, and Jakub"
    assert await messages_kept(room) == [QUESTION]


async def test_a_mention_anywhere_is_answered_once_in_its_thread(room: Room) -> None:
    room.server.channels["C0RANDOM"].member = True
    maya = room.person("maya").in_channel("C0RANDOM")
    await maya.says("nice weather")
    assert len(room.server.at("C0RANDOM")) == 1
    asking = maya.elsewhere()
    await asking.says(f"<@U0DESK> {QUESTION}")
    assert len(asking.sees()) == 2, "message and mention are one"
    assert "Outlook" in asking.last.shown


async def test_bots_and_strangers_are_not_answered(room: Room) -> None:
    """Row 48."""
    room.server.add_user("U0ROBOT", "Robot", bot=True)
    room.server.add_user("U0GUEST", "Kim of another company", stranger=True)
    for user in ("U0ROBOT", "U0GUEST"):
        message, answer = await room.server.write(user, HELP, QUESTION)
        assert answer.status == 200
        await room.settle()
        assert room.server.at(HELP)[-1] is message
    assert await messages_kept(room) == []


async def test_an_edit_and_a_deletion_reach_the_technicians(room: Room) -> None:
    maya = room.person("maya")
    number = await maya.opens_ticket("the laser engraver in the workshop squeaks")
    said = await maya.says("It is the blue laptop")
    await room.server.edit(said, "It is the red laptop")
    await room.settle()
    assert room.thread(number)[-1] == "It is the red laptop"
    await room.server.delete(said)
    await room.settle()
    assert room.thread(number) == []


async def test_a_ticket_from_a_message(room: Room) -> None:
    maya, dana, jakub = room.person("maya").in_channel(HELP), room.person("dana"), room.person("jakub")
    root, _ = await room.server.write(maya.id, HELP, QUESTION)
    maya.thread = root
    await room.settle()
    await room.server.shortcut(jakub.id, "ticket_from_message", root)
    assert jakub.whispers[0].startswith("Only its author or a technician")
    for _ in range(2):
        assert (await room.server.shortcut(dana.id, "ticket_from_message", root)).status == 200
    await room.settle()
    while "I have opened T-1001" not in maya.last.shown:
        await maya.says("In the Outlook app on my laptop")
    assert (await room.ticket("T-1001")).requester_name == "Maya Lindqvist"
    assert QUESTION in room.card("T-1001").shown


async def test_what_one_person_writes_in_a_row_is_one_request(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    for words in ("hello everyone", "my laptop", "it is so slow today", "since the update on Monday"):
        await maya.elsewhere().says(words)
        await room.pass_time(seconds=20)
    first = next(one for one in room.server.at(HELP) if one.text == "my laptop")
    answers = [one for one in room.server.at(HELP) if one.bot_id]
    assert {one.thread_ts for one in answers} == {first.ts}
    jakub = room.person("jakub").in_channel(HELP)
    await jakub.says(QUESTION)
    assert jakub.last.thread_ts == jakub.sees()[0].ts, "somebody else's is another request"
    await room.pass_time(minutes=3)
    later = maya.elsewhere()
    await later.says(QUESTION)
    assert later.last.thread_ts == later.sees()[0].ts, "later it is another request"


async def test_an_edit_of_what_was_added_reaches_the_ticket(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    await maya.says("the laser engraver in the workshop squeaks")
    added = await maya.elsewhere().says("on the blue laptop")
    await maya.presses("Talk to a person")
    for _ in range(4):
        if "I have opened" in maya.last.shown:
            break
        await maya.says("Denver")
    await room.server.edit(added, "on the red laptop")
    await room.settle()
    assert "red laptop" in (await room.ticket("T-1001")).description


async def test_a_private_matter_goes_on_in_a_direct_message(room: Room) -> None:
    maya, dana = room.person("maya").in_channel(HELP), room.person("dana")
    root, _ = await room.server.write(
        maya.id, HELP, "I clicked a link in a phishing mail and typed my password"
    )
    maya.thread = root
    await room.settle()
    await maya.presses("Talk to a person")
    assert maya.last.shown == "This is better said between the two of us: I have written to you directly."
    direct = room.person("maya")
    direct.thread = room.server.at(direct.home)[0]
    assert "You asked in a channel about “I clicked a link" in direct.thread.shown
    for _ in range(6):
        if "I have opened" in direct.last.shown:
            break
        await direct.says("Denver")
    assert "I have opened T-1001" in direct.last.shown
    assert (await room.ticket("T-1001")).category == "security"
    in_channel = [one.shown for one in maya.sees()]
    assert not any("T-1001" in shown for shown in in_channel)
    card = room.card("T-1001", "identity-security")
    assert "phishing" in card.shown
    await maya.says("and it was the finance mailbox")
    assert maya.last.shown.startswith("This is better said between the two of us")
    await dana.says("my tickets")
    await maya.elsewhere().says("<@U0DESK> my tickets")
    assert "T-1001" not in room.server.at(HELP)[-1].shown


async def test_somebody_would_rather_not_say_it_in_front_of_others(room: Room) -> None:
    maya = room.person("maya").in_channel(HELP)
    await maya.says(QUESTION)
    await maya.says("can we do this in private?")
    assert maya.last.shown == "This is better said between the two of us: I have written to you directly."
    direct = room.person("maya")
    direct.thread = room.server.at(direct.home)[0]
    await direct.says("talk to a person")
    await direct.says("this is private")
    assert "Only you and I read this" in direct.last.shown


async def test_what_only_technicians_may_read_is_not_answered_in_front_of_others(
    room: Room, tmp_path: Path
) -> None:
    (tmp_path / "shredder.md").write_text(SHREDDER, encoding="utf-8")
    (tmp_path / "staff.md").write_text(FOR_TECHNICIANS, encoding="utf-8")
    room.library = Library([tmp_path])
    dana = room.person("dana")
    await dana.says("paper stuck in the shredder")
    assert "Service menu" in dana.last.shown
    in_channel = dana.elsewhere().in_channel(HELP)
    await in_channel.says("paper stuck in the shredder")
    assert "Press reverse" in in_channel.last.shown
    assert "Service menu" not in in_channel.last.shown
