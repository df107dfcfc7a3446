"""What technicians and owners of articles read about the knowledge base. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import literal
from bot.wording import shortened
from knowledge.article import Article
from knowledge.scores import RECENT, Score
from tickets.model import Ticket

LISTED = 15
"""Articles named in one message."""


def not_resolved_yet(ticket: Ticket) -> str:
    return f"{ticket.name} is not resolved yet. An article can be drafted once it is."


def drafting() -> str:
    return "I am drafting an article from this ticket; the thread will say where it is."


def drafted(name: str, file: str) -> str:
    return (
        f"{literal(name)} asked for an article: its draft is in the folder of drafts, file `{file}`. Fill in what is in "
        "angle brackets, then propose it like any change to the articles."
    )


def still_true(articles: Sequence[Article]) -> str:
    """Asked of the owner at the review date."""
    lines = [
        f"- **{literal(one.title)}** (`{one.id}`), last reviewed {one.reviewed.isoformat()} by {literal(one.owner)}"
        for one in articles[:LISTED]
    ]
    more = [f"- and {len(articles) - LISTED} more: `firstline kb check` names them"] * (
        len(articles) > LISTED
    )
    return "\n".join(
        [
            "**Is it still true?** The review of this is due:\n",
            *lines,
            *more,
            "\nIf it is, set `reviewed` in its file to today. If it is not, correct it.",
        ]
    )


def falling(article: Article, score: Score) -> str:
    """An article helps fewer people than it did."""
    failing = [f"- “{literal(shortened(text, 120))}”" for text in score.failing]
    return "\n".join(
        [
            f"**{literal(article.title)}** (`{article.id}`, owner {literal(article.owner)}) helps fewer people than it did: "
            f"{score.recently or 0:.0%} in the last {RECENT.days} days, {score.before or 0:.0%} before. Lately it did not "
            "help those who wrote:\n",
            *failing,
        ]
    )
