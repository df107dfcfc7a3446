"""Slack's Web API, called once per try: the outbox alone repeats, and what an answer means is decided here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.context import Workspace
from adapters.slack.pace import Pace

Json = dict[str, Any]

TIMEOUT = 8.0
"""Seconds for a call of the outbox, under the courier's own limit."""
AT_ONCE = 1.5
"""Seconds for a call that somebody's click waits for: Slack takes an answer for three."""

_quiet = logging.getLogger("firstline.slack.sdk")
_quiet.setLevel(logging.CRITICAL)  # it quotes messages

_READS = (
    "users.info",
    "conversations.info",
    "conversations.history",
    "conversations.replies",
    "files.getUploadURLExternal",
)

TEMPORARY = frozenset(
    [
        "ratelimited",
        "rate_limited",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "team_not_found_yet",
        "accesslimited",
        "message_limit_exceeded",
    ]
)
"""Not done, and worth another try."""

UNKNOWN = frozenset({"internal_error", "fatal_error"})
"""Slack says that some of it may have been done."""

DISCONNECTED = frozenset(
    [
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "account_inactive",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "access_denied",
        "no_permission",
        "missing_scope",
        "app_uninstalled",
        "not_allowed_token_type",
        "ekm_access_denied",
    ]
)
"""The workspace has to be connected again or its scopes widened; until then its messages wait."""

DISCONNECTED_PAUSE = 600.0
"""Seconds after which a disconnected workspace is tried again."""


class SlackRefused(Exception):
    """Slack did not do it, and said why. `retry_after` is in seconds."""

    def __init__(self, method: str, error: str, retry_after: float | None = None) -> None:
        super().__init__(f"{method}: {error}")
        self.error = error
        self.retry_after = retry_after

    @property
    def permanent(self) -> bool:
        return self.retry_after is None and self.error not in TEMPORARY | DISCONNECTED


class SlackUnclear(Exception):
    """Slack broke off, or answered what means nothing: it may have been done."""


class WebApi:
    """Calls for any workspace through one pool of connections. `close` ends it."""

    def __init__(
        self,
        base_url: str,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.base_url = base_url if base_url.endswith("/") else f"{base_url}/"
        self.pace = Pace()
        self.monotonic = monotonic
        self.sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def client(self, token: str) -> AsyncWebClient:
        """The SDK's client, without its retries: they would post twice."""
        client = AsyncWebClient(
            token=token,
            base_url=self.base_url,
            timeout=int(TIMEOUT),
            session=self._pool(),
            retry_handlers=[],
            logger=_quiet,
        )
        if _is_loopback(self.base_url):
            client.proxy = None  # the SDK honours HTTP_PROXY, but not NO_PROXY
        return client

    async def download(self, workspace: Workspace, url: str, most: int) -> bytes:
        """A file that somebody put into the workspace.

        Raises:
            SlackRefused: it is not Slack's, too large, or not for us.
            TimeoutError, aiohttp.ClientError: the connection broke.
        """
        if not self._is_slacks(url):
            raise SlackRefused("download", "not_a_file_of_slack")
        headers = {"Authorization": f"Bearer {workspace.bot_token}"}
        async with self._pool().get(url, headers=headers, allow_redirects=False) as answer:
            if (
                answer.status != 200 or answer.content_type == "text/html"
            ):  # a page to sign in: the scope is missing
                raise SlackRefused("download", "file_not_readable")
            content = await answer.content.read(most + 1)
            while len(content) <= most and (more := await answer.content.read(most + 1 - len(content))):
                content += more
        if len(content) > most:
            raise SlackRefused("download", "file_too_large")
        return content

    async def upload(self, url: str, content: bytes) -> None:
        """To where Slack has told us to.

        Raises:
            SlackUnclear, TimeoutError, aiohttp.ClientError: it did not arrive.
        """
        async with self._pool().post(url, data=content, allow_redirects=False) as answer:
            if answer.status != 200:
                raise SlackUnclear(f"upload: {answer.status}")

    def _is_slacks(self, url: str) -> bool:
        """Whether a token may be shown there: nothing but Slack's own hosts, or the emulator in its place."""
        found, own = urlsplit(url), urlsplit(self.base_url)
        if _is_loopback(self.base_url):
            return (found.scheme, found.netloc) == (own.scheme, own.netloc)
        return found.scheme == "https" and (found.hostname or "").endswith(".slack.com")

    async def oauth(self, client: tuple[str, str], **arguments: str) -> Mapping[str, Any]:
        """`oauth.v2.access`, with id and secret of the app.

        Raises:
            SlackRefused, SlackUnclear, TimeoutError, aiohttp.ClientError
        """
        async with self._pool().post(
            f"{self.base_url}oauth.v2.access",
            data={"client_id": client[0], "client_secret": client[1], **arguments},
            allow_redirects=False,
        ) as answer:
            try:
                found = await answer.json(content_type=None)
            except ValueError:
                raise SlackUnclear(f"oauth.v2.access: {answer.status}") from None
        if not isinstance(found, dict) or not found.get("ok"):
            error = found.get("error") if isinstance(found, dict) else None
            raise SlackRefused("oauth.v2.access", str(error or answer.status))
        return found

    async def call(
        self, workspace: Workspace, method: str, /, *, timeout: float = TIMEOUT, **arguments: Any
    ) -> Mapping[str, Any]:
        """One call, one try: its answer.

        Raises:
            SlackRefused: it was not done.
            SlackUnclear, TimeoutError, aiohttp.ClientError: it may have been done.
        """
        return (await self.ask(workspace, method, timeout=timeout, **arguments))[0]

    async def ask(
        self, workspace: Workspace, method: str, /, *, timeout: float = TIMEOUT, **arguments: Any
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """One call, one try: its answer and the headers of that, by their names in small letters.

        Raises:
            SlackRefused: it was not done.
            SlackUnclear, TimeoutError, aiohttp.ClientError: it may have been done.
        """
        if pause := self.pace.paused_for(workspace.team, method, self.monotonic()):
            raise SlackRefused(method, "ratelimited", pause)
        given = {name: value for name, value in arguments.items() if value is not None}
        client = self.client(workspace.bot_token)
        try:
            async with asyncio.timeout(timeout):
                if method in _READS:
                    answer = await client.api_call(method, http_verb="GET", params=given)
                else:
                    answer = await client.api_call(method, json=given)
        except SlackApiError as refused:
            raise self._meaning(workspace, method, refused) from None
        if not isinstance(answer.data, dict):
            raise SlackUnclear(f"{method}: {answer.status_code}")
        return answer.data, {name.lower(): str(value) for name, value in answer.headers.items()}

    def _meaning(self, workspace: Workspace, method: str, failure: SlackApiError) -> Exception:
        answer = failure.response
        status = getattr(answer, "status_code", 0)
        data = getattr(answer, "data", None)
        error = data.get("error") if isinstance(data, dict) else None
        if status == 429:
            seconds = _seconds(answer.headers.get("Retry-After"))
            self.pace.pause(workspace.team, method, seconds, self.monotonic())
            return SlackRefused(method, "ratelimited", seconds)
        if not isinstance(error, str) or " " in error or status >= 500 or error in UNKNOWN:
            return SlackUnclear(f"{method}: {status}")
        return SlackRefused(method, error, DISCONNECTED_PAUSE if error in DISCONNECTED else None)


def _seconds(text: str | None) -> float:
    try:
        return min(max(float(text or ""), 1.0), 3_600.0)
    except ValueError:
        return 30.0


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
