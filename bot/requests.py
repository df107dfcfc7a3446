"""The requester's side: from what somebody wrote to an answer, a choice, a question, or a ticket with a promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import TypeAdapter
from rapidfuzz import fuzz

from bot import article_wording, cards, outcomes, wording
from bot.conversations import Conversation, conversation_at
from bot.flows import intake
from bot.flows.intake import Intake
from bot.languages import other_language
from bot.messages import (
    MOST_FILES,
    Address,
    Button,
    FieldErrors,
    File,
    Reaction,
    Say,
    Style,
    Toast,
    literal,
)
from bot.metrics import MATCHES
from bot.outcomes import End
from bot.smalltalk import Talk
from bot.turn import Turn
from knowledge.article import Article
from knowledge.matcher import Answer, Clarify, Match, NoMatch
from knowledge.several import Request
from tickets import coverage, roster, store
from tickets.kinds import Priority
from tickets.model import Ticket, TicketError

SUBJECT = 80
"""Characters of what was written that become a ticket's subject."""

SAME_MATTER = 75
"""rapidfuzz's token set ratio (0 to 100) from which a new request is about the same as an open ticket."""

GUESS = 0.05
"""Probability from which the matcher's candidates are worth offering as categories."""

STALE = timedelta(hours=8)
"""After this long a conversation that became no ticket begins anew: it is another day, and another matter."""

REMEMBERED = 10
"""Messages before a ticket that are kept for it."""

ECHOES = 5
"""The same message so many times in a row is answered no more: it is a machine's."""

COMPARED = 500
"""Characters of two requests that are compared, so that a huge paste does not hold up everybody else."""

TECHNICIAN = "technician"
"""The one role that the desk knows of a person; articles may have it in their audience."""

PERSON = Button("person", "Talk to a person")
SOLVED = Button("solved", "That solved it", style=Style.PRIMARY)


@dataclass(frozen=True, slots=True)
class Dialog:
    """Where a conversation stands before it is a ticket; kept as JSON in its row."""

    said: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    article: str | None = None
    """The article that was offered last."""
    fits: str | None = None
    """The article that fits what was said and was not offered, because a ticket was wanted."""
    outcomes: tuple[str, ...] = ()
    """Keys of what is kept about the messages of this matter (`bot.outcomes`)."""
    guesses: tuple[str, ...] = ()
    category: str | None = None
    """Of the article that was offered."""
    misses: int = 0
    """Messages in a row for which there was no article."""
    twin: int | None = None
    """The open ticket that looks the same, while we ask whether it is."""
    intake: Intake | None = None
    files: tuple[File, ...] = ()
    """That came with it; they go where the ticket goes."""
    aside: str = ""
    """Route of the private conversation in which it goes on."""
    prompt: str = ""
    """The question with buttons that waits, so that its buttons go when it is answered."""
    prompts: int = 0
    """Counts the messages with buttons; a button of an earlier one has been overtaken."""
    echo: str = ""
    """What was written last, while it is written again and again: two machines may be talking to each other."""
    echoes: int = 0

    @classmethod
    def of(cls, conversation: Conversation) -> Dialog:
        return _STORED.validate_python(conversation.dialog)

    def keep_in(self, conversation: Conversation) -> None:
        conversation.dialog = _STORED.dump_python(self, mode="json")


_STORED = TypeAdapter(Dialog)


def start_over(conversation: Conversation) -> None:
    """What is written next has nothing to do with what was."""
    dialog = Dialog.of(conversation)
    Dialog(prompts=dialog.prompts, echo=dialog.echo, echoes=dialog.echoes).keep_in(conversation)


def put_buttons(
    turn: Turn, conversation: Conversation, text: str, *buttons: Button, footnote: str = ""
) -> None:
    """Say something with buttons. They carry its number, so that a press on an older one is recognised."""
    dialog = Dialog.of(conversation)
    number = dialog.prompts + 1
    replace(dialog, prompt="", prompts=number).keep_in(conversation)
    numbered = (replace(button, value=f"{number}|{button.value}") for button in buttons)
    turn.say(conversation.address, text, *numbered, footnote=footnote, key=f"prompt:{number}")


def put_prompt(turn: Turn, conversation: Conversation, text: str, *buttons: Button) -> None:
    """Ask something whose buttons go when it is answered, pressed or written."""
    put_buttons(turn, conversation, text, *buttons)
    if buttons:
        replace(Dialog.of(conversation), prompt=text).keep_in(conversation)


def close_prompt(turn: Turn, conversation: Conversation, label: str = "") -> None:
    """Show the choice that was made instead of the buttons it was made with."""
    dialog = Dialog.of(conversation)
    if dialog.prompt:
        text = wording.chosen(dialog.prompt, label) if label else dialog.prompt
        turn.say(conversation.address, text, key=f"prompt:{dialog.prompts}")
        replace(dialog, prompt="").keep_in(conversation)


def value_of(dialog: Dialog, value: str) -> tuple[bool, str]:
    """Whether a button is one of the newest message with buttons, and its own value."""
    number, _, own = value.partition("|")
    return number == str(dialog.prompts), own


def is_echo(turn: Turn, conversation: Conversation, text: str) -> bool:
    """Whether this is the same message over and over, which is not answered any more."""
    dialog = Dialog.of(conversation)
    echoes = dialog.echoes + 1 if text == dialog.echo else 1
    replace(dialog, echo=text[:COMPARED], echoes=echoes).keep_in(conversation)
    return echoes > ECHOES


# ------------------------------------------------------------------------------------------------ what was written


async def message(turn: Turn, conversation: Conversation, text: str, talk: Talk | None) -> None:
    """A message in a conversation that is not a ticket."""
    if turn.now - conversation.last_at > STALE:
        start_over(conversation)
    conversation.last_at = turn.now
    if is_echo(turn, conversation, text):
        return
    close_prompt(turn, conversation)
    dialog = Dialog.of(conversation)
    match talk:
        case Talk.PRIVATE if turn.event.private:
            aside = await go_aside(turn, conversation, turn.event.private)
            turn.say(aside.address, wording.from_channel(dialog.said, wording.go_on()))
        case Talk.PRIVATE:
            turn.say(conversation.address, wording.private_already())
        case Talk.NEW_QUESTION if dialog.aside:
            start_over(conversation)
            turn.say(conversation.address, wording.new_question())
        case _ if dialog.aside:
            turn.say(conversation.address, wording.gone_aside())
        case Talk.HUMAN | Talk.NOT_SOLVED if dialog.twin:
            await begin_intake(turn, conversation)
        case Talk.THANKS | Talk.SOLVED if dialog.twin:
            await add_to_twin(turn, conversation, dialog.twin)
        case Talk.HUMAN:
            await person_wanted(turn, conversation)
        case Talk.MY_TICKETS:
            await list_tickets(turn, conversation)
        case Talk.CANCEL | Talk.WITHDRAW if dialog.intake or dialog.said:
            start_over(conversation)
            turn.say(conversation.address, wording.cancelled())
        case Talk.CANCEL | Talk.WITHDRAW:
            turn.say(conversation.address, wording.nothing_to_cancel())
        case Talk.NEW_QUESTION:
            start_over(conversation)
            turn.say(conversation.address, wording.new_question())
        case Talk.SOLVED if dialog.said or dialog.intake:
            await solved(turn, conversation)
        case Talk.SKIP if dialog.intake and dialog.intake.said:
            await open_ticket(turn, conversation, intake.finish(dialog.intake).state)
        case Talk.EMPTY:
            turn.say(conversation.address, wording.nothing_to_read())
        case _ if dialog.intake:
            await intake_answered(turn, conversation, text)
        case Talk.NOT_SOLVED if dialog.said:
            await person_wanted(turn, conversation, End.NOT_HELPFUL)
        case Talk.GREETING | Talk.SOLVED:
            turn.say(conversation.address, wording.greeting(turn.person.name))
        case Talk.THANKS:
            turn.say(conversation.address, wording.thanks())
        case Talk.GOODBYE:
            turn.say(conversation.address, wording.goodbye())
        case Talk.HELP | Talk.NOT_SOLVED | Talk.SKIP:
            turn.say(conversation.address, wording.help_text())
        case _:
            await question(turn, conversation, text)


def look_up(turn: Turn, text: str) -> Match:
    """What the articles that this person may see say to a message."""
    return turn.library.match(text, turn.organisation.id, turn.person.site, _roles(turn), turn.person.locale)


def article_for(turn: Turn, name: str) -> Article | None:
    """The article with this id, if this person may see it: ids come back in buttons, and from anybody."""
    article = turn.library.article(name)
    if article and article.audience.admits(turn.organisation.id, turn.person.site, _roles(turn)):
        return article
    return None


def _roles(turn: Turn) -> tuple[str, ...]:
    """What this person may read as; where others read along, nothing that not everybody may."""
    return (TECHNICIAN,) if turn.technician and not turn.event.private else ()


async def question(turn: Turn, conversation: Conversation, text: str) -> None:
    """Look for the article that answers, or for each of several."""
    dialog = Dialog.of(conversation)
    asked = turn.library.requests(
        text, turn.organisation.id, turn.person.site, _roles(turn), turn.person.locale
    )
    for request in asked:
        MATCHES.labels(outcome=type(request.match).__name__.lower()).inc()
    if len(asked) > 1:
        await answer_each(turn, conversation, text, asked)
        return
    found = asked[0].match
    if isinstance(found, Answer) and dialog.article not in (None, found.article.id):
        start_over(conversation)  # another matter than the one before
        dialog = Dialog.of(conversation)
    dialog = replace(
        dialog,
        said=(*dialog.said, text)[-REMEMBERED:],
        guesses=likely_categories(turn, found) or dialog.guesses,
        misses=0 if isinstance(found, Answer | Clarify) else dialog.misses + 1,
    )
    dialog.keep_in(conversation)
    if not (isinstance(found, Answer) and found.article.id == dialog.article):
        note(turn, conversation, asked)
    match found:
        case Answer() if found.article.id == dialog.article:
            put_buttons(turn, conversation, wording.same_article(), PERSON)
        case Answer():
            offer(turn, conversation, found.article)
        case Clarify():
            choices = [Button("article", article.title, article.id) for article in found.articles]
            put_prompt(turn, conversation, article_wording.which(found.articles), *choices, PERSON)
        case _ if dialog.misses > 1:
            await person_wanted(turn, conversation)
        case _ if language := found.why.language:
            put_buttons(turn, conversation, other_language(language), PERSON)
        case _:
            put_buttons(turn, conversation, wording.no_match(), PERSON)


def note(turn: Turn, conversation: Conversation, asked: Sequence[Request]) -> None:
    """Keep what was asked and what was answered."""
    ends = {Answer: End.SHOWN, Clarify: End.OFFERED, NoMatch: End.MISSED}
    keys = [
        outcomes.note(
            turn.tx,
            f"{turn.event.person.platform}:{turn.event.event_id}:{number}",
            turn.person,
            request.text,
            ends[type(request.match)],
            request.match.article.id if isinstance(request.match, Answer) else None,
        )
        for number, request in enumerate(asked, 1)
    ]
    dialog = Dialog.of(conversation)
    replace(dialog, outcomes=(*dialog.outcomes, *keys)[-REMEMBERED:]).keep_in(conversation)


async def answer_each(turn: Turn, conversation: Conversation, text: str, asked: Sequence[Request]) -> None:
    """Answer several requests in a row; then offer the one choice that is open, or open one ticket for the rest."""
    if Dialog.of(conversation).article:
        start_over(conversation)  # another matter than the one before
    dialog = Dialog.of(conversation)
    answered = [
        (request.text, request.match.article) for request in asked if isinstance(request.match, Answer)
    ]
    rest = [request for request in asked if not isinstance(request.match, Answer)]
    guesses = [guess for request in rest or asked for guess in likely_categories(turn, request.match)]
    offered = tuple(wording.offered(article.title) for _, article in answered)
    dialog = replace(
        dialog,
        said=(*dialog.said, text)[-REMEMBERED:],
        tried=(*dialog.tried, *offered),
        guesses=tuple(dict.fromkeys(guesses)),
        misses=0,
    )
    dialog.keep_in(conversation)
    note(turn, conversation, asked)
    for number, (request, article) in enumerate(answered, 1):
        shown = f"{wording.about(request)}\n\n{article_wording.answer(article)}"
        if number == len(answered) and not rest:
            put_buttons(turn, conversation, shown, SOLVED, PERSON, footnote=_source(article))
        else:
            turn.say(conversation.address, shown, footnote=_source(article))
    match [request.match for request in rest]:
        case []:
            pass
        case [Clarify() as unclear]:
            choices = [Button("article", article.title, article.id) for article in unclear.articles]
            prompt = f"{wording.about(rest[0].text)}\n\n{article_wording.which(unclear.articles)}"
            put_prompt(turn, conversation, prompt, *choices, PERSON)
        case _:
            left = tuple(request.text for request in rest)
            missed = Dialog.of(conversation).outcomes[-len(asked) :]
            kept = tuple(key for key, request in zip(missed, asked, strict=True) if request in rest)
            replace(Dialog.of(conversation), said=left, tried=(), outcomes=kept).keep_in(conversation)
            turn.say(conversation.address, wording.no_article_for(left))
            await person_wanted(turn, conversation)


def offer(turn: Turn, conversation: Conversation, article: Article) -> None:
    """Show an article, and two ways on."""
    dialog = Dialog.of(conversation)
    replace(
        dialog,
        article=article.id,
        category=article.category,
        tried=(*dialog.tried, wording.offered(article.title)),
    ).keep_in(conversation)
    put_buttons(
        turn, conversation, article_wording.answer(article), SOLVED, PERSON, footnote=_source(article)
    )


def previewed(article: Article) -> list[tuple[str, Say]]:
    """What people will read of it and of its versions: to whom, and the message."""
    here = Address("preview", article.id)
    told = []
    for one in (article, *article.versions):
        version = f" (version {one.id})" if one is not article else ""
        answer = Say(
            address=here,
            text=article_wording.answer(one),
            buttons=(SOLVED, PERSON),
            footnote=_source(one),
        )
        told.append((f"Whoever asks{version}", answer))
        if note := article_wording.for_technician(one):
            told.append((f"Technicians, under the ticket's card{version}", Say(address=here, text=note)))
    return told


def _source(article: Article) -> str:
    return wording.source(article.title, article.reviewed.isoformat(), article.owner)


async def solved(turn: Turn, conversation: Conversation) -> None:
    await outcomes.ended(turn.tx, Dialog.of(conversation).outcomes, End.SOLVED)
    start_over(conversation)
    turn.say(conversation.address, wording.glad())


def keep_files(conversation: Conversation, files: Sequence[File]) -> None:
    """Remember what came with a message until there is a ticket."""
    dialog = Dialog.of(conversation)
    replace(dialog, files=(*dialog.files, *files)[-MOST_FILES:]).keep_in(conversation)


async def list_tickets(turn: Turn, conversation: Conversation) -> None:
    """The requester's open tickets, and the newest of the others."""
    tickets = await store.of_requester(turn.tx, turn.person.id or 0, most=10)
    if turn.event.private:
        tickets = [ticket for ticket in tickets if not turn.is_private(ticket.category)]
    shown = sorted(tickets, key=lambda ticket: (not ticket.state.is_open, -ticket.number))
    lines = [wording.my_ticket_line(ticket, turn.own_zone, turn.now) for ticket in shown]
    turn.say(conversation.address, wording.my_tickets(lines) if lines else wording.no_tickets())


async def show_ticket(turn: Turn, conversation: Conversation, number: int) -> None:
    """Where one ticket stands, if it is the requester's."""
    ticket = await store.by_number(turn.tx, number)
    if ticket is None or ticket.requester_id != turn.person.id:
        turn.say(conversation.address, wording.unknown_ticket(f"T-{number}"))
        return
    turn.say(conversation.address, wording.my_ticket_line(ticket, turn.own_zone, turn.now))


# ------------------------------------------------------------------------------------------------- to a person


async def person_wanted(turn: Turn, conversation: Conversation, end: End = End.ESCALATED) -> None:
    """Hand over to a person, with everything said and tried; ask only for what is still unknown."""
    dialog = Dialog.of(conversation)
    await outcomes.ended(turn.tx, dialog.outcomes, end)
    if dialog.intake:  # asked for again during intake: enough questions
        if dialog.intake.said:
            await open_ticket(turn, conversation, intake.finish(dialog.intake).state)
        else:
            turn.say(conversation.address, wording.ask_what())
        return
    if dialog.said and (same := await twin(turn, " ".join(dialog.said), dialog.category)):
        if turn.event.private and turn.is_private(same.category):  # its subject is nobody else's business
            conversation = await go_aside(turn, conversation, turn.event.private)
        replace(dialog, twin=same.id).keep_in(conversation)
        put_prompt(
            turn,
            conversation,
            wording.twin_question(same),
            Button("twin.add", f"Add to {same.name}", str(same.id), Style.PRIMARY),
            Button("twin.new", "It is something else"),
        )
        return
    await begin_intake(turn, conversation)


async def ticket_wanted(turn: Turn, conversation: Conversation, text: str) -> None:
    """A ticket about these words was asked for: no article, only what is still unknown."""
    if turn.now - conversation.last_at > STALE:
        start_over(conversation)
    conversation.last_at = turn.now
    close_prompt(turn, conversation)
    dialog = Dialog.of(conversation)
    if dialog.intake is None:
        found = look_up(turn, text)
        said = dialog.said if text in dialog.said else (*dialog.said, text)[-REMEMBERED:]
        fits = found.article if isinstance(found, Answer) else None
        category = fits.category if fits else dialog.category
        guesses = likely_categories(turn, found) or dialog.guesses
        dialog = replace(
            dialog, said=said, category=category, guesses=guesses, fits=fits.id if fits else None
        )
        dialog.keep_in(conversation)
    await person_wanted(turn, conversation)


async def add_to_twin(turn: Turn, conversation: Conversation, ticket_id: int) -> None:
    """Add what was said to the open ticket that is about the same, and go on there."""
    ticket = await store.ticket_to_change(turn.tx, ticket_id)
    if ticket is None or not ticket.state.is_open:
        await begin_intake(turn, conversation)
        return
    said = "\n".join(Dialog.of(conversation).said)
    turn.happened(ticket, ticket.requester_wrote(turn.actor, said, turn.now))
    if notice := turn.in_card_thread(ticket, literal(said), author=turn.person.name):
        turn.put(notice)
    turn.carry_to_queue(ticket, Dialog.of(conversation).files)
    await outcomes.became(turn.tx, Dialog.of(conversation).outcomes, ticket)
    start_over(conversation)
    conversation.ticket_id = ticket.id
    turn.say(conversation.address, wording.twin_added(ticket))


async def begin_intake(turn: Turn, conversation: Conversation) -> None:
    dialog = Dialog.of(conversation)
    tried = dialog.tried
    if dialog.article and (article := turn.library.article(dialog.article)):
        tried = (*tried[:-1], wording.did_not_help(article.title))
    known = Intake(
        article=dialog.article or dialog.fits,
        said=dialog.said,
        tried=tried,
        category=dialog.category,
        guesses=dialog.guesses,
        site=turn.person.site,
    )
    await _carry_on(turn, conversation, intake.begin(known, turn.organisation))


async def intake_answered(turn: Turn, conversation: Conversation, said: str) -> None:
    state = Dialog.of(conversation).intake
    if state is not None:
        if state.asking == intake.DESCRIPTION:  # the first words of somebody who asked for a person at once
            found = look_up(turn, said)
            fits = found.article if isinstance(found, Answer) else None
            state = replace(
                state,
                article=fits.id if fits else None,
                category=fits.category if fits else None,
                guesses=likely_categories(turn, found),
            )
            if isinstance(found, NoMatch):
                note(turn, conversation, [Request(said, found)])
        await _carry_on(turn, conversation, intake.answer(state, said, turn.organisation))


async def go_aside(turn: Turn, conversation: Conversation, aside: Address) -> Conversation:
    """Go on where nobody else reads, and say so where others do."""
    private = await conversation_at(turn.tx, aside, turn.person)
    private.ticket_id, private.last_at = None, turn.now
    replace(Dialog.of(conversation), prompt="").keep_in(private)
    start_over(conversation)
    replace(Dialog.of(conversation), aside=aside.route).keep_in(conversation)
    turn.say(conversation.address, wording.gone_aside())
    return private


async def _carry_on(turn: Turn, conversation: Conversation, step: intake.Step) -> None:
    if turn.event.private and turn.is_private(step.state.category):
        conversation = await go_aside(turn, conversation, turn.event.private)
        step = replace(step, say=wording.from_channel(step.state.said, step.say))
    if step.complete:
        await open_ticket(turn, conversation, step.state)
        return
    replace(Dialog.of(conversation), intake=step.state, twin=None).keep_in(conversation)
    put_prompt(turn, conversation, step.say, *step.buttons)


async def open_ticket(turn: Turn, conversation: Conversation, known: Intake) -> Ticket:
    """Open a ticket with what intake learnt, show its card, and promise a time."""
    category = known.category or intake.OTHER
    if known.site and known.site != turn.person.site:
        turn.person.site = known.site
    covered = coverage.route(
        coverage.Request(known.site, category, groups=turn.groups),
        turn.organisation,
        turn.now,
        await turn.load(),
        await roster.changes(turn.tx),
    )
    ticket = turn.placed(
        Ticket(
            organisation=turn.organisation.id,
            number=await store.next_number(turn.tx),
            requester_id=turn.person.id or 0,
            requester_name=turn.person.name,
            site=known.site,
            platform=conversation.platform,
            route=conversation.route,
            category=category,
            priority=covered.priority,
            queue=covered.queue.id,
            tier=covered.queue.tier,
            subject=wording.shortened(known.said[0], SUBJECT),
            said=list(known.said),
            tried=list(known.tried),
            answers=known.answers,
            opened_at=turn.now,
            first_response_due=covered.first_response_due,
            resolution_due=covered.resolution_due,
            rollover_at=covered.rollover.at if covered.rollover else None,
            rollover_to=covered.rollover.queue.id if covered.rollover else None,
        )
    )
    files = Dialog.of(conversation).files
    if files:
        ticket.answers = {**ticket.answers, wording.files(): wording.names_of(files)}
    await store.add(turn.tx, ticket)
    await outcomes.became(turn.tx, Dialog.of(conversation).outcomes, ticket)
    start_over(conversation)
    conversation.ticket_id = ticket.id
    turn.happened(ticket, ticket.opened(turn.actor, turn.now))
    if len(ticket.description) > cards.DESCRIPTION_SHOWN:
        turn.tell_queue(ticket, literal(ticket.description))
    turn.carry_to_queue(ticket, files)
    article = turn.library.article(known.article) if known.article else None
    if article and (note := article_wording.for_technician(article)):
        turn.tell_queue(ticket, note)
    promise = wording.promise(
        ticket, covered.queue.name, turn.own_zone, turn.now, opens=covered.opens, say=covered.say
    )
    asked = article_wording.helps_to_tell(article) if article else ""
    turn.say(
        conversation.address,
        f"{promise}\n\n{asked}" if asked else promise,
        *([cards.urgent_button(ticket)] if ticket.priority is not Priority.P1 else []),
        cards.withdraw_button(ticket),
        key=f"promise:{ticket.id}",
    )
    if covered.assignee:
        turn.happened(ticket, ticket.give(covered.assignee.id, covered.assignee.name, turn.now))
        turn.tell_requester(ticket, wording.claimed(ticket))
    if covered.pages and covered.route and covered.route.page:
        await turn.call_next(ticket, covered.route.page)
    return ticket


async def raise_urgency(turn: Turn, ticket_id: str, reason: str) -> Reaction | None:
    """Its requester says, once and with a reason, that it is more urgent: one priority up, on the record."""
    ticket = await turn.ticket_to_change(ticket_id)
    if ticket is None or not turn.is_requester_of(ticket):
        return Toast(wording.not_your_ticket() if ticket else wording.ticket_gone())
    if not reason:
        return FieldErrors({"reason": wording.required()})
    try:
        event = ticket.raise_urgency(turn.actor, reason, turn.now)
    except TicketError as refused:
        return Toast(wording.refusal(refused, ticket))
    higher = list(Priority)[list(Priority).index(ticket.priority) - 1]
    targets, target = turn.targets(ticket, higher), turn.organisation.promise(higher).resolution
    raised = ticket.change_priority(
        turn.actor, higher, targets.first_response_due, targets.resolution_due, target, turn.now
    )
    turn.happened(ticket, event, raised)
    turn.tell_queue(ticket, wording.urgency_told(ticket, reason))
    turn.tell_requester(ticket, wording.urgency_raised(ticket, turn.own_zone, turn.now))
    covered = coverage.route(
        coverage.Request(ticket.site, ticket.category, higher, turn.groups), turn.organisation, turn.now
    )
    if ticket.assignee is None and covered.pages and covered.route and covered.route.page:
        await turn.call_next(ticket, covered.route.page)
    return None


def likely_categories(turn: Turn, found: Match) -> tuple[str, ...]:
    """Categories of the likeliest articles, as far as the organisation has them."""
    known = {category.id for category in turn.organisation.categories} - {
        intake.OTHER
    }  # it has a button of its own
    likely = (candidate.article.category for candidate in found.candidates if candidate.score >= GUESS)
    return tuple(dict.fromkeys(category for category in likely if category in known))


async def twin(turn: Turn, said: str, category: str | None) -> Ticket | None:
    """The requester's open ticket that is about the same."""
    tickets = await store.of_requester(turn.tx, turn.person.id or 0)
    return twin_of(said, category, tickets)


def twin_of(said: str, category: str | None, tickets: Sequence[Ticket]) -> Ticket | None:
    """The open ticket that says the same in more or less these words, or the same words less in the same category."""
    said = said[:COMPARED].casefold()
    alike = [
        (fuzz.token_set_ratio(said, ticket.description[:COMPARED].casefold()), ticket)
        for ticket in tickets
        if ticket.state.is_open
    ]
    near = [
        (score, ticket)
        for score, ticket in alike
        if score >= SAME_MATTER - (15 if ticket.category == category else 0)
    ]
    return max(near, key=lambda pair: pair[0])[1] if near else None
