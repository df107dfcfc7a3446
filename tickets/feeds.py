"""iCalendar files: the days and hours that a calendar takes from them, the turns of a rota, somebody's absences. Repeating
events are unfolded a year at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tickets.calendars import DAY, MINUTES_A_DAY, Window, instant_of


class Occurrence(NamedTuple):
    """Of an event: dates when it lasts whole days, instants otherwise; the end is excluded."""

    start: date
    end: date
    about: str = ""
    """What it is called and who takes part."""


@dataclass(frozen=True, eq=False)
class Feed:
    """The events of one file."""

    query: Any
    _years: dict[int, tuple[Occurrence, ...]] = field(default_factory=dict, init=False, repr=False)

    def of_year(self, year: int) -> tuple[Occurrence, ...]:
        """Those that touch a year, some days around it included."""
        if year not in self._years:
            events = self.query.between(date(year, 1, 1) - 3 * DAY, date(year + 1, 1, 1) + 3 * DAY)
            self._years[year] = tuple(sorted(map(_occurrence, events), key=lambda one: str(one.start)))
        return self._years[year]


class UnreadableFeed(ValueError):
    """There is no such file, or it is no iCalendar."""


def is_address(where: str) -> bool:
    """Whether it is to be fetched, and no file."""
    return where.lower().startswith(("http://", "https://", "webcal://"))


Fetch = Callable[[str], Path]
"""From an address to a file with what is there. Raises UnreadableFeed."""


def fetch_nothing(address: str) -> Path:
    raise UnreadableFeed(f"'{address}' is an address, and nothing is fetched here")


def read_feed(path: str) -> Feed:
    """The file as it is now; read again only after it has changed.

    Raises:
        UnreadableFeed: with the reason in a sentence.
    """
    try:
        changed_at = Path(path).stat().st_mtime_ns
    except OSError as missing:
        raise UnreadableFeed(f"'{path}' cannot be read: {missing.strerror}") from None
    return _read(path, changed_at)


@lru_cache(maxsize=64)
def _read(path: str, changed_at: int) -> Feed:
    try:
        return parse_feed(Path(path).read_bytes())
    except OSError as missing:
        raise UnreadableFeed(f"'{path}' cannot be read: {missing.strerror}") from None
    except ValueError as broken:
        raise UnreadableFeed(f"'{path}' is not an iCalendar file: {broken}") from None


def parse_feed(content: bytes) -> Feed:
    """
    Raises:
        ValueError: it is no iCalendar.
    """
    # Imported only where there is such a file: they are heavy packages.
    import recurring_ical_events
    from icalendar import Calendar as ICalendar

    return Feed(recurring_ical_events.of(ICalendar.from_ical(content)))


@dataclass(frozen=True, eq=False)
class Times:
    """The events of a feed in time; dates, and times without a zone, are meant on the wall of this one."""

    feed: Feed
    zone: ZoneInfo
    _years: dict[int, tuple[tuple[datetime, datetime, str], ...]] = field(
        default_factory=dict, init=False, repr=False
    )

    def between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, str]]:
        """Those that touch the time from `start` to `end`, both included: since when, until when, what about."""
        years = range(start.year, end.year + 1)
        for one in dict.fromkeys(one for year in years for one in self._of_year(year)):
            if one[0] <= end and start < one[1]:
                yield one

    def _of_year(self, year: int) -> tuple[tuple[datetime, datetime, str], ...]:
        if year not in self._years:
            occurrences = self.feed.of_year(year)
            found = (
                (_instant(one.start, self.zone), _instant(one.end, self.zone), one.about)
                for one in occurrences
            )
            self._years[year] = tuple(sorted(found))
        return self._years[year]


@dataclass(frozen=True, eq=False)
class ClosedDays:
    """A container of the days that events of whole days cover, on top of other days."""

    feed: Feed
    also: frozenset[date]

    def __contains__(self, day: object) -> bool:
        if day in self.also:
            return True
        return isinstance(day, date) and any(
            one.start <= day < one.end for one in self.feed.of_year(day.year) if _whole(one)
        )


@dataclass(frozen=True, eq=False)
class OpenHours(Mapping[date, tuple[Window, ...]]):
    """The hours of the days that events touch: a day has exactly those. Dates that a policy names itself come first."""

    feed: Feed
    zone: ZoneInfo
    own: Mapping[date, tuple[Window, ...]]
    _years: dict[int, dict[date, tuple[Window, ...]]] = field(default_factory=dict, init=False, repr=False)

    def __getitem__(self, day: date) -> tuple[Window, ...]:
        return self.own[day] if day in self.own else self._of_year(day.year)[day]

    def __contains__(self, day: object) -> bool:
        return day in self.own or (isinstance(day, date) and day in self._of_year(day.year))

    def __iter__(self) -> Iterator[date]:
        """Without end, so it is of no use; a mapping must have it."""
        return iter(self.own)

    def __len__(self) -> int:
        return len(self.own)

    def _of_year(self, year: int) -> dict[date, tuple[Window, ...]]:
        if year not in self._years:
            days: dict[date, list[Window]] = {}
            for occurrence in self.feed.of_year(year):
                for day, window in _windows(occurrence, self.zone):
                    days.setdefault(day, []).append(window)
            self._years[year] = {day: tuple(sorted(windows)) for day, windows in days.items()}
        return self._years[year]


def _occurrence(event: Any) -> Occurrence:
    start, end = event.start, event.end
    if end <= start:  # an event of one day need not say when it ends
        end = start + (timedelta(minutes=1) if isinstance(start, datetime) else DAY)
    return Occurrence(start, end, _about(event))


def _about(event: Any) -> str:
    attendees = event.get("ATTENDEE", [])
    people = attendees if isinstance(attendees, list) else [attendees]
    return " ".join([str(event.get("SUMMARY", "")), *map(str, people)]).strip()


def _whole(occurrence: Occurrence) -> bool:
    return not isinstance(occurrence.start, datetime)


def _windows(occurrence: Occurrence, zone: ZoneInfo) -> Iterator[tuple[date, Window]]:
    """Local dates with the hours that begin on them; an event that lasts for days is cut at midnight."""
    start, end = _wall(occurrence.start, zone), _wall(occurrence.end, zone)
    while start < end:
        midnight = datetime.combine(start.date(), time())
        # A night stays one window, as it would be written by hand.
        until = end if end - midnight <= 2 * DAY and not _whole(occurrence) else min(end, midnight + DAY)
        first, last = (int((one - midnight) / timedelta(minutes=1)) for one in (start, until))
        yield start.date(), Window(first, min(last, 2 * MINUTES_A_DAY))
        start = until


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime) and moment.tzinfo:
        return moment.astimezone(UTC)
    return instant_of(_wall(moment, zone), zone)


def _wall(moment: date, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows; an event without a zone means the calendar's."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)
