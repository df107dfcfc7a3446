"""The terminal's part of the composition root: where a desk listens for `firstline chat`, and who speaks there."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

import structlog
from sqlalchemy import make_url

from adapters.console.context import Console, Introduction, Refusal
from adapters.console.door import NotPrivate, open_door, socket_beside, socket_named
from bot.mailbox import DatabaseMailbox
from bot.messages import Person, printable
from bot.redaction import redact
from bot.settings import Settings
from tickets.database import sqlite_file
from tickets.policy import Organisation, Policy

if TYPE_CHECKING:  # a desk is slow to import, and a terminal that finds one running needs none
    from bot.running import RunningDesk

log = structlog.get_logger()

LONGEST_NAME = 80
_ZONE_FILES = Path("/usr/share/zoneinfo")


def socket_of(settings: Settings) -> Path:
    """Where the desk of these settings listens: beside its SQLite file, or else in the user's runtime folder."""
    if file := sqlite_file(settings.database_url):
        return socket_beside(file)
    url = make_url(settings.database_url).set(username=None, password=None)
    return socket_named(url.render_as_string())


@asynccontextmanager
async def terminal_door(
    settings: Settings, desk: RunningDesk, cast: Sequence[Person] = ()
) -> AsyncIterator[None]:
    """Let `firstline chat` in, inside the block; only for the OS user who runs this desk.

    A desk whose terminal has no safe place runs without one.
    """
    console = Console(
        desk=desk.desk,
        mailbox=DatabaseMailbox(desk.database),
        redact=lambda text: redact(text).text,
        bell=desk.bell,
        clock=lambda: desk.database.clock(datetime.now(UTC)),
        recognise=lambda introduction: recognise(introduction, desk.policy.current, cast),
    )
    async with AsyncExitStack() as opened:
        try:
            await opened.enter_async_context(open_door(console, socket_of(settings)))
        except (OSError, NotPrivate) as reason:
            log.error("terminal_stays_closed", reason=str(reason))
        yield


def recognise(introduction: Introduction, policy: Policy, cast: Sequence[Person] = ()) -> Person:
    """The technician with this terminal account or name, somebody of the cast, or else a person of that name.

    Raises:
        Refusal: it is unclear whose desk they want.
    """
    organisation = _organisation(introduction.organisation, policy)
    who = " ".join(printable(introduction.who).split())[:LONGEST_NAME]
    if not who:
        raise Refusal("Say who you are: firstline chat --as NAME")
    for person in (*_technicians(organisation), *cast):
        if who.casefold() in (person.id.casefold(), person.name.casefold()):
            return Person(
                organisation=organisation.id,
                platform="console",
                id=person.id,
                name=person.name,
                email=person.email,
                timezone=person.timezone,
            )
    zone = introduction.timezone if introduction.timezone in available_timezones() else None
    account = re.sub(r"\s+", "-", who).casefold()
    return Person(organisation=organisation.id, platform="console", id=account, name=who, timezone=zone)


def login_name() -> str:
    """How the operating system knows whoever runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def machine_zone() -> str | None:
    """The IANA name of this machine's zone; None for UTC, in which machines live rather than people."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        target = Path("/etc/localtime").resolve()
        name = str(target.relative_to(_ZONE_FILES)) if target.is_relative_to(_ZONE_FILES) else ""
    return name if "/" in name and not name.startswith("Etc/") else None


def _technicians(organisation: Organisation) -> list[Person]:
    """The technicians that the policy knows in the terminal."""
    return [
        Person(
            organisation=organisation.id,
            platform="console",
            id=account.removeprefix("console:"),
            name=technician.name,
            email=technician.email,
            timezone=technician.timezone.key,
        )
        for technician in organisation.technicians
        for account in technician.accounts
        if account.startswith("console:")
    ]


def _organisation(wanted: str, policy: Policy) -> Organisation:
    organisations = policy.organisations
    if wanted:
        if wanted in organisations:
            return organisations[wanted]
        raise Refusal(f"This desk serves no organisation “{wanted}”. It serves: {', '.join(organisations)}.")
    if found := policy.organisation_for("console"):
        return found
    if len(organisations) == 1:
        return next(iter(organisations.values()))
    raise Refusal(f"Say whose desk you want with --organisation: {', '.join(organisations)}.")
