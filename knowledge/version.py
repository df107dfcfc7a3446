"""A version of an article for some people: Denver's printer is not Dallas's.

A version is a file of its own that names the article and whom it is for. It is not found by itself: the article is
found, and then its version is shown to those it is for. So versions neither compete with their article nor with each
other, and the words that one of them adds find it for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    model_validator,
)

from knowledge.article import LISTS, Article, Audience, Line, Name, Period, Phrase, everyone
from problems import Problem, did_you_mean


def _are_some(audience: Audience) -> Audience:
    if audience.is_everyone:
        raise ValueError("must name organisations, sites or roles; for everyone, change the article itself")
    return audience


class VersionFields(BaseModel):
    """The front matter of a version; what is not stated is the article's. docs/articles.md explains every field."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: Name
    extends: Name | None = None
    """The article to which this adds."""
    replaces: Name | None = None
    """The article in whose place this stands."""
    audience: Annotated[Audience, BeforeValidator(everyone), AfterValidator(_are_some)]
    reviewed: date
    title: Annotated[Line, StringConstraints(max_length=120)] | None = None
    owner: Line | None = None
    review_every: Period | None = None
    utterances: tuple[Line, ...] = ()
    symptoms: tuple[Phrase, ...] = ()
    stop_when: tuple[Phrase, ...] = ()
    tell_technician: tuple[Phrase, ...] = ()
    technician: str = ""

    @model_validator(mode="after")
    def _names_one_article(self) -> VersionFields:
        if (self.extends is None) == (self.replaces is None):
            raise ValueError("name one article: either extends or replaces")
        return self


class Version(VersionFields):
    body: str
    file: Path
    line: int | None
    """Where `extends` or `replaces` stands."""

    @property
    def base(self) -> str:
        """The id of the article that it is a version of."""
        return self.extends or self.replaces or ""

    def of(self, article: Article) -> Article:
        """What those it is for are shown; nobody sees it who may not see the article."""
        changed = {
            name: value
            for name in ("title", "owner", "review_every")
            if (value := getattr(self, name)) is not None
        }
        for name in ("symptoms", "stop_when", "tell_technician"):
            theirs, own = getattr(article, name), getattr(self, name)
            changed[name] = (*theirs, *own) if self.extends else own or theirs
        if self.extends:
            changed["technician"] = "\n\n".join(filter(None, (article.technician, self.technician)))
            changed["body"] = f"{article.body}\n\n{self.body}"
        else:
            changed["technician"] = self.technician or article.technician
            changed["body"] = self.body
        audience = {name: getattr(self.audience, name) or getattr(article.audience, name) for name in LISTS}
        changed |= {"id": self.id, "reviewed": self.reviewed, "file": self.file}
        changed["audience"] = Audience(**audience)
        return article.model_copy(update=changed)


def put_together(found: Iterable[Article | Version]) -> tuple[tuple[Article, ...], tuple[Problem, ...]]:
    """The articles by id, each with its versions, and what is wrong with versions of none."""
    articles: dict[str, Article] = {}
    versions: list[Version] = []
    for one in found:
        if isinstance(one, Version):
            versions.append(one)
        else:
            articles[one.id] = one
    versions.sort(key=lambda version: (version.base, -version.audience.narrowness, version.id))
    problems: list[Problem] = []
    for base, theirs in groupby(versions, key=lambda version: version.base):
        if base in articles:
            articles[base] = _with(articles[base], tuple(theirs))
        else:
            problems.extend(_of_nothing(theirs, articles))
    return tuple(articles[name] for name in sorted(articles)), tuple(problems)


def _with(article: Article, versions: Sequence[Version]) -> Article:
    """The article with its versions, found by their words too."""
    lines = (line for version in versions for line in version.utterances)
    utterances = tuple(dict.fromkeys((*article.utterances, *lines)))
    shown = tuple(version.of(article) for version in versions)
    return article.model_copy(update={"utterances": utterances, "versions": shown})


def _of_nothing(versions: Iterable[Version], articles: Iterable[str]) -> Iterator[Problem]:
    for version in versions:
        sentence = f"there is no article '{version.base}'{did_you_mean(version.base, articles)}"
        field = "extends" if version.extends else "replaces"
        yield Problem(str(version.file), version.line, field, sentence)
