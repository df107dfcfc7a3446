"""What is learned from the examples, and how it judges a message.

Three kinds of evidence speak for an article: a regression over words and characters (`regression`), the nearest of
its examples (`similarity`), and its page (`pages`). One set of weights makes a probability of them (`judgement`), and
thresholds make a decision of that (`bands`). Weights and thresholds are learned from every utterance as if it had
never been seen, from messages out of scope, and from utterances whose article is pretended not to exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.article import Article
from knowledge.bands import Bands, fit_bands
from knowledge.examples import Examples
from knowledge.judgement import FOR_ARTICLES, Array, Evidence, Flags, learn_weights, probabilities
from knowledge.pages import Pages
from knowledge.regression import learn, without_own_class
from knowledge.similarity import Bags, Floats, Ints, Similarity

FOREIGN: Final = 0.1
NEW: Final = 0.05
"""How many messages are expected to be none of IT's business, and to be about something that no article covers yet,
for each one that an article answers."""

VETO: Final = 0.4
PRETENDED: Final = 3
"""Every how many-th utterance is used as one about something new: enough to learn from in a third of the time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one message; every row is one article."""

    chances: Floats
    """Probabilities; that of nothing stands behind the last article's."""
    regression: Floats
    nearest: Floats
    examples: Ints
    """Which example was nearest."""
    pages: Floats
    vetoed: Flags
    """A `never` line is nearer than any example."""


class Learned:
    """All that matching needs of the articles; never changed after it was made."""

    def __init__(self, articles: Sequence[Article], examples: Examples, pages: Pages) -> None:
        self._count = len(articles)
        self._examples = examples
        self._pages = pages
        bags = Bags.of(examples.words)
        self._similarity = Similarity(bags)
        similar = self._similarity.among(bags, examples.known)
        rivals = _rivals(articles)
        regression = learn(similar[: examples.own, : examples.own], examples.labels[: examples.own], rivals)
        self._coefficients = regression.coefficients
        evidence, truth, counts = self._held_out(similar, regression.held_out, rivals)
        self._weights = learn_weights(evidence, truth, counts)
        self.bands: Bands = fit_bands(probabilities(self._weights, evidence), truth, counts)

    def judge(self, words: Sequence[str], possible: Flags) -> Verdict:
        """What speaks for each article that is `possible`; the examples of the others are as if not learned."""
        examples = self._examples
        similar = self._similarity.to(Bags.of([words]))
        if not possible.all():
            similar[0, : examples.own][~possible[examples.labels[: examples.own]]] = 0
        scores = similar[:, : examples.own] @ self._coefficients
        pages = self._pages.to(words)
        evidence = self._evidence(similar, scores, pages[None], possible[None])
        nearest = evidence.articles[0, :, 1]
        return Verdict(
            chances=probabilities(self._weights, evidence)[0],
            regression=scores[0, :-1],
            nearest=nearest,
            examples=self._which(similar[0], nearest),
            pages=pages,
            vetoed=possible & ~evidence.possible[0],
        )

    def _evidence(self, similar: Floats, scores: Floats, pages: Floats, possible: Flags) -> Evidence:
        examples = self._examples
        articles = np.empty((len(similar), self._count, FOR_ARTICLES), np.float32)
        articles[:, :, 0] = scores[:, :-1]
        articles[:, :, 1] = np.maximum.reduceat(similar[:, : examples.own], examples.first, axis=1)
        articles[:, :, 2] = pages
        foreign = similar[:, examples.own : examples.known]
        nothing = np.stack([scores[:, -1], foreign.max(axis=1, initial=0)], axis=1)
        for number, line in zip(examples.never, range(examples.known, similar.shape[1]), strict=True):
            possible[:, number] &= (similar[:, line] <= articles[:, number, 1]) | (similar[:, line] < VETO)
        return Evidence(articles, nothing, possible)

    def _held_out(self, similar: Floats, scores: Floats, rivals: Flags) -> tuple[Evidence, Ints, Array]:
        """Evidence for messages as if they were new, what is right for each, and how often each is counted."""
        examples = self._examples
        spoken = np.flatnonzero(examples.spoken)
        foreign = np.arange(examples.own, examples.known)
        new = spoken[::PRETENDED]
        unknown = without_own_class(similar[: examples.own, : examples.own], examples.labels[: examples.own], self._coefficients)
        scores = np.concatenate([scores[spoken], similar[foreign, : examples.own] @ self._coefficients, unknown[new]])
        which = np.concatenate([spoken, foreign, new])
        pages = np.stack([self._pages.to(examples.words[number]) for number in which])
        own = examples.labels[which]
        is_new = np.arange(len(which)) >= len(spoken) + len(foreign)
        possible = rivals[own, :-1].copy()
        possible[is_new, own[is_new]] = False
        np.fill_diagonal(similar, 0)
        counts = [
            np.full(len(part), share * len(spoken) / max(len(part), 1))
            for part, share in ((spoken, 1), (foreign, FOREIGN), (new, NEW))
        ]
        evidence = self._evidence(similar[which], scores, pages, possible)
        return evidence, np.where(is_new, self._count, own), np.concatenate(counts)

    def _which(self, similar: Floats, nearest: Floats) -> Ints:
        """The first example of each article that is as near as its nearest."""
        examples = self._examples
        is_nearest = similar[: examples.own] >= nearest[examples.labels[: examples.own]]
        candidates = np.where(is_nearest, np.arange(examples.own), examples.own)
        return np.minimum.reduceat(candidates, examples.first)


def _rivals(articles: Sequence[Article]) -> Flags:
    """Which articles, and nothing, are ever choices beside which for one person."""
    rivals = np.ones((len(articles) + 1, len(articles) + 1), bool)
    restricted = [number for number, article in enumerate(articles) if not article.audience.is_everyone]
    for number in restricted:
        for other in restricted:
            rivals[number, other] = articles[number].audience.meets(articles[other].audience)
    return rivals
