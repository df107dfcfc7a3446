"""Routes of the web platform; nobody else reads them.

`person/<person id>/<conversation id>`   an employee's conversation; the browser makes the conversation id
`<queue's route>`                        a queue's channel, as the policy names it: `channel/tier1`
`<queue's route>/<message id>`           the thread under a card
"""

from __future__ import annotations

import re
from urllib.parse import quote

from bot.messages import Address, Person, QueueInfo, StaffRole

PLATFORM = "web"

UUID = re.compile(r"[0-9a-f]{32}")
"""Ids made by the browser: 122 random bits, so that nobody can take the id of somebody else's message."""
_MESSAGE = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


def home(person: Person) -> Address:
    """The address above all of a person's conversations."""
    return Address(PLATFORM, f"person/{quote(person.id, safe='@+')}")


def conversation(person: Person, conversation_id: str) -> Address:
    return Address(PLATFORM, f"{home(person).route}/{conversation_id}")


def last_part(address: Address) -> str:
    return address.route.rpartition("/")[2]


def is_own(person: Person, route: str) -> bool:
    above, _, last = route.rpartition("/")
    return above == home(person).route and UUID.fullmatch(last) is not None


def channel_of(address: Address) -> Address | None:
    """The channel that a thread is in; None for somebody's own conversation."""
    above = address.route.rpartition("/")[0]
    return None if above.startswith("person/") else Address(PLATFORM, above)


def channels(role: StaffRole | None) -> dict[str, QueueInfo]:
    """The queues whose channel is on the web, by route."""
    queues = role.queues if role else ()
    return {
        queue.address.route: queue
        for queue in queues
        if queue.address is not None and queue.address.platform == PLATFORM
    }


def in_channel(role: StaffRole | None, route: str) -> bool:
    """Whether `route` is one of the role's channels, or a thread in one."""
    if route in (found := channels(role)):
        return True
    above, _, last = route.rpartition("/")
    return above in found and _MESSAGE.fullmatch(last) is not None
