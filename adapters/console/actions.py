"""What a person does in the terminal. Each returns after the desk has committed; a retry has the same id."""

from __future__ import annotations

import asyncio

from adapters.console import wire
from adapters.console.addresses import Place
from adapters.console.context import Console, Refusal
from bot.messages import (
    ButtonPressed,
    CommandGiven,
    FormSubmitted,
    IncomingEvent,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
    Reaction,
    printable,
)

LONG = 10_000
"""Characters from which secrets are looked for beside the event loop."""


async def carry_out(console: Console, person: Person, place: Place, action: wire.Action) -> Reaction | None:
    """Keep what must be shown to others, and tell the desk.

    Raises:
        Refusal: a message is not the person's to change.
        DeskUnavailable: nothing was stored, or only what is stored again by a retry.
    """
    match action:
        case wire.Write():
            await _keep(console, person, place, action.id, action.text)
        case wire.Edit():
            await _check_own(console, person, place, action.message)
            await _keep(console, person, place, action.message, action.text)
        case wire.Delete():
            await _check_own(console, person, place, action.message)
            await console.mailbox.erase(person, place.address, action.message)
    return await console.desk.receive(_event(console, person, place, action))


def _event(console: Console, person: Person, place: Place, action: wire.Action) -> IncomingEvent:
    at, address = console.clock(), place.address
    match action:
        case wire.Write(id=id_, text=text):
            return MessageReceived(
                event_id=id_,
                person=person,
                address=address,
                at=at,
                message_id=id_,
                text=printable(text),
                channel=place.base if place.card else None,
            )
        case wire.Edit(id=id_, message=message, text=text):
            return MessageEdited(
                event_id=id_, person=person, address=address, at=at, message_id=message, text=printable(text)
            )
        case wire.Delete(id=id_, message=message):
            return MessageDeleted(event_id=id_, person=person, address=address, at=at, message_id=message)
        case wire.Press(id=id_, button=button, value=value):
            return ButtonPressed(
                event_id=id_, person=person, address=address, at=at, button=button, value=value
            )
        case wire.Submit(id=id_, form=form, value=value, answers=answers):
            entered = {field: printable(answer) for field, answer in answers.items()}
            return FormSubmitted(
                event_id=id_, person=person, address=address, at=at, form=form, value=value, answers=entered
            )
        case wire.Command(id=id_, command=command):
            return CommandGiven(event_id=id_, person=person, address=address, at=at, command=command)


async def _keep(console: Console, person: Person, place: Place, message_id: str, text: str) -> None:
    """Show what was typed, without secrets, to whoever sees this place."""
    text = printable(text)
    shown = await asyncio.to_thread(console.redact, text) if len(text) > LONG else console.redact(text)
    await console.mailbox.write(person, place.address, message_id, shown)


async def _check_own(console: Console, person: Person, place: Place, message_id: str) -> None:
    for message in await console.mailbox.read(person.organisation, place.address):
        if message.id == message_id and message.author_id == person.id and not message.deleted:
            return
    raise Refusal("Only the person who wrote a message can change it, and only while it is still here.")
