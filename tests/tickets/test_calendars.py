from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tickets.calendars import ALL_DAY, Calendar, Window, overlap

DENVER = ZoneInfo("America/Denver")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def hours(*texts: str) -> tuple[Window, ...]:
    return tuple(map(Window.parse, texts))


def weekdays(*texts: str) -> list[tuple[Window, ...]]:
    return [hours(*texts)] * 5 + [()] * 2


def local(text: str, zone: ZoneInfo = DENVER, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


OFFICE = Calendar("office", DENVER, weekdays("08:00-18:00"))
LUNCH = Calendar("lunch", DENVER, weekdays("08:00-12:00", "13:00-17:00"))
NIGHTS = Calendar("nights", DENVER, [hours("22:00-06:00")] * 7)
ALWAYS = Calendar("always", DENVER, [[ALL_DAY]] * 7)
FESTIVE = Calendar(
    "festive",
    DENVER,
    weekdays("08:00-18:00"),
    holidays={date(2026, 12, 25)},
    closed={date(2026, 12, 28)},
    special={date(2026, 12, 24): hours("08:00-12:00"), date(2026, 12, 26): hours("10:00-11:00")},
)


class TestWindow:
    @pytest.mark.parametrize(
        ("text", "window"),
        [
            ("08:00-18:00", Window(480, 1080)),
            ("8:00-12:30", Window(480, 750)),
            ("00:00-24:00", ALL_DAY),
            ("22:00-06:00", Window(1320, 1800)),
            ("22:00-00:00", Window(1320, 1440)),
            ("12:00-11:59", Window(720, 2159)),
        ],
    )
    def test_reads_hours(self, text: str, window: Window) -> None:
        assert Window.parse(text) == window

    @pytest.mark.parametrize(
        "text", ["", "8-18", "08:00", "08:60-09:00", "24:00-01:00", "08:00-24:01", "08:00 - 9"]
    )
    def test_refuses_what_names_no_hours(self, text: str) -> None:
        with pytest.raises(ValueError, match="must be hours such as"):
            Window.parse(text)

    def test_refuses_hours_without_length(self) -> None:
        with pytest.raises(ValueError, match="no length; a whole day is 00:00-24:00"):
            Window.parse("08:00-08:00")

    @pytest.mark.parametrize("text", ["08:00-18:00", "00:00-24:00", "22:00-06:00", "22:00-24:00"])
    def test_writes_itself_as_it_was_read_on_any_day(self, text: str) -> None:
        assert str(Window.parse(text)) == str(Window.parse(text).later(3)) == text

    @pytest.mark.parametrize(
        ("texts", "shared"),
        [
            (["08:00-12:00", "12:00-18:00"], None),
            (["13:00-18:00", "08:00-13:01"], ("08:00-13:01", "13:00-18:00")),
            ([], None),
        ],
    )
    def test_finds_overlaps(self, texts: list[str], shared: tuple[str, str] | None) -> None:
        assert overlap(hours(*texts)) == (hours(*shared) if shared else None)


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="never opens"):
        Calendar("never", DENVER, [()] * 7)


@pytest.mark.parametrize(
    ("calendar", "now", "is_open", "opens"),
    [
        (OFFICE, "2026-03-06T07:59", False, "2026-03-06T08:00"),
        (OFFICE, "2026-03-06T08:00", True, "2026-03-06T08:00"),
        (OFFICE, "2026-03-06T17:59", True, "2026-03-06T17:59"),
        (OFFICE, "2026-03-06T18:00", False, "2026-03-09T08:00"),  # over the weekend into summer time
        (LUNCH, "2026-03-06T12:00", False, "2026-03-06T13:00"),
        (NIGHTS, "2026-03-06T05:59", True, "2026-03-06T05:59"),
        (NIGHTS, "2026-03-06T06:00", False, "2026-03-06T22:00"),
        (NIGHTS, "2026-03-07T00:00", True, "2026-03-07T00:00"),
        (FESTIVE, "2026-12-24T12:00", False, "2026-12-26T10:00"),  # half day, holiday, an open Saturday
        (FESTIVE, "2026-12-26T11:00", False, "2026-12-29T08:00"),  # then a closed Monday
        (ALWAYS, "2026-03-08T03:00", True, "2026-03-08T03:00"),
    ],
)
def test_when_it_is_open(calendar: Calendar, now: str, is_open: bool, opens: str) -> None:
    assert calendar.is_open(local(now)) is is_open
    assert calendar.next_opening(local(now)) == local(opens)


@pytest.mark.parametrize(
    ("calendar", "start", "duration", "end"),
    [
        (OFFICE, "2026-03-04T09:00", 8 * HOUR, "2026-03-04T17:00"),
        (OFFICE, "2026-03-04T10:00", 8 * HOUR, "2026-03-04T18:00"),  # when it closes, not when it opens again
        (OFFICE, "2026-03-04T10:01", 8 * HOUR, "2026-03-05T08:01"),
        (OFFICE, "2026-03-06T18:05", HOUR, "2026-03-09T09:00"),
        (OFFICE, "2026-03-07T12:00", timedelta(0), "2026-03-07T12:00"),
        (OFFICE, "2028-02-28T17:00", 2 * HOUR, "2028-02-29T09:00"),
        (OFFICE, "2026-03-09T09:00", -2 * HOUR, "2026-03-06T17:00"),
        (OFFICE, "2026-03-09T09:00", -HOUR, "2026-03-09T08:00"),
        (LUNCH, "2026-03-04T11:30", HOUR, "2026-03-04T13:30"),
        # The night that loses an hour lasts seven, and the one that repeats one nine.
        (NIGHTS, "2026-03-07T22:00", 8 * HOUR, "2026-03-08T23:00"),
        (NIGHTS, "2026-03-07T22:00", 7 * HOUR, "2026-03-08T06:00"),
        (NIGHTS, "2026-10-31T22:00", 9 * HOUR, "2026-11-01T06:00"),
        (FESTIVE, "2026-12-24T11:00", 3 * HOUR, "2026-12-29T09:00"),
        (ALWAYS, "2026-03-07T12:00", 24 * HOUR, "2026-03-08T13:00"),
    ],
)
def test_adds_open_time(calendar: Calendar, start: str, duration: timedelta, end: str) -> None:
    assert calendar.add(local(start), duration) == local(end)
    assert calendar.elapsed(local(start), local(end)) == duration


@pytest.mark.parametrize(
    ("calendar", "now", "opened", "closed"),
    [
        (OFFICE, "2026-03-06T08:00", "2026-03-06T08:00", None),
        (OFFICE, "2026-03-06T10:59", "2026-03-06T08:00", None),
        (OFFICE, "2026-03-06T11:01", None, None),  # three hours ago is too long
        (OFFICE, "2026-03-06T18:00", None, "2026-03-06T18:00"),
        (OFFICE, "2026-03-06T20:59", None, "2026-03-06T18:00"),
        (OFFICE, "2026-03-07T18:00", None, None),
        (LUNCH, "2026-03-06T12:30", None, "2026-03-06T12:00"),
        (NIGHTS, "2026-03-07T00:30", "2026-03-06T22:00", None),
        (NIGHTS, "2026-03-06T17:30", None, None),
        (ALWAYS, "2026-03-07T00:30", None, None),
    ],
)
def test_since_when(calendar: Calendar, now: str, opened: str | None, closed: str | None) -> None:
    assert calendar.open_since(local(now), 3 * HOUR) == (local(opened) if opened else None)
    assert calendar.closed_since(local(now), 3 * HOUR) == (local(closed) if closed else None)


def test_a_window_in_the_repeated_hour_is_open_both_times() -> None:
    early = Calendar("early", DENVER, [hours("01:00-01:30")] * 7)
    first, second = local("2026-11-01T01:00"), local("2026-11-01T01:00", fold=1)
    assert second - first == HOUR
    assert early.elapsed(first, first + 2 * HOUR) == HOUR
    assert not early.is_open(first + 30 * MINUTE)
    assert early.next_opening(first + 30 * MINUTE) == second


def test_a_window_in_the_skipped_hour_does_not_open() -> None:
    early = Calendar("early", DENVER, [hours("02:15-02:45")] * 7)
    assert early.next_opening(local("2026-03-08T00:00")) == local("2026-03-09T02:15")


def test_a_night_belongs_to_the_date_on_which_it_begins() -> None:
    thursday_closed = Calendar("nights", DENVER, [hours("22:00-06:00")] * 7, closed={date(2026, 3, 5)})
    assert thursday_closed.is_open(local("2026-03-05T05:00"))
    assert thursday_closed.next_opening(local("2026-03-05T06:00")) == local("2026-03-06T22:00")


def test_a_special_day_does_not_count_twice_what_the_night_before_still_covers() -> None:
    calendar = Calendar(
        "n", DENVER, [hours("22:00-06:00")] * 7, special={date(2026, 3, 5): hours("04:00-12:00")}
    )
    assert calendar.elapsed(local("2026-03-04T22:00"), local("2026-03-05T12:00")) == 14 * HOUR


# -------------------------------------------------------------- the same to the minute as somebody who counts them

PLACES = [
    ("America/Denver", date(2026, 3, 1)),  # spring
    ("America/Denver", date(2026, 10, 25)),  # autumn
    ("Europe/London", date(2026, 3, 22)),
    ("Europe/London", date(2026, 10, 18)),
    ("Asia/Kolkata", date(2026, 5, 1)),  # +05:30
    ("Asia/Kathmandu", date(2028, 2, 22)),  # +05:45, leap day
    ("Australia/Lord_Howe", date(2026, 3, 29)),  # half an hour back
    ("Australia/Lord_Howe", date(2026, 9, 27)),  # half an hour forward
    ("America/Sao_Paulo", date(2018, 10, 28)),  # no midnight
    ("America/Sao_Paulo", date(2019, 2, 10)),  # two hours before midnight
    ("America/St_Johns", date(2006, 10, 22)),  # back at 00:01 into the day before
    ("Pacific/Apia", date(2011, 12, 23)),  # no 30 December at all
]
DAYS = 10
MINUTES = range(DAYS * 24 * 60)


@cache
def wall(zone: str, first: date) -> list[tuple[date, int]]:
    """What a clock on the wall shows in each minute: date, and minutes since midnight."""
    start, where = datetime(first.year, first.month, first.day, tzinfo=UTC), ZoneInfo(zone)
    shown = ((start + minute * MINUTE).astimezone(where) for minute in MINUTES)
    return [(moment.date(), moment.hour * 60 + moment.minute) for moment in shown]


@dataclass(frozen=True)
class Counter:
    """The oracle: it asks in every single minute whether the clock on the wall shows a time inside a window."""

    zone: str
    first: date
    week: list[tuple[Window, ...]]
    closed: frozenset[date]
    special: dict[date, tuple[Window, ...]]

    def calendar(self, *, as_holidays: bool) -> Calendar:
        days = {"holidays" if as_holidays else "closed": self.closed}
        return Calendar("drawn", ZoneInfo(self.zone), self.week, special=self.special, **days)  # type: ignore[arg-type]

    def hours_of(self, day: date) -> tuple[Window, ...]:
        return self.special.get(day, () if day in self.closed else self.week[day.weekday()])

    def open_minutes(self) -> list[bool]:
        shown = wall(self.zone, self.first)
        open_on = {day: self.minutes_of(day) for day in {day for day, _ in shown}}
        return [minute in open_on[day] for day, minute in shown]

    def minutes_of(self, day: date) -> set[int]:
        """The minutes of a date that lie in its own windows, or in those of the night before."""
        own = {minute for window in self.hours_of(day) for minute in range(window.start, window.end)}
        before = self.hours_of(day - timedelta(days=1))
        return own | {minute - 1440 for window in before for minute in range(window.start, window.end)}


windows = st.builds(
    lambda start, length: Window(start, start + length),
    st.integers(0, 95).map(lambda quarter: quarter * 15) | st.integers(0, 1439),
    st.integers(1, 1440),
)
some_hours = st.lists(windows, max_size=3).map(tuple)


@st.composite
def counters(draw: st.DrawFn) -> Counter:
    zone, first = draw(st.sampled_from(PLACES))
    dates = st.integers(0, DAYS - 1).map(lambda days: first + timedelta(days=days))
    week = draw(st.lists(some_hours, min_size=7, max_size=7).filter(any))
    return Counter(
        zone,
        first,
        week,
        draw(st.frozensets(dates, max_size=4)),
        draw(st.dictionaries(dates, st.lists(windows, min_size=1, max_size=2).map(tuple), max_size=3)),
    )


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(counters(), st.booleans(), st.data())
def test_equal_to_counting_minutes(counter: Counter, as_holidays: bool, data: st.DataObject) -> None:
    compare(counter, as_holidays, data)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=2500, deadline=None)
@given(counters(), st.booleans(), st.data())
def test_equal_to_counting_minutes_in_a_hundred_thousand_cases(
    counter: Counter, as_holidays: bool, data: st.DataObject
) -> None:
    compare(counter, as_holidays, data)


def compare(counter: Counter, as_holidays: bool, data: st.DataObject) -> None:
    """Ten times: is it open, when does it open, how much has elapsed, and sums in both directions."""
    calendar = counter.calendar(as_holidays=as_holidays)
    start = datetime.combine(counter.first, datetime.min.time(), UTC)
    is_open = counter.open_minutes()
    until = [0, *accumulate(is_open)]

    def at(minute: int) -> datetime:
        return start + minute * MINUTE

    for _ in range(10):
        a, b = data.draw(st.tuples(st.sampled_from(MINUTES), st.sampled_from(MINUTES)))
        assert calendar.is_open(at(a)) == is_open[a]
        assert calendar.elapsed(at(a), at(b)) == (until[b] - until[a]) * MINUTE
        if until[a] < until[-1]:
            assert calendar.next_opening(at(a)) == at(is_open.index(True, a))
            ahead = data.draw(st.integers(1, until[-1] - until[a]))
            assert calendar.add(at(a), ahead * MINUTE) == at(bisect_left(until, until[a] + ahead))
        if until[a]:
            back = data.draw(st.integers(1, until[a]))
            assert calendar.add(at(a), -back * MINUTE) == at(bisect_right(until, until[a] - back) - 1)
        assert calendar.add(at(a), timedelta()) == at(a)


instants = st.timedeltas(timedelta(), timedelta(days=20 * 365)).map(
    lambda since: datetime(2015, 1, 1, tzinfo=UTC) + since
)
durations = st.timedeltas(timedelta(), timedelta(days=20))


@given(st.sampled_from([OFFICE, LUNCH, NIGHTS, ALWAYS, FESTIVE]), instants, durations)
def test_what_was_added_has_elapsed_to_the_microsecond(
    calendar: Calendar, instant: datetime, duration: timedelta
) -> None:
    assume(duration)
    later, earlier = calendar.add(instant, duration), calendar.add(instant, -duration)
    assert calendar.elapsed(instant, later) == duration
    assert calendar.elapsed(instant, earlier) == -duration
    # The nearest such instants: a microsecond less and it would not be reached.
    assert calendar.elapsed(instant, later - timedelta.resolution) < duration
    assert calendar.elapsed(instant, earlier + timedelta.resolution) > -duration


@given(st.sampled_from([OFFICE, LUNCH, NIGHTS]), instants, instants, instants)
def test_elapsed_time_adds_up(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assume(abs(c - a) < timedelta(days=800) and abs(b - a) < timedelta(days=800))
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert calendar.elapsed(a, b) == -calendar.elapsed(b, a)
