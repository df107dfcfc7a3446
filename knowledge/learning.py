"""What is learned from the articles, and how it judges a message.

Three kinds of evidence speak for an article: a regression over words and characters (`regression`), the nearest of
its examples (`similarity`), and its page (`pages`). One set of weights makes a probability of them (`judgement`), and
thresholds make a decision of that (`bands`); both are learned from messages that are held out (`rehearsal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.article import Article
from knowledge.bands import Bands, fit_bands
from knowledge.evidence import Closeness, gather
from knowledge.examples import Examples
from knowledge.judgement import Flags, learn_weights, probabilities
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
    vetoed: Flags
    """A `never` line is nearer than any example."""


class Learned:
    """All that matching needs of the articles; never changed after it was made."""

    def __init__(
        self, articles: Sequence[Article], examples: Examples, words: Sequence[Sequence[str]], pages: Pages
    ) -> None:
        """Learn from at least one article; `words` are those of the examples, as they are compared."""
        self._examples = examples
        self._pages = pages
        bags = Bags.of(words)
        self._similarity = Similarity(bags)
        own = slice(0, examples.own)
        kernel = self._similarity.among(bags, own, own)
        others = self._similarity.among(bags, slice(examples.own, bags.count), slice(0, examples.known))
        del bags
        rivals = rivalry(articles)
        regression = learn(kernel, examples.labels[own], rivals)
        held_out = rehearse(
            examples, kernel, others, regression, np.stack([pages.to(line) for line in words]), rivals
        )
        self._coefficients = np.ascontiguousarray(regression.coefficients[:, :-1])
        self._weights = learn_weights(held_out.evidence, held_out.truth, held_out.counts)
        chances = probabilities(self._weights, held_out.evidence)
        self.bands: Bands = fit_bands(chances, held_out.truth, held_out.counts, held_out.foreign)

    def judge(self, words: Sequence[str], possible: Flags) -> Verdict:
        """What speaks for each article that is `possible`; the examples of the others are as if not learned."""
        examples, own = self._examples, self._examples.own
        similar = self._similarity.to(Bags.of([words]))
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
            vetoed=possible & ~evidence.possible[0],
        )

    def _which(self, similar: Floats, nearest: Floats) -> Ints:
        """The first example of each article that is as near as its nearest."""
        examples = self._examples
        is_nearest = similar >= nearest[examples.labels[: examples.own]]
        return np.minimum.reduceat(
            np.where(is_nearest, np.arange(examples.own), examples.own), examples.first
        )
