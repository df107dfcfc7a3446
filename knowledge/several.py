"""Several requests in one message: `new laptop for our new hire, and my VPN is down` are two.

A message is cut where its two sides are about different things: each side alone is likely to mean one article, the
two articles differ, and what is likely for one is unlikely for the other. How much that takes depends on how the
writer joined them: less after `also` or `2)`, more after a bare `and`. Where something else was announced, one side
may be a request that no article answers. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, log
from typing import Final

from knowledge.matcher import Answer, Match, NoMatch
from knowledge.text import fold

MOST: Final = 6
"""Places where a message may be cut; one with more is a story, and is left whole."""

SHORTEST: Final = 2
"""Words that a request has at least."""

SURE: Final = 1.4
COMMON: Final = -12.4
JOINED: Final = {"announced": 3.4, "sentence": 0.9, "comma": -1.5}
"""What speaks for a cut, as the logarithm of its odds: for the logarithm of the odds of the likeliest article of the less
certain side (at most SUREST); for the probability that both sides have in common; and for how they are joined. Fitted by
logistic regression to 600 pairs of held-out utterances of different articles, and to 1,092 messages that ask for one
thing in one or two sentences."""

SUREST: Final = 5.0

ENOUGH: Final = 2.0
"""What it takes. At 2, half of the pairs of messages that nobody learned from are told apart (122 of 240), and 3 of 454
that ask for one thing are cut."""


@dataclass(frozen=True, slots=True)
class Request:
    """One of the things that a message asks for."""

    text: str
    """As its author wrote it."""
    match: Match


Judge = Callable[[str], Match]


def take_apart(text: str, judge: Judge) -> tuple[Request, ...]:
    """The requests in a message, each with what `judge` says of it alone; mostly it is one, the message itself."""
    whole = judge(text)
    parts = tuple(_parts((_NUMBERED.sub("", whole.why.text), whole), cache(judge)))
    if len(parts) < 2 or not _tell_apart(parts):
        return (Request(text, whole),)
    return tuple(
        Request(written, match)
        for written, (_, match) in zip(_as_written(text, [part for part, _ in parts]), parts, strict=True)
    )


_Part = tuple[str, Match]


@dataclass(frozen=True, slots=True)
class _Cut:
    before: _Part
    after: _Part
    strength: float


def _parts(whole: _Part, judge: Judge) -> Iterator[_Part]:
    cuts = [cut for cut in _cuts(whole[0], judge) if cut.strength > ENOUGH]
    if not cuts:
        yield whole
        return
    best = max(cuts, key=lambda cut: cut.strength)
    yield from _parts(best.before, judge)
    yield from _parts(best.after, judge)


def _cuts(text: str, judge: Judge) -> Iterator[_Cut]:
    for place in _places(text):
        mark = "?" if "?" in place[0] else ""
        before, after = text[: place.start()].strip(_EDGE) + mark, text[place.end() :].strip(_EDGE)
        if min(_length(before), _length(after)) >= SHORTEST:
            sides = (before, judge(before)), (after, judge(after))
            yield _Cut(*sides, _strength(*sides, place.lastgroup or ""))


def _places(text: str) -> Sequence[re.Match[str]]:
    places = list(_CUT.finditer(text))
    return places if len(places) <= MOST else ()


def _strength(before: _Part, after: _Part, joined: str) -> float:
    if joined == "announced" and _one_is_unanswered(before, after):
        return ENOUGH + 0.01  # enough, but any place where both sides are answered is better
    if any(isinstance(match, NoMatch) for _, match in (before, after)):
        return -inf
    if joined != "announced" and _GOES_ON.match(after[0]):
        return -inf
    one, other = _chances(before), _chances(after)
    common = sum(min(chance, other.get(article, 0.0)) for article, chance in one.items())
    doubtful = min(max(one.values()), max(other.values()))
    sure = min(log(doubtful / max(1 - doubtful, 1e-9)), SUREST)
    return SURE * sure + COMMON * common + JOINED[joined]


def _one_is_unanswered(before: _Part, after: _Part) -> bool:
    """Whether both sides ask for something, and there is an article for one of them only."""
    if not all(_ASKS.search(text) for text, _ in (before, after)):
        return False
    found = {type(match) for _, match in (before, after)}
    return found == {Answer, NoMatch}


def _tell_apart(parts: Sequence[_Part]) -> bool:
    """Whether some part is answered, and no two parts by the same article: then they are one story."""
    answers = [match.article.id for _, match in parts if isinstance(match, Answer)]
    return bool(answers) and len(set(answers)) == len(answers)


def _chances(part: _Part) -> dict[str, float]:
    return {candidate.article.id: candidate.score for candidate in part[1].candidates}


def _length(text: str) -> int:
    return len(_WORD.findall(text))


def _as_written(text: str, parts: Sequence[str]) -> Sequence[str]:
    """The passages of the message that its folded parts were made of, or those parts where they cannot be found."""
    written = [(fold(word[0]), word.span()) for word in _WORD.finditer(text)]
    end, found = len(written), []
    for part in reversed(parts):
        last, at = 0, len(text)
        for word in reversed(_WORD.findall(part)):
            while end and written[end - 1][0] != word:
                end -= 1
            if not end:
                return parts
            end -= 1
            last, at = max(last, written[end][1][1]), written[end][1][0]
        found.append(text[at:last] + ("?" if text[last : last + 1] == "?" else ""))
    return found[::-1]


_EDGE = " ,;:.!-"
_WORD = re.compile(r"[^\W_]+")
_ANNOUNCED = (
    r"(?:and |oh,? |but )*(?:also|additionally|in addition|separately|secondly|thirdly|on top of that|besides(?: that)?|furthermore"
    r"|moreover|(?:another|one more|a second|second|the other|next|last) (?:thing|question|issue|problem|request)(?: is| was)?(?: that)?)\b[,:]?"
    r"|(?:and )?plus\b,?|\(?[2-9][.)]|[-*•](?= )"
)
_CUT = re.compile(
    rf"(?P<announced>(?:[.!?;,:]+\s*|\s+)(?:{_ANNOUNCED})\s+|[.!?;]+\s+(?=(?:[^\W_]+ ){{1,3}}also\b))"
    r"|(?P<sentence>[.!?;]+\s+(?:(?:and|but)\s+)?)|(?P<comma>,\s*(?:and\s+)?|\s+and\s+)"
)
_NUMBERED = re.compile(r"\A(?:\(?1[.)]|[-*•])\s+")
_GOES_ON = re.compile(
    r"(?:now|then|so|because|since|it|its|it's|this|that|they|which|who|when|while|still|even|after|again|either|too)\b"
)
"""Words with which a sentence goes on about the same."""

_ASKS = re.compile(
    r"\?|\b(?:need|want|would like|i'd like|can|could|please|pls|how|why|where|when|who|what|order|get|set up|install|request"
    r"|not|no|never|cannot|\w+n't|\w+nt|broken|broke|stuck|slow|down|error|fail\w*|leak\w*|crash\w*|lost|missing|stolen|gone"
    r"|dead|problem|issue|wrong|fix|repair|replace)\b"
)
"""Words of which a request has at least one; `I am in the Leeds office today` has none."""
