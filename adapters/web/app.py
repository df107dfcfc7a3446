"""The web page as one aiohttp application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from aiohttp import web

from adapters.web import actions, coverage, guard, pages, stream
from adapters.web.clock import move_clock
from adapters.web.context import WEB, Bell, Demo, DemoPerson, Health, Web
from adapters.web.health import add_health
from adapters.web.news import News
from adapters.web.render import Renderer
from adapters.web.static_files import StaticFiles
from bot.messages import CoverageBoard, Desk, Mailbox, SignIn

__all__ = ["Bell", "Demo", "DemoPerson", "Doors", "Health", "web_app"]

Doors = Mapping[str, web.Application]
"""Applications of other platforms that are served beside the page, by path; each has a guard of its own."""


def web_app(
    *,
    desk: Desk,
    board: CoverageBoard,
    mailbox: Mailbox,
    sign_in: SignIn,
    redact: Callable[[str], str],
    bell: Bell,
    clock: Callable[[], datetime],
    health: Callable[[], Awaitable[Health]],
    ready: Callable[[], Awaitable[Health]],
    metrics: Callable[[], tuple[bytes, str]],
    demo: Demo | None,
    hosts: Sequence[str],
) -> web.Application:
    """The page, its event stream and the probes.

    `hosts` are the names that it answers to, without ports; give the loopback names when it is bound to loopback.
    """
    static = StaticFiles()
    app = web.Application(middlewares=[guard.guard], client_max_size=guard.BODY_LIMIT)
    app[WEB] = Web(
        desk=desk,
        board=board,
        mailbox=mailbox,
        sign_in=sign_in,
        redact=redact,
        bell=bell,
        clock=clock,
        demo=demo,
        hosts=tuple(hosts),
        renderer=Renderer(static.root, static.scripts),
        news=News(mailbox),
    )
    app.on_response_prepare.append(guard.add_headers)
    app.cleanup_ctx.append(stream.keep_beating)
    app.on_shutdown.append(stream.end_streams)
    static.add_to(app)
    _add_pages(app)
    add_health(app, health, ready, metrics)
    return app


def _add_pages(app: web.Application) -> None:
    app.router.add_get("/", pages.home)
    app.router.add_get("/sign-in/{link}", pages.show_sign_in, allow_head=True)
    app.router.add_post("/sign-in/{link}", pages.sign_in)
    app.router.add_post("/sign-out", pages.sign_out)
    app.router.add_get("/coverage", coverage.show)
    app.router.add_get("/events", stream.stream, allow_head=False)
    app.router.add_post("/api/message", actions.write)
    app.router.add_post("/api/message/edit", actions.edit)
    app.router.add_post("/api/message/delete", actions.delete)
    app.router.add_post("/api/button", actions.press)
    app.router.add_post("/api/form", actions.submit)
    app.router.add_post("/api/clock", move_clock)
