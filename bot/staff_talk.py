"""What technicians say about being there: out, back, a swap, and who answers now. Pure.

Only a whole message counts, as in `bot.smalltalk`. Days are those on the wall of the speaker's own zone; "Friday" is
the next one, today included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tickets.calendars import DAY, instant_of

NIGHT = time(18), time(8)
"""Of "Friday night": from Friday at six to Saturday at eight."""

MOST = 120
"""Characters; a longer message has something else to say."""


@dataclass(frozen=True, slots=True)
class Out:
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Back:
    pass


@dataclass(frozen=True, slots=True)
class SwapWanted:
    """Somebody else is to take what the speaker has between two instants."""

    since: datetime
    until: datetime
    colleague: str
    """As the speaker calls them."""


@dataclass(frozen=True, slots=True)
class WhoAnswers:
    about: str
    """What else was said: an office, a category, a priority; or nothing."""


StaffTalk = Out | Back | SwapWanted | WhoAnswers

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAY = rf"(?:today|tonight|tomorrow|(?:on )?(?:{'|'.join(_DAYS)})|(?:on )?\d{{4}}-\d\d-\d\d|(?:on )?\d{{1,2}} (?:{'|'.join(_MONTHS)}))"
_I_AM = r"(?:i(?:'m| am|m|ll be|'ll be| will be) )?"
_AWAY = (
    r"(?:out of office|out of the office|out sick|off sick|out|away|off|sick|on holiday|on vacation|on leave)"
)

_UNTIL = re.compile(
    rf"{_I_AM}{_AWAY}(?: from (?P<since>{_DAY}))?(?: until| till| to)(?: i am back)? (?P<until>{_DAY})"
)
_ON = re.compile(rf"{_I_AM}{_AWAY} (?P<day>{_DAY})")
_BACK = re.compile(r"(?:i(?:'m| am|m) )?back(?: again| now| at work)?")
_SWAP = re.compile(rf"(?:can you |please )?swap (?:my )?(?P<day>{_DAY})(?P<night> night)? with @?(?P<who>.+)")
_WHO = re.compile(
    r"who(?:'s| is)? (?:answers|answering|on call|on-call|there)(?: now)?(?: for (?P<about>.+))?"
)


def understand(text: str, zone: ZoneInfo, now: datetime) -> StaffTalk | None:
    """What a technician has said about who is there, or None when it is about something else."""
    said = " ".join(text.replace("’", "'").casefold().split()).rstrip(".!? ")
    if not said or len(said) > MOST:
        return None
    if match := _UNTIL.fullmatch(said):
        since = _midnight(match["since"], zone, now) if match["since"] else now
        until = _midnight(match["until"], zone, now)
        return (
            Out(max(since or now, now), until) if until and until > now and until > (since or now) else None
        )
    if match := _ON.fullmatch(said):
        since = _midnight(match["day"], zone, now)
        return Out(max(since, now), _next_midnight(since, zone)) if since else None
    if _BACK.fullmatch(said):
        return Back()
    if match := _SWAP.fullmatch(said):
        return _swap(match["day"], bool(match["night"]), match["who"], zone, now)
    if match := _WHO.fullmatch(said):
        return WhoAnswers(match["about"] or "")
    return None


def _swap(day: str, night: bool, who: str, zone: ZoneInfo, now: datetime) -> SwapWanted | None:
    on = _date(day, zone, now)
    if on is None:
        return None
    if night or day == "tonight":
        since = instant_of(datetime.combine(on, NIGHT[0]), zone)
        until = instant_of(datetime.combine(on + DAY, NIGHT[1]), zone)
    else:
        since = instant_of(datetime.combine(on, time()), zone)
        until = instant_of(datetime.combine(on + DAY, time()), zone)
    return SwapWanted(max(since, now), until, who)


def _midnight(day: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    on = _date(day, zone, now)
    return instant_of(datetime.combine(on, time()), zone) if on else None


def _next_midnight(midnight: datetime, zone: ZoneInfo) -> datetime:
    return instant_of(datetime.combine(midnight.astimezone(zone).date() + DAY, time()), zone)


def _date(day: str, zone: ZoneInfo, now: datetime) -> date | None:
    """The day that is meant, today or later; None for one that there is not."""
    today = now.astimezone(zone).date()
    day = day.removeprefix("on ")
    if day in ("today", "tonight"):
        return today
    if day == "tomorrow":
        return today + DAY
    if day in _DAYS:
        return today + timedelta(days=(_DAYS.index(day) - today.weekday()) % 7)
    try:
        if day[:4].isdecimal():
            return date.fromisoformat(day)
        number, month = day.split()
        this_year = date(today.year, _MONTHS.index(month) + 1, int(number))
    except ValueError:
        return None
    return this_year if this_year >= today else this_year.replace(year=today.year + 1)
