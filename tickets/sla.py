"""Promises in time: when a ticket is due, and what its review finds.

Pure: data and `now` go in, data comes out. Every instant is an aware datetime in UTC; targets and what remains of them
are open time of the clock that runs for the ticket (`Organisation.clock`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

from tickets.calendars import Calendar
from tickets.kinds import Due as Due
from tickets.kinds import Milestone, Priority, TicketState, WaitingFor
from tickets.policy import Organisation, Queue
from tickets.rules import Silence, Step

AT_RISK = 0.75
"""The part of a target that is used up when it is at risk."""

GRACE = timedelta(minutes=1)
"""The least that remains of a target which was paused before it was due."""


class ClockedTicket(Protocol):
    """What a review reads of a ticket."""

    @property
    def state(self) -> TicketState: ...
    @property
    def site(self) -> str | None: ...
    @property
    def queue(self) -> str: ...
    @property
    def priority(self) -> Priority: ...
    @property
    def first_response_due(self) -> datetime | None: ...
    @property
    def first_responded_at(self) -> datetime | None: ...
    @property
    def resolution_due(self) -> datetime | None: ...
    @property
    def update_since(self) -> datetime | None: ...
    @property
    def update_due(self) -> datetime | None: ...
    @property
    def tier_used(self) -> Mapping[str, int]: ...
    @property
    def tier_queue(self) -> str | None: ...
    @property
    def tier_since(self) -> datetime | None: ...
    @property
    def tier_due(self) -> datetime | None: ...
    @property
    def rollover_at(self) -> datetime | None: ...
    @property
    def page_due(self) -> datetime | None: ...
    @property
    def steps(self) -> Sequence[str]:
        """Keys of the escalation's steps that were taken already."""
        ...

    @property
    def waiting_for(self) -> WaitingFor | None: ...
    @property
    def waiting_until(self) -> datetime | None: ...
    @property
    def asked_at(self) -> datetime | None: ...
    @property
    def reminders(self) -> int: ...
    @property
    def idle_since(self) -> datetime | None: ...
    @property
    def closes_at(self) -> datetime | None: ...
    @property
    def milestones(self) -> Sequence[str]:
        """Those that were noticed already. Whoever sets an instant anew takes its milestones out of here."""
        ...


@dataclass(frozen=True, slots=True)
class Targets:
    """The instants at which a ticket's promises end, and those at which they come into danger."""

    first_response_due: datetime
    resolution_due: datetime
    first_response_at_risk: datetime
    resolution_at_risk: datetime


AFTER_THE_FACT = timedelta(minutes=5)
"""What is noticed later than this after it came says so."""


@dataclass(frozen=True, slots=True)
class StepDue:
    """A step of the escalation whose time has come."""

    step: Step
    idle_since: datetime | None = None
    """For a step about idleness: since when. It is taken once in each."""

    @property
    def key(self) -> str:
        """By which a ticket remembers that it was taken."""
        step, since = self.step, self.idle_since
        idle = f"since {since:%Y-%m-%dT%H:%M:%SZ}" if since else None
        return " ".join(part for part in (str(step.at), step.do.value, step.rota, step.to, idle) if part)

    def __str__(self) -> str:
        return self.key


Happening = Milestone | StepDue


@dataclass(frozen=True, slots=True)
class Review:
    """`due` has come and was not noticed before, oldest first. Nothing will come before `next_review_at`;
    None means that nothing ever will, as the ticket stands."""

    due: tuple[Happening, ...]
    next_review_at: datetime | None
    since: tuple[datetime, ...] = field(default=(), compare=False)
    """When each of `due` came."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks that follow from what a ticket is now: who uses the time, and when the requester must hear."""

    tier_used: Mapping[str, int]
    tier_queue: str | None
    tier_since: datetime | None
    tier_due: datetime | None
    update_due: datetime | None


def targets_for(organisation: Organisation, queue: Queue, priority: Priority, start: datetime) -> Targets:
    """What is promised for a ticket whose clocks start at `start`."""
    promise = organisation.promise(priority)
    clock = organisation.clock(queue, priority)
    first_response_due = clock.add(start, promise.first_response)
    resolution_due = clock.add(start, promise.resolution)
    return Targets(
        first_response_due,
        resolution_due,
        _at_risk(first_response_due, promise.first_response, clock),
        _at_risk(resolution_due, promise.resolution, clock),
    )


def pause(resolution_due: datetime, now: datetime, clock: Calendar) -> timedelta:
    """What remains of a resolution target when its clock stops at `now`.

    Positive exactly when it was not due yet, so that `resume` never breaches at once, not even when the hours have
    changed in between and no open time is left before the due instant. What was late stays as late as it was: its
    breach happened before the pause and is noticed once.
    """
    remaining = clock.elapsed(now, resolution_due)
    return max(remaining, GRACE) if now < resolution_due else remaining


def resume(remaining: timedelta, now: datetime, clock: Calendar) -> datetime:
    """When a resolution is due whose clock runs again from `now` on."""
    return clock.add(now, remaining)


def review(ticket: ClockedTicket, organisation: Organisation, now: datetime) -> Review:
    """What has come due for a ticket, each milestone exactly once, and when to look again.

    Raises:
        UnknownInPolicy: the ticket's queue is no longer in the policy.
    """
    milestones = (
        (at, milestone)
        for milestone, at in _milestones(ticket, organisation, now)
        if milestone not in ticket.milestones
    )
    steps = ((at, step) for step, at in _steps(ticket, organisation) if step.key not in ticket.steps)
    ahead: list[tuple[datetime, Happening]] = sorted(
        chain(milestones, steps), key=lambda one: (one[0], str(one[1]))
    )
    return Review(
        due=tuple(what for at, what in ahead if at <= now),
        next_review_at=next((at for at, _ in ahead if at > now), None),
        since=tuple(at for at, _ in ahead if at <= now),
    )


def clocks(ticket: ClockedTicket, organisation: Organisation, now: datetime) -> Clocks:
    """The clocks of a ticket that has just become what it is: a tier's budget is burned only while the ticket is with
    it and nobody else must act, in the hours of that tier's queue.

    Raises:
        UnknownInPolicy: a queue of the ticket's is no longer in the policy.
    """
    running = ticket.queue if ticket.state in _AT_WORK else None
    used, since = used_by_tier(ticket, organisation, ticket.tier_since), ticket.tier_since
    if running != ticket.tier_queue:
        used, since = used_by_tier(ticket, organisation, now), now if running else None
    promise = organisation.promise(ticket.priority)
    tier_due = update_due = None
    if running and since:
        queue = organisation.queue(running)
        share = organisation.tiers.share(queue.tier)
        if share:
            left = promise.resolution * share - timedelta(seconds=used.get(str(queue.tier), 0))
            tier_due = organisation.calendar(queue.calendar).add(since, left)
        if promise.update and ticket.first_responded_at and ticket.update_since:
            clock = organisation.clock(queue, ticket.priority, Due.UPDATE, ticket.site)
            update_due = clock.add(ticket.update_since, promise.update)
    return Clocks(used, running, since, tier_due, update_due)


def used_by_tier(ticket: ClockedTicket, organisation: Organisation, now: datetime | None) -> dict[str, int]:
    """Seconds of open time that each tier has used until `now`."""
    used = dict(ticket.tier_used)
    if ticket.tier_queue and ticket.tier_since and now:
        queue = organisation.queue(ticket.tier_queue)
        spent = organisation.calendar(queue.calendar).elapsed(ticket.tier_since, now)
        if seconds := int(spent.total_seconds()):
            used[str(queue.tier)] = used.get(str(queue.tier), 0) + seconds
    return used


def next_due(ticket: ClockedTicket) -> tuple[Due, datetime] | None:
    """What is due next: the first response until it was given, then the resolution while its clock runs."""
    return next(_running(ticket), None)


def _milestones(
    ticket: ClockedTicket, organisation: Organisation, now: datetime
) -> Iterator[tuple[Milestone, datetime]]:
    """Every milestone that the ticket as it stands has behind or before it, and when."""
    promise = organisation.promise(ticket.priority)
    clock = organisation.clock(organisation.queue(ticket.queue), ticket.priority)
    for due, at in _running(ticket):
        if due is Due.FIRST_RESPONSE:
            target, at_risk, breached = promise.first_response, *_RESPONSE
        else:
            target, at_risk, breached = promise.resolution, *_RESOLUTION
        yield breached, at
        # A warning is worth nothing once the target is missed; it is not given late.
        if now < at and breached not in ticket.milestones:
            yield at_risk, _at_risk(at, target, clock)
    if ticket.state in _AT_WORK:
        if ticket.update_due:
            yield Milestone.UPDATE_BREACHED, ticket.update_due
        if ticket.tier_due:
            yield Milestone.TIER_SPENT, ticket.tier_due
        if ticket.page_due:
            yield Milestone.PAGE_DUE, ticket.page_due
    if ticket.state is TicketState.NEW and ticket.rollover_at:
        yield Milestone.ROLLOVER_DUE, ticket.rollover_at
    if ticket.state is TicketState.WAITING:
        if silent := _silence(ticket, organisation):
            yield silent
        elif ticket.waiting_until:
            yield Milestone.FOLLOW_UP_DUE, ticket.waiting_until
    if ticket.state is TicketState.RESOLVED and ticket.closes_at:
        yield Milestone.REOPEN_WINDOW_ENDED, ticket.closes_at


def _silence(ticket: ClockedTicket, organisation: Organisation) -> tuple[Milestone, datetime] | None:
    """What comes next when its requester stays silent, counted from when they were last asked: after hours in which
    nothing ran, nobody is reminded twice at once, or closed without the reminder before."""
    if ticket.waiting_for is not WaitingFor.REQUESTER or ticket.asked_at is None:
        return None
    rule = organisation.silence(organisation.queue(ticket.queue), ticket.priority)
    if rule is None:
        return None
    if ticket.reminders < len(rule.remind):
        after = rule.remind[ticket.reminders]
        return Milestone.REMINDER_DUE, _later(ticket.asked_at, after, rule, organisation)
    return Milestone.SILENCE_ENDED, _later(ticket.asked_at, rule.close, rule, organisation)


def silence_ends(ticket: ClockedTicket, rule: Silence, organisation: Organisation) -> datetime | None:
    """When it is closed if its requester stays silent and every reminder is in time; None when it does not wait for
    them."""
    if ticket.asked_at is None:
        return None
    at = ticket.asked_at
    for after in (*rule.remind[ticket.reminders :], rule.close):
        at = _later(at, after, rule, organisation)
    return at


def _later(at: datetime, after: timedelta, rule: Silence, organisation: Organisation) -> datetime:
    return organisation.calendar(rule.clock).add(at, after) if rule.clock else at + after


def idle_since(ticket: ClockedTicket) -> datetime | None:
    """Since when its assignee has done nothing with it, once a step of the escalation has said so."""
    since = ticket.idle_since
    if ticket.state is not TicketState.CLAIMED or since is None:
        return None
    return since if any(key.endswith(f" since {since:%Y-%m-%dT%H:%M:%SZ}") for key in ticket.steps) else None


def _steps(ticket: ClockedTicket, organisation: Organisation) -> Iterator[tuple[StepDue, datetime]]:
    """Every step of the escalation that applies to the ticket as it stands, and when. Counted back from where its
    target is due, so that pauses move it along."""
    if not ticket.state.is_open:
        return
    queue = organisation.queue(ticket.queue)
    escalation = organisation.escalation(queue, ticket.priority)
    promise = organisation.promise(ticket.priority)
    dues = {
        Due.FIRST_RESPONSE: ticket.first_response_due,
        Due.UPDATE: ticket.update_due,
        Due.RESOLUTION: ticket.resolution_due if ticket.state in _AT_WORK else None,
    }
    for step in escalation.steps if escalation else ():
        if step.at.idle:
            if ticket.state is TicketState.CLAIMED and ticket.idle_since and step.at.after:
                clock = organisation.clock(queue, ticket.priority, step.at.of, ticket.site)
                yield StepDue(step, ticket.idle_since), clock.add(ticket.idle_since, step.at.after)
            continue
        due, target = dues[step.at.of], promise.target(step.at.of)
        if due is None or target is None or not _applies(step, ticket):
            continue
        clock = organisation.clock(queue, ticket.priority, step.at.of, ticket.site)
        if step.at.after is not None:
            yield StepDue(step), clock.add(clock.add(due, -target), step.at.after)
        else:
            yield StepDue(step), clock.add(due, target * (step.at.share - 1))


def _applies(step: Step, ticket: ClockedTicket) -> bool:
    match step.about:
        case "unclaimed":
            return ticket.state is TicketState.NEW
        case "unanswered":
            return ticket.first_responded_at is None
    return ticket.state in _AT_WORK


_AT_WORK = (TicketState.NEW, TicketState.CLAIMED)
"""States in which the time of the queue's tier runs."""

_RESPONSE = Milestone.RESPONSE_AT_RISK, Milestone.RESPONSE_BREACHED
_RESOLUTION = Milestone.RESOLUTION_AT_RISK, Milestone.RESOLUTION_BREACHED


def _running(ticket: ClockedTicket) -> Iterator[tuple[Due, datetime]]:
    """What is still owed, the first response first. Waiting for somebody else stops the resolution's clock only."""
    if ticket.first_response_due and not ticket.first_responded_at and ticket.state.is_open:
        yield Due.FIRST_RESPONSE, ticket.first_response_due
    if ticket.resolution_due and ticket.state in (TicketState.NEW, TicketState.CLAIMED):
        yield Due.RESOLUTION, ticket.resolution_due


def _at_risk(due: datetime, target: timedelta, clock: Calendar) -> datetime:
    """When the last part of a target begins. Counted back from where it is due, so that pauses move it along."""
    return clock.add(due, -target * (1 - AT_RISK))
