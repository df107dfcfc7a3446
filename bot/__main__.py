"""The command line: `firstline …`. Each command says what it does, does it, and says in a sentence what went wrong."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

# Matrices of ours are small: more threads would only wait for each other, each with memory of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Imports make half a million objects that stay for good; Python's default looks through them again and again.
gc.set_threshold(50_000)

app = typer.Typer(
    name="firstline",
    help="The IT help desk inside Slack and Microsoft Teams, self-hosted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The desk's database.", no_args_is_help=True)
ticket = typer.Typer(help="Look at tickets.", no_args_is_help=True)
outbox = typer.Typer(help="What waits to be delivered, and what could not be.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(ticket, name="ticket")
app.add_typer(outbox, name="outbox")


def main() -> None:
    """Run a command; whatever is wrong with the surroundings is a sentence, not a traceback."""
    from problems import ProblemsFound
    from tickets.database import DatabaseInUse, DatabaseUnavailable, SchemaMismatch

    try:
        app()
    except ProblemsFound as found:
        _fail(f"This has to be corrected first:\n{found}")
    except (DatabaseInUse, SchemaMismatch) as wrong:
        _fail(str(wrong))
    except DatabaseUnavailable as away:
        _fail(f"The database cannot be used: {away}")
    except OSError as broken:
        _fail(f"{broken.strerror or broken}{f': {broken.filename}' if broken.filename else ''}")


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where its data is kept.")] = Path("demo-desk"),
) -> None:
    """Run a demo company's desk on one web page. Needs no account and no internet."""
    from bot.composition import demonstrate

    _run(demonstrate(folder, port))


@app.command()
def serve() -> None:
    """Run the desk. Settings come from the environment or .env."""
    from bot.composition import serve as serve_desk
    from bot.settings import read_settings

    _run(serve_desk(read_settings()))


@app.command()
def chat(
    who: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as", metavar="NAME", help="Who speaks: a name or an account; by default your login name."
        ),
    ] = None,
    policy: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Another policy file; `demo` is the demo company's desk."),
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo company's data is kept.")] = Path("demo-desk"),
    organisation: Annotated[Optional[str], typer.Option(help="Whose desk, if several are served.")] = None,  # noqa: UP045
) -> None:
    """Talk to the desk in this terminal. Uses the one that runs here, or else runs one meanwhile."""
    from adapters.console.context import Introduction
    from bot.chatting import chat as chat_here
    from bot.demo.settings import demo_settings
    from bot.settings import read_settings
    from bot.terminal import login_name, machine_zone

    is_demo = policy == Path("demo")
    settings = demo_settings(folder) if is_demo else read_settings()
    if policy and not is_demo:
        settings = settings.model_copy(update={"firstline_policy": policy})
    introduction = Introduction(who or login_name(), organisation or "", machine_zone())
    everything_taken = _run(chat_here(settings, introduction, folder if is_demo else None))
    raise typer.Exit(0 if everything_taken else 1)


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="What an employee would type; - reads one message per line.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per message.")] = False,
) -> None:
    """Show what the matcher would do with a message, and why."""
    from bot.asking import explain_as_json, explain_as_text
    from bot.settings import read_settings
    from knowledge.library import Library
    from knowledge.memory import Memory

    settings = read_settings()
    library = Library(settings.article_folders, memory=Memory(settings.cache_folder))
    explain = explain_as_json if as_json else explain_as_text
    for message in (line.rstrip("\n") for line in sys.stdin) if text == "-" else (text,):
        print(explain(library.match(message)), flush=True)  # noqa: T201


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables to this version. Safe to repeat, and to interrupt."""
    from bot.operating import upgrade
    from bot.settings import read_settings

    _say(_run(upgrade(read_settings())))


@ticket.command("show")
def ticket_show(
    number: Annotated[str, typer.Argument(help="For example T-1042.")],
    organisation: Annotated[Optional[str], typer.Option(help="Whose, if several are served.")] = None,  # noqa: UP045
) -> None:
    """Print a ticket's whole history: who did what, when, from where."""
    from bot.operating import history
    from bot.settings import read_settings

    _say(_run(history(read_settings(), number, organisation)))


@outbox.command("list")
def outbox_list() -> None:
    """Show what waits and what is dead."""
    from bot.operating import waiting
    from bot.settings import read_settings

    _say(_run(waiting(read_settings())))


@outbox.command("retry")
def outbox_retry(
    ids: Annotated[Optional[list[int]], typer.Argument(help="Which ones; none means all dead ones.")] = None,  # noqa: UP045
) -> None:
    """Send again what was set aside."""
    from bot.operating import retry
    from bot.settings import read_settings

    _say(_run(retry(read_settings(), ids or None)))


@app.command("sign-in")
def sign_in(
    account: Annotated[
        str, typer.Argument(help="A technician's id in the policy, or a person's web account.")
    ],
    organisation: Annotated[Optional[str], typer.Option(help="Whose, if several are served.")] = None,  # noqa: UP045
) -> None:
    """Print a one-time sign-in link for the web page."""
    from bot.operating import sign_in_link
    from bot.settings import read_settings

    _say(_run(sign_in_link(read_settings(), account, organisation)))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what is wrong with this desk, and the mend for each."""
    from bot.doctor import examine
    from bot.settings import read_settings

    findings = _run(examine(read_settings()))
    if as_json:
        _say(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        _say("\n".join(str(finding) for finding in findings))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _fail(sentence: str) -> None:
    print(f"firstline: {sentence}", file=sys.stderr)  # noqa: T201
    raise SystemExit(1)


if __name__ == "__main__":
    main()
