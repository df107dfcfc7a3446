"""Where a probability becomes an answer, and where a choice: thresholds fitted for a stated price of being wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from knowledge.judgement import Array, Flags
from knowledge.similarity import Floats, Ints

PRICE_OF_A_WRONG_ANSWER: Final = 5.0
"""What a wrong answer costs when a right one is worth 1: somebody follows steps that do not fit, comes back angrier,
and asks less next time."""

WORTH_OF_A_CHOICE: Final = 0.6
"""Up to three titles with the right one among them: one more thing to read, and one more click."""

PRICE_OF_A_VAIN_CHOICE: Final = 1.5
"""Titles none of which is right: read for nothing. Saying nothing is worth 0, since a person takes over."""

CHOICES: Final = 3
"""Articles offered at most: more is a list of search results, which people do not read."""

PRIOR: Final = 400
"""Imagined messages, spread evenly over all probabilities and right exactly as often as those say, that are counted
beside the real ones, so that thresholds of a small knowledge base do not follow the accidents of a dozen messages and those of
a large one stand still when it changes a little."""


Decision = Literal["answer", "clarify", "none"]


@dataclass(frozen=True, slots=True)
class Bands:
    """The thresholds, and what they gave for messages that were held out. Shares are of 1."""

    answer: float
    """From this probability of the best article on it is the answer."""
    offer: float
    """Below that, from this probability of the best three together on they are offered."""
    messages: int
    """Held-out messages that some article answers; the following are of them."""
    accuracy: float
    """The best article is the right one, however sure."""
    accuracy_of_three: float
    answered: float
    wrong: float
    """Of those answered: with the wrong article."""
    helped: float
    """Answered rightly, or offered the right one."""
    foreign: int
    """Held-out messages that are out of scope."""
    foreign_answered: float
    foreign_offered: float

    def decide(self, chances: Sequence[float]) -> Decision:
        """What follows from the probabilities of the likeliest articles, the best first."""
        if chances and chances[0] >= self.answer:
            return "answer"
        return "clarify" if chances and sum(chances[:CHOICES]) >= self.offer else "none"

    def __str__(self) -> str:
        return "\n".join(
            (
                f"answer   from {self.answer:.2f} on: the likeliest article",
                f"offer    from {self.offer:.2f} on: the likeliest {CHOICES} together, to choose from",
                "nothing  below that: a person takes over",
                f"fitted so that a wrong answer costs {PRICE_OF_A_WRONG_ANSWER:g}, a choice in vain {PRICE_OF_A_VAIN_CHOICE:g}, "
                f"where a right answer is worth 1 and a choice {WORTH_OF_A_CHOICE:g}",
                f"{self.messages} utterances held out: {self.accuracy:.1%} find their article first, "
                f"{self.accuracy_of_three:.1%} among three",
                f"  {self.answered:.1%} answered, {self.wrong:.1%} of those wrongly; {self.helped:.1%} answered or offered rightly",
                f"{self.foreign} out-of-scope messages held out: {self.foreign_answered:.1%} answered, "
                f"{self.foreign_offered:.1%} offered a choice",
            )
        )


def fit_bands(chances: Floats, truth: Ints, counts: Array, foreign: Flags) -> Bands:
    """The thresholds that are worth most at the prices above, for held-out messages and their probabilities.

    `truth` and `counts` are those of `learn_weights`; `foreign` tells which messages are out of scope.
    """
    order = np.argsort(-chances[:, :-1], axis=1, kind="stable")[:, :CHOICES]
    three = np.take_along_axis(chances, order, axis=1)
    best, together = three[:, 0].astype(float), three.sum(axis=1).astype(float)
    hit = order == truth[:, None]
    first, among = hit[:, 0], hit.any(axis=1)

    sure = (np.arange(PRIOR) + 0.5) / PRIOR
    counts = np.append(counts, np.ones(PRIOR))
    worth_of_offer = _worth(np.append(among, (1 + sure) / 2), WORTH_OF_A_CHOICE, PRICE_OF_A_VAIN_CHOICE)
    offer = _best_threshold(all_together := np.append(together, (1 + sure) / 2), worth_of_offer * counts)
    otherwise = np.where(all_together >= offer, worth_of_offer, 0)
    worth_of_answer = _worth(np.append(first, sure), 1, PRICE_OF_A_WRONG_ANSWER)
    answer = _best_threshold(np.append(best, sure), (worth_of_answer - otherwise) * counts)

    ours = truth < chances.shape[1] - 1
    answered = best >= answer
    offered = ~answered & (together >= offer)
    return Bands(
        answer=answer,
        offer=offer,
        messages=int(ours.sum()),
        accuracy=_share(first[ours]),
        accuracy_of_three=_share(among[ours]),
        answered=_share(answered[ours]),
        wrong=_share(~first[ours & answered]),
        helped=_share(((answered & first) | (offered & among))[ours]),
        foreign=int(foreign.sum()),
        foreign_answered=_share(answered[foreign]),
        foreign_offered=_share(offered[foreign]),
    )


def _worth(right: Array, gain: float, price: float) -> Array:
    return right * gain - (1 - right) * price


def _best_threshold(certainty: Array, worth: Array) -> float:
    """The threshold above which the worth of everything together is greatest, midway to the next below it."""
    order = np.argsort(-certainty, kind="stable")
    sums = np.cumsum(worth[order])
    last = int(np.argmax(sums))
    below = certainty[order[last + 1]] if last + 1 < len(order) else 0.0
    return float((certainty[order[last]] + below) / 2)


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else 0.0
