"""What a person does on the page. Each handler answers after the desk has committed; a retry has the same id."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.web import addresses, shapes
from adapters.web.context import WEB, Refusal
from adapters.web.viewers import acting, place
from bot.messages import (
    Address,
    ButtonPressed,
    FormSubmitted,
    IncomingEvent,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Person,
)

LONG = 10_000


async def write(request: web.Request) -> web.Response:
    body = await shapes.read_json(request)
    person, address = await _where(request, body)
    message_id, text = shapes.uuid(body, "id"), shapes.text(body, "text")
    await _keep(request, person, address, message_id, text)
    event = MessageReceived(
        event_id=message_id,
        person=person,
        address=address,
        at=request.app[WEB].clock(),
        message_id=message_id,
        text=text,
        channel=addresses.channel_of(address),
    )
    return await _receive(request, event)


async def edit(request: web.Request) -> web.Response:
    body = await shapes.read_json(request)
    person, address = await _where(request, body)
    message_id, event_id = shapes.uuid(body, "id"), shapes.uuid(body, "event")
    text = shapes.text(body, "text")
    await _check_own(request, person, address, message_id)
    await _keep(request, person, address, message_id, text)
    event = MessageEdited(
        event_id=event_id,
        person=person,
        address=address,
        at=request.app[WEB].clock(),
        message_id=message_id,
        text=text,
    )
    return await _receive(request, event)


async def delete(request: web.Request) -> web.Response:
    body = await shapes.read_json(request)
    person, address = await _where(request, body)
    message_id, event_id = shapes.uuid(body, "id"), shapes.uuid(body, "event")
    await _check_own(request, person, address, message_id)
    await request.app[WEB].mailbox.erase(person, address, message_id)
    event = MessageDeleted(
        event_id=event_id,
        person=person,
        address=address,
        at=request.app[WEB].clock(),
        message_id=message_id,
    )
    return await _receive(request, event)


async def press(request: web.Request) -> web.Response:
    body = await shapes.read_json(request)
    person, address = await _where(request, body)
    event = ButtonPressed(
        event_id=shapes.uuid(body, "event"),
        person=person,
        address=address,
        at=request.app[WEB].clock(),
        button=shapes.identifier(body, "button"),
        value=shapes.identifier(body, "value"),
    )
    return await _receive(request, event)


async def submit(request: web.Request) -> web.Response:
    body = await shapes.read_json(request)
    person, address = await _where(request, body)
    event = FormSubmitted(
        event_id=shapes.uuid(body, "event"),
        person=person,
        address=address,
        at=request.app[WEB].clock(),
        form=shapes.identifier(body, "form"),
        value=shapes.identifier(body, "value"),
        answers=shapes.answers(body, "answers"),
    )
    return await _receive(request, event)


async def _where(request: web.Request, body: dict[str, object]) -> tuple[Person, Address]:
    person = await acting(request, shapes.identifier(body, "as"))
    return person, place(request.app[WEB], person, shapes.identifier(body, "route"))


async def _keep(request: web.Request, person: Person, address: Address, message_id: str, text: str) -> None:
    """Show what was typed, without secrets, to whoever sees this address."""
    web_ = request.app[WEB]
    shown = await asyncio.to_thread(web_.redact, text) if len(text) > LONG else web_.redact(text)
    await web_.mailbox.write(person, address, message_id, shown)


async def _check_own(request: web.Request, person: Person, address: Address, message_id: str) -> None:
    for message in await request.app[WEB].mailbox.read(person.organisation, address):
        if message.id == message_id and message.author_id == person.id:
            return
    raise Refusal(404, "Only the person who wrote a message can change it, while it is still on the page.")


async def _receive(request: web.Request, event: IncomingEvent) -> web.Response:
    reaction = await request.app[WEB].desk.receive(event)
    return web.json_response(shapes.reaction_json(reaction))
