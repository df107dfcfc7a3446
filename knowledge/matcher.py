"""`Matcher.match(text)`: the article that answers, up to three to choose from, or nothing.

Learning and matching are pure and deterministic: the same articles and the same text give the same match. Nothing
leaves the process, and nothing of a message is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from knowledge.article import Article
from knowledge.bands import CHOICES, Bands, Decision
from knowledge.examples import Examples
from knowledge.judgement import Flags
from knowledge.language import ENGLISH, language_of
from knowledge.learning import Learned, Verdict
from knowledge.memory import Memory
from knowledge.pages import Pages
from knowledge.spelling import Speller
from knowledge.text import fold, normalise, words
from knowledge.vocabulary import out_of_scope as shipped_out_of_scope
from knowledge.vocabulary import spell_out

SHOWN: Final = 5
"""Candidates that a match carries."""

EXPLAINED: Final = 40
"""Words whose weight is told; each costs another judgement."""

UNLIKELY: Final = 0.05
"""A candidate below this probability is not offered beside a better one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What spoke for one article, and against it."""

    regression: float
    """What words and characters say, weighed against all other articles: about −2 to 8."""
    nearest: float
    """Similarity of the nearest utterance or the title, 0 to 1."""
    utterance: str
    """That one."""
    page: float
    """How much the message speaks of what the page speaks of: 0 to about 2."""
    points: tuple[float, float, float]
    """What the regression, the nearest utterance and the page add to the logarithm of the article's odds: of two
    articles the one with the larger sum is likelier, by a factor of e for each point."""
    vetoed: bool
    """A `never` line of the article is nearer than anything that is meant to find it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    article: Article
    score: float
    """Probability that this article is the right one, 0 to 1."""
    reason: Reason


@dataclass(frozen=True, slots=True)
class Why:
    """How a message was read."""

    text: str
    """What was left of it after folding and unwrapping."""
    repaired: tuple[tuple[str, str], ...]
    """Misspelt words and what they were taken for."""
    words: tuple[str, ...]
    """What was compared: repaired, and with short forms spelt out."""
    nothing: float
    """Probability that no article answers it, 0 to 1."""
    language: str | None = None
    """What `language_of` says of it; None where English is taken for granted."""


@dataclass(frozen=True, slots=True)
class _Considered:
    candidates: tuple[Candidate, ...]
    """The likeliest articles, whatever came of it; at most `SHOWN`."""
    why: Why


@dataclass(frozen=True, slots=True)
class Answer(_Considered):
    @property
    def article(self) -> Article:
        return self.candidates[0].article

    @property
    def score(self) -> float:
        return self.candidates[0].score


@dataclass(frozen=True, slots=True)
class Clarify(_Considered):
    @property
    def articles(self) -> tuple[Article, ...]:
        """One to three to choose from, the likeliest first."""
        best, *others = self.candidates[:CHOICES]
        return (best.article, *(other.article for other in others if other.score >= UNLIKELY))


@dataclass(frozen=True, slots=True)
class NoMatch(_Considered):
    pass


Match = Answer | Clarify | NoMatch


@dataclass(frozen=True, slots=True)
class Trial:
    """An utterance that was judged as if it were new."""

    article: Article
    """Its own."""
    utterance: str
    best: tuple[tuple[Article, float], ...]
    """The likeliest three with their probabilities, the best first."""
    decision: Decision

    @property
    def is_first(self) -> bool:
        return self.best[0][0] is self.article

    @property
    def is_among(self) -> bool:
        return any(article is self.article for article, _ in self.best)


class Matcher:
    """Learns from articles once and is only read then, so that threads may share it."""

    def __init__(
        self,
        articles: Iterable[Article],
        out_of_scope: Sequence[str] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Learn. `out_of_scope` are messages that no article answers, by default those that Firstline ships; `memory`
        may know what was learned from the same before."""
        self.articles = tuple(sorted(articles, key=lambda article: article.id))
        typed = {line: words(normalise(line)) for article in self.articles for line in article.utterances}
        written = [words(fold(article.page)) for article in self.articles]
        self._languages = [language_of(f"{one.title}\n{one.body}") or ENGLISH for one in self.articles]
        self._speller = Speller(written, typed.values())
        foreign = shipped_out_of_scope() if out_of_scope is None else out_of_scope
        self._examples = Examples.of(self.articles, foreign)
        compared = [
            self._mended(typed.get(line) or words(normalise(line)))[1] for line in self._examples.texts
        ]
        labels = (words(f"{article.category} {article.id}") for article in self.articles)
        pages = Pages([spell_out([*label, *page]) for label, page in zip(labels, written, strict=True)])
        self._learned = None
        if self.articles:
            facts = chain(map(repr, self.articles), foreign)
            self._learned = Learned(self.articles, self._examples, compared, pages, memory or Memory(), facts)

    @property
    def bands(self) -> Bands | None:
        """The thresholds that decide, and how they did on held-out messages; None without articles."""
        return self._learned.bands if self._learned else None

    def match(
        self, text: str, visible: Callable[[Article], bool] | None = None, locale: str = ENGLISH
    ) -> Match:
        """What to say to a message: never raises, whatever was typed. Only articles that are `visible` take part.

        Whoever writes another language than English is answered in that one or not at all; where the language cannot be
        told, in English or in the person's own (`locale`, such as `pl_PL`).
        """
        said, language = normalise(text), language_of(text)
        repaired, spelt = self._mended(words(said))
        possible = self._possible(visible)
        spoken = self._spoken(language, locale)
        readable = (possible & spoken).any()
        if readable:
            possible = possible & spoken
        if not (spelt and self._learned and possible.any()):
            return NoMatch((), Why(said, repaired, tuple(spelt), nothing=1.0, language=language))
        verdict = self._learned.judge(spelt, possible)
        best = np.argsort(-verdict.chances[:-1], kind="stable")[:SHOWN]
        candidates = tuple(self._candidate(number, verdict) for number in best.tolist() if possible[number])
        why = Why(said, repaired, tuple(spelt), float(verdict.chances[-1]), language)
        decision = self._learned.bands.decide([candidate.score for candidate in candidates])
        if decision == "none" or not readable:
            return NoMatch(candidates, why)
        return Answer(candidates, why) if decision == "answer" else Clarify(candidates, why)

    def without_each_word(
        self, found: Match, visible: Callable[[Article], bool] | None = None
    ) -> tuple[tuple[str, float], ...]:
        """For each word that was compared, how likely the best article were without it: the lower, the more it says."""
        if not (found.candidates and self._learned):
            return ()
        best = self.articles.index(found.candidates[0].article)
        possible, spelt = self._possible(visible), found.why.words
        if (readable := possible & self._spoken(found.why.language, ENGLISH)).any():
            possible = readable
        without = []
        for place, word in enumerate(spelt[:EXPLAINED]):
            verdict = self._learned.judge([*spelt[:place], *spelt[place + 1 :]], possible)
            without.append((word, float(verdict.chances[best])))
        return tuple(without)

    def trials(self) -> Iterator[Trial]:
        """How each utterance fared when it was taken away and judged by what was left."""
        if not self._learned:
            return
        held_out, examples = self._learned.held_out, self._examples
        for example, best, chances in zip(
            held_out.examples.tolist(), held_out.best.tolist(), held_out.chances.tolist(), strict=True
        ):
            yield Trial(
                article=self.articles[examples.labels[example]],
                utterance=examples.texts[example],
                best=tuple((self.articles[one], chance) for one, chance in zip(best, chances, strict=True)),
                decision=self._learned.bands.decide(chances),
            )

    def _possible(self, visible: Callable[[Article], bool] | None) -> Flags:
        return np.array([visible is None or visible(article) for article in self.articles], bool)

    def _spoken(self, language: str | None, locale: str) -> Flags:
        """Which articles somebody can read who wrote this language."""
        spoken = {language} if language else {ENGLISH, locale[:2].lower()}
        return np.array([one in spoken for one in self._languages], bool)

    def _mended(self, typed: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
        """What was repaired, and the words to compare."""
        repaired, changed = self._speller.repair(typed)
        return tuple(changed.items()), spell_out(repaired)

    def _candidate(self, number: int, verdict: Verdict) -> Candidate:
        reason = Reason(
            regression=float(verdict.regression[number]),
            nearest=float(verdict.nearest[number]),
            utterance=self._examples.texts[verdict.examples[number]],
            page=float(verdict.pages[number]),
            points=tuple(verdict.points[number].tolist()),
            vetoed=bool(verdict.vetoed[number]),
        )
        return Candidate(self.articles[number], float(verdict.chances[number]), reason)
