"""What the terminal says about coverage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from bot import covering
from bot.demo.cast import POLICY
from bot.operating import as_png
from bot.week import week_map, week_of
from tickets.coverage import Request
from tickets.kinds import Priority
from tickets.policy import load, read

HARBOR = load([POLICY]).organisation("harbor")
DENVER = ZoneInfo("America/Denver")
NIGHT = datetime(2026, 12, 24, 22, tzinfo=DENVER).astimezone(UTC)


def test_why_tells_everything_and_each_rule_s_line() -> None:
    told = covering.why(Request("denver", "accounts", Priority.P1), HARBOR, NIGHT)
    assert told.startswith(
        "Harbor & Vale · Passwords and sign-in · P1 · Denver · Thu 24 Dec 2026 22:00 (Denver time)"
    )
    for line in (
        "Queue        Northwind night desk, tier 1",
        "There now    Arjun Mehta",
        "Paged        Arjun Mehta at 22:00, Nora Lindgren at 22:10",
        "First reply  by Thu 24 Dec 2026 22:15 (Denver time)",
        "Updates      at least every 1 h by around-the-clock",
        "Tier budget  tier 1 until Thu 24 Dec 2026 23:00 (Denver time)",
        "Escalation   Thu 24 Dec 2026 22:05 (Denver time): remind, if still unclaimed (5m)",
        "  You will hear from the Northwind night desk team by today 22:15 (Denver time).",
    ):
        assert line in told.splitlines()
    reason, place = (
        "  A route sends it to Northwind night desk, tier 1: Nobody of ours is up.",
        HARBOR.routes[5].place,
    )
    assert any(line.startswith(reason) and line.endswith(str(place)) for line in told.splitlines())


def test_times_are_told_in_the_zone_of_the_office() -> None:
    told = covering.why(Request("krakow", "software"), HARBOR, NIGHT)
    assert "Kraków · Fri 25 Dec 2026 06:00 (Warsaw time)" in told
    assert "It is 06:00, outside the hours of the Service desk team, which begin again Monday 15:00." in told


def test_whoever_must_wait_is_told_why() -> None:
    told = covering.why(Request("denver", "business-systems"), HARBOR, NIGHT)
    assert (
        "  Orders and payments are looked after by our own people only. It is 22:00, outside the hours"
        in told
    )


def test_why_for_machines() -> None:
    data = covering.why_as_data(Request("denver", "security"), HARBOR, NIGHT)
    assert data["queue"] == "identity-security"
    assert data["there"] == []
    assert [page["technician"] for page in data["pages"]] == ["dana", "nora"]
    assert data["first_response_due"] == (NIGHT + timedelta(minutes=15)).isoformat()
    assert data["because"][0]["line"] == HARBOR.routes[2].place.line
    assert data["steps"][0] == {
        "at": (NIGHT + timedelta(minutes=5)).isoformat(), "do": "remind", "when": "5m", "while": "unclaimed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("site", "category", "priority", "sentence"),
    [
        ("dever", "other", None, "Harbor & Vale has no site 'dever'; did you mean 'denver'?"),
        (None, "acounts", None, "Harbor & Vale has no category 'acounts'; did you mean 'accounts'?"),
        (None, "other", "P9", "Harbor & Vale has no priority 'P9'; did you mean 'P1'?"),
    ],
)
def test_questions_that_name_what_is_not_there(
    site: str | None, category: str, priority: str | None, sentence: str
) -> None:
    with pytest.raises(covering.CannotAsk) as asked:
        covering.asked(HARBOR, site, category, priority)
    assert str(asked.value) == sentence


def test_a_time_is_on_the_wall_unless_it_says_otherwise() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert covering.instant("2026-12-24T22:00", DENVER, now) == NIGHT
    assert covering.instant("2026-12-25T05:00Z", DENVER, now) == NIGHT
    assert covering.instant(None, DENVER, now) == now
    with pytest.raises(covering.CannotAsk, match="'tonight' is no time; write it like 2026-12-24T22:00"):
        covering.instant("tonight", DENVER, now)


def test_findings_name_hours_people_and_lines() -> None:
    start = datetime(2026, 11, 24, 17, tzinfo=UTC)
    found = covering.check(HARBOR, start)
    told = covering.findings(found, HARBOR)
    assert "Servers on call: Kasia Nowak is primary and away, Sun 27 Dec 16:00 to Fri 1 Jan 08:00." in told
    assert "Infrastructure pages first somebody who is away, or nobody, 5 days in all" in told
    assert str(HARBOR.rota("servers-on-call").place) in told
    data = covering.findings_as_data(found, HARBOR)
    assert data["gaps"][0]["technician"] == "kasia"
    assert data["holes"][0]["requests"][0]["priority"] == "P1"


def test_when_nothing_is_wrong_it_says_so() -> None:
    text = POLICY.read_text("utf-8").replace("away = [{ from = 2026-12-28, until = 2027-01-02 }]\n", "")
    text = text.replace('secondary = ["dana", "priya"]\n', "")
    clean = read(text, "f.toml")
    assert covering.findings(covering.check(clean, datetime(2026, 11, 24, 17, tzinfo=UTC)), clean) == (
        "Harbor & Vale: the next 90 days from Tue 24 Nov 2026 10:00 (Denver time): "
        "whenever a clock runs, somebody answers."
    )


def test_explained_names_the_line_of_everything() -> None:
    told = covering.explained(HARBOR)
    for route in HARBOR.routes:
        assert str(route.place) in told
    assert (
        "business-systems; priority P2, P3, P4; closed us-hours → the category's queue, wait and say so"
        in told
    )


class TestMap:
    def test_it_is_a_picture_of_everybody_s_week(self) -> None:
        drawn = week_map(HARBOR, NIGHT)
        root = ElementTree.fromstring(drawn)
        names = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "Harbor & Vale: who answers, week of 21 December 2026, Denver time" in names
        assert {queue.name for queue in HARBOR.queues} | {rota.name for rota in HARBOR.rotas} <= set(names)
        titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
        assert "Dana, Marcus, Inês, Thu 07:00 to Thu 12:00" in titles  # Christmas Eve ends at noon
        assert "Dana, Thu 12:00 to Sat 08:00" in titles  # the override
        assert any(title.startswith("Kasia (away), Sun 16:00") for title in titles)

    def test_nothing_is_drawn_outside_of_it(self) -> None:
        for week in (NIGHT, datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC)):
            for bar in ElementTree.fromstring(week_map(HARBOR, week)).iter(
                "{http://www.w3.org/2000/svg}rect"
            ):
                if str(bar.get("class")).startswith("bar"):
                    x, width = float(bar.get("x", "")), float(bar.get("width", ""))
                    assert 190 <= x < x + width <= 1100.1

    def test_a_week_in_which_clocks_change_is_an_hour_shorter(self) -> None:
        start, end = week_of(datetime(2026, 3, 5, tzinfo=UTC), DENVER)
        assert end - start == timedelta(days=7) - timedelta(hours=1)

    def test_embedded_in_a_page_it_has_its_colours_from_there(self) -> None:
        drawn = week_map(HARBOR, NIGHT, mark=NIGHT, embedded=True)
        root = ElementTree.fromstring(drawn)
        assert "#" not in drawn.replace("url(#away)", "")
        assert 'class="mark"' in drawn
        assert not [one for one in root.iter() if one.tag.endswith("style")]

    def test_as_png(self) -> None:
        png = as_png(week_map(HARBOR, NIGHT))
        assert png.startswith(b"\x89PNG")
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        assert width == 2220
        assert 900 < height < 1300
