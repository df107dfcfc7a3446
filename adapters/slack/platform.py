"""Slack as a chat platform: an effect becomes one call of its Web API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from adapters.slack import render, wording
from adapters.slack.addresses import PLATFORM, Place
from adapters.slack.context import Rules, Workspace, Workspaces, owner
from adapters.slack.people import People
from adapters.slack.rich_text import escaped
from adapters.slack.web_api import SlackRefused, WebApi
from bot.messages import (
    LARGEST_FILE,
    CarryFile,
    Delivered,
    Delivery,
    DeliveryFailed,
    DeskUnavailable,
    Effect,
    Retract,
    Say,
    ShowCard,
)

PATIENCE = 4.0
"""Seconds that a delivery waits for its turn in a busy channel; what has to wait longer gives its place up."""

EVENT_TYPE = "firstline"
"""Metadata of every message of ours: with the delivery's id in it, a repeat recognises its first attempt."""

_LOOKED_AT, _LOOKED_BACK = 100, 86_400
"""Messages, and seconds, in which a repeat looks for its first attempt."""

_GONE = ("message_not_found", "cant_update_message", "edit_window_closed")


class SlackPlatform:
    """The `ChatPlatform` behind addresses `slack:…`."""

    name: str = PLATFORM

    def __init__(self, rules: Rules, workspaces: Workspaces, api: WebApi, people: People) -> None:
        self._rules = rules
        self._workspaces = workspaces
        self._api = api
        self._people = people
        self._unnamed: set[str] = set()
        """Workspaces whose token may not write in somebody else's name."""

    async def deliver(self, delivery: Delivery) -> Delivered:
        effect = delivery.effect
        try:
            place = Place.of(effect.address)
        except ValueError as unreadable:
            raise DeliveryFailed(str(unreadable), permanent=True) from None
        try:
            workspace = await self._workspace(delivery.organisation, place)
        except DeskUnavailable as away:  # nothing was sent
            raise DeliveryFailed(str(away), retry_after=10) from None
        try:
            if isinstance(effect, Retract):
                return await self._retract(workspace, place, delivery)
            if isinstance(effect, CarryFile):
                return await self._carry(workspace, place, effect)
            if delivery.posted:
                return await self._update(workspace, place, effect, delivery)
            return await self._post(workspace, place, effect, delivery)
        except SlackRefused as refused:
            raise DeliveryFailed(
                str(refused), permanent=refused.permanent, retry_after=refused.retry_after
            ) from None

    async def _workspace(self, organisation: str, place: Place) -> Workspace:
        named = self._rules.workspaces_of(organisation)
        team = place.team or next(iter(named), None)
        for grid in (None, *(name for name in named if name.startswith("E"))):
            found = await self._workspaces.find(team, grid) if team else None
            if found and owner(self._rules, found) == organisation:
                return found
        raise DeliveryFailed(
            f"the desk is not installed in {team or 'any workspace of the organisation'}", retry_after=600
        )

    # ------------------------------------------------------------------------------------------- the three calls

    async def _post(
        self, workspace: Workspace, place: Place, effect: Effect, delivery: Delivery
    ) -> Delivered:
        if delivery.repeat and (ts := await self._find(workspace, place, delivery)):
            return _delivered(place, ts)
        await self._turn(workspace, place)
        content = self._content(workspace, effect)
        if delivery.repeat:
            content["blocks"] = _with_repeat(content["blocks"])
        answer = await self._named(
            workspace,
            effect,
            channel=place.channel,
            thread_ts=place.thread,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"delivery": delivery.id}},
            **content,
        )
        if place.channel.startswith(("U", "W")):  # written to a person: Slack says in which channel it went
            place = Place(answer["channel"], place.team, place.thread)
        return _delivered(place, answer["ts"])

    async def _named(self, workspace: Workspace, effect: Effect, **arguments: Any) -> Mapping[str, Any]:
        """Post in the writer's name and with their picture, where the token may; else the name is in the text."""
        author = effect.author if isinstance(effect, Say) else ""
        if author and workspace.team not in self._unnamed:
            try:
                return await self._api.call(
                    workspace,
                    "chat.postMessage",
                    username=author[:80],
                    icon_url=self._people.picture(workspace, author),
                    **arguments,
                )
            except SlackRefused as refused:
                if refused.error not in ("missing_scope", "not_allowed_token_type"):
                    raise
                self._unnamed.add(workspace.team)
                arguments |= self._content(workspace, effect)
        return await self._api.call(workspace, "chat.postMessage", **arguments)

    async def _update(
        self, workspace: Workspace, place: Place, effect: Effect, delivery: Delivery
    ) -> Delivered:
        content = self._content(workspace, effect)
        try:
            await self._api.call(
                workspace, "chat.update", channel=place.channel, ts=delivery.posted, **content
            )
        except SlackRefused as refused:
            if refused.error not in _GONE:
                raise
            return await self._post(workspace, place, effect, delivery)  # somebody deleted it: show it anew
        return _delivered(place, delivery.posted or "")

    async def _retract(self, workspace: Workspace, place: Place, delivery: Delivery) -> Delivered:
        if delivery.posted:
            try:
                await self._api.call(workspace, "chat.delete", channel=place.channel, ts=delivery.posted)
            except SlackRefused as refused:
                if refused.error != "message_not_found":
                    raise
        return _delivered(place, delivery.posted or "")

    async def _carry(self, workspace: Workspace, place: Place, effect: CarryFile) -> Delivered:
        """Fetch a file and put it there: whoever reads there could not see it where it was sent."""
        content = await self._api.download(workspace, effect.file.source, LARGEST_FILE)
        channel = place.channel
        if channel.startswith(("U", "W")):
            channel = await self._people.direct_channel(workspace, channel)
        await self._turn(workspace, place)
        try:
            upload = await self._api.call(
                workspace, "files.getUploadURLExternal", filename=effect.file.name, length=len(content)
            )
            await self._api.upload(upload["upload_url"], content)
            await self._api.call(
                workspace,
                "files.completeUploadExternal",
                files=[{"id": upload["file_id"], "title": effect.file.name}],
                channel_id=channel,
                thread_ts=place.thread,
                initial_comment=escaped(wording.file_of(effect.author, effect.file.name)),
            )
        except SlackRefused as refused:
            if (
                refused.error == "missing_scope"
            ):  # it is said in the thread, and nothing else has to wait for it
                raise DeliveryFailed(str(refused), permanent=True) from None
            raise
        return Delivered(upload["file_id"], place.address)

    # ------------------------------------------------------------------------------------------------- inside

    def _content(self, workspace: Workspace, effect: Effect) -> dict[str, Any]:
        if not isinstance(effect, Say | ShowCard):
            raise DeliveryFailed(f"Slack has nothing for {type(effect).__name__}", permanent=True)
        return render.message(effect, named=workspace.team not in self._unnamed)

    async def _turn(self, workspace: Workspace, place: Place) -> None:
        """Wait for this channel's next second.

        Raises:
            SlackRefused: it is too far away to wait for it here.
        """
        pace, now = self._api.pace, self._api.monotonic()
        wait = pace.wait_for_channel(workspace.team, place.channel, now)
        if wait > PATIENCE:
            raise SlackRefused("chat.postMessage", "this channel is busy", wait)
        if wait := pace.take_turn(workspace.team, place.channel, now):
            await self._api.sleep(wait)

    async def _find(self, workspace: Workspace, place: Place, delivery: Delivery) -> str | None:
        """The message of an earlier attempt, when it arrived after all. When Slack does not let us look, none."""
        method = "conversations.replies" if place.thread else "conversations.history"
        channel = place.channel
        try:
            if channel.startswith(("U", "W")):
                channel = await self._people.direct_channel(workspace, channel)
            answer = await self._api.call(
                workspace,
                method,
                timeout=3.0,
                channel=channel,
                ts=place.thread,
                limit=_LOOKED_AT,
                oldest=f"{time.time() - _LOOKED_BACK:.6f}",
                include_all_metadata="true",
            )
        except SlackRefused:
            return None
        for message in answer.get("messages", ()):
            metadata = message.get("metadata") or {}
            ours = metadata.get("event_type") == EVENT_TYPE
            if ours and (metadata.get("event_payload") or {}).get("delivery") == delivery.id:
                return str(message["ts"])
        return None


def _with_repeat(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The message with a word about being a repeat, where there is room for it."""
    note = {
        "type": "context",
        "elements": [{"type": "plain_text", "text": wording.sent_again(), "emoji": False}],
    }
    return [*blocks[: render.MOST_BLOCKS - 1], note]


def _delivered(place: Place, ts: str) -> Delivered:
    return Delivered(ts, place.under(ts).address)
