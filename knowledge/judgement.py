"""From several kinds of evidence to one probability.

For every message each article gets a logit, the weighted sum of its evidence, and "nothing we have" gets one too;
their softmax is the probability that people see. Weights are never negative and are learned by maximum likelihood
from messages that were held out, so that 0.8 means right in eight of ten such cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.similarity import Floats, Ints

FOR_ARTICLES: Final = 3
"""Kinds of evidence for an article: the regression, the nearest utterance, the page."""

EXPECTED: Final = np.array([6.0, 3.3, 3.2, 4.4, 8.6])
"""Weights before anything is learned: in the order above, then of the nearest message out of scope, which speaks for
nothing, and nothing's head start. They are those of the shipped articles, rounded."""

CERTAINTY: Final = 1.0
"""How firmly `EXPECTED` is held, as information: it rules over a dozen utterances and yields to a few hundred."""

ROUNDS: Final = 25
STRIDES: Final = (1.0, 0.5, 0.25, 0.1, 0.02)
"""Shares of Newton's step that are tried until one leads downhill."""

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each article and for nothing, for some messages."""

    articles: Floats
    """Messages × articles × FOR_ARTICLES."""
    nothing: Floats
    """One for each message."""
    possible: Flags
    """Messages × articles: False where an article must not be said."""

    def matrix(self) -> Floats:
        """Messages × (articles and nothing) × weights."""
        messages, articles, _ = self.articles.shape
        matrix = np.zeros((messages, articles + 1, len(EXPECTED)), np.float32)
        matrix[:, :-1, :FOR_ARTICLES] = np.where(self.possible[:, :, None], self.articles, 0)
        matrix[:, -1, FOR_ARTICLES] = self.nothing
        matrix[:, -1, -1] = 1
        return matrix


def probabilities(weights: Array, evidence: Evidence) -> Floats:
    """Messages × (articles and nothing); each row sums to one."""
    return _softmax(weights, evidence.matrix(), evidence.possible)


def learn_weights(evidence: Evidence, truth: Ints, counts: Array) -> Array:
    """The weights under which the truth is likeliest.

    `truth` holds the number of the right article, or the number of articles when nothing is right; `counts` how often
    each message is counted. Newton's method with the weights kept at or above zero; the loss is convex.
    """
    likelihood = _Likelihood(evidence, truth, counts)
    weights = EXPECTED
    loss = likelihood.loss(weights)
    for _ in range(ROUNDS):
        step = likelihood.step(weights)
        for stride in STRIDES:
            ahead = np.maximum(weights - stride * step, 0)
            if (lower := likelihood.loss(ahead)) < loss:
                break
        else:
            break
        settled = loss - lower < 1e-6 * loss
        weights, loss = ahead, lower
        if settled:
            break
    return weights


class _Likelihood:
    """How unlikely the truth is under some weights, and which way it gets likelier."""

    def __init__(self, evidence: Evidence, truth: Ints, counts: Array) -> None:
        self._matrix = evidence.matrix()
        self._possible = evidence.possible
        self._true = (np.arange(len(truth)), truth)
        self._counts = counts

    def loss(self, weights: Array) -> float:
        chances = _softmax(weights, self._matrix, self._possible)[self._true]
        distance = ((weights - EXPECTED) ** 2).sum()
        return float(CERTAINTY / 2 * distance - self._counts @ np.log(np.maximum(chances, 1e-12)))

    def step(self, weights: Array) -> Array:
        """Newton's step among the weights that are free to move."""
        chances = _softmax(weights, self._matrix, self._possible)
        means = np.einsum("ma,maw->mw", chances, self._matrix)
        slope = self._counts @ (means - self._matrix[self._true]) + CERTAINTY * (weights - EXPECTED)
        flat = self._matrix.reshape(-1, len(weights))
        counted = chances * self._counts[:, None].astype(np.float32)
        curve = (flat * counted.reshape(-1, 1)).T @ flat - (means.T * self._counts) @ means
        curve = curve + CERTAINTY * np.eye(len(weights))
        free = (weights > 0) | (slope < 0)
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        return step


def _softmax(weights: Array, matrix: Floats, possible: Flags) -> Floats:
    with np.errstate(
        invalid="ignore"
    ):  # some BLAS kernels compute lanes beyond the data, whatever lies there
        logits = matrix @ weights.astype(np.float32)
    logits[:, :-1][~possible] = -np.inf
    logits -= logits.max(axis=1, keepdims=True)
    odds = np.exp(logits, out=logits)
    odds /= odds.sum(axis=1, keepdims=True)
    return np.asarray(odds)
