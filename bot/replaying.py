"""`firstline replay …`: what was, once more, under what may be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer


def replay(
    file: Annotated[
        Path, typer.Argument(help="Tickets as CSV or JSON; `firstline ticket export` writes them.")
    ],
    policy: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The changed policy: a file, or a folder of them."),
    ] = None,
    organisation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--organisation", "--org", help="Whose, if several are served."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every ticket that changes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Route and time past tickets under a changed policy: which would go elsewhere, be late, or no longer be."""
    from bot.operating import replay_tickets
    from bot.settings import read_settings

    if policy is None:
        raise typer.BadParameter("Say under which policy: --policy new.toml.")
    typer.echo(
        replay_tickets(read_settings(), file, policy, organisation, everything=everything, as_json=as_json)
    )
