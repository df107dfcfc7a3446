"""What is written about a ticket, from its conversation to its card's thread and back; edits and deletions follow.

The thread is internal. A technician's message reaches the requester only when it begins with `>`, or through Reply;
where the queue's policy turns this round, everything reaches the requester but what begins with `note:`.
"""

from __future__ import annotations

from dataclasses import replace

from bot import conversations, requests, wording
from bot.conversations import Conversation, Message
from bot.messages import Address, Button, Retract, Say, literal
from bot.requests import Dialog, put_prompt
from bot.smalltalk import Talk
from bot.turn import Turn
from tickets import sla, store
from tickets.kinds import TicketState, WaitingFor
from tickets.model import Actor, NotOpen, Ticket

TO_REQUESTER = ">"
TO_COLLEAGUES = "note:"

CHANGE_OF_MIND = (Talk.THANKS, Talk.GREETING, Talk.GOODBYE, Talk.SOLVED, Talk.EMPTY)
"""What, said about a resolved ticket, means that all is well."""


# ------------------------------------------------------------------------------------------- from the requester


async def requester_wrote(
    turn: Turn, conversation: Conversation, ticket: Ticket, written: Message, talk: Talk | None
) -> None:
    """A message in the conversation of an open or resolved ticket."""
    match talk:
        case Talk.MY_TICKETS:
            await requests.list_tickets(turn, conversation)
        case Talk.NEW_QUESTION:
            leave_ticket(conversation)
            turn.say(conversation.address, wording.new_question())
        case Talk.WITHDRAW | Talk.CANCEL if ticket.state.is_open:
            withdraw(turn, ticket)
        case Talk.NOT_SOLVED if ticket.state is TicketState.RESOLVED:
            await reopen(turn, ticket, turn.actor, written.text)
        case _ if ticket.state is TicketState.RESOLVED and talk in CHANGE_OF_MIND:
            turn.say(conversation.address, wording.thanks())
        case _ if ticket.state is TicketState.RESOLVED:
            relay_to_queue(turn, ticket, written)
            replace(Dialog.of(conversation), said=(written.text,)).keep_in(conversation)
            put_prompt(
                turn,
                conversation,
                wording.is_it_still_broken(ticket),
                Button("ticket.still_broken", "Still broken", str(ticket.id)),
                Button("new_question", "It is something new"),
            )
        case Talk.SOLVED:
            relay_to_queue(turn, ticket, written)
            put_prompt(
                turn,
                conversation,
                wording.shall_i_close(ticket),
                Button("ticket.withdraw", "Yes, close it", str(ticket.id)),
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
    notice = turn.in_card_thread(ticket, literal(written.text), key=written.key, author=ticket.requester_name)
    if notice:
        _remember_copy(written, notice.address, notice.under)
        turn.put(notice)


def add_words(turn: Turn, ticket: Ticket, text: str) -> None:
    """Add to an open ticket what its requester said elsewhere."""
    turn.happened(ticket, ticket.requester_wrote(turn.actor, text, turn.now))
    if notice := turn.in_card_thread(ticket, literal(text), author=ticket.requester_name):
        turn.put(notice)


def withdraw(turn: Turn, ticket: Ticket) -> None:
    turn.happened(ticket, ticket.withdraw(turn.actor, turn.closes_at(), turn.now))
    turn.tell_requester(ticket, wording.withdrawn(ticket))
    turn.tell_queue(ticket, wording.event_line(ticket.requester_name, "withdrew the ticket"))


async def reopen(turn: Turn, ticket: Ticket, by: Actor, text: str = "") -> None:
    """Start anew, with new targets from now.

    Raises:
        NotResolved: it is open, or closed for good.
    """
    targets = sla.targets_for(
        turn.organisation, turn.organisation.queue(ticket.queue), ticket.priority, turn.now
    )
    event = ticket.reopen(by, targets.first_response_due, targets.resolution_due, turn.now)
    turn.happened(ticket, event)
    turn.tell_requester(ticket, wording.reopened(ticket, await turn.requester_zone(ticket), turn.now))
    turn.tell_queue(ticket, wording.event_line(by.name, "reopened the ticket", text))


def leave_ticket(conversation: Conversation) -> None:
    """What is written here from now on is something new."""
    conversation.ticket_id = None
    requests.start_over(conversation)


# -------------------------------------------------------------------------------------------- from a technician


async def technician_wrote(turn: Turn, ticket: Ticket, written: Message) -> None:
    """A message in the thread under a ticket's card."""
    written.ticket_id = ticket.id
    said = written.text.strip()
    reaches = turn.thread_reaches_requester(ticket)
    if reaches and said.lower().startswith(TO_COLLEAGUES):
        reaches, said = False, said[len(TO_COLLEAGUES) :].strip()
    elif said.startswith(TO_REQUESTER):
        reaches, said = True, said.lstrip(TO_REQUESTER).strip()
    if not reaches or not said:
        return
    technician = turn.may_work_on(ticket)
    if technician is None:
        turn.tell_queue(ticket, wording.not_a_technician(turn.queue_name(ticket)))
        return
    try:
        turn.happened(ticket, ticket.reply(turn.staff(technician), said, turn.now))
    except NotOpen as refused:
        turn.tell_queue(ticket, wording.refusal(refused, ticket))
        return
    send_to_requester(turn, ticket, written, said)


def send_to_requester(turn: Turn, ticket: Ticket, written: Message, said: str) -> None:
    """Write to the requester in the technician's name, and show in the thread when it has arrived, or that it has not."""
    address = Address(ticket.platform, ticket.route)
    _remember_copy(written, address, "")
    turn.put(
        Say(address=address, text=literal(said), author=turn.person.name, key=written.key),
        then=turn.in_card_thread(
            ticket, wording.delivered_to(ticket.requester_name), key=f"receipt:{written.key}"
        ),
        otherwise=turn.in_card_thread(
            ticket, wording.relay_failed(ticket.requester_name, "the platform refused it")
        ),
    )


# --------------------------------------------------------------------------------------------- edits, deletions


async def edited(turn: Turn, written: Message, before: str) -> None:
    """The author changed a message: so does its copy, and what the ticket says."""
    if copy := written.copy_address:
        text = written.text.strip()
        sent = text.lstrip(TO_REQUESTER).strip() if turn.technician else text
        turn.put(
            Say(
                address=copy,
                under=written.copy_under,
                text=literal(sent),
                author=turn.person.name,
                key=written.key,
            )
        )
    elif written.ticket_id and written.text.strip().startswith(TO_REQUESTER):
        ticket = await store.ticket(turn.tx, written.ticket_id)
        if ticket and turn.may_work_on(ticket):
            turn.tell_queue(ticket, wording.edited_is_not_sent())
    else:
        await _amend_request(turn, written, before, written.text)


async def deleted(turn: Turn, written: Message) -> None:
    """The author took a message back: so goes its copy, and its words in the ticket."""
    if copy := written.copy_address:
        turn.put(Retract(address=copy, under=written.copy_under, key=written.key))
    else:
        await _amend_request(turn, written, written.text, wording.taken_back())


async def _amend_request(turn: Turn, written: Message, before: str, after: str) -> None:
    """Change words that a request began with, in the dialog or in the ticket that it has become."""
    if not before:
        return
    conversation = await conversations.find(turn.tx, Address(written.platform, written.route))
    if conversation is None:
        return
    dialog = Dialog.of(conversation)
    said = tuple(after if words == before else words for words in dialog.said)
    replace(dialog, said=said).keep_in(conversation)
    if conversation.ticket_id and (ticket := await store.ticket_to_change(turn.tx, conversation.ticket_id)):
        if before not in ticket.description:
            return
        ticket.description = ticket.description.replace(before, after)
        ticket.subject = wording.shortened(ticket.description, requests.SUBJECT)
        turn.happened(ticket, ticket.requester_wrote(turn.actor, after, turn.now))


def _remember_copy(written: Message, address: Address, under: str) -> None:
    written.copy_platform, written.copy_route, written.copy_under = address.platform, address.route, under
