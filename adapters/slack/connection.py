"""One connection to Slack: where it is installed, what leaves to it, and how its events come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from adapters.slack.addresses import PLATFORM
from adapters.slack.checkup import Checked, Checkup
from adapters.slack.context import Rules, Workspaces
from adapters.slack.door import SlackDoor
from adapters.slack.gate import events_app
from adapters.slack.install import Credentials, Install
from adapters.slack.installed import InstalledWorkspaces
from adapters.slack.people import People
from adapters.slack.platform import SlackPlatform
from adapters.slack.socket_mode import SocketMode
from adapters.slack.web_api import WebApi
from adapters.slack.workspaces import OneWorkspace
from bot.messages import Desk, Installations

SILENT = 60.0
"""Seconds without a pong after which a connection counts as dead; six pings are sent in them."""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Socket Mode when there is an `app_token`, else HTTP with the `signing_secret`."""

    api_base_url: str
    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    credentials: Credentials | None = None
    """With them the app is installed into any number of workspaces, instead of the one of the bot token."""

    def __repr__(self) -> str:
        return f"SlackSettings({self.api_base_url})"


class SlackConnection:
    """`platform` is there from the start; events come in after `open`."""

    def __init__(
        self,
        settings: SlackSettings,
        rules: Rules,
        kept: Installations | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self.api = WebApi(settings.api_base_url, monotonic, sleep)
        self._kept = kept
        self.workspaces: Workspaces = OneWorkspace(self.api, settings.bot_token)
        self._install: Install | None = None
        app = settings.credentials
        if app and kept:
            several = InstalledWorkspaces(self.api, kept, app.client_id, app.client_secret, clock)
            self.workspaces = several
            self._install = Install(app, rules, kept, self.api, clock, several.forget)
        self._people = People(self.api)
        self.platform = SlackPlatform(rules, self.workspaces, self.api, self._people)
        self.door: SlackDoor | None = None
        self.socket: SocketMode | None = None

    def open(
        self, desk: Desk, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> web.Application | None:
        """Begin to take events in; the application to be mounted at `/slack` when they come over HTTP."""
        self.door = SlackDoor(desk, self._rules, self.workspaces, self.api, self._people, clock)
        if self._settings.app_token:
            self.socket = SocketMode(self.door, self.api, self._settings.app_token)
            self.socket.start()
        events = (
            events_app(self.door, self._settings.signing_secret) if not self.socket else web.Application()
        )
        if self._install:
            self._install.add_to(events)
        elif self.socket:
            return None
        return events

    async def checkup(
        self, *, card: bool, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> AsyncIterator[Checked]:
        """What is well and what is not, with the mend; with `card` one is posted and taken back."""
        checkup = Checkup(self.api, self._rules, self.platform, now)
        async for found in checkup.connection(self._settings.app_token, self._settings.signing_secret):
            yield found
        works = []
        async for token, paused in self._tokens():
            if paused:
                yield paused
                continue
            checked = [found async for found in checkup.workspace(token)]
            works += [token] if checked[0].ok else []
            for found in checked:
                yield found
        for token in works if card else ():
            async for found in checkup.card(token):
                yield found

    async def _tokens(self) -> AsyncIterator[tuple[str, Checked | None]]:
        """The token of every workspace, or why it has none."""
        if self._settings.credentials is None or self._kept is None:
            yield self._settings.bot_token, None
            return
        installed = await self._kept.all(PLATFORM)
        again = f"an administrator of it opens {self._settings.credentials.public_url}/slack/install."
        for one in installed:
            name = f"{one.about.get('name', '')} ({one.workspace})"
            paused = Checked(False, f"{name} is paused: {one.paused}.", again) if one.paused else None
            yield one.tokens.get("bot", ""), paused
        if not installed:
            yield "", Checked(False, "the app is installed in no workspace.", again)

    @property
    def last_event(self) -> datetime | None:
        """When Slack last sent something to this process."""
        return self.door.last_event if self.door else None

    @property
    def last_pong(self) -> float | None:
        """When Slack's connection last showed life, in seconds since 1970; None over HTTP."""
        return self.socket.last_pong if self.socket else None

    def silence(self) -> str | None:
        """What is wrong with the connection; None when it is well, and over HTTP, where there is none."""
        if self.socket is None or self.socket.silent_for < SILENT:
            return None
        return "Slack's connection has been silent for a minute."

    async def close(self) -> None:
        """Take in nothing more. What is to leave may still leave until `end`."""
        if self.socket:
            await self.socket.stop()
        if self.door:
            await self.door.close()

    async def end(self) -> None:
        await self.api.close()
