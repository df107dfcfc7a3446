"""What `firstline kb …` tells from the desk's own database. Each returns what to print."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from bot import growing
from bot.operating import organisation_of
from bot.settings import Settings
from knowledge.gaps import told
from knowledge.library import Library
from knowledge.scores import Score
from knowledge.writing import write_new
from tickets import store
from tickets.database import Database, Transaction


async def gaps(
    settings: Settings, organisation_id: str | None, days: int, library: Library, *, as_json: bool
) -> str:
    """Where knowledge is missing or fails, what concerns most people first."""
    async with _reading(settings, organisation_id) as tx:
        found = await growing.gaps(tx, tx.now - timedelta(days=days))
    if as_json:
        return json.dumps(
            [{**asdict(gap), "nearest": nearest(library, gap.examples[0])} for gap in found], indent=2
        )
    if not found:
        return f"In the last {days} days every message was helped by an article, as far as anybody said."
    return "\n\n".join(told(gap, lambda text: nearest(library, text)) for gap in found)


def nearest(library: Library, text: str) -> str:
    """The article that is nearest to a message, with how likely it is."""
    candidates = library.match(text).candidates
    return f"{candidates[0].article.id}, {candidates[0].score:.0%}" if candidates else ""


async def scores(settings: Settings, organisation_id: str | None, days: int, *, as_json: bool) -> str:
    """How each article did that was shown, the one that helped least first."""
    async with _reading(settings, organisation_id) as tx:
        found = await growing.scores_of(tx, tx.now - timedelta(days=days))
    if as_json:
        return json.dumps([asdict(score) for score in found], indent=2)
    if not found:
        return f"No article was shown in the last {days} days."
    heading = (
        f"{'article':<32} {'shown':>6} {'helped':>7} {'said so':>8} {'no help':>8} {'ticket':>7} {'again':>6}"
    )
    return "\n".join([heading, *map(_row, found)])


def _row(score: Score) -> str:
    falling = f"  falling: {score.recently:.0%} lately, {score.before:.0%} before" if score.falling else ""
    return (
        f"{score.article:<32} {score.shown:>6} {score.helped:>7.0%} {score.solved:>8} {score.not_helpful:>8} "
        f"{score.tickets:>7} {score.again:>6}{falling}"
    )


async def draft(settings: Settings, number: str, organisation_id: str | None, folder: Path | None) -> str:
    """Write the draft of an article from a resolved ticket, and say where it is.

    Raises:
        ProblemsFound: there is such a file already.
    """
    organisation = organisation_of(settings, organisation_id)
    digits = number.upper().removeprefix("T-")
    async with _reading(settings, organisation.id) as tx:
        ticket = await store.by_number(tx, int(digits)) if digits.isdecimal() else None
        if ticket is None:
            raise SystemExit(f"firstline: there is no ticket {number} in {organisation.name}.")
        if ticket.state.is_open:
            raise SystemExit(
                f"firstline: {ticket.name} is not resolved yet; an article can be drafted once it is."
            )
        made = await growing.draft_of(tx, ticket, ticket.queue)
    file = write_new(folder or settings.firstline_drafts, made.category, made.name, made.text)
    return f"{file}\nRead it, fill in what is in angle brackets, move it to your articles, and run `firstline kb check`."


@asynccontextmanager
async def _reading(settings: Settings, organisation_id: str | None) -> AsyncIterator[Transaction]:
    """A look into the desk's database, whether the desk runs or not."""
    organisation = organisation_of(settings, organisation_id)
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading(organisation.id) as tx:
            yield tx
    finally:
        await database.close()
