"""Softmax regression on similarities: which class a text is of, learned from examples, and how sure that is unseen.

With a kernel K (the similarity of each example to each), scores are F = K A and probabilities P = softmax(F). A has
one column per class and is found by minimising the log loss plus λ/2 tr(AᵀKA); at the optimum λA = Y − P. That is
convex, so there is one answer and it does not depend on chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.similarity import Floats

SMOOTHING: Final = 0.1
"""λ. Accuracy on BANKING77, HWU64 and CLINC150 (validation) is flat between 0.05 and 0.2."""

CURVATURE: Final = 0.2
"""p(1 − p) assumed of every example when stepping: at most 1/4, so that steps do not overshoot."""

MOMENTUM: Final = 0.7
STEPS: Final = 9
"""After so many the accuracy of the three sets is within two tenths of a point of where it settles."""

BLOCK: Final = 192
"""Matrices up to this size are inverted by LAPACK, larger ones by halves, which is mostly multiplication."""


@dataclass(frozen=True, slots=True)
class Regression:
    """What was learned: scores of a text are its similarities to the examples times `coefficients`."""

    coefficients: Floats
    """Examples × classes."""
    held_out: Floats
    """Examples × classes: the scores of each example had it not been learned from."""


def learn(kernel: Floats, labels: NDArray[np.intp], rivals: NDArray[np.bool_]) -> Regression:
    """Learn the classes of examples.

    `rivals[a, b]` says whether class b is ever a choice for somebody who sees class a; a class is its own rival.
    """
    ours = np.eye(len(rivals), dtype=np.float32)[labels]
    apart = np.where(rivals, np.float32(0), np.float32(-np.inf))[labels]
    step = _inverse(_plus(CURVATURE * kernel, SMOOTHING))
    now = last = np.zeros_like(ours)
    for _ in range(STEPS):
        ahead = now + MOMENTUM * (now - last)
        error = ours - _softmax(kernel @ ahead + apart) - SMOOTHING * ahead
        last, now = now, (ahead + step @ error).astype(np.float32, copy=False)
    del step
    scores = kernel @ now
    chances = _softmax(scores + apart)
    return Regression(now, scores - now * _own_influence(kernel, chances, labels))


def without_own_class(kernel: Floats, labels: NDArray[np.intp], coefficients: Floats) -> Floats:
    """Scores of each example had its whole class not been learned: it is then a message that nothing answers.

    The column of its own class is −inf.
    """
    scores = kernel @ coefficients
    for label in sorted(set(labels.tolist())):
        own = labels == label
        scores[own] -= kernel[np.ix_(own, own)] @ coefficients[own]
        scores[own, label] = -np.inf
    return scores


def _own_influence(kernel: Floats, chances: Floats, labels: NDArray[np.intp]) -> Floats:
    """How far each example's own coefficient moves its own score, for every class.

    Taking example i away moves its score by about A[i] (1 / [(K + λ/W)⁻¹]ᵢᵢ − λ/Wᵢ), with W = p(1 − p): approximate
    leave-one-out (Vapnik and Chapelle, 2000; Rad and Maleki, 2020). W differs between classes, yet only the members
    of a class are uncertain about it: one inverse for all with a mean W, corrected by blocks for members.
    Held-out scores are then right about as often as those of 25-fold cross-validation (BANKING77 69.7 and 69.7 %,
    HWU64 66.6 and 67.7, CLINC150 80.3 and 81.3).
    """
    others = chances[np.arange(chances.shape[1]) != labels[:, None]]
    typical = float(np.sqrt(((others * (1 - others)) ** 2).mean())) if len(others) else 0.0
    ridge = SMOOTHING / max(typical, 1e-4)
    inverse = _inverse(_plus(kernel.copy(), ridge))
    background = (1 / np.diag(inverse) - ridge).astype(np.float32)
    influence = np.repeat(background[:, None], chances.shape[1], axis=1)
    for label in sorted(set(labels.tolist())):
        own = np.flatnonzero(labels == label)
        chance = chances[own, label]
        own_ridge = SMOOTHING / np.maximum(chance * (1 - chance), 1e-3)
        block = np.linalg.inv(inverse[np.ix_(own, own)].astype(np.float64)) + np.diag(own_ridge - ridge)
        influence[own, label] = 1 / np.diag(np.linalg.inv(block)) - own_ridge
    return influence


def _softmax(scores: Floats) -> Floats:
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _plus(matrix: Floats, diagonal: float) -> Floats:
    matrix.flat[:: len(matrix) + 1] += np.float32(diagonal)
    return matrix


def _inverse(matrix: Floats) -> Floats:
    """The inverse of a symmetric positive definite matrix, by halves (Schur complement), in its place.

    Five times faster than `numpy.linalg.inv` at 1,400 rows, as exact as single precision is, and without a copy.
    """
    size = len(matrix)
    if size <= BLOCK:
        matrix[:] = np.linalg.inv(matrix)
        return matrix
    half = size // 2
    above, beside, below = matrix[:half, :half], matrix[:half, half:], matrix[half:, half:]
    across = _inverse(above) @ beside
    below -= beside.T @ across
    shared = across @ _inverse(below)
    above += shared @ across.T
    np.negative(shared, out=beside)
    np.negative(shared.T, out=matrix[half:, :half])
    return matrix
