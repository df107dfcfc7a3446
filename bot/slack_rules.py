"""What the policy says about Slack, as its adapter asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tickets.policy import Policy, UnknownInPolicy

_PREFIX = "slack:"


class SlackRules:
    """The `Rules` of `adapters.slack.context`, from the policy as it is at the moment."""

    def __init__(self, policy: Callable[[], Policy]) -> None:
        self._policy = policy

    def organisation_of(self, workspace: str) -> str | None:
        found = self._policy().organisation_for(f"{_PREFIX}{workspace}")
        return found.id if found else None

    def workspaces_of(self, organisation: str) -> tuple[str, ...]:
        try:
            return _routes(self._policy().organisation(organisation).workspaces)
        except UnknownInPolicy:
            return ()

    def queue_channels(self, organisation: str) -> frozenset[str]:
        try:
            queues = self._policy().organisation(organisation).queues
        except UnknownInPolicy:
            return frozenset()
        return frozenset(_routes(queue.channel for queue in queues if queue.channel))

    def help_channels(self, organisation: str) -> frozenset[str]:
        try:
            return frozenset(_routes(self._policy().organisation(organisation).about.help_channels))
        except UnknownInPolicy:
            return frozenset()

    def technicians(self, organisation: str) -> Mapping[str, str]:
        try:
            everybody = self._policy().organisation(organisation).technicians
        except UnknownInPolicy:
            return {}
        return {account: one.name for one in everybody for account in _routes(one.accounts)}


def _routes(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(one.removeprefix(_PREFIX) for one in addresses if one.startswith(_PREFIX))
