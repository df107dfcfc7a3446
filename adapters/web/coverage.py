"""Who answers now, why, and the week: a page that asks with a form and needs no script."""

from __future__ import annotations

from aiohttp import web

from adapters.web.context import WEB, Refusal
from adapters.web.pages import page
from adapters.web.viewers import signed_in
from bot.messages import CoverageQuestion, Person

LONGEST = 100
"""Characters of one answer in the form."""


async def show(request: web.Request) -> web.Response:
    person = await _technician(request)
    if person is None:
        return page(request, "welcome.html", status=401)
    fields = ("site", "category", "priority", "group", "at", "week")
    question = CoverageQuestion(*(request.query.get(field, "")[:LONGEST] for field in fields))
    shown = await request.app[WEB].board.page(person, question)
    if shown is None:
        raise Refusal(403, "Who answers when is for the people of the help desk.")
    return page(request, "coverage.html", status=400 if shown.problem else 200, shown=shown)


async def _technician(request: web.Request) -> Person | None:
    """Who is signed in; in a demonstration, the first technician of the cast."""
    demo = request.app[WEB].demo
    if demo is None:
        return await signed_in(request)
    return next((member.person for member in demo.cast if member.tier is not None), None)
