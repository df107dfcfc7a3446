"""What the composition root hands to the web page, and what the page's handlers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from adapters.web.news import Bell, News
from adapters.web.render import Renderer
from bot.messages import CoverageBoard, Desk, Mailbox, Person, SignIn


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    reasons: tuple[str, ...] = ()
    """One sentence for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    person: Person
    site: str
    title: str
    tier: int | None = None
    """1, 2 or 3 for a technician; None for an employee."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demonstration: whoever opens the page may be anybody of the cast, and may move the clock."""

    cast: tuple[DemoPerson, ...]
    timezone: str
    """IANA name: the company's zone."""
    move_clock: Callable[[timedelta], None]
    set_clock: Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Web:
    desk: Desk
    board: CoverageBoard
    mailbox: Mailbox
    sign_in: SignIn
    redact: Callable[[str], str]
    bell: Bell
    clock: Callable[[], datetime]
    demo: Demo | None
    hosts: Sequence[str]
    """Names that this page answers to, without ports; empty: any."""
    renderer: Renderer
    news: News


__all__ = ["WEB", "Bell", "Demo", "DemoPerson", "Health", "Refusal", "Web"]

WEB: web.AppKey[Web] = web.AppKey("web", Web)


class Refusal(Exception):
    """The request is not carried out. The sentence is for the person, the status for the browser."""

    def __init__(self, status: int, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after
