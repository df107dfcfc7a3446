"""Holes in coverage, found ahead: as tables, and the same as asking at every hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.tickets.test_policy import SMALL
from tickets.coverage import Request, route
from tickets.kinds import Priority
from tickets.policy import Organisation, load, read
from tickets.rota import Absence, Changes
from tickets.survey import Lack, Survey, survey

DENVER = ZoneInfo("America/Denver")
HARBOR = load([Path(__file__).parents[2] / "bot/demo/firstline.toml"]).organisation("harbor")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DENVER).astimezone(UTC)


MONDAY = local("2026-03-02T00:00")


def look(text: str = "", days: int = 7, base: str = SMALL, changes: Changes | None = None) -> Survey:
    return survey(read(base + text, "f.toml"), MONDAY, MONDAY + timedelta(days=days), changes or Changes())


NIGHTS = """
[[rota]]
id = "on-call"
name = "On call"
starts = 2026-01-05T08:00:00
every = "1w"
primary = ["dana", "tomasz"]

[[route]]
priority = "P1"
page = "on-call"
"""


def test_a_promise_round_the_clock_with_nobody_at_night() -> None:
    (hole,) = look().holes
    assert (hole.lack, hole.queue.id, hole.route) == (Lack.NOBODY, "desk", None)
    assert {kind.priority for kind in hole.kinds} == {Priority.P1}
    assert hole.kinds[0].categories == ("devices", "other")
    assert hole.total == timedelta(days=7) - timedelta(
        hours=9 + 8
    )  # `office` is open on Monday and Tuesday night
    assert [str(start.astimezone(DENVER))[:16] for start, _ in hole.stretches[:2]] == [
        "2026-03-02 00:00",
        "2026-03-02 12:00",
    ]


def test_a_rota_fills_it() -> None:
    assert look(NIGHTS).clean


def test_everybody_away_is_told_apart_from_nobody() -> None:
    away = SMALL.replace(
        "lead = true", "lead = true\naway = [{ from = 2026-03-02T09:00:00, until = 2026-03-02T10:00:00 }]"
    )
    holes = {hole.lack: hole for hole in look(base=away).holes}
    assert holes[Lack.AWAY].stretches == ((local("2026-03-02T09:00"), local("2026-03-02T10:00")),)
    assert {kind.priority for kind in holes[Lack.AWAY].kinds} == set(Priority)


def test_an_absence_said_in_chat_empties_a_queue() -> None:
    gone = Changes(absences=[Absence("dana", local("2026-03-02T09:00"), local("2026-03-02T10:00"))])
    assert Lack.AWAY in {hole.lack for hole in look(changes=gone).holes}


def test_a_p1_whose_first_page_reaches_nobody() -> None:
    gone = Changes(absences=[Absence("dana", local("2026-03-02T09:00"), local("2026-03-02T10:00"))])
    found = look(NIGHTS.replace('"tomasz"]', '"tomasz"]\ncatch_all = "tomasz"'), changes=gone)
    p1 = [hole for hole in found.holes if hole.kinds[0].priority is Priority.P1]
    assert [hole.lack for hole in p1] == [Lack.UNREACHED]  # the catch-all is reached, but not the first
    (gap,) = found.gaps
    assert gap.on_call.planned == "dana"


def test_rules_that_decide_nothing() -> None:
    rules = """
[[route]]
category = "devices"
queue = "servers"

[[route]]
category = "devices"
priority = "P1"
queue = "network"

[[route]]
until = 2026-03-01
queue = "network"

[[route]]
from = 2027-01-01
queue = "network"

[[route]]
open = "office"
closed = "office"
queue = "network"

[[route]]
waiting = { queue = "desk", more_than = 5 }
queue = "network"
"""
    acme = read(SMALL + rules, "f.toml")
    found = survey(acme, MONDAY, MONDAY + timedelta(days=7))
    assert [acme.routes.index(route) for route in found.idle] == [1, 2, 4]


def test_a_route_for_a_group_is_found_to_be_used() -> None:
    group = '[[group]]\nid = "finance"\nmembers = ["web:ana"]\n'
    assert look(group + '[[route]]\ngroup = "finance"\nqueue = "servers"\n').idle == ()


def test_hours_of_a_route_are_edges() -> None:
    found = look(NIGHTS + '\n[[route]]\nhours = "01:00-02:00"\nqueue = "servers"\n')
    assert found.idle == ()


def holes_at(found: Survey, now: datetime) -> set[tuple[str, str | None, Priority]]:
    return {
        (category, site, kind.priority)
        for hole in found.holes
        if hole.lack is not Lack.UNREACHED and any(start <= now < end for start, end in hole.stretches)
        for kind in hole.kinds
        for category in kind.categories
        for site in kind.sites
    }


def asked(acme: Organisation, now: datetime) -> set[tuple[str, str | None, Priority]]:
    """Every request, asked one by one."""
    return {
        (category.id, site, priority)
        for category in acme.categories
        for site in (None, *(one.id for one in acme.sites))
        for priority in Priority
        for covered in (route(Request(site, category.id, priority), acme, now),)
        if covered.open and not covered.answering
    }


@pytest.mark.slow
def test_the_same_as_asking_at_every_hour() -> None:
    # Without Northwind's rota nobody but its shifts is there; without Arjun, nobody at night.
    text = (Path(__file__).parents[2] / "bot/demo/firstline.toml").read_text("utf-8")
    text = text.replace('calendar = "northwind-nights"', "away = [{ from = 2026-12-01, until = 2027-01-01 }]")
    text = text.replace('page = "northwind-duty"\n', "", 1)
    harbor = read(text, "f.toml")
    start = datetime(2026, 12, 22, 3, 20, tzinfo=UTC)
    found = survey(harbor, start, start + timedelta(days=6))
    seen = 0
    for hour in range(0, 6 * 24, 5):
        now = start + timedelta(hours=hour)
        expected = asked(harbor, now)
        assert holes_at(found, now) == expected, now
        seen += bool(expected)
    assert seen > 5


def test_the_demo_has_the_two_that_it_shows() -> None:
    start = datetime(2026, 11, 24, 17, tzinfo=UTC)
    found = survey(HARBOR, start, start + timedelta(days=90))
    assert [hole.lack for hole in found.holes] == [Lack.UNREACHED]
    assert [gap.on_call.planned for gap in found.gaps] == ["kasia"]
    assert [double.technician for double in found.double_bookings] == ["dana"]
    assert found.idle == ()
