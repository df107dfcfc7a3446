"""`firstline replay …`: what was, once more, under what may be: tickets under another policy, messages under other
articles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

LEFT_OUT = 10
"""What could not be read is named so many times."""


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="Messages as CSV or JSON, or a Slack export (.zip); with --policy tickets, as `firstline ticket export` "
            "writes them."
        ),
    ],
    policy: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Replay tickets under this changed policy: a file, or a folder of them."),
    ] = None,
    articles: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR", help="Replay messages, and compare with these articles instead of your own."
        ),
    ] = None,
    settles: Annotated[
        float, typer.Option(help="Share of right answers that settle it, for the estimate.", min=0, max=1)
    ] = 0.5,
    organisation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--organisation", "--org", help="Whose, if several are served."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every ticket that changes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """See what past messages, or tickets, would become.

    Of messages: what is answered, clarified and escalated, the biggest gaps, and what changed articles would change.
    With --policy, of tickets: which would go elsewhere, be late, or no longer be.
    """
    from bot.operating import replay_tickets
    from bot.settings import read_settings

    settings = read_settings()
    if policy and articles:
        raise typer.BadParameter("Say either --policy, for tickets, or --articles, for messages.")
    typer.echo(
        replay_tickets(settings, file, policy, organisation, everything=everything, as_json=as_json)
        if policy
        else _messages(settings, file, articles, settles, organisation, as_json=as_json)
    )


def _messages(
    settings: Settings,
    file: Path,
    articles: Path | None,
    settles: float,
    organisation: str | None,
    *,
    as_json: bool,
) -> str:
    from bot.past_messages import past_messages
    from bot.replay_messages import Replay, as_text
    from bot.replay_messages import as_json as told_as_json
    from knowledge.library import Library
    from knowledge.memory import Memory
    from problems import Problem

    def library(own: Path | None) -> Library:
        folders = settings.model_copy(update={"firstline_articles": own}).article_folders
        return Library(folders, memory=Memory(settings.cache_folder))

    left_out: list[Problem] = []
    size = file.stat().st_size
    replay = Replay(
        library(settings.firstline_articles), library(articles) if articles else None, organisation
    )
    with typer.progressbar(length=size, file=sys.stderr, label=file.name) as bar:
        for said in past_messages(file, left_out.append):
            replay.add(said.text, said.person)
            bar.update(min(said.place, size) - bar.pos)
    for problem in left_out[:LEFT_OUT]:
        typer.echo(str(problem), err=True)
    if len(left_out) > LEFT_OUT:
        typer.echo(f"and {len(left_out) - LEFT_OUT} more that could not be read", err=True)
    return (told_as_json if as_json else as_text)(replay, settles)
