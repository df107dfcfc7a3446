"""An article: the documented answer to one kind of request, as it stands in one Markdown file."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

FEWEST_UTTERANCES: Final = 3
"""With fewer an article is found by luck; a dozen make it found reliably (docs/articles.md)."""


def is_name(text: str) -> bool:
    """Whether it is written like an id: `vpn-will-not-connect`."""
    return bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text))


def _is_kebab_case(text: object) -> object:
    if isinstance(text, str) and not is_name(text):
        raise ValueError(
            f"must be small letters, digits and single hyphens, such as vpn-will-not-connect (found '{text}')"
        )
    return text


def _is_period(text: object) -> object:
    if isinstance(text, str) and not _PERIOD.fullmatch(text):
        raise ValueError(f"must be a period such as 180 days, 6 months or 1 year (found '{text}')")
    return text


def _are_enough(utterances: tuple[str, ...]) -> tuple[str, ...]:
    if len(utterances) < FEWEST_UTTERANCES:
        raise ValueError(f"must be at least {FEWEST_UTTERANCES}, better twelve (found {len(utterances)})")
    return utterances


def _goes_on(phrase: str) -> str:
    return phrase.removesuffix(".")


_PERIOD = re.compile(r"([1-9][0-9]{0,3}) (day|week|month|year)s?")

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Phrase = Annotated[Line, AfterValidator(_goes_on)]
"""Stands within a sentence that is made of it."""

Name = Annotated[str, BeforeValidator(_is_kebab_case)]
Period = Annotated[str, BeforeValidator(_is_period)]


LISTS: Final = ("organisations", "sites", "roles")
"""The lists of an audience."""


class Audience(BaseModel):
    """Who may see an article. Each list that is not empty must hold the person's own; an empty one admits all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisations: tuple[Line, ...] = ()
    sites: tuple[Line, ...] = ()
    roles: tuple[Line, ...] = ()

    @property
    def is_everyone(self) -> bool:
        return self.narrowness == 0

    def admits(self, organisation: str | None, site: str | None, roles: Collection[str]) -> bool:
        """Whether somebody of this organisation, site and roles may see it; None is nobody's own."""
        return (
            (not self.organisations or organisation in self.organisations)
            and (not self.sites or site in self.sites)
            and (not self.roles or not set(self.roles).isdisjoint(roles))
        )

    @property
    def narrowness(self) -> int:
        """How many of its lists narrow it: of several versions a person is shown the narrowest."""
        return sum(bool(getattr(self, name)) for name in LISTS)

    def meets(self, other: Audience) -> bool:
        """Whether one person can see both; roles never part, since one person may have several."""
        return _overlap(self.organisations, other.organisations) and _overlap(self.sites, other.sites)


def _overlap(some: Collection[str], others: Collection[str]) -> bool:
    return not (some and others) or not set(some).isdisjoint(others)


def everyone(value: object) -> object:
    """An audience that is written as the word `everyone`."""
    if isinstance(value, str):
        if value != "everyone":
            raise ValueError(f"must be everyone, or lists of organisations, sites or roles (found '{value}')")
        return Audience()
    return value


class FrontMatter(BaseModel):
    """What stands between the two lines of dashes. docs/articles.md explains every field to authors."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: Name
    title: Annotated[Line, StringConstraints(max_length=120)]
    category: Name
    priority: Literal["P1", "P2", "P3", "P4"]
    tier: Annotated[int, Field(ge=1, le=3)]
    owner: Line
    reviewed: date
    review_every: Period
    audience: Annotated[Audience, BeforeValidator(everyone)] = Audience()
    utterances: Annotated[tuple[Line, ...], AfterValidator(_are_enough)]
    never: tuple[Line, ...] = ()
    symptoms: tuple[Phrase, ...] = ()
    """What one sees when this is the article."""
    stop_when: tuple[Phrase, ...] = ()
    """When to stop trying and talk to a person; each goes on after "when"."""
    tell_technician: tuple[Phrase, ...] = ()
    """What a requester should say to whoever takes over; each goes on after "tell us"."""
    technician: str = ""
    flow: Name | None = None


class Article(FrontMatter):
    body: str
    """Markdown (CommonMark) without raw HTML; links are https or mailto."""
    file: Path
    versions: tuple[Article, ...] = ()
    """What some people are shown instead, the narrowest audience first (knowledge/version.py)."""

    @property
    def page(self) -> str:
        """Everything that is written in it, for whomever, except what people might type."""
        told = (*self.symptoms, *self.stop_when, *self.tell_technician, self.technician)
        return "\n".join((self.title, self.body, *told))

    def version_for(self, organisation: str | None, site: str | None, roles: Collection[str]) -> Article:
        """What somebody who may see it is shown: the narrowest version that is theirs, or the article itself."""
        theirs = (one for one in self.versions if one.audience.admits(organisation, site, roles))
        return next(theirs, self)

    @property
    def review_due(self) -> date:
        """The day by which its owner must look at it again."""
        match = _PERIOD.fullmatch(self.review_every)
        assert match
        number, unit = int(match[1]), match[2]
        if unit in ("day", "week"):
            return self.reviewed + timedelta(days=number * (7 if unit == "week" else 1))
        return _months_later(self.reviewed, number * (12 if unit == "year" else 1))


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = min(day.year + years, date.max.year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
