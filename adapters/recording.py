"""A chat platform that keeps what it is given: a sibling of the web and the terminal, for stories, tests and benches.

It behaves like a real one: messages have ids and threads, an update replaces a message in place, a retraction removes
it. It can also misbehave on request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.messages import Address, Delivered, Delivery, Effect, Retract, Say, ShowCard

Fault = Callable[[Delivery], None]
"""Raises what the platform answers with instead of delivering."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as it stands on the platform."""

    id: str
    effect: Say | ShowCard
    revisions: int = 0
    repeat: bool = False

    @property
    def text(self) -> str:
        return self.effect.text if isinstance(self.effect, Say) else self.effect.card.text


@dataclass
class RecordingPlatform:
    name: str = "recording"
    messages: dict[str, Posted] = field(default_factory=dict)
    """By id, in the order in which they were first posted."""
    deliveries: list[Delivery] = field(default_factory=list)
    """Every attempt that arrived, failed ones included."""
    faults: list[Fault] = field(default_factory=list)
    """Asked once each, first to last, before a delivery is carried out."""

    async def deliver(self, delivery: Delivery) -> Delivered:
        self.deliveries.append(delivery)
        if self.faults:
            self.faults.pop(0)(delivery)
        effect: Effect = delivery.effect
        message_id = delivery.posted or f"m{len(self.messages) + 1}"
        if isinstance(effect, Retract):
            self.messages.pop(message_id, None)
        elif delivery.posted and message_id in self.messages:
            before = self.messages[message_id]
            self.messages[message_id] = replace(before, effect=effect, revisions=before.revisions + 1)  # type: ignore[arg-type]
        else:
            self.messages[message_id] = Posted(message_id, effect, repeat=delivery.repeat)  # type: ignore[arg-type]
        return Delivered(message_id, Address(self.name, f"{effect.address.route}/{message_id}"))

    def at(self, address: Address) -> list[Posted]:
        """What stands at this address, oldest first."""
        return [message for message in self.messages.values() if message.effect.address == address]
