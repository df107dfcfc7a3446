"""The terminal as a chat platform: its messages live in our own mailbox."""

from __future__ import annotations

from bot.messages import Delivered, Delivery, Mailbox


class ConsolePlatform:
    """The `ChatPlatform` behind addresses `console:…`. Open terminals notice a delivery through their sessions."""

    name: str = "console"

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def deliver(self, delivery: Delivery) -> Delivered:
        return await self._mailbox.deliver(delivery)
