"""Approvals: a technician asks somebody, who approves or does not; meanwhile the ticket waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot import approval_wording as say
from bot import cards, conversations, wording
from bot.conversations import PersonRow
from bot.messages import FieldErrors, OpenForm, Reaction, Toast
from bot.turn import Desktop, Turn
from tickets.model import Actor, Approval, NotAsked, Ticket
from tickets.policy import Technician


async def ask(
    turn: Turn, ticket: Ticket, by: Technician, answers: Mapping[str, str], until: datetime
) -> Reaction | None:
    """A technician asks for the approval of somebody whom the desk can write to."""
    accounts = await _accounts(turn, answers["who"])
    if not accounts:
        return FieldErrors({"who": say.unknown_person(answers["who"])})
    address = await conversations.latest_of(turn.tx, accounts)
    person = await conversations.person_at(turn.tx, address) if address else None
    if address is None or person is None:
        return FieldErrors({"who": say.unreachable(answers["who"])})
    requester = await turn.tx.session.get(PersonRow, ticket.requester_id)
    involved = {*by.accounts, *([f"{requester.platform}:{requester.account}"] if requester else [])}
    if involved & {*accounts}:
        return FieldErrors({"who": say.not_yourself()})
    event = ticket.ask_approval(
        turn.staff(by),
        person.id or 0,
        person.name,
        answers["what"],
        until,
        turn.remaining(ticket),
        turn.now,
    )
    turn.happened(ticket, event)
    asked = ticket.approval
    if asked is not None:
        turn.tell_queue(ticket, say.asked_told(ticket, asked))
        turn.tell_requester(ticket, say.waiting(ticket, asked))
        text = say.asked(ticket, asked, turn.zone(person), turn.now)
        turn.say(address, text, *cards.approval_buttons(ticket), key=_key(ticket))
    return None


async def _accounts(turn: Turn, who: str) -> Sequence[str]:
    """Of a colleague by name, as the policy knows them, or of anybody by the e-mail address that a platform has
    verified; never by a name that people give themselves."""
    wanted = who.strip().removeprefix("@").casefold()
    for one in turn.organisation.technicians:
        if wanted in (one.id, one.name.casefold(), one.email.casefold()):
            return one.accounts
    found = await conversations.with_email(turn.tx, wanted) if "@" in wanted else ()
    return [f"{person.platform}:{person.account}" for person in found]


async def ask_again(desk: Desktop, ticket: Ticket) -> None:
    """The time to follow up has come: the question once more, and the queue hears that there was no answer."""
    asked = ticket.approval
    person = await desk.tx.session.get(PersonRow, asked["person"]) if asked else None
    if asked is None or person is None:
        return
    desk.tell_queue(ticket, say.still_waited_for(ticket, asked))
    if address := await conversations.latest_of(desk.tx, [f"{person.platform}:{person.account}"]):
        desk.say(
            address,
            say.asked_again(ticket, asked),
            *cards.approval_buttons(ticket),
            key=f"{_key(ticket)}:again",
        )


async def pressed(turn: Turn, verb: str, ticket_id: str) -> Reaction | None:
    """Approve, or the form that says why not."""
    ticket = await turn.ticket_to_change(ticket_id)
    if ticket is None or not _is_asked(turn, ticket):
        return Toast(say.nobody_asks())
    if verb == "approve":
        return await _decide(turn, ticket, approved=True, word="")
    return OpenForm(cards.not_approved_form(ticket))


async def not_approved(turn: Turn, ticket_id: str, word: str) -> Reaction | None:
    """The form: why not."""
    ticket = await turn.ticket_to_change(ticket_id)
    if ticket is None:
        return Toast(say.nobody_asks())
    if not word:
        return FieldErrors({"word": wording.required()})
    return await _decide(turn, ticket, approved=False, word=word)


async def _decide(turn: Turn, ticket: Ticket, *, approved: bool, word: str) -> Reaction | None:
    asked = ticket.approval
    try:
        event = ticket.decide_approval(
            Actor(f"approver:{turn.person.id}", turn.person.name, turn.person.platform),
            turn.person.id or 0,
            approved=approved,
            word=word,
            resolution_due=turn.resumed_due(ticket),
            now=turn.now,
        )
    except NotAsked:
        return Toast(say.nobody_asks())
    turn.happened(ticket, event)
    decided: Approval = ticket.approvals[-1]  # type: ignore[assignment]
    if asked is not None:
        turn.say(turn.event.address, say.decided(ticket, decided), key=_key(ticket))
    turn.tell_queue(ticket, say.decided_told(decided))
    turn.tell_requester(ticket, say.decided_for_requester(ticket, decided))
    return None


def _is_asked(turn: Turn, ticket: Ticket) -> bool:
    asked = ticket.approval
    return asked is not None and asked["person"] == turn.person.id


def _key(ticket: Ticket) -> str:
    """Of the question, by which the answer takes its place."""
    return f"approval:{ticket.id}:{len(ticket.approvals)}"
