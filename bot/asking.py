"""What the matcher would do with a message, and why: for `firstline ask` and `firstline kb why`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from knowledge.matcher import Answer, Candidate, Clarify, Match

KINDS = ("words", "nearest utterance", "page")
"""The kinds of evidence in the order of `Reason.points`."""

TOLD = 5
"""Words whose weight is told to people: those that say most."""

Words = Sequence[tuple[str, float]]
"""For each word, how likely the best article were without it."""


def decision(found: Match) -> str:
    """`answer`, `clarify` or `none`."""
    match found:
        case Answer():
            return "answer"
        case Clarify():
            return "clarify"
        case _:
            return "none"


def explain_as_json(found: Match, words: Words = ()) -> str:
    """One line: the decision, the article when there is one, the candidates, likeliest first, and the evidence."""
    why: dict[str, Any] = {
        "text": found.why.text,
        "repaired": dict(found.why.repaired),
        "words": list(found.why.words),
        "nothing": round(found.why.nothing, 4),
        "candidates": [_evidence(candidate) for candidate in found.candidates],
    }
    if words:
        why["without"] = [{"word": word, "score": round(chance, 4)} for word, chance in words]
    return json.dumps(
        {
            "decision": decision(found),
            "article": found.article.id if isinstance(found, Answer) else None,
            "candidates": [
                {
                    "id": candidate.article.id,
                    "title": candidate.article.title,
                    "score": round(candidate.score, 4),
                }
                for candidate in found.candidates
            ],
            "why": why,
        },
        ensure_ascii=False,
    )


def _evidence(candidate: Candidate) -> dict[str, Any]:
    reason = candidate.reason
    return {
        "id": candidate.article.id,
        "utterance": reason.utterance,
        "similarity": round(reason.nearest, 4),
        "regression": round(reason.regression, 4),
        "page": round(reason.page, 4),
        "points": {kind: round(points, 2) for kind, points in zip(KINDS, reason.points, strict=True)},
        "never": reason.vetoed,
    }


def explain_as_text(found: Match, words: Words = ()) -> str:
    """The same for people, as a few lines."""
    heads = {
        "answer": "Answer with the first of these.",
        "clarify": "Offer the first three of these to choose from.",
        "none": "Offer a person; no article is likely enough.",
    }
    lines = [
        f"  {candidate.score:6.1%}  {candidate.article.id:<32} {candidate.article.title}"
        for candidate in found.candidates
    ]
    return "\n".join([heads[decision(found)], *lines, *_reading(found), *_weighing(found, words)])


def _reading(found: Match) -> list[str]:
    repaired = ", ".join(f"{typed} → {meant}" for typed, meant in found.why.repaired)
    return [
        "",
        f"Read as: {' '.join(found.why.words) or 'nothing'}",
        *([f"Repaired: {repaired}"] if repaired else []),
        f"That no article fits: {found.why.nothing:.1%}",
    ]


def _weighing(found: Match, words: Words) -> list[str]:
    if not found.candidates:
        return []
    best, *others = found.candidates
    heavy = sorted(words, key=lambda pair: pair[1])[:TOLD]
    said = [f"{word} ({chance:.0%} without it)" for word, chance in heavy if chance < best.score - 0.005]
    return [
        *([f"Words that say most: {', '.join(said)}"] if said else []),
        "",
        f"Points of evidence  {'  '.join(KINDS)}      sum  nearest utterance",
        *(_points(candidate) for candidate in found.candidates),
        *([_comparison(best, others[0])] if others else []),
    ]


def _points(candidate: Candidate) -> str:
    columns = "  ".join(
        f"{points:{len(kind)}.1f}" for points, kind in zip(candidate.reason.points, KINDS, strict=True)
    )
    total = sum(candidate.reason.points)
    return f"  {_short(candidate.article.id, 16):<16}  {columns}  {total:7.1f}  “{_short(candidate.reason.utterance, 60)}”"


def _comparison(best: Candidate, other: Candidate) -> str:
    """Why not the runner-up."""
    name = other.article.id
    if other.reason.vetoed:
        return (
            f"\nNot {name}: the message is nearer to one of its `never` lines than to anything that finds it."
        )
    gaps = [mine - theirs for mine, theirs in zip(best.reason.points, other.reason.points, strict=True)]
    ahead = [
        f"{kind} (+{gap:.1f})" for gap, kind in sorted(zip(gaps, KINDS, strict=True))[::-1] if gap > 0.05
    ]
    behind = [f"{kind} ({gap:.1f})" for gap, kind in sorted(zip(gaps, KINDS, strict=True)) if gap < -0.05]
    rest = f", though it leads by {' and '.join(behind)}" if behind else ""
    if not ahead:
        return f"\nNot {name}: nearly as likely; hardly anything tells the two apart."
    return f"\nNot {name}: the first is ahead by {' and '.join(ahead)}{rest}."


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
