"""The technician's side: what the buttons and forms of a card do.

Each verb has one function for its button, which acts or opens a form, and one for its form. Both answer the clicker
with a reaction; everything else that follows leaves through the outbox.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot import approvals, cards, threads, wording
from bot.conversations import message_at, move_conversations
from bot.growing import begin_draft
from bot.messages import FieldErrors, Form, OpenForm, Reaction, Sign, Toast, literal
from bot.metrics import CLAIMS
from bot.turn import Turn, row_id
from tickets import store
from tickets.kinds import Resolution, WaitingFor
from tickets.model import Actor, AlreadyClaimed, Ticket, TicketError
from tickets.policy import Queue, Technician, UnknownInPolicy

SILENCE = timedelta(days=1)
"""After this long without an answer of the requester the technician is reminded to ask again."""

Found = TypeVar("Found")
Pressed = Callable[[Turn, Ticket, Technician], Awaitable[Reaction | None]]
Submitted = Callable[[Turn, Ticket, Technician, Mapping[str, str]], Awaitable[Reaction | None]]


async def pressed(turn: Turn, verb: str, ticket_id: str) -> Reaction | None:
    """A button on a ticket's card."""
    return await _as_technician(turn, ticket_id, lambda ticket, by: BUTTONS[verb](turn, ticket, by))


async def signed(turn: Turn, sign: Sign, ticket: Ticket) -> Reaction | None:
    """An emoji on a ticket's card."""
    return await _as_technician(turn, str(ticket.id), lambda ticket, by: SIGNS[sign](turn, ticket, by))


async def submitted(turn: Turn, verb: str, ticket_id: str, answers: Mapping[str, str]) -> Reaction | None:
    """A form that such a button opened; every field of them must be filled in."""
    empty = {field: wording.required() for field in FIELDS[verb] if not answers.get(field)}
    if empty:
        return FieldErrors(empty)
    return await _as_technician(turn, ticket_id, lambda ticket, by: FORMS[verb](turn, ticket, by, answers))


async def _as_technician(
    turn: Turn, ticket_id: str, act: Callable[[Ticket, Technician], Awaitable[Reaction | None]]
) -> Reaction | None:
    """Let a technician of the ticket's queue act on it, and say why when the verb is not legal."""
    ticket = await turn.ticket_to_change(ticket_id)
    if ticket is None:
        return Toast(wording.ticket_gone())
    technician = turn.may_work_on(ticket)
    if technician is None:
        return Toast(wording.not_a_technician(turn.queue_name(ticket)))
    try:
        return await act(ticket, technician)
    except TicketError as refused:
        if isinstance(refused, AlreadyClaimed):
            CLAIMS.labels(outcome="lost").inc()
        return Toast(wording.refusal(refused, ticket))


# ------------------------------------------------------------------------------------------------------ buttons


async def claim(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    already = ticket.assignee == by.id
    event = ticket.claim(turn.staff(by), turn.now)
    if already:
        return Toast(wording.you_have_it(ticket))
    CLAIMS.labels(outcome="won").inc()
    turn.happened(ticket, event)
    await _call_off(turn, ticket, by)
    turn.tell_requester(ticket, wording.claimed(ticket))
    return None


async def accept_page(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    before = ticket.assignee_name if ticket.assignee not in (None, by.id) else ""
    if before:
        turn.happened(ticket, ticket.accept_page(turn.staff(by), turn.now))
        await _call_off(turn, ticket, by)
        turn.tell_requester(ticket, wording.claimed(ticket))
        turn.tell_queue(ticket, wording.event_line(by.name, f"takes it over from {literal(before)}"))
    reaction = None if before else await claim(turn, ticket, by)
    await turn.end_call(ticket, by.id, wording.page_accepted(ticket))
    return reaction


async def reject_page(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    rota = ticket.page_rota or ""
    turn.happened(ticket, ticket.reject_page(turn.staff(by), turn.now))
    turn.tell_queue(ticket, wording.rejected(by.name))
    await turn.end_call(ticket, by.id, wording.page_passed_on(ticket))
    await turn.call_next(ticket, rota)
    return None


async def release(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    turn.happened(ticket, ticket.release(turn.staff(by), turn.resumed_due(ticket), turn.now))
    turn.tell_requester(ticket, wording.released(ticket, turn.queue_name(ticket)))
    turn.tell_queue(ticket, wording.event_line(by.name, "released the ticket"))
    return None


async def resume(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    turn.happened(ticket, ticket.resume(turn.staff(by), turn.resumed_due(ticket), turn.now))
    return None


async def not_a_request(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    actor = turn.staff(by)
    if ticket.assignee is None:  # triage: nobody has to own what is no work
        turn.happened(ticket, ticket.claim(actor, turn.now))
    event = ticket.resolve(actor, Resolution.NOT_A_REQUEST, "", turn.closes_at(), turn.now)
    turn.happened(ticket, event)
    turn.tell_requester(ticket, wording.not_a_request(ticket), cards.still_broken_button(ticket))
    return None


async def resolve_at_once(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    """Fixed, with nothing more to say; claimed first, if nobody had it."""
    actor = turn.staff(by)
    if ticket.assignee is None:
        turn.happened(ticket, ticket.claim(actor, turn.now))
        await _call_off(turn, ticket, by)
    turn.happened(ticket, ticket.resolve(actor, Resolution.FIXED, "", turn.closes_at(), turn.now))
    await threads.tell_resolved(turn, ticket)
    return None


async def reopen(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    await threads.reopen(turn, ticket, turn.staff(by))
    return None


def _opens(draw: Callable[[Turn, Ticket], Form], *, owned: bool = False) -> Pressed:
    """A button that opens a form, unless the verb would be refused anyway: not open, or (`owned`) somebody else's."""

    async def open_form(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
        ticket.must_be_open()
        if owned:
            ticket.must_be_assignee(turn.staff(by))
        return OpenForm(draw(turn, ticket))

    return open_form


async def open_note(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    return OpenForm(cards.note_form(ticket))


# -------------------------------------------------------------------------------------------------------- forms


async def assign(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    given = answers["to"]
    to = turn.organisation.technician_for(given) or _known(lambda: turn.organisation.technician(given))
    if to is None or not any(queue.id == ticket.queue for queue in turn.organisation.queues_of(to.id)):
        return FieldErrors({"to": wording.not_for_you(to.name if to else "This person")})
    turn.happened(ticket, ticket.assign(turn.staff(by), to.id, to.name, turn.now))
    await _call_off(turn, ticket, to)
    turn.tell_requester(ticket, wording.claimed(ticket))
    turn.tell_queue(ticket, wording.event_line(by.name, f"assigned the ticket to {literal(to.name)}"))
    return None


async def escalate(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    queue = _known(lambda: turn.organisation.queue(answers["queue"]))
    if queue is None:
        return FieldErrors({"queue": wording.not_a_choice()})
    due = turn.resumed_due(ticket)
    event = ticket.escalate(turn.staff(by), queue.id, queue.tier, answers["tried"], due, turn.now)
    turn.tell_queue(
        ticket, wording.event_line(by.name, f"escalated to {literal(queue.name)}", answers["tried"])
    )
    turn.happened(ticket, event)
    turn.tell_requester(
        ticket, wording.escalated(ticket, queue.name, await turn.requester_zone(ticket), turn.now)
    )
    return None


async def hand_back(
    turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]
) -> Reaction | None:
    before = ticket.escalated_from[-1] if ticket.escalated_from else ""
    queue = _known(lambda: turn.organisation.queue(before))
    due = turn.resumed_due(ticket)
    event = ticket.hand_back(turn.staff(by), queue.tier if queue else 1, answers["reason"], due, turn.now)
    turn.happened(ticket, event)
    turn.tell_queue(ticket, wording.event_line(by.name, "handed the ticket back", answers["reason"]))
    return None


async def reply(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    await _write(turn, ticket, turn.staff(by), answers["text"])
    return None


async def wait_requester(
    turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]
) -> Reaction | None:
    question = answers["note"]
    await _wait(turn, ticket, by, WaitingFor.REQUESTER, question, turn.now + SILENCE)
    await turn.tell_all_requesters(ticket, wording.waiting_for_requester(ticket, question))
    return None


async def wait_vendor(
    turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]
) -> Reaction | None:
    until = _instant(answers["until"], turn.zone_of(ticket))
    if until is None:
        return FieldErrors({"until": wording.not_a_time()})
    if until <= turn.now:
        return FieldErrors({"until": wording.in_the_past()})
    await _wait(turn, ticket, by, WaitingFor.VENDOR, answers["who"], until)
    zone = await turn.requester_zone(ticket)
    turn.tell_requester(ticket, wording.waiting_for_vendor(ticket, zone, turn.now))
    return None


async def wait_approval(
    turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]
) -> Reaction | None:
    until = _instant(answers["until"], turn.zone_of(ticket))
    if until is None:
        return FieldErrors({"until": wording.not_a_time()})
    if until <= turn.now:
        return FieldErrors({"until": wording.in_the_past()})
    return await approvals.ask(turn, ticket, by, answers, until)


async def resolve(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    if answers["reason"] not in cards.REASONS:
        return FieldErrors({"reason": wording.not_a_choice()})
    reason = Resolution(answers["reason"])
    event = ticket.resolve(turn.staff(by), reason, answers["text"], turn.closes_at(), turn.now)
    turn.happened(ticket, event)
    await threads.tell_resolved(turn, ticket)
    return None


async def priority(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    wanted = next((one for one in turn.organisation.priorities if one.value == answers["priority"]), None)
    if wanted is None:
        return FieldErrors({"priority": wording.not_a_choice()})
    targets = turn.targets(ticket, wanted)
    event = ticket.change_priority(
        turn.staff(by),
        wanted,
        targets.first_response_due,
        targets.resolution_due,
        turn.organisation.promise(wanted).resolution,
        turn.now,
    )
    turn.happened(ticket, event)
    turn.tell_queue(ticket, wording.event_line(by.name, f"set the priority to {wanted.value}"))
    return None


async def category(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    wanted = _known(lambda: turn.organisation.category(answers["category"]))
    if wanted is None:
        return FieldErrors({"category": wording.not_a_choice()})
    turn.happened(ticket, ticket.change_category(turn.staff(by), wanted.id, turn.now))
    turn.tell_queue(ticket, wording.event_line(by.name, f"set the category to {literal(wanted.name)}"))
    return None


async def merge(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    number = row_id(answers["into"].upper().removeprefix("T-").removeprefix("#"))
    found = await store.by_number(turn.tx, number) if number else None
    into = await store.ticket_to_change(turn.tx, found.id) if found and found.id else None
    if into is None:
        return FieldErrors({"into": wording.unknown_number(answers["into"])})
    actor = turn.staff(by)
    turn.happened(ticket, ticket.merge(actor, into, turn.now))
    into.tried = [*into.tried, *ticket.tried]
    turn.happened(into, into.note(actor, wording.merged_here(ticket), turn.now))
    await move_conversations(turn.tx, ticket.id or 0, into.id or 0)
    turn.tell_requester(ticket, wording.merged(ticket, into))
    turn.tell_queue(into, wording.noted(by.name, wording.merged_here(ticket)))
    return None


async def note(turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str]) -> Reaction | None:
    text = answers["text"]
    turn.happened(ticket, ticket.note(turn.staff(by), text, turn.now))
    turn.tell_queue(ticket, wording.noted(by.name, text))
    return None


async def left(turn: Turn, technician: Technician) -> None:
    """Their account is gone: what they had is free again, and nobody waits for them."""
    for known in await store.open_tickets(turn.tx):
        ticket = (
            await store.ticket_to_change(turn.tx, known.id or 0) if known.assignee == technician.id else None
        )
        if ticket is None or not ticket.state.is_open or ticket.assignee != technician.id:
            continue
        turn.happened(ticket, ticket.release(turn.staff(technician), turn.resumed_due(ticket), turn.now))
        turn.tell_requester(ticket, wording.released(ticket, turn.queue_name(ticket)))
        turn.tell_queue(ticket, wording.event_line(technician.name, "has left; the ticket is free again"))


# ------------------------------------------------------------------------------------------------------- inside


async def _call_off(turn: Turn, ticket: Ticket, by: Technician) -> None:
    """Somebody has it: whoever else was called for it need do nothing."""
    for called in ticket.page_called:
        if called != by.id:
            await turn.end_call(ticket, called, wording.page_over(ticket))


async def _write(turn: Turn, ticket: Ticket, actor: Actor, text: str) -> None:
    """Write to the requester, show it to colleagues, and tell them when it has arrived."""
    turn.happened(ticket, ticket.reply(actor, text, turn.now))
    written = await message_at(turn.tx, turn.event, f"form:{turn.event.event_id}", turn.person)
    written.text, written.received, written.ticket_id = text, True, ticket.id
    turn.tell_queue(ticket, wording.relayed_reply(actor.name, ticket.requester_name, text))
    await threads.send_to_requester(turn, ticket, written, text)


async def _wait(
    turn: Turn, ticket: Ticket, by: Technician, waiting_for: WaitingFor, note: str, until: datetime | None
) -> None:
    remaining = turn.remaining(ticket)
    event = ticket.wait(turn.staff(by), waiting_for, note, until, remaining, turn.now)
    turn.happened(ticket, event)
    turn.tell_queue(ticket, wording.event_line(by.name, f"waits for the {waiting_for.value}", note))


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def _known(look_up: Callable[[], Found]) -> Found | None:
    try:
        return look_up()
    except UnknownInPolicy:
        return None


def _others(turn: Turn, ticket: Ticket) -> list[Queue]:
    """Where the ticket can be escalated to: the next tier first, then everything else of this tier or higher."""
    here = turn.organisation.queue(ticket.queue)
    following = list(turn.organisation.next_tier_queues(here))
    rest = [
        queue
        for queue in turn.organisation.queues
        if queue.tier >= here.tier and queue.id != here.id and queue not in following
    ]
    return following + sorted(rest, key=lambda queue: queue.tier)


BUTTONS: dict[str, Pressed] = {
    "claim": claim,
    "accept_page": accept_page,
    "reject_page": reject_page,
    "release": release,
    "resume": resume,
    "not_a_request": not_a_request,
    "reopen": reopen,
    "note": open_note,
    "assign": _opens(
        lambda turn, ticket: cards.assign_form(ticket, turn.organisation, turn.event.person.platform)
    ),
    "escalate": _opens(lambda turn, ticket: cards.escalate_form(ticket, _others(turn, ticket))),
    "hand_back": _opens(lambda _, ticket: cards.hand_back_form(ticket)),
    "reply": _opens(lambda _, ticket: cards.reply_form(ticket)),
    "wait_requester": _opens(lambda _, ticket: cards.wait_requester_form(ticket), owned=True),
    "wait_vendor": _opens(
        lambda turn, ticket: cards.wait_vendor_form(ticket, turn.zone_of(ticket)), owned=True
    ),
    "wait_approval": _opens(
        lambda turn, ticket: cards.wait_approval_form(ticket, turn.zone_of(ticket)), owned=True
    ),
    "resolve": _opens(lambda _, ticket: cards.resolve_form(ticket), owned=True),
    "priority": _opens(lambda turn, ticket: cards.priority_form(ticket, turn.organisation)),
    "category": _opens(lambda turn, ticket: cards.category_form(ticket, turn.organisation)),
    "merge": _opens(lambda _, ticket: cards.merge_form(ticket)),
    "draft": begin_draft,
}

SIGNS: dict[Sign, Pressed] = {Sign.CLAIM: claim, Sign.RESOLVE: resolve_at_once, Sign.DRAFT: begin_draft}

FORMS: dict[str, Submitted] = {
    "assign": assign,
    "escalate": escalate,
    "hand_back": hand_back,
    "reply": reply,
    "wait_requester": wait_requester,
    "wait_vendor": wait_vendor,
    "wait_approval": wait_approval,
    "resolve": resolve,
    "priority": priority,
    "category": category,
    "merge": merge,
    "note": note,
}

FIELDS: dict[str, tuple[str, ...]] = {
    "assign": ("to",),
    "escalate": ("queue", "tried"),
    "hand_back": ("reason",),
    "reply": ("text",),
    "wait_requester": ("note",),
    "wait_vendor": ("who", "until"),
    "wait_approval": ("who", "what", "until"),
    "resolve": ("reason", "text"),
    "priority": ("priority",),
    "category": ("category",),
    "merge": ("into",),
    "note": ("text",),
}
