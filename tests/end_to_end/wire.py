"""What goes over the wire between the processes of a test under fire: events in, deliveries out, both as JSON."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import datetime
from typing import Any

import aiohttp

from bot.messages import (
    Address,
    Audience,
    ButtonPressed,
    Delivered,
    Delivery,
    FormSubmitted,
    IncomingEvent,
    MessageReceived,
    Person,
    Say,
    ShowCard,
)

KINDS: dict[str, type[IncomingEvent]] = {
    kind.__name__: kind for kind in (MessageReceived, ButtonPressed, FormSubmitted)
}


def event_to_json(event: IncomingEvent) -> dict[str, Any]:
    return {"kind": type(event).__name__, **asdict(event), "at": event.at.isoformat()}


def event_from_json(body: dict[str, Any]) -> IncomingEvent:
    fields = dict(body)
    kind = KINDS[fields.pop("kind")]
    fields["person"] = Person(**fields["person"])
    fields["address"] = Address(**fields["address"])
    if "audience" in fields:
        fields["audience"] = Audience(fields["audience"])
    fields["at"] = datetime.fromisoformat(fields["at"])
    return kind(**fields)


class HttpPlatform:
    """A `ChatPlatform` in another process, which outlives ours and remembers everything that ever reached it."""

    name = "web"

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, delivery: Delivery) -> Delivered:
        effect = delivery.effect
        said = effect.text if isinstance(effect, Say) else ""
        body = {
            "id": delivery.id,
            "posted": delivery.posted,
            "repeat": delivery.repeat,
            "route": effect.address.route,
            "key": effect.key,
            "text": effect.card.text if isinstance(effect, ShowCard) else said,
            "desk": os.getpid(),
        }
        self._session = self._session or aiohttp.ClientSession(raise_for_status=True)
        async with self._session.post(self._url, json=body) as response:
            message_id = (await response.json())["message_id"]
        return Delivered(message_id, Address(self.name, f"{effect.address.route}/{message_id}"))

    async def close(self) -> None:
        if self._session:
            await self._session.close()
