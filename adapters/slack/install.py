"""`/slack/install`: an administrator of a workspace lets the desk in, and Slack brings them back with a token (OAuth)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web

from adapters.slack import wording
from adapters.slack.addresses import PLATFORM
from adapters.slack.checkup import NEEDED
from adapters.slack.context import Rules, Workspace, owner
from adapters.slack.installed import expires, tokens
from adapters.slack.web_api import SlackRefused, WebApi
from adapters.slack.workspaces import workspace_of
from bot.messages import DeskUnavailable, Installation, Installations

log = structlog.get_logger("firstline.slack")

COOKIE = "firstline_slack_install"
PATIENCE = 600
"""Seconds that Slack's page may take."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the app, as Slack's page "Basic Information" shows them; `public_url` is where people reach the desk."""

    client_id: str
    client_secret: str
    public_url: str
    authorize_url: str = "https://slack.com/oauth/v2/authorize"

    def __repr__(self) -> str:
        return f"Credentials({self.client_id})"

    @property
    def redirect_uri(self) -> str:
        return f"{self.public_url.rstrip('/')}/slack/oauth_redirect"


class Install:
    def __init__(
        self,
        credentials: Credentials,
        rules: Rules,
        kept: Installations,
        api: WebApi,
        clock: Callable[[], datetime],
        installed: Callable[[str], None],
    ) -> None:
        """`installed` hears of each workspace."""
        self._installed = installed
        self._app = credentials
        self._rules = rules
        self._kept = kept
        self._api = api
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/install", self._begin)
        app.router.add_get("/oauth_redirect", self._end)

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        """Send the browser to Slack. Only the browser that began can end it: it carries the state in a cookie."""
        state = self._state(f"{int(time.time())}.{secrets.token_urlsafe(16)}")
        asked = {
            "client_id": self._app.client_id,
            "scope": ",".join(sorted(NEEDED)),
            "state": state,
            "redirect_uri": self._app.redirect_uri,
        }
        there = f"{self._app.authorize_url}?{urlencode(asked)}"
        answer = web.Response(status=302, headers={"Location": there, "Cache-Control": "no-store"})
        secure = self._app.public_url.startswith("https://")
        answer.set_cookie(
            COOKIE, state, max_age=PATIENCE, path="/", httponly=True, secure=secure, samesite="Lax"
        )
        return answer

    async def _end(self, request: web.Request) -> web.Response:
        if not self._is_ours(request.query.get("state", ""), request.cookies.get(COOKIE, "")):
            return _page(400, wording.install_began_elsewhere())
        code = request.query.get("code", "")
        if not code:
            return _page(400, wording.install_declined())
        try:
            return await self._install(code)
        except SlackRefused as refused:
            log.warning("slack_not_installed", reason=refused.error)
            return _page(502, wording.install_refused(refused.error))
        except DeskUnavailable:
            return _page(503, wording.desk_away())
        except Exception as failed:
            log.warning("slack_not_installed", reason=type(failed).__name__)
            return _page(502, wording.install_refused(type(failed).__name__))

    async def _install(self, code: str) -> web.Response:
        answer = await self._api.oauth(
            (self._app.client_id, self._app.client_secret), code=code, redirect_uri=self._app.redirect_uri
        )
        token = str(answer["access_token"])
        workspace = workspace_of(await self._api.call(Workspace("", token, "", ""), "auth.test"), token)
        enterprise = _id(answer, "enterprise") or workspace.enterprise or ""
        whole = answer.get("is_enterprise_install") is True
        id_ = enterprise if whole else _id(answer, "team") or workspace.team
        name = _name(answer, "enterprise" if whole else "team")
        organisation = self._rules.organisation_of(id_) or owner(self._rules, workspace)
        if organisation is None:
            await self._api.call(workspace, "auth.revoke")
            return _page(403, wording.install_of_nobody(name, f"{PLATFORM}:{id_}"))
        now = self._clock()
        await self._kept.keep(
            Installation(
                platform=PLATFORM,
                workspace=id_,
                organisation=organisation,
                about={
                    "name": name,
                    "enterprise": enterprise,
                    "bot_user": workspace.bot_user,
                    "bot_id": workspace.bot_id,
                    "url": workspace.url,
                    "scopes": str(answer.get("scope", "")),
                },
                tokens=tokens(answer),
                installed_at=now,
                expires_at=expires(answer, now),
            )
        )
        self._installed(id_)
        log.info("slack_installed", workspace=id_, organisation=organisation)
        return _page(200, wording.installed(name))

    def _state(self, begun: str) -> str:
        signed = hmac.new(self._app.client_secret.encode(), begun.encode(), hashlib.sha256)
        return f"{begun}.{signed.hexdigest()}"

    def _is_ours(self, state: str, cookie: str) -> bool:
        begun = state.rpartition(".")[0]
        when = begun.partition(".")[0]
        return (
            when.isascii()
            and when.isdecimal()
            and hmac.compare_digest(state.encode(), cookie.encode())
            and hmac.compare_digest(state.encode(), self._state(begun).encode())
            and 0 <= time.time() - int(when) <= PATIENCE
        )


def _id(answer: Mapping[str, Any], part: str) -> str | None:
    found = (answer.get(part) or {}).get("id")
    return found if isinstance(found, str) else None


def _name(answer: Mapping[str, Any], part: str) -> str:
    found = answer.get(part) or {}
    return str(found.get("name") or found.get("id") or "")


def _page(status: int, sentence: str) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Firstline</title>'
        '<body style="font: 18px/1.5 system-ui; max-width: 40em; margin: 4em auto; padding: 0 1em">'
        f"<h1>Firstline in Slack</h1><p>{escape(sentence)}</p></body></html>"
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Cache-Control": "no-store",
    }
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)
