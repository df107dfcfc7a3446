"""What people read of an article: the employee who asked, and the technician who takes over. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import literal
from knowledge.article import Article


def answer(article: Article) -> str:
    """As an employee reads it; it ends with the way to a person."""
    parts = [f"**{literal(article.title)}**", article.body]
    if article.stop_when or article.tell_technician:
        parts += ["## If that does not help", *_way_out(article)]
    return "\n\n".join(parts)


def _way_out(article: Article) -> list[str]:
    press, along = "Press **Talk to a person**", "What was said here goes along."
    tell = (
        f"{along} It helps to tell us {_listed(article.tell_technician)}."
        if article.tell_technician
        else along
    )
    match article.stop_when:
        case ():
            return [f"{press}. {tell}"]
        case (only,):
            return [f"{press}, above all when {literal(only)}. {tell}"]
        case several:
            return [f"{press}, above all when", "\n".join(f"- {literal(one)}" for one in several), tell]


def which(articles: Sequence[Article]) -> str:
    """The question above the titles to choose from; each with what one sees then, where that is known."""
    signs = [f"- **{literal(one.title)}**: {literal(one.symptoms[0])}" for one in articles if one.symptoms]
    return "Which of these is closest?" + ("\n\n" + "\n".join(signs) if signs else "")


def helps_to_tell(article: Article) -> str:
    """What its requester may still say under the promise; nothing holds the ticket up until they do."""
    if not article.tell_technician:
        return ""
    return f"If you have not said it yet, it helps to write here {_listed(article.tell_technician)}."


def for_technician(article: Article) -> str:
    """What the article that did not help tells whoever takes over."""
    told = [
        *([literal(article.technician)] if article.technician else []),
        *([f"It fits when: {'; '.join(map(literal, article.symptoms))}."] if article.symptoms else []),
        *(
            [f"The requester was asked for {_listed(article.tell_technician)}."]
            if article.tell_technician
            else []
        ),
    ]
    heading = f"**From the article “{literal(article.title)}”, for technicians**"
    return "\n\n".join([heading, *told]) if told else ""


def _listed(phrases: Sequence[str]) -> str:
    """`one, two and three`; with semicolons where a phrase has a comma of its own."""
    *first, end = map(literal, phrases)
    if not first:
        return end
    if any("," in phrase for phrase in phrases):
        return f"{'; '.join(first)}; and {end}"
    return f"{', '.join(first)} and {end}"
