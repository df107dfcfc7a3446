"""What an administrator does from the terminal, beside a running desk or without one. Each returns what to print."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from bot import covering, outbox, past_tickets
from bot.codec import from_json
from bot.conversations import PersonRow
from bot.fetched import Fetched
from bot.messages import Person
from bot.outbox import OutboxRow, OutboxState
from bot.replay_tickets import as_data, replay, told
from bot.settings import Settings
from bot.sign_in import LINK_LIFETIME, DatabaseSignIn
from bot.week import parse_week, week_map
from tickets import store
from tickets.database import Database, newest_revision, sqlite_file
from tickets.model import Ticket, TicketEvent
from tickets.policy import Organisation, load


async def upgrade(settings: Settings) -> str:
    from tickets import migrations  # alembic is slow to import

    if file := sqlite_file(settings.database_url):
        file.parent.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()
    return f"The database is at version {newest_revision()}."


async def history(settings: Settings, number: str, organisation_id: str | None) -> str:
    """Everything that happened to a ticket, a line each, in the organisation's zone."""
    organisation = organisation_of(settings, organisation_id)
    digits = number.upper().removeprefix("T-")
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading(organisation.id) as tx:
            ticket = await store.by_number(tx, int(digits)) if re.fullmatch(r"[0-9]{1,9}", digits) else None
            if ticket is None or ticket.id is None:
                raise SystemExit(f"firstline: there is no ticket {number} in {organisation.name}.")
            events = await store.history(tx, ticket.id)
    finally:
        await database.close()
    zone = organisation.timezone
    return "\n".join([*_summary(ticket, zone), "", *(_line(event, zone) for event in events)])


async def waiting(settings: Settings) -> str:
    """What is in the outbox, without what it says."""
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading() as tx:
            rows = await outbox.listing(tx, [OutboxState.DEAD, *outbox.UNFINISHED])
            age = await outbox.oldest_wait(tx)
    finally:
        await database.close()
    if not rows:
        return "The outbox is empty: everything was delivered."
    head = f"{len(rows)} in the outbox; the oldest has waited {int(age.total_seconds())} s."
    return "\n".join([head, "", *(_outbox_line(row) for row in rows)])


async def retry(settings: Settings, ids: Sequence[int] | None) -> str:
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.transaction() as tx:
            count = await outbox.retry(tx, ids)
    finally:
        await database.close()
    return f"{count} will be sent again." if count else "There is nothing to send again."


async def sign_in_link(settings: Settings, account: str, organisation_id: str | None) -> str:
    """A one-time link for a technician of the policy, or for a person whom the web page knows."""
    organisation = organisation_of(settings, organisation_id)
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        person = await _web_person(database, organisation, account)
        if person is None:
            known = ", ".join(technician.id for technician in organisation.technicians)
            raise SystemExit(
                f"firstline: {organisation.name} has no web account {account!r}. Technicians: {known}. "
                'A technician signs in to the web page with an account such as "web:dana" in the policy.'
            )
        token = await DatabaseSignIn(database).issue_link(person)
    finally:
        await database.close()
    base = settings.firstline_public_url or f"http://{settings.firstline_host}:{settings.firstline_port}"
    minutes = int(LINK_LIFETIME.total_seconds() // 60)
    return f"{base.rstrip('/')}/sign-in/{token}\n\nFor {person.name}. It works once, for {minutes} minutes."


# -------------------------------------------------------------------------------------------------- the rules


def coverage_of(
    settings: Settings,
    organisation_id: str | None,
    site: str | None,
    category: str,
    priority: str | None,
    groups: Sequence[str],
    at: str | None,
    *,
    as_json: bool,
) -> str:
    organisation = organisation_of(settings, organisation_id)
    try:
        request = covering.asked(organisation, site, category, priority, groups)
        now = covering.instant(at, covering.zone_of(request, organisation), datetime.now(UTC))
    except covering.CannotAsk as unknown:
        raise SystemExit(f"firstline: {unknown}") from None
    if as_json:
        return json.dumps(covering.why_as_data(request, organisation, now), indent=2, ensure_ascii=False)
    return covering.why(request, organisation, now)


def check_coverage(
    settings: Settings, organisation_id: str | None, days: int, *, as_json: bool
) -> tuple[str, bool]:
    """What is wrong ahead, of every organisation unless one is named; and whether nothing is."""
    if organisation_id:
        organisations = [organisation_of(settings, organisation_id)]
    else:
        organisations = list(
            load(settings.policy_files, Fetched(settings.cache_folder)).organisations.values()
        )
    now, ahead = datetime.now(UTC), timedelta(days=days)
    found = [(one, covering.check(one, now, ahead)) for one in organisations]
    clean = all(one.clean for _, one in found)
    if as_json:
        data = [covering.findings_as_data(one, organisation) for organisation, one in found]
        return json.dumps(data, indent=2, ensure_ascii=False), clean
    return "\n\n".join(covering.findings(one, organisation) for organisation, one in found), clean


def draw_coverage(settings: Settings, organisation_id: str | None, week: str | None) -> str:
    organisation = organisation_of(settings, organisation_id)
    try:
        day = parse_week(week, organisation.timezone, datetime.now(UTC))
    except ValueError as wrong:
        raise SystemExit(f"firstline: {wrong}.") from None
    return week_map(organisation, day)


def as_png(svg: str) -> bytes:
    """The picture twice as large, so that it is sharp on every screen."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise SystemExit(
            "firstline: a PNG needs one more package: pip install 'firstline[png]'. SVG needs none: --out week.svg."
        ) from None
    return bytes(svg_to_bytes(svg_string=svg, zoom=2))


def explain_policy(settings: Settings, organisation_id: str | None) -> str:
    return covering.explained(organisation_of(settings, organisation_id))


def replay_tickets(
    settings: Settings,
    file: Path,
    changed: Path,
    organisation_id: str | None,
    *,
    everything: bool,
    as_json: bool,
) -> str:
    """
    Raises:
        ProblemsFound: something is wrong with the tickets or with the changed policy.
    """
    before = organisation_of(settings, organisation_id)
    files = sorted(changed.glob("*.toml")) if changed.is_dir() else [changed]
    policy = load(files, Fetched(settings.cache_folder))
    if before.id not in policy.organisations:
        raise SystemExit(f"firstline: {changed} says nothing of {before.id}.")
    after = policy.organisation(before.id)
    tickets = past_tickets.read(file.read_text("utf-8-sig"), str(file), [after, before])
    found = replay(tickets, before, after)
    if as_json:
        return json.dumps(as_data(found), indent=2, ensure_ascii=False)
    return told(found, before, after, everything=everything)


async def export_tickets(settings: Settings, since: str, until: str, organisation_id: str | None) -> str:
    organisation = organisation_of(settings, organisation_id)
    try:
        start, end = (
            covering.instant(text, organisation.timezone, datetime.now(UTC)) for text in (since, until)
        )
    except covering.CannotAsk as wrong:
        raise SystemExit(f"firstline: {wrong}.") from None
    database = Database(settings.database_url)
    try:
        await database.open(exclusive=False)
        async with database.reading(organisation.id) as tx:
            found = await store.opened_between(tx, start, end, past_tickets.KINDS)
            people = select(PersonRow).where(
                col(PersonRow.id).in_({ticket.requester_id for ticket, _ in found})
            )
            groups = {
                one.id: organisation.groups_of(f"{one.platform}:{one.account}", one.email)
                for one in (await tx.session.execute(people)).scalars()
            }
    finally:
        await database.close()
    return past_tickets.as_csv(
        past_tickets.of_history(ticket, events, groups.get(ticket.requester_id, ()))
        for ticket, events in found
    )


# ------------------------------------------------------------------------------------------------------- inside


async def _web_person(database: Database, organisation: Organisation, account: str) -> Person | None:
    for technician in organisation.technicians:
        accounts = [known.removeprefix("web:") for known in technician.accounts if known.startswith("web:")]
        if accounts and account in (technician.id, *accounts):
            return Person(
                organisation=organisation.id,
                platform="web",
                id=accounts[0],
                name=technician.name,
                email=technician.email,
                timezone=technician.timezone.key,
            )
    query = select(PersonRow).where(
        col(PersonRow.organisation) == organisation.id,
        col(PersonRow.platform) == "web",
        col(PersonRow.account) == account,
    )
    async with database.reading(organisation.id) as tx:
        row = (await tx.session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return Person(organisation.id, "web", row.account, row.name, row.email, row.locale, row.timezone)


def organisation_of(settings: Settings, organisation_id: str | None) -> Organisation:
    """The one that is named, or the only one there is; ends the command with a sentence otherwise."""
    organisations = load(settings.policy_files, Fetched(settings.cache_folder)).organisations
    if organisation_id is None and len(organisations) == 1:
        return next(iter(organisations.values()))
    if organisation_id and organisation_id in organisations:
        return organisations[organisation_id]
    raise SystemExit(f"firstline: say whose with --organisation: {', '.join(organisations)}.")


def _summary(ticket: Ticket, zone: ZoneInfo) -> list[str]:
    return [
        f"{ticket.name}  {ticket.subject}",
        f"{ticket.requester_name}, {ticket.site or 'no office'} · {ticket.category} · {ticket.priority} · "
        f"tier {ticket.tier}, {ticket.queue} · {ticket.state}"
        + (f" · {ticket.assignee_name}" if ticket.assignee_name else ""),
        f"Opened {_time(ticket.opened_at, zone)}"
        + (
            f" · first reply due {_time(ticket.first_response_due, zone)}"
            if ticket.first_response_due
            else ""
        )
        + (f" · solution due {_time(ticket.resolution_due, zone)}" if ticket.resolution_due else ""),
    ]


def _line(event: TicketEvent, zone: ZoneInfo) -> str:
    said = "  ".join(f"{key}={str(value)!r}" for key, value in event.data.items())
    where = f" ({event.platform})" if event.platform else ""
    return f"{_time(event.at, zone)}  {event.kind.value:<17} {event.actor_name}{where}  {said}".rstrip()


def _time(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _outbox_line(row: OutboxRow) -> str:
    try:
        kind = type(from_json(row.effect)).__name__
    except LookupError:
        kind = str(row.effect.get("kind"))
    why = f"  {row.reason}" if row.reason else ""
    return f"{row.id:>6}  {row.state.value:<8} {kind:<9} to {row.platform}  {row.attempts} attempts{why}"
