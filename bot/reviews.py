"""The review: the sweep's look at one ticket whose next review is due, and what follows from what it notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import approvals, cards, conversations, wording
from bot.metrics import MILESTONES, REVIEWS
from bot.turn import Desktop
from knowledge.library import Library
from tickets import sla, store
from tickets.database import Conflict, Database, DatabaseUnavailable
from tickets.kinds import Milestone
from tickets.model import DESK, Ticket
from tickets.policy import Policy, UnknownInPolicy
from tickets.rules import Do
from tickets.sla import StepDue

log = structlog.get_logger()

DESK_LEAD = replace(DESK, lead=True)
"""The desk, where only an assignee or a lead may act."""

AT_ONCE = 25
"""Reviews in one transaction. More would be faster, and hold up whoever writes to the desk meanwhile."""

POISON_PAUSE = timedelta(hours=1)
"""A ticket whose review fails is looked at again after this, so that it cannot keep the others waiting."""


async def review_some(database: Database, policy: Policy, library: Library) -> bool:
    """Review the tickets that are most overdue; whether there were any."""
    async with database.reading() as tx:
        organisation = await store.organisation_due(tx)
    if organisation is None:
        return False
    current: int | None = None
    reviewed = 0
    try:
        async with database.transaction(organisation) as tx:
            due = await store.due_for_review(tx, AT_ONCE)
            _people = await conversations.people(tx, {ticket.requester_id for ticket in due})
            for ticket in due:
                current = ticket.id
                await _review(Desktop(tx, policy.organisation(organisation), library), ticket)
                reviewed += 1
    except DatabaseUnavailable:
        raise
    except Conflict:  # somebody acted on one of them in the same moment: look again
        return True
    except Exception:
        log.exception("review_failed", ticket_id=current)
        async with database.transaction(organisation) as tx:
            poisoned = await store.ticket_to_change(tx, current or 0)
            if poisoned:
                poisoned.next_review_at = tx.now + POISON_PAUSE
        return True
    REVIEWS.inc(reviewed)
    return reviewed > 0


async def _review(desk: Desktop, ticket: Ticket) -> None:
    review, queue = sla.review(ticket, desk.organisation, desk.now), ticket.queue
    for happening, since in zip(review.due, review.since, strict=True):
        kind = happening.value if isinstance(happening, Milestone) else f"step_{happening.step.do.value}"
        MILESTONES.labels(milestone=kind).inc()
        if isinstance(happening, StepDue):
            await _take(desk, ticket, happening, since)
        else:
            await _notice(desk, ticket, happening, since)
        if ticket.queue != queue:  # the rest was about the queue that it has left: look again
            desk.plan_review(ticket)
            return
    if not review.due:
        desk.plan_review(ticket)


async def _notice(desk: Desktop, ticket: Ticket, milestone: Milestone, since: datetime) -> None:
    match milestone:
        case Milestone.REOPEN_WINDOW_ENDED:
            desk.happened(ticket, ticket.close(desk.now))
        case Milestone.ROLLOVER_DUE:
            _roll_over(desk, ticket)
        case Milestone.PAGE_DUE:
            await _silence(desk, ticket)
        case Milestone.REMINDER_DUE:
            await _remind(desk, ticket)
        case Milestone.FOLLOW_UP_DUE if ticket.approval:
            desk.happened(ticket, ticket.notice(milestone, desk.now))
            await approvals.ask_again(desk, ticket)
        case Milestone.SILENCE_ENDED:
            await _close_unanswered(desk, ticket)
        case _:
            desk.happened(ticket, ticket.notice(milestone, desk.now))
            said = wording.milestone(milestone, ticket, desk.zone_of(ticket), desk.now)
            desk.tell_queue(ticket, said + _late(desk, ticket, since))
            if milestone is Milestone.RESPONSE_BREACHED:
                zone = await desk.requester_zone(ticket)
                desk.tell_requester(ticket, wording.response_breached(ticket, zone, desk.now))


def _roll_over(desk: Desktop, ticket: Ticket) -> None:
    """Nobody has claimed it: the next queue's turn. What was promised stands."""
    try:
        queue = desk.organisation.queue(ticket.rollover_to or "")
    except UnknownInPolicy:  # an edit of the policy took it away: it stays where it is
        ticket.stay()
        desk.plan_review(ticket)
        return
    desk.tell_queue(ticket, wording.rolled_over(ticket, queue.name))
    desk.happened(ticket, ticket.roll_over(queue.id, queue.tier, desk.now))


async def _silence(desk: Desktop, ticket: Ticket) -> None:
    """Whoever was paged has not answered: call the next."""
    silent, rota = ticket.page_called[-1], ticket.page_rota or ""
    desk.happened(ticket, ticket.page_unanswered(desk.now))
    name = cards.name_of(lambda: desk.organisation.technician(silent).name, silent)
    desk.tell_queue(ticket, wording.unanswered(name))
    await desk.end_call(ticket, silent, wording.page_passed_on(ticket))
    await desk.call_next(ticket, rota)


async def _remind(desk: Desktop, ticket: Ticket) -> None:
    """The requester has not answered: ask once more, and say when it will be closed."""
    desk.happened(ticket, ticket.remind(desk.now))
    rule = desk.organisation.silence(desk.queue_of(ticket), ticket.priority)
    ends = sla.silence_ends(ticket, rule, desk.organisation) if rule else None
    zone = await desk.requester_zone(ticket)
    await desk.tell_all_requesters(ticket, wording.asked_again(ticket, ends, zone, desk.now))
    desk.tell_queue(ticket, wording.asked_again_told(ticket))


async def _close_unanswered(desk: Desktop, ticket: Ticket) -> None:
    """Nor to the last reminder: closed, until they say a word."""
    reminders = ticket.reminders
    desk.happened(ticket, ticket.close_unanswered(desk.closes_at(), desk.now))
    zone = await desk.requester_zone(ticket)
    desk.tell_requester(
        ticket, wording.closed_unanswered(ticket, zone, desk.now), cards.still_needed_button(ticket)
    )
    desk.tell_queue(ticket, wording.closed_unanswered_told(ticket, reminders))


async def _take(desk: Desktop, ticket: Ticket, due: StepDue, since: datetime) -> None:
    """One step of the escalation."""
    desk.happened(ticket, ticket.take_step(due.key, desk.now))
    step, zone, now = due.step, desk.zone_of(ticket), desk.now
    queue = desk.queue_of(ticket)
    match step.do:
        case Do.REMIND:
            desk.tell_queue(ticket, wording.reminded(ticket, zone, now) + _late(desk, ticket, since))
        case Do.MENTION:
            rota = desk.organisation.rota(step.rota or "")
            names = [page.technician.name for page in await desk.page_order(rota)]
            desk.tell_queue(
                ticket,
                wording.mentioned(ticket, rota.name, names[:1], zone, now) + _late(desk, ticket, since),
            )
        case Do.PAGE if ticket.page_due is None:
            await desk.call_next(ticket, step.rota or "")
        case Do.RELEASE if ticket.assignee:
            name, idle_since = ticket.assignee_name, ticket.idle_since or since
            desk.tell_queue(ticket, wording.taken_from(ticket, name, idle_since, zone, now))
            desk.happened(ticket, ticket.release(DESK_LEAD, desk.resumed_due(ticket), now))
            desk.tell_requester(ticket, wording.released(ticket, desk.queue_name(ticket)))
        case Do.RAISE_TIER:
            higher = desk.organisation.next_tier_queues(queue)
            to = desk.organisation.queue(step.to) if step.to else next(iter(higher), None)
            if to and to.id != ticket.queue:
                desk.tell_queue(ticket, wording.raised_tier(ticket, to.name))
                moved = ticket.escalate(DESK_LEAD, to.id, to.tier, "", desk.resumed_due(ticket), now)
                desk.happened(ticket, moved)
        case Do.TELL_LEAD:
            leads = desk.organisation.leads_of(queue)
            told = wording.told_lead(ticket, [one.name for one in leads], zone, now) + _late(
                desk, ticket, since
            )
            desk.tell_queue(ticket, told)
            for lead in leads:
                if address := await desk.address_of(lead):
                    desk.say(address, told)


def _late(desk: Desktop, ticket: Ticket, since: datetime) -> str:
    if desk.now - since < sla.AFTER_THE_FACT:
        return ""
    return wording.late(since, desk.zone_of(ticket), desk.now)
