"""Messages as if they were new: what weights and thresholds are learned from.

Every utterance is judged by what is left when it is taken away, every message out of scope likewise, and every third
utterance once more as if its whole article did not exist: it is then a request that no article covers yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.article import Article
from knowledge.evidence import Closeness, gather
from knowledge.examples import Examples
from knowledge.judgement import Array, Evidence, Flags
from knowledge.regression import Regression, without_own_class
from knowledge.similarity import Floats, Ints

FOREIGN: Final = 0.1
NEW: Final = 0.05
"""How many messages are expected to be none of IT's business, and to be about something that no article covers yet,
for each one that an article answers."""

PRETENDED: Final = 3
"""Every how many-th utterance plays one about something new: enough to learn from in a third of the time."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    evidence: Evidence
    truth: Ints
    """The article that is right for each message; the number of articles where nothing is."""
    counts: Array
    """How often each message is counted, so that each kind has the share that is expected of it."""
    foreign: Flags
    """Which messages are out of scope."""


def rehearse(
    examples: Examples, kernel: Floats, others: Floats, regression: Regression, pages: Floats, rivals: Flags
) -> Rehearsal:
    """Judge everything held out.

    `kernel` holds the similarities among the articles' own examples, whose diagonal is cleared here; `others` those of
    foreign messages and `never` lines to the own and the foreign ones; `pages` the scores of all of them by article.
    """
    own, count, articles = examples.own, examples.known - examples.own, len(rivals) - 1
    spoken = np.flatnonzero(examples.spoken)
    new = spoken[::PRETENDED]
    labels = np.concatenate([examples.labels[spoken], np.full(count, articles), examples.labels[new]])
    is_ours = np.arange(len(labels)) < len(spoken)
    is_new = np.arange(len(labels)) >= len(spoken) + count

    unknown = without_own_class(kernel, examples.labels[:own], regression.coefficients)
    np.fill_diagonal(kernel, 0)
    np.fill_diagonal(others[:count, own:], 0)
    among_own = Closeness.of(kernel, examples.first, others[:count, :own].T, others[count:, :own].T)
    among_foreign = Closeness.of(
        others[:count, :own], examples.first, others[:count, own:], others[count:, own:].T
    )

    possible = np.ones((len(labels), articles), bool)
    possible[labels < articles] = rivals[labels[labels < articles], :-1]
    possible[is_new, labels[is_new]] = False
    which = np.concatenate([spoken, np.arange(own, own + count), new])
    scores = [regression.held_out[spoken], others[:count, :own] @ regression.coefficients, unknown[new]]
    evidence = gather(
        np.concatenate(scores)[:, :-1],
        Closeness.join(among_own[spoken], among_foreign, among_own[new]),
        pages[which],
        possible,
        examples.never,
    )
    counts = np.ones(len(labels))
    for some, share in ((~is_ours & ~is_new, FOREIGN), (is_new, NEW)):
        counts[some] = share * len(spoken) / max(int(some.sum()), 1)
    return Rehearsal(evidence, np.where(is_new, articles, labels), counts, ~is_ours & ~is_new)


def rivalry(articles: Sequence[Article]) -> Flags:
    """Which articles are ever choices beside which for one person. Nothing, the last, is one beside all: it has no
    examples, but makes even a single article earn its score."""
    rivals = np.ones((len(articles) + 1, len(articles) + 1), bool)
    restricted = [number for number, article in enumerate(articles) if not article.audience.is_everyone]
    for number in restricted:
        for other in restricted:
            rivals[number, other] = articles[number].audience.meets(articles[other].audience)
    return rivals
