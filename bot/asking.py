"""What the matcher would do with a message, and why: for `firstline ask`."""

from __future__ import annotations

import json

from knowledge.matcher import Answer, Clarify, Match


def decision(found: Match) -> str:
    """`answer`, `clarify` or `none`."""
    match found:
        case Answer():
            return "answer"
        case Clarify():
            return "clarify"
        case _:
            return "none"


def explain_as_json(found: Match) -> str:
    """One line: the decision, the article when there is one, and the candidates, likeliest first."""
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
        },
        ensure_ascii=False,
    )


def explain_as_text(found: Match) -> str:
    """The same for people."""
    heads = {
        "answer": "Answer with the first of these.",
        "clarify": "Offer the first three of these to choose from.",
        "none": "Offer a person; no article is likely enough.",
    }
    lines = [
        f"  {candidate.score:6.1%}  {candidate.article.id:<32} {candidate.article.title}"
        for candidate in found.candidates
    ]
    return "\n".join([heads[decision(found)], *lines])
