"""What is learned from the articles, and how it judges a message.

Three kinds of evidence speak for an article: a regression over words, characters and meaning (`regression`), the
nearest of its examples (`likeness`), and its page (`pages`). One set of weights makes a probability of them (`judgement`), and
thresholds make a decision of that (`bands`); both are learned from messages that are held out (`rehearsal`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.article import Article
from knowledge.bands import CHOICES, fit_bands
from knowledge.evidence import Closeness, gather
from knowledge.examples import Examples
from knowledge.judgement import FOR_ARTICLES, Flags, learn_weights, probabilities
from knowledge.likeness import Likeness
from knowledge.meaning import vectors
from knowledge.memory import HeldOut, Lessons, Memory
from knowledge.pages import Pages
from knowledge.regression import learn
from knowledge.rehearsal import rehearse, rivalry
from knowledge.similarity import Bags, Floats, Ints, Similarity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one message, article by article."""

    chances: Floats
    """Probabilities; that of nothing stands behind the last article's."""
    regression: Floats
    nearest: Floats
    examples: Ints
    """Which example was nearest."""
    pages: Floats
    points: Floats
    """Articles × kinds of evidence: what each adds to the logarithm of the article's odds."""
    vetoed: Flags
    """A `never` line is nearer than any example."""


class Learned:
    """All that matching needs of the articles; never changed after it was made."""

    def __init__(
        self,
        articles: Sequence[Article],
        examples: Examples,
        words: Sequence[Sequence[str]],
        pages: Pages,
        memory: Memory,
        facts: Iterable[str],
    ) -> None:
        """Learn from at least one article; `words` are those of the examples, as they are compared. All of it follows
        from `facts`: where they are remembered, so is what was learned."""
        self._examples = examples
        self._pages = pages
        bags = Bags.of(words)
        similarity = Similarity(bags)
        lessons = memory.lessons(facts, lambda: self._learn(articles, bags, similarity, words))
        self._likeness = Likeness(similarity, lessons.means)
        self._coefficients = lessons.coefficients
        self._weights = lessons.weights
        self.bands = lessons.bands
        self.held_out = lessons.held_out

    def _learn(
        self, articles: Sequence[Article], bags: Bags, similarity: Similarity, words: Sequence[Sequence[str]]
    ) -> Lessons:
        examples = self._examples
        own = slice(0, examples.own)
        means = vectors(words)
        likeness = Likeness(similarity, means)
        kernel = likeness.among(bags, own, own)
        others = likeness.among(bags, slice(examples.own, bags.count), slice(0, examples.known))
        rivals = rivalry(articles)
        regression = learn(kernel, examples.labels[own], rivals)
        pages = np.stack([self._pages.to(line) for line in words])
        held_out = rehearse(examples, kernel, others, regression, pages, rivals)
        weights = learn_weights(held_out.evidence, held_out.truth, held_out.counts)
        chances = probabilities(weights, held_out.evidence)
        bands = fit_bands(chances, held_out.truth, held_out.counts, held_out.foreign)
        spoken = np.flatnonzero(examples.spoken)
        best = np.argsort(-chances[: len(spoken), :-1], axis=1, kind="stable")[:, :CHOICES]
        return Lessons(
            np.ascontiguousarray(regression.coefficients[:, :-1]),
            weights,
            bands,
            HeldOut(spoken, best, np.take_along_axis(chances[: len(spoken)], best, axis=1)),
            means,
        )

    def judge(self, words: Sequence[str], possible: Flags) -> Verdict:
        """What speaks for each article that is `possible`; the examples of the others are as if not learned."""
        examples, own = self._examples, self._examples.own
        similar = self._likeness.to(words)
        if not possible.all():
            similar[0, :own][~possible[examples.labels[:own]]] = 0
        closeness = Closeness.of(
            similar[:, :own], examples.first, similar[:, own : examples.known], similar[:, examples.known :]
        )
        scores = similar[:, :own] @ self._coefficients
        pages = self._pages.to(words)
        evidence = gather(scores, closeness, pages[None], possible[None], examples.never)
        return Verdict(
            chances=probabilities(self._weights, evidence)[0],
            regression=scores[0],
            nearest=closeness.nearest[0],
            examples=self._which(similar[0, :own], closeness.nearest[0]),
            pages=pages,
            points=evidence.articles[0] * self._weights[:FOR_ARTICLES].astype(np.float32),
            vetoed=possible & ~evidence.possible[0],
        )

    def _which(self, similar: Floats, nearest: Floats) -> Ints:
        """The first example of each article that is as near as its nearest."""
        examples = self._examples
        is_nearest = similar >= nearest[examples.labels[: examples.own]]
        return np.minimum.reduceat(
            np.where(is_nearest, np.arange(examples.own), examples.own), examples.first
        )
