"""A ticket as its card and its forms, drawn neutrally; each adapter makes its platform's own of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import approval_wording, wording
from bot.conversations import where_asked
from bot.messages import (
    Button,
    Card,
    Choice,
    Fact,
    Field,
    FieldKind,
    Form,
    Menu,
    OwnTicket,
    QueueRow,
    Style,
    literal,
)
from tickets import sla
from tickets.kinds import Priority, Resolution, TicketState
from tickets.model import Approval, Ticket
from tickets.policy import Organisation, Queue, Technician, UnknownInPolicy

DESCRIPTION_SHOWN = 1500
"""Characters of the request on the card; the whole text is the first message of its thread."""

REASONS = (Resolution.FIXED, Resolution.ANSWERED, Resolution.WORKAROUND, Resolution.NOT_REPRODUCIBLE)
"""How a technician can resolve; the other resolutions have verbs of their own."""


def zone_of(organisation: Organisation, queue: str) -> ZoneInfo:
    """The zone in which a queue's cards tell times: its calendar's."""
    try:
        return organisation.calendar(organisation.queue(queue).calendar).timezone
    except UnknownInPolicy:
        return organisation.timezone


def ticket_card(ticket: Ticket, organisation: Organisation, now: datetime, *, moved: bool = False) -> Card:
    """The card in the ticket's queue; with `moved`, the one that stays behind in a queue that it has left."""
    zone = zone_of(organisation, ticket.queue)
    queue_name = name_of(lambda: organisation.queue(ticket.queue).name, ticket.queue)
    if moved:
        status, tone = wording.with_queue(queue_name, ticket.tier), "neutral"
    else:
        status, tone = wording.state_name(ticket, zone, now), tone_of(ticket, now)
    return Card(
        title=f"{ticket.name} · {ticket.subject}",
        status=status,
        tone=tone,
        facts=_facts(ticket, organisation, zone, now),
        body=_body(ticket),
        buttons=() if moved else _buttons(ticket, organisation),
        text=f"{ticket.name} {ticket.subject}: {status}",
    )


def tone_of(ticket: Ticket, now: datetime) -> str:
    """What colour may underline; the words of the status say it."""
    if not ticket.state.is_open:
        return "good" if ticket.state is TicketState.RESOLVED else "neutral"
    if ticket.state is TicketState.WAITING:
        return "waiting"
    running = sla.next_due(ticket)
    if running and running[1] < now:
        return "bad"
    return "warning" if ticket.state is TicketState.NEW else "neutral"


def queue_row(ticket: Ticket, organisation: Organisation, now: datetime) -> QueueRow:
    """The ticket as one line of a queue list."""
    running = sla.next_due(ticket)
    zone = zone_of(organisation, ticket.queue)
    return QueueRow(
        ticket_id=ticket.id or 0,
        number=ticket.name,
        subject=ticket.subject,
        requester=ticket.requester_name,
        site=site_name(ticket, organisation),
        queue=ticket.queue,
        queue_name=name_of(lambda: organisation.queue(ticket.queue).name, ticket.queue),
        tier=ticket.tier,
        priority=ticket.priority.value,
        category=name_of(lambda: organisation.category(ticket.category).name, ticket.category),
        status=wording.state_name(ticket, zone, now),
        tone=tone_of(ticket, now),
        assignee=ticket.assignee_name,
        clock=wording.clock(*running, now) if running else wording.clock_stopped(),
        due_at=running[1] if running else None,
        opened_at=ticket.opened_at,
    )


def own_ticket(ticket: Ticket, zone: ZoneInfo, now: datetime) -> OwnTicket:
    """The ticket as one line of its requester's list."""
    return OwnTicket(
        number=ticket.name,
        subject=ticket.subject,
        status=wording.own_status(ticket, zone, now),
        tone=tone_of(ticket, now),
        promise=wording.promise_line(ticket, zone, now),
        opened_at=ticket.opened_at,
        address=where_asked(ticket),
        open=ticket.state.is_open,
    )


def site_name(ticket: Ticket, organisation: Organisation) -> str:
    site = ticket.site
    return name_of(lambda: organisation.site(site).name, site) if site else ""


def name_of(look_up: Callable[[], str], otherwise: str) -> str:
    """A name from the policy; the bare id for what an edit of the policy has removed since."""
    try:
        return look_up()
    except UnknownInPolicy:
        return otherwise


# ---------------------------------------------------------------------------------------------------- card parts


def _used(ticket: Ticket, organisation: Organisation, now: datetime) -> str:
    """Who has used the time: `tier 1 50 min, tier 2 2 h`."""
    try:
        used = sla.used_by_tier(ticket, organisation, now)
    except UnknownInPolicy:
        used = dict(ticket.tier_used)
    return ", ".join(
        f"tier {tier} {wording.length(timedelta(seconds=seconds))}" for tier, seconds in sorted(used.items())
    )


def _facts(ticket: Ticket, organisation: Organisation, zone: ZoneInfo, now: datetime) -> tuple[Fact, ...]:
    office = site_name(ticket, organisation) or ticket.answers.get("Where", "")
    facts = [
        Fact("Requester", literal(ticket.requester_name + (f", {office}" if office else ""))),
        Fact(
            "Category", literal(name_of(lambda: organisation.category(ticket.category).name, ticket.category))
        ),
        Fact("Priority", _priority(ticket.priority, organisation)),
        Fact("Tier", str(ticket.tier)),
        Fact("Opened", wording.moment(ticket.opened_at, zone, now)),
    ]
    if ticket.state.is_open:
        facts.append(
            Fact("First reply", wording.due(ticket.first_response_due, ticket.first_responded_at, zone, now))
        )
        due = None if ticket.state is TicketState.WAITING else ticket.resolution_due
        facts.append(Fact("Solution", wording.due(due, None, zone, now)))
        if ticket.update_due:
            facts.append(Fact("Next word", wording.due(ticket.update_due, None, zone, now)))
        if ticket.tier_due:
            facts.append(Fact(f"Budget of tier {ticket.tier}", wording.due(ticket.tier_due, None, zone, now)))
        if ticket.escalated_from and (used := _used(ticket, organisation, now)):
            facts.append(Fact("Time used", used))
    if ticket.approvals:
        latest: Approval = ticket.approvals[-1]  # type: ignore[assignment]
        facts.append(Fact("Approval", approval_wording.on_card(latest, zone, now)))
    if ticket.rating:
        said = f" “{literal(ticket.rating_comment)}”" if ticket.rating_comment else ""
        facts.append(Fact("Rating", f"{ticket.rating} of 5{said}"))
    return tuple(facts)


def _priority(priority: Priority, organisation: Organisation) -> str:
    promised = organisation.priorities.get(priority)
    return literal(wording.priority_name(priority, promised.meaning)) if promised else priority.value


def _body(ticket: Ticket) -> str:
    parts = [literal(wording.shortened(ticket.description, DESCRIPTION_SHOWN))]
    parts += [f"**{literal(question)}** {literal(answer)}" for question, answer in ticket.answers.items()]
    if ticket.tried:
        parts.append("**Tried so far**\n\n" + "\n".join(f"- {literal(tried)}" for tried in ticket.tried))
    if ticket.resolution_text:
        parts.append(f"**Solution** {literal(ticket.resolution_text)}")
    return "\n\n".join(parts)


def _buttons(ticket: Ticket, organisation: Organisation) -> tuple[Button | Menu, ...]:
    value = str(ticket.id)

    def button(verb: str, label: str, style: Style = Style.PLAIN) -> Button:
        return Button(f"ticket.{verb}", label, value, style)

    more = Menu(
        "More",
        (
            button("priority", "Priority…"),
            button("category", "Category…"),
            button("merge", "Merge into…"),
            button("not_a_request", "Not a request"),
            button("note", "Internal note…"),
        ),
    )
    escalate = button("escalate", "Escalate…")
    hand_back = (button("hand_back", "Hand back…"),) if ticket.escalated_from else ()
    match ticket.state:
        case TicketState.NEW:
            claim = button("claim", "Claim", Style.PRIMARY)
            return (claim, button("assign", "Assign…"), escalate, *hand_back, more)
        case TicketState.CLAIMED | TicketState.WAITING:
            waiting: tuple[Button | Menu, ...] = (
                (button("resume", "Resume"),)
                if ticket.state is TicketState.WAITING
                else (
                    Menu(
                        "Waiting for…",
                        (button("wait_requester", "The requester…"), button("wait_vendor", "A vendor…")),
                    ),
                )
            )
            return (
                button("reply", "Reply…", Style.PRIMARY),
                *waiting,
                button("resolve", "Resolve…"),
                escalate,
                *hand_back,
                Menu(
                    "More",
                    (
                        button("assign", "Assign…"),
                        button("release", "Release"),
                        button("wait_approval", "Ask for approval…"),
                        *more.buttons,
                    ),
                ),
            )
        case TicketState.RESOLVED:
            draft = button("draft", "Draft an article")
            return (button("reopen", "Reopen"), button("note", "Internal note…"), draft)
        case _:
            return ()


# --------------------------------------------------------------------------------------------------------- forms


def assign_form(ticket: Ticket, organisation: Organisation, platform: str) -> Form:
    """To one of the queue's technicians, by their account on the platform of whoever assigns it."""

    def account(technician: Technician) -> str:
        prefix = f"{platform}:"
        return next((one for one in technician.accounts if one.startswith(prefix)), technician.id)

    mine = [
        Choice(account(technician), technician.name)
        for technician in organisation.technicians
        if technician.id in organisation.queue(ticket.queue).technicians and technician.id != ticket.assignee
    ]
    to = replace(_choice("to", "To whom", mine), people=True)
    return _form(ticket, "assign", "Assign {}", (to,), "Assign")


def escalate_form(ticket: Ticket, queues: Sequence[Queue]) -> Form:
    choices = [Choice(queue.id, f"{queue.name} (tier {queue.tier})") for queue in queues]
    tried = Field("tried", "What was tried, and what came of it", FieldKind.LONG_TEXT)
    return _form(ticket, "escalate", "Escalate {}", (_choice("queue", "To", choices), tried), "Escalate")


def hand_back_form(ticket: Ticket) -> Form:
    reason = Field("reason", "Why it goes back", FieldKind.LONG_TEXT)
    return _form(ticket, "hand_back", "Hand back {}", (reason,), "Hand back")


def reply_form(ticket: Ticket) -> Form:
    text = Field("text", f"To {ticket.requester_name}", FieldKind.LONG_TEXT)
    return _form(ticket, "reply", "Reply on {}", (text,), "Send")


def wait_requester_form(ticket: Ticket) -> Form:
    note = Field("note", f"What you need from {ticket.requester_name}", FieldKind.LONG_TEXT)
    return _form(ticket, "wait_requester", "{}: wait for answer", (note,), "Ask and wait")


def wait_vendor_form(ticket: Ticket, zone: ZoneInfo) -> Form:
    fields = (
        Field("who", "Who must act", hint="For example the internet provider"),
        Field("until", "Ask again at", FieldKind.MOMENT, hint=wording.zone_name(zone)),
    )
    return _form(ticket, "wait_vendor", "{}: wait for vendor", fields, "Wait", zone)


def wait_approval_form(ticket: Ticket, zone: ZoneInfo) -> Form:
    fields = (
        Field("who", "Who must approve it", hint="E-mail address, or a technician's name"),
        Field("what", "What exactly they approve", FieldKind.LONG_TEXT),
        Field("until", "Ask again at", FieldKind.MOMENT, hint=wording.zone_name(zone)),
    )
    return _form(ticket, "wait_approval", "{} needs an approval", fields, "Ask and wait", zone)


def not_approved_form(ticket: Ticket) -> Form:
    word = Field("word", "Why not, for whoever asked", FieldKind.LONG_TEXT)
    return Form("approval.reject", str(ticket.id), f"{ticket.name} is not approved", (word,), "Say so")


def approval_buttons(ticket: Ticket) -> tuple[Button, ...]:
    return (
        Button("approval.approve", "Approve", str(ticket.id), Style.PRIMARY),
        Button("approval.reject", "Do not approve…", str(ticket.id), Style.DANGER),
    )


def resolve_form(ticket: Ticket) -> Form:
    choices = [Choice(reason.value, wording.resolution_name(reason).capitalize()) for reason in REASONS]
    fields = (
        _choice("reason", "How it ended", choices, Resolution.FIXED.value),
        Field("text", "What you did, for the requester", FieldKind.LONG_TEXT),
    )
    return _form(ticket, "resolve", "Resolve {}", fields, "Resolve")


def priority_form(ticket: Ticket, organisation: Organisation) -> Form:
    choices = [
        Choice(priority.value, wording.priority_name(priority, promise.meaning))
        for priority, promise in sorted(organisation.priorities.items())
    ]
    priority = _choice("priority", "Priority", choices, ticket.priority.value)
    return _form(ticket, "priority", "Priority of {}", (priority,), "Change")


def category_form(ticket: Ticket, organisation: Organisation) -> Form:
    choices = [Choice(category.id, category.name) for category in organisation.categories]
    category = _choice("category", "Category", choices, ticket.category)
    return _form(ticket, "category", "Category of {}", (category,), "Change")


def merge_form(ticket: Ticket) -> Form:
    into = Field("into", "The ticket that goes on", hint="For example T-1042")
    return _form(ticket, "merge", "Merge {} into another", (into,), "Merge")


def note_form(ticket: Ticket) -> Form:
    text = Field("text", "Only technicians see it", FieldKind.LONG_TEXT)
    return _form(ticket, "note", "Internal note on {}", (text,), "Keep")


def rating_form(ticket: Ticket) -> Form:
    word = Field("comment", "Would you like to add a word?", required=False, max_length=500)
    return _form(ticket, "comment", "Thank you", (word,), "Send")


def rating_buttons(ticket: Ticket) -> tuple[Button, ...]:
    rate = tuple(
        Button("ticket.rate", wording.rating_label(rating), f"{ticket.id}:{rating}") for rating in range(1, 6)
    )
    return (*rate, still_broken_button(ticket))


def still_broken_button(ticket: Ticket) -> Button:
    return Button("ticket.still_broken", wording.still_broken(), str(ticket.id))


def still_needed_button(ticket: Ticket) -> Button:
    return Button("ticket.still_broken", wording.still_needed(), str(ticket.id), Style.PRIMARY)


def withdraw_button(ticket: Ticket) -> Button:
    return Button("ticket.withdraw", "Withdraw", str(ticket.id))


def page_buttons(ticket: Ticket) -> tuple[Button, ...]:
    return (
        Button("ticket.accept_page", "Accept", str(ticket.id), Style.PRIMARY),
        Button("ticket.reject_page", "I cannot", str(ticket.id)),
    )


def urgent_button(ticket: Ticket) -> Button:
    return Button("ticket.urgent", wording.more_urgent(), str(ticket.id))


def urgent_form(ticket: Ticket) -> Form:
    reason = Field("reason", "What has become worse, or who else cannot work?", FieldKind.LONG_TEXT)
    return _form(ticket, "urgency", "{} is more urgent", (reason,), "Raise it")


def _form(
    ticket: Ticket,
    verb: str,
    title: str,
    fields: tuple[Field, ...],
    submit: str,
    zone: ZoneInfo | None = None,
) -> Form:
    return Form(
        f"ticket.{verb}",
        str(ticket.id),
        title.format(ticket.name),
        fields,
        submit,
        zone.key if zone else "UTC",
    )


def _choice(id_: str, label: str, choices: Sequence[Choice], value: str = "") -> Field:
    return Field(
        id_,
        label,
        FieldKind.CHOICE,
        tuple(choices),
        value or (choices[0].value if choices else ""),
    )
