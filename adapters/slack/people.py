"""Who somebody in Slack is: from what Slack says about them, remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.slack.addresses import PLATFORM
from adapters.slack.context import Workspace
from adapters.slack.web_api import AT_ONCE, SlackRefused, WebApi
from bot.messages import Person

FRESH = 3_600.0
"""Seconds for which a profile is not asked for again."""
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Profile:
    name: str = ""
    email: str | None = None
    timezone: str | None = None
    locale: str = "en"
    picture: str = ""
    machine: bool = False
    """Another bot, or Slackbot."""
    stranger: bool = False
    """Of another company, in a channel shared with it."""


UNKNOWN = Profile()


class People:
    def __init__(self, api: WebApi) -> None:
        self._api = api
        self._known: OrderedDict[tuple[str, str], tuple[float, Profile]] = OrderedDict()
        self._direct: dict[tuple[str, str], str] = {}

    async def person(
        self, workspace: Workspace, organisation: str, user: str, name: str = ""
    ) -> tuple[Person, Profile]:
        """The person behind a user id; `name` is what the event itself calls them, for when Slack does not answer."""
        profile = await self.profile(workspace, user)
        person = Person(
            organisation=organisation,
            platform=PLATFORM,
            id=user,
            name=profile.name or name,
            email=profile.email,
            locale=profile.locale,
            timezone=profile.timezone,
        )
        return person, profile

    async def profile(self, workspace: Workspace, user: str) -> Profile:
        """What Slack says; what it said before when it does not answer, and nothing when it never did."""
        key, now = (workspace.team, user), self._api.monotonic()
        known = self._known.get(key)
        if known and known[0] > now:
            return known[1]
        try:
            answer = await self._api.call(
                workspace, "users.info", timeout=AT_ONCE, user=user, include_locale="true"
            )
        except SlackRefused as refused:
            if not refused.permanent:
                return known[1] if known else UNKNOWN
            profile = UNKNOWN
        except Exception:  # whatever Slack does, a person is not kept waiting for their own name
            return known[1] if known else UNKNOWN
        else:
            profile = _profile(answer.get("user"))
        self._known[key] = (now + FRESH, profile)
        self._known.move_to_end(key)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return profile

    def forget(self, workspace: Workspace, user: str) -> None:
        """What was known of somebody has changed."""
        self._known.pop((workspace.team, user), None)

    def name(self, workspace: Workspace, user: str) -> str | None:
        """The name of somebody who was met lately."""
        known = self._known.get((workspace.team, user))
        return known[1].name or None if known else None

    def picture(self, workspace: Workspace, name: str) -> str | None:
        """The picture of the one person of that name who was met lately; None when it is not certain who is meant."""
        found = {
            profile.picture
            for (team, _), (_, profile) in self._known.items()
            if team == workspace.team and profile.name == name and profile.picture
        }
        return found.pop() if len(found) == 1 else None

    async def direct_channel(self, workspace: Workspace, user: str) -> str:
        """The channel of the desk's direct conversation with somebody.

        Raises:
            SlackRefused, SlackUnclear, TimeoutError, aiohttp.ClientError: Slack did not say.
        """
        key = (workspace.team, user)
        if key not in self._direct:
            answer = await self._api.call(workspace, "conversations.open", timeout=AT_ONCE, users=user)
            if len(self._direct) > _REMEMBERED:
                self._direct.clear()
            self._direct[key] = answer["channel"]["id"]
        return self._direct[key]


def _profile(user: Any) -> Profile:
    if not isinstance(user, Mapping):
        return UNKNOWN
    about = user.get("profile") or {}
    return Profile(
        name=about.get("real_name")
        or user.get("real_name")
        or about.get("display_name")
        or user.get("name")
        or "",
        email=about.get("email"),
        timezone=user.get("tz"),
        locale=user.get("locale") or "en",
        picture=about.get("image_72") or "",
        machine=bool(user.get("is_bot")) or user.get("id") == "USLACKBOT",
        stranger=bool(user.get("is_stranger")),
    )
