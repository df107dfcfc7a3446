"""Routes of Slack; nobody else reads them.

`C0123`                 a queue's channel, as the policy names it
`T0123/C0123`           a channel, a direct conversation, or (with `U…`) a person's, in a workspace
`…/1700000000.000100`   the thread under that message
`T0123/U0123/new+…`     a conversation with that person that begins with the desk's first message there
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.messages import Address

PLATFORM = "slack"

_ROUTE = re.compile(
    r"(?:(?P<team>[TE][A-Z0-9]{1,24})/)?(?P<channel>[CDGUW][A-Z0-9]{1,24})"
    r"(?:/(?:(?P<thread>\d{1,12}\.\d{1,9})|new\+(?P<new>[A-Za-z0-9.]{1,60})))?"
)


@dataclass(frozen=True, slots=True)
class Place:
    channel: str
    team: str | None = None
    thread: str | None = None
    new: str | None = None
    """What tells one new conversation from another."""

    @classmethod
    def of(cls, address: Address) -> Place:
        """Read an address.

        Raises:
            ValueError: it is none of Slack's, or not well formed.
        """
        found = _ROUTE.fullmatch(address.route)
        if address.platform != PLATFORM or found is None:
            raise ValueError(f"{address} is no place in Slack")
        return cls(found["channel"], found["team"], found["thread"], found["new"])

    @classmethod
    def of_route(cls, route: str) -> Place:
        """Read a route.

        Raises:
            ValueError: it is not well formed.
        """
        return cls.of(Address(PLATFORM, route))

    @property
    def address(self) -> Address:
        new = f"new+{self.new}" if self.new else None
        return Address(
            PLATFORM, "/".join(part for part in (self.team, self.channel, self.thread, new) if part)
        )

    def under(self, ts: str) -> Place:
        """The thread under a message; a message in a thread is in that thread."""
        return replace(self, thread=self.thread or ts, new=None)

    @property
    def is_direct(self) -> bool:
        """Whether nobody else reads there."""
        return self.channel.startswith(("D", "U", "W"))

    @property
    def above(self) -> Place:
        """The channel that a thread is in."""
        return replace(self, thread=None, new=None)


def channel_at(team: str, channel: str, queue_channels: frozenset[str]) -> Place:
    """A channel, spelled as the policy spells it when it is a queue's, so that both are the same address."""
    return Place(channel) if channel in queue_channels else Place(channel, team)


def aside_of(place: Place, user: str, team: str, otherwise: str) -> Place | None:
    """Where to talk with somebody alone about what was said in an open place: for the same thread, the same place.

    `otherwise` tells the conversation from others when it belongs to no thread. None when nobody else reads there.
    """
    if place.is_direct and place.thread:
        return None
    return Place(user, team, new=f"{place.channel}.{place.thread}" if place.thread else otherwise)
