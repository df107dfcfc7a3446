"""Socket Mode: Slack's events over a connection that we open, so that the desk needs no public address."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.slack.door import SlackDoor
from adapters.slack.web_api import WebApi

log = structlog.get_logger("firstline.slack")

PING_EVERY = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class SocketMode:
    """Keeps a connection for as long as it runs; while Slack is away it tries again, with growing pauses."""

    def __init__(self, door: SlackDoor, api: WebApi, app_token: str) -> None:
        self._door = door
        self._api = api
        self._token = app_token
        self._client: SocketModeClient | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._began = 0.0

    def start(self) -> None:
        self._began = time.time()
        self._connecting = asyncio.create_task(self._connect(), name="slack socket")

    async def stop(self) -> None:
        """Take in nothing more; Slack delivers elsewhere or again what was not acknowledged."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._client:
            await self._client.close()  # type: ignore[no-untyped-call]

    @property
    def last_pong(self) -> float | None:
        """When the connection last showed life, in seconds since 1970; None while there is none."""
        return self._client.last_ping_pong_time if self._client else None

    @property
    def silent_for(self) -> float:
        """Seconds since the connection last showed life, or since it was first tried."""
        return time.time() - (self.last_pong or self._began)

    async def _connect(self) -> None:
        web_client = self._api.client(self._token)
        quiet = logging.getLogger("firstline.slack.socket")
        quiet.setLevel(logging.CRITICAL)
        self._client = SocketModeClient(
            app_token=self._token, logger=quiet, web_client=web_client, ping_interval=PING_EVERY
        )
        self._client.proxy = web_client.proxy
        self._client.socket_mode_request_listeners.append(self._received)
        pause = FIRST_PAUSE
        while True:
            try:
                await self._client.connect()  # type: ignore[no-untyped-call]
            except Exception as away:  # whatever keeps Slack away, the desk goes on, and tries again
                log.warning("slack_socket_not_connected", reason=type(away).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    async def _received(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Acknowledge when the desk has committed. What it could not take in is not acknowledged, and comes again."""
        body: dict[str, Any] = request.payload or {}
        answer = await self._door.dispatch(body, build_headers(request) or {}, "socket_mode")
        if answer.status == 400:  # it would be as malformed the next time
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
            return
        await send_async_response(client, request, answer, 0.0)
