"""Who is looking, and where they may write."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import available_timezones

from aiohttp import web

from adapters.web.addresses import PLATFORM, in_channel, is_own
from adapters.web.context import WEB, Refusal, Web
from adapters.web.guard import cookie
from bot.messages import Address, Person

ZONE_HEADER = "X-Firstline-Timezone"
_SESSION = re.compile(r"[A-Za-z0-9_-]{16,200}")


async def signed_in(request: web.Request) -> Person | None:
    """Whose session the browser carries."""
    session = cookie(request, "session")
    if not _SESSION.fullmatch(session):
        return None
    person = await request.app[WEB].sign_in.person(session)
    return person and _in_zone(person, request.headers.get(ZONE_HEADER) or request.query.get("zone", ""))


async def acting(request: web.Request, person_id: str) -> Person:
    """The person that the request acts as. In a demonstration that is anybody of the cast, otherwise oneself.

    Raises:
        Refusal: nobody is signed in, or it is somebody else.
    """
    demo = request.app[WEB].demo
    if demo:
        for member in demo.cast:
            if member.person.id == person_id:
                return member.person
        raise Refusal(403, "Nobody of that name takes part in this demonstration.")
    person = await signed_in(request)
    if person is None:
        raise Refusal(401, "You are signed out. Please sign in again; what you wrote is kept.")
    if person.id != person_id:
        raise Refusal(403, "You are signed in as somebody else now. Please reload the page.")
    return person


def place(web_: Web, person: Person, route: str) -> Address:
    """The address at `route`, where the person may write.

    Raises:
        Refusal: they may not; it does not say whether anything is there.
    """
    if is_own(person, route) or in_channel(web_.desk.role(person), route):
        return Address(PLATFORM, route)
    raise Refusal(404, "There is no conversation of yours here.")


def _in_zone(person: Person, zone: str) -> Person:
    """The person, with their browser's zone where the desk knows none."""
    if person.timezone is None and zone in available_timezones():
        return replace(person, timezone=zone)
    return person
