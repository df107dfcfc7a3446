"""Whether a knowledge base proves itself: does each article find its utterances, and is each still true?

Every utterance is taken away in turn and must find its article through the others, as a new message would.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from knowledge.article import Article, Audience
from knowledge.matcher import Answer, Clarify, Matcher, Trial
from knowledge.text import normalise, words
from problems import Problem

LEAST_FOUND: Final = 0.6
"""Share of an article's utterances that must find it among three when held out. Below it, the utterances have too
little in common with each other, or too much with another article's."""

MOST_TAKEN: Final = 0.25
"""Share of an article's utterances that may go to one other article before the two are said to collide."""

BY_CHANCE: Final = 2
"""So many may go astray to the same article without meaning anything."""

ENOUGH: Final = 12
"""Utterances that make an article found reliably (docs/articles.md)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one article fared."""

    article: Article
    trials: tuple[Trial, ...]

    @property
    def first(self) -> int:
        """Utterances that found it first."""
        return sum(trial.is_first for trial in self.trials)

    @property
    def among(self) -> int:
        """Utterances that found it among three."""
        return sum(trial.is_among for trial in self.trials)

    @property
    def wrong(self) -> int:
        """Utterances that would have been answered with another article."""
        return sum(trial.decision == "answer" and not trial.is_first for trial in self.trials)

    @property
    def taken(self) -> tuple[Article, int] | None:
        """The article that took most of the utterances it did not find first, and how many."""
        takers = Counter(trial.best[0][0].id for trial in self.trials if not trial.is_first)
        if not takers:
            return None
        (name, number), *_ = takers.most_common(1)
        return next(trial.best[0][0] for trial in self.trials if trial.best[0][0].id == name), number


@dataclass(frozen=True, slots=True)
class Report:
    standings: tuple[Standing, ...]
    """The worst first."""
    wrong: tuple[Problem, ...]
    """What has to be mended."""
    advice: tuple[Problem, ...]
    """What would make it better."""


def check(matcher: Matcher, today: date, flows: Collection[str] = ()) -> Report:
    """Try everything the articles promise, on a day, with the flows that there are."""
    standings = _standings(matcher)
    wrong = [
        *(problem for standing in standings for problem in _weak(standing)),
        *_twins(matcher.articles),
        *_found_by_never(matcher),
        *(problem for article in matcher.articles for problem in _never_shown(article)),
        *(
            problem
            for article in matcher.articles
            for one in (article, *article.versions)
            for problem in _untrue(one, today, flows)
        ),
    ]
    return Report(standings, tuple(wrong), tuple(_advice(matcher.articles)))


def _standings(matcher: Matcher) -> tuple[Standing, ...]:
    trials: dict[str, list[Trial]] = {}
    for trial in matcher.trials():
        trials.setdefault(trial.article.id, []).append(trial)
    standings = [Standing(article, tuple(trials[article.id])) for article in matcher.articles]
    return tuple(sorted(standings, key=_goodness))


def _goodness(standing: Standing) -> tuple[float, int, float]:
    number = len(standing.trials)
    return standing.among / number, -standing.wrong, standing.first / number


def _weak(standing: Standing) -> Iterator[Problem]:
    number = len(standing.trials)
    if standing.among < LEAST_FOUND * number:
        yield _problem(
            standing.article,
            "utterances",
            f"held out, only {standing.among} of {number} find it among three; write more that say it differently",
        )
    if standing.taken and standing.taken[1] > max(MOST_TAKEN * number, BY_CHANCE):
        other, taken = standing.taken
        yield _problem(
            standing.article,
            "utterances",
            f"collides with '{other.id}', which takes {taken} of {number}; "
            "tell them apart by utterances and `never` lines, or make them one",
        )


def _twins(articles: Sequence[Article]) -> Iterator[Problem]:
    """The same utterance in two articles that one person may see."""
    owners: dict[tuple[str, ...], list[Article]] = {}
    for article in articles:
        for line in {tuple(words(normalise(line))): line for line in article.utterances}:
            owners.setdefault(line, []).append(article)
    for line, found in owners.items():
        for number, article in enumerate(found):
            for other in found[number + 1 :]:
                if article.audience.meets(other.audience):
                    sentence = f"'{' '.join(line)}' is also an utterance of '{other.id}'; one of them must give it up"
                    yield _problem(article, "utterances", sentence)


def _found_by_never(matcher: Matcher) -> Iterator[Problem]:
    for article in matcher.articles:
        for line in article.never:
            match matcher.match(line, _sees(article)):
                case Answer(article=found) if found == article:
                    yield _problem(article, "never", f"'{line}' is answered with it all the same")
                case Clarify(articles=offered) if article in offered:
                    yield _problem(article, "never", f"'{line}' offers it all the same")


def _sees(article: Article) -> Callable[[Article], bool]:
    return lambda other: article.audience.meets(other.audience)


def _never_shown(article: Article) -> Iterator[Problem]:
    """Versions for exactly the people of another one, which is shown to them instead."""
    shown: dict[Audience, Article] = {}
    for version in article.versions:
        first = shown.setdefault(version.audience, version)
        if first is not version:
            sentence = f"is that of '{first.id}', which is shown instead; make the two one"
            yield _problem(version, "audience", sentence)


def _untrue(article: Article, today: date, flows: Collection[str]) -> Iterator[Problem]:
    if article.review_due < today:
        sentence = f"was to be reviewed by {article.review_due}; ask {article.owner} whether it is still true"
        yield _problem(article, "reviewed", sentence)
    if article.reviewed > today:
        yield _problem(article, "reviewed", f"{article.reviewed} has not come yet")
    if article.flow and article.flow not in flows:
        yield _problem(article, "flow", f"there is no flow '{article.flow}'")
    for target in _LINK.findall(article.body):
        if not _leads_somewhere(target):
            yield _problem(article, "", f"the link {target} leads nowhere")


_LINK = re.compile(r"(?:\]\(|\]:\s*|<)((?:https|mailto):[^\s)>]*)", re.IGNORECASE)


def _leads_somewhere(target: str) -> bool:
    """Whether it names a host with a domain: whether that answers is not for a check that needs no network."""
    try:
        parts = urlsplit(target)
        host = parts.hostname if parts.scheme == "https" else parts.path.partition("@")[2]
    except ValueError:
        return False
    return bool(host and re.fullmatch(r"(?:[\w-]+\.)+[\w-]{2,}", host))


def _advice(articles: Sequence[Article]) -> Iterator[Problem]:
    for article in articles:
        if len(article.utterances) < ENOUGH:
            yield _problem(
                article, "utterances", f"has {len(article.utterances)}; {ENOUGH} are found reliably"
            )
        for field, question in _ASKED.items():
            if not getattr(article, field):
                yield _problem(article, field, f"is empty; {question}")


_ASKED: Final = {
    "symptoms": "what does one see when this is the article?",
    "stop_when": "when should one stop trying and talk to a person?",
    "tell_technician": "what should one say to whoever takes over?",
    "technician": "what should whoever takes the ticket know?",
}


def _problem(article: Article, field: str, sentence: str) -> Problem:
    return Problem(str(article.file), None, field, sentence)
