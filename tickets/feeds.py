"""iCalendar files as the days and hours that a calendar takes from them. Repeating events are unfolded a year at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tickets.calendars import DAY, MINUTES_A_DAY, Window


class Occurrence(NamedTuple):
    """Of an event: dates when it lasts whole days, instants otherwise; the end is excluded."""

    start: date
    end: date


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
    # Imported only where there is such a file: they are heavy packages.
    import recurring_ical_events
    from icalendar import Calendar as ICalendar

    try:
        return Feed(recurring_ical_events.of(ICalendar.from_ical(Path(path).read_bytes())))
    except OSError as missing:
        raise UnreadableFeed(f"'{path}' cannot be read: {missing.strerror}") from None
    except ValueError as broken:
        raise UnreadableFeed(f"'{path}' is not an iCalendar file: {broken}") from None


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
    return Occurrence(start, end)


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


def _wall(moment: date, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows; an event without a zone means the calendar's."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)
