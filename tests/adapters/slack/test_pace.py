"""When the next call may leave."""

from __future__ import annotations

import pytest

from adapters.slack.pace import Pace


def test_pace_remembers_only_what_lies_ahead() -> None:
    pace = Pace()
    for number in range(20_000):
        pace.take_turn("T", f"C{number}", now=float(number))
    assert len(pace._posts) < 6_000
    assert pace.take_turn("T", "C19999", now=19_999.0) == pytest.approx(1.0)
