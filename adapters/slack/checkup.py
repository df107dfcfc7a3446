"""What `firstline doctor` finds out about Slack, with the mend for each: tokens, scopes, channels, people, clocks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from adapters.slack.addresses import PLATFORM, Place
from adapters.slack.context import Rules, Workspace, owner
from adapters.slack.platform import SlackPlatform
from adapters.slack.web_api import SlackRefused, WebApi
from adapters.slack.workspaces import workspace_of
from bot.messages import Card, Delivery, DeliveryFailed, Fact, Retract, ShowCard

NEEDED: Mapping[str, str] = {
    "app_mentions:read": "mentions are not noticed",
    "channels:history": "help channels and the threads under cards are not read",
    "channels:read": "this checkup cannot look at public channels",
    "chat:write": "nothing can be answered",
    "chat:write.customize": "relayed messages carry the writer's name in their text",
    "commands": "/it and the shortcuts are not offered",
    "files:read": "files do not come along",
    "files:write": "files do not come along",
    "groups:history": "private channels are not read",
    "groups:read": "this checkup cannot look at private channels",
    "im:history": "direct messages are not read",
    "im:write": "nobody can be written to first",
    "reactions:read": "emoji on messages are not noticed",
    "users:read": "people have no names and no time zones",
    "users:read.email": "people have no e-mail addresses on their records",
}
"""The scopes of `deploy/slack/manifest.yaml`, and what is missing without each."""

SKEW = 60
"""Seconds by which our clock may differ from Slack's; from 300 its requests are refused as too old."""

_TOKENS = "copy it anew from https://api.slack.com/apps into .env (docs/slack.md says from where)"
_SCOPES = "add it under OAuth & Permissions, then reinstall the app into the workspace"
_SECRET = re.compile(r"[0-9a-f]{32}")

REFUSED = (SlackRefused, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Checked:
    ok: bool
    sentence: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    api: WebApi
    rules: Rules
    platform: SlackPlatform
    now: Callable[[], datetime]

    async def connection(self, app_token: str, signing_secret: str) -> AsyncIterator[Checked]:
        """Whether events can come in."""
        if not app_token:
            yield Checked(
                bool(_SECRET.fullmatch(signing_secret)) or not signing_secret,
                "events come over HTTP, signed with SLACK_SIGNING_SECRET."
                if _SECRET.fullmatch(signing_secret)
                else "SLACK_SIGNING_SECRET does not look like one: it has 32 digits and letters from a to f.",
                "" if _SECRET.fullmatch(signing_secret) else f"{_TOKENS}: Basic Information, Signing Secret.",
            )
            return
        nobody = Workspace(team="", bot_token=app_token, bot_user="", bot_id="")
        try:
            await self.api.call(nobody, "apps.connections.open")
        except Exception as failed:
            yield Checked(
                False,
                f"Slack opens no connection for SLACK_APP_TOKEN: {_reason(failed)}.",
                f"switch Socket Mode on, give the token the scope connections:write, and {_TOKENS}.",
            )
        else:
            yield Checked(True, "Socket Mode: Slack opens a connection.")

    async def workspace(self, token: str) -> AsyncIterator[Checked]:
        """One installation: its token, whose it is, its scopes, its channels and its technicians."""
        nobody = Workspace(team="", bot_token=token, bot_user="", bot_id="")
        try:
            answer, headers = await self.api.ask(nobody, "auth.test")
        except Exception as failed:
            mend = "is Slack reachable from here, through the proxy if there is one?"
            if isinstance(failed, SlackRefused):
                mend = f"{_TOKENS}: OAuth & Permissions, Bot User OAuth Token."
            yield Checked(False, f"the bot token does not work: {_reason(failed)}.", mend)
            return
        workspace = workspace_of(answer, token)
        name = f"{answer.get('team', '')} ({workspace.team})"
        yield Checked(True, f"the bot token is that of {name}.")
        if found := self._clock(headers.get("date", "")):
            yield found
        granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
        for scope in sorted(NEEDED.keys() - granted) if granted else ():
            yield Checked(False, f"{name}: the scope {scope} is missing, so {NEEDED[scope]}.", f"{_SCOPES}.")
        if granted >= NEEDED.keys():
            yield Checked(True, f"{name}: every scope of the manifest is granted.")
        organisation = owner(self.rules, workspace)
        if organisation is None:
            yield Checked(
                False,
                f"{name} belongs to no organisation, so nobody in it is answered.",
                f'add "{PLATFORM}:{workspace.team}" to workspaces in the policy.',
            )
            return
        channels = self.rules.queue_channels(organisation) | self.rules.help_channels(organisation)
        for route in sorted(channels):
            if found := await self._channel(workspace, route):
                yield found
        for account, technician in sorted(self.rules.technicians(organisation).items()):
            if found := await self._technician(workspace, account, technician):
                yield found

    async def card(self, token: str) -> AsyncIterator[Checked]:
        """Post a card in a queue's channel, change it, and take it back."""
        answer = await self.api.call(Workspace("", token, "", ""), "auth.test")
        organisation = owner(self.rules, workspace_of(answer, token))
        routes = sorted(self.rules.queue_channels(organisation)) if organisation else []
        if organisation is None or not routes:
            yield Checked(
                False, "there is no queue with a channel in Slack to post a test card in.", "set one."
            )
            return
        place = Place.of_route(routes[0])
        try:
            await self._show_card(organisation, place)
        except (DeliveryFailed, *REFUSED) as failed:
            yield Checked(
                False,
                f"a test card in {routes[0]} failed: {_reason(failed)}.",
                f"invite the desk into {routes[0]}.",
            )
        else:
            yield Checked(True, f"a test card was posted in {routes[0]}, changed, and taken back.")

    async def _show_card(self, organisation: str, place: Place) -> None:
        card = Card(
            title="Test card of firstline doctor",
            status="Works",
            tone="good",
            facts=(Fact("Sent", "by the checkup; it goes again at once"),),
            text="A test card of firstline doctor",
        )
        show = ShowCard(address=place.address, key="checkup", card=card)
        id_ = f"checkup.{self.now().timestamp():.0f}"
        posted = await self.platform.deliver(Delivery(id_, organisation, show))
        await self.platform.deliver(Delivery(id_, organisation, show, posted.message_id))
        gone = Retract(address=place.address, key="checkup")
        await self.platform.deliver(Delivery(id_, organisation, gone, posted.message_id))

    def _clock(self, date: str) -> Checked | None:
        with suppress(ValueError):
            differs = (self.now() - parsedate_to_datetime(date)).total_seconds()
            if abs(differs) < SKEW:
                return Checked(True, "our clock and Slack's agree.")
            return Checked(
                False,
                f"our clock is {abs(differs):.0f} s {'ahead of' if differs > 0 else 'behind'} Slack's; from 300 s on "
                "everything it sends is refused as too old.",
                "let this machine keep its time by NTP.",
            )
        return None

    async def _channel(self, workspace: Workspace, route: str) -> Checked | None:
        """What is wrong with a channel; a word that nothing is; None for a channel of another workspace."""
        place = Place.of_route(route)
        if place.team not in (None, workspace.team, workspace.enterprise):
            return None
        try:
            answer = await self.api.call(workspace, "conversations.info", channel=place.channel)
        except SlackRefused as refused:
            if refused.error in ("missing_scope", "ratelimited"):
                return None  # the scope is told above
            return Checked(
                False,
                f"the channel {route} is not there, or private without the desk in it ({refused.error}).",
                f"correct its id in the policy, or write /invite @Firstline in it (in {workspace.team}).",
            )
        except Exception as failed:
            return Checked(
                False, f"the channel {route} could not be looked at: {_reason(failed)}.", "try again."
            )
        channel = answer.get("channel") or {}
        name = f"#{channel.get('name') or route}"
        if channel.get("is_archived"):
            return Checked(
                False,
                f"{name} ({route}) is archived, so nothing can be posted.",
                "unarchive it, or name another.",
            )
        if not channel.get("is_member"):
            return Checked(
                False,
                f"the desk is not in {name} ({route}): it can neither post nor read there.",
                f"write /invite @Firstline in {name}.",
            )
        return Checked(True, f"the desk is in {name}.")

    async def _technician(self, workspace: Workspace, account: str, name: str) -> Checked | None:
        """What is wrong with a technician's account; None when nothing is."""
        try:
            answer = await self.api.call(workspace, "users.info", user=account)
        except SlackRefused as refused:
            if refused.error not in ("user_not_found", "user_not_visible"):
                return None
            gone = "is unknown here"
        except Exception:
            return None
        else:
            if not (answer.get("user") or {}).get("deleted"):
                return None
            gone = "is deactivated"
        return Checked(
            False,
            f"the account {account} of {name} {gone}: nobody can be called or claim with it.",
            f"correct accounts of {name} in the policy, and hand their tickets on.",
        )


def _reason(failed: Exception) -> str:
    if isinstance(failed, SlackRefused):
        return failed.error
    if isinstance(failed, DeliveryFailed):
        return failed.reason
    return type(failed).__name__
