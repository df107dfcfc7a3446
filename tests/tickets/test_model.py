"""Every verb: when it is legal, what it changes, what it writes; and all of them together against an oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tickets import model
from tickets.kinds import EventKind, Milestone, Priority, Resolution, TicketState, WaitingFor
from tickets.model import DESK, Actor, AlreadyClaimed, NotAssignee, NotOpen, Ticket, TicketError, TicketEvent

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
FIRST_RESPONSE_DUE = NOW + timedelta(hours=1)
RESOLUTION_DUE = NOW + timedelta(hours=8)
TOM_BERG = Actor("approver:9", "Tom Berg", "web")
CLOSES_AT = NOW + timedelta(days=3)
NEW_RESPONSE_DUE = NOW + timedelta(hours=2)
NEW_RESOLUTION_DUE = NOW + timedelta(hours=16)
REMAINING = timedelta(hours=5)
TARGET = timedelta(hours=60)

DANA = Actor.technician("dana", "Dana Reyes", "web")
ERIK = Actor.technician("erik", "Erik Lund", "slack")
LENA = Actor.technician("lena", "Lena Vogt", "teams", lead=True)
ANA = Actor.requester(7, "Ana Ortiz", "web")


def new(**fields: object) -> Ticket:
    return Ticket(
        **{  # type: ignore[arg-type]
            "id": 1,
            "organisation": "harbor",
            "number": 1042,
            "requester_id": 7,
            "requester_name": "Ana Ortiz",
            "platform": "web",
            "route": "person/ana/1",
            "category": "email",
            "priority": Priority.P3,
            "queue": "service-desk",
            "tier": 1,
            "subject": "Outlook asks again and again",
            "said": ["outlook keeps asking for my pasword"],
            "opened_at": NOW,
            "first_response_due": FIRST_RESPONSE_DUE,
            "resolution_due": RESOLUTION_DUE,
            **fields,
        }
    )


def claimed() -> Ticket:
    ticket = new()
    ticket.claim(DANA, NOW)
    return ticket


def waiting(waiting_for: WaitingFor = WaitingFor.VENDOR) -> Ticket:
    ticket = claimed()
    ticket.wait(DANA, waiting_for, "the carrier", NOW + timedelta(days=1), REMAINING, NOW)
    return ticket


def resolved() -> Ticket:
    ticket = claimed()
    ticket.resolve(DANA, Resolution.FIXED, "Cleared the old password.", CLOSES_AT, NOW)
    return ticket


def closed() -> Ticket:
    ticket = resolved()
    ticket.close(CLOSES_AT)
    return ticket


def escalated() -> Ticket:
    ticket = claimed()
    ticket.escalate(DANA, "network", 2, "rebooted the switch", RESOLUTION_DUE, NOW)
    return ticket


def facts(ticket: Ticket) -> dict[str, object]:
    return ticket.model_dump(exclude={"version"})


STATES: dict[str, Callable[[], Ticket]] = {
    "new": new,
    "claimed": claimed,
    "waiting": waiting,
    "resolved": resolved,
    "closed": closed,
}

VERBS: dict[str, Callable[[Ticket, Actor], TicketEvent]] = {
    "claim": lambda ticket, by: ticket.claim(by, LATER),
    "assign": lambda ticket, by: ticket.assign(by, "omar", "Omar Haddad", LATER),
    "release": lambda ticket, by: ticket.release(by, NEW_RESOLUTION_DUE, LATER),
    "escalate": lambda ticket, by: ticket.escalate(by, "network", 2, "", RESOLUTION_DUE, LATER),
    "hand_back": lambda ticket, by: ticket.hand_back(by, 1, "", RESOLUTION_DUE, LATER),
    "wait": lambda ticket, by: ticket.wait(by, WaitingFor.VENDOR, "", None, REMAINING, LATER),
    "resume": lambda ticket, by: ticket.resume(by, RESOLUTION_DUE, LATER),
    "resolve": lambda ticket, by: ticket.resolve(by, Resolution.FIXED, "Done.", CLOSES_AT, LATER),
    "withdraw": lambda ticket, by: ticket.withdraw(by, CLOSES_AT, LATER),
    "confirm": lambda ticket, by: ticket.confirm(by, CLOSES_AT, LATER),
    "merge": lambda ticket, by: ticket.merge(by, new(id=2, number=1043), LATER),
    "reopen": lambda ticket, by: ticket.reopen(by, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, LATER),
    "close": lambda ticket, _: ticket.close(LATER),
    "reply": lambda ticket, by: ticket.reply(by, "Looking into it.", LATER),
    "edited": lambda ticket, by: ticket.edited(by, "Third one this week.", LATER),
    "note": lambda ticket, by: ticket.note(by, "Third one today.", LATER),
    "requester_wrote": lambda ticket, by: ticket.requester_wrote(by, "Any news?", LATER),
    "change_priority": lambda ticket, by: ticket.change_priority(
        by, Priority.P1, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, TARGET, LATER
    ),
    "change_category": lambda ticket, by: ticket.change_category(by, "network", LATER),
    "rate": lambda ticket, by: ticket.rate(by, 5, "", LATER),
}

LEGALITY = """
                 new                claimed                                 waiting                            resolved      closed
                 other   lead       assignee  other           lead          assignee  other       lead         other         other
claim            ok      ok         ok        AlreadyClaimed  AlreadyClaimed  ok      AlreadyClaimed  AlreadyClaimed  NotOpen  NotOpen
assign           ok      ok         ok        NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
release          NotAssignee NotAssignee  ok  NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
escalate         ok      ok         ok        NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
hand_back        NothingToHandBack NothingToHandBack NothingToHandBack NotAssignee NothingToHandBack NothingToHandBack NotAssignee NothingToHandBack NotOpen NotOpen
wait             NotAssignee ok     ok        NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
resume           NotWaiting NotWaiting NotWaiting NotWaiting  NotWaiting    ok        ok           ok          NotWaiting    NotWaiting
resolve          NotAssignee ok     ok        NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
withdraw         ok      ok         ok        ok              ok            ok        ok           ok          NotOpen       NotOpen
confirm          ok      ok         ok        ok              ok            ok        ok           ok          NotOpen       NotOpen
merge            ok      ok         ok        NotAssignee     ok            ok        NotAssignee  ok          NotOpen       NotOpen
reopen           NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved ok          NotResolved
close            NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved ok          NotResolved
reply            ok      ok         ok        ok              ok            ok        ok           ok          ok            NotOpen
edited           ok      ok         ok        ok              ok            ok        ok           ok          ok            ok
note             ok      ok         ok        ok              ok            ok        ok           ok          ok            ok
requester_wrote  ok      ok         ok        ok              ok            ok        ok           ok          ok            ok
change_priority  ok      ok         ok        ok              ok            ok        ok           ok          NotOpen       NotOpen
change_category  ok      ok         ok        ok              ok            ok        ok           ok          NotOpen       NotOpen
rate             NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved NotResolved ok          NotResolved
"""
COLUMNS = (
    ("new", ERIK),
    ("new", LENA),
    ("claimed", DANA),
    ("claimed", ERIK),
    ("claimed", LENA),
    ("waiting", DANA),
    ("waiting", ERIK),
    ("waiting", LENA),
    ("resolved", ERIK),
    ("closed", ERIK),
)
CASES = [
    pytest.param(verb, state, by, end, id=f"{verb}-{state}-{by.name.split()[0]}")
    for verb, *ends in (line.split() for line in LEGALITY.strip().splitlines()[2:])
    for (state, by), end in zip(COLUMNS, ends, strict=True)
]


class TestLegality:
    @pytest.mark.parametrize(("verb", "state", "by", "end"), CASES)
    def test_is_as_the_table_says(self, verb: str, state: str, by: Actor, end: str) -> None:
        ticket = STATES[state]()
        before = facts(ticket)
        if end == "ok":
            event = VERBS[verb](ticket, by)
            acted = DESK if verb == "close" else by
            assert (event.organisation, event.ticket_id, event.at) == ("harbor", 1, LATER)
            assert (event.actor, event.actor_name, event.platform) == (acted.id, acted.name, acted.platform)
            return
        with pytest.raises(getattr(model, end)) as refused:
            VERBS[verb](ticket, by)
        assert type(refused.value) is getattr(model, end)
        assert facts(ticket) == before, "a refused verb has changed the ticket"

    def test_the_table_has_every_verb(self) -> None:
        assert {line.split()[0] for line in LEGALITY.strip().splitlines()[2:]} == set(VERBS)


class TestOwnership:
    def test_a_claim_gives_it_to_the_technician(self) -> None:
        ticket = new()
        event = ticket.claim(DANA, LATER)
        assert (ticket.assignee, ticket.assignee_name, ticket.state) == (
            "dana",
            "Dana Reyes",
            TicketState.CLAIMED,
        )
        assert event.kind is EventKind.CLAIMED

    def test_who_loses_a_claim_learns_who_has_it(self) -> None:
        with pytest.raises(AlreadyClaimed) as refused:
            claimed().claim(ERIK, LATER)
        assert refused.value.assignee == "Dana Reyes"

    def test_a_second_claim_by_the_same_technician_changes_nothing(self) -> None:
        ticket = claimed()
        before = facts(ticket)
        ticket.claim(DANA, LATER)
        assert facts(ticket) == before

    def test_what_waits_waits_no_longer_when_it_is_released(self) -> None:
        ticket = waiting()
        ticket.release(DANA, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.assignee, ticket.resolution_due) == (
            TicketState.NEW,
            None,
            NEW_RESOLUTION_DUE,
        )
        ticket.claim(ERIK, LATER)
        assert (ticket.state, ticket.assignee) == (TicketState.CLAIMED, "erik")

    def test_assign_says_from_whom_to_whom(self) -> None:
        ticket = claimed()
        event = ticket.assign(DANA, "erik", "Erik Lund", LATER)
        assert (ticket.assignee, ticket.assignee_name) == ("erik", "Erik Lund")
        assert (event.kind, event.data) == (
            EventKind.ASSIGNED,
            {"to": "Erik Lund", "before": "Dana Reyes"},
        )

    def test_assign_of_what_is_unclaimed_claims_it(self) -> None:
        ticket = new()
        event = ticket.assign(ERIK, "dana", "Dana Reyes", LATER)
        assert (ticket.state, ticket.assignee) == (TicketState.CLAIMED, "dana")
        assert event.data == {"to": "Dana Reyes"}

    def test_assign_to_whoever_has_it_is_refused(self) -> None:
        with pytest.raises(model.AlreadyThere):
            claimed().assign(DANA, "dana", "Dana Reyes", LATER)

    def test_release_puts_it_back_for_anybody(self) -> None:
        ticket = claimed()
        event = ticket.release(DANA, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.assignee, ticket.assignee_name) == (TicketState.NEW, None, "")
        assert event.kind is EventKind.RELEASED

    def test_what_nobody_has_cannot_be_released(self) -> None:
        ticket = new()
        with pytest.raises(NotAssignee) as refused:
            ticket.release(LENA, NEW_RESOLUTION_DUE, LATER)
        assert refused.value.assignee == ""

    def test_a_refusal_names_the_assignee(self) -> None:
        with pytest.raises(NotAssignee) as refused:
            claimed().release(ERIK, NEW_RESOLUTION_DUE, LATER)
        assert refused.value.assignee == "Dana Reyes"

    def test_the_requester_is_no_technician(self) -> None:
        with pytest.raises(NotAssignee):
            claimed().resolve(ANA, Resolution.FIXED, "", CLOSES_AT, LATER)

    def test_a_refusal_says_how_it_ended(self) -> None:
        with pytest.raises(NotOpen) as refused:
            resolved().claim(ERIK, LATER)
        assert (refused.value.state, refused.value.resolution) == (TicketState.RESOLVED, Resolution.FIXED)


class TestEscalation:
    def test_moves_it_to_the_other_queue_for_anybody_to_claim(self) -> None:
        ticket = claimed()
        event = ticket.escalate(DANA, "network", 2, "rebooted the switch", RESOLUTION_DUE, LATER)
        assert (ticket.queue, ticket.tier, ticket.escalated_from, ticket.escalations) == (
            "network",
            2,
            ["service-desk"],
            1,
        )
        assert (ticket.state, ticket.assignee) == (TicketState.NEW, None)
        assert ticket.tried == ["Dana Reyes: rebooted the switch"]
        assert (event.kind, event.data) == (
            EventKind.ESCALATED,
            {"before": "service-desk", "queue": "network", "tier": 2, "tried": "rebooted the switch"},
        )

    def test_keeps_both_clocks(self) -> None:
        ticket = escalated()
        assert (ticket.first_response_due, ticket.resolution_due) == (FIRST_RESPONSE_DUE, RESOLUTION_DUE)

    def test_what_was_tried_is_added_to_what_is_known(self) -> None:
        ticket = new(tried=["Article: restart Outlook"])
        ticket.escalate(ERIK, "network", 2, "new profile", RESOLUTION_DUE, LATER)
        assert ticket.tried == ["Article: restart Outlook", "Erik Lund: new profile"]

    def test_to_where_it_is_is_refused(self) -> None:
        with pytest.raises(model.AlreadyThere):
            claimed().escalate(DANA, "service-desk", 1, "", RESOLUTION_DUE, LATER)

    def test_of_a_waiting_ticket_ends_the_waiting(self) -> None:
        ticket = waiting()
        ticket.escalate(DANA, "network", 2, "", NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.assignee, ticket.waiting_for, ticket.resolution_due) == (
            TicketState.NEW,
            None,
            None,
            NEW_RESOLUTION_DUE,
        )

    def test_handing_back_returns_it_once(self) -> None:
        ticket = escalated()
        ticket.claim(ERIK, LATER)
        event = ticket.hand_back(ERIK, 1, "it is the mail server after all", RESOLUTION_DUE, LATER)
        assert (ticket.queue, ticket.tier, ticket.escalated_from, ticket.hand_backs) == (
            "service-desk",
            1,
            [],
            1,
        )
        assert (ticket.state, ticket.assignee) == (TicketState.NEW, None)
        assert (event.kind, event.data) == (
            EventKind.HANDED_BACK,
            {"before": "network", "queue": "service-desk", "reason": "it is the mail server after all"},
        )
        with pytest.raises(model.NothingToHandBack):
            ticket.hand_back(ERIK, 1, "", RESOLUTION_DUE, LATER)

    def test_handing_back_returns_it_step_by_step_the_way_it_came(self) -> None:
        ticket = escalated()
        ticket.escalate(ERIK, "servers", 3, "", RESOLUTION_DUE, LATER)
        ticket.hand_back(ERIK, 2, "", RESOLUTION_DUE, LATER)
        assert (ticket.queue, ticket.tier, ticket.escalated_from) == ("network", 2, ["service-desk"])
        ticket.hand_back(ERIK, 1, "", RESOLUTION_DUE, LATER)
        assert (ticket.queue, ticket.tier, ticket.escalated_from) == ("service-desk", 1, [])

    def test_only_its_assignee_hands_back_what_is_claimed(self) -> None:
        ticket = escalated()
        ticket.claim(ERIK, LATER)
        with pytest.raises(NotAssignee):
            ticket.hand_back(DANA, 1, "", RESOLUTION_DUE, LATER)


class TestWhenNobodyMovesIt:
    def test_a_page_is_accepted_by_claiming(self) -> None:
        ticket = new(rollover_at=LATER, rollover_to="network")
        event = ticket.page("nights", "dana", "Dana Reyes", LATER, NOW)
        assert (ticket.page_rota, list(ticket.page_called), ticket.page_due) == ("nights", ["dana"], LATER)
        assert (event.kind, event.actor) == (EventKind.PAGED, DESK.id)
        assert event.data == {"rota": "nights", "technician": "dana", "name": "Dana Reyes"}
        ticket.claim(DANA, NOW)
        assert (ticket.page_due, ticket.rollover_at, ticket.rollover_to) == (None, None, None)

    def test_only_who_is_called_can_reject(self) -> None:
        ticket = new()
        with pytest.raises(model.NotPaged):
            ticket.reject_page(DANA, NOW)
        ticket.page("nights", "erik", "Erik Lund", LATER, NOW)
        ticket.page("nights", "dana", "Dana Reyes", LATER, NOW)
        with pytest.raises(model.NotPaged):
            ticket.reject_page(ERIK, NOW)
        event = ticket.reject_page(DANA, NOW)
        assert (ticket.page_due, event.kind, event.actor) == (None, EventKind.PAGE_REJECTED, DANA.id)
        with pytest.raises(model.NotPaged):
            ticket.reject_page(DANA, NOW)

    def test_silence_and_the_end_of_the_rota(self) -> None:
        ticket = new()
        ticket.page("nights", "dana", "Dana Reyes", LATER, NOW)
        event = ticket.page_unanswered(LATER)
        assert (ticket.page_due, event.kind, event.data["technician"]) == (
            None,
            EventKind.PAGE_UNANSWERED,
            "dana",
        )
        assert ticket.pages_ended(LATER).data == {"rota": "nights", "called": ["dana"]}

    def test_nobody_is_paged_about_what_is_done(self) -> None:
        ticket = claimed()
        ticket.resolve(DANA, Resolution.FIXED, "Done.", CLOSES_AT, NOW)
        with pytest.raises(NotOpen):
            ticket.page("nights", "dana", "Dana Reyes", LATER, NOW)

    def test_rolling_over_keeps_what_was_promised(self) -> None:
        ticket = new(rollover_at=NOW, rollover_to="network")
        event = ticket.roll_over("network", 2, NOW)
        assert (ticket.queue, ticket.tier, ticket.state) == ("network", 2, TicketState.NEW)
        assert (ticket.first_response_due, ticket.resolution_due) == (FIRST_RESPONSE_DUE, RESOLUTION_DUE)
        assert (ticket.rollover_at, ticket.escalated_from, ticket.escalations) == (None, (), 0)
        assert event.data == {"before": "service-desk", "queue": "network", "tier": 2}

    def test_another_queue_begins_its_calls_anew(self) -> None:
        ticket = new()
        ticket.page("nights", "dana", "Dana Reyes", LATER, NOW)
        ticket.escalate(LENA, "network", 2, "", RESOLUTION_DUE, NOW)
        assert (ticket.page_rota, list(ticket.page_called), ticket.page_due) == (None, [], None)

    def test_the_desk_gives_it_to_somebody(self) -> None:
        ticket = new()
        event = ticket.give("dana", "Dana Reyes", NOW)
        assert (ticket.assignee, ticket.given_at, ticket.state) == ("dana", NOW, TicketState.CLAIMED)
        assert (event.kind, event.actor) == (EventKind.ASSIGNED, DESK.id)

    def test_steps_are_remembered_until_it_is_reopened(self) -> None:
        ticket = claimed()
        ticket.take_step("10m remind", NOW)
        assert list(ticket.steps) == ["10m remind"]
        ticket.resolve(DANA, Resolution.FIXED, "Done.", CLOSES_AT, NOW)
        ticket.tier_used = {"1": 60}
        ticket.reopen(ANA, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, LATER)
        assert (list(ticket.steps), ticket.tier_used, ticket.update_since) == ([], {}, None)

    def test_urgency_is_raised_once(self) -> None:
        ticket = new()
        event = ticket.raise_urgency(ANA, "Payroll", NOW)
        assert (event.kind, event.actor, event.data) == (
            EventKind.URGENCY_RAISED,
            ANA.id,
            {"reason": "Payroll"},
        )
        with pytest.raises(model.UrgencyRaised):
            ticket.raise_urgency(ANA, "again", NOW)
        with pytest.raises(model.UrgencyRaised):
            new(priority=Priority.P1).raise_urgency(ANA, "more than everything", NOW)

    def test_word_to_the_requester_counts_from_the_latest(self) -> None:
        ticket = claimed()
        ticket.reply(DANA, "Looking.", NOW)
        assert ticket.update_since == NOW
        ticket.notice(Milestone.UPDATE_BREACHED, LATER)
        ticket.reply(DANA, "Still looking.", LATER)
        assert (ticket.first_responded_at, ticket.update_since, list(ticket.milestones)) == (NOW, LATER, [])


class TestClocks:
    def test_waiting_keeps_what_remained_and_when_it_was_due(self) -> None:
        ticket = claimed()
        until = NOW + timedelta(days=2)
        event = ticket.wait(DANA, WaitingFor.VENDOR, "the carrier", until, REMAINING, LATER)
        assert (ticket.state, ticket.waiting_for, ticket.waiting_note, ticket.waiting_until) == (
            TicketState.WAITING,
            WaitingFor.VENDOR,
            "the carrier",
            until,
        )
        assert (ticket.resolution_remaining, ticket.resolution_due) == (
            REMAINING.total_seconds(),
            RESOLUTION_DUE,
        )
        assert (event.kind, event.data) == (
            EventKind.WAITED,
            {"waiting_for": "vendor", "note": "the carrier", "until": until.isoformat()},
        )

    @pytest.mark.parametrize(
        ("waiting_for", "responded"), [(WaitingFor.REQUESTER, LATER), (WaitingFor.VENDOR, None)]
    )
    def test_only_asking_the_requester_is_a_response(
        self, waiting_for: WaitingFor, responded: datetime | None
    ) -> None:
        ticket = claimed()
        ticket.wait(DANA, waiting_for, "", None, REMAINING, LATER)
        assert ticket.first_responded_at == responded

    def test_to_wait_again_keeps_what_remained_the_first_time(self) -> None:
        ticket = waiting()
        ticket.wait(DANA, WaitingFor.REQUESTER, "which floor?", None, timedelta(hours=1), LATER)
        assert ticket.resolution_remaining == REMAINING.total_seconds()
        assert (ticket.waiting_for, ticket.waiting_until) == (WaitingFor.REQUESTER, None)

    def test_to_wait_again_lets_the_follow_up_be_noticed_anew(self) -> None:
        ticket = waiting()
        ticket.notice(Milestone.RESPONSE_BREACHED, LATER)
        ticket.notice(Milestone.FOLLOW_UP_DUE, LATER)
        ticket.wait(DANA, WaitingFor.VENDOR, "the carrier", NOW + timedelta(days=3), REMAINING, LATER)
        assert ticket.milestones == [Milestone.RESPONSE_BREACHED]

    def test_a_silent_requester_is_reminded_then_closed_and_can_reopen(self) -> None:
        ticket = claimed()
        ticket.wait(DANA, WaitingFor.REQUESTER, "which floor?", None, REMAINING, NOW)
        assert (ticket.asked_at, ticket.reminders) == (NOW, 0)
        event = ticket.remind(LATER)
        assert (ticket.asked_at, ticket.reminders, event.data) == (
            LATER,
            1,
            {"number": 1, "note": "which floor?"},
        )
        closed = ticket.close_unanswered(CLOSES_AT, LATER)
        assert (closed.kind, closed.data) == (
            EventKind.RESOLVED,
            {"resolution": "no_answer", "reminders": 1},
        )
        assert (ticket.state, ticket.asked_at, ticket.reminders) == (TicketState.RESOLVED, None, 0)
        ticket.reopen(ANA, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.resolution) == (TicketState.CLAIMED, None)

    def test_an_approval_is_asked_for_decided_and_kept(self) -> None:
        ticket = claimed()
        until = NOW + timedelta(days=1)
        event = ticket.ask_approval(DANA, 9, "Tom Berg", "A licence", until, REMAINING, NOW)
        assert (event.kind, event.data["waiting_for"], event.data["what"]) == (
            EventKind.WAITED,
            "approval",
            "A licence",
        )
        assert (ticket.state, ticket.waiting_until, ticket.first_responded_at) == (
            TicketState.WAITING,
            until,
            None,
        )
        assert ticket.approval
        with pytest.raises(model.NotAsked):
            ticket.decide_approval(ANA, 7, approved=True, word="", resolution_due=None, now=LATER)
        decided = ticket.decide_approval(
            TOM_BERG, 9, approved=False, word="Too dear", resolution_due=NEW_RESOLUTION_DUE, now=LATER
        )
        assert (decided.kind, decided.actor, decided.data) == (
            EventKind.NOT_APPROVED,
            "approver:9",
            {"what": "A licence", "word": "Too dear"},
        )
        assert (ticket.state, ticket.resolution_due) == (TicketState.CLAIMED, NEW_RESOLUTION_DUE)
        assert [(one["result"], one["word"], one["asked_by"]) for one in ticket.approvals] == [
            ("not_approved", "Too dear", DANA.name)
        ]
        with pytest.raises(model.NotAsked):
            ticket.decide_approval(TOM_BERG, 9, approved=True, word="", resolution_due=None, now=LATER)

    @pytest.mark.parametrize(
        "end",
        [
            lambda ticket: ticket.resume(DANA, None, LATER),
            lambda ticket: ticket.release(DANA, None, LATER),
            lambda ticket: ticket.escalate(DANA, "network", 2, "", None, LATER),
            lambda ticket: ticket.withdraw(ANA, CLOSES_AT, LATER),
            lambda ticket: ticket.wait(DANA, WaitingFor.VENDOR, "the carrier", None, REMAINING, LATER),
            lambda ticket: ticket.ask_approval(DANA, 8, "Ann", "A licence", LATER, REMAINING, LATER),
        ],
        ids=["resume", "release", "escalate", "withdraw", "wait", "ask somebody else"],
    )
    def test_what_waits_no_longer_asks_for_no_approval(self, end: Callable[[Ticket], TicketEvent]) -> None:
        ticket = claimed()
        ticket.ask_approval(DANA, 9, "Tom Berg", "A licence", LATER, REMAINING, NOW)
        end(ticket)
        assert (ticket.approvals[0]["result"], ticket.approvals[0]["at"]) == ("withdrawn", LATER.isoformat())
        with pytest.raises(model.NotAsked):
            ticket.decide_approval(TOM_BERG, 9, approved=True, word="", resolution_due=None, now=LATER)

    @pytest.mark.parametrize("make", [claimed, waiting, resolved])
    def test_nobody_is_reminded_of_what_was_not_asked(self, make: Callable[[], Ticket]) -> None:
        ticket = make()
        with pytest.raises(model.NotWaiting):
            ticket.remind(LATER)
        with pytest.raises(model.NotWaiting):
            ticket.close_unanswered(CLOSES_AT, LATER)

    def test_idle_is_what_nobody_has_done_anything_with(self) -> None:
        ticket = claimed()
        assert ticket.idle_since == NOW
        ticket.requester_wrote(ANA, "Any news?", LATER)
        ticket.change_priority(ANA, Priority.P1, LATER, LATER, TARGET, LATER)
        assert ticket.idle_since == NOW
        ticket.note(DANA, "Looking.", LATER)
        assert ticket.idle_since == LATER

    def test_what_was_late_stays_late(self) -> None:
        ticket = claimed()
        ticket.wait(DANA, WaitingFor.VENDOR, "", None, -timedelta(hours=1), LATER)
        assert ticket.resolution_remaining == -3600

    def test_a_ticket_without_a_target_waits_without_one(self) -> None:
        ticket = new(resolution_due=None)
        ticket.claim(DANA, NOW)
        ticket.wait(DANA, WaitingFor.VENDOR, "", None, None, LATER)
        assert ticket.resolution_remaining is None

    def test_resuming_starts_the_clock_again(self) -> None:
        ticket = waiting()
        ticket.notice(Milestone.FOLLOW_UP_DUE, LATER)
        event = ticket.resume(ANA, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.resolution_due, ticket.resolution_remaining) == (
            TicketState.CLAIMED,
            NEW_RESOLUTION_DUE,
            None,
        )
        assert (ticket.waiting_for, ticket.waiting_note, ticket.waiting_until) == (None, "", None)
        assert ticket.milestones == []
        assert event.kind is EventKind.RESUMED

    @pytest.mark.parametrize(
        ("ticket", "response_due", "resolution_due"),
        [
            (new(), NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE),
            (new(first_responded_at=NOW), FIRST_RESPONSE_DUE, NEW_RESOLUTION_DUE),
            (waiting(), NEW_RESPONSE_DUE, RESOLUTION_DUE),
        ],
    )
    def test_a_new_priority_moves_the_targets_that_are_unmet(
        self, ticket: Ticket, response_due: datetime, resolution_due: datetime
    ) -> None:
        event = ticket.change_priority(LENA, Priority.P4, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, TARGET, LATER)
        assert (ticket.priority, ticket.first_response_due, ticket.resolution_due) == (
            Priority.P4,
            response_due,
            resolution_due,
        )
        assert (event.kind, event.data) == (
            EventKind.PRIORITY_CHANGED,
            {"before": "P3", "priority": "P4"},
        )

    def test_a_new_priority_forgets_what_was_noticed_of_targets_that_lie_ahead_again(self) -> None:
        ticket = new(milestones=list(Milestone))
        ticket.change_priority(LENA, Priority.P4, LATER, NEW_RESOLUTION_DUE, TARGET, LATER)
        assert ticket.milestones == [
            Milestone.RESPONSE_AT_RISK,
            Milestone.RESPONSE_BREACHED,
            Milestone.UPDATE_BREACHED,
            Milestone.TIER_SPENT,
            Milestone.FOLLOW_UP_DUE,
            Milestone.REMINDER_DUE,
            Milestone.SILENCE_ENDED,
            Milestone.ROLLOVER_DUE,
            Milestone.PAGE_DUE,
            Milestone.REOPEN_WINDOW_ENDED,
        ]

    def test_raising_it_never_puts_off_what_was_promised(self) -> None:
        ticket = new()
        ticket.change_priority(LENA, Priority.P1, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, TARGET, LATER)
        assert (ticket.first_response_due, ticket.resolution_due) == (
            min(FIRST_RESPONSE_DUE, NEW_RESPONSE_DUE),
            min(RESOLUTION_DUE, NEW_RESOLUTION_DUE),
        )

    def test_a_clock_that_stands_still_gets_the_new_target(self) -> None:
        ticket = waiting()
        ticket.change_priority(LENA, Priority.P4, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, TARGET, LATER)
        assert ticket.resolution_remaining == TARGET.total_seconds()
        ticket.change_priority(LENA, Priority.P1, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, REMAINING, LATER)
        assert ticket.resolution_remaining == min(TARGET, REMAINING).total_seconds()

    @pytest.mark.parametrize(
        ("target", "noticed"), [(TARGET, []), (-TARGET, [Milestone.RESOLUTION_BREACHED])]
    )
    def test_a_breach_before_the_waiting_goes_with_the_target_that_was_breached(
        self, target: timedelta, noticed: list[Milestone]
    ) -> None:
        """Else the breach of the new target would never be noticed."""
        ticket = new(resolution_due=NOW, milestones=[Milestone.RESOLUTION_BREACHED])
        ticket.wait(LENA, WaitingFor.VENDOR, "", None, -timedelta(hours=1), LATER)
        ticket.change_priority(LENA, Priority.P4, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, target, LATER)
        assert ticket.milestones == noticed

    def test_the_same_priority_is_refused(self) -> None:
        with pytest.raises(model.AlreadyThere):
            new().change_priority(LENA, Priority.P3, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, TARGET, LATER)

    def test_a_milestone_is_written_by_the_desk(self) -> None:
        ticket = new()
        event = ticket.notice(Milestone.RESPONSE_AT_RISK, LATER)
        assert (event.kind, event.actor, event.data) == (
            EventKind.MILESTONE,
            "desk",
            {"milestone": "response_at_risk"},
        )


class TestEnds:
    @pytest.mark.parametrize(("text", "responded"), [("Reset it for you.", LATER), ("", None)])
    def test_resolving_with_words_is_a_response(self, text: str, responded: datetime | None) -> None:
        ticket = claimed()
        event = ticket.resolve(DANA, Resolution.FIXED, text, CLOSES_AT, LATER)
        assert (ticket.state, ticket.resolution, ticket.resolution_text) == (
            TicketState.RESOLVED,
            Resolution.FIXED,
            text,
        )
        assert (ticket.resolved_at, ticket.closes_at, ticket.first_responded_at) == (
            LATER,
            CLOSES_AT,
            responded,
        )
        assert (ticket.assignee, event.kind) == ("dana", EventKind.RESOLVED)

    @pytest.mark.parametrize(
        ("verb", "state", "resolution"),
        [
            ("resolve", TicketState.RESOLVED, Resolution.FIXED),
            ("withdraw", TicketState.RESOLVED, Resolution.WITHDRAWN),
            ("confirm", TicketState.RESOLVED, Resolution.CONFIRMED),
            ("merge", TicketState.CLOSED, Resolution.MERGED),
        ],
    )
    def test_an_end_ends_the_waiting(self, verb: str, state: TicketState, resolution: Resolution) -> None:
        ticket = waiting()
        VERBS[verb](ticket, DANA)
        assert (ticket.state, ticket.resolution) == (state, resolution)
        assert (ticket.waiting_for, ticket.waiting_until, ticket.resolution_remaining) == (None, None, None)

    def test_merging_points_to_the_other(self) -> None:
        ticket, other = claimed(), new(id=2, number=1043)
        before = facts(other)
        event = ticket.merge(DANA, other, LATER)
        assert (ticket.merged_into, ticket.closes_at, event.data) == (2, None, {"into": "T-1043"})
        assert facts(other) == before

    @pytest.mark.parametrize(
        "into",
        [
            pytest.param(new(), id="itself"),
            pytest.param(new(id=2, organisation="acme"), id="another organisation's"),
            pytest.param(new(id=2, state=TicketState.RESOLVED), id="one that is resolved"),
            pytest.param(new(id=2, state=TicketState.CLOSED), id="one that is closed"),
        ],
    )
    def test_some_tickets_cannot_be_merged_into(self, into: Ticket) -> None:
        with pytest.raises(model.CannotMerge):
            claimed().merge(DANA, into, LATER)

    def test_reopening_returns_it_to_its_assignee_with_new_targets(self) -> None:
        ticket = resolved()
        ticket.rate(ANA, 2, "came back", LATER)
        ticket.notice(Milestone.RESOLUTION_BREACHED, LATER)
        event = ticket.reopen(ANA, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.assignee, ticket.reopenings) == (TicketState.CLAIMED, "dana", 1)
        assert (ticket.first_response_due, ticket.first_responded_at, ticket.resolution_due) == (
            NEW_RESPONSE_DUE,
            None,
            NEW_RESOLUTION_DUE,
        )
        assert (ticket.resolution, ticket.resolution_text, ticket.resolved_at, ticket.closes_at) == (
            None,
            "",
            None,
            None,
        )
        assert (ticket.rating, ticket.rating_comment, ticket.milestones) == (None, "", [])
        assert event.kind is EventKind.REOPENED

    def test_reopening_returns_what_nobody_had_to_its_queue(self) -> None:
        ticket = new()
        ticket.withdraw(ANA, CLOSES_AT, LATER)
        ticket.reopen(ANA, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, LATER)
        assert (ticket.state, ticket.assignee) == (TicketState.NEW, None)

    def test_closing_ends_the_time_to_reopen(self) -> None:
        ticket = resolved()
        event = ticket.close(CLOSES_AT)
        assert (ticket.state, ticket.closes_at, ticket.resolution) == (
            TicketState.CLOSED,
            None,
            Resolution.FIXED,
        )
        assert (event.kind, event.actor) == (EventKind.CLOSED, "desk")


class TestWords:
    def test_the_first_reply_is_the_first_response(self) -> None:
        ticket = claimed()
        ticket.reply(DANA, "Looking.", NOW)
        event = ticket.reply(DANA, "Found it.", LATER)
        assert ticket.first_responded_at == NOW
        assert (event.kind, event.data) == (EventKind.REPLIED, {"text": "Found it."})

    @pytest.mark.parametrize("verb", ["note", "edited", "requester_wrote"])
    def test_notes_and_the_requesters_words_are_no_response(self, verb: str) -> None:
        ticket = claimed()
        before = facts(ticket)
        VERBS[verb](ticket, DANA)
        assert facts(ticket) == before | {"idle_since": LATER if verb == "note" else NOW}

    def test_a_second_rating_replaces_the_first_and_keeps_its_word(self) -> None:
        ticket = resolved()
        ticket.rate(ANA, 2, "slow", LATER)
        event = ticket.rate(ANA, 4, "", LATER)
        assert (ticket.rating, ticket.rating_comment) == (4, "slow")
        assert (event.kind, event.data) == (EventKind.RATED, {"rating": 4})

    def test_a_category_is_changed_once(self) -> None:
        ticket = new()
        event = ticket.change_category(LENA, "network", LATER)
        assert (ticket.category, event.data) == ("network", {"before": "email", "category": "network"})
        with pytest.raises(model.AlreadyThere):
            ticket.change_category(LENA, "network", LATER)

    def test_the_first_event_says_where_it_began(self) -> None:
        event = new().opened(ANA, NOW)
        assert (event.kind, event.actor, event.actor_name, event.platform) == (
            EventKind.OPENED,
            "requester:7",
            "Ana Ortiz",
            "web",
        )
        assert event.data == {"queue": "service-desk", "priority": "P3", "category": "email"}

    @pytest.mark.parametrize(("actor", "technician"), [(DANA, "dana"), (ANA, None), (DESK, None)])
    def test_only_technicians_have_a_technicians_id(self, actor: Actor, technician: str | None) -> None:
        assert actor.technician_id == technician


# ------------------------------------------------------------------------------------------------ all together

TECHNICIANS = (DANA, ERIK, LENA)
QUEUES = {"service-desk": 1, "network": 2, "servers": 3}
technicians = st.sampled_from(TECHNICIANS)
anybody = st.sampled_from((*TECHNICIANS, ANA))
maybe_due = st.sampled_from((None, REMAINING, -REMAINING))


@dataclass
class Expected:
    """What the oracle believes of the ticket, kept by rules written apart from the code's."""

    state: str = "new"
    assignee: str | None = None
    queue: str = "service-desk"
    came_from: list[str] = field(default_factory=list)
    remaining: float | None = None
    responded: datetime | None = None
    resolution_due: datetime | None = RESOLUTION_DUE
    rating: int | None = None
    priority: Priority = Priority.P3
    category: str = "email"
    frozen: dict[str, object] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in ("new", "claimed", "waiting")

    def owns(self, by: Actor) -> bool:
        return by.lead or (self.assignee is not None and f"technician:{self.assignee}" == by.id)

    def drop(self, due: datetime) -> None:
        if self.state == "waiting":
            self.resolution_due = due
        self.assignee, self.remaining, self.state = None, None, "new"

    def end(self, state: str) -> None:
        self.state, self.remaining = state, None


class TicketVerbs(RuleBasedStateMachine):
    """Random lives of one ticket. The oracle says beforehand whether a verb is legal, and what it leaves behind."""

    @initialize()
    def open_it(self) -> None:
        self.now = NOW
        self.ticket = new()
        self.expected = Expected()
        self.events = [self.ticket.opened(ANA, NOW)]
        self.succeeded = 1

    def attempt(self, legal: bool, verb: Callable[[], TicketEvent]) -> bool:
        """Whether the verb was carried out, which must be exactly when it is legal."""
        self.now += timedelta(minutes=1)
        before = facts(self.ticket)
        if not legal:
            with pytest.raises(TicketError):
                verb()
            assert facts(self.ticket) == before
            return False
        event = verb()
        assert event.at == self.now
        self.events.append(event)
        self.succeeded += 1
        return True

    @rule(by=technicians)
    def claim(self, by: Actor) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and e.assignee in (None, by.technician_id), lambda: self.ticket.claim(by, self.now)
        ):
            e.assignee = by.technician_id
            e.state = "claimed" if e.state == "new" else e.state

    @rule(by=technicians, to=technicians)
    def assign(self, by: Actor, to: Actor) -> None:
        e, name = self.expected, to.technician_id or ""
        legal = e.is_open and (e.assignee is None or e.owns(by)) and e.assignee != name
        if self.attempt(legal, lambda: self.ticket.assign(by, name, to.name, self.now)):
            e.assignee = name
            e.state = "claimed" if e.state == "new" else e.state

    @rule(by=anybody)
    def release(self, by: Actor) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and e.assignee is not None and e.owns(by),
            lambda: self.ticket.release(by, CLOSES_AT, self.now),
        ):
            e.drop(CLOSES_AT)

    @rule(by=technicians, queue=st.sampled_from(list(QUEUES)))
    def escalate(self, by: Actor, queue: str) -> None:
        e = self.expected
        legal = e.is_open and (e.assignee is None or e.owns(by)) and queue != e.queue
        if self.attempt(
            legal, lambda: self.ticket.escalate(by, queue, QUEUES[queue], "", CLOSES_AT, self.now)
        ):
            e.came_from, e.queue = [*e.came_from, e.queue], queue
            e.drop(CLOSES_AT)

    @rule(by=technicians)
    def hand_back(self, by: Actor) -> None:
        e = self.expected
        legal = e.is_open and (e.assignee is None or e.owns(by)) and bool(e.came_from)
        back_to = e.came_from[-1] if e.came_from else "service-desk"
        if self.attempt(
            legal,
            lambda: self.ticket.hand_back(by, QUEUES[back_to], "", CLOSES_AT, self.now),
        ):
            e.queue, e.came_from = back_to, e.came_from[:-1]
            e.drop(CLOSES_AT)

    @rule(by=anybody, waiting_for=st.sampled_from(WaitingFor), remaining=maybe_due)
    def wait(self, by: Actor, waiting_for: WaitingFor, remaining: timedelta | None) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and e.owns(by),
            lambda: self.ticket.wait(by, waiting_for, "", None, remaining, self.now),
        ):
            if e.state != "waiting" and remaining is not None:
                e.remaining = remaining.total_seconds()
            if waiting_for is WaitingFor.REQUESTER and e.responded is None:
                e.responded = self.now
            e.state = "waiting"

    @rule(by=anybody, due=st.sampled_from((RESOLUTION_DUE, NEW_RESOLUTION_DUE)))
    def resume(self, by: Actor, due: datetime) -> None:
        e = self.expected
        if self.attempt(e.state == "waiting", lambda: self.ticket.resume(by, due, self.now)):
            e.end("claimed" if e.assignee else "new")
            e.resolution_due = due

    @rule(by=anybody, text=st.sampled_from(("", "Done.")))
    def resolve(self, by: Actor, text: str) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and e.owns(by),
            lambda: self.ticket.resolve(by, Resolution.FIXED, text, CLOSES_AT, self.now),
        ):
            e.end("resolved")
            if text and e.responded is None:
                e.responded = self.now

    @rule(works=st.booleans())
    def withdraw_or_confirm(self, works: bool) -> None:
        e = self.expected
        verb = self.ticket.confirm if works else self.ticket.withdraw
        if self.attempt(e.is_open, lambda: verb(ANA, CLOSES_AT, self.now)):
            e.end("resolved")

    @rule(by=technicians, into=st.sampled_from((new(id=2), new(), new(id=2, organisation="acme"))))
    def merge(self, by: Actor, into: Ticket) -> None:
        e = self.expected
        legal = (
            e.is_open
            and (e.assignee is None or e.owns(by))
            and into.id == 2
            and into.organisation == "harbor"
        )
        if self.attempt(legal, lambda: self.ticket.merge(by, into, self.now)):
            e.end("closed")

    @rule(by=anybody)
    def reopen(self, by: Actor) -> None:
        e = self.expected
        if self.attempt(
            e.state == "resolved",
            lambda: self.ticket.reopen(by, NEW_RESPONSE_DUE, NEW_RESOLUTION_DUE, self.now),
        ):
            e.state = "claimed" if e.assignee else "new"
            e.responded, e.rating, e.resolution_due = None, None, NEW_RESOLUTION_DUE

    @rule()
    def close(self) -> None:
        e = self.expected
        if self.attempt(e.state == "resolved", lambda: self.ticket.close(self.now)):
            e.end("closed")

    @rule(by=technicians)
    def reply(self, by: Actor) -> None:
        e = self.expected
        if self.attempt(e.state != "closed", lambda: self.ticket.reply(by, "Hello.", self.now)):
            e.responded = e.responded or self.now

    @rule(by=anybody)
    def note(self, by: Actor) -> None:
        self.attempt(True, lambda: self.ticket.note(by, "n", self.now))

    @rule()
    def requester_wrote(self) -> None:
        self.attempt(True, lambda: self.ticket.requester_wrote(ANA, "w", self.now))

    @rule(
        by=technicians, priority=st.sampled_from(Priority), due=st.sampled_from((RESOLUTION_DUE, CLOSES_AT))
    )
    def change_priority(self, by: Actor, priority: Priority, due: datetime) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and priority != e.priority,
            lambda: self.ticket.change_priority(by, priority, NEW_RESPONSE_DUE, due, TARGET, self.now),
        ):
            raised = priority < e.priority
            e.priority = priority
            if e.state == "waiting":
                kept = e.remaining if raised and e.remaining is not None else TARGET.total_seconds()
                e.remaining = min(kept, TARGET.total_seconds())
            else:
                e.resolution_due = min(e.resolution_due or due, due) if raised else due

    @rule(by=technicians, category=st.sampled_from(("email", "network")))
    def change_category(self, by: Actor, category: str) -> None:
        e = self.expected
        if self.attempt(
            e.is_open and category != e.category,
            lambda: self.ticket.change_category(by, category, self.now),
        ):
            e.category = category

    @rule(rating=st.integers(1, 5))
    def rate(self, rating: int) -> None:
        e = self.expected
        if self.attempt(e.state == "resolved", lambda: self.ticket.rate(ANA, rating, "", self.now)):
            e.rating = rating

    @invariant()
    def is_what_the_oracle_expects(self) -> None:
        e, t = self.expected, self.ticket
        assert (t.state.value, t.assignee, t.queue, t.tier) == (e.state, e.assignee, e.queue, QUEUES[e.queue])
        assert (list(t.escalated_from), t.first_responded_at, t.resolution_due) == (
            e.came_from,
            e.responded,
            e.resolution_due,
        )
        assert (t.resolution_remaining, t.rating) == (e.remaining, e.rating)
        assert (t.priority, t.category) == (e.priority, e.category)

    @invariant()
    def an_owner_is_where_one_must_be(self) -> None:
        if self.ticket.state is TicketState.CLAIMED:
            assert self.ticket.assignee
            assert self.ticket.assignee_name
        if self.ticket.state is TicketState.NEW:
            assert self.ticket.assignee is None
            assert self.ticket.assignee_name == ""

    @invariant()
    def clocks_stand_still_only_while_waiting(self) -> None:
        if self.ticket.state is not TicketState.WAITING:
            assert self.ticket.resolution_remaining is None
            assert self.ticket.waiting_for is None
            assert self.ticket.waiting_until is None
        else:
            assert self.ticket.waiting_for is not None

    @invariant()
    def what_has_ended_says_so(self) -> None:
        state = self.ticket.state
        assert (self.ticket.resolution is None) == state.is_open
        assert (self.ticket.resolved_at is None) == state.is_open
        assert (self.ticket.closes_at is not None) == (state is TicketState.RESOLVED)

    @invariant()
    def what_is_closed_never_changes(self) -> None:
        if self.ticket.state is TicketState.CLOSED:
            self.expected.frozen = self.expected.frozen or facts(self.ticket)
            assert facts(self.ticket) == self.expected.frozen

    @invariant()
    def every_success_has_one_event(self) -> None:
        assert len(self.events) == self.succeeded
        assert all(event.ticket_id == self.ticket.id for event in self.events)


TestTicketVerbs = TicketVerbs.TestCase
TestTicketVerbs.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
