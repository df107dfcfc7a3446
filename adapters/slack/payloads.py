"""Slack's payloads, read strictly: what is not as Slack documents it is refused by name. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.slack.addresses import Place, aside_of, channel_at
from bot.messages import LARGEST_FILE, MOST_FILES, File

Payload = Mapping[str, Any]

WRITTEN = (None, "file_share", "thread_broadcast", "me_message")
"""Subtypes of messages that people write."""


class Malformed(Exception):
    """A payload, signed by Slack, that is not of the documented shape."""


def text(payload: Any, *path: str) -> str:
    """The string at this path.

    Raises:
        Malformed: there is none.
    """
    found = maybe(payload, *path)
    if found is None:
        raise Malformed(".".join(path))
    return found


def maybe(payload: Any, *path: str) -> str | None:
    """The string at this path, or None."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, Mapping) else None
    return payload if isinstance(payload, str) and payload else None


def part(payload: Any, name: str) -> Payload:
    """The object of this name.

    Raises:
        Malformed: there is none.
    """
    found = payload.get(name) if isinstance(payload, Mapping) else None
    if not isinstance(found, Mapping):
        raise Malformed(name)
    return found


def instant(ts: str) -> datetime:
    """When a message of this `ts` was written.

    Raises:
        Malformed: it is no `ts`.
    """
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed("ts") from None


def message_id(channel: str, ts: str) -> str:
    return f"{channel}:{ts}"


def files(event: Payload) -> tuple[File, ...]:
    """The files that came with a message; those of other services, and those that are gone, by their names."""
    found = event.get("files")
    if not isinstance(found, list):
        return ()
    return tuple(_file(file) for file in found[:MOST_FILES] if isinstance(file, Mapping))


def _file(file: Payload) -> File:
    size = file.get("size")
    too_large = isinstance(size, int) and size > LARGEST_FILE
    ours = file.get("mode") not in ("external", "tombstone", "hidden_by_limit") and not too_large
    name = maybe(file, "name") or maybe(file, "title") or "file"
    return File(name, (maybe(file, "url_private") or "") if ours else "", too_large)


@dataclass(frozen=True, slots=True)
class Click:
    """Where something was pressed, and who may answer it how."""

    user: str
    user_name: str
    team: str
    place: Place
    aside: Place | None
    """Where to talk with the one who clicked alone, when others read at `place`."""
    trigger: str | None = None


def click(payload: Payload, team: str, queue_channels: frozenset[str]) -> Click:
    """A press of a button under a message, or in the home tab.

    Raises:
        Malformed
    """
    user = text(payload, "user", "id")
    container = payload.get("container")
    channel = maybe(payload, "channel", "id") or maybe(container, "channel_id")
    message = maybe(container, "message_ts") or maybe(payload, "message", "ts")
    thread = maybe(payload, "message", "thread_ts") or maybe(container, "thread_ts")
    seen_by_one = isinstance(container, Mapping) and container.get("is_ephemeral") is True
    place = channel_at(team, channel, queue_channels) if channel else Place(user, team)
    root = thread or (None if seen_by_one else message)
    if channel and root and (thread or place.is_direct):
        place = place.under(root)
    spare = _digest("aside", maybe(payload, "trigger_id"), user, message)
    return Click(
        user=user,
        user_name=maybe(payload, "user", "name") or maybe(payload, "user", "username") or "",
        team=team,
        place=place,
        aside=aside_of(place.under(root) if channel and root else place, user, team, spare),
        trigger=maybe(payload, "trigger_id"),
    )


def command(payload: Payload, team: str, queue_channels: frozenset[str]) -> Click:
    """A slash command, which somebody gave somewhere.

    Raises:
        Malformed
    """
    user = text(payload, "user_id")
    return Click(
        user=user,
        user_name=maybe(payload, "user_name") or "",
        team=team,
        place=channel_at(team, text(payload, "channel_id"), queue_channels),
        aside=Place(user, team, new=command_id(payload)),
        trigger=maybe(payload, "trigger_id"),
    )


def command_id(payload: Payload) -> str:
    """The same for every delivery of one command or global shortcut, and another for every one given."""
    user = maybe(payload, "user_id") or text(payload, "user", "id")
    return _digest("command", user, text(payload, "trigger_id"))


def click_id(payload: Payload, action: Payload) -> str:
    """The same for every delivery of one press, and another for every press."""
    return _digest(
        "click",
        maybe(payload, "container", "message_ts") or maybe(payload, "view", "id"),
        text(action, "action_id"),
        text(payload, "user", "id"),
        maybe(action, "action_ts") or maybe(payload, "trigger_id"),
    )


def submission_id(payload: Payload, answers: Mapping[str, str]) -> str:
    """The same for every delivery of one form, and another when it is corrected and sent again."""
    return _digest("form", text(payload, "view", "id"), text(payload, "user", "id"), sorted(answers.items()))


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def team_of(body: Payload) -> tuple[str | None, str | None]:
    """Workspace and Enterprise Grid of the installation that a payload is for, as Slack's envelope says."""
    for authorization in body.get("authorizations") or ():
        if isinstance(authorization, Mapping):
            return (
                maybe(authorization, "team_id") or maybe(body, "team_id"),
                maybe(authorization, "enterprise_id"),
            )
    team = maybe(body, "team", "id") or maybe(body, "team_id") or maybe(body, "user", "team_id")
    return team, maybe(body, "enterprise", "id") or maybe(body, "enterprise_id")
