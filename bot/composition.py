"""The composition root: the only place that names adapters and puts a desk together from settings."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from adapters.console.platform import ConsolePlatform
from adapters.drafts.folder import DraftsFolder
from adapters.web.app import Doors, web_app
from adapters.web.context import Demo, DemoPerson, Health
from adapters.web.platform import WebPlatform
from adapters.web.server import serving
from bot import doctor
from bot.coverage_board import DeskCoverage
from bot.demo import cast
from bot.demo.settings import demo_settings
from bot.doctor import Finding
from bot.fetched import Fetched
from bot.mailbox import DatabaseMailbox
from bot.messages import ChatPlatform, DeskUnavailable, Person
from bot.metrics import LAST_HEARD, exposition
from bot.redaction import redact
from bot.requests import previewed
from bot.running import PolicyFiles, RunningDesk
from bot.settings import Settings
from bot.sign_in import DatabaseSignIn
from bot.slack_rules import SlackRules
from bot.terminal import terminal_door
from bot.worker import Bell
from knowledge.library import Library
from knowledge.memory import Memory
from problems import ProblemsFound
from tickets.database import Clock, Database, DatabaseUnavailable, SchemaMismatch, sqlite_file
from tickets.policy import Organisation

if TYPE_CHECKING:
    from adapters.slack.connection import SlackConnection

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@asynccontextmanager
async def running_desk(
    settings: Settings,
    *,
    clock: Clock = lambda instant: instant,
    migrate: bool = False,
    policy: PolicyFiles | None = None,
    database: Database | None = None,
    platforms: Sequence[ChatPlatform] = (),
) -> AsyncIterator[RunningDesk]:
    """A desk with its loops, for the length of the block. `platforms` are those besides the ones we host ourselves; a
    `database` of the settings' URL is opened and closed here.

    Raises:
        ProblemsFound: the policy has mistakes.
        DatabaseInUse, SchemaMismatch, DatabaseUnavailable: see `Database.open`.
    """
    policy = policy or PolicyFiles(lambda: settings.policy_files, Fetched(settings.cache_folder))
    library = Library(settings.article_folders, memory=Memory(settings.cache_folder))
    database = database or Database(settings.database_url, clock)
    if file := sqlite_file(settings.database_url):
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        if migrate:
            await upgrade(database)
        await database.open()
        bell = Bell()
        mailbox = DatabaseMailbox(database)
        drafts = DraftsFolder(settings.firstline_drafts)
        hosted: list[ChatPlatform] = [WebPlatform(mailbox), ConsolePlatform(mailbox), drafts]
        desk = RunningDesk(database, policy, library, [*hosted, *platforms], bell)
        await desk.start()
        try:
            yield desk
        finally:
            await desk.stop()
    finally:
        await database.close()


async def upgrade(database: Database) -> None:
    """Bring the tables to this version's."""
    from tickets import migrations  # alembic is slow to import, and only this needs it

    await migrations.upgrade(database)


@asynccontextmanager
async def connected_desk(
    settings: Settings, *, migrate: bool = False
) -> AsyncIterator[tuple[str, SlackConnection | None]]:
    """A running desk with everything that the settings connect it to; yields the address of its page, and its
    connection to Slack.

    Raises:
        As `running_desk`.
    """
    policy = PolicyFiles(lambda: settings.policy_files, Fetched(settings.cache_folder))
    database = Database(settings.database_url)
    async with (
        slack_connection(settings, policy, database) as slack,
        running_desk(
            settings,
            policy=policy,
            database=database,
            migrate=migrate,
            platforms=[slack.platform] if slack else [],
        ) as desk,
        terminal_door(settings, desk),
        slack_door(slack, desk) as doors,
        web_page(settings, desk, doors=doors, silence=slack.silence if slack else lambda: None) as address,
    ):
        yield address, slack


async def serve(settings: Settings) -> None:
    """Run the desk until the process is asked to stop."""
    log_to_stderr(settings)
    async with connected_desk(settings) as (address, _):
        structlog.get_logger().info("serving", address=address)
        await asked_to_stop()


async def preview(library: Library, port: int) -> None:
    """Show articles as the platforms will, on this machine only, until the process is asked to stop."""
    from adapters.preview.app import Page, Shelf, preview_app

    def shelf() -> Shelf:
        library.reload()
        pages = [
            Page(article.id, article.title, str(article.file), previewed(article))
            for article in library.articles
        ]
        return Shelf(pages, [str(problem) for problem in library.problems])

    async with serving(preview_app(shelf), host=LOOPBACK[1], port=port) as address:
        sys.stdout.write(f"\n  {address} shows the articles as people will see them. Ctrl-C stops it.\n\n")
        sys.stdout.flush()
        await asked_to_stop()


async def demonstrate(folder: Path, port: int) -> None:
    """Run the demo company's desk, with everybody's chat on one page."""
    settings = demo_settings(folder, port)
    log_to_stderr(settings)
    async with demo_desk(settings, folder) as (desk, clock):
        organisation = next(iter(desk.policy.current.organisations.values()))

        def move(by: timedelta) -> None:
            clock.move(by)
            desk.bell.ring()

        def set_to(to: datetime) -> None:
            clock.set(to)
            desk.bell.ring()

        demo = Demo(_cast(organisation), organisation.timezone.key, move, set_to)
        async with web_page(settings, desk, demo) as address:
            sys.stdout.write(
                f"\n  Firstline is open at {address}\n\n  Ctrl-C stops it. Its data is in {folder}/.\n\n"
            )
            sys.stdout.flush()
            await asked_to_stop()


@asynccontextmanager
async def demo_desk(settings: Settings, folder: Path) -> AsyncIterator[tuple[RunningDesk, cast.MovableClock]]:
    """A running desk of the demo company, with its people, its clock and a door for the terminal."""
    clock = cast.MovableClock(folder / "clock")
    async with running_desk(settings, clock=clock, migrate=True) as desk:
        organisation = next(iter(desk.policy.current.organisations.values()))
        await cast.seed(desk.database, organisation)
        async with terminal_door(settings, desk, [member.person for member in _cast(organisation)]):
            yield desk, clock


@asynccontextmanager
async def slack_connection(
    settings: Settings, policy: PolicyFiles, database: Database
) -> AsyncIterator[SlackConnection | None]:
    """The connection to Slack; None, and nothing of Slack's imported, where its settings are not present. What is kept
    of installations is in the `database`, which is open by the time that anybody asks."""
    if not settings.speaks_slack:
        yield None
        return
    from adapters.slack.connection import SlackConnection, SlackSettings
    from adapters.slack.install import Credentials

    kept, app = None, None
    if settings.slack_client_id:
        from bot.installations import DatabaseInstallations, Seal

        kept = DatabaseInstallations(Seal(settings.slack_token_secrets), database)
        secret = settings.slack_client_secret.get_secret_value()
        app = Credentials(settings.slack_client_id, secret, settings.firstline_public_url)

    connection = SlackConnection(
        SlackSettings(
            api_base_url=settings.slack_api_base_url,
            bot_token=settings.slack_bot_token.get_secret_value(),
            app_token=settings.slack_app_token.get_secret_value(),
            signing_secret=settings.slack_signing_secret.get_secret_value(),
            credentials=app,
        ),
        SlackRules(lambda: policy.current),
        kept,
    )
    try:
        yield connection
    finally:
        await connection.end()


@asynccontextmanager
async def slack_door(slack: SlackConnection | None, desk: RunningDesk) -> AsyncIterator[Doors]:
    """Slack's events for a running desk; yields what is to be mounted on its web page, by path."""
    if slack is None:
        yield {}
        return
    LAST_HEARD.labels("slack", "event").set_function(
        lambda: at.timestamp() if (at := slack.last_event) else 0.0
    )
    LAST_HEARD.labels("slack", "pong").set_function(lambda: slack.last_pong or 0.0)
    events = slack.open(desk.desk, lambda: desk.database.clock(datetime.now(UTC)))
    try:
        yield {"/slack": events} if events else {}
    finally:
        await slack.close()


async def examine(settings: Settings, *, card: bool = False) -> list[Finding]:
    """Everything that `firstline doctor` finds; with `card` a test card is posted and taken back."""
    findings = await doctor.examine(settings)
    with suppress(ProblemsFound):  # of the policy, which are told already
        policy = PolicyFiles(lambda: settings.policy_files)
        database = Database(settings.database_url)
        async with slack_connection(settings, policy, database) as slack:
            if slack:
                findings += await _slack_findings(slack, settings, database, card=card)
    return findings


async def _slack_findings(
    slack: SlackConnection, settings: Settings, database: Database, *, card: bool
) -> list[Finding]:
    try:
        if settings.slack_client_id:
            await database.open(exclusive=False)
        checked = [one async for one in slack.checkup(card=card)]
    except (SchemaMismatch, DatabaseUnavailable, DeskUnavailable) as away:
        mend = "mend the database first; SLACK_TOKEN_KEY must be (or begin with, before a comma) the one that sealed."
        return [Finding(False, "Slack", f"what is kept of installations cannot be read: {away}.", mend)]
    finally:
        await database.close()
    findings = [Finding(one.ok, "Slack", one.sentence, one.mend) for one in checked]
    over_socket = bool(settings.slack_app_token.get_secret_value())
    return [*findings, *await doctor.heard(settings, "slack", over_socket=over_socket)]


@asynccontextmanager
async def web_page(
    settings: Settings,
    desk: RunningDesk,
    demo: Demo | None = None,
    doors: Doors | None = None,
    silence: Callable[[], str | None] = lambda: None,
) -> AsyncIterator[str]:
    """The web page of a running desk, with other platforms' doors beside it by path; yields its address."""

    async def health() -> Health:
        reasons = await desk.alive()
        return Health(not reasons, reasons)

    async def ready() -> Health:
        reasons = (*await desk.ready(), *([silent] if (silent := silence()) else []))
        return Health(not reasons, reasons)

    public = urlsplit(settings.firstline_public_url).hostname
    hosts = [*LOOPBACK, *([public] if public else [])]
    anywhere = settings.firstline_host not in LOOPBACK and not public
    app = web_app(
        desk=desk.desk,
        board=DeskCoverage(desk.database, lambda: desk.policy.current),
        mailbox=DatabaseMailbox(desk.database),
        sign_in=DatabaseSignIn(desk.database),
        redact=lambda text: redact(text).text,
        bell=desk.bell,
        clock=lambda: desk.database.clock(datetime.now(UTC)),
        health=health,
        ready=ready,
        metrics=exposition,
        demo=demo,
        hosts=[] if anywhere else hosts,
    )
    for path, door in (doors or {}).items():
        app.add_subapp(path, door)
    async with serving(app, host=settings.firstline_host, port=settings.firstline_port) as address:
        yield address


async def asked_to_stop() -> None:
    """Until SIGINT or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


def log_to_stderr(settings: Settings) -> None:
    """Structured logs, with ids and never with what people wrote."""
    level = logging.getLevelName(settings.firstline_log_level.upper())
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.firstline_log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _cast(organisation: Organisation) -> tuple[DemoPerson, ...]:
    employees = (
        DemoPerson(cast.person(employee, organisation), organisation.site(employee.site).name, employee.title)
        for employee in cast.EMPLOYEES
    )
    technicians = (
        DemoPerson(
            Person(
                organisation=organisation.id,
                platform="web",
                id=technician.id,
                name=technician.name,
                email=technician.email,
                timezone=technician.timezone.key,
            ),
            technician.timezone.key.rpartition("/")[2].replace("_", " "),
            " and ".join(queue.name for queue in organisation.queues_of(technician.id)),
            max((queue.tier for queue in organisation.queues_of(technician.id)), default=1),
        )
        for technician in organisation.technicians
    )
    return (*employees, *technicians)
