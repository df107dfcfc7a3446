"""What happens in channels: mentions, help channels, other people, other bots, and the message shortcut."""

from __future__ import annotations

from tests.adapters.slack.room import HELP, Room

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
    number = await maya.opens_ticket("outlook closes by itself every time I open it")
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
