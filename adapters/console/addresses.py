"""Routes of the console platform; nobody else reads them.

`person/<account>/<conversation id>`   somebody's conversation; the terminal makes the conversation id
`<queue's route>`                      a queue's channel, as the policy names it: `channel/tier1`
`<queue's route>/<message id>`         the thread under a card
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from adapters.console.context import Refusal
from bot.messages import Address, HostedMessage, Person, QueueInfo, StaffRole

PLATFORM = "console"

UUID = re.compile(r"[0-9a-f]{32}")
"""Ids made by the terminal."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to write, and the address at and below which things happen that are of interest there."""

    address: Address
    base: Address
    card: str = ""
    """In a thread, the id of the card that it is under."""

    def shows(self, message: HostedMessage) -> bool:
        """In a thread its card and what is under it; elsewhere everything, threads and all."""
        return not self.card or message.id == self.card or message.address == self.address


def home(person: Person) -> Address:
    """The address above all of a person's conversations."""
    return Address(PLATFORM, f"person/{quote(person.id, safe='@+')}")


def channels(role: StaffRole | None) -> dict[str, QueueInfo]:
    """The queues whose channel is in the terminal, by route."""
    queues = role.queues if role else ()
    return {
        queue.address.route: queue
        for queue in queues
        if queue.address is not None and queue.address.platform == PLATFORM
    }


def place(person: Person, role: StaffRole | None, route: str) -> Place:
    """The place at `route`, where the person may write.

    Raises:
        Refusal: they may not; it does not say whether anything is there.
    """
    here, parent = Address(PLATFORM, route), above(route)
    if parent == home(person).route and UUID.fullmatch(last_part(route)):
        return Place(here, home(person))
    if route in (found := channels(role)):
        return Place(here, here)
    if parent in found:
        return Place(here, Address(PLATFORM, parent), last_part(route))
    raise Refusal("There is no conversation of yours here.")


def last_part(route: str) -> str:
    return route.rpartition("/")[2]


def above(route: str) -> str:
    return route.rpartition("/")[0]
