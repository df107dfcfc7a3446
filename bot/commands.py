"""Commands that are answered aside, to the one who gave them: they leave nothing behind in a conversation."""

from __future__ import annotations

from dataclasses import replace

from bot import cards, request_form, wording
from bot import command_wording as say
from bot.messages import Aside, CommandGiven, QueueRow, Reaction, printable
from bot.redaction import redact
from bot.smalltalk import TICKET_NUMBER, Talk, recognise
from bot.staff import request_about
from bot.turn import Turn
from tickets import coverage, roster, rota, store
from tickets.model import Ticket
from tickets.policy import Technician

SHOWN = 15
"""Tickets in one answer."""

_HELP = (Talk.EMPTY, Talk.HELP, Talk.GREETING, Talk.THANKS, Talk.GOODBYE)


async def given(turn: Turn, event: CommandGiven) -> Reaction:
    """The answer. Words that are no command are the beginning of a request."""
    words = redact(printable(event.command)).text.strip()
    verb, _, rest = words.partition(" ")
    talk = recognise(words)
    if not words or talk in _HELP:
        return Aside(say.commands(staff=turn.technician is not None))
    if number := TICKET_NUMBER.fullmatch(words):
        return Aside(await _ticket(turn, int(number[1])))
    if talk is Talk.MY_TICKETS:
        return Aside(await _own(turn))
    match verb.lower():
        case "new":
            return request_form.opened(turn, rest.strip())
        case "queue" | "mine" | "oncall" as asked if asked == "oncall" or not rest:
            return Aside(await _for_technicians(turn, asked, rest))
        case _:
            return request_form.opened(turn, "" if talk else words)


async def _ticket(turn: Turn, number: int) -> str:
    """Where a ticket stands, for its requester and for technicians."""
    ticket = await store.by_number(turn.tx, number)
    if ticket and turn.is_requester_of(ticket):
        return wording.my_ticket_line(ticket, turn.own_zone, turn.now)
    if turn.technician is None:
        return wording.unknown_ticket(f"T-{number}")
    return say.staff_line(_row(turn, ticket)) if ticket else say.unknown_number(number)


async def _own(turn: Turn) -> str:
    tickets = await store.of_requester(turn.tx, turn.person.id or 0, most=10)
    shown = sorted(tickets, key=lambda ticket: (not ticket.state.is_open, -ticket.number))
    lines = [wording.my_ticket_line(ticket, turn.own_zone, turn.now) for ticket in shown]
    return wording.my_tickets(lines) if lines else wording.no_tickets()


async def _for_technicians(turn: Turn, asked: str, about: str) -> str:
    technician = turn.technician
    if technician is None:
        return say.only_for_technicians()
    if asked == "oncall":
        return await _on_call(turn, technician, about)
    tickets = await store.open_tickets(turn.tx)
    if asked == "mine":
        mine = [_row(turn, ticket) for ticket in tickets if ticket.assignee == technician.id]
        return say.own_list(mine, SHOWN)
    queues = {queue.id for queue in turn.organisation.queues_of(technician.id)}
    waiting = [_row(turn, ticket) for ticket in tickets if ticket.queue in queues]
    return say.queue_list(waiting, SHOWN)


async def _on_call(turn: Turn, technician: Technician, about: str) -> str:
    """Who answers a request made now, and whose turn it is on every rota."""
    changes = await roster.changes(turn.tx)
    request = request_about(turn.organisation, about.lower())
    covered = coverage.route(request, turn.organisation, turn.now, await turn.load(), changes)
    lines = []
    for one in turn.organisation.rotas:
        layers = rota.on_call(one, turn.organisation, turn.now, changes)
        names = [turn.organisation.technician(layer.technician).name for layer in layers if layer.technician]
        lines.append(say.rota_line(one.name, names))
    answer = wording.answers_now(covered, technician.timezone, turn.now)
    return "\n\n".join([answer, say.on_call_now(), "\n".join(lines)]) if lines else answer


def _row(turn: Turn, ticket: Ticket) -> QueueRow:
    row = cards.queue_row(ticket, turn.organisation, turn.now)
    return replace(row, clock=row.clock or wording.clock_stopped())
