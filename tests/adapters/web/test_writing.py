"""What people do on the page reaches the desk as events, and only where they may."""

from __future__ import annotations

import pytest

from bot.messages import (
    ButtonPressed,
    Choice,
    Field,
    FieldErrors,
    FieldKind,
    Form,
    FormSubmitted,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OpenForm,
    Toast,
)


async def test_a_message_is_kept_without_its_secret_and_told_to_the_desk_as_it_is(page, names):
    route, message_id = names.conversation(names.ana), names.new_id()
    response = await page.write(names.ana, route, f"my password is {names.secret}", message_id)
    assert await response.json() == {"kind": "none"}
    (event,) = page.desk.events
    assert isinstance(event, MessageReceived)
    assert (event.event_id, event.message_id) == (message_id, message_id)
    assert (event.person, event.address.route) == (names.ana, route)
    assert event.text == f"my password is {names.secret}"
    (kept,) = await page.mailbox.read("acme", event.address)
    assert kept.content == "my password is [removed]"
    assert kept.author_id == names.ana.id


async def test_a_retry_is_the_same_event_and_the_same_message(page, names):
    route, message_id = names.conversation(names.ana), names.new_id()
    for _ in range(3):
        await page.write(names.ana, route, "hello", message_id)
    assert {event.event_id for event in page.desk.events} == {message_id}
    assert len(await page.mailbox.read("acme", page.desk.events[0].address)) == 1


async def test_while_the_desk_is_away_the_browser_is_asked_to_try_again(page, names):
    page.desk.away = True
    route, message_id = names.conversation(names.ana), names.new_id()
    response = await page.write(names.ana, route, "hello", message_id)
    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    page.desk.away = False
    assert (await page.write(names.ana, route, "hello", message_id)).status == 200
    assert [event.event_id for event in page.desk.events] == [message_id]


async def test_a_defect_is_a_500_that_quotes_nothing(page, names, capsys):
    async def broken(event):
        raise ValueError(f"could not store {event.text}")

    page.desk.receive = broken
    response = await page.write(names.ana, names.conversation(names.ana), "secret words")
    assert response.status == 500
    assert "secret words" not in await response.text()
    output = capsys.readouterr()
    assert "secret words" not in output.out + output.err


@pytest.mark.parametrize(
    "route",
    [
        "person/ben.okafor/" + "a" * 32,
        "person/ana.ruiz",
        "person/ana.ruiz/",
        "person/ana.ruiz/short",
        "person/ana.ruiz/" + "A" * 32,
        "person/ana.ruiz/" + "a" * 32 + "/" + "b" * 32,
        "person/ana.ruiz/../ben.okafor/" + "a" * 32,
        "channel/tier1",
        "channel/tier1/" + "a" * 32,
        "",
        "/",
    ],
)
async def test_an_employee_writes_only_in_their_own_conversations(page, names, route):
    for path, body in (
        ("/api/message", {"id": names.new_id(), "text": "hi"}),
        ("/api/button", {"event": names.new_id(), "button": "ticket.claim", "value": "1"}),
        ("/api/form", {"event": names.new_id(), "form": "f", "value": "1", "answers": {}}),
    ):
        response = await page.post(path, {"as": names.ana.id, "route": route, **body})
        assert response.status == 404
    assert page.desk.events == []


async def test_a_technician_writes_in_the_channels_of_their_role(page, names):
    card = names.new_id()
    for route in ("channel/tier1", f"channel/tier1/{card}", names.conversation(names.tom)):
        assert (await page.write(names.tom, route, "hi")).status == 200
    for route in (
        "channel/tier2",
        f"channel/tier2/{card}",
        "channel/tier",
        "channel/tier1/a/b",
        "C123",
        "C123/1",
    ):
        assert (await page.write(names.tom, route, "hi")).status == 404
    assert (await page.write(names.raj, "channel/tier2", "hi")).status == 200
    assert (await page.write(names.raj, "C123", "hi")).status == 404


async def test_one_changes_and_deletes_only_ones_own_messages(page, names):
    thread, message_id = "channel/tier1/" + names.new_id(), names.new_id()
    page.desk.roles[names.raj.id] = page.desk.roles[names.tom.id]
    await page.write(names.tom, thread, "hello", message_id)
    change = {"route": thread, "id": message_id, "event": names.new_id(), "text": "goodbye"}
    for path in ("/api/message/edit", "/api/message/delete"):
        assert (await page.post(path, {"as": names.raj.id, **change})).status == 404
        elsewhere = {"as": names.tom.id, **change, "route": "channel/tier1"}
        assert (await page.post(path, elsewhere)).status == 404
    assert (await page.post("/api/message/edit", {"as": names.tom.id, **change})).status == 200
    assert (await page.post("/api/message/delete", {"as": names.tom.id, **change})).status == 200
    kinds = [type(event) for event in page.desk.events]
    assert kinds == [MessageReceived, MessageEdited, MessageDeleted]
    (kept,) = await page.mailbox.read("acme", page.desk.events[0].address)
    assert kept.content == "goodbye"
    assert kept.deleted


async def test_a_deletion_can_be_tried_again(page, names):
    route, message_id = names.conversation(names.ana), names.new_id()
    await page.write(names.ana, route, "hello", message_id)
    page.desk.away = True
    body = {"as": names.ana.id, "route": route, "id": message_id, "event": names.new_id()}
    assert (await page.post("/api/message/delete", body)).status == 503
    page.desk.away = False
    assert (await page.post("/api/message/delete", body)).status == 200
    assert page.desk.events[-1].event_id == body["event"]


async def test_a_click_answers_with_the_desks_reaction(page, names):
    click = {
        "as": names.tom.id,
        "route": "channel/tier1/" + names.new_id(),
        "event": names.new_id(),
        "button": "ticket.claim",
        "value": "42",
    }
    page.desk.reaction = Toast("Raj Patel was faster.")
    answer = await (await page.post("/api/button", click)).json()
    assert answer == {"kind": "toast", "text": "Raj Patel was faster."}
    (event,) = page.desk.events
    assert isinstance(event, ButtonPressed)
    assert (event.event_id, event.button, event.value) == (click["event"], "ticket.claim", "42")

    choices = (Choice("fixed", "Fixed"), Choice("answered", "Answered"))
    fields = (Field("why", "Why", FieldKind.CHOICE, choices), Field("text", "Text", required=False))
    page.desk.reaction = OpenForm(
        Form("ticket.resolve", "42", "Resolve <T-42>", fields, timezone="Europe/Warsaw")
    )
    answer = await (await page.post("/api/button", click)).json()
    assert answer["kind"] == "form"
    assert answer["form"]["title"] == "Resolve <T-42>"
    assert [field["kind"] for field in answer["form"]["fields"]] == ["choice", "text"]
    assert answer["form"]["fields"][0]["choices"][1] == {"value": "answered", "label": "Answered"}


async def test_a_form_goes_to_the_desk_and_its_errors_come_back(page, names):
    page.desk.reaction = FieldErrors({"text": "Please write what you did."})
    body = {
        "as": names.tom.id,
        "route": "channel/tier1",
        "event": names.new_id(),
        "form": "ticket.resolve",
        "value": "42",
        "answers": {"why": "fixed", "text": "a\x00b"},
    }
    answer = await (await page.post("/api/form", body)).json()
    assert answer == {"kind": "errors", "errors": {"text": "Please write what you did."}}
    (event,) = page.desk.events
    assert isinstance(event, FormSubmitted)
    assert event.answers == {"why": "fixed", "text": "ab"}


async def test_a_person_id_with_odd_characters_has_its_own_conversations(private, names):
    odd = type(names.ana)("acme", "web", "żaneta/../ana.ruiz", "Żaneta")
    await private.sign_in_as(odd)
    route = "person/%C5%BCaneta%2F..%2Fana.ruiz/" + names.new_id()
    assert (await private.write(odd, route, "hi")).status == 200
    assert (await private.write(odd, names.conversation(names.ana), "hi")).status == 404
