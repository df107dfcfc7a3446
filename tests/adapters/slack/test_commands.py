"""`/it`, the global shortcut and the request form: answered to one person, and a ticket goes on in a direct message."""

from __future__ import annotations

import pytest

from tests.adapters.slack.room import HELP, SERVICE_DESK, Room
from tests.slack_server import limits
from tests.slack_server.model import words
from tests.slack_server.server import Answer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PROBLEM = "the laser engraver in the workshop squeaks"


def shown(answer: Answer) -> str:
    assert answer.status == 200
    assert answer.body["response_type"] == "ephemeral"
    assert answer.body["text"]
    assert limits.blocks(answer.body["blocks"]) == []
    return words(answer.body["blocks"])


@pytest.mark.parametrize("text", ["", "help", "hello"])
async def test_help_says_what_can_be_asked(room: Room, text: str) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    told = shown(await room.server.command(maya.id, text, HELP))
    assert "status" in told
    assert "oncall" not in told
    assert "oncall" in shown(await room.server.command(dana.id, text, HELP))
    assert room.server.at(HELP) == room.server.at(maya.home) == []


async def test_status_shows_own_tickets_and_a_number_that_one(room: Room) -> None:
    maya, jakub, dana = room.person("maya"), room.person("jakub"), room.person("dana")
    assert "You have no tickets" in shown(await room.server.command(maya.id, "status"))
    number = await maya.opens_ticket(PROBLEM)
    assert f"{number} {PROBLEM}: nobody has claimed it yet" in shown(
        await room.server.command(maya.id, "status")
    )
    assert PROBLEM in shown(await room.server.command(maya.id, number.lower()))
    assert "I find no ticket" in shown(await room.server.command(jakub.id, number)), "it is somebody else's"
    assert "for Maya Lindqvist" in shown(await room.server.command(dana.id, number))
    assert "There is no ticket T-9999" in shown(await room.server.command(dana.id, "T-9999"))


async def test_technicians_ask_for_their_queue_their_own_and_who_is_on_call(room: Room) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    assert "Nothing waits" in shown(await room.server.command(dana.id, "queue"))
    number = await maya.opens_ticket(PROBLEM)
    told = shown(await room.server.command(dana.id, "queue", SERVICE_DESK))
    assert f"{number} {PROBLEM} (P3, nobody yet): reply due in" in told
    assert "You have no open tickets" in shown(await room.server.command(dana.id, "mine"))
    await dana.presses("Claim", on=room.card(number))
    assert number in shown(await room.server.command(dana.id, "mine"))
    told = shown(await room.server.command(dana.id, "oncall denver network p1"))
    assert "Network" in told
    assert "Servers on call: Tomasz Wójcik" in told


@pytest.mark.parametrize("text", ["queue", "mine", "oncall"])
async def test_who_is_no_technician_is_told_whom_to_ask(room: Room, text: str) -> None:
    told = shown(await room.server.command(room.person("maya").id, text))
    assert told == (
        "That is for technicians. If you should be one, ask your team lead to add you to the policy."
    )


async def test_a_request_by_form_goes_on_in_a_direct_message(room: Room) -> None:
    maya, dana = room.person("maya"), room.person("dana")
    answer = await room.server.command(maya.id, f"new {PROBLEM}", HELP)
    assert answer.body == {}
    assert maya.modal
    answer = await maya.submits(category="email", site="Denver")
    assert answer.body["response_action"] == "update", "the category asks one thing more"
    assert await room.tickets() == 0
    await maya.submits(**{"ask.where": "On my phone"})
    assert maya.modal is None
    ticket = await room.ticket("T-1001")
    assert (ticket.description, ticket.category, ticket.site) == (PROBLEM, "email", "denver")
    assert ticket.answers == {"Where does it happen?": "On my phone"}

    (promise,) = room.server.at(maya.home)
    assert "I have opened T-1001" in promise.shown
    assert room.server.at(HELP) == []
    await dana.presses("Claim", on=room.card("T-1001"))
    await dana.presses("Reply…", on=room.card("T-1001"))
    await dana.submits(text="Which phone is it?")
    assert [one.thread_ts for one in room.server.at(maya.home)] == [None, promise.ts, promise.ts]

    maya.thread = promise
    await maya.says("The blue one")
    assert room.thread("T-1001")[-1] == "The blue one", "what is written in that thread belongs to the ticket"
    await maya.presses("Withdraw", on=promise)
    assert "withdrawn" in maya.last.shown.lower()


async def test_what_is_wrong_in_the_form_is_said_beside_its_field(room: Room) -> None:
    maya = room.person("maya")
    await room.server.shortcut(maya.id, "new_request")
    answer = await maya.submits(what="help", site="Denver")
    assert answer.body["errors"] == {"what": "Say in a sentence what does not work, or what you need."}
    answer = await maya.submits(what="   ", site="Denver")
    assert answer.body["errors"] == {"what": "Please fill this in."}
    assert await room.tickets() == 0
    await maya.submits(what="the screen of the laptop is cracked", category="other", site="elsewhere")
    assert (await room.ticket("T-1001")).answers["Where"] == "Somewhere else, or at home"


async def test_words_that_are_no_command_begin_a_request_and_a_password_is_not_kept(room: Room) -> None:
    maya = room.person("maya")
    await room.server.command(maya.id, "my screen is cracked, my password: Tr0ub4dor&3x")
    assert maya.modal
    assert "Tr0ub4dor" not in str(maya.modal)
    await maya.submits(what="screen is cracked. password: Tr0ub4dor&3x", category="other", site="Denver")
    assert "Tr0ub4dor" not in (await room.ticket("T-1001")).description
    assert any("I removed it before anything was stored" in one.shown for one in room.server.at(maya.home))


async def test_a_request_like_an_open_one_can_be_added_to_it(room: Room) -> None:
    maya = room.person("maya")
    number = await maya.opens_ticket(PROBLEM)
    await room.server.command(maya.id, f"new {PROBLEM} today")
    await maya.submits(category="other", site="Denver")
    assert number in str(maya.modal["blocks"][0] if maya.modal else "")
    await maya.submits(twin=f"Yes, add it to {number}")
    assert await room.tickets() == 1
    assert room.thread(number)[-1] == f"{PROBLEM} today"


async def test_a_form_sent_twice_is_one_ticket(room: Room) -> None:
    maya = room.person("maya")
    await room.server.command(maya.id, "new")
    view = dict(maya.modal or {})
    for _ in range(3):
        room.server.views[maya.id] = view
        await maya.submits(what=PROBLEM, category="other", site="Denver")
    assert await room.tickets() == 1


async def test_a_form_that_comes_too_late_can_be_opened_again_from_anywhere(room: Room) -> None:
    maya = room.person("maya")
    room.server.trigger_lifetime = -1.0
    assert (await room.server.command(maya.id, "new", HELP)).status == 200
    room.server.trigger_lifetime = 3.0
    await maya.presses("Open the form", on=room.server.ephemerals[-1])
    await maya.submits(what=PROBLEM, category="other", site="Denver")
    assert room.server.at(HELP) == [], "nobody else reads what came of it"
    assert "I have opened T-1001" in room.server.at(maya.home)[-1].shown
