"""The review: the sweep's look at one ticket whose next review is due, and what follows from what it notices."""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot import wording
from bot.metrics import MILESTONES, REVIEWS
from bot.turn import Desktop
from knowledge.library import Library
from tickets import sla, store
from tickets.database import Conflict, Database, DatabaseUnavailable
from tickets.kinds import Milestone
from tickets.model import Ticket
from tickets.policy import Policy

log = structlog.get_logger()

POISON_PAUSE = timedelta(hours=1)
"""A ticket whose review fails is looked at again after this, so that it cannot keep the others waiting."""


async def review_one(database: Database, policy: Policy, library: Library) -> bool:
    """Review the ticket that is most overdue; whether there was one."""
    async with database.transaction() as tx:
        ticket = await store.due_for_review(tx)
        if ticket is None:
            return False
        organisation, ticket_id = ticket.organisation, ticket.id or 0
    try:
        async with database.transaction(organisation) as tx:
            ticket = await store.ticket_to_change(tx, ticket_id)
            if ticket and ticket.next_review_at and ticket.next_review_at <= tx.now:
                await _review(Desktop(tx, policy.organisation(organisation), library), ticket)
    except DatabaseUnavailable:
        raise
    except Conflict:  # somebody acted on it in the same moment: look again
        return True
    except Exception:
        log.exception("review_failed", ticket_id=ticket_id)
        async with database.transaction(organisation) as tx:
            ticket = await store.ticket_to_change(tx, ticket_id)
            if ticket:
                ticket.next_review_at = tx.now + POISON_PAUSE
    REVIEWS.inc()
    return True


async def _review(desk: Desktop, ticket: Ticket) -> None:
    review = sla.review(ticket, desk.organisation, desk.now)
    for milestone in review.due:
        MILESTONES.labels(milestone=milestone.value).inc()
        await _notice(desk, ticket, milestone)
    if not review.due:
        desk.plan_review(ticket)


async def _notice(desk: Desktop, ticket: Ticket, milestone: Milestone) -> None:
    if milestone is Milestone.REOPEN_WINDOW_ENDED:
        desk.happened(ticket, ticket.close(desk.now))
        return
    desk.happened(ticket, ticket.notice(milestone, desk.now))
    desk.tell_queue(ticket, wording.milestone(milestone, ticket, desk.zone_of(ticket), desk.now))
    if milestone is Milestone.RESPONSE_BREACHED:
        zone = await desk.requester_zone(ticket)
        desk.tell_requester(ticket, wording.response_breached(ticket, zone, desk.now))
