"""Who answers now: from a request to the queue that takes it, the people in it, its clock, its promise, and why.

Pure. Every instant is an aware datetime in UTC. Today a category leads to one queue; the interface is made for rules
that also look at site, priority and hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tickets.calendars import Calendar
from tickets.kinds import Priority
from tickets.policy import Category, Organisation, Queue, Technician, UnknownInPolicy
from tickets.sla import targets_for


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request when it is routed."""

    site: str | None
    category: str
    priority: Priority | None = None
    """None: as its category usually has it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a request is covered."""

    queue: Queue
    technicians: tuple[Technician, ...]
    """Who can claim it."""
    priority: Priority
    clock: Calendar
    """The calendar in which its targets run."""
    open: bool
    """Whether that calendar is open at the moment of routing: is somebody there to keep the promise now?"""
    first_response_due: datetime
    resolution_due: datetime
    because: tuple[str, ...]
    """The reasons, one sentence each, in the order in which they decided."""


def route(request: Request, organisation: Organisation, now: datetime) -> Coverage:
    """Find out who answers a request made at `now`.

    A category that the policy does not have is covered as `other`: a request is never lost over a word.
    """
    category, because = _category(request, organisation)
    queue = organisation.queue(category.queue)
    priority = request.priority or category.priority
    clock = organisation.clock(queue, priority)
    targets = targets_for(organisation, queue, priority, now)
    is_open = clock.is_open(now)
    return Coverage(
        queue=queue,
        technicians=tuple(map(organisation.technician, queue.technicians)),
        priority=priority,
        clock=clock,
        open=is_open,
        first_response_due=targets.first_response_due,
        resolution_due=targets.resolution_due,
        because=(
            *because,
            f"{category.name} goes to {queue.name}, tier {queue.tier}.",
            f"{priority} was asked for." if request.priority else f"{category.name} is usually {priority}.",
            f"The clock runs by the calendar {clock.id}, which {_opening(clock, now)}.",
        ),
    )


def _category(request: Request, organisation: Organisation) -> tuple[Category, tuple[str, ...]]:
    try:
        return organisation.category(request.category), ()
    except UnknownInPolicy as unknown:
        return organisation.category("other"), (f"It is covered as 'other', since {unknown}.",)


def _opening(clock: Calendar, now: datetime) -> str:
    opening = clock.next_opening(now)
    if opening == now:
        return "is open"
    return f"opens at {opening.astimezone(clock.timezone):%Y-%m-%d %H:%M} ({clock.timezone.key})"
