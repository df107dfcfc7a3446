"""A desk to be killed: the whole running desk behind one HTTP endpoint, as an adapter would put it there.

`python -m tests.end_to_end.desk_process '{"database": …, "port": …, "platform": …}'`. It answers 200 after the commit
and 503 when nothing was stored. `policy`, `articles` and `lease` (seconds) are optional; so is `part`: `desk` is the default,
`receiver` leaves the loops out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from bot import outbox
from bot.codec import to_json
from bot.composition import asked_to_stop
from bot.demo import cast
from bot.messages import DeskUnavailable
from bot.running import PolicyFiles, RunningDesk
from bot.settings import Settings
from bot.worker import Bell
from knowledge.library import Library
from tests.end_to_end.wire import HttpPlatform, event_from_json
from tickets.database import Database


def endpoint(running: RunningDesk) -> web.Application:
    async def receive(request: web.Request) -> web.Response:
        event = event_from_json(await request.json())
        try:
            reaction = await running.desk.receive(event)
        except DeskUnavailable:
            return web.Response(status=503)
        return web.json_response(to_json(reaction) if reaction else None)

    async def ready(request: web.Request) -> web.Response:
        reasons = await running.ready()
        return web.json_response(reasons, status=503 if reasons else 200)

    app = web.Application()
    app.router.add_post("/event", receive)
    app.router.add_get("/readyz", ready)
    add_usage(app)
    return app


def add_usage(app: web.Application) -> None:
    """CPU seconds of all threads so far, and the most memory that was ever resident, in MB."""

    async def usage(request: web.Request) -> web.Response:
        peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
        return web.json_response({"cpu": time.process_time(), "resident": int(peak) / 1024})

    app.router.add_get("/usage", usage)


async def serve(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def run(
    database: str,
    port: int,
    platform: str,
    policy: str = str(cast.POLICY),
    articles: str | None = None,
    lease: float | None = None,
    part: str = "desk",
) -> None:
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if lease is not None:
        # nobody sets leases in production, and thirty seconds are long for a test
        outbox.take.__defaults__ = (1, timedelta(seconds=lease))
    opened = Database(database)
    await opened.open()
    connected = HttpPlatform(platform)
    running = RunningDesk(
        opened,
        PolicyFiles(lambda: [Path(policy)]),
        Library([Path(articles)] if articles else Settings().article_folders),
        [connected],
        Bell(),
    )
    if part == "desk":
        await running.start()
    runner = await serve(endpoint(running), port)
    await asked_to_stop()
    await runner.cleanup()
    if part == "desk":
        await running.stop()
    await connected.close()
    await opened.close()


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))
