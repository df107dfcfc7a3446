"""The web as a chat platform: its messages live in our own mailbox."""

from __future__ import annotations

from bot.messages import Delivered, Delivery, Mailbox


class WebPlatform:
    """The `ChatPlatform` behind addresses `web:…`. Pages notice a delivery through their event streams."""

    name: str = "web"

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def deliver(self, delivery: Delivery) -> Delivered:
        return await self._mailbox.deliver(delivery)
