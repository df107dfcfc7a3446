"""Who is on call, as tables, and equal in every minute to somebody who watches the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.test_calendars import MINUTE, PLACES, wall
from tests.tickets.test_policy import SMALL
from tickets import rota
from tickets.policy import Organisation, read
from tickets.rota import Absence, Changes, OnCall, Swap, on_call, shifts
from tickets.rules import Layer, Override, Rota

DENVER = ZoneInfo("America/Denver")

PEOPLE = """
[[technician]]
id = "wei"
name = "Wei"
email = "wei@acme.example"
accounts = ["web:wei"]

[[calendar]]
id = "nights"
hours.monday = ["18:00-08:00"]
hours.tuesday = ["18:00-08:00"]
hours.wednesday = ["18:00-08:00"]
hours.thursday = ["18:00-08:00"]
hours.friday = ["18:00-08:00"]
hours.saturday = ["08:00-08:00"]
""".replace('"08:00-08:00"', '"08:00-24:00"')

WEEKLY = """
[[rota]]
id = "network"
name = "Network on call"
starts = 2026-03-02T17:00:00 # a Monday
every = "1w"
primary = ["dana", "tomasz", "wei"]
secondary = ["wei", "dana", "tomasz"]
overrides = [{ who = "wei", from = 2026-03-06T18:00:00, until = 2026-03-07 }]
"""


def organisation(text: str = WEEKLY) -> Organisation:
    return read(SMALL + PEOPLE + text, "firstline.toml")


ACME = organisation()
NETWORK = ACME.rota("network")


def local(text: str, zone: ZoneInfo = DENVER) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "primary", "secondary", "why"),
    [
        ("2026-03-02T17:00", "dana", "wei", "turn"),
        ("2026-03-06T17:59", "dana", "wei", "turn"),
        ("2026-03-06T18:00", "wei", "wei", "override"),
        ("2026-03-06T23:59", "wei", "wei", "override"),
        ("2026-03-07T00:00", "dana", "wei", "turn"),
        ("2026-03-09T16:59", "dana", "wei", "turn"),  # in summer time by now, still at five
        ("2026-03-09T17:00", "tomasz", "dana", "turn"),
        ("2026-03-16T17:00", "wei", "tomasz", "turn"),
        ("2026-03-23T17:00", "dana", "wei", "turn"),
        ("2026-11-09T16:59", "wei", "tomasz", "turn"),  # and in winter time again
        ("2026-11-09T17:00", "dana", "wei", "turn"),
    ],
)
def test_turns_and_overrides(now: str, primary: str, secondary: str, why: str) -> None:
    assert on_call(NETWORK, ACME, local(now)) == (
        OnCall(Layer.PRIMARY, primary, absent=False, why=why),
        OnCall(Layer.SECONDARY, secondary, absent=False, why="turn"),
    )


def test_before_the_first_hand_over_nobody_is_on_call() -> None:
    assert on_call(NETWORK, ACME, local("2026-03-02T16:59")) == ()


def test_a_rota_is_on_only_while_its_calendar_is_open() -> None:
    acme = organisation(WEEKLY + 'calendar = "nights"\n')
    assert on_call(acme.rota("network"), acme, local("2026-03-03T12:00")) == ()
    assert len(on_call(acme.rota("network"), acme, local("2026-03-03T18:00"))) == 2


def test_a_swap_wins_over_the_file_and_the_later_swap_over_the_earlier() -> None:
    since, until = local("2026-03-06T17:00"), local("2026-03-07T08:00")
    first = Swap("network", Layer.PRIMARY, "tomasz", since, until)
    assert on_call(NETWORK, ACME, since, Changes(swaps=[first]))[0].technician == "tomasz"
    assert (
        on_call(NETWORK, ACME, since + timedelta(hours=2), Changes(swaps=[first]))[0].technician == "tomasz"
    )
    assert on_call(NETWORK, ACME, until, Changes(swaps=[first]))[0].technician == "dana"
    second = Swap("network", Layer.PRIMARY, "wei", since, until)
    assert on_call(NETWORK, ACME, since, Changes(swaps=[first, second]))[0].why == "swap"
    assert on_call(NETWORK, ACME, since, Changes(swaps=[first, second]))[0].technician == "wei"
    elsewhere = Swap("servers", Layer.PRIMARY, "tomasz", since, until)
    assert on_call(NETWORK, ACME, since, Changes(swaps=[elsewhere]))[0].technician == "dana"


def test_who_is_away_is_planned_and_cannot_be_called() -> None:
    away = Changes(absences=[Absence("dana", local("2026-03-04T00:00"), local("2026-03-05T00:00"))])
    assert on_call(NETWORK, ACME, local("2026-03-03T23:59"), away)[0].technician == "dana"
    there = on_call(NETWORK, ACME, local("2026-03-04T00:00"), away)
    assert (there[0].planned, there[0].technician, there[1].technician) == ("dana", None, "wei")
    (gap,) = rota.gaps(NETWORK, ACME, local("2026-03-03T00:00"), local("2026-03-09T00:00"), away)
    assert (gap.start, gap.end, gap.on_call.layer) == (
        local("2026-03-04T00:00"),
        local("2026-03-05T00:00"),
        Layer.PRIMARY,
    )


def test_absences_of_the_file_are_in_the_technician_s_own_zone() -> None:
    text = (SMALL + PEOPLE + WEEKLY).replace(
        'accounts = ["web:tomasz"]',
        'accounts = ["web:tomasz"]\naway = [{ from = 2026-03-10, until = 2026-03-11 }]',
    )
    acme = read(text, "firstline.toml")
    warsaw = ZoneInfo("Europe/Warsaw")
    (gap,) = rota.gaps(acme.rota("network"), acme, local("2026-03-09T17:00"), local("2026-03-16T17:00"))
    assert (gap.start, gap.end) == (local("2026-03-10T00:00", warsaw), local("2026-03-11T00:00", warsaw))


def test_shifts_follow_one_another_without_a_gap() -> None:
    found = shifts(NETWORK, ACME, local("2026-03-02T00:00"), local("2026-03-17T00:00"))
    told = [
        (
            f"{one.start.astimezone(DENVER):%d %H:%M}",
            f"{one.end.astimezone(DENVER):%d %H:%M}",
            one.on_call.planned,
        )
        for one in found
        if one.on_call.layer is Layer.PRIMARY
    ]
    assert told == [
        ("02 17:00", "06 18:00", "dana"),
        ("06 18:00", "07 00:00", "wei"),
        ("07 00:00", "09 17:00", "dana"),
        ("09 17:00", "16 17:00", "tomasz"),
        ("16 17:00", "17 00:00", "wei"),
    ]


def test_double_bookings_within_a_rota_and_between_two() -> None:
    second = """
[[rota]]
id = "servers"
name = "Servers on call"
starts = 2026-03-02T17:00:00
every = "1w"
primary = ["tomasz"]
"""
    acme = organisation(WEEKLY + second)
    found = rota.double_bookings(acme, local("2026-03-02T17:00"), local("2026-03-16T17:00"))
    assert [(one.technician, one.first, one.second) for one in found] == [
        ("wei", ("network", Layer.SECONDARY), ("network", Layer.PRIMARY)),
        ("tomasz", ("network", Layer.PRIMARY), ("servers", Layer.PRIMARY)),
    ]
    assert (found[0].start, found[0].end) == (local("2026-03-06T18:00"), local("2026-03-07T00:00"))
    assert (found[1].start, found[1].end) == (local("2026-03-09T17:00"), local("2026-03-16T17:00"))


@pytest.mark.parametrize(
    ("zone", "every", "starts", "hand_over"),
    [
        ("America/Denver", timedelta(days=1), "2026-03-01T02:30", "2026-03-08T09:00Z"),  # 02:30 is skipped
        ("America/Denver", timedelta(days=1), "2026-10-25T01:30", "2026-11-01T07:30Z"),  # the first of two
        ("Australia/Lord_Howe", timedelta(days=1), "2026-09-27T02:15", "2026-10-03T15:30Z"),
        ("America/Sao_Paulo", timedelta(days=1), "2018-10-28T00:00", "2018-11-04T03:00Z"),  # no midnight
        ("Pacific/Apia", timedelta(days=1), "2011-12-20T12:00", "2011-12-30T10:00Z"),  # no 30 December
    ],
)
def test_hand_overs_when_clocks_change(zone: str, every: timedelta, starts: str, hand_over: str) -> None:
    turns = _rota(zone, datetime.fromisoformat(starts), every)
    at = datetime.fromisoformat(hand_over)
    assert rota.turn_at(turns, at - timedelta(seconds=1)) < rota.turn_at(turns, at)


# ----------------------------------------------- the same in every minute as somebody who watches the clock on the wall


def _rota(zone: str, starts: datetime, every: timedelta, overrides: tuple[Override, ...] = ()) -> Rota:
    return Rota.model_construct(
        id="drawn",
        name="Drawn",
        timezone=ZoneInfo(zone),
        starts=starts,
        every=every,
        primary=("dana", "tomasz", "wei"),
        secondary=("wei", "dana"),
        calendar=None,
        overrides=overrides,
    )


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, date, Rota]:
    zone, first = draw(st.sampled_from(PLACES))
    midnight = datetime(first.year, first.month, first.day)  # noqa: DTZ001
    walls = st.integers(-3 * 96, 10 * 96).map(lambda quarters: midnight + quarters * timedelta(minutes=15))
    hours = st.sampled_from([1, 2, 3, 6, 7, 8, 12, 24, 36, 168]).map(lambda count: timedelta(hours=count))
    overrides = [
        Override.model_construct(
            who=draw(st.sampled_from(["dana", "tomasz", "wei"])),
            since=min(a, b),
            until=max(a, b),
            layer=draw(st.sampled_from(Layer)),
        )
        for a, b in draw(st.lists(st.tuples(walls, walls), max_size=3))
        if a != b
    ]
    return zone, first, _rota(zone, draw(walls), draw(hours), tuple(overrides))


def watched(zone: str, first: date) -> list[datetime]:
    """In each minute, the latest time that the clock on the wall has shown so far."""
    midnight = datetime(1970, 1, 1)  # noqa: DTZ001
    shown = [
        midnight + timedelta(days=(day - date(1970, 1, 1)).days, minutes=minute)
        for day, minute in wall(zone, first)
    ]
    return list(accumulate(shown, max))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(drawn(), st.lists(st.integers(1440, 10 * 1440 - 1), min_size=30, max_size=30))
def test_equal_to_watching_the_clock(case: tuple[str, date, Rota], minutes: list[int]) -> None:
    zone, first, turns = case
    latest = watched(zone, first)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for minute in minutes:
        shown, instant = latest[minute], start + minute * MINUTE
        if shown < turns.starts:
            assert on_call(turns, ACME, instant) == ()
            continue
        number = (shown - turns.starts) // turns.every
        expected = {
            Layer.PRIMARY: turns.primary[number % 3],
            Layer.SECONDARY: turns.secondary[number % 2],
        }
        for override in turns.overrides:
            if override.since <= shown < override.until:
                expected[override.layer] = override.who
        assert {one.layer: one.technician for one in on_call(turns, ACME, instant)} == expected


@settings(max_examples=60, deadline=None)
@given(drawn())
def test_shifts_are_what_is_true_in_every_minute(case: tuple[str, date, Rota]) -> None:
    _, first, turns = case
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=1)
    end = start + timedelta(days=2)
    found = shifts(turns, ACME, start, end)
    for minute in range(0, 2 * 1440, 7):
        instant = start + minute * MINUTE
        now = [one.on_call for one in found if one.start <= instant < one.end]
        assert sorted(now, key=lambda one: one.layer) == list(on_call(turns, ACME, instant))
