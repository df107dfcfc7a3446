"""Moving the desk's clock, in a demonstration."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.web import shapes
from adapters.web.context import WEB, Demo, Refusal
from adapters.web.render import iso

MOST_MINUTES = 60 * 24 * 366
NAMED = {"friday-evening": (4, time(18, 5)), "monday-morning": (0, time(8, 0))}
"""Weekday (Monday is 0) and wall time in the company's zone."""


async def move_clock(request: web.Request) -> web.Response:
    """`{"minutes": 15}`, `{"to": "friday-evening"}`, `{"to": "real"}` or `{"to": "2026-03-02T08:00"}`."""
    web_ = request.app[WEB]
    if web_.demo is None:
        raise Refusal(404, "Only the clock of a demonstration can be moved.")
    body = await shapes.read_json(request)
    if "minutes" in body:
        web_.demo.move_clock(timedelta(minutes=shapes.number(body, "minutes", most=MOST_MINUTES)))
    else:
        web_.demo.set_clock(_instant(shapes.identifier(body, "to"), web_.clock(), web_.demo))
    return web.json_response({"now": iso(web_.clock())})


def _instant(wanted: str, now: datetime, demo: Demo) -> datetime:
    zone = ZoneInfo(demo.timezone)
    if wanted == "real":
        return datetime.now(UTC)
    if wanted in NAMED:
        return next_time(now, zone, *NAMED[wanted])
    try:
        local = datetime.fromisoformat(wanted).replace(tzinfo=zone)
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal(400, "Firstline cannot read this date and time.") from None
    if abs(instant - datetime.now(UTC)) > timedelta(minutes=MOST_MINUTES * 10):
        raise Refusal(400, "Please choose a date within ten years.")
    return instant


def next_time(now: datetime, zone: ZoneInfo, weekday: int, at: time) -> datetime:
    """The next instant after `now` at which clocks in `zone` show that time of that weekday."""
    today = now.astimezone(zone).date()
    for days in range(8):
        day = today + timedelta(days=days)
        instant = datetime.combine(day, at, zone).astimezone(UTC)
        if day.weekday() == weekday and instant > now:
            return instant
    raise AssertionError("every weekday comes within eight days")
