"""What people read about approvals. Pure; see `bot.wording`."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import literal
from bot.wording import moment
from tickets.model import Approval, Ticket


def asked(ticket: Ticket, approval: Approval, zone: ZoneInfo, now: datetime) -> str:
    """The question, as whoever is to approve reads it."""
    until = (
        f" {literal(approval['asked_by'])} would like to know by {moment(ticket.waiting_until, zone, now)}."
        if (ticket.waiting_until)
        else ""
    )
    return (
        f"**{literal(approval['asked_by'])}** asks for your approval of **{ticket.name}**, "
        f"“{literal(ticket.subject)}”, from {literal(ticket.requester_name)}:\n\n{literal(approval['what'])}\n\n"
        f"It waits for you.{until}"
    )


def asked_again(ticket: Ticket, approval: Approval) -> str:
    return f"{literal(approval['asked_by'])} is still waiting for your approval of **{ticket.name}**:\n\n{literal(approval['what'])}"


def asked_told(ticket: Ticket, approval: Approval) -> str:
    """The same, in the thread of the card."""
    return f"*{literal(approval['asked_by'])} asks {literal(approval['name'])} for approval: {literal(approval['what'])}*"


def waiting(ticket: Ticket, approval: Approval) -> str:
    """As the requester reads it."""
    return (
        f"{ticket.name} needs the approval of {literal(approval['name'])}, who has been asked. "
        "You will hear as soon as there is an answer."
    )


def decided(ticket: Ticket, approval: Approval) -> str:
    """In place of the question."""
    result = "You have approved" if approval["result"] == "approved" else "You have not approved"
    return f"{result} **{ticket.name}**: {literal(approval['what'])}{_word(approval)}"


def decided_told(approval: Approval) -> str:
    """As technicians read it."""
    result = "approves it" if approval["result"] == "approved" else "does not approve it"
    return f"**{literal(approval['name'])} {result}**{_word(approval)}"


def decided_for_requester(ticket: Ticket, approval: Approval) -> str:
    goes_on = literal(ticket.assignee_name) or "The team"
    if approval["result"] == "approved":
        return f"{literal(approval['name'])} has approved {ticket.name}. {goes_on} goes on with it."
    return f"{literal(approval['name'])} has not approved {ticket.name}{_word(approval)}\n\n{goes_on} will write to you."


def on_card(approval: Approval, zone: ZoneInfo, now: datetime) -> str:
    """One approval in a line of the card."""
    when = moment(datetime.fromisoformat(approval["at"] or approval["asked_at"]), zone, now)
    result = {
        "": "asked",
        "approved": "approved",
        "not_approved": "not approved",
        "withdrawn": "no longer asked",
    }[approval["result"]]
    return f"{literal(approval['name'])}: {result} {when}, asked by {literal(approval['asked_by'])}{_word(approval)}"


def still_waited_for(ticket: Ticket, approval: Approval) -> str:
    return f"{ticket.name}: {literal(approval['name'])} has not answered and was asked for approval again."


def nobody_asks() -> str:
    return "That approval is no longer asked for. Thank you."


def unknown_person(text: str) -> str:
    return f"I know nobody by “{text}”. Give a technician's name, or the e-mail address of somebody who has written to me."


def not_yourself() -> str:
    return "Somebody else must approve it: neither you nor whoever made the request."


def unreachable(name: str) -> str:
    return f"{name} has never written to me, so I cannot ask. Let them write “hello” to me first."


def _word(approval: Approval) -> str:
    return f": “{literal(approval['word'])}”" if approval["word"] else "."
