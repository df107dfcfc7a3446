"""What the composition root hands to the desk's side of the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.messages import Desk, Mailbox, Person


class Bell(Protocol):
    """Rings when something was committed in this process."""

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after `seconds`."""
        ...


class Refusal(Exception):
    """The request is not carried out; the sentence is for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who somebody at a terminal says they are. The socket lets in nobody but the OS user who runs the desk, so their
    word counts."""

    who: str
    """An account, or a person's name."""
    organisation: str = ""
    """Needed only where a desk serves several."""
    timezone: str | None = None
    """IANA name: the machine's zone."""


@dataclass(frozen=True, slots=True)
class Console:
    desk: Desk
    mailbox: Mailbox
    redact: Callable[[str], str]
    bell: Bell
    clock: Callable[[], datetime]
    recognise: Callable[[Introduction], Person]
    """The person, or a `Refusal` that says what is missing."""
