"""Every sentence a person reads, as a small function, ready to be translated. Pure.

Sentences are Markdown; what a person typed or named enters them through `literal`. Instants come in UTC and are told
in the reader's own zone, always with the day when it is not today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.messages import LARGEST_FILE, MOST_FILES, File, literal, printable
from tickets import model, sla
from tickets.coverage import Coverage, Reason
from tickets.kinds import Milestone, Priority, Resolution, TicketState, WaitingFor
from tickets.model import Ticket, TicketError

# ------------------------------------------------------------------------------------------------- times and names


def moment(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`today 14:30`, `tomorrow 09:00`, `Monday 12:00` within a week, else `Mon 7 December 12:00`."""
    there, here = instant.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    clock = f"{there:%H:%M}"
    if days in (-1, 0, 1):
        return f"{('yesterday', 'today', 'tomorrow')[days + 1]} {clock}"
    if 1 < days < 7:
        return f"{there:%A} {clock}"
    year = f" {there.year}" if there.year != here.year else ""
    return f"{there:%a} {there.day} {there:%B}{year} {clock}"


def zone_name(zone: ZoneInfo) -> str:
    """`Warsaw time`: the city that gives the zone its name."""
    return f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"


def length(duration: timedelta) -> str:
    """`25 min`, `3 h 20 min`, `2 days`: never more precise than helps."""
    minutes = max(round(abs(duration.total_seconds()) / 60), 1)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 10:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    if hours < 48:
        return f"{hours} h"
    return f"{round(hours / 24)} days"


def first_name(name: str) -> str:
    return literal(name.split()[0] if name.split() else "there")


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut at a word, with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0] or text[: most - 1]}…"


def as_sentence(text: str) -> str:
    """With a mark at its end."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


# ------------------------------------------------------------------------------------------------------ small talk


def greeting(name: str) -> str:
    return (
        f"Hello {first_name(name)}. Tell me in your own words what is not working or what you need, "
        "for example “Outlook keeps asking for my password” or “I need a second monitor”."
    )


def help_text() -> str:
    return (
        "I am the IT help desk. Write what is wrong or what you need, in your own words. If I know the answer, you "
        "get it at once; if not, a person takes it and you are told when you will hear.\n\n"
        "- **Talk to a person** works at any moment.\n"
        "- **my tickets** shows what is open and who has it.\n"
        "- A number such as **T-1042** shows that one ticket."
    )


def thanks() -> str:
    return "You are welcome."


def goodbye() -> str:
    return "Goodbye. Write any time."


def nothing_to_read() -> str:
    return "I can only read words. What is not working, or what do you need?"


def only_files(count: int) -> str:
    files = "a file" if count == 1 else f"{count} files"
    it = "it" if count == 1 else "them"
    return (
        f"I received {files}. Whoever takes this sees {it}, but I cannot look inside: tell me in a sentence what is "
        "wrong."
    )


def new_question() -> str:
    return "Go ahead: what is it about?"


def nothing_to_cancel() -> str:
    return "There is nothing to cancel. What can I do for you?"


def cancelled() -> str:
    return "All right, I have dropped it. Nothing was sent to anyone."


def secret_removed(found: Sequence[str]) -> str:
    what = " and a ".join(found)
    warning = " IT never needs your password." if "password" in found else ""
    return (
        f"Your message contained a {what}. I removed it before anything was stored, and nobody in IT will see it. "
        f"If you can still see it in this chat, delete it there, and change it if others could read it.{warning}"
    )


# --------------------------------------------------------------------------------------------------------- answers


def source(title: str, reviewed: str, owner: str) -> str:
    return f"From the article “{literal(title)}”, last reviewed {reviewed} by {literal(owner)}"


def no_match() -> str:
    return (
        "I found no article about that. Tell me a little more, or let a person look at it: "
        "what you wrote so far goes along."
    )


def about(request: str) -> str:
    """What stands above the answer to one of several requests."""
    return f"About “{literal(shortened(request, 100))}”:"


def no_article_for(requests: Sequence[str]) -> str:
    """Said before a person is asked to take the rest of a message."""
    quoted = " and ".join(f"“{literal(shortened(request, 100))}”" for request in requests)
    return f"About {quoted} I found no article, so a person will take that."


def same_article() -> str:
    return "That is the same article again, so it will not help more. Shall a person take it from here?"


def chosen(prompt: str, label: str) -> str:
    """A question whose choice was made, with the choice instead of the buttons."""
    return f"{prompt}\n\n**{literal(label)}** ✓"


def article_gone() -> str:
    return "That article has been withdrawn in the meantime. Shall a person take it from here?"


def glad() -> str:
    return "Good to hear. Write any time."


def offered(title: str) -> str:
    return f"The article “{title}” was offered."


def did_not_help(title: str) -> str:
    return f"The article “{title}” was offered and did not help."


# ---------------------------------------------------------------------------------------------------------- intake


def ask_what() -> str:
    return "A person will take it. What is it about? A sentence or two are enough."


def ask_category() -> str:
    return "What is it closest to?"


def ask_site(example: str) -> str:
    return f"Which office are you in? For example “{literal(example)}”, or “home”."


def gone_aside() -> str:
    return "This is better said between the two of us: I have written to you directly."


def from_channel(said: Sequence[str], going_on: str) -> str:
    about = f" about “{literal(shortened(said[-1], 80))}”" if said else ""
    return f"You asked in a channel{about}. Here nobody else reads along. {going_on}"


def go_on() -> str:
    return "What would you like to say?"


def private_already() -> str:
    return "Only you and I read this. A technician does, once it is a ticket."


def something_else() -> str:
    return "Something else"


def something_new() -> str:
    return "It is something new"


def still_broken() -> str:
    return "Still broken"


def yes() -> str:
    return "Yes"


def no() -> str:
    return "No"


def not_your_conversation() -> str:
    return "This is somebody else's conversation."


def twin_question(ticket: Ticket) -> str:
    return (
        f"You already have an open ticket that looks like this: **{ticket.name}**, “{literal(ticket.subject)}”. "
        "Shall I add this to it?"
    )


def twin_added(ticket: Ticket) -> str:
    return f"Added to **{ticket.name}**. {_who_has(ticket)}"


# ------------------------------------------------------------------------------------ tickets, as the requester reads


def promise(
    ticket: Ticket, queue_name: str, zone: ZoneInfo, now: datetime, *, opens: datetime, say: str | None = None
) -> str:
    """The ticket is open, and when its requester will hear."""
    lines = [f"I have opened **{ticket.name}** for you: “{literal(ticket.subject)}”."]
    if ticket.first_response_due:
        lines.append(hear_by(queue_name, ticket.first_response_due, zone, now, opens=opens, say=say))
        if opens > now and ticket.priority is not Priority.P1:
            lines.append(f"If several people cannot work, press “{more_urgent()}”.")
    lines.append("Anything you write here is added to it; for something else, write “new question”.")
    return " ".join(lines)


def hear_by(
    queue_name: str, due: datetime, zone: ZoneInfo, now: datetime, *, opens: datetime, say: str | None = None
) -> str:
    """When a requester will hear, and from whom. The clock `opens` then, or runs already; `say` is what the policy
    says of having to wait for them."""
    by = f"**{moment(due, zone, now)}** ({zone_name(zone)})"
    team = f"the {literal(queue_name)} team"
    said = f"{literal(say)} " if say else ""
    if opens <= now:
        return f"{said}You will hear from {team} by {by}."
    return (
        f"{said}It is {now.astimezone(zone):%H:%M}, outside the hours of {team}, which begin again "
        f"{moment(opens, zone, now)}. You will hear by {by}."
    )


def own_status(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    """Where a ticket stands, in one sentence for its requester."""
    match ticket.state:
        case TicketState.NEW:
            return f"nobody has claimed it yet{_hear_by(ticket, zone, now)}"
        case TicketState.CLAIMED:
            return f"{literal(ticket.assignee_name)} has it{_hear_by(ticket, zone, now)}"
        case TicketState.WAITING if ticket.waiting_for is WaitingFor.REQUESTER:
            return f"{literal(ticket.assignee_name)} is waiting for your answer"
        case TicketState.WAITING if ticket.waiting_for is WaitingFor.APPROVAL:
            return f"{literal(ticket.waiting_note)} has been asked to approve it"
        case TicketState.WAITING:
            until = f" until {moment(ticket.waiting_until, zone, now)}" if ticket.waiting_until else ""
            return f"{literal(ticket.assignee_name)} is waiting for {literal(ticket.waiting_note or 'a vendor')}{until}"
        case TicketState.RESOLVED if ticket.resolution is Resolution.NO_ANSWER:
            return "closed, since you did not answer; write any word to reopen it"
        case TicketState.RESOLVED:
            return f"{resolution_name(ticket.resolution)}; write “still broken” to reopen it"
        case _:
            return resolution_name(ticket.resolution)


def promise_line(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    """What is promised next, or nothing."""
    return _hear_by(ticket, zone, now).removeprefix("; ")


def _hear_by(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    if ticket.first_responded_at is None and ticket.first_response_due:
        if ticket.first_response_due < now:
            return f"; you should have heard by {moment(ticket.first_response_due, zone, now)}"
        return f"; you will hear by {moment(ticket.first_response_due, zone, now)}"
    if ticket.resolution_due and ticket.state.is_open:
        if ticket.resolution_due < now:
            return f"; it should have been solved by {moment(ticket.resolution_due, zone, now)}"
        return f"; to be solved by {moment(ticket.resolution_due, zone, now)}"
    return ""


def _who_has(ticket: Ticket) -> str:
    if ticket.assignee:
        return f"{literal(ticket.assignee_name)} has it and will see this."
    return "Nobody has claimed it yet; whoever does will see this."


def my_tickets(lines: Sequence[str]) -> str:
    return "Your tickets:\n\n" + "\n".join(f"- {line}" for line in lines)


def my_ticket_line(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    return f"**{ticket.name}** {literal(ticket.subject)}: {own_status(ticket, zone, now)}"


def no_tickets() -> str:
    return "You have no tickets. If something does not work, just write what it is."


def unknown_ticket(name: str) -> str:
    return f"I find no ticket {literal(name)} of yours. “my tickets” lists those you have."


def claimed(ticket: Ticket) -> str:
    return (
        f"**{literal(ticket.assignee_name)}** has your ticket {ticket.name} now and will write to you here."
    )


def released(ticket: Ticket, queue_name: str) -> str:
    return f"{ticket.name} is with the {literal(queue_name)} team again; somebody else will take it."


def escalated(ticket: Ticket, queue_name: str, zone: ZoneInfo, now: datetime) -> str:
    return (
        f"{ticket.name} has gone to the {literal(queue_name)} team, with everything you told us. "
        f"What we promised stands{_hear_by(ticket, zone, now)}."
    )


def waiting_for_requester(ticket: Ticket, question: str) -> str:
    asked = f":\n\n{literal(question)}" if question else "."
    return f"{literal(ticket.assignee_name)} needs something from you for {ticket.name}{asked}"


def waiting_for_vendor(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    until = f" We ask again {moment(ticket.waiting_until, zone, now)}." if ticket.waiting_until else ""
    return f"{ticket.name} now waits for {literal(ticket.waiting_note)}; we stay responsible for it.{until}"


def resolved(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    return f"{_how_it_ended(ticket, zone, now)} How was the help?"


def _how_it_ended(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    said = f"\n\n{literal(ticket.resolution_text)}" if ticket.resolution_text else ""
    until = f" until {moment(ticket.closes_at, zone, now)}" if ticket.closes_at else ""
    return (
        f"**{ticket.name} is resolved**: {resolution_name(ticket.resolution)}.{said}\n\n"
        f"If it is still broken, say so{until} and it opens again."
    )


def rating_label(rating: int) -> str:
    return ("1 Poor", "2", "3", "4", "5 Great")[rating - 1]


def rated(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    return f"{_how_it_ended(ticket, zone, now)} You gave it {ticket.rating} of 5. Thank you."


def withdrawn(ticket: Ticket) -> str:
    return f"I have withdrawn {ticket.name}. If you need it after all, write “still broken”."


def reopened(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    return f"{ticket.name} is open again{_hear_by(ticket, zone, now)}."


def merged(ticket: Ticket, into: Ticket) -> str:
    return f"{ticket.name} is about the same as **{into.name}** and goes on there. Keep writing here."


def merged_here(ticket: Ticket) -> str:
    return f"{ticket.name} “{ticket.subject}” of {ticket.requester_name} was merged into this one: {ticket.description}"


def not_a_request(ticket: Ticket) -> str:
    return f"{ticket.name} was closed because it did not look like a request. If that is wrong, say so."


def is_it_still_broken(ticket: Ticket) -> str:
    return f"{ticket.name} is resolved. Is it still broken, or is this something new?"


def shall_i_close(ticket: Ticket) -> str:
    return f"Good to hear. Shall I close {ticket.name}?"


def taken_back() -> str:
    return "(taken back by the requester)"


def closed_so_new(ticket: Ticket) -> str:
    return f"{ticket.name} was closed a while ago, so I treat this as something new."


def response_breached(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    due = moment(ticket.first_response_due, zone, now) if ticket.first_response_due else ""
    return (
        f"We said that you would hear about {ticket.name} by {due}, and you have not. "
        "That is our fault; the team has been told again."
    )


def relay_failed(name: str, reason: str) -> str:
    return f"**Not delivered** to {literal(name)}: {literal(reason)}"


# ---------------------------------------------------------------------------------------- tickets, as technicians read


def state_name(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    match ticket.state:
        case TicketState.NEW:
            return "New, unclaimed"
        case TicketState.CLAIMED:
            since = sla.idle_since(ticket)
            idle = f", nothing done since {moment(since, zone, now)}" if since else ""
            return f"Claimed by {ticket.assignee_name}{idle}"
        case TicketState.WAITING if ticket.waiting_for is WaitingFor.REQUESTER:
            return f"{ticket.assignee_name} waits for the requester"
        case TicketState.WAITING if ticket.waiting_for is WaitingFor.APPROVAL:
            until = f" until {moment(ticket.waiting_until, zone, now)}" if ticket.waiting_until else ""
            return f"{ticket.assignee_name} waits for the approval of {ticket.waiting_note}{until}"
        case TicketState.WAITING:
            until = f" until {moment(ticket.waiting_until, zone, now)}" if ticket.waiting_until else ""
            return f"{ticket.assignee_name} waits for {ticket.waiting_note}{until}"
        case TicketState.RESOLVED:
            by = f" by {ticket.assignee_name}" if ticket.assignee_name else ""
            return f"Resolved{by}: {resolution_name(ticket.resolution)}"
        case _:
            return f"Closed: {resolution_name(ticket.resolution)}"


def resolution_name(resolution: Resolution | None) -> str:
    return {
        Resolution.FIXED: "fixed",
        Resolution.ANSWERED: "answered",
        Resolution.CONFIRMED: "it works again",
        Resolution.WORKAROUND: "there is a way around it",
        Resolution.NOT_REPRODUCIBLE: "it did not happen again",
        Resolution.WITHDRAWN: "withdrawn by the requester",
        Resolution.MERGED: "merged into another ticket",
        Resolution.NOT_A_REQUEST: "not a request",
        Resolution.NO_ANSWER: "no answer from the requester",
        None: "",
    }[resolution]


def due(instant: datetime | None, met_at: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """`tomorrow 09:00`, `done today 14:10`, `late since today 12:00`, for a card."""
    if met_at:
        return f"done {moment(met_at, zone, now)}"
    if instant is None:
        return "stopped"
    told = moment(instant, zone, now)
    return f"late since {told}" if instant < now else told


def clock(kind: str, instant: datetime, now: datetime) -> str:
    """`reply due in 25 min`, `solution late by 2 h`, for a list."""
    what = "reply" if kind == "first_response" else "solution"
    return (
        f"{what} late by {length(now - instant)}"
        if instant < now
        else f"{what} due in {length(instant - now)}"
    )


def clock_stopped() -> str:
    return "clock stopped"


def with_queue(queue_name: str, tier: int) -> str:
    return f"Now with {queue_name} (tier {tier})"


def delivered_to(name: str) -> str:
    return f"Delivered to {literal(name)} ✓"


def relayed_reply(technician: str, requester: str, text: str) -> str:
    return f"**{literal(technician)} → {literal(requester)}**\n\n{literal(text)}"


def noted(technician: str, text: str) -> str:
    return f"**Internal note by {literal(technician)}**\n\n{literal(text)}"


def event_line(technician: str, what: str, text: str = "") -> str:
    """A line in the card's thread about what somebody did."""
    said = f": {literal(text)}" if text else ""
    return f"*{literal(technician)} {what}{said}*"


def edit_not_sent() -> str:
    return (
        "This edit was not passed on: editing neither sends a message to the requester nor makes a sent one internal. "
        "Use Reply, or a new message that begins with >."
    )


def thread_hint(*, reaches_requester: bool) -> str:
    """What the message box in a card's thread says about who will read it."""
    if reaches_requester:
        return "The requester reads this. Begin with note: to write to colleagues only."
    return "Only colleagues read this. Begin with > to write to the requester."


def files() -> str:
    return "Files"


def names_of(found: Sequence[File]) -> str:
    return ", ".join(printable(file.name) for file in found)


def files_note(names: Sequence[str]) -> str:
    return "Files: " + ", ".join(literal(name) for name in names)


def file_not_carried(name: str) -> str:
    return f"The file {literal(name)} could not be brought here. Ask for it, or look where it was sent."


def file_too_large(names: Sequence[str]) -> str:
    what = ", ".join(literal(name) for name in names)
    return (
        f"I can tell the technicians that there is {what}, but not pass it on: files of up to "
        f"{LARGEST_FILE // 1024 // 1024} MB, {MOST_FILES} at a time, come along. A screenshot is usually enough."
    )


def milestone(kind: Milestone, ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    """What the review noticed, as the queue reads it."""
    owner = literal(ticket.assignee_name) if ticket.assignee else "Nobody has claimed it."
    match kind:
        case Milestone.RESPONSE_AT_RISK:
            return (
                f"{ticket.name}: the first reply is due {_at(ticket.first_response_due, zone, now)}. {owner}"
            )
        case Milestone.RESPONSE_BREACHED:
            return f"**{ticket.name}: the first reply is late** (it was due {_at(ticket.first_response_due, zone, now)}). {owner}"
        case Milestone.RESOLUTION_AT_RISK:
            return f"{ticket.name}: the solution is due {_at(ticket.resolution_due, zone, now)}. {owner}"
        case Milestone.RESOLUTION_BREACHED:
            return f"**{ticket.name}: the solution is late** (it was due {_at(ticket.resolution_due, zone, now)}). {owner}"
        case Milestone.UPDATE_BREACHED:
            return f"{ticket.name}: the requester should have had word by {_at(ticket.update_due, zone, now)}. {owner}"
        case Milestone.TIER_SPENT:
            return (
                f"{ticket.name}: tier {ticket.tier} has used up its part of the time. {owner} "
                "Escalate it, or say what is missing."
            )
        case Milestone.ROLLOVER_DUE | Milestone.PAGE_DUE | Milestone.REMINDER_DUE | Milestone.SILENCE_ENDED:
            return ""
        case Milestone.FOLLOW_UP_DUE:
            return (
                f"{ticket.name}: time to ask {literal(ticket.waiting_note or 'the requester')} again. {owner}"
            )
        case Milestone.REOPEN_WINDOW_ENDED:
            return f"{ticket.name} is closed: the time to reopen it has passed."


def late(since: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Added to what is noticed long after it came."""
    return f" (This is said late: it was due {moment(since, zone, now)}.)"


# --------------------------------------------------------------------------------------------------------- on call


def page(ticket: Ticket, name: str, due: datetime, zone: ZoneInfo, now: datetime) -> str:
    """What somebody who is on call reads."""
    return (
        f"{first_name(name)}, you are on call. **{ticket.name}**, {ticket.priority.value}: “{literal(ticket.subject)}”, "
        f"from {literal(ticket.requester_name)}. Can you take it? Without an answer by {moment(due, zone, now)} "
        "the next one is called."
    )


def paged(name: str, rota: str, due: datetime, zone: ZoneInfo, now: datetime) -> str:
    return f"{literal(name)} ({literal(rota)}) is called and has until {moment(due, zone, now)} to answer."


def page_accepted(ticket: Ticket) -> str:
    return f"You have taken **{ticket.name}**. Thank you."


def page_over(ticket: Ticket) -> str:
    """Instead of a page that no longer needs an answer."""
    if ticket.assignee:
        return f"{literal(ticket.assignee_name)} has **{ticket.name}**. You need do nothing."
    return f"**{ticket.name}** needs nobody on call any more."


def page_passed_on(ticket: Ticket) -> str:
    return f"**{ticket.name}** goes to the next one on call."


def rejected(name: str) -> str:
    return f"*{literal(name)} cannot take it*"


def unanswered(name: str) -> str:
    return f"*{literal(name)} has not answered*"


def nobody_left_to_page(rota: str, leads: Sequence[str]) -> str:
    names = ", ".join(map(literal, leads))
    asked = f" {names}: please find somebody." if names else " Please find somebody."
    return f"**Nobody of {literal(rota)} has taken it, and nobody is left to call.**{asked}"


def rolled_over(ticket: Ticket, queue_name: str) -> str:
    return f"Nobody has claimed {ticket.name} in time, so it goes to {literal(queue_name)}."


def raised_tier(ticket: Ticket, queue_name: str) -> str:
    return f"{ticket.name} goes to {literal(queue_name)}, since nothing has moved here."


def reminded(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    if sla.idle_since(ticket):
        return f"Reminder: **{literal(ticket.assignee_name)}**, {_what_it_lacks(ticket, zone, now)}."
    return f"Reminder: {_what_it_lacks(ticket, zone, now)}."


def mentioned(ticket: Ticket, rota: str, names: Sequence[str], zone: ZoneInfo, now: datetime) -> str:
    who = ", ".join(map(literal, names)) or "nobody"
    return f"On call ({literal(rota)}): **{who}**. {_what_it_lacks(ticket, zone, now)}."


def told_lead(ticket: Ticket, names: Sequence[str], zone: ZoneInfo, now: datetime) -> str:
    who = ", ".join(map(literal, names)) or "Lead"
    return f"**{who}**: {_what_it_lacks(ticket, zone, now)}."


def asked_again(ticket: Ticket, ends: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    """The requester is reminded of what was asked."""
    asked = f"\n\n{literal(ticket.waiting_note)}" if ticket.waiting_note else ""
    closing = f"\n\nWithout a word from you I close it {moment(ends, zone, now)}." if ends else ""
    return (
        f"{literal(ticket.assignee_name) or 'The team'} is still waiting for your answer on **{ticket.name}**, "
        f"“{literal(ticket.subject)}”:{asked}{closing} If it works by now, just say so."
    )


def asked_again_told(ticket: Ticket) -> str:
    return f"*{literal(ticket.requester_name)} has not answered and was reminded ({ticket.reminders})*"


def closed_unanswered(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    until = f" until {moment(ticket.closes_at, zone, now)}" if ticket.closes_at else ""
    return (
        f"I have closed **{ticket.name}**, since I had no answer. One word from you here{until} opens it again, "
        f"and {literal(ticket.assignee_name) or 'the team'} goes on where it stopped."
    )


def closed_unanswered_told(ticket: Ticket, reminders: int) -> str:
    times = "one reminder" if reminders == 1 else f"{reminders} reminders"
    return (
        f"*{literal(ticket.requester_name)} has not answered, in spite of {times}, so {ticket.name} is closed. "
        "Any word from them opens it again.*"
    )


def still_needed() -> str:
    return "I still need this"


def taken_from(ticket: Ticket, name: str, since: datetime, zone: ZoneInfo, now: datetime) -> str:
    return (
        f"{literal(name)} has done nothing with {ticket.name} since {moment(since, zone, now)}, "
        "so anybody here can claim it again."
    )


def _what_it_lacks(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    due_next = _due_next(ticket, zone, now)
    if since := sla.idle_since(ticket):
        idle = f"nothing has been done with {ticket.name} since {moment(since, zone, now)}"
        return f"{idle}; {literal(ticket.assignee_name)} has it{due_next}"
    if ticket.state is TicketState.NEW:
        lacks = "unclaimed"
    else:
        lacks = "unanswered" if ticket.first_responded_at is None else "unsolved"
    return f"{ticket.name} is still {lacks}{due_next}"


def _due_next(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    unanswered = ticket.first_responded_at is None
    due_at = ticket.first_response_due if unanswered else ticket.resolution_due
    if due_at is None:
        return ""
    what = "the first reply" if unanswered else "the solution"
    return f"; {what} {'was' if due_at <= now else 'is'} due {moment(due_at, zone, now)}"


# ----------------------------------------------------------------------------------------------- said by the clock


def day_begins(
    queue: str,
    tickets: Sequence[Ticket],
    there: Sequence[str],
    missing: Sequence[str],
    zone: ZoneInfo,
    now: datetime,
) -> str:
    """What a queue's technicians find in the morning."""
    lines = [f"**Good morning, {literal(queue)}.** {_how_many(tickets, now)}"]
    lines.append(f"There today: {', '.join(map(literal, there)) or 'nobody'}.")
    if missing:
        lines.append(f"Away: {', '.join(map(literal, missing))}.")
    return "\n\n".join([" ".join(lines), *_due_first(tickets, zone, now)])


def day_ends(queue: str, tickets: Sequence[Ticket], zone: ZoneInfo, now: datetime) -> str:
    """What a queue leaves behind in the evening."""
    head = f"**{literal(queue)} closes.** {_how_many(tickets, now)} What was promised goes on:"
    return "\n\n".join([head, *_due_first(tickets, zone, now)])


def coverage_ahead(found: str) -> str:
    return f"**Coverage in the next two weeks**\n\n{literal(found)}"


def _how_many(tickets: Sequence[Ticket], now: datetime) -> str:
    if not tickets:
        return "Nothing is open."
    unclaimed = sum(ticket.state is TicketState.NEW for ticket in tickets)
    late = sum(_is_late(ticket, now) for ticket in tickets)
    return f"{len(tickets)} open, {unclaimed} unclaimed, {late} late."


def _is_late(ticket: Ticket, now: datetime) -> bool:
    running = sla.next_due(ticket)
    return running is not None and running[1] < now


def _due_first(tickets: Sequence[Ticket], zone: ZoneInfo, now: datetime, most: int = 5) -> list[str]:
    """Those that are due first, as a list."""
    lines = [
        f"- **{ticket.name}** {literal(ticket.subject)}: {literal(ticket.assignee_name) or 'nobody yet'}{_due_next(ticket, zone, now)}"
        for ticket in tickets[:most]
    ]
    if len(tickets) > most:
        lines.append(f"- and {len(tickets) - most} more")
    return ["\n".join(lines)] if lines else []


# ------------------------------------------------------------------------------------------------ who is there


def span(since: datetime, until: datetime, zone: ZoneInfo, now: datetime) -> str:
    start = "now" if since <= now else moment(since, zone, now)
    return f"from {start} until {moment(until, zone, now)}"


def out_noted(since: datetime, until: datetime, zone: ZoneInfo, now: datetime) -> str:
    return f"Noted: you are out {span(since, until, zone, now)}. Write “I'm back” if you return sooner."


def absence_leaves(queues: Sequence[str], rotas: Sequence[str]) -> str:
    """What an absence leaves without anybody, a line each."""
    lines = [
        *(f"- **{literal(queue)}** has nobody during that time." for queue in queues),
        *(
            f"- **{literal(rota)}** is yours then. “swap Friday night with …” asks a colleague."
            for rota in rotas
        ),
    ]
    return "\n".join(lines)


def queue_emptied(
    queue: str, name: str, since: datetime, until: datetime, zone: ZoneInfo, now: datetime
) -> str:
    return f"**Nobody of {literal(queue)} is there {span(since, until, zone, now)}**, since {literal(name)} is out."


def back_noted(ended: int) -> str:
    return "Welcome back." if ended else "Good to know; I had not noted that you were out."


def not_on_call_then(since: datetime, until: datetime, zone: ZoneInfo, now: datetime) -> str:
    return f"You are not on call {span(since, until, zone, now)}, so there is nothing to swap."


def unknown_colleague(name: str) -> str:
    return f"I know no colleague called {literal(name)}. Use their name as it is on the cards."


def unreachable_colleague(name: str) -> str:
    return f"{literal(name)} has never talked to me, so I cannot ask. Let them write “hello” to me first."


def swap_asked(name: str) -> str:
    return f"I have asked {literal(name)}. It stays yours until they accept."


def swap_request(name: str, turns: Sequence[str]) -> str:
    return (
        f"{literal(name)} asks you to take over:\n\n"
        + "\n".join(f"- {turn}" for turn in turns)
        + "\n\nWill you?"
    )


def turn_line(rota: str, layer: str, since: datetime, until: datetime, zone: ZoneInfo, now: datetime) -> str:
    return f"{literal(rota)} ({layer}), {span(since, until, zone, now)} ({zone_name(zone)})"


def swap_accepted(name: str, turns: Sequence[str]) -> str:
    return f"{literal(name)} takes over:\n\n" + "\n".join(f"- {turn}" for turn in turns)


def swap_taken(turns: Sequence[str]) -> str:
    return "Thank you. You take over:\n\n" + "\n".join(f"- {turn}" for turn in turns)


def swap_declined(name: str) -> str:
    return f"{literal(name)} cannot take it, so it stays yours."


def swap_over() -> str:
    return "That has been answered or is over."


def answers_now(covered: Coverage, zone: ZoneInfo, now: datetime) -> str:
    """Who answers a request made now."""
    there = ", ".join(literal(one.name) for one in covered.there) or "nobody"
    lines = [
        f"**{literal(covered.queue.name)}**, tier {covered.queue.tier}, {covered.priority.value}. There now: {there}."
    ]
    if covered.pages:
        lines.append(f"Called: {', '.join(literal(page.technician.name) for page in covered.pages)}.")
    if covered.rollover:
        lines.append(
            f"Unclaimed, it goes to {literal(covered.rollover.queue.name)} {moment(covered.rollover.at, zone, now)}."
        )
    lines.append(f"First reply by {moment(covered.first_response_due, zone, now)} ({zone_name(zone)}).")
    why = "\n".join(f"- {literal(_reason(reason))}" for reason in covered.because)
    return f"{' '.join(lines)}\n\n{why}"


def _reason(reason: Reason) -> str:
    """With the rule's file and line; where that file is on the server is nobody's business in a chat."""
    file = reason.place.file.rpartition("/")[2]
    return f"{reason.sentence} ({reason.place._replace(file=file)})" if file else reason.sentence


def more_urgent() -> str:
    return "It is more urgent"


def urgency_raised(ticket: Ticket, zone: ZoneInfo, now: datetime) -> str:
    return f"{ticket.name} is {ticket.priority.value} now, and the team has been told why{_hear_by(ticket, zone, now)}."


def urgency_told(ticket: Ticket, reason: str) -> str:
    return (
        f"**{literal(ticket.requester_name)} says that it is more urgent**; it is {ticket.priority.value} now."
        f"\n\n{literal(reason)}"
    )


def _at(instant: datetime | None, zone: ZoneInfo, now: datetime) -> str:
    return moment(instant, zone, now) if instant else ""


def delivery_died(number: int, reason: str) -> str:
    return (
        f"A message could not be delivered and was set aside: {literal(reason)}. "
        f"Whoever runs the desk can look with `firstline outbox list` and send it with `firstline outbox retry {number}`."
    )


# -------------------------------------------------------------------------------------------------------- refusals


def refusal(error: TicketError, ticket: Ticket) -> str:
    """Why a verb was not carried out. Plain text: refusals are shown as toasts."""
    match error:
        case model.AlreadyClaimed():
            return f"{error.assignee} already has {ticket.name}."
        case model.NotAssignee(assignee=""):
            return f"Nobody has claimed {ticket.name} yet. Claim it first."
        case model.NotAssignee():
            return f"{error.assignee} has {ticket.name}. Ask them, or a team lead, to pass it on."
        case model.NotOpen(resolution=Resolution.WITHDRAWN):
            return f"{ticket.name} was withdrawn by {ticket.requester_name} in the meantime."
        case model.NotOpen(resolution=Resolution.MERGED):
            return f"{ticket.name} was merged into another ticket in the meantime."
        case model.NotOpen():
            return f"{ticket.name} is {error.state} already, so nothing was changed."
        case model.NotResolved(state=TicketState.CLOSED):
            return f"{ticket.name} is closed for good. Please open a new ticket."
        case model.NotResolved():
            return f"{ticket.name} is still open."
        case model.NotWaiting():
            return f"{ticket.name} is not waiting for anybody."
        case model.AlreadyThere():
            return f"{ticket.name} is like that already."
        case model.NotPaged():
            return "Somebody else is called by now, or nobody need be. Thank you."
        case model.UrgencyRaised():
            return "You have raised it before, or it is as urgent as it can be. The team knows."
        case model.NothingToHandBack():
            return f"{ticket.name} was not escalated to this queue, so there is nobody to hand it back to."
        case model.CannotMerge():
            return f"{ticket.name} can only be merged into another ticket that is open."
        case _:
            return f"That is not possible for {ticket.name} now."


def not_a_technician(queue_name: str) -> str:
    return (
        f"Only technicians of the queue {queue_name} can do that. If you should be one, ask your team lead."
    )


def ticket_gone() -> str:
    return "That ticket does not exist here."


def you_have_it(ticket: Ticket) -> str:
    return f"You already have {ticket.name}."


def nothing_to_press() -> str:
    return "That button belongs to something that has moved on. Write what you need."


def not_your_ticket() -> str:
    return "That ticket belongs to somebody else."


def required() -> str:
    return "Please fill this in."


def not_a_choice() -> str:
    return "Please choose one of the list."


def in_the_past() -> str:
    return "This must be a time in the future."


def not_a_time() -> str:
    return "Please give a date and a time, such as 2026-12-01T09:00."


def went_wrong() -> str:
    return (
        "Something went wrong on our side, and whoever runs the desk has been told. "
        "Please try once more, or let a person take it."
    )


def not_for_you(name: str) -> str:
    return f"{name} cannot be given this ticket."


def unknown_number(text: str) -> str:
    return f"There is no open ticket {text}. Give a number such as T-1042."


def priority_name(priority: Priority, meaning: str) -> str:
    return f"{priority.value} – {meaning}"
