"""Every workspace into which the app was installed, from what is kept of installations; tokens that expire are renewed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.slack.addresses import PLATFORM
from adapters.slack.context import SlackAway, Workspace
from adapters.slack.web_api import SlackRefused, WebApi
from bot.messages import Installation, Installations

log = structlog.get_logger("firstline.slack")

FRESH = 30.0
"""Seconds for which a process believes what it has read: another may have installed or paused it."""
_REMEMBERED = 1_000

EARLY = timedelta(hours=2)
"""How long before they expire tokens are renewed: Slack's last for twelve."""
RENEWING = timedelta(minutes=1)

GONE = ("invalid_refresh_token", "token_revoked", "app_uninstalled", "account_inactive")


class InstalledWorkspaces:
    def __init__(
        self,
        api: WebApi,
        kept: Installations,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._kept = kept
        self._client = (client_id, client_secret)
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Installation | None]] = OrderedDict()

    async def find(self, team: str | None, enterprise: str | None) -> Workspace | None:
        """That of the workspace itself, or else that of the whole Enterprise Grid around it."""
        for name in (team, enterprise):
            if name and (found := await self._installation(name)) and not found.paused:
                return _workspace(await self._renewed(found), team, enterprise)
        return None

    async def pause(self, team: str | None, enterprise: str | None, why: str, at: datetime) -> None:
        for name in (team, enterprise):
            if name and await self._kept.pause(PLATFORM, name, why, at):
                log.error("slack_workspace_paused", workspace=name, why=why)
                self._known.pop(name, None)
                return

    def forget(self, name: str) -> None:
        """It was just installed: what was known of it is old."""
        self._known.pop(name, None)

    async def _installation(self, name: str) -> Installation | None:
        now = self._api.monotonic()
        known = self._known.get(name)
        if known and known[0] > now:
            return known[1]
        found = await self._kept.find(PLATFORM, name)
        self._remember(name, found)
        return found

    def _remember(self, name: str, found: Installation | None) -> None:
        self._known[name] = (self._api.monotonic() + FRESH, found)
        self._known.move_to_end(name)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    # ------------------------------------------------------------------------------------------------- renewal

    async def _renewed(self, found: Installation) -> Installation:
        """With tokens that last for a while; while another process renews them, the old ones do."""
        if found.expires_at is None or found.expires_at - self._clock() > EARLY:
            return found
        if not await self._kept.may_renew(PLATFORM, found.workspace, RENEWING):
            return self._as_it_is(found)
        try:
            answer = await self._api.oauth(
                self._client, grant_type="refresh_token", refresh_token=found.tokens.get("refresh", "")
            )
        except SlackRefused as refused:
            if refused.error not in GONE:
                return self._as_it_is(found)
            await self.pause(
                found.workspace, None, f"its token could not be renewed: {refused.error}", self._clock()
            )
            raise SlackAway("the token could not be renewed") from None
        except Exception as away:
            log.warning("slack_token_not_renewed", workspace=found.workspace, reason=type(away).__name__)
            return self._as_it_is(found)
        renewed = replace(found, tokens=tokens(answer), expires_at=expires(answer, self._clock()))
        await self._kept.keep(renewed)
        self._remember(found.workspace, renewed)
        return renewed

    def _as_it_is(self, found: Installation) -> Installation:
        """The old token, as long as it lasts.

        Raises:
            SlackAway: it has expired.
        """
        if found.expires_at and found.expires_at <= self._clock():
            raise SlackAway("the token has expired and could not be renewed")
        return found


def tokens(answer: Mapping[str, Any]) -> dict[str, str]:
    """Those of an answer of `oauth.v2.access`."""
    refresh = answer.get("refresh_token")
    return {"bot": answer["access_token"], **({"refresh": refresh} if refresh else {})}


def expires(answer: Mapping[str, Any], now: datetime) -> datetime | None:
    seconds = answer.get("expires_in")
    return now + timedelta(seconds=seconds) if isinstance(seconds, int) else None


def _workspace(found: Installation, team: str | None, enterprise: str | None) -> Workspace:
    about = found.about
    return Workspace(
        team=team or found.workspace,
        bot_token=found.tokens["bot"],
        bot_user=about["bot_user"],
        bot_id=about["bot_id"],
        enterprise=enterprise or about.get("enterprise") or None,
        url=about.get("url", ""),
    )
