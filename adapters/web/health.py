"""What watches Firstline: whether it lives, whether it can work, and its figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.context import Health

Check = Callable[[], Awaitable[Health]]


def add_health(
    app: web.Application, health: Check, ready: Check, metrics: Callable[[], tuple[bytes, str]]
) -> None:
    async def figures(request: web.Request) -> web.Response:
        body, content_type = metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    app.router.add_get("/healthz", _probe(health))
    app.router.add_get("/readyz", _probe(ready))
    app.router.add_get("/metrics", figures)


def _probe(check: Check) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def probe(request: web.Request) -> web.Response:
        found = await check()
        return web.json_response(
            {"ok": found.ok, "reasons": list(found.reasons)}, status=200 if found.ok else 503
        )

    return probe
