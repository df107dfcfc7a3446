"""The kinds of value that stand in a policy file, each with its rule and the sentence for whoever breaks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, PrivateAttr, ValidationInfo

from problems import did_you_mean
from tickets.calendars import Window
from tickets.feeds import read_feed

Content = dict[str, Any]
"""A whole file as TOML gives it. Validators get it as their context, so that every entry is checked against all the
others even when some of those are broken: one mistake never hides another."""


class Place(NamedTuple):
    """Where something stands: a file, and the line in it."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


NOWHERE = Place("", None)


class Table(BaseModel):
    """A table of the file. What is an entry of its own remembers where it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    _place: Place = PrivateAttr(default=NOWHERE)

    @property
    def place(self) -> Place:
        # Reasons ask for it on every request; pydantic's own way to a private attribute takes ten times as long.
        found: Place = (self.__pydantic_private__ or {})["_place"]
        return found

    def stands_at(self, place: Place) -> None:
        self._place = place


class Thread(StrEnum):
    """Who reads what a technician writes under a ticket's card, unless the technician says otherwise."""

    INTERNAL = "internal"
    """Colleagues only; an answer to the requester is marked as one."""
    REQUESTER = "requester"
    """The requester too; a note among colleagues is marked as one."""


def entries(content: Content, section: str) -> list[dict[str, Any]]:
    """The entries of a section as they stand in the file, sound or not."""
    found = content.get(section)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def ids(content: Content, section: str) -> list[str]:
    return [str(entry["id"]) for entry in entries(content, section) if "id" in entry]


# ------------------------------------------------------------------------------------------------- kinds of text


def text_like(pattern: str, wanted: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {wanted} (found '{text}')")
        return text

    return AfterValidator(check)


zones = cache(available_timezones)


def _zone(name: object) -> ZoneInfo:
    if str(name) not in zones():
        raise ValueError(f"unknown time zone '{name}'{did_you_mean(str(name), zones())}")
    return ZoneInfo(str(name))


def _duration(text: object) -> timedelta:
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?", str(text))
    duration = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
    if not duration:
        # A day could mean 24 hours or one working day; nobody should have to guess which was promised.
        raise ValueError(f"must be hours and minutes such as 4h, 15m or 1h30m (found '{text}')")
    return duration


def _turn(text: object) -> timedelta:
    """Of a rota a day is a day: turns end at the same time on the wall, however long that day was."""
    match = re.fullmatch(r"([1-9]\d{0,2})([hdw])", str(text))
    if not match:
        raise ValueError(f"must be hours, days or weeks such as 12h, 1d or 1w (found '{text}')")
    return (
        int(match[1]) * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[match[2]]
    )


def _wall(value: object) -> datetime:
    """A date, which means its midnight, or a date and time on the wall."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    raise ValueError(
        "must be a date or a local date and time, such as 2026-12-24 or 2026-12-24T18:00:00, without quotes and zone"
    )


Id = Annotated[str, text_like(r"[a-z0-9][a-z0-9_-]*", "small letters, digits and hyphens")]
Text = Annotated[str, text_like(r"(?s).*\S.*", "some text")]
Email = Annotated[str, text_like(r"\S+@\S+", "an e-mail address")]
PlatformId = Annotated[str, text_like(r"[^:\s]+:.+", "written platform:id, such as slack:U0123ABCD")]
Member = Annotated[
    str,
    text_like(r"[^\s:]+@\S+|[^:\s]+:.+", "an e-mail address, or platform:id such as slack:U0123ABCD"),
]
Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Turn = Annotated[timedelta, PlainValidator(_turn)]
Wall = Annotated[datetime, PlainValidator(_wall)]
"""A naive time on the wall of whatever zone the entry has."""
Hours = Annotated[Window, PlainValidator(lambda text: Window.parse(str(text)))]
Windows = tuple[Hours, ...]


def _readable(path: str) -> str:
    read_feed(path)  # its errors are sentences
    return path


FeedFile = Annotated[str, AfterValidator(_readable)]
"""An iCalendar file; an address has been fetched into one."""

# ---------------------------------------------------------------------------------------------- between the entries


def one_of(section: str, *others: str) -> AfterValidator:
    """The id of an entry of that section of the same file, or one of those words."""

    def check(id_: str, info: ValidationInfo[Content]) -> str:
        known = [*ids(info.context, section), *others]
        if id_ not in known:
            raise ValueError(f"unknown {section} '{id_}'{did_you_mean(id_, known)}")
        return id_

    return AfterValidator(check)


def only(section: str) -> AfterValidator:
    """An id that no other entry of that section has."""

    def check(id_: str, info: ValidationInfo[Content]) -> str:
        if ids(info.context, section).count(id_) > 1:
            raise ValueError(f"more than one {section} has the id '{id_}'")
        return id_

    return AfterValidator(check)


def only_once(values: Sequence[str]) -> Sequence[str]:
    if twice := [value for value, times in Counter(values).items() if times > 1]:
        raise ValueError(f"names '{twice[0]}' more than once")
    return values


Distinct = AfterValidator(only_once)
CalendarId = Annotated[str, one_of("calendar")]
SiteId = Annotated[str, one_of("site")]
QueueId = Annotated[str, one_of("queue")]
TechnicianId = Annotated[str, one_of("technician")]
CategoryId = Annotated[str, one_of("category")]
RotaId = Annotated[str, one_of("rota")]
GroupId = Annotated[str, one_of("group")]
