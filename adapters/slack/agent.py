"""What Slack shows where the workspace has its agent view: a status while the desk looks, prompts to begin with.

Both are ornaments: where Slack does not have them they are not tried again for a while, and nothing is lost.
"""

from __future__ import annotations

from typing import Any

from adapters.slack import wording
from adapters.slack.context import Workspace
from adapters.slack.web_api import AT_ONCE, SlackRefused, WebApi

AGAIN = 3_600.0
"""Seconds after which a workspace that has no agent view is asked again."""


class Agent:
    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._without: dict[str, float] = {}
        """Workspaces that have none, and until when that is believed."""

    async def looks(self, workspace: Workspace, channel: str, thread: str) -> None:
        """Until the answer arrives, which takes the status away."""
        await self._try(
            workspace,
            "assistant.threads.setStatus",
            channel_id=channel,
            thread_ts=thread,
            status=wording.looking(),
        )

    async def suggest(self, workspace: Workspace, channel: str) -> None:
        """When somebody opens the messages tab."""
        prompts = [{"title": title, "message": message} for title, message in wording.prompts()]
        await self._try(
            workspace,
            "assistant.threads.setSuggestedPrompts",
            channel_id=channel,
            title=wording.prompts_title(),
            prompts=prompts,
        )

    async def _try(self, workspace: Workspace, method: str, **arguments: Any) -> None:
        now = self._api.monotonic()
        if self._without.get(workspace.team, now) > now:
            return
        try:
            await self._api.call(workspace, method, timeout=AT_ONCE, **arguments)
        except SlackRefused:
            self._without[workspace.team] = now + AGAIN
        except Exception:
            return
