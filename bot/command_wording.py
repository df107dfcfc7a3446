"""The sentences of commands and of the request form. Pure; rules as in `bot.wording`."""

from __future__ import annotations

from collections.abc import Sequence

from bot import wording
from bot.messages import QueueRow, literal
from tickets.model import Ticket


def commands(*, staff: bool) -> str:
    lines = [
        "- **new** opens a form for a request; words behind it are its beginning.",
        "- **status** shows your tickets, a number such as **T-1042** that one.",
    ]
    if staff:
        lines += [
            "- **queue** shows what waits in your queues, **mine** what you have.",
            "- **oncall** says who answers now; add an office, a category or a priority.",
        ]
    return (
        "I am the IT help desk. Write to me directly, in your own words, and you have an answer or a person with a "
        "promise. Here you can ask me for:\n\n" + "\n".join(lines)
    )


def only_for_technicians() -> str:
    return "That is for technicians. If you should be one, ask your team lead to add you to the policy."


def queue_list(rows: Sequence[QueueRow], most: int) -> str:
    if not rows:
        return "Nothing waits in your queues."
    return _listed(f"{len(rows)} open in your queues, what is due first:", rows, most)


def own_list(rows: Sequence[QueueRow], most: int) -> str:
    if not rows:
        return "You have no open tickets."
    return _listed("You have:", rows, most)


def _listed(title: str, rows: Sequence[QueueRow], most: int) -> str:
    lines = [f"- {queue_line(row)}" for row in rows[:most]]
    if len(rows) > most:
        lines.append(f"- and {len(rows) - most} more")
    return f"{title}\n\n" + "\n".join(lines)


def queue_line(row: QueueRow) -> str:
    who = literal(row.assignee) if row.assignee else "nobody yet"
    return f"**{row.number}** {literal(row.subject)} ({row.priority}, {who}): {row.clock}"


def staff_line(row: QueueRow) -> str:
    """One ticket as a technician asks for it."""
    return f"{queue_line(row)}. {literal(row.status)}, in {literal(row.queue_name)}, for {literal(row.requester)}."


def unknown_number(number: int) -> str:
    return f"There is no ticket T-{number} here."


def on_call_now() -> str:
    return "On call now:"


def rota_line(rota: str, names: Sequence[str]) -> str:
    return f"- **{literal(rota)}**: {', '.join(map(literal, names)) or 'nobody at this hour'}"


# -------------------------------------------------------------------------------------------------- the request form


def form_title() -> str:
    return "New IT request"


def form_title_again() -> str:
    return "A few details more"


def form_submit() -> str:
    return "Send"


def what() -> str:
    return "What is wrong, or what do you need?"


def what_hint() -> str:
    return "In your own words. Never write a password here."


def about() -> str:
    return "What is it about?"


def do_not_know() -> str:
    return "I do not know"


def where() -> str:
    return "Where are you?"


def elsewhere() -> str:
    return "Somewhere else, or at home"


def other_answer() -> str:
    return "Something else"


def is_it_the_same(ticket: Ticket) -> str:
    return f"{ticket.name} is open: “{wording.shortened(ticket.subject, 60)}”. Is it about that?"


def add_it(ticket: Ticket) -> str:
    return f"Yes, add it to {ticket.name}"


def it_is_new() -> str:
    return "No, it is something else"


def say_more() -> str:
    return "Say in a sentence what does not work, or what you need."
