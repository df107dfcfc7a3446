"""The home tab: how to ask, what does not work for many, and one's own tickets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.slack import render, wording
from adapters.slack.addresses import PLATFORM, Place
from adapters.slack.rich_text import rich_text
from bot.messages import Address, Button, Outage, OwnTicket, Style, literal

Json = dict[str, Any]

REQUEST = "request.new"
"""The button that opens the request form, as the desk calls it."""

TICKETS, OUTAGES = 20, 10
MOST_BLOCKS = 100


def view(tickets: Sequence[OwnTicket], outages: Sequence[Outage], *, staff: bool, url: str) -> Json:
    """`url` is what links into the workspace begin with; without it there are none."""
    blocks = [*_blocks(tickets, outages, staff, url)]
    return {"type": "home", "blocks": blocks[:MOST_BLOCKS]}


def _blocks(tickets: Sequence[OwnTicket], outages: Sequence[Outage], staff: bool, url: str) -> Iterator[Json]:
    yield render.header(wording.home_title())
    yield from rich_text(wording.how_to_ask())
    yield from render.actions([Button(REQUEST, wording.new_request(), style=Style.PRIMARY)])
    if outages:
        yield render.header(wording.outages_title())
        for outage in outages[:OUTAGES]:
            yield from rich_text(f"**{literal(outage.title)}**\n\n{outage.text}")
    yield render.header(wording.tickets_title())
    shown = sorted(tickets, key=lambda ticket: not ticket.open)
    for ticket in shown[:TICKETS]:
        yield from rich_text(_line(ticket, url))
    if not shown:
        yield from rich_text(wording.no_tickets())
    if len(shown) > TICKETS:
        yield from rich_text(wording.more_tickets(len(shown) - TICKETS))
    if staff:
        yield render.header(wording.staff_title())
        yield from rich_text(wording.staff_commands())


def _line(ticket: OwnTicket, url: str) -> str:
    words = f"**{ticket.number}** {literal(ticket.subject)}\\\n{ticket.status}"
    link = _link(ticket.address, url)
    return f"{words} · [{wording.open_conversation()}]({link})" if link else words


def _link(address: Address, url: str) -> str | None:
    """To the conversation in which a ticket was asked for."""
    if address.platform != PLATFORM or address.is_new or not url.startswith("https://"):
        return None
    place = Place.of(address)
    return (
        f"{url.rstrip('/')}/archives/{place.channel}/p{place.thread.replace('.', '')}"
        if place.thread
        else None
    )
