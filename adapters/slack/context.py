"""What the composition root hands to Slack's adapter, and what its parts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.messages import DeskUnavailable


class Rules(Protocol):
    """What the policy says about Slack. Asked every time, so that it can be reloaded."""

    def organisation_of(self, workspace: str) -> str | None:
        """Whose workspace (`T0123`, or `E0123` of a whole Enterprise Grid) it is; None if nobody's."""
        ...

    def workspaces_of(self, organisation: str) -> tuple[str, ...]:
        """The organisation's workspaces, the main one first."""
        ...

    def queue_channels(self, organisation: str) -> frozenset[str]:
        """Routes of the channels that its queues have."""
        ...

    def help_channels(self, organisation: str) -> frozenset[str]:
        """Routes of the channels in which every message is a request."""
        ...

    def technicians(self, organisation: str) -> Mapping[str, str]:
        """Names of its technicians by their ids in Slack."""
        ...


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace in which the desk is installed."""

    team: str
    bot_token: str
    bot_user: str
    """The desk's own user id there."""
    bot_id: str
    enterprise: str | None = None
    url: str = ""
    """`https://acme.slack.com/`: what links to messages begin with; empty when it is not known."""
    scopes: frozenset[str] = frozenset()
    """What the token may do; empty when Slack does not say."""

    def __repr__(self) -> str:
        return f"Workspace({self.team})"  # tokens must not reach a log


class Workspaces(Protocol):
    """Where the desk is installed."""

    async def find(self, team: str | None, enterprise: str | None) -> Workspace | None:
        """The installation that answers for this workspace; None when there is none.

        Raises:
            SlackAway, DeskUnavailable: it cannot be known now.
        """
        ...

    async def pause(self, team: str | None, enterprise: str | None, why: str, at: datetime) -> None:
        """Slack has ended the installation: forget its tokens, unless it was installed again after this instant.

        Raises:
            DeskUnavailable: that could not be stored.
        """
        ...


def is_main(rules: Rules, organisation: str, workspace: Workspace) -> bool:
    """Whether it is the organisation's first workspace: a channel that names no workspace is there."""
    names = rules.workspaces_of(organisation)
    return bool(names) and names[0] in (workspace.team, workspace.enterprise)


def channels_in(
    routes: Iterable[str], rules: Rules, organisation: str, workspace: Workspace
) -> frozenset[str]:
    """Of channels that the policy names, those that this workspace can have."""
    main = is_main(rules, organisation, workspace)
    own = tuple(f"{name}/" for name in (workspace.team, workspace.enterprise) if name)
    return frozenset(route for route in routes if route.startswith(own) or (main and "/" not in route))


def owner(rules: Rules, workspace: Workspace) -> str | None:
    """The organisation that a workspace, or the Enterprise Grid around it, belongs to."""
    return rules.organisation_of(workspace.team) or (
        rules.organisation_of(workspace.enterprise) if workspace.enterprise else None
    )


class SlackAway(DeskUnavailable):
    """Slack did not answer something that has to be known before an event can be taken in."""
