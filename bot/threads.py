"""What is written about a ticket, from its conversation to its card's thread and back; edits and deletions follow.

The thread is internal. A technician's message reaches the requester only when it begins with `>`, or through Reply;
where the queue's policy turns this round, everything reaches the requester but what begins with `note:`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot import cards, conversations, requests, wording
from bot.conversations import Conversation, Message
from bot.messages import Address, Button, File, Retract, Say, literal
from bot.requests import Dialog, close_prompt, put_prompt
from bot.smalltalk import Talk
from bot.turn import Turn
from tickets import store
from tickets.kinds import Resolution, TicketState, WaitingFor
from tickets.model import Actor, NotOpen, Ticket

TO_REQUESTER = ">"
TO_COLLEAGUES = "note:"

ALL_IS_WELL = (Talk.THANKS, Talk.GOODBYE, Talk.SOLVED)
"""What, said about a resolved ticket, does not reopen it."""


# ------------------------------------------------------------------------------------------- from the requester


async def requester_wrote(
    turn: Turn, conversation: Conversation, ticket: Ticket, written: Message, talk: Talk | None
) -> None:
    """A message in the conversation of an open or resolved ticket, by its requester or by somebody whose ticket was
    merged into it. What ends or reopens it is the requester's alone."""
    mine = turn.is_requester_of(ticket)
    close_prompt(turn, conversation)
    match talk:
        case Talk.MY_TICKETS:
            await requests.list_tickets(turn, conversation)
        case Talk.NEW_QUESTION:
            leave_ticket(conversation)
            turn.say(conversation.address, wording.new_question())
        case Talk.WITHDRAW if ticket.state.is_open and mine:
            withdraw(turn, ticket)
        case Talk.NOT_SOLVED if ticket.state is TicketState.RESOLVED and mine:
            await reopen(turn, ticket, turn.actor, written.text)
        case _ if ticket.resolution is Resolution.NO_ANSWER and mine and talk not in ALL_IS_WELL:
            await reopen(turn, ticket, turn.actor)  # the word that was waited for
            relay_to_queue(turn, ticket, written)
        case _ if ticket.state is TicketState.RESOLVED and talk in ALL_IS_WELL:
            turn.say(conversation.address, wording.thanks())
        case _ if ticket.state is TicketState.RESOLVED and mine:
            relay_to_queue(turn, ticket, written)
            replace(Dialog.of(conversation), said=(written.text,)).keep_in(conversation)
            put_prompt(
                turn,
                conversation,
                wording.is_it_still_broken(ticket),
                Button("ticket_reopen", wording.still_broken()),
                Button("new_question", wording.something_new()),
            )
        case Talk.SOLVED if mine:
            relay_to_queue(turn, ticket, written)
            put_prompt(
                turn, conversation, wording.shall_i_close(ticket), Button("ticket_confirm", "Yes, close it")
            )
        case Talk.HELP | Talk.HUMAN:
            turn.say(conversation.address, wording.my_ticket_line(ticket, turn.own_zone, turn.now))
        case _:
            relay_to_queue(turn, ticket, written)


def relay_to_queue(turn: Turn, ticket: Ticket, written: Message) -> None:
    """Show what the requester wrote in the card's thread; an answer that was waited for starts the clock again."""
    written.ticket_id = ticket.id
    events = [ticket.requester_wrote(turn.actor, written.text, turn.now)]
    if ticket.state is TicketState.WAITING and ticket.waiting_for is WaitingFor.REQUESTER:
        events.append(ticket.resume(turn.actor, turn.resumed_due(ticket), turn.now))
    turn.happened(ticket, *events)
    notice = turn.in_card_thread(ticket, literal(written.text), key=written.key, author=turn.person.name)
    if notice:
        _remember_copy(written, notice.address, notice.under)
        turn.put(notice)


def withdraw(turn: Turn, ticket: Ticket) -> None:
    turn.happened(ticket, ticket.withdraw(turn.actor, turn.closes_at(), turn.now))
    turn.tell_requester(ticket, wording.withdrawn(ticket))
    turn.tell_queue(ticket, wording.event_line(ticket.requester_name, "withdrew the ticket"))


async def confirm(turn: Turn, ticket: Ticket) -> None:
    """The requester says that it works: resolved, and how was the help?"""
    turn.happened(ticket, ticket.confirm(turn.actor, turn.closes_at(), turn.now))
    turn.tell_queue(ticket, wording.event_line(turn.person.name, "says that it works again"))
    await tell_resolved(turn, ticket)


async def tell_resolved(turn: Turn, ticket: Ticket) -> None:
    """Tell everybody who asked how it ended, and the requester how to rate it."""
    text = wording.resolved(ticket, await turn.requester_zone(ticket), turn.now)
    key = f"resolved:{ticket.id}:{ticket.reopenings}"
    await turn.tell_all_requesters(ticket, text, *cards.rating_buttons(ticket), key=key)


async def reopen(turn: Turn, ticket: Ticket, by: Actor, text: str = "") -> None:
    """Start anew, with new targets from now.

    Raises:
        NotResolved: it is open, or closed for good.
    """
    targets = turn.targets(ticket, ticket.priority)
    event = ticket.reopen(by, targets.first_response_due, targets.resolution_due, turn.now)
    turn.happened(ticket, event)
    turn.tell_requester(ticket, wording.reopened(ticket, await turn.requester_zone(ticket), turn.now))
    turn.tell_queue(ticket, wording.event_line(by.name, "reopened the ticket", text))


def leave_ticket(conversation: Conversation) -> None:
    """What is written here from now on is something new."""
    conversation.ticket_id = None
    requests.start_over(conversation)


# -------------------------------------------------------------------------------------------- from a technician


async def technician_wrote(turn: Turn, ticket: Ticket, written: Message, files: Sequence[File] = ()) -> None:
    """A message in the thread under a ticket's card."""
    written.ticket_id = ticket.id
    said = for_requester(turn, ticket, written.text)
    if said is None:
        return
    technician = turn.may_work_on(ticket)
    if technician is None:
        turn.say(turn.event.address, literal(wording.not_a_technician(turn.queue_name(ticket))))
        return
    try:
        turn.happened(ticket, ticket.reply(turn.staff(technician), said, turn.now))
    except NotOpen as refused:
        turn.say(turn.event.address, literal(wording.refusal(refused, ticket)))
        return
    await send_to_requester(turn, ticket, written, said)
    there, platform = Address(ticket.platform, ticket.route), turn.event.person.platform
    turn.carry(files, there, platform, author=technician.name)


def for_requester(turn: Turn, ticket: Ticket, text: str) -> str | None:
    """What of a message in the thread is meant for the requester; None when nothing is."""
    said = text.strip()
    if said.startswith(TO_REQUESTER):
        return said.lstrip(TO_REQUESTER).strip() or None
    if turn.thread_reaches_requester(ticket) and not said.lower().startswith(TO_COLLEAGUES):
        return said or None
    return None


async def send_to_requester(turn: Turn, ticket: Ticket, written: Message, said: str) -> None:
    """Write to the requester in the technician's name, and show in the thread when it has arrived, or that it has not."""
    address = conversations.where_asked(ticket)
    _remember_copy(written, address, "")
    name = ticket.requester_name
    turn.put(
        Say(address=address, text=literal(said), author=turn.person.name, key=written.key),
        then=turn.in_card_thread(ticket, wording.delivered_to(name), key=f"receipt:{written.key}"),
        otherwise=turn.in_card_thread(ticket, wording.relay_failed(name, "the platform refused it")),
    )
    for other in await conversations.where_others_asked(turn.tx, ticket):
        turn.put(Say(address=other, text=literal(said), author=turn.person.name, key=written.key))


# --------------------------------------------------------------------------------------------- edits, deletions


async def edited(turn: Turn, written: Message, before: str) -> None:
    """The author changed a message: so does its copy, and what the ticket says."""
    ticket = await store.ticket_to_change(turn.tx, written.ticket_id) if written.ticket_id else None
    in_thread = ticket is not None and turn.technician is not None and written.copy_under == ""
    if ticket and in_thread and written.route != ticket.route:
        said = for_requester(turn, ticket, written.text)
        if (written.copy_address is None) == (said is None):  # still internal, or still for the requester
            if said is not None:
                await _update_copies(turn, ticket, written, said)
        else:
            turn.say(turn.event.address, wording.edit_not_sent())
    elif ticket and written.copy_address:
        await _update_copies(turn, ticket, written, written.text.strip())
    else:
        await _amend_request(turn, written, before, written.text)


async def _update_copies(turn: Turn, ticket: Ticket, written: Message, said: str) -> None:
    store.record(turn.tx, ticket.edited(turn.actor, said, turn.now))
    for address in await _copies(turn, ticket, written):
        turn.put(
            Say(
                address=address,
                under=written.copy_under,
                text=literal(said),
                author=turn.person.name,
                key=written.key,
            )
        )


async def _copies(turn: Turn, ticket: Ticket, written: Message) -> list[Address]:
    """Where copies of a message are: one in the card's thread, or one with everybody who asked."""
    copy = written.copy_address
    if copy is None:
        return []
    if written.copy_under:
        return [copy]
    return [copy, *await conversations.where_others_asked(turn.tx, ticket)]


async def deleted(turn: Turn, written: Message) -> None:
    """The author took a message back: so go its copies, and its words in the ticket."""
    ticket = await store.ticket_to_change(turn.tx, written.ticket_id) if written.ticket_id else None
    if ticket and written.copy_address:
        store.record(turn.tx, ticket.edited(turn.actor, "", turn.now))
        for address in await _copies(turn, ticket, written):
            turn.put(Retract(address=address, under=written.copy_under, key=written.key))
    else:
        await _amend_request(turn, written, written.text, wording.taken_back())


async def _amend_request(turn: Turn, written: Message, before: str, after: str) -> None:
    """Change a message that a request began with, in the dialog or in the ticket that it has become."""
    conversation = await conversations.find(turn.tx, Address(written.platform, written.route))
    if conversation is None or not before:
        return

    def amended(said: Sequence[str]) -> list[str]:
        return [after if words == before else words for words in said]

    dialog = Dialog.of(conversation)
    if dialog.intake:
        answers = {question: amended([answer])[0] for question, answer in dialog.intake.answers.items()}
        known = replace(dialog.intake, said=tuple(amended(dialog.intake.said)), answers=answers)
        dialog = replace(dialog, intake=known)
    replace(dialog, said=tuple(amended(dialog.said))).keep_in(conversation)
    number = conversation.ticket_id
    ticket = await store.ticket_to_change(turn.tx, number) if number else None
    if ticket and (before in ticket.said or before in ticket.answers.values()):
        ticket.said = amended(ticket.said)
        ticket.answers = {question: amended([answer])[0] for question, answer in ticket.answers.items()}
        ticket.subject = wording.shortened(ticket.said[0], requests.SUBJECT)
        turn.happened(ticket, ticket.edited(turn.actor, after, turn.now))


def _remember_copy(written: Message, address: Address, under: str) -> None:
    written.copy_platform, written.copy_route, written.copy_under = address.platform, address.route, under
