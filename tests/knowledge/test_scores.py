"""How well each article does, and whether that is getting worse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from knowledge.scores import AGAIN, RECENT, Came, Score, Showing, scores

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def showing(
    came: Came, days_ago: float, person: str = "", article: str = "vpn", text: str = "vpn down"
) -> Showing:
    return Showing(article, NOW - timedelta(days=days_ago), person or f"{came}-{days_ago}", text, came)


def score(*showings: Showing) -> Score:
    (found,) = scores(showings, NOW)
    return found


def test_it_counts_what_came_of_it() -> None:
    found = score(
        showing(Came.SOLVED, 1), showing(Came.QUIET, 2), showing(Came.NOT_HELPFUL, 3), showing(Came.TICKET, 4)
    )
    assert (found.shown, found.solved, found.quiet, found.not_helpful, found.tickets) == (4, 1, 1, 1, 1)
    assert (found.again, found.helped) == (0, 0.5)


@pytest.mark.parametrize(("apart", "again"), [(AGAIN, 1), (AGAIN + timedelta(seconds=1), 0)])
def test_whoever_is_back_within_three_days_was_not_helped(apart: timedelta, again: int) -> None:
    days = apart / timedelta(days=1)
    found = score(
        showing(Came.SOLVED, 1 + days, "maya"), showing(Came.SOLVED, 1, "maya"), showing(Came.QUIET, 1, "tom")
    )
    assert found.again == again
    assert found.helped == pytest.approx((3 - again) / 3)


def test_the_one_that_helps_least_comes_first() -> None:
    found = scores([showing(Came.SOLVED, 1, article="a"), showing(Came.TICKET, 1, article="b")], NOW)
    assert [one.article for one in found] == ["b", "a"]


def test_one_that_helps_fewer_than_it_did_falls_and_shows_what_people_wrote() -> None:
    before = [showing(Came.SOLVED, RECENT.days + 1 + number) for number in range(20)]
    since = [showing(Came.TICKET, 1 + number, text=f"vpn {number}") for number in range(6)]
    found = score(*before, *since, showing(Came.SOLVED, 8))
    assert found.falling
    assert (found.before, round(found.recently or 0, 2)) == (1.0, 0.14)
    assert found.failing == ("vpn 0", "vpn 1", "vpn 2", "vpn 3", "vpn 4")


def test_neither_chance_nor_a_few_showings_are_a_fall() -> None:
    before = [showing(Came.SOLVED, RECENT.days + 1 + number) for number in range(20)]
    assert not score(*before, *(showing(Came.TICKET, 1 + number) for number in range(4))).falling
    mixed = [showing(Came.TICKET, 1), *(showing(Came.SOLVED, 2 + number) for number in range(6))]
    assert not score(*before[:9], showing(Came.TICKET, 40), *mixed).falling
    assert not score(showing(Came.TICKET, 1)).falling
    assert scores([], NOW) == ()
