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

from bot import kb, replaying

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
coverage = typer.Typer(help="Who answers when, and why.", no_args_is_help=True)
policy = typer.Typer(help="The rules of the desk.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(coverage, name="coverage")
app.add_typer(policy, name="policy")
app.add_typer(ticket, name="ticket")
app.add_typer(outbox, name="outbox")
app.add_typer(kb.app, name="kb")
app.command()(replaying.replay)


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
    port: Annotated[int, typer.Option(help="Port of the page.", min=0, max=65_535)] = 8080,
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
    if text != "-":
        found = library.match(text)
        _say(explain(found, library.matcher.without_each_word(found)))
        return
    for message in sys.stdin:
        print(explain(library.match(message.rstrip("\n"))), flush=True)  # noqa: T201


@kb.app.command("serve")
def kb_serve(
    articles: kb.Own = None,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8090,
) -> None:
    """Show articles as the web page and Slack will, on this machine. What you save shows when you reload."""
    from bot.composition import preview

    _run(preview(kb.library_with(articles), port))


Whose = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--organisation", "--org", help="Whose, if several are served."),
]


@coverage.command("why")
def coverage_why(
    category: Annotated[str, typer.Option(help="Id of what it is about.")] = "other",
    site: Annotated[Optional[str], typer.Option(help="Id of the requester's office.")] = None,  # noqa: UP045
    priority: Annotated[Optional[str], typer.Option(help="P1 to P4; as the category has it without.")] = None,  # noqa: UP045
    group: Annotated[
        list[str] | None, typer.Option(help="A group of the requester; may be repeated.")
    ] = None,
    at: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="2026-12-24T22:00, on the wall of the office; now without."),
    ] = None,
    organisation: Whose = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say who answers a request, who is paged and when, what is promised, and the rule behind each."""
    from bot.operating import coverage_of
    from bot.settings import read_settings

    _say(
        coverage_of(read_settings(), organisation, site, category, priority, group or (), at, as_json=as_json)
    )


@coverage.command("check")
def coverage_check(
    days: Annotated[int, typer.Option(help="How far ahead.", min=1, max=366)] = 90,
    organisation: Whose = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Find every hour ahead in which a clock runs and nobody answers, rotas with gaps, rules that decide nothing."""
    from bot.operating import check_coverage
    from bot.settings import read_settings

    text, clean = check_coverage(read_settings(), organisation, days, as_json=as_json)
    _say(text)
    raise typer.Exit(0 if clean else 1)


@coverage.command("map")
def coverage_map(
    out: Annotated[Optional[Path], typer.Option(help="The SVG file to write; printed without.")] = None,  # noqa: UP045
    png: Annotated[Optional[Path], typer.Option(help="A PNG file to write (needs firstline[png]).")] = None,  # noqa: UP045
    week: Annotated[Optional[str], typer.Option(help="A date of the week; this one without.")] = None,  # noqa: UP045
    organisation: Whose = None,
) -> None:
    """Draw a week as a picture: who answers, hour by hour."""
    from bot.operating import as_png, draw_coverage
    from bot.settings import read_settings

    picture = draw_coverage(read_settings(), organisation, week)
    if png is not None:
        png.write_bytes(as_png(picture))
    if out is not None:
        out.write_text(picture, encoding="utf-8")
    written = [str(file) for file in (out, png) if file]
    _say(f"Drawn to {' and '.join(written)}." if written else picture.rstrip())


@policy.command("explain")
def policy_explain(organisation: Whose = None) -> None:
    """Print what holds for an organisation, and the file and line of each rule."""
    from bot.operating import explain_policy
    from bot.settings import read_settings

    _say(explain_policy(read_settings(), organisation))


@app.command()
def init(
    model: Annotated[
        str, typer.Option(help="fully-managed, co-managed, project, staff-augmentation or on-demand.")
    ],
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("firstline.toml"),
) -> None:
    """Write a commented policy to start from, for one of five models."""
    from bot.models import write

    _say(write(model, out))


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


@ticket.command("export")
def ticket_export(
    since: Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01.")],
    until: Annotated[str, typer.Option(help="The first day after it.")],
    organisation: Whose = None,
) -> None:
    """Print the tickets opened between two days as CSV, as `firstline replay` reads them."""
    from bot.operating import export_tickets
    from bot.settings import read_settings

    _say(_run(export_tickets(read_settings(), since, until, organisation)).rstrip())


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
    card: Annotated[
        bool, typer.Option("--test-card", help="Post a card in a queue's channel in Slack, and take it back.")
    ] = False,
) -> None:
    """Say what is wrong with this desk, and the mend for each."""
    from bot.composition import examine
    from bot.settings import read_settings

    findings = _run(examine(read_settings(), card=card))
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
