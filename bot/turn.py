"""One event being handled: its transaction, whose it is, the rules that apply, and the effects it causes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import cards, conversations, outbox, wording
from bot.conversations import PersonRow
from bot.messages import (
    Address,
    Button,
    CarryFile,
    Effect,
    File,
    IncomingEvent,
    Say,
    ShowCard,
    Urgency,
)
from knowledge.library import Library
from tickets import coverage, roster, sla, store
from tickets.calendars import Calendar
from tickets.database import Transaction
from tickets.kinds import Milestone, Priority, TicketState
from tickets.model import Actor, Ticket, TicketEvent
from tickets.policy import Organisation, Queue, Technician, Thread, UnknownInPolicy
from tickets.rules import Rota

QUIET_REVIEW = timedelta(days=1)
"""When to look again at a ticket for which nothing is due: what is not closed is always watched."""

POLICY_PATIENCE = timedelta(hours=1)
"""How long to wait before reviewing a ticket again for which the policy has no rules any more."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """What lies on the desk while something is handled: an open transaction, and the rules and knowledge of now."""

    tx: Transaction
    organisation: Organisation
    library: Library

    @property
    def now(self) -> datetime:
        return self.tx.now

    # ------------------------------------------------------------------------------------------------ effects

    def put(self, effect: Effect, *, then: Effect | None = None, otherwise: Effect | None = None) -> None:
        """Let the effect leave when this transaction has committed."""
        outbox.put(self.tx, effect, then=then, otherwise=otherwise)

    def say(
        self,
        address: Address,
        text: str,
        *buttons: Button,
        footnote: str = "",
        key: str = "",
        author: str = "",
    ) -> None:
        self.put(Say(address=address, text=text, buttons=buttons, footnote=footnote, key=key, author=author))

    def tell_requester(self, ticket: Ticket, text: str, *buttons: Button, key: str = "") -> None:
        """Write into the conversation in which the ticket was asked for."""
        self.say(conversations.where_asked(ticket), text, *buttons, key=key)

    async def tell_all_requesters(self, ticket: Ticket, text: str, *buttons: Button, key: str = "") -> None:
        """Write to everybody who asked about it: after a merge that may be several people. The buttons are for the
        requester of the ticket itself."""
        self.tell_requester(ticket, text, *buttons, key=key)
        for address in await conversations.where_others_asked(self.tx, ticket):
            self.say(address, text, key=key)

    def tell_queue(self, ticket: Ticket, text: str, key: str = "") -> None:
        """Write into the thread under the ticket's card."""
        if notice := self.in_card_thread(ticket, text, key=key):
            self.put(notice)

    def in_card_thread(self, ticket: Ticket, text: str, *, key: str = "", author: str = "") -> Say | None:
        """What `tell_queue` puts; None when the ticket's queue has no channel."""
        if not ticket.channels:
            return None
        return Say(
            address=Address.parse(ticket.channels[-1]),
            under=card_key(ticket),
            text=text,
            key=key,
            author=author,
            urgency=Urgency.NOTICE,
        )

    def carry_to_queue(self, ticket: Ticket, files: Sequence[File]) -> None:
        """Show the requester's files in the thread under the ticket's card, where its platform is theirs."""
        if ticket.channels:
            there = Address.parse(ticket.channels[-1])
            self.carry(files, there, ticket.platform, card_key(ticket), ticket.requester_name)

    def carry(
        self, files: Sequence[File], there: Address, platform: str, under: str = "", author: str = ""
    ) -> None:
        """Show files of a platform in another place of it; anywhere else only their names can be told."""
        for file in files:
            if not file.source or there.platform != platform:
                continue
            common: dict[str, Any] = {"address": there, "under": under, "urgency": Urgency.NOTICE}
            failed = Say(text=wording.file_not_carried(file.name), **common)
            self.put(CarryFile(file=file, author=author, **common), otherwise=failed)

    # ------------------------------------------------------------------------------------------------ tickets

    def zone_of(self, ticket: Ticket) -> ZoneInfo:
        return cards.zone_of(self.organisation, ticket.queue)

    def is_private(self, category: str | None) -> bool:
        """Whether requests of this category are for nobody else's eyes."""
        return any(one.private for one in self.organisation.categories if one.id == category)

    def queue_name(self, ticket: Ticket) -> str:
        return cards.name_of(lambda: self.organisation.queue(ticket.queue).name, ticket.queue)

    async def requester_zone(self, ticket: Ticket) -> ZoneInfo:
        person = await self.tx.session.get(PersonRow, ticket.requester_id)
        return self.zone(person) if person else self.organisation.timezone

    def zone(self, person: PersonRow) -> ZoneInfo:
        """In which zone this person is told times: their own, their office's, the organisation's."""
        if person.timezone:
            try:
                return ZoneInfo(person.timezone)
            except (KeyError, ValueError):
                pass
        if person.site:
            try:
                return self.organisation.site(person.site).timezone
            except UnknownInPolicy:
                pass
        return self.organisation.timezone

    def closes_at(self) -> datetime:
        """Until when what is resolved now can be reopened."""
        return self.now + timedelta(days=self.organisation.reopen_days)

    def remaining(self, ticket: Ticket) -> timedelta | None:
        """Business time left to resolve the ticket, if its clock stops now."""
        if ticket.resolution_due is None:
            return None
        return sla.pause(ticket.resolution_due, self.now, self._clock(ticket))

    def resumed_due(self, ticket: Ticket) -> datetime | None:
        """When the ticket is due to be resolved, if its clock starts again now."""
        if ticket.resolution_remaining is None:
            return ticket.resolution_due
        return sla.resume(timedelta(seconds=ticket.resolution_remaining), self.now, self._clock(ticket))

    def targets(self, ticket: Ticket, priority: Priority) -> sla.Targets:
        """What is promised for the ticket at this priority, if its clocks start now."""
        return sla.targets_for(self.organisation, self.queue_of(ticket), priority, self.now)

    def queue_of(self, ticket: Ticket) -> Queue:
        """The ticket's queue; when an edit of the policy has removed it, the one where `other` goes."""
        try:
            return self.organisation.queue(ticket.queue)
        except UnknownInPolicy:
            return self.organisation.queue(self.organisation.category("other").queue)

    def _clock(self, ticket: Ticket) -> Calendar:
        return self.organisation.clock(self.queue_of(ticket), ticket.priority)

    def happened(self, ticket: Ticket, *events: TicketEvent) -> None:
        """Write the history, set the clocks that follow, plan the next review, and draw the ticket's cards anew."""
        store.record(self.tx, *events)
        self._set_clocks(ticket)
        self.plan_review(ticket)
        self.draw(ticket)

    def _set_clocks(self, ticket: Ticket) -> None:
        with suppress(UnknownInPolicy):  # an edit of the policy took its queue away: they stay as they are
            clocks = sla.clocks(ticket, self.organisation, self.now)
            if dict(clocks.tier_used) != ticket.tier_used:
                ticket.tier_used = dict(clocks.tier_used)
            ticket.tier_queue, ticket.tier_since = clocks.tier_queue, clocks.tier_since
            ticket.tier_due, ticket.update_due = clocks.tier_due, clocks.update_due
            if ticket.tier_due and ticket.tier_due > self.now:
                ticket.forget(Milestone.TIER_SPENT)

    # ------------------------------------------------------------------------------------------------ on call

    async def load(self) -> coverage.Load:
        """What lies on the desk, as far as any route asks for it."""
        if not self.organisation.asks_load:
            return coverage.EMPTY
        return await store.load(self.tx, self.organisation.queues_in_turn)

    async def page_order(self, rota: Rota) -> Iterator[coverage.Page]:
        """Who is called now, in order."""
        return coverage.page_order(rota, self.organisation, self.now, await roster.changes(self.tx))

    async def call_next(self, ticket: Ticket, rota_id: str) -> None:
        """Page whoever comes next on this rota and has not been called about the ticket; say so when nobody is left."""
        name, page, answer_within = rota_id, None, timedelta()
        with suppress(UnknownInPolicy):  # an edit of the policy took the rota away: nobody is left to call
            rota = self.organisation.rota(rota_id)
            name, answer_within = rota.name, rota.answer_within
            page = next(
                (one for one in await self.page_order(rota) if one.technician.id not in ticket.page_called),
                None,
            )
        if page is None:
            ticket.page_rota = ticket.page_rota or rota_id
            self.happened(ticket, ticket.pages_ended(self.now))
            leads = self.organisation.leads_of(self.queue_of(ticket))
            self.tell_queue(ticket, wording.nobody_left_to_page(name, [one.name for one in leads]))
            return
        called, due = page.technician, self.now + answer_within
        self.happened(ticket, ticket.page(rota_id, called.id, called.name, due, self.now))
        self.tell_queue(ticket, wording.paged(called.name, name, due, self.zone_of(ticket), self.now))
        text = wording.page(ticket, called.name, due, called.timezone, self.now)
        key = page_key(ticket, called.id)
        if address := await self.address_of(called):
            self.say(address, text, *cards.page_buttons(ticket), key=key)
        elif notice := self.in_card_thread(ticket, text, key=key):
            self.put(replace(notice, buttons=cards.page_buttons(ticket)))

    async def end_call(self, ticket: Ticket, technician_id: str, text: str) -> None:
        """Put a sentence where somebody was paged, instead of the buttons."""
        with suppress(UnknownInPolicy):
            called = self.organisation.technician(technician_id)
            key = page_key(ticket, technician_id)
            if address := await self.address_of(called):
                self.say(address, text, key=key)
            else:
                self.tell_queue(ticket, text, key=key)

    async def address_of(self, technician: Technician) -> Address | None:
        """Where the technician last talked to the desk; None for somebody who never has."""
        return await conversations.latest_of(self.tx, technician.accounts)

    def plan_review(self, ticket: Ticket) -> None:
        """Set when the sweep looks at the ticket next."""
        try:
            review = sla.review(ticket, self.organisation, self.now)
        except UnknownInPolicy:  # an edit of the policy took its queue away: look again when it may be mended
            ticket.next_review_at = self.now + POLICY_PATIENCE
        else:
            ticket.next_review_at = self.now if review.due else review.next_review_at
            if ticket.next_review_at is None and ticket.state is not TicketState.CLOSED:
                ticket.next_review_at = self.now + QUIET_REVIEW

    def placed(self, ticket: Ticket) -> Ticket:
        """The ticket with its channel, its clocks and its next review, before it is stored for the first time."""
        self._go_where_its_queue_is(ticket)
        self._set_clocks(ticket)
        self.plan_review(ticket)
        return ticket

    def draw(self, ticket: Ticket) -> None:
        """Show the ticket's card in its queue's channel, and mark the ones that it left behind elsewhere."""
        self._go_where_its_queue_is(ticket)
        for known in ticket.channels:
            card = cards.ticket_card(ticket, self.organisation, self.now, moved=known != ticket.channels[-1])
            self.put(
                ShowCard(
                    address=Address.parse(known), key=card_key(ticket), card=card, urgency=Urgency.NOTICE
                )
            )

    def _go_where_its_queue_is(self, ticket: Ticket) -> None:
        channel = self._channel(ticket)
        if channel and (not ticket.channels or ticket.channels[-1] != channel):
            ticket.channels = [*(known for known in ticket.channels if known != channel), channel]

    def _channel(self, ticket: Ticket) -> str | None:
        """Of its queue; of a queue without one, the channel of the first that has one, so that it is seen."""
        try:
            own = self.organisation.queue(ticket.queue).channel
        except UnknownInPolicy:
            own = None
        return own or next((queue.channel for queue in self.organisation.queues if queue.channel), None)


@dataclass(frozen=True, slots=True)
class Turn(Desktop):
    """An event of a person's, being handled."""

    event: IncomingEvent
    person: PersonRow
    technician: Technician | None

    @property
    def own_zone(self) -> ZoneInfo:
        return self.zone(self.person)

    @property
    def actor(self) -> Actor:
        """The person as a requester."""
        return Actor.requester(self.person.id or 0, self.person.name, self.event.person.platform)

    @property
    def groups(self) -> tuple[str, ...]:
        """The person's."""
        return self.organisation.groups_of(f"{self.person.platform}:{self.person.account}", self.person.email)

    def staff(self, technician: Technician) -> Actor:
        return Actor.technician(
            technician.id, technician.name, self.event.person.platform, lead=technician.lead
        )

    async def ticket_to_change(self, ticket_id: str) -> Ticket | None:
        """The ticket that a button names, locked; None when there is no such ticket."""
        known = row_id(ticket_id)
        return await store.ticket_to_change(self.tx, known) if known else None

    def is_requester_of(self, ticket: Ticket) -> bool:
        return ticket.requester_id == self.person.id

    def may_work_on(self, ticket: Ticket) -> Technician | None:
        """The technician that this person is, if of the ticket's queue or a lead."""
        technician = self.technician
        if technician is None:
            return None
        if technician.id in (ticket.assignee, *ticket.page_called):  # on call for it, whatever their queue
            return technician
        mine = any(queue.id == ticket.queue for queue in self.organisation.queues_of(technician.id))
        return technician if mine or technician.lead else None

    def thread_reaches_requester(self, ticket: Ticket) -> bool:
        """Whether the queue's policy has turned the rule round: its threads are read by the requester."""
        try:
            return self.organisation.queue(ticket.queue).thread is Thread.REQUESTER
        except UnknownInPolicy:
            return False


CARD_KEY = "ticket:"
"""What the key of every ticket's card begins with."""


def page_key(ticket: Ticket, technician_id: str) -> str:
    return f"page:{ticket.id}:{ticket.reopenings}:{ticket.queue}:{technician_id}"


def card_key(ticket: Ticket) -> str:
    return f"{CARD_KEY}{ticket.id}"


def ticket_of_key(key: str) -> int | None:
    """The ticket whose card carries this key."""
    return row_id(key.removeprefix(CARD_KEY)) if key.startswith(CARD_KEY) else None


def row_id(text: str) -> int | None:
    """A row's id out of a button's value, which came back over the network; None for anything else."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
