"""The one workspace of a bot token from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from adapters.slack.context import SlackAway, Workspace
from adapters.slack.web_api import AT_ONCE, SlackRefused, WebApi

log = structlog.get_logger("firstline.slack")


class OneWorkspace:
    """Asks Slack once whose token it is, and answers for that workspace alone."""

    def __init__(self, api: WebApi, bot_token: str) -> None:
        self._api = api
        self._token = bot_token
        self._found: Workspace | None = None
        self._asking = asyncio.Lock()

    async def find(self, team: str | None, enterprise: str | None) -> Workspace | None:
        found = self._found or await self._ask()
        if team is None:  # an organisation-wide event names the Grid alone
            return found if enterprise is not None and enterprise == found.enterprise else None
        return found if team in (found.team, found.enterprise) else None

    async def pause(self, team: str | None, enterprise: str | None, why: str, at: datetime) -> None:
        """There is nothing to forget: the token is in the settings."""
        log.error("slack_workspace_paused", workspace=team, why=why)

    async def _ask(self) -> Workspace:
        async with self._asking:
            if self._found is None:
                asked = Workspace(team="", bot_token=self._token, bot_user="", bot_id="")
                try:
                    answer = await self._api.call(asked, "auth.test", timeout=AT_ONCE)
                except SlackRefused as refused:
                    raise SlackAway(f"Slack refuses the bot token: {refused.error}") from None
                except Exception as away:
                    raise SlackAway(f"Slack does not answer: {type(away).__name__}") from None
                self._found = workspace_of(answer, self._token)
        return self._found


def workspace_of(answer: Mapping[str, Any], token: str) -> Workspace:
    """The workspace that `auth.test` speaks of."""
    return Workspace(
        team=answer["team_id"],
        enterprise=answer.get("enterprise_id"),
        bot_token=token,
        bot_user=answer["user_id"],
        bot_id=answer.get("bot_id", ""),
        url=answer.get("url", ""),
    )
