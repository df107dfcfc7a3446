"""Promises in time: when a ticket is due, and what its review finds.

Pure: data and `now` go in, data comes out. Every instant is an aware datetime in UTC; targets and what remains of them
are open time of the clock that runs for the ticket (`Organisation.clock`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tickets.calendars import Calendar
from tickets.kinds import Due as Due
from tickets.kinds import Milestone, Priority, TicketState
from tickets.policy import Organisation, Queue

AT_RISK = 0.75
"""The part of a target that is used up when it is at risk."""

GRACE = timedelta(minutes=1)
"""The least that remains of a target which was paused before it was due."""


class ClockedTicket(Protocol):
    """What a review reads of a ticket."""

    @property
    def state(self) -> TicketState: ...
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
    def waiting_until(self) -> datetime | None: ...
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


@dataclass(frozen=True, slots=True)
class Review:
    """`due` has come and was not noticed before, oldest first. Nothing will come before `next_review_at`;
    None means that nothing ever will, as the ticket stands."""

    due: tuple[Milestone, ...]
    next_review_at: datetime | None


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
    ahead = sorted(
        (at, milestone)
        for milestone, at in _milestones(ticket, organisation, now)
        if milestone not in ticket.milestones
    )
    return Review(
        due=tuple(milestone for at, milestone in ahead if at <= now),
        next_review_at=next((at for at, _ in ahead if at > now), None),
    )


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
    if ticket.state is TicketState.WAITING and ticket.waiting_until:
        yield Milestone.FOLLOW_UP_DUE, ticket.waiting_until
    if ticket.state is TicketState.RESOLVED and ticket.closes_at:
        yield Milestone.REOPEN_WINDOW_ENDED, ticket.closes_at


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
