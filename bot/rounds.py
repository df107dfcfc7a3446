"""What the desk says by itself at certain times: a summary when a queue's day begins, a hand-over when it ends, and every
Monday what is wrong with coverage ahead. Each is said once, by whichever process comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col

from bot import covering, wording
from bot.messages import Address, Say, Urgency
from bot.outbox import put
from tickets import coverage, roster, store, survey
from tickets.database import Database, Transaction, UtcDateTime, insert_if_new
from tickets.policy import Organisation, Policy, Queue

STILL_NEWS = timedelta(hours=1)
"""After this long nobody needs to be told that a day has begun or ended."""

REST = timedelta(hours=2)
"""A queue that closes for less than this has a lunch break, and its day goes on."""

AHEAD = timedelta(days=14)
"""How far ahead the desk looks on Mondays."""

KEPT = timedelta(days=30)


class SaidOnce(SQLModel, table=True):
    """Something that was said at a certain time, by its key, so that it is not said again."""

    __tablename__ = "said_once"

    organisation: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class What(Enum):
    DAY_BEGINS = auto()
    DAY_ENDS = auto()
    WEEK_BEGINS = auto()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that is to be said now; `key` names it among all others of the organisation."""

    what: What
    queue: Queue
    since: datetime

    @property
    def key(self) -> str:
        return f"{self.what.name.lower()}:{self.queue.id}:{self.since:%Y-%m-%dT%H:%M}"


def occasions(organisation: Organisation, now: datetime) -> Iterator[Occasion]:
    """What is to be said at this time. Pure."""
    told = [queue for queue in organisation.queues if queue.channel]
    for queue in told:
        calendar = organisation.calendar(queue.calendar)
        if opened := calendar.open_since(now, STILL_NEWS):
            if calendar.closed_since(opened - timedelta.resolution, REST) is None:
                yield Occasion(What.DAY_BEGINS, queue, opened)
        elif (closed := calendar.closed_since(now, STILL_NEWS)) and calendar.next_opening(
            now
        ) - closed > REST:
            yield Occasion(What.DAY_ENDS, queue, closed)
    local = now.astimezone(organisation.timezone)
    if told and local.weekday() == 0 and local.hour == 8:
        yield Occasion(What.WEEK_BEGINS, told[0], now - timedelta(minutes=local.minute, seconds=local.second))


async def go_round(database: Database, policy: Policy, said: set[str]) -> bool:
    """Say what is to be said; `said` spares this process from asking again. Never has more to do at once."""
    for organisation in policy.organisations.values():
        async with database.reading(organisation.id) as tx:
            now = tx.now
        for occasion in occasions(organisation, now):
            mark = f"{organisation.id}:{occasion.key}"
            if mark not in said:
                async with database.transaction(organisation.id) as tx:
                    await _say(tx, organisation, occasion)
                said.add(mark)
    return False


async def _say(tx: Transaction, organisation: Organisation, occasion: Occasion) -> None:
    new = await insert_if_new(tx, SaidOnce, organisation=organisation.id, key=occasion.key, at=tx.now)
    if not new or not occasion.queue.channel:
        return
    await tx.session.execute(
        delete(SaidOnce).where(
            col(SaidOnce.organisation) == organisation.id, col(SaidOnce.at) < tx.now - KEPT
        )
    )
    if text := await _text(tx, organisation, occasion):
        put(tx, Say(address=Address.parse(occasion.queue.channel), text=text, urgency=Urgency.NOTICE))


async def _text(tx: Transaction, organisation: Organisation, occasion: Occasion) -> str:
    queue, changes = occasion.queue, await roster.changes(tx)
    if occasion.what is What.WEEK_BEGINS:
        found = survey.survey(organisation, tx.now, tx.now + AHEAD, changes)
        return "" if found.clean else wording.coverage_ahead(covering.findings(found, organisation))
    tickets = await store.open_tickets(tx, queue.id)
    zone = organisation.calendar(queue.calendar).timezone
    if occasion.what is What.DAY_BEGINS:
        there = [one.name for one in coverage.people_there(queue, organisation, tx.now, changes)]
        missing = [
            one.name
            for one in coverage.people_there(queue, organisation, tx.now, None)
            if one.name not in there
        ]
        return wording.day_begins(queue.name, tickets, there, missing, zone, tx.now)
    return wording.day_ends(queue.name, tickets, zone, tx.now) if tickets else ""
