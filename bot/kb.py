"""`firstline kb …`: what authors of the knowledge base do from the terminal."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from knowledge.checking import Report, Standing
    from knowledge.library import Library

app = typer.Typer(help="The knowledge base: check it, explain it, add to it.", no_args_is_help=True)

SHOWN = 15
"""Articles that `check` shows unless it is asked for all."""

Own = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--articles", metavar="DIR", help="Your own articles; by default FIRSTLINE_ARTICLES."),
]


@app.command()
def check(
    articles: Own = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every article, not only the worst.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Try every utterance, `never` line, link, flow and review date. Ends with 1 if something has to be mended."""
    from bot.flows import ACTING
    from knowledge.checking import check as check_articles

    library = library_with(articles)
    report = check_articles(library.matcher, _today(), ACTING)
    wrong = [*library.problems, *report.wrong]
    if as_json:
        typer.echo(_as_json(library, report))
    else:
        shown = report.standings if everything else report.standings[:SHOWN]
        rows = [_row(standing) for standing in shown]
        heading = f"{'article':<32} {'first':>8} {'among 3':>8} {'wrong':>5}  most of the others go to"
        typer.echo("\n".join([heading, *rows, ""]))
        if library.matcher.bands:
            typer.echo(f"{library.matcher.bands}\n")
        for problem in report.advice:
            typer.echo(f"better  {problem}")
        for problem in wrong:
            typer.echo(f"WRONG   {problem}")
        typer.echo(f"{len(report.standings)} articles; {len(wrong) or 'nothing'} to mend.")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def bands(articles: Own = None) -> None:
    """Print the thresholds that were learned, and what they gave for messages held out."""
    typer.echo(str(library_with(articles).matcher.bands or "There are no articles to learn from."))


@app.command()
def why(
    text: Annotated[str, typer.Argument(help="What an employee would type.")],
    articles: Own = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show which words, which utterance and which kind of evidence decide, and why not the runner-up."""
    from bot.asking import explain_as_json, explain_as_text

    library = library_with(articles)
    found = library.match(text)
    words = library.matcher.without_each_word(found)
    typer.echo((explain_as_json if as_json else explain_as_text)(found, words))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as badge-printer-jammed.")],
    title: Annotated[str, typer.Option(help="What people see; by default made of the id.")] = "",
    category: Annotated[
        str, typer.Option(help="Where a ticket goes when the article did not help.")
    ] = "other",
    owner: Annotated[str, typer.Option(help="Who keeps it true.")] = "service-desk",
    articles: Own = None,
) -> None:
    """Write the skeleton of an article, and say where it is."""
    from bot.settings import read_settings
    from knowledge.writing import skeleton, write_new

    folder = articles or read_settings().firstline_articles
    if folder is None:
        raise typer.BadParameter(
            "Say where your articles are: --articles DIR, or FIRSTLINE_ARTICLES in .env."
        )
    text = skeleton(name, title or name.replace("-", " ").capitalize(), category, owner, _today())
    file = write_new(folder, category, name, text)
    typer.echo(f"{file}\nFill in what is in angle brackets; then run `firstline kb check`.")


Whose = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--organisation", "--org", help="Whose, if several are served."),
]
Days = Annotated[int, typer.Option(help="How far back.", min=1, max=365)]
Json = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command()
def gaps(organisation: Whose = None, days: Days = 90, as_json: Json = False) -> None:
    """Show what people asked that no article helped with, put together by meaning, most people first."""
    from bot.kb_desk import gaps as gaps_found
    from bot.settings import read_settings

    typer.echo(
        asyncio.run(gaps_found(read_settings(), organisation, days, library_with(None), as_json=as_json))
    )


@app.command()
def scores(organisation: Whose = None, days: Days = 90, as_json: Json = False) -> None:
    """Show how many each article helped, the worst first, and which help fewer than they did."""
    from bot.kb_desk import scores as scores_of
    from bot.settings import read_settings

    typer.echo(asyncio.run(scores_of(read_settings(), organisation, days, as_json=as_json)))


@app.command()
def draft(
    ticket: Annotated[str, typer.Argument(help="A resolved ticket, for example T-1042.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="DIR", help="Where to; by default FIRSTLINE_DRAFTS."),
    ] = None,
    organisation: Whose = None,
) -> None:
    """Write the draft of an article from a resolved ticket's thread, for somebody to review."""
    from bot.kb_desk import draft as write_draft
    from bot.settings import read_settings

    typer.echo(asyncio.run(write_draft(read_settings(), ticket, organisation, out)))


def library_with(own: Path | None) -> Library:
    """The shipped articles and the organisation's own, or those of another folder instead of its own."""
    from bot.settings import read_settings
    from knowledge.library import Library
    from knowledge.memory import Memory

    settings = read_settings()
    if own is not None:
        settings = settings.model_copy(update={"firstline_articles": own})
    return Library(settings.article_folders, memory=Memory(settings.cache_folder))


def _today() -> date:
    return datetime.now(UTC).date()


def _row(standing: Standing) -> str:
    number = len(standing.trials)
    to = f"{standing.taken[0].id} ({standing.taken[1]})" if standing.taken else ""
    return (
        f"{standing.article.id:<32} {f'{standing.first}/{number}':>8} {f'{standing.among}/{number}':>8} "
        f"{standing.wrong or '':>5}  {to}"
    )


def _as_json(library: Library, report: Report) -> str:
    import json
    from dataclasses import asdict

    return json.dumps(
        {
            "articles": [
                {
                    "id": standing.article.id,
                    "utterances": len(standing.trials),
                    "first": standing.first,
                    "among_three": standing.among,
                    "answered_wrongly": standing.wrong,
                }
                for standing in report.standings
            ],
            "bands": asdict(library.matcher.bands) if library.matcher.bands else None,
            "wrong": [asdict(problem) for problem in (*library.problems, *report.wrong)],
            "advice": [asdict(problem) for problem in report.advice],
        },
        indent=2,
    )
