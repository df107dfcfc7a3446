"""Business time: when a clock runs, and sums and differences that count only the time in which it does.

A calendar is open at exactly those instants at which a wall clock in its zone shows a time inside one of its windows.
So the hour that spring skips is never counted and the hour that autumn repeats counts twice.

Every instant that goes in or comes out is an aware datetime in UTC; durations are real time, to the microsecond.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
DAY = timedelta(days=1)

PATIENCE = 10 * 366
"""Days without an opening after which a calendar counts as closed for good."""

Stretch = tuple[datetime, datetime]
"""From the first instant, included, to the second, excluded."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Opening hours on the wall, in minutes after the midnight at which their day begins.

    `start` is included and lies in that day; `end` is excluded and may lie in the next one (more than 1440).
    """

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `08:00-12:30`; an end at or before the start is on the next day, as in `22:00-06:00`.

        Raises:
            ValueError: it is not written like that, names no time of day, or is empty.
        """
        match = re.fullmatch(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)", text)
        start, end = (_minutes(match[1], match[2]), _minutes(match[3], match[4])) if match else (-1, -1)
        if not (0 <= start < MINUTES_A_DAY and 0 <= end <= MINUTES_A_DAY):
            raise ValueError(f"must be hours such as 08:00-18:00 or 22:00-06:00 (found '{text}')")
        if start == end:
            raise ValueError(f"'{text}' has no length; a whole day is 00:00-24:00")
        return cls(start, end if end > start else end + MINUTES_A_DAY)

    def __str__(self) -> str:
        midnight = self.start - self.start % MINUTES_A_DAY
        end = self.end - midnight
        return (
            f"{_clock(self.start - midnight)}-{_clock(end if end <= MINUTES_A_DAY else end - MINUTES_A_DAY)}"
        )

    def later(self, days: int) -> Window:
        """The same hours `days` days later, seen from the same midnight."""
        return Window(self.start + days * MINUTES_A_DAY, self.end + days * MINUTES_A_DAY)


ALL_DAY = Window(0, MINUTES_A_DAY)


def overlap(windows: Iterable[Window]) -> tuple[Window, Window] | None:
    """Two windows that share time, or None when they are all apart."""
    return next(((a, b) for a, b in pairwise(sorted(windows)) if b.start < a.end), None)


class NeverOpens(ValueError):
    """A calendar has closed for good: whatever is looked for in it will never come."""

    def __init__(self, calendar: str) -> None:
        super().__init__(f"the calendar '{calendar}' does not open in {PATIENCE // 366} years")


@dataclass(frozen=True, eq=False)
class Calendar:
    """When a clock runs. A window belongs to the local date on which it begins, also when it ends on the next.

    A day in `special` has exactly those windows; otherwise a day that is a holiday or closed has none; otherwise
    it has those of its weekday.

    Raises:
        ValueError: no weekday has a window, so the calendar would never open.
    """

    id: str
    timezone: ZoneInfo
    week: Sequence[Sequence[Window]]
    """Seven days from Monday."""
    holidays: Container[date] = frozenset()
    closed: Container[date] = frozenset()
    special: Mapping[date, Sequence[Window]] = field(default_factory=dict)
    _days: dict[date, tuple[Stretch, ...]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not any(self.week):
            raise ValueError("never opens: give hours on at least one weekday, or write always = true")

    def is_open(self, instant: datetime) -> bool:
        return any(start <= instant < end for start, end in self._openings(instant.date()))

    def next_opening(self, instant: datetime) -> datetime:
        """The first instant at or after this one at which the calendar is open."""
        return next(self._after(instant))[0]

    def add(self, instant: datetime, duration: timedelta) -> datetime:
        """The instant that is `duration` of open time after this one, or before it when negative.

        Of several it is the nearest: eight hours from nine end when the day closes, not when the next one opens.
        """
        if duration < timedelta():
            return self._subtract(instant, -duration)
        if not duration:
            return instant
        stretches = self._after(instant)
        start, end = next(stretches)
        while duration > end - start:
            duration -= end - start
            start, end = next(stretches)
        return start + duration

    def elapsed(self, a: datetime, b: datetime) -> timedelta:
        """Open time from `a` to `b`; negative when `b` comes first."""
        if b < a:
            return -self.elapsed(b, a)
        return sum((end - start for start, end in self.stretches(a, b)), timedelta())

    def open_since(self, instant: datetime, at_most: timedelta) -> datetime | None:
        """When it opened, while it is open; None when it is closed, or has been open for longer than `at_most`."""
        if not self.is_open(instant):
            return None
        opened = instant
        for start, end in self._before(instant + timedelta.resolution):
            if end < opened or instant - opened > at_most:
                break
            opened = start
        return opened if instant - opened <= at_most else None

    def closed_since(self, instant: datetime, at_most: timedelta) -> datetime | None:
        """When it closed, while it is closed; None when it is open, or has been closed for longer than `at_most`."""
        if self.is_open(instant):
            return None
        closed = next(self._before(instant))[1]
        return closed if instant - closed <= at_most else None

    def stretches(self, a: datetime, b: datetime) -> Iterator[Stretch]:
        """The time between two instants in which it is open, in order. One that spans midnight in UTC comes in parts."""
        for days in range((b.date() - a.date()).days + 1):
            for start, end in self._openings(a.date() + days * DAY):
                if start < b and end > a:
                    yield max(start, a), min(end, b)

    def _subtract(self, instant: datetime, duration: timedelta) -> datetime:
        stretches = self._before(instant)
        start, end = next(stretches)
        while duration > end - start:
            duration -= end - start
            start, end = next(stretches)
        return end - duration

    def _after(self, instant: datetime) -> Iterator[Stretch]:
        """Open stretches from `instant` on, without end."""
        day = last = instant.date()
        while (day - last).days < PATIENCE:
            for start, end in self._openings(day):
                if end > instant:
                    yield max(start, instant), end
                    last = day
            day += DAY
        raise NeverOpens(self.id)

    def _before(self, instant: datetime) -> Iterator[Stretch]:
        """Open stretches from `instant` back, without end."""
        day = last = instant.date()
        while (last - day).days < PATIENCE:
            for start, end in reversed(self._openings(day)):
                if start < instant:
                    yield start, min(end, instant)
                    last = day
            day -= DAY
        raise NeverOpens(self.id)

    def _openings(self, day: date) -> tuple[Stretch, ...]:
        """Open stretches of one UTC day, in order. Computed once: this is what makes sums fast."""
        if day not in self._days:
            self._days[day] = tuple(_joined(self._pieces(day)))
        return self._days[day]

    def _pieces(self, day: date) -> Iterator[Stretch]:
        """Windows, each turned into instants and cut to one UTC day and to where the zone's offset changes."""
        midnight = datetime.combine(day, time(), UTC)
        # Zones reach from UTC-12 to UTC+14 and a window may end a day after it began.
        windows = [window.later(days) for days in range(-2, 2) for window in self._hours(day + days * DAY)]
        for start, end, offset in _steady(self.timezone, midnight, midnight + DAY):
            for window in windows:
                opens = max(start, midnight + timedelta(minutes=window.start) - offset)
                closes = min(end, midnight + timedelta(minutes=window.end) - offset)
                if opens < closes:
                    yield opens, closes

    def _hours(self, day: date) -> Sequence[Window]:
        """The windows that begin on a local date."""
        if day in self.special:
            return self.special[day]
        if day in self.closed or day in self.holidays:
            return ()
        return self.week[day.weekday()]


@lru_cache(maxsize=8192)
def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock there shows this time or a later one: of a time that is shown twice the
    first, and for one that is skipped the moment of the skip."""
    # In a gap one reckoning lands before the change and the other after it; the change itself lies between.
    before, after = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if before == after or before.astimezone(zone).replace(tzinfo=None) == wall:
        return before
    *_, (changed_at, _, _) = _steady(zone, before, after + timedelta(seconds=1))
    return changed_at


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Cut time where the zone's offset from UTC changes, to the second; each part comes with its offset."""

    def offset_after(seconds: int) -> timedelta:
        return (start + timedelta(seconds=seconds)).astimezone(zone).utcoffset() or timedelta()

    offset = offset_after(0)
    seconds = range(int((end - start).total_seconds()))
    change = bisect_left(seconds, True, key=lambda second: offset_after(second) != offset)
    changes_at = start + timedelta(seconds=change)
    yield start, changes_at, offset
    if changes_at < end:
        yield from _steady(zone, changes_at, end)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in order, without overlaps: a special day may begin while the night before still runs."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
