"""`firstline doctor`: what is wrong with a desk, running or not, and the mend for each."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot import conversations, outbox, wording
from bot.fetched import Fetched
from bot.outbox import OutboxState
from bot.requests import TECHNICIAN
from bot.running import EVENTS_KEPT, REVIEW_LATE
from bot.settings import Settings
from knowledge.article import Article
from knowledge.loading import load as articles_of
from problems import ProblemsFound, did_you_mean
from tickets import store
from tickets.database import (
    DESK_ROLE,
    Database,
    DatabaseUnavailable,
    SchemaMismatch,
    Transaction,
    sqlite_file,
)
from tickets.policy import Policy, load

WAITS_LONG = timedelta(minutes=5)
SHOWN = 10
"""Names that are listed to choose from."""

FREE_SPACE = 200 * 1024 * 1024
"""Bytes under which a SQLite desk is about to stop taking messages."""


@dataclass(frozen=True, slots=True)
class Finding:
    ok: bool
    subject: str
    sentence: str
    mend: str = ""

    def __str__(self) -> str:
        mark = "ok   " if self.ok else "WRONG"
        mend = f"\n       Mend: {self.mend}" if self.mend else ""
        return f"{mark}  {self.subject}: {self.sentence}{mend}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Every finding, good ones too, so that one sees what was looked at."""
    return [*_policy(settings), *_articles(settings), *_disk(settings), *await _database(settings)]


def _policy(settings: Settings) -> Iterator[Finding]:
    files = settings.policy_files
    missing = [str(file) for file in files if not file.exists()]
    if missing or not files:
        yield Finding(
            False,
            "Policy",
            f"there is no {', '.join(missing) or settings.firstline_policy}.",
            "write one (docs/policy.md explains it), or set FIRSTLINE_POLICY to where it is.",
        )
        return
    feeds = Fetched(settings.cache_folder)
    try:
        policy = load(files, feeds)
    except ProblemsFound as found:
        for problem in found.problems:
            yield Finding(
                False, "Policy", str(problem), "correct this line; docs/policy.md explains every key."
            )
        return
    yield from _feeds(feeds)
    for organisation in policy.organisations.values():
        yield Finding(
            True,
            "Policy",
            f"{organisation.name}: {len(organisation.sites)} sites, {len(organisation.queues)} queues, "
            f"{len(organisation.technicians)} technicians.",
        )
        for queue in organisation.queues:
            if queue.channel is None:
                yield Finding(
                    False,
                    "Policy",
                    f"the queue {queue.id} has no channel, so its cards go to another queue's.",
                    f'add channel = "platform:address" to the queue {queue.id}.',
                )


def _feeds(feeds: Fetched) -> Iterator[Finding]:
    """Calendars that are kept elsewhere."""
    for copy in feeds.copies():
        yield _judged(
            not copy.problem,
            "Calendars",
            f"{copy.address} was fetched {wording.length(copy.age)} ago.",
            f"{copy.address} {copy.problem}; the copy fetched {wording.length(copy.age)} ago is used.",
            "open the address in a browser on this machine; without it, put the file beside the policy.",
        )


def _articles(settings: Settings) -> Iterator[Finding]:
    articles, problems = articles_of(settings.article_folders)
    for problem in problems:
        yield Finding(
            False, "Articles", str(problem), "correct this line; docs/articles.md explains every field."
        )
    if policy := _sound_policy(settings):
        yield from _audiences(articles, policy)
    yield Finding(bool(articles), "Articles", f"{len(articles)} articles can be answered from.")


def _sound_policy(settings: Settings) -> Policy | None:
    """The policy, or None where `_policy` says what is wrong with it."""
    try:
        return load(settings.policy_files)
    except (ProblemsFound, OSError):
        return None


def _audiences(articles: Iterable[Article], policy: Policy) -> Iterator[Finding]:
    """Articles and versions that nobody is shown, because no policy has what their audience names."""
    known = {
        "organisations": set(policy.organisations),
        "sites": {site.id for organisation in policy.organisations.values() for site in organisation.sites},
        "roles": {TECHNICIAN},
    }
    every = (one for article in articles for one in (article, *article.versions))
    for article in every:
        for field, names in known.items():
            for name in getattr(article.audience, field):
                if name not in names:
                    yield Finding(
                        False,
                        "Articles",
                        f"{article.file}: audience.{field}: there is no '{name}'{did_you_mean(name, names)}",
                        f"name what there is: {', '.join(sorted(names)[:SHOWN])}.",
                    )


def _disk(settings: Settings) -> Iterator[Finding]:
    file = sqlite_file(settings.database_url)
    if file is None:
        return
    folder = file.parent if file.parent.exists() else Path()
    free = shutil.disk_usage(folder).free
    yield Finding(
        free > FREE_SPACE,
        "Disk",
        f"{free // (1024 * 1024)} MB are free where the database is.",
        ""
        if free > FREE_SPACE
        else "make room: with a full disk every message is refused until there is some.",
    )


async def _database(settings: Settings) -> list[Finding]:
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading() as tx:
            return [finding async for finding in _tables(tx, database)]
    except SchemaMismatch as mismatch:
        sentence, _, mend = str(mismatch).partition(" Mend: ")
        return [Finding(False, "Database", sentence, mend)]
    except DatabaseUnavailable as away:
        return [
            Finding(
                False,
                "Database",
                f"it cannot be used: {away}.",
                "check DATABASE_URL, and that the server runs.",
            )
        ]
    finally:
        await database.close()


async def _tables(tx: Transaction, database: Database) -> AsyncIterator[Finding]:
    yield Finding(True, "Database", f"{database.url.get_backend_name()}, reached, tables of this version.")
    if not database.is_sqlite:
        bound = (await tx.session.execute(text("SELECT current_user, row_security_active('ticket')"))).one()
        yield _judged(
            bool(bound[1]),
            "Isolation",
            f"organisations are kept apart by the database (role {bound[0]}).",
            f"the role {bound[0]} may see every organisation's rows.",
            f"let a role that may create roles run `firstline db upgrade`, or grant {DESK_ROLE} to this one.",
        )
    dead = await outbox.listing(tx, [OutboxState.DEAD])
    yield _judged(
        not dead,
        "Outbox",
        "nothing was set aside.",
        f"{len(dead)} could not be delivered and were set aside.",
        "look with `firstline outbox list`, mend the cause, then `firstline outbox retry`.",
    )
    age = await outbox.oldest_wait(tx)
    platform = next((row.platform for row in await outbox.listing(tx, outbox.UNFINISHED, most=1)), "nobody")
    yield _judged(
        age < WAITS_LONG,
        "Outbox",
        f"the oldest effect has waited {int(age.total_seconds())} s.",
        f"the oldest effect, for {platform}, has waited {int(age.total_seconds() // 60)} min.",
        f"is `firstline serve` running and connected to {platform}, and does {platform} answer? "
        "`firstline outbox list` says why.",
    )
    late = await store.unwatched(tx, tx.now - REVIEW_LATE)
    yield _judged(
        not late,
        "Reviews",
        "every open ticket is watched.",
        f"the review of {', '.join(ticket.name for ticket in late)} is overdue, so breaches go unnoticed.",
        "start `firstline serve`; when it runs, its log says review_failed and why.",
    )


async def heard(settings: Settings, platform: str, *, over_socket: bool) -> list[Finding]:
    """Whether a platform's events arrive, by what the database and the desk that runs here know."""
    name = platform.capitalize()
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading() as tx:
            last, now = await conversations.last_event(tx, platform), tx.now
    except (SchemaMismatch, DatabaseUnavailable):
        return []  # told already
    finally:
        await database.close()
    findings = [
        _judged(
            last is not None,
            name,
            f"the last event arrived {wording.length(now - last)} ago." if last else "",
            f"no event has arrived in the last {EVENTS_KEPT.days} days.",
            "write to the desk in a direct message. If it does not answer, is `firstline serve` running, and are the "
            "event subscriptions of the manifest switched on (over HTTP: does their address lead here)?",
        )
    ]
    if over_socket:
        findings.append(await asyncio.to_thread(_connection, settings, platform, name))
    return findings


def _connection(settings: Settings, platform: str, name: str) -> Finding:
    """What the running desk says about its connection."""
    address = f"http://{settings.firstline_host}:{settings.firstline_port}/metrics"
    try:
        with urllib.request.urlopen(address, timeout=3) as answer:
            told = answer.read().decode()
    except (OSError, ValueError):
        return Finding(
            False,
            name,
            f"no desk answers at {address}, so its connection cannot be looked at.",
            "run `firstline serve`.",
        )
    found = re.search(rf'last_heard_timestamp_seconds{{platform="{platform}",what="pong"}} (\S+)', told)
    silent = time.time() - float(found[1]) if found else None
    return _judged(
        silent is not None and silent < 60,
        name,
        "the running desk's connection is alive.",
        "the running desk has no living connection.",
        "its log says slack_socket_not_connected and why; a firewall must let it reach wss-primary.slack.com.",
    )


def _judged(ok: bool, subject: str, good: str, bad: str, mend: str) -> Finding:
    return Finding(ok, subject, good if ok else bad, "" if ok else mend)
