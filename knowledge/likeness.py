"""How alike texts are: by their words and characters (`similarity`), and by what they mean (`meaning`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from knowledge.meaning import vectors
from knowledge.similarity import Bags, Floats, Similarity

MEANING_SHARE: Final = 0.5
"""How much of the likeness meaning decides. Accuracy on BANKING77, HWU64 and CLINC150 (validation) is 3 to 5 points
higher than without it, and flat between 0.4 and 0.6."""


class Likeness:
    """Texts to compare with; 1 is the same, 0 has nothing in common, and less than 0 hardly occurs."""

    def __init__(self, similarity: Similarity, means: Floats) -> None:
        """Both of the same texts: `means` are their vectors."""
        self._similarity = similarity
        self._means = means

    def among(self, bags: Bags, rows: slice, columns: slice) -> Floats:
        """How like some of the texts are to some, where `bags` are those of all."""
        alike = self._similarity.among(bags, rows, columns)
        return _mixed(alike, self._means[rows] @ self._means[columns].T)

    def to(self, text: Sequence[str]) -> Floats:
        """How like one text, given as its words, is to each: a single row."""
        return _mixed(self._similarity.to(Bags.of([text])), vectors([text]) @ self._means.T)


def _mixed(alike: Floats, meant: Floats) -> Floats:
    """In the place of both, since while learning they are as large as anything gets."""
    alike *= 1 - MEANING_SHARE
    meant *= MEANING_SHARE
    alike += meant
    return alike
