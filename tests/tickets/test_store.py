"""Ticket queries: numbers, order, locks, and that none of them looks into another organisation."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm.exc import StaleDataError

from bot.conversations import PersonRow
from tests.clock import TestClock
from tickets import sla, store
from tickets.database import Database, Transaction
from tickets.kinds import EventKind, Priority, Resolution, TicketState, WaitingFor
from tickets.model import Actor, AlreadyClaimed, Ticket

NOW = TestClock().now
HOUR = timedelta(hours=1)
ON_POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
DANA = Actor.technician("dana", "Dana Reyes", "web")
_accounts = count(1)


async def open_ticket(tx: Transaction, **fields: object) -> Ticket:
    """A ticket with the next number, of a requester of its own unless one is named."""
    if "requester_id" not in fields:
        person = PersonRow(
            organisation=tx.organisation, platform="web", account=f"a{next(_accounts)}", name="Ana Ortiz"
        )
        tx.session.add(person)
        await tx.session.flush()
        fields["requester_id"] = person.id
    ticket = Ticket(
        **{  # type: ignore[arg-type]
            "organisation": tx.organisation,
            "number": await store.next_number(tx),
            "requester_name": "Ana Ortiz",
            "platform": "web",
            "route": "person/ana/1",
            "category": "email",
            "priority": Priority.P3,
            "queue": "service-desk",
            "tier": 1,
            "subject": "Outlook",
            "said": ["outlook keeps asking"],
            "opened_at": tx.now,
            **fields,
        }
    )
    await store.add(tx, ticket)
    store.record(tx, ticket.opened(DANA, tx.now))
    return ticket


async def most_overdue(tx: Transaction) -> Ticket | None:
    return next(iter(await store.due_for_review(tx)), None)


class TestNumbers:
    async def test_begin_at_1001_and_leave_no_gap_under_simultaneous_openings(
        self, database: Database, replica: Database
    ) -> None:
        async def open_one(at: Database) -> int:
            async with at.transaction("harbor") as tx:
                return (await open_ticket(tx)).number

        numbers = await asyncio.gather(*(open_one((database, replica)[turn % 2]) for turn in range(20)))
        assert sorted(numbers) == list(range(1001, 1021))

    async def test_an_opening_that_fails_leaves_no_gap(self, database: Database) -> None:
        async def open_one(*, fail: bool) -> int:
            async with database.transaction("harbor") as tx:
                ticket = await open_ticket(tx)
                await asyncio.sleep(0)
                if fail:
                    raise LookupError
                return ticket.number

        ends = await asyncio.gather(
            *(open_one(fail=bool(turn % 2)) for turn in range(12)), return_exceptions=True
        )
        assert sorted(end for end in ends if isinstance(end, int)) == list(range(1001, 1007))

    async def test_each_organisation_counts_for_itself(self, database: Database) -> None:
        async def open_one(organisation: str) -> tuple[str, int]:
            async with database.transaction(organisation) as tx:
                return organisation, (await open_ticket(tx)).number

        numbers = await asyncio.gather(*(open_one(("harbor", "acme")[turn % 2]) for turn in range(10)))
        assert sorted(numbers) == [(name, 1001 + n) for name in ("acme", "harbor") for n in range(5)]


class TestLooking:
    async def test_finds_by_id_and_by_number(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            ticket = await open_ticket(tx)
        async with database.reading("harbor") as tx:
            for found in (await store.ticket(tx, ticket.id or 0), await store.by_number(tx, 1001)):
                assert found
                assert (found.id, found.name, found.version) == (ticket.id, "T-1001", 1)
            assert await store.ticket(tx, 999) is None
            assert await store.by_number(tx, 999) is None

    async def test_a_requesters_tickets_are_newest_first(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            first = await open_ticket(tx)
            await open_ticket(tx)
            for _ in range(3):
                await open_ticket(tx, requester_id=first.requester_id)
        async with database.reading("harbor") as tx:
            mine = await store.of_requester(tx, first.requester_id, most=3)
            assert [ticket.number for ticket in mine] == [1005, 1004, 1003]

    async def test_history_is_in_order_and_keeps_what_was_said(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            ticket = await open_ticket(tx)
            store.record(tx, ticket.claim(DANA, tx.now), ticket.reply(DANA, "żółw 🐢 «x»", tx.now))
            other = await open_ticket(tx)
            store.record(tx, other.note(DANA, "of another ticket", tx.now))
        async with database.reading("harbor") as tx:
            events = await store.history(tx, ticket.id or 0)
            assert [event.kind for event in events] == [
                EventKind.OPENED,
                EventKind.CLAIMED,
                EventKind.REPLIED,
            ]
            assert events[2].data == {"text": "żółw 🐢 «x»"}
            assert (events[2].actor, events[2].at) == ("technician:dana", NOW)

    async def test_counts_what_is_open_by_organisation(self, database: Database) -> None:
        for organisation, tickets in (("harbor", 2), ("acme", 1)):
            async with database.transaction(organisation) as tx:
                for _ in range(tickets):
                    await open_ticket(tx)
                await open_ticket(tx, state=TicketState.RESOLVED)
        async with database.reading() as tx:
            assert dict(await store.count_open(tx)) == {"harbor": 2, "acme": 1}


class TestOpenTickets:
    """What is due first comes first, as `sla.next_due` says; what has no clock running comes last."""

    LIVES: tuple[tuple[str, dict[str, object]], ...] = (
        ("waits, unanswered", {"state": TicketState.WAITING, "first_response_due": NOW + HOUR}),
        ("overdue", {"first_response_due": NOW - HOUR, "resolution_due": NOW + 9 * HOUR}),
        ("unanswered", {"first_response_due": NOW + 3 * HOUR, "resolution_due": NOW + 5 * HOUR}),
        (
            "answered just when it was due",
            {
                "state": TicketState.CLAIMED,
                "first_response_due": NOW - 2 * HOUR,
                "first_responded_at": NOW - 2 * HOUR,
                "resolution_due": NOW + 4 * HOUR,
            },
        ),
        (
            "answered",
            {
                "state": TicketState.CLAIMED,
                "first_response_due": NOW - 2 * HOUR,
                "first_responded_at": NOW - 5 * HOUR,
                "resolution_due": NOW + 2 * HOUR,
            },
        ),
        (
            "waits, answered",
            {
                "state": TicketState.WAITING,
                "first_response_due": NOW,
                "first_responded_at": NOW,
                "resolution_due": NOW - HOUR,
            },
        ),
        ("without promises", {"opened_at": NOW - 24 * HOUR}),
        ("only a resolution", {"resolution_due": NOW + 6 * HOUR}),
        ("resolved", {"state": TicketState.RESOLVED, "first_response_due": NOW - 9 * HOUR}),
        ("closed", {"state": TicketState.CLOSED, "first_response_due": NOW - 9 * HOUR}),
    )
    ORDER = (
        "overdue",
        "waits, unanswered",
        "answered",
        "unanswered",
        "answered just when it was due",
        "only a resolution",
        "without promises",
        "waits, answered",
    )

    async def test_what_is_due_first_comes_first(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            for subject, fields in self.LIVES:
                await open_ticket(tx, subject=subject, **fields)
        async with database.reading("harbor") as tx:
            found = await store.open_tickets(tx)
            assert tuple(ticket.subject for ticket in found) == self.ORDER
            dues = [due[1] for ticket in found if (due := sla.next_due(ticket))]
            assert dues == sorted(dues)
            assert tuple(one.subject for one in await store.open_tickets(tx, most=2)) == self.ORDER[:2]

    async def test_of_one_queue(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await open_ticket(tx)
            await open_ticket(tx, queue="network")
        async with database.reading("harbor") as tx:
            assert [ticket.number for ticket in await store.open_tickets(tx, "network")] == [1002]

    async def test_of_the_same_due_the_oldest_comes_first(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            for hours in (1, 3, 3, 2):
                await open_ticket(tx, first_response_due=NOW, opened_at=NOW - hours * HOUR)
        async with database.reading("harbor") as tx:
            assert [ticket.number for ticket in await store.open_tickets(tx)] == [1002, 1003, 1004, 1001]


class TestReviews:
    async def test_takes_what_is_most_overdue(self, database: Database, clock: TestClock) -> None:
        async with database.transaction("harbor") as tx:
            for minutes in (5, -10, -20, None):
                await open_ticket(
                    tx,
                    next_review_at=None if minutes is None else NOW + timedelta(minutes=minutes),
                )
        async with database.transaction() as tx:
            due = await most_overdue(tx)
            assert due
            assert due.number == 1003
            due.next_review_at = None
        async with database.transaction() as tx:
            due = await most_overdue(tx)
            assert due
            assert due.number == 1002
            due.next_review_at = None
        async with database.transaction() as tx:
            assert await most_overdue(tx) is None
        clock.move(minutes=5)
        async with database.transaction() as tx:
            due = await most_overdue(tx)
            assert due
            assert due.number == 1001

    async def test_replicas_share_what_is_due(self, database: Database, replica: Database) -> None:
        """Each ticket is taken once, whoever asks: one that is being looked at is skipped, or waited for."""
        async with database.transaction("harbor") as tx:
            for _ in range(12):
                await open_ticket(tx, next_review_at=NOW - HOUR)

        async def work(at: Database) -> list[int]:
            taken = []
            while True:
                async with at.transaction() as tx:
                    due = await most_overdue(tx)
                    if due is None:
                        return taken
                    await asyncio.sleep(0.005)
                    due.next_review_at = None
                    taken.append(due.number)

        shares = await asyncio.gather(work(database), work(replica), work(database), work(replica))
        assert sorted(number for share in shares for number in share) == list(range(1001, 1013))

    @ON_POSTGRESQL
    async def test_skips_what_another_holds(self, database: Database, replica: Database) -> None:
        async with database.transaction("harbor") as tx:
            for _ in range(2):
                await open_ticket(tx, next_review_at=NOW - HOUR)
        async with database.transaction() as mine, replica.transaction() as others:
            held, next_ = await most_overdue(mine), await most_overdue(others)
            assert held
            assert next_
            assert {held.number, next_.number} == {1001, 1002}
            async with database.transaction() as third:
                assert await most_overdue(third) is None

    async def test_what_lies_on_the_desk(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await open_ticket(tx)
            await open_ticket(tx)
            await open_ticket(tx, queue="network", tier=2)
            for technician, minutes in (("dana", 1), ("erik", 3), ("dana", 2)):
                given = await open_ticket(tx)
                given.give(technician, technician.title(), NOW + timedelta(minutes=minutes))
            done = await open_ticket(tx)
            done.give("lena", "Lena", NOW)
            done.resolve(Actor.technician("lena", "Lena"), Resolution.FIXED, "", NOW, NOW)
        async with database.transaction("quarry") as tx:
            await open_ticket(tx)
        async with database.reading("harbor") as tx:
            load = await store.load(tx, ("network", "service-desk"))
            assert (await store.load(tx)).latest == {}
        assert load.waiting == {"service-desk": 2, "network": 1}
        assert load.open == {"dana": 2, "erik": 1}
        assert load.latest == {"service-desk": "erik"}

    async def test_what_lies_on_the_desk_is_found_without_reading_what_lay_there(
        self, database: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            for minutes in range(200):
                given = await open_ticket(tx)
                given.give(f"t{minutes}", "Somebody", NOW + timedelta(minutes=minutes))
                if minutes != 199:
                    given.withdraw(Actor.requester(1, "Ana"), NOW, NOW)
        statements: list[tuple[str, Any]] = []

        def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            statements.append((statement, parameters))

        event.listen(Engine, "before_cursor_execute", note)
        async with database.reading("harbor") as tx:
            load = await store.load(tx, ("service-desk",))
        event.remove(Engine, "before_cursor_execute", note)
        assert (load.open, load.latest) == ({"t199": 1}, {"service-desk": "t199"})
        if database.is_sqlite:  # PostgreSQL decides by what is in the table
            async with database.reading("harbor") as tx:
                connection = await tx.session.connection()
                plans = [
                    (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
                    for statement, parameters in statements
                    if "FROM ticket" in statement
                ]
            counted, latest = (" ".join(str(row[-1]) for row in plan) for plan in plans)
            assert counted.count("USING INDEX ticket_open_in_queue (organisation=? AND state=?)") == 3
            assert "USING INDEX ticket_given (organisation=? AND queue=?" in latest
            assert "TEMP B-TREE" not in latest

    async def test_finds_reviews_that_are_late_or_missing(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            await open_ticket(tx, next_review_at=NOW - HOUR)
            await open_ticket(tx, next_review_at=NOW)
            await open_ticket(tx)
            await open_ticket(tx, state=TicketState.CLOSED)
        async with database.reading() as tx:
            late = await store.unwatched(tx, NOW - timedelta(minutes=5))
            assert [ticket.number for ticket in late] == [1001, 1003]


class TestOrganisations:
    """The queries alone keep organisations apart: on SQLite there is nothing else."""

    async def test_no_query_crosses_them(self, database: Database) -> None:
        fields: dict[str, object] = {"next_review_at": NOW - HOUR, "first_response_due": NOW}
        async with database.transaction("acme") as tx:
            theirs = await open_ticket(tx, **fields)
        async with database.transaction("harbor") as tx:
            ours = await open_ticket(tx, **fields)
            assert ours.number == theirs.number == 1001
        theirs_id = theirs.id or 0
        async with database.transaction("harbor") as tx:
            assert await store.ticket(tx, theirs_id) is None
            assert await store.ticket_to_change(tx, theirs_id) is None
            assert await store.history(tx, theirs_id) == []
            assert await store.of_requester(tx, theirs.requester_id) == []
            found = await store.by_number(tx, 1001)
            assert found
            assert found.id == ours.id
            assert [ticket.id for ticket in await store.open_tickets(tx)] == [ours.id]
            assert [ticket.id for ticket in await store.unwatched(tx, NOW)] == [ours.id]
            assert await store.count_open(tx) == [("harbor", 1)]
            due = await most_overdue(tx)
            assert due
            assert due.id == ours.id

    async def test_the_loops_transaction_sees_all(self, database: Database) -> None:
        ids = set()
        for organisation in ("acme", "harbor"):
            async with database.transaction(organisation) as tx:
                ids.add((await open_ticket(tx, next_review_at=NOW - HOUR)).id)
        async with database.transaction() as tx:
            assert {ticket.id for ticket in await store.unwatched(tx, NOW)} == ids
            assert {ticket.id for ticket in await store.open_tickets(tx)} == ids
            for ticket_id in ids:
                assert await store.ticket(tx, ticket_id or 0)
                assert len(await store.history(tx, ticket_id or 0)) == 1


class TestContests:
    TICKETS, TECHNICIANS = 5, 20

    async def test_of_twenty_who_claim_one_wins_and_the_others_learn_who(
        self, database: Database, replica: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            ids = [(await open_ticket(tx)).id or 0 for _ in range(self.TICKETS)]
        every = asyncio.Barrier(self.TICKETS * self.TECHNICIANS)

        async def claim(at: Database, ticket_id: int, name: str) -> str:
            """The name of the winner, as the claimer learns it."""
            await every.wait()
            try:
                async with at.transaction("harbor") as tx:
                    ticket = await store.ticket_to_change(tx, ticket_id)
                    assert ticket
                    store.record(tx, ticket.claim(Actor.technician(name, name.title()), tx.now))
            except AlreadyClaimed as lost:
                return lost.assignee
            return f"I, {name.title()}"

        contests = [
            [claim((database, replica)[turn % 2], ticket_id, f"t{turn}") for turn in range(self.TECHNICIANS)]
            for ticket_id in ids
        ]
        ends = await asyncio.gather(*(claimer for contest in contests for claimer in contest))
        for place, ticket_id in enumerate(ids):
            heard = Counter(ends[place * self.TECHNICIANS : (place + 1) * self.TECHNICIANS])
            async with database.reading("harbor") as tx:
                ticket = await store.ticket(tx, ticket_id)
                events = await store.history(tx, ticket_id)
            assert ticket
            assert ticket.state is TicketState.CLAIMED
            assert heard == {
                f"I, {ticket.assignee_name}": 1,
                ticket.assignee_name: self.TECHNICIANS - 1,
            }
            assert [event.kind for event in events] == [EventKind.OPENED, EventKind.CLAIMED]
            assert events[1].actor == f"technician:{ticket.assignee}"

    async def test_claim_escalation_and_end_at_once_make_one_legal_history(
        self, database: Database, replica: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            ids = [(await open_ticket(tx)).id or 0 for _ in range(6)]

        async def act(at: Database, ticket_id: int, verb: str) -> bool:
            async with at.transaction("harbor") as tx:
                ticket = await store.ticket_to_change(tx, ticket_id)
                assert ticket
                match verb:
                    case "claim":
                        event = ticket.claim(DANA, tx.now)
                    case "escalate":
                        event = ticket.escalate(DANA, "network", 2, "", None, tx.now)
                    case _:
                        event = ticket.withdraw(Actor.requester(1, "Ana"), NOW, tx.now)
                store.record(tx, event)
            return True

        ends = await asyncio.gather(
            *(
                act(at, ticket_id, verb)
                for ticket_id in ids
                for at, verb in ((database, "withdraw"), (replica, "claim"), (database, "escalate"))
            ),
            return_exceptions=True,
        )
        for place, ticket_id in enumerate(ids):
            done = sum(end is True for end in ends[3 * place : 3 * place + 3])
            async with database.reading("harbor") as tx:
                ticket = await store.ticket(tx, ticket_id)
                kinds = [event.kind for event in await store.history(tx, ticket_id)]
            assert ticket
            assert ticket.state is TicketState.RESOLVED
            assert ticket.resolution is Resolution.WITHDRAWN
            assert len(kinds) == 1 + done == ticket.version
            assert kinds[-1] is EventKind.WITHDRAWN

    async def test_asking_for_a_ticket_again_keeps_what_was_done_to_it(self, database: Database) -> None:
        async with database.transaction("harbor") as tx:
            ticket_id = (await open_ticket(tx)).id or 0
        async with database.transaction("harbor") as tx:
            ticket = await store.ticket_to_change(tx, ticket_id)
            assert ticket
            ticket.claim(DANA, tx.now)
            again = await store.ticket_to_change(tx, ticket_id)
            assert again is ticket
            assert again.assignee == "dana"
            ticket.wait(DANA, WaitingFor.REQUESTER, "which floor?", None, HOUR, tx.now)
        async with database.reading("harbor") as tx:
            kept = await store.ticket(tx, ticket_id)
            assert kept
            assert (kept.assignee, kept.state) == ("dana", TicketState.WAITING)

    async def test_whoever_waits_for_the_lock_sees_what_was_done(
        self, database: Database, replica: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            ticket_id = (await open_ticket(tx)).id or 0
        locked = asyncio.Event()

        async def first() -> None:
            async with database.transaction("harbor") as tx:
                ticket = await store.ticket_to_change(tx, ticket_id)
                assert ticket
                locked.set()
                await asyncio.sleep(0.05)
                ticket.claim(DANA, tx.now)

        async def second() -> str | None:
            await locked.wait()
            async with replica.transaction("harbor") as tx:
                if (
                    not database.is_sqlite
                ):  # looked at before it was locked: the newer state must be read all the same
                    seen = await store.ticket(tx, ticket_id)
                    assert seen
                    assert seen.assignee is None
                ticket = await store.ticket_to_change(tx, ticket_id)
                assert ticket
                return ticket.assignee

        _, assignee = await asyncio.gather(first(), second())
        assert assignee == "dana"

    @ON_POSTGRESQL
    async def test_a_change_without_the_lock_is_refused_when_another_was_faster(
        self, database: Database, replica: Database
    ) -> None:
        async with database.transaction("harbor") as tx:
            ticket_id = (await open_ticket(tx)).id or 0

        async def careless() -> None:
            async with database.transaction("harbor") as tx:
                ticket = await store.ticket(tx, ticket_id)
                assert ticket
                async with replica.transaction("harbor") as faster:
                    locked = await store.ticket_to_change(faster, ticket_id)
                    assert locked
                    locked.claim(DANA, faster.now)
                ticket.claim(Actor.technician("erik", "Erik Lund"), tx.now)

        with pytest.raises(StaleDataError):
            await careless()
        async with database.reading("harbor") as tx:
            ticket = await store.ticket(tx, ticket_id)
            assert ticket
            assert ticket.assignee == "dana"
