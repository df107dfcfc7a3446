"""What every request from outside passes before Bolt sees it: size, headers, signature on the raw bytes, shape.

Bolt reads before it verifies, and answers 500 to what it cannot read. Here a stranger learns 400, 401 or 413, at once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from adapters.slack.door import SlackDoor

BODY_LIMIT = 1024 * 1024
CLOCK_SKEW = 300
"""Seconds by which a request's timestamp may differ from our clock: Slack's own rule against replays."""
DEEPEST = 60
FIELDS = 60

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_KINDS = ("url_verification", "event_callback", "app_rate_limited")


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def events_app(door: SlackDoor, signing_secret: str, now: Callable[[], float] = time.time) -> web.Application:
    """One endpoint for events, commands and clicks: `events` below wherever it is mounted."""
    gate = Gate(signing_secret, now)

    async def events(request: web.Request) -> web.Response:
        try:
            body = await gate.admit(request)
        except Refused as refused:
            return web.Response(status=refused.status, headers={"x-slack-no-retry": "1"})
        answer = await door.dispatch(body, request.headers)
        headers = {
            name: values[0]
            for name, values in answer.headers.items()
            if name in ("content-type", "x-slack-no-retry")
        }
        return web.Response(status=answer.status, body=(answer.body or "").encode(), headers=headers)

    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/events", events)
    return app


class Gate:
    def __init__(self, signing_secret: str, now: Callable[[], float]) -> None:
        self._secret = signing_secret.encode()
        self._now = now

    async def admit(self, request: web.Request) -> str:
        """The body, when Slack has sent it and it is of a shape that Slack sends.

        Raises:
            Refused: with the status to answer.
        """
        raw = await _read(request)
        self._check_signature(request.headers, raw)
        try:
            body = raw.decode()
        except UnicodeDecodeError:
            raise Refused(400, "not UTF-8") from None
        match request.content_type:
            case "application/json":
                _check_event(_json(body))
            case "application/x-www-form-urlencoded":
                _check_form(body)
            case _:
                raise Refused(400, "content type")
        return body

    def _check_signature(self, headers: Mapping[str, str], raw: bytes) -> None:
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            raise Refused(401, "headers")
        if abs(self._now() - int(timestamp)) > CLOCK_SKEW:
            raise Refused(401, "too old")
        expected = hmac.new(self._secret, b"v0:%s:%s" % (timestamp.encode(), raw), hashlib.sha256)
        if not hmac.compare_digest(f"v0={expected.hexdigest()}", signature):
            raise Refused(401, "signature")


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY_LIMIT:
        raise Refused(413, "size")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, "size") from None


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "JSON") from None
    if not isinstance(found, dict) or _is_deep(found):
        raise Refused(400, "shape")
    return found


def _is_deep(found: Any) -> bool:
    layer = [found]
    for _ in range(DEEPEST):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True


def _check_event(body: dict[str, Any]) -> None:
    kind = body.get("type")
    if kind not in _KINDS:
        raise Refused(400, "type")
    event = body.get("event")
    if kind == "event_callback" and not (isinstance(event, dict) and isinstance(event.get("type"), str)):
        raise Refused(400, "event")
    if kind == "event_callback" and not isinstance(body.get("event_id"), str):
        raise Refused(400, "event_id")


def _check_form(body: str) -> None:
    try:
        fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        raise Refused(400, "form") from None
    if "payload" in fields:
        payload = _json(fields["payload"])
        if not isinstance(payload.get("type"), str) or not isinstance(payload.get("user"), dict):
            raise Refused(400, "payload")
    elif "ssl_check" not in fields and not fields.get("command", "").startswith("/"):
        raise Refused(400, "command")
