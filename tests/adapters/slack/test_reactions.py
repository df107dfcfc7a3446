"""The answer to a click: a modal, the fields that are wrong, a sentence for one person; and when Slack is too slow."""

from __future__ import annotations

import pytest

from tests.adapters.slack.room import Room
from tests.slack_server.server import HTML, Fault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def claimed(room: Room) -> str:
    number = await room.person("maya").opens_ticket("the laser engraver in the workshop squeaks")
    await room.person("dana").presses("Claim", on=room.card(number))
    return number


async def test_every_button_of_a_card_opens_what_it_names(room: Room) -> None:
    number = await claimed(room)
    dana = room.person("dana")
    for label in list(room.card(number).buttons):
        if label.endswith("…"):
            await dana.presses(label, on=room.card(number))
            assert dana.modal, label
            room.server.views.pop(dana.id)
    assert dana.whispers == []


async def test_a_field_that_is_wrong_is_named_in_place_and_can_be_corrected(room: Room) -> None:
    number = await claimed(room)
    dana = room.person("dana")
    await dana.presses("Merge into…", on=room.card(number))
    answer = await dana.submits(into="T-9999")
    assert answer.body["errors"] == {"into": "There is no open ticket T-9999. Give a number such as T-1042."}
    assert dana.modal, "the form stays open"
    other = await room.person("jakub").opens_ticket("the laser engraver in the workshop squeaks")
    assert (await dana.submits(into=other)).body == {}
    assert dana.modal is None
    assert "merged" in (await room.history(number))[-1].kind


async def test_a_time_in_the_past_is_refused_in_the_queues_zone(room: Room) -> None:
    number = await claimed(room)
    dana = room.person("dana")
    await dana.presses("Waiting for a vendor…", on=room.card(number))
    at = int(room.clock.now.timestamp())
    answer = await dana.submits(who="Microsoft", until=at - 3600)
    assert answer.body["errors"] == {"until": "This must be a time in the future."}
    await dana.submits(who="Microsoft", until=at + 3600)
    assert "waits for Microsoft until today 11:00" in room.card(number).shown


async def test_what_was_refused_after_the_form_is_said_in_the_form(room: Room) -> None:
    number = await claimed(room)
    dana, marcus = room.person("dana"), room.person("marcus")
    await marcus.presses("Escalate…", on=room.card(number))
    await dana.presses("Resolve…", on=room.card(number))
    await dana.submits(reason="fixed", text="Done.")
    answer = await marcus.submits(tried="Restarted it")
    assert answer.body["response_action"] == "update"
    assert "nothing was changed" in str(answer.body["view"]["blocks"])


async def test_a_form_that_comes_too_late_can_be_opened_again(room: Room) -> None:
    """Row 33: the trigger has expired."""
    number = await claimed(room)
    dana = room.person("dana")
    room.server.trigger_lifetime = -1.0
    answer = await dana.presses("Reply…", on=room.card(number))
    assert answer.status == 200
    assert dana.modal is None
    assert dana.whispers == ["Slack was too slow to open the form. Press the button again."]
    room.server.trigger_lifetime = 3.0
    await dana.presses("Open the form", on=room.server.ephemerals[-1])
    assert dana.modal
    assert room.server.calls["views.open"] == 2, "no loop"


async def test_a_sentence_that_cannot_be_shown_in_place_goes_to_the_person(room: Room) -> None:
    number = await claimed(room)
    marcus = room.person("marcus")
    room.server.misbehave("chat.postEphemeral", Fault(200, {"ok": False, "error": "user_not_in_channel"}))
    await marcus.presses("Resolve…", on=room.card(number))
    assert marcus.last.text == f"Dana Whitfield has {number}. Ask them, or a team lead, to pass it on."


async def test_a_click_is_acknowledged_whatever_slacks_own_api_does(room: Room) -> None:
    number = await claimed(room)
    marcus = room.person("marcus")
    room.server.misbehave("chat.postEphemeral", HTML)
    room.server.misbehave("chat.postMessage", HTML)
    answer = await marcus.presses("Resolve…", on=room.card(number))
    assert answer.status == 200


async def test_the_same_click_delivered_twice_counts_once(room: Room) -> None:
    maya = room.person("maya")
    number = await maya.opens_ticket("the laser engraver in the workshop squeaks")
    dana = room.person("dana")
    card = room.card(number)
    payload = {
        **room.server._click(dana.id),
        "type": "block_actions",
        "container": {"type": "message", "message_ts": card.ts, "channel_id": card.channel},
        "channel": {"id": card.channel},
        "message": card.as_json(),
        "actions": [{**card.buttons["Claim"], "block_id": "b", "action_ts": "1.5"}],
    }
    for _ in range(3):
        assert (await room.server.send_payload(payload)).status == 200
    await room.settle()
    assert dana.whispers == []
    assert [event.kind.value for event in await room.history(number)].count("claimed") == 1


async def test_somebody_who_is_no_technician_is_told_whom_to_ask(room: Room) -> None:
    number = await claimed(room)
    jakub = room.person("jakub")
    await jakub.presses("Resolve…", on=room.card(number))
    assert jakub.whispers == [
        "Only technicians of the queue Service desk can do that. If you should be one, ask your team lead."
    ]


async def test_a_ticket_is_assigned_with_the_people_picker(room: Room) -> None:
    number = await claimed(room)
    dana, marcus, jakub = room.person("dana"), room.person("marcus"), room.person("jakub")
    await dana.presses("Assign…", on=room.card(number))
    (field,) = (dana.modal or {})["blocks"]
    assert field["element"]["type"] == "users_select"
    assert "Marcus Bell" in field["hint"]["text"]
    answer = await dana.submits(to=jakub.id)
    assert answer.body["errors"] == {"to": "This person cannot be given this ticket."}
    assert (await dana.submits(to=None)).body["errors"] == {"to": "Please fill this in."}
    await dana.submits(to=marcus.id)
    assert (await room.ticket(number)).assignee == "marcus"
