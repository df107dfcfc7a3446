"""The pages themselves, and the way in and out."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from adapters.web import guard
from adapters.web.context import WEB, Demo, Refusal
from adapters.web.viewers import signed_in
from bot.messages import Person

SESSION_SECONDS = 12 * 60 * 60
_LINK = re.compile(r"[A-Za-z0-9_-]{16,200}")


async def home(request: web.Request) -> web.Response:
    demo = request.app[WEB].demo
    if demo:
        return page(request, "desk.html", mode="demo", **_cast(demo), person=None, timezone=demo.timezone)
    person = await signed_in(request)
    if person is None:
        return page(request, "welcome.html", status=401)
    is_technician = request.app[WEB].desk.role(person) is not None
    return page(
        request,
        "desk.html",
        mode="technician" if is_technician else "employee",
        employees=[],
        technicians=[],
        person=person,
        timezone=person.timezone or "",
    )


def _cast(demo: Demo) -> dict[str, Any]:
    return {
        "employees": [member for member in demo.cast if member.tier is None],
        "technicians": [member for member in demo.cast if member.tier is not None],
    }


async def show_sign_in(request: web.Request) -> web.Response:
    """Only a button: mail programs and chats open links to preview them, and must not spend this one."""
    return page(request, "sign_in.html", link=_link(request))


async def sign_in(request: web.Request) -> web.Response:
    session = await request.app[WEB].sign_in.redeem(_link(request))
    if session is None:
        return page(request, "sign_in_failed.html", status=410)
    response = web.Response(status=303, headers={"Location": "/"})
    guard.set_cookie(request, response, "session", session, max_age=SESSION_SECONDS)
    return response


async def sign_out(request: web.Request) -> web.Response:
    if session := guard.cookie(request, "session"):
        await request.app[WEB].sign_in.sign_out(session)
    response = page(request, "signed_out.html")
    guard.drop_cookie(request, response, "session")
    # Also what the page kept in this browser: the next person on this computer must not find it.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _link(request: web.Request) -> str:
    link = request.match_info["link"]
    if not _LINK.fullmatch(link):
        raise Refusal(404, "This is not a sign-in link.")
    return link


def page(request: web.Request, template: str, *, status: int = 200, **values: Person | Any) -> web.Response:
    """One of the templates, with what it needs."""
    token, fresh = guard.page_token(request)
    html = request.app[WEB].renderer.page(template, token=token, **values)
    response = web.Response(status=status, text=html, content_type="text/html")
    if fresh:
        guard.set_cookie(request, response, "visit", fresh)
    return response
