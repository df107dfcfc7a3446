from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets import sla
from tickets.kinds import Milestone, Priority, TicketState, WaitingFor
from tickets.policy import UnknownInPolicy, read
from tickets.sla import Due, Review

DENVER = ZoneInfo("America/Denver")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

ACME = read(
    """
    organisation = { id = "acme", name = "Acme", timezone = "America/Denver", workspaces = ["web"] }
    technician = [{ id = "dana", name = "Dana", email = "dana@acme.example", accounts = ["web:dana"] }]
    queue = [{ id = "desk", name = "Desk", tier = 1, technicians = ["dana"], calendar = "office" }]
    category = [{ id = "other", name = "Something else", queue = "desk", priority = "P3" }]

    [[calendar]]
    id = "office"
    [calendar.hours]
    monday = ["08:00-18:00"]
    tuesday = ["08:00-18:00"]
    wednesday = ["08:00-18:00"]
    thursday = ["08:00-18:00"]
    friday = ["08:00-18:00"]

    [[calendar]]
    id = "always"
    always = true

    [priority]
    P1 = { meaning = "Many people", first_response = "15m", resolution = "4h", clock = "always" }
    P2 = { meaning = "One person", first_response = "1h", resolution = "8h" }
    P3 = { meaning = "Badly", first_response = "4h", resolution = "20h" }
    P4 = { meaning = "A wish", first_response = "8h", resolution = "40h" }
    """,
    "firstline.toml",
)
DESK = ACME.queue("desk")
OFFICE = ACME.calendar("office")


def at(text: str) -> datetime:
    """A time in the week of Monday 2 March 2026, in Denver: `Fri 18:05`."""
    day, clock = text.split()
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon+", "Tue+"].index(day)
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 2 + days, hour, minute, tzinfo=DENVER).astimezone(UTC)


@dataclass(frozen=True)
class Ticket:
    state: TicketState = TicketState.NEW
    site: str | None = None
    queue: str = "desk"
    priority: Priority = Priority.P2
    first_response_due: datetime | None = field(default_factory=lambda: at("Mon 11:00"))
    first_responded_at: datetime | None = None
    resolution_due: datetime | None = field(default_factory=lambda: at("Mon 18:00"))
    update_since: datetime | None = None
    update_due: datetime | None = None
    tier_used: dict[str, int] = field(default_factory=dict)
    tier_queue: str | None = None
    tier_since: datetime | None = None
    tier_due: datetime | None = None
    rollover_at: datetime | None = None
    page_due: datetime | None = None
    steps: tuple[str, ...] = ()
    waiting_for: WaitingFor | None = None
    waiting_until: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0
    idle_since: datetime | None = None
    closes_at: datetime | None = None
    milestones: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("priority", "start", "response", "resolution", "response_at_risk", "resolution_at_risk"),
    [
        (Priority.P2, "Mon 10:00", "Mon 11:00", "Mon 18:00", "Mon 10:45", "Mon 16:00"),
        (Priority.P2, "Mon 12:00", "Mon 13:00", "Tue 10:00", "Mon 12:45", "Tue 08:00"),
        (Priority.P2, "Fri 18:05", "Mon+ 09:00", "Mon+ 16:00", "Mon+ 08:45", "Mon+ 14:00"),
        (Priority.P1, "Fri 18:05", "Fri 18:20", "Fri 22:05", "Fri 18:16", "Fri 21:05"),
        (Priority.P3, "Thu 17:00", "Fri 11:00", "Mon+ 17:00", "Fri 10:00", "Mon+ 12:00"),
    ],
)
def test_targets(
    priority: Priority,
    start: str,
    response: str,
    resolution: str,
    response_at_risk: str,
    resolution_at_risk: str,
) -> None:
    targets = sla.targets_for(ACME, DESK, priority, at(start))
    assert (targets.first_response_due, targets.resolution_due) == (at(response), at(resolution))
    # The first response to a P1 is at risk after 11 minutes and a quarter.
    assert abs(targets.first_response_at_risk - at(response_at_risk)) < MINUTE
    assert targets.resolution_at_risk == at(resolution_at_risk)


class TestPause:
    @pytest.mark.parametrize(
        ("due", "paused", "remaining", "resumed", "due_again"),
        [
            ("Mon 18:00", "Mon 12:00", 6 * HOUR, "Wed 09:00", "Wed 15:00"),
            ("Mon 18:00", "Mon 12:00", 6 * HOUR, "Fri 17:00", "Mon+ 13:00"),
            ("Mon 18:00", "Mon 12:00", 6 * HOUR, "Sat 12:00", "Mon+ 14:00"),
            ("Tue 10:00", "Mon 20:00", 2 * HOUR, "Mon 21:00", "Tue 10:00"),  # while nothing ran anyway
            ("Mon 10:00", "Mon 12:00", -2 * HOUR, "Wed 11:00", "Wed 09:00"),  # late before, as late after
            ("Mon 18:00", "Mon 20:00", timedelta(0), "Wed 09:00", "Wed 09:00"),  # late by no open time
        ],
    )
    def test_keeps_what_remains(
        self, due: str, paused: str, remaining: timedelta, resumed: str, due_again: str
    ) -> None:
        assert sla.pause(at(due), at(paused), OFFICE) == remaining
        assert sla.resume(remaining, at(resumed), OFFICE) == at(due_again)

    def test_leaves_a_minute_where_the_hours_changed_and_left_nothing(self) -> None:
        """It was promised for Saturday noon; since then the queue works on weekdays."""
        remaining = sla.pause(at("Sat 12:00"), at("Sat 10:00"), OFFICE)
        assert remaining == MINUTE
        assert sla.resume(remaining, at("Sat 11:00"), OFFICE) == at("Mon+ 08:01")

    instants = st.integers(0, 60 * 24 * 21 * 60).map(
        lambda seconds: at("Mon 00:00") + timedelta(seconds=seconds)
    )

    @given(due=instants, paused=instants, resumed=instants, calendar=st.sampled_from(["office", "always"]))
    def test_resuming_never_breaches_at_once(
        self, due: datetime, paused: datetime, resumed: datetime, calendar: str
    ) -> None:
        clock = ACME.calendar(calendar)
        due_again = sla.resume(sla.pause(due, paused, clock), resumed, clock)
        assert (due_again > resumed) == (due > paused)


A_RESPONSE_AT_RISK, A_RESPONSE_BREACHED = Milestone.RESPONSE_AT_RISK, Milestone.RESPONSE_BREACHED
A_RESOLUTION_AT_RISK, A_RESOLUTION_BREACHED = Milestone.RESOLUTION_AT_RISK, Milestone.RESOLUTION_BREACHED

UNTOUCHED = Ticket()
ANSWERED = Ticket(TicketState.CLAIMED, first_responded_at=at("Mon 10:10"))
WAITING = replace(ANSWERED, state=TicketState.WAITING, waiting_until=at("Wed 09:00"))
RESOLVED = replace(ANSWERED, state=TicketState.RESOLVED, closes_at=at("Sat 12:00"))
CLOSED = replace(RESOLVED, state=TicketState.CLOSED)


@pytest.mark.parametrize(
    ("ticket", "now", "due", "next_review"),
    [
        # Before, at and after each instant: the first response is at risk at 10:45 and due at 11:00 …
        (UNTOUCHED, "Mon 10:00", [], "Mon 10:45"),
        (UNTOUCHED, "Mon 10:45", [A_RESPONSE_AT_RISK], "Mon 11:00"),
        (replace(UNTOUCHED, milestones=("response_at_risk",)), "Mon 10:50", [], "Mon 11:00"),
        (
            replace(UNTOUCHED, milestones=("response_at_risk",)),
            "Mon 11:00",
            [A_RESPONSE_BREACHED],
            "Mon 16:00",
        ),
        # … and after a long sleep only the worst is told, once.
        (UNTOUCHED, "Mon 12:00", [A_RESPONSE_BREACHED], "Mon 16:00"),
        (replace(UNTOUCHED, milestones=("response_breached",)), "Mon 12:00", [], "Mon 16:00"),
        (UNTOUCHED, "Tue 03:00", [A_RESPONSE_BREACHED, A_RESOLUTION_BREACHED], None),
        (replace(UNTOUCHED, milestones=("response_breached", "resolution_breached")), "Tue 03:00", [], None),
        # Once answered, the resolution alone counts.
        (ANSWERED, "Mon 12:00", [], "Mon 16:00"),
        (ANSWERED, "Mon 16:00", [A_RESOLUTION_AT_RISK], "Mon 18:00"),
        (ANSWERED, "Mon 18:00", [A_RESOLUTION_BREACHED], None),
        # A breach that was noticed is the last word, also when the due instant has moved since.
        (replace(ANSWERED, milestones=("resolution_breached",)), "Mon 17:00", [], None),
        # Waiting stops the clock of the resolution, not that of an answer which is still owed.
        (WAITING, "Mon 23:00", [], "Wed 09:00"),
        (WAITING, "Wed 09:00", [Milestone.FOLLOW_UP_DUE], None),
        (replace(WAITING, milestones=("follow_up_due",)), "Thu 09:00", [], None),
        (replace(WAITING, waiting_until=None), "Mon 23:00", [], None),
        (replace(WAITING, first_responded_at=None), "Mon 10:50", [A_RESPONSE_AT_RISK], "Mon 11:00"),
        (replace(UNTOUCHED, waiting_until=at("Mon 09:00")), "Mon 10:00", [], "Mon 10:45"),
        # A resolved ticket waits for its reopen window to end, a closed one for nothing.
        (RESOLVED, "Fri 12:00", [], "Sat 12:00"),
        (RESOLVED, "Sat 12:00", [Milestone.REOPEN_WINDOW_ENDED], None),
        (replace(RESOLVED, first_responded_at=None), "Fri 12:00", [], "Sat 12:00"),
        (replace(ANSWERED, closes_at=at("Mon 09:00")), "Mon 10:00", [], "Mon 16:00"),
        (CLOSED, "Sun 12:00", [], None),
        # Without promises there is nothing to notice.
        (replace(UNTOUCHED, first_response_due=None, resolution_due=None), "Tue 12:00", [], None),
        # A P1 runs round the clock.
        (
            Ticket(priority=Priority.P1, first_response_due=at("Fri 18:20"), resolution_due=at("Fri 22:05")),
            "Fri 19:00",
            [A_RESPONSE_BREACHED],
            "Fri 21:05",
        ),
    ],
)
def test_review(ticket: Ticket, now: str, due: list[Milestone], next_review: str | None) -> None:
    assert sla.review(ticket, ACME, at(now)) == Review(tuple(due), at(next_review) if next_review else None)


def test_milestones_come_oldest_first() -> None:
    ticket = Ticket(first_response_due=at("Mon 17:00"), resolution_due=at("Mon 12:00"))
    assert sla.review(ticket, ACME, at("Tue 12:00")).due == (A_RESOLUTION_BREACHED, A_RESPONSE_BREACHED)


def test_a_queue_that_the_policy_lost() -> None:
    with pytest.raises(UnknownInPolicy, match="no queue 'gone'"):
        sla.review(Ticket(queue="gone"), ACME, at("Mon 10:00"))


@pytest.mark.parametrize(
    ("ticket", "due"),
    [
        (UNTOUCHED, (Due.FIRST_RESPONSE, "Mon 11:00")),
        (ANSWERED, (Due.RESOLUTION, "Mon 18:00")),
        (replace(UNTOUCHED, first_response_due=None), (Due.RESOLUTION, "Mon 18:00")),
        (WAITING, None),
        (replace(WAITING, first_responded_at=None), (Due.FIRST_RESPONSE, "Mon 11:00")),
        (replace(RESOLVED, first_responded_at=None), None),
        (CLOSED, None),
    ],
)
def test_next_due(ticket: Ticket, due: tuple[Due, str] | None) -> None:
    assert sla.next_due(ticket) == (due and (due[0], at(due[1])))


# ------------------------------------------------------------------------------- whatever the sweep's rhythm

minutes = st.integers(-3 * 24 * 60, 10 * 24 * 60).map(lambda since: at("Mon 10:00") + since * MINUTE)
tickets = st.builds(
    Ticket,
    state=st.sampled_from(TicketState),
    priority=st.sampled_from(Priority),
    first_response_due=st.none() | minutes,
    first_responded_at=st.none() | minutes,
    resolution_due=st.none() | minutes,
    waiting_until=st.none() | minutes,
    closes_at=st.none() | minutes,
    milestones=st.lists(st.sampled_from(Milestone), max_size=3, unique=True).map(tuple),
)


def noticed(ticket: Ticket, found: Review) -> Ticket:
    return replace(ticket, milestones=(*ticket.milestones, *found.due))


@given(tickets, minutes)
def test_reviewing_again_finds_nothing_new(ticket: Ticket, now: datetime) -> None:
    first = sla.review(ticket, ACME, now)
    again = sla.review(noticed(ticket, first), ACME, now)
    assert again.due == ()
    assert len(first.due) == len(set(first.due))
    assert not set(first.due) & set(ticket.milestones)


@given(tickets, minutes, st.timedeltas(timedelta(), timedelta(days=20)))
def test_nothing_comes_due_before_the_next_review_and_something_at_it(
    ticket: Ticket, now: datetime, later: timedelta
) -> None:
    found = sla.review(ticket, ACME, now)
    after = noticed(ticket, found)
    if found.next_review_at is None or now + later < found.next_review_at:
        assert sla.review(after, ACME, now + later).due == ()
    if found.next_review_at is not None:
        assert found.next_review_at > now
        assert sla.review(after, ACME, found.next_review_at).due


@given(tickets.map(lambda ticket: replace(ticket, milestones=())), st.lists(minutes, max_size=8).map(sorted))
def test_each_milestone_is_noticed_once_and_no_warning_follows_its_breach(
    ticket: Ticket, sweeps: list[datetime]
) -> None:
    for now in [*sweeps, at("Mon 10:00") + timedelta(days=30)]:
        ticket = noticed(ticket, sla.review(ticket, ACME, now))
    assert len(ticket.milestones) == len(set(ticket.milestones))
    for warning, breach in [
        (A_RESPONSE_AT_RISK, A_RESPONSE_BREACHED),
        (A_RESOLUTION_AT_RISK, A_RESOLUTION_BREACHED),
    ]:
        if warning in ticket.milestones:
            assert ticket.milestones.index(warning) < ticket.milestones.index(breach)
    # In the end all that was owed has been noticed, whenever the sweep came by.
    owes_resolution = ticket.resolution_due and ticket.state in (TicketState.NEW, TicketState.CLAIMED)
    assert (A_RESOLUTION_BREACHED in ticket.milestones) == bool(owes_resolution)


@given(st.sampled_from(Priority), minutes)
def test_a_new_ticket_is_first_looked_at_when_it_comes_into_danger(
    priority: Priority, start: datetime
) -> None:
    targets = sla.targets_for(ACME, DESK, priority, start)
    ticket = Ticket(
        priority=priority,
        first_response_due=targets.first_response_due,
        resolution_due=targets.resolution_due,
    )
    promise = ACME.promise(priority)
    clock = ACME.clock(DESK, priority)
    assert sla.review(ticket, ACME, start) == Review((), targets.first_response_at_risk)
    assert start < targets.first_response_at_risk < targets.first_response_due <= targets.resolution_due
    assert clock.elapsed(start, targets.resolution_at_risk) == promise.resolution * 3 / 4


# ------------------------------------------------------------------------------------------- steps, updates, budgets

TIERED = read(
    """
    organisation = { id = "acme", name = "Acme", timezone = "America/Denver", workspaces = ["web"] }
    technician = [{ id = "dana", name = "Dana", email = "dana@acme.example", accounts = ["web:dana"] }]
    category = [{ id = "other", name = "Something else", queue = "desk", priority = "P3" }]
    tier = { 1 = { share = 25 }, 2 = { share = 50 } }

    [[queue]]
    id = "desk"
    name = "Desk"
    tier = 1
    technicians = ["dana"]
    calendar = "office"

    [[queue]]
    id = "network"
    name = "Network"
    tier = 2
    technicians = ["dana"]
    calendar = "nights"

    [[queue]]
    id = "servers"
    name = "Servers"
    tier = 3
    technicians = ["dana"]
    calendar = "always"

    [[calendar]]
    id = "office"
    hours = { monday = ["08:00-18:00"], tuesday = ["08:00-18:00"], wednesday = ["08:00-18:00"], thursday = ["08:00-18:00"], friday = ["08:00-18:00"] }

    [[calendar]]
    id = "nights"
    hours = { monday = ["22:00-06:00"], wednesday = ["22:00-06:00"], friday = ["22:00-06:00"], sunday = ["22:00-06:00"] }

    [[calendar]]
    id = "always"
    always = true

    [[rota]]
    id = "on-call"
    name = "On call"
    starts = 2026-01-05T08:00:00
    every = "1w"
    primary = ["dana"]

    [[escalation]]
    priority = "P2"
    steps = [
        { at = "10m", do = "remind" },
        { at = "50% of first_response", do = "page", rota = "on-call" },
        { at = "125% of resolution", do = "tell-lead" },
        { at = "1h", do = "remind", while = "unsolved" },
    ]

    [priority]
    P1 = { meaning = "Many people", first_response = "15m", update = "1h", resolution = "4h", clock = "always" }
    P2 = { meaning = "One person", first_response = "1h", resolution = "8h" }
    P3 = { meaning = "Badly", first_response = "4h", resolution = "20h" }
    P4 = { meaning = "A wish", first_response = "8h", resolution = "40h" }
    """,
    "firstline.toml",
)


def keys(review: Review) -> list[str]:
    return [what.key for what in review.due if isinstance(what, sla.StepDue)]


class TestSteps:
    """A P2 opened on Monday at ten: due at eleven and at six."""

    def test_each_comes_at_its_time(self) -> None:
        ticket = Ticket()
        assert sla.review(ticket, TIERED, at("Mon 10:00")).next_review_at == at("Mon 10:10")
        assert keys(sla.review(ticket, TIERED, at("Mon 10:10"))) == ["10m remind"]
        due = sla.review(replace(ticket, steps=("10m remind",)), TIERED, at("Mon 10:10"))
        assert (due.due, due.next_review_at) == ((), at("Mon 10:30"))
        assert keys(sla.review(ticket, TIERED, at("Mon 10:30"))) == [
            "10m remind",
            "50% of first_response page on-call",
        ]

    def test_what_it_is_about_must_still_be_so(self) -> None:
        claimed = Ticket(state=TicketState.CLAIMED)
        assert keys(sla.review(claimed, TIERED, at("Mon 10:30"))) == ["50% of first_response page on-call"]
        answered = Ticket(state=TicketState.CLAIMED, first_responded_at=at("Mon 10:05"))
        assert keys(sla.review(answered, TIERED, at("Mon 11:00"))) == ["1h remind"]
        waiting = Ticket(state=TicketState.WAITING, first_responded_at=at("Mon 10:05"))
        assert keys(sla.review(waiting, TIERED, at("Tue 12:00"))) == []

    def test_beyond_the_target_it_counts_on(self) -> None:
        late = Ticket(state=TicketState.CLAIMED, first_responded_at=at("Mon 10:05"), steps=("1h remind",))
        # Two hours of a quarter more than eight: from six in the evening until ten on Tuesday.
        assert keys(sla.review(late, TIERED, at("Tue 09:59"))) == []
        assert keys(sla.review(late, TIERED, at("Tue 10:00"))) == ["125% of resolution tell-lead"]

    def test_it_knows_since_when(self) -> None:
        review = sla.review(Ticket(), TIERED, at("Mon 10:30"))
        assert review.since == (at("Mon 10:10"), at("Mon 10:30"))


class TestClocks:
    def test_the_budget_of_the_tier_that_has_it(self) -> None:
        clocks = sla.clocks(Ticket(), TIERED, at("Mon 10:00"))
        assert (clocks.tier_queue, clocks.tier_since, clocks.tier_due) == (
            "desk", at("Mon 10:00"), at("Mon 12:00"),
        )  # fmt: skip

    def test_a_tier_without_a_share_has_none(self) -> None:
        assert sla.clocks(Ticket(queue="servers"), TIERED, at("Mon 10:00")).tier_due is None

    def test_it_stands_while_somebody_else_must_act(self) -> None:
        running = replace(Ticket(), tier_queue="desk", tier_since=at("Mon 10:00"))
        stopped = sla.clocks(replace(running, state=TicketState.WAITING), TIERED, at("Mon 10:50"))
        assert (stopped.tier_used, stopped.tier_queue, stopped.tier_due) == ({"1": 3000}, None, None)
        resumed = sla.clocks(replace(Ticket(), tier_used={"1": 3000}), TIERED, at("Mon 14:00"))
        assert resumed.tier_due == at("Mon 15:10")

    def test_the_same_again_changes_nothing(self) -> None:
        running = replace(Ticket(), tier_queue="desk", tier_since=at("Mon 10:00"), tier_used={"1": 60})
        again = sla.clocks(running, TIERED, at("Mon 11:00"))
        assert (again.tier_used, again.tier_since) == ({"1": 60}, at("Mon 10:00"))

    def test_word_is_owed_from_the_last_word(self) -> None:
        answered = replace(
            Ticket(), priority=Priority.P1, first_responded_at=at("Mon 10:05"), update_since=at("Mon 10:40")
        )
        assert sla.clocks(answered, TIERED, at("Mon 10:41")).update_due == at("Mon 11:40")
        assert (
            sla.clocks(replace(answered, state=TicketState.WAITING), TIERED, at("Mon 11:00")).update_due
            is None
        )
        assert sla.clocks(replace(answered, priority=Priority.P2), TIERED, at("Mon 11:00")).update_due is None

    moves = st.lists(
        st.tuples(
            st.integers(1, 60 * 30),
            st.sampled_from(["desk", "network", "servers"]),
            st.sampled_from(
                [TicketState.NEW, TicketState.CLAIMED, TicketState.WAITING, TicketState.RESOLVED]
            ),
        ),
        min_size=1,
        max_size=8,
    )

    @given(moves)
    def test_equal_to_counting_minutes(self, moves: list[tuple[int, str, TicketState]]) -> None:
        """Whoever had it in each minute has used that minute, if its queue was open and nobody else had to act."""
        now, ticket = at("Mon 10:00"), Ticket()
        counted: dict[str, int] = {}
        for minutes, queue, state in [(0, "desk", TicketState.NEW), *moves]:
            for minute in range(minutes):
                instant = now + minute * MINUTE
                where = TIERED.queue(ticket.queue)
                at_work = ticket.state in (TicketState.NEW, TicketState.CLAIMED)
                if at_work and TIERED.calendar(where.calendar).is_open(instant):
                    counted[str(where.tier)] = counted.get(str(where.tier), 0) + 60
            now += minutes * MINUTE
            ticket = replace(ticket, queue=queue, state=state)
            clocks = sla.clocks(ticket, TIERED, now)
            ticket = replace(
                ticket,
                tier_used=dict(clocks.tier_used),
                tier_queue=clocks.tier_queue,
                tier_since=clocks.tier_since,
                tier_due=clocks.tier_due,
            )
            assert sla.used_by_tier(ticket, TIERED, now) == counted
            if ticket.tier_due:
                tier = TIERED.queue(queue).tier
                share = TIERED.tiers.share(tier)
                calendar = TIERED.calendar(TIERED.queue(queue).calendar)
                left = 8 * HOUR * (share or 0) - timedelta(seconds=counted.get(str(tier), 0))
                assert calendar.elapsed(now, ticket.tier_due) == left


# ------------------------------------------------------------------------------------------------ silence, idleness

PATIENT = read(
    """
    organisation = { id = "acme", name = "Acme", timezone = "America/Denver", workspaces = ["web"] }
    technician = [{ id = "dana", name = "Dana", email = "dana@acme.example", accounts = ["web:dana"] }]
    queue = [{ id = "desk", name = "Desk", tier = 1, technicians = ["dana"], calendar = "office" }]
    category = [{ id = "other", name = "Something else", queue = "desk", priority = "P3" }]
    calendar = [{ id = "office", hours = { monday = ["08:00-18:00"], tuesday = ["08:00-18:00"] } }]
    silence = [
        { priority = "P2", remind = ["4h", "10h"], close = "2h", clock = "office" },
        { remind = ["24h"], close = "48h" },
    ]
    escalation = [{ steps = [{ at = "2h idle", do = "remind" }, { at = "4h idle", do = "release" }] }]

    [priority]
    P1 = { meaning = "Many people", first_response = "15m", resolution = "4h" }
    P2 = { meaning = "One person", first_response = "1h", resolution = "8h" }
    P3 = { meaning = "Badly", first_response = "4h", resolution = "20h" }
    P4 = { meaning = "A wish", first_response = "8h", resolution = "40h" }
    """,
    "firstline.toml",
)


class TestSilence:
    ASKED = Ticket(
        state=TicketState.WAITING,
        waiting_for=WaitingFor.REQUESTER,
        waiting_until=at("Tue 16:00"),
        asked_at=at("Mon 16:00"),
        first_responded_at=at("Mon 10:00"),
    )

    @pytest.mark.parametrize(
        ("asked", "reminders", "milestone", "comes"),
        [
            ("Mon 16:00", 0, Milestone.REMINDER_DUE, "Tue 10:00"),  # four open hours
            ("Tue 10:00", 1, Milestone.REMINDER_DUE, "Mon+ 10:00"),
            ("Mon 16:00", 2, Milestone.SILENCE_ENDED, "Mon 18:00"),
        ],
    )
    def test_each_word_is_counted_from_the_one_before(
        self, asked: str, reminders: int, milestone: Milestone, comes: str
    ) -> None:
        ticket = replace(self.ASKED, asked_at=at(asked), reminders=reminders)
        assert sla.review(ticket, PATIENT, at(asked)) == Review((), at(comes))
        assert sla.review(ticket, PATIENT, at(comes)).due == (milestone,)

    def test_after_days_in_which_nothing_ran_only_the_next_word_is_due(self) -> None:
        assert sla.review(self.ASKED, PATIENT, at("Mon+ 16:00") + timedelta(days=30)).due == (
            Milestone.REMINDER_DUE,
        )

    def test_without_a_clock_it_is_counted_round_the_clock(self) -> None:
        ticket = replace(self.ASKED, priority=Priority.P3, asked_at=at("Fri 17:00"))
        assert sla.review(ticket, PATIENT, at("Fri 17:00")).next_review_at == at("Sat 17:00")

    def test_a_vendor_s_silence_is_the_queue_s_to_chase(self) -> None:
        ticket = replace(self.ASKED, waiting_for=WaitingFor.VENDOR, asked_at=None)
        assert sla.review(ticket, PATIENT, at("Tue 16:00")).due == (Milestone.FOLLOW_UP_DUE,)

    def test_without_a_rule_the_queue_is_told(self) -> None:
        assert sla.review(self.ASKED, ACME, at("Tue 16:00")).due == (Milestone.FOLLOW_UP_DUE,)

    def test_when_it_ends_if_every_reminder_is_in_time(self) -> None:
        (rule, _) = PATIENT.silences
        assert sla.silence_ends(self.ASKED, rule, PATIENT) == at("Mon+ 12:00")


class TestIdleness:
    LYING = Ticket(
        state=TicketState.CLAIMED, first_responded_at=at("Mon 10:00"), idle_since=at("Mon 17:00"),
        resolution_due=at("Mon+ 17:00"),
    )  # fmt: skip

    def test_it_is_counted_in_open_time_since_the_last_thing_that_was_done(self) -> None:
        assert sla.review(self.LYING, PATIENT, at("Mon 17:00")).next_review_at == at("Tue 09:00")
        found = sla.review(self.LYING, PATIENT, at("Tue 09:00"))
        assert keys(found) == ["2h idle remind since 2026-03-03T00:00:00Z"]
        assert found.next_review_at == at("Tue 11:00")

    def test_an_idleness_that_begins_anew_is_another_one(self) -> None:
        reminded = replace(self.LYING, steps=("2h idle remind since 2026-03-03T00:00:00Z",))
        assert sla.idle_since(reminded) == at("Mon 17:00")
        assert keys(sla.review(reminded, PATIENT, at("Tue 09:00"))) == []
        again = replace(reminded, idle_since=at("Tue 09:30"))
        assert sla.idle_since(again) is None
        assert keys(sla.review(again, PATIENT, at("Tue 11:30"))) == [
            "2h idle remind since 2026-03-03T16:30:00Z"
        ]

    @pytest.mark.parametrize("state", [TicketState.NEW, TicketState.WAITING, TicketState.RESOLVED])
    def test_only_what_is_claimed_can_be_idle(self, state: TicketState) -> None:
        assert keys(sla.review(replace(self.LYING, state=state), PATIENT, at("Tue 12:00"))) == []
