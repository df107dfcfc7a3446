from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

from tickets.public_holidays import public_holidays

PLACES = [("US", "CO"), ("PL", None), ("GB", "SCT"), ("IN", None), ("AS", None), ("UM", None), ("AU", "NSW")]
YEAR = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]

PACKAGE = """
import json, sys
from holidays import country_holidays
places = json.loads(sys.argv[1])
print(json.dumps([[day.isoformat() for day in country_holidays(c, subdiv=s, years=2026)] for c, s in places]))
"""


def test_they_are_those_of_the_package() -> None:
    """Also of countries that are made from another one's, and of parts of a country."""
    asked = subprocess.run(
        [sys.executable, "-c", PACKAGE, json.dumps(PLACES)], capture_output=True, text=True, check=True
    )
    for (country, part), expected in zip(PLACES, json.loads(asked.stdout), strict=True):
        kept = public_holidays(country, part)
        assert [day.isoformat() for day in YEAR if day in kept] == sorted(expected)
        assert expected


@pytest.mark.parametrize(("country", "part"), [("XX", None), ("US", "ZZ"), ("", None)])
def test_an_unknown_place_is_refused(country: str, part: str | None) -> None:
    with pytest.raises(NotImplementedError):
        public_holidays(country, part)
