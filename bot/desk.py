"""The help desk: one event in, one transaction, effects out. The table of contents of the product."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import (
    approvals,
    cards,
    commands,
    conversations,
    outages,
    outbox,
    outcomes,
    request_form,
    requests,
    staff,
    technicians,
    threads,
    wording,
)
from bot.availability import neutral
from bot.codec import from_json, to_json
from bot.conversations import Conversation, Message
from bot.flows import intake
from bot.messages import (
    Address,
    Audience,
    ButtonPressed,
    CommandGiven,
    DeskUnavailable,
    File,
    FormSubmitted,
    IncomingEvent,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OpenForm,
    Outage,
    OwnTicket,
    Person,
    PersonLeft,
    QueueInfo,
    QueueRow,
    Reaction,
    Say,
    SignGiven,
    StaffRole,
    Toast,
    Urgency,
    printable,
)
from bot.metrics import EVENTS
from bot.redaction import redact
from bot.requests import Dialog
from bot.smalltalk import TICKET_NUMBER, Talk, recognise
from bot.staff_talk import StaffTalk, understand
from bot.turn import Desktop, Turn, ticket_of_key
from bot.worker import Bell
from knowledge.library import Library
from tickets import store
from tickets.database import Conflict, Database, DatabaseUnavailable
from tickets.kinds import TicketState
from tickets.model import Ticket, TicketError
from tickets.policy import Organisation, Policy, Technician, Thread, UnknownInPolicy

log = structlog.get_logger()

CONFLICTS = 3
"""How often an event is handled again at once; after that the platform delivers it again."""

PLEASANTRIES = (Talk.EMPTY, Talk.GREETING, Talk.THANKS, Talk.GOODBYE)
"""What, written to everybody in a help channel, is left alone."""

CHATTER = (*PLEASANTRIES, Talk.SOLVED, Talk.NOT_SOLVED, Talk.CANCEL)
"""What, written to everybody in a help channel, is no request."""


IN_A_ROW = timedelta(minutes=2)
"""What one person writes in a help channel within this time of their last message there is one request."""


class HelpDesk:
    """The `Desk` of `bot.messages`. `policy` and `library` are asked at every event, so that they can be reloaded."""

    def __init__(
        self, database: Database, policy: Callable[[], Policy], library: Callable[[], Library], bell: Bell
    ) -> None:
        self._database = database
        self._policy = policy
        self._library = library
        self._bell = bell

    # ---------------------------------------------------------------------------------------------- one event

    async def receive(self, event: IncomingEvent) -> Reaction | None:
        """Take in one event. When this returns, everything it caused is committed.

        Raises:
            DeskUnavailable: nothing was stored; let the platform deliver the event again.
        """
        if event.person.organisation not in self._policy().organisations:
            log.warning("event_of_unknown_organisation", organisation=event.person.organisation)
            self._count(event, "refused")
            return None
        try:
            reaction = await self._in_spite_of_conflicts(event)
        except (DatabaseUnavailable, Conflict) as away:
            self._count(event, "unavailable")
            raise DeskUnavailable(str(away)) from away
        except Exception:
            log.exception("event_failed", event_id=event.event_id, kind=type(event).__name__)
            self._count(event, "failed")
            reaction = await neutral(self._apologise)(event)
        self._bell.ring()
        return reaction

    async def _in_spite_of_conflicts(self, event: IncomingEvent) -> Reaction | None:
        """Handle it again when another replica met the same person first, say: now they are known."""
        for _ in range(CONFLICTS):
            with suppress(Conflict):
                return await self._once(event, self._handle)
        return await self._once(event, self._handle)

    async def _once(
        self, event: IncomingEvent, handle: Callable[[Turn], Awaitable[Reaction | None]]
    ) -> Reaction | None:
        """Handle an event that was not seen before; answer one that was as it was answered then."""
        organisation = self._policy().organisation(event.person.organisation)
        async with self._database.transaction(organisation.id) as tx:
            if not await conversations.first_sight(tx, event):
                self._count(event, "repeated")
                stored = await conversations.reaction_of(tx, event)
                return from_json(stored) if stored else None
            person = await conversations.recognise(tx, event.person)
            technician = self._technician(organisation, event.person)
            turn = Turn(tx, organisation, self._library(), event, person, technician)
            reaction = await handle(turn)
            if reaction is not None:
                await conversations.remember_reaction(tx, event, to_json(reaction))
        self._count(event, "handled")
        return reaction

    async def _handle(self, turn: Turn) -> Reaction | None:
        match turn.event:
            case MessageReceived():
                await self._message(turn, turn.event)
            case MessageEdited():
                await self._edited(turn, turn.event)
            case MessageDeleted():
                await self._deleted(turn, turn.event)
            case CommandGiven() if turn.event.aside:
                return await commands.given(turn, turn.event)
            case CommandGiven():
                await self._command(turn, turn.event)
            case SignGiven():
                return await self._sign(turn, turn.event)
            case PersonLeft() if turn.technician:
                await technicians.left(turn, turn.technician)
            case ButtonPressed():
                return await self._pressed(turn, turn.event)
            case FormSubmitted():
                return await self._submitted(turn, turn.event)
        return None

    # ----------------------------------------------------------------------------------------------- messages

    async def _message(self, turn: Turn, event: MessageReceived) -> None:
        in_queue_channel = self._is_channel(turn, event.channel)
        if self._is_channel(turn, event.address):
            return  # colleagues talk there; requests live in conversations, tickets in threads
        event = await self._in_a_row(turn, event)
        if not in_queue_channel and not await self._concerns_the_desk(turn, event):
            return  # and it is kept nowhere
        redacted = redact(printable(event.text))
        written = await conversations.message_at(turn.tx, event, event.message_id, turn.person)
        if (
            written.deleted or written.author_id != turn.person.id
        ):  # its deletion overtook it; or it is another's
            return
        text = written.text or redacted.text
        written.text, written.received = text, True
        if event.files:
            names = [redact(printable(file.name)).text for file in event.files]
            written.text = "\n".join(part for part in (text, wording.files_note(names)) if part)
        if in_queue_channel:
            if ticket := await self._ticket_of_thread(turn, event.address):
                await threads.technician_wrote(turn, ticket, written, event.files)
            return
        conversation = await conversations.conversation_at(turn.tx, event.address, turn.person)
        conversation.channel = event.channel.route if event.channel else None
        if redacted.found:
            turn.say(event.address, wording.secret_removed(redacted.found))
        if left := [file.name for file in event.files if file.too_large]:
            turn.say(event.address, wording.file_too_large(left))
        talk = recognise(text)
        if number := TICKET_NUMBER.fullmatch(text):
            await requests.show_ticket(turn, conversation, int(number[1]))
        elif turn.technician and (told := self._staff_talk(turn, conversation, turn.technician, text)):
            await staff.said(turn, turn.technician, event.address, told)
        elif ticket := await self._ticket_of(turn, conversation):
            await threads.requester_wrote(turn, conversation, ticket, written, talk)
            turn.carry_to_queue(ticket, event.files)
        elif talk is Talk.EMPTY and event.files:
            await self._keep_files(turn, conversation, event.files)
            requests.put_buttons(turn, conversation, wording.only_files(len(event.files)), requests.PERSON)
        elif event.wants_ticket:
            await requests.ticket_wanted(turn, conversation, text)
            await self._keep_files(turn, conversation, event.files)
        else:
            await requests.message(turn, conversation, text, talk)
            await self._keep_files(turn, conversation, event.files)

    async def _keep_files(self, turn: Turn, conversation: Conversation, files: Sequence[File]) -> None:
        """Bring files to the ticket that their message has opened, or remember them until there is one."""
        ticket = (
            await store.ticket(turn.tx, conversation.ticket_id) if files and conversation.ticket_id else None
        )
        if ticket:
            turn.carry_to_queue(ticket, files)
        elif files:
            requests.keep_files(conversation, files)

    def _staff_talk(
        self, turn: Turn, conversation: Conversation, technician: Technician, text: str
    ) -> StaffTalk | None:
        """What a technician says about being there; not while they ask for something themselves."""
        if conversation.ticket_id is not None or Dialog.of(conversation).intake is not None:
            return None
        return understand(text, technician.timezone, turn.now)

    async def _concerns_the_desk(self, turn: Turn, event: MessageReceived) -> bool:
        if event.audience is Audience.DESK:
            return True
        conversation = await conversations.find(turn.tx, event.address)
        if conversation is None:
            return event.audience is Audience.HELP_CHANNEL and recognise(event.text) not in CHATTER
        if event.audience is Audience.HELP_CHANNEL:
            return recognise(event.text) not in PLEASANTRIES
        return conversation.ticket_id is not None or conversation.person_id == turn.person.id

    async def _in_a_row(self, turn: Turn, event: MessageReceived) -> MessageReceived:
        """What somebody adds in a help channel right after their request belongs to it, and is answered there."""
        if event.audience is not Audience.HELP_CHANNEL or event.channel is None:
            return event
        before = await conversations.lately_in(turn.tx, event.channel, turn.person, turn.now - IN_A_ROW)
        return replace(event, address=before) if before else event

    async def _ticket_of(self, turn: Turn, conversation: Conversation) -> Ticket | None:
        """The ticket that this conversation is about, unless it is closed for good: then this is something new."""
        if conversation.ticket_id is None:
            return None
        ticket = await store.ticket_to_change(turn.tx, conversation.ticket_id)
        if ticket is None or ticket.state is TicketState.CLOSED:
            threads.leave_ticket(conversation)
            if ticket:
                turn.say(conversation.address, wording.closed_so_new(ticket))
            return None
        return ticket

    async def _ticket_of_thread(self, turn: Turn, address: Address) -> Ticket | None:
        """The ticket under whose card this thread is."""
        key = await outbox.key_of_thread(turn.tx, address)
        ticket_id = ticket_of_key(key) if key else None
        return await store.ticket_to_change(turn.tx, ticket_id) if ticket_id else None

    async def _edited(self, turn: Turn, event: MessageEdited) -> None:
        written = await conversations.message_at(turn.tx, event, event.message_id, turn.person)
        if self._may_change(turn, written, event):
            before, written.text = written.text, redact(printable(event.text)).text
            written.at = event.at
            await outcomes.reworded(turn.tx, turn.person, before, written.text)
            if written.received:
                await threads.edited(turn, written, before)

    async def _deleted(self, turn: Turn, event: MessageDeleted) -> None:
        written = await conversations.message_at(turn.tx, event, event.message_id, turn.person)
        if self._may_change(turn, written, event):
            written.deleted = True
            await outcomes.reworded(turn.tx, turn.person, written.text, "")
            if written.received:
                await threads.deleted(turn, written)
            written.text = ""

    def _may_change(self, turn: Turn, written: Message, event: IncomingEvent) -> bool:
        """People change their own messages only, and what comes late does not undo what is newer."""
        return written.author_id == turn.person.id and not written.deleted and event.at >= written.at

    async def _command(self, turn: Turn, event: CommandGiven) -> None:
        """Only words that the desk knows are commands; what it does not know gets help, and is kept nowhere."""
        conversation = await conversations.conversation_at(turn.tx, event.address, turn.person)
        talk = recognise(event.command)
        if number := TICKET_NUMBER.fullmatch(event.command):
            await requests.show_ticket(turn, conversation, int(number[1]))
        elif talk is Talk.MY_TICKETS:
            await requests.list_tickets(turn, conversation)
        elif talk is Talk.NEW_QUESTION:
            threads.leave_ticket(conversation)
            turn.say(event.address, wording.new_question())
        elif talk is Talk.HUMAN and conversation.ticket_id is None:
            await requests.person_wanted(turn, conversation)
        else:
            turn.say(event.address, wording.help_text())

    # ------------------------------------------------------------------------------------------------- clicks

    async def _sign(self, turn: Turn, event: SignGiven) -> Reaction | None:
        """An emoji on a card stands for a button, where the policy wants that."""
        if not turn.organisation.about.reaction_shortcuts:
            return None
        ticket = await self._ticket_of_thread(turn, event.address)
        return await technicians.signed(turn, event.sign, ticket) if ticket else None

    async def _pressed(self, turn: Turn, event: ButtonPressed) -> Reaction | None:
        kind, _, verb = event.button.partition(".")
        if kind == "ticket" and verb in technicians.BUTTONS:
            return await technicians.pressed(turn, verb, event.value)
        if kind == "ticket":
            return await self._own_ticket(turn, verb, event.value)
        if event.button == request_form.FORM:
            return request_form.opened(turn)
        if kind == "approval":
            return await approvals.pressed(turn, verb, event.value)
        if kind == "swap":
            return await staff.swap_answered(turn, event.value, accepted=verb == "accept")
        conversation = await conversations.conversation_at(turn.tx, event.address, turn.person)
        if conversation.person_id != turn.person.id:
            return Toast(wording.not_your_conversation())
        dialog = Dialog.of(conversation)
        newest, value = requests.value_of(dialog, event.value)
        match event.button:
            case "person" if conversation.ticket_id is None and (newest or not dialog.intake):
                requests.close_prompt(turn, conversation, requests.PERSON.label)
                await requests.person_wanted(turn, conversation)
            case _ if not newest:
                return Toast(wording.nothing_to_press())
            case "solved" if dialog.said:
                await requests.solved(turn, conversation)
            case "article" if dialog.said and (article := requests.article_for(turn, value)):
                requests.close_prompt(turn, conversation, article.title)
                await outcomes.chosen(turn.tx, dialog.outcomes, article.id)
                requests.offer(turn, conversation, article)
            case "article" if dialog.said:
                requests.put_buttons(turn, conversation, wording.article_gone(), requests.PERSON)
            case "intake.answer" if dialog.intake:
                requests.close_prompt(turn, conversation, self._label(turn, dialog, value))
                await requests.intake_answered(turn, conversation, value)
            case "twin.add" if dialog.twin:
                requests.close_prompt(turn, conversation, wording.yes())
                await requests.add_to_twin(turn, conversation, dialog.twin)
            case "twin.new" if dialog.twin:
                requests.close_prompt(turn, conversation, wording.no())
                await requests.begin_intake(turn, conversation)
            case "new_question" | "ticket_reopen" | "ticket_confirm" if conversation.ticket_id:
                return await self._ticket_prompt(turn, conversation, dialog, event.button)
            case _:
                return Toast(wording.nothing_to_press())
        return None

    async def _ticket_prompt(
        self, turn: Turn, conversation: Conversation, dialog: Dialog, button: str
    ) -> Reaction | None:
        """The answer to what the desk asked in a ticket's conversation: still broken, something new, or close it."""
        ticket = await store.ticket_to_change(turn.tx, conversation.ticket_id or 0)
        if ticket is None or not turn.is_requester_of(ticket):
            return Toast(wording.not_your_ticket())
        try:
            match button:
                case "ticket_reopen":
                    requests.close_prompt(turn, conversation, wording.still_broken())
                    await threads.reopen(turn, ticket, turn.actor)
                case "ticket_confirm":
                    requests.close_prompt(turn, conversation, wording.yes())
                    await threads.confirm(turn, ticket)
                case _ if ticket.state.is_open:
                    return Toast(wording.nothing_to_press())
                case _:
                    requests.close_prompt(turn, conversation, wording.something_new())
                    threads.leave_ticket(conversation)
                    await requests.question(turn, conversation, dialog.said[-1])
        except TicketError as refused:
            return Toast(wording.refusal(refused, ticket))
        return None

    def _label(self, turn: Turn, dialog: Dialog, value: str) -> str:
        """What the pressed choice was called: a category's name, or the choice itself."""
        if dialog.intake and dialog.intake.asking == intake.CATEGORY:
            return cards.name_of(lambda: turn.organisation.category(value).name, value)
        return value

    async def _own_ticket(self, turn: Turn, verb: str, value: str) -> Reaction | None:
        """A requester's button on their own ticket: rate, still broken, withdraw."""
        ticket_id, _, rating = value.partition(":")
        ticket = await turn.ticket_to_change(ticket_id)
        if ticket is None or not turn.is_requester_of(ticket):
            return Toast(wording.not_your_ticket() if ticket else wording.ticket_gone())
        try:
            match verb:
                case "still_broken":
                    await threads.reopen(turn, ticket, turn.actor)
                case "withdraw":
                    threads.withdraw(turn, ticket)
                case "urgent":
                    ticket.must_be_raisable()
                    return OpenForm(cards.urgent_form(ticket))
                case "rate" if rating in ("1", "2", "3", "4", "5"):
                    turn.happened(ticket, ticket.rate(turn.actor, int(rating), "", turn.now))
                    self._thank_for_rating(turn, ticket)
                    return OpenForm(cards.rating_form(ticket))
                case _:
                    return Toast(wording.nothing_to_press())
        except TicketError as refused:
            return Toast(wording.refusal(refused, ticket))
        return None

    async def _submitted(self, turn: Turn, event: FormSubmitted) -> Reaction | None:
        kind, _, verb = event.form.partition(".")
        answers = {field: redact(printable(text)).text.strip() for field, text in event.answers.items()}
        if kind == "ticket" and verb in technicians.FORMS:
            return await technicians.submitted(turn, verb, event.value, answers)
        if event.form == request_form.FORM:
            return await request_form.submitted(turn, answers, event.answers)
        if event.form == "approval.reject":
            return await approvals.not_approved(turn, event.value, answers.get("word", ""))
        if event.form == "ticket.urgency":
            return await requests.raise_urgency(turn, event.value, answers.get("reason", ""))
        if event.form == "ticket.comment":
            ticket = await turn.ticket_to_change(event.value)
            said = answers.get("comment")
            if (
                ticket
                and turn.is_requester_of(ticket)
                and ticket.rating
                and ticket.state is TicketState.RESOLVED
            ):
                if said:
                    turn.happened(ticket, ticket.rate(turn.actor, ticket.rating, said, turn.now))
                return None
        return Toast(wording.nothing_to_press())

    def _thank_for_rating(self, turn: Turn, ticket: Ticket) -> None:
        turn.tell_requester(
            ticket,
            wording.rated(ticket, turn.own_zone, turn.now),
            cards.still_broken_button(ticket),
            key=f"resolved:{ticket.id}:{ticket.reopenings}",
        )

    # --------------------------------------------------------------------------------------------- who and what

    def _technician(self, organisation: Organisation, person: Person) -> Technician | None:
        return organisation.technician_for(f"{person.platform}:{person.id}")

    def _is_channel(self, turn: Turn, address: Address | None) -> bool:
        return any(queue.channel == str(address) for queue in turn.organisation.queues)

    async def _apologise(self, event: IncomingEvent) -> Reaction | None:
        """A defect of ours must neither leave somebody without an answer nor make the platform repeat it for ever."""

        async def say_so(turn: Turn) -> Reaction | None:
            if isinstance(event, ButtonPressed | FormSubmitted):
                return Toast(wording.went_wrong())
            if isinstance(event, MessageReceived):
                turn.say(event.address, wording.went_wrong(), requests.PERSON)
            return None

        return await self._once(event, say_so)

    def _count(self, event: IncomingEvent, end: str) -> None:
        EVENTS.labels(platform=event.person.platform, kind=type(event).__name__, end=end).inc()

    @neutral
    async def announce(self, organisation: str, address: Address, key: str, text: str) -> None:
        """Say something that no person has caused, such as that the platform holds events back; under one key once."""
        async with self._database.transaction(organisation) as tx:
            outbox.put(tx, Say(address=address, key=key, text=text, urgency=Urgency.NOTICE))
        self._bell.ring()

    # -------------------------------------------------------------------------------------------- what can be seen

    def role(self, person: Person) -> StaffRole | None:
        """The technician this person is, or None."""
        try:
            organisation = self._policy().organisation(person.organisation)
        except UnknownInPolicy:
            return None
        technician = self._technician(organisation, person)
        if technician is None:
            return None
        queues = organisation.queues if technician.lead else organisation.queues_of(technician.id)
        return StaffRole(
            technician.id,
            tuple(
                QueueInfo(
                    queue.id,
                    queue.name,
                    queue.tier,
                    Address.parse(queue.channel) if queue.channel else None,
                    wording.thread_hint(reaches_requester=queue.thread is Thread.REQUESTER),
                )
                for queue in queues
            ),
        )

    @neutral
    async def queue(self, person: Person) -> Sequence[QueueRow]:
        """Open tickets of the person's organisation, what is due first; empty for whoever is no technician."""
        if self.role(person) is None:
            return ()
        organisation = self._policy().organisation(person.organisation)
        async with self._database.reading(organisation.id) as tx:
            tickets = await store.open_tickets(tx)
            rows = [cards.queue_row(ticket, organisation, tx.now) for ticket in tickets]
        return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.opened_at))

    @neutral
    async def own_tickets(self, person: Person) -> Sequence[OwnTicket]:
        """The person's tickets, newest first."""
        organisation = self._policy().organisation(person.organisation)
        async with self._database.reading(organisation.id) as tx:
            row = await conversations.known(tx, person)
            if row is None:
                return ()
            tickets = await store.of_requester(tx, row.id or 0)
            zone = Desktop(tx, organisation, self._library()).zone(row)
            return [cards.own_ticket(ticket, zone, tx.now) for ticket in tickets]

    @neutral
    async def outages(self, person: Person) -> Sequence[Outage]:
        """What does not work for many of the person's colleagues at the moment, the oldest first."""
        organisation = self._policy().organisation(person.organisation)
        async with self._database.reading(organisation.id) as tx:
            row = await conversations.known(tx, person)
            zone = Desktop(tx, organisation, self._library()).zone(row) if row else organisation.timezone
            return list(outages.current(await store.open_tickets(tx), organisation, zone, tx.now))
