"""What the matcher learns from: utterances and titles of articles, messages out of scope, and `never` lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.article import Article
from knowledge.judgement import Flags
from knowledge.similarity import Ints


@dataclass(frozen=True, slots=True)
class Examples:
    """Articles are numbered in their order; "nothing" has the number after the last. First come the articles' own
    examples, one article after the other, then the foreign ones, then the `never` lines."""

    texts: tuple[str, ...]
    """As they were written."""
    labels: Ints
    """The article, or nothing, that each is an example of; the `never` lines are left out."""
    first: Ints
    """Where the examples of each article begin."""
    own: int
    """How many are of articles; the foreign ones begin there."""
    spoken: Flags
    """Of the articles' own, which are utterances and not titles."""
    never: Ints
    """The article that each `never` line is kept from."""

    @property
    def known(self) -> int:
        """How many are of articles or foreign; the `never` lines begin there."""
        return len(self.labels)

    @classmethod
    def of(cls, articles: Sequence[Article], foreign: Sequence[str]) -> Examples:
        texts: list[str] = []
        numbers: list[int] = []
        spoken: list[bool] = []
        for number, article in enumerate(articles):
            texts += [article.title, *article.utterances]
            numbers += [number] * (1 + len(article.utterances))
            spoken += [False] + [True] * len(article.utterances)
        owners = np.array(numbers, np.intp)
        never = [(number, line) for number, article in enumerate(articles) for line in article.never]
        everything = (*texts, *foreign, *(line for _, line in never))
        return cls(
            texts=everything,
            labels=np.append(owners, np.full(len(foreign), len(articles))),
            first=np.searchsorted(owners, np.arange(len(articles))),
            own=len(texts),
            spoken=np.array(spoken, bool),
            never=np.array([number for number, _ in never], np.intp),
        )
