"""Public holidays, from the package `holidays`."""

from __future__ import annotations

import sys
from collections.abc import Container
from datetime import date
from types import ModuleType


def public_holidays(country: str, subdivision: str | None = None) -> Container[date]:
    """Of a country, and of one part of it when `subdivision` is given (ISO 3166 codes).

    Raises:
        NotImplementedError: the package knows no such place.
    """
    import holidays  # a heavy package, for those only whose calendars keep holidays

    _spare_the_other_countries(holidays)
    return holidays.country_holidays(country, subdiv=subdivision)


def _spare_the_other_countries(holidays: ModuleType) -> None:
    """The package imports a country when it is asked for, and that runs `holidays.countries`, which imports all 250:
    8 MB and a tenth of a second. With an empty package in its place each country still comes by itself."""
    name = "holidays.countries"
    if name not in sys.modules:
        empty = ModuleType(name)
        empty.__path__ = [f"{folder}/countries" for folder in holidays.__path__]
        sys.modules[name] = empty
