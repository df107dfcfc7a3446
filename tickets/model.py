"""Tickets, their history, and the verbs that change them.

A verb checks, changes and returns the event it caused, or raises a `TicketError` that carries the facts. Verbs read
no clock and no policy: times and targets are handed in. A ticket is changed only while its row is locked
(`store.ticket_to_change`), and `version` makes every UPDATE conditional on what was read, so exactly one of several
simultaneous callers wins and the others learn who did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, cast

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from tickets.database import EnumText, UtcDateTime
from tickets.kinds import EventKind, Milestone, Priority, Resolution, TicketState, WaitingFor

# -------------------------------------------------------------------------------------------------- who acts


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: `technician:dana`, `requester:17` or `desk`; and on which platform."""

    id: str
    name: str
    platform: str = ""
    lead: bool = False

    @classmethod
    def technician(cls, technician_id: str, name: str, platform: str = "", *, lead: bool = False) -> Actor:
        return cls(f"technician:{technician_id}", name, platform, lead)

    @classmethod
    def requester(cls, person_id: int, name: str, platform: str = "") -> Actor:
        return cls(f"requester:{person_id}", name, platform)

    @property
    def technician_id(self) -> str | None:
        kind, _, name = self.id.partition(":")
        return name if kind == "technician" else None


DESK = Actor("desk", "Firstline")

# ---------------------------------------------------------------------------------------------------- errors


class TicketError(Exception):
    """A verb that is not legal now. Its subclasses carry why; `bot.wording` makes the sentence."""


class AlreadyClaimed(TicketError):
    def __init__(self, assignee: str) -> None:
        self.assignee = assignee
        super().__init__(f"claimed by {assignee}")


class NotAssignee(TicketError):
    """Only the assignee or a lead may do this; `assignee` is empty when nobody has claimed the ticket."""

    def __init__(self, assignee: str) -> None:
        self.assignee = assignee
        super().__init__(f"assignee is {assignee or 'nobody'}")


class NotOpen(TicketError):
    def __init__(self, state: TicketState, resolution: Resolution | None) -> None:
        self.state = state
        self.resolution = resolution
        super().__init__(f"ticket is {state}")


class NotResolved(TicketError):
    """Only what is resolved, and not yet closed for good, can be reopened or rated."""

    def __init__(self, state: TicketState) -> None:
        self.state = state
        super().__init__(f"ticket is {state}")


class NotWaiting(TicketError):
    pass


class AlreadyThere(TicketError):
    """The ticket already has this queue, assignee or priority."""


class NothingToHandBack(TicketError):
    """It was not escalated to where it is."""


class NotPaged(TicketError):
    """Somebody else is being called by now, or nobody."""


class NotAsked(TicketError):
    """Their approval is not, or no longer, waited for."""


class UrgencyRaised(TicketError):
    """Its requester has raised it before, or it is as urgent as it can be."""


class CannotMerge(TicketError):
    """Into itself, or into a ticket that is no longer open or another organisation's."""


# ---------------------------------------------------------------------------------------------------- tables


class Approval(TypedDict):
    """One approval of a ticket, on the record."""

    person: int
    """Row of the person who is asked."""
    name: str
    asked_by: str
    asked_at: str
    """Instants are ISO 8601, in UTC."""
    what: str
    result: Literal["", "approved", "not_approved", "withdrawn"]
    """Empty while it is waited for."""
    at: str
    word: str
    """What they said with it."""


_VERSION = Column("version", Integer, nullable=False)


class Ticket(SQLModel, table=True):
    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("organisation", "number"),
        Index("ticket_open_in_queue", "organisation", "state", "queue"),
        Index("ticket_of_requester", "organisation", "requester_id"),
        Index("ticket_next_review", "next_review_at"),
        Index("ticket_watched", "state", "next_review_at"),
        Index("ticket_given", "organisation", "queue", "given_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    number: int
    """Counts from 1001 in each organisation; people see `T-1042`."""
    requester_id: int = Field(foreign_key="person.id")
    requester_name: str
    site: str | None = None
    platform: str
    route: str
    """With `platform`, the address of the conversation in which the requester hears of it."""

    category: str
    priority: Priority = Field(sa_column=Column(EnumText(Priority), nullable=False))
    queue: str
    tier: int
    state: TicketState = Field(
        default=TicketState.NEW, sa_column=Column(EnumText(TicketState), nullable=False)
    )
    subject: str
    said: Sequence[str] = Field(default=(), sa_type=JSON)
    """What the requester wrote before it was a ticket, a message each."""
    tried: Sequence[str] = Field(default=(), sa_type=JSON)
    """What the desk and the articles offered already, a sentence each."""
    answers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    """What intake learnt: question to answer."""

    assignee: str | None = None
    assignee_name: str = ""
    opened_at: datetime = Field(sa_type=UtcDateTime)
    first_response_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    first_responded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolution_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolution_remaining: int | None = None
    """Seconds of business time left to resolve, kept while the clock stands still."""
    waiting_for: WaitingFor | None = Field(default=None, sa_column=Column(EnumText(WaitingFor)))
    waiting_note: str = ""
    waiting_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    approvals: Sequence[dict[str, Any]] = Field(default=(), sa_type=JSON)
    """Each approval that was asked for, an `Approval` each; the last is open while it is waited for."""
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its requester was last asked for something that it waits for: the question, or a reminder."""
    reminders: int = 0
    """Of the question that it waits for an answer to."""
    idle_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a technician last did anything with it, or it came to its assignee; counts while it is claimed."""

    escalated_from: Sequence[str] = Field(default=(), sa_type=JSON)
    """The queues that it came through; it can be handed back to the last."""
    escalations: int = 0
    hand_backs: int = 0
    reopenings: int = 0
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolution: Resolution | None = Field(default=None, sa_column=Column(EnumText(Resolution)))
    resolution_text: str = ""
    closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merged_into: int | None = Field(default=None, foreign_key="ticket.id")
    rating: int | None = None
    rating_comment: str = ""

    update_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when the requester waits for the next word."""
    update_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tier_used: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    """Seconds of open time that each tier has used, without the stretch that runs now."""
    tier_queue: str | None = None
    """The queue whose tier uses time since `tier_since`; None while the clock stands still."""
    tier_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tier_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rollover_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rollover_to: str | None = None
    page_rota: str | None = None
    page_called: Sequence[str] = Field(default=(), sa_type=JSON)
    """Who was called, one after the other; the last is being called while `page_due` is set."""
    page_due: datetime | None = Field(default=None, sa_type=UtcDateTime)
    steps: Sequence[str] = Field(default=(), sa_type=JSON)
    """Steps of the escalation that were taken."""
    given_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the desk itself gave it to somebody."""
    urgency_raised: bool = False

    milestones: Sequence[str] = Field(default=(), sa_type=JSON)
    next_review_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    channels: Sequence[str] = Field(default=(), sa_type=JSON)
    """Addresses at which a card of it was shown; the last is where it is now."""
    version: int = Field(default=0, sa_column=_VERSION)

    __mapper_args__ = {"version_id_col": _VERSION}

    @property
    def name(self) -> str:
        return f"T-{self.number}"

    @property
    def description(self) -> str:
        return "\n".join(self.said)

    # ------------------------------------------------------------------------------------------- legality

    def must_be_open(self) -> None:
        """
        Raises:
            NotOpen: it is resolved or closed.
        """
        if not self.state.is_open:
            raise NotOpen(self.state, self.resolution)

    def must_be_assignee(self, by: Actor) -> None:
        """
        Raises:
            NotAssignee: somebody else's, or nobody's, and `by` is no lead.
        """
        if by.lead or (self.assignee is not None and self.assignee == by.technician_id):
            return
        raise NotAssignee(self.assignee_name)

    # ------------------------------------------------------------------------------------------- ownership

    def claim(self, by: Actor, now: datetime) -> TicketEvent:
        """A technician takes it. Again by the same technician changes nothing but is no error.

        Raises:
            AlreadyClaimed: someone else has it.
            NotOpen: it is resolved or closed.
        """
        self.must_be_open()
        if self.assignee not in (None, by.technician_id):
            raise AlreadyClaimed(self.assignee_name)
        if self.assignee is None:
            self.idle_since = now
        self._give_to(by.technician_id, by.name)
        return self._event(EventKind.CLAIMED, by, now)

    def assign(self, by: Actor, to: str, to_name: str, now: datetime) -> TicketEvent:
        """Give it to a technician: anyone in the queue gives what is unclaimed, the assignee or a lead the rest."""
        self.must_be_open()
        if self.assignee is not None:
            self.must_be_assignee(by)
        if self.assignee == to:
            raise AlreadyThere
        before, self.idle_since = self.assignee_name, now
        self._give_to(to, to_name)
        return self._event(EventKind.ASSIGNED, by, now, to=to_name, before=before)

    def release(self, by: Actor, resolution_due: datetime | None, now: datetime) -> TicketEvent:
        """Put it back into its queue for anybody to claim; nobody is waited for any longer."""
        self.must_be_open()
        self.must_be_assignee(by)
        if self.assignee is None:
            raise NotAssignee("")
        self._leave_to_nobody(resolution_due, now)
        return self._event(EventKind.RELEASED, by, now)

    def escalate(
        self, by: Actor, queue: str, tier: int, tried: str, resolution_due: datetime | None, now: datetime
    ) -> TicketEvent:
        """Move it to a queue of a higher tier (or the same tier's specialists), with what was tried so far."""
        self.must_be_open()
        if self.assignee is not None:
            self.must_be_assignee(by)
        if queue == self.queue:
            raise AlreadyThere
        before = self.queue
        self._move(queue, tier, resolution_due, now)
        self.escalated_from = [*self.escalated_from, before]
        self.escalations += 1
        if tried:
            self.tried = [*self.tried, f"{by.name}: {tried}"]
        return self._event(EventKind.ESCALATED, by, now, before=before, queue=queue, tier=tier, tried=tried)

    def hand_back(
        self, by: Actor, tier: int, reason: str, resolution_due: datetime | None, now: datetime
    ) -> TicketEvent:
        """Return it to the queue from which it was escalated last; `tier` is that queue's."""
        self.must_be_open()
        if self.assignee is not None:
            self.must_be_assignee(by)
        if not self.escalated_from:
            raise NothingToHandBack
        before, queue = self.queue, self.escalated_from[-1]
        self._move(queue, tier, resolution_due, now)
        self.escalated_from = self.escalated_from[:-1]
        self.hand_backs += 1
        return self._event(EventKind.HANDED_BACK, by, now, before=before, queue=queue, reason=reason)

    # ------------------------------------------------------------------------------------------- clocks

    def wait(
        self,
        by: Actor,
        waiting_for: WaitingFor,
        note: str,
        until: datetime | None,
        remaining: timedelta | None,
        now: datetime,
    ) -> TicketEvent:
        """Stop the resolution clock while somebody else must act, with `remaining` business time kept.

        To ask the requester is to answer: it counts as the first response.
        """
        self.must_be_open()
        self.must_be_assignee(by)
        if waiting_for is WaitingFor.REQUESTER:
            self._answered(now)
        if self.state is not TicketState.WAITING and remaining is not None:
            self.resolution_remaining = int(remaining.total_seconds())
        if waiting_for is not WaitingFor.APPROVAL:
            self._end_approval("withdrawn", "", now)
        self.state = TicketState.WAITING
        self.waiting_for, self.waiting_note, self.waiting_until = waiting_for, note, until
        self.asked_at, self.reminders = now if waiting_for is WaitingFor.REQUESTER else None, 0
        self._forget_follow_up()
        return self._event(
            EventKind.WAITED,
            by,
            now,
            waiting_for=waiting_for.value,
            note=note,
            until=until.isoformat() if until else None,
        )

    def ask_approval(
        self,
        by: Actor,
        person: int,
        name: str,
        what: str,
        until: datetime,
        remaining: timedelta | None,
        now: datetime,
    ) -> TicketEvent:
        """Wait until this person approves it, or not. Whoever was asked before need not answer any more."""
        self.must_be_open()
        self.must_be_assignee(by)
        self._end_approval("withdrawn", "", now)
        event = self.wait(by, WaitingFor.APPROVAL, name, until, remaining, now)
        asked = Approval(
            person=person,
            name=name,
            asked_by=by.name,
            asked_at=now.isoformat(),
            what=what,
            result="",
            at="",
            word="",
        )
        self.approvals = [*self.approvals, dict(asked)]
        event.data = event.data | {"what": what}
        return event

    def decide_approval(
        self,
        by: Actor,
        person: int,
        *,
        approved: bool,
        word: str,
        resolution_due: datetime | None,
        now: datetime,
    ) -> TicketEvent:
        """Whoever was asked has decided; its clocks run again.

        Raises:
            NotAsked: somebody else is asked, or nobody any more.
        """
        asked = self.approval
        if asked is None or asked["person"] != person:
            raise NotAsked
        self._end_approval("approved" if approved else "not_approved", word, now)
        self.state = TicketState.CLAIMED if self.assignee else TicketState.NEW
        self._end_waiting(resolution_due, now)
        self.update_since = now if self.first_responded_at else None
        self.idle_since = now
        kind = EventKind.APPROVED if approved else EventKind.NOT_APPROVED
        return self._event(kind, by, now, what=asked["what"], word=word)

    @property
    def approval(self) -> Approval | None:
        """The one that it waits for."""
        last = self.approvals[-1] if self.approvals else None
        return cast(Approval, last) if last and not last["result"] else None

    def resume(self, by: Actor, resolution_due: datetime | None, now: datetime) -> TicketEvent:
        """Start the resolution clock again; `resolution_due` is reckoned from what remained."""
        if self.state is not TicketState.WAITING:
            raise NotWaiting
        self.state = TicketState.CLAIMED if self.assignee else TicketState.NEW
        self._end_waiting(resolution_due, now)
        self.update_since = now if self.first_responded_at else None
        self.idle_since = now
        return self._event(EventKind.RESUMED, by, now)

    def remind(self, now: datetime) -> TicketEvent:
        """The requester is asked once more for what it waits for.

        Raises:
            NotWaiting: it waits for nothing of its requester's.
        """
        self._must_wait_for_requester()
        self.asked_at, self.reminders = now, self.reminders + 1
        return self._event(EventKind.REMINDED, DESK, now, number=self.reminders, note=self.waiting_note)

    def close_unanswered(self, closes_at: datetime, now: datetime) -> TicketEvent:
        """Its requester has not answered, in spite of reminders. A word of theirs reopens it until `closes_at`."""
        self._must_wait_for_requester()
        reminders = self.reminders
        self._end(Resolution.NO_ANSWER, "", closes_at, now)
        return self._event(
            EventKind.RESOLVED, DESK, now, resolution=Resolution.NO_ANSWER.value, reminders=reminders
        )

    # ------------------------------------------------------------------------------------------- nobody moves it

    def give(self, to: str, to_name: str, now: datetime) -> TicketEvent:
        """The desk gives it to somebody, by the policy's way to assign."""
        event = self.assign(DESK, to, to_name, now)
        self.given_at = now
        return event

    def roll_over(self, queue: str, tier: int, now: datetime) -> TicketEvent:
        """Nobody has claimed it in time: it goes to another queue, whatever its tier."""
        self.must_be_open()
        before = self.queue
        self._move(queue, tier, self.resolution_due, now)
        return self._event(EventKind.ROLLED_OVER, DESK, now, before=before, queue=queue, tier=tier)

    def stay(self) -> None:
        """It rolls over no more."""
        self.rollover_at = self.rollover_to = None

    def page(self, rota: str, technician: str, name: str, due: datetime, now: datetime) -> TicketEvent:
        """Call somebody, who has until `due` to accept."""
        self.must_be_open()
        self.page_rota, self.page_due = rota, due
        self.page_called = [*self.page_called, technician]
        return self._event(EventKind.PAGED, DESK, now, rota=rota, technician=technician, name=name)

    def accept_page(self, by: Actor, now: datetime) -> TicketEvent:
        """Whoever is called takes it: from its queue, or over from somebody who could not solve it in time.

        Raises:
            NotPaged: it is somebody's, and they are not the one who is being called.
        """
        if self.assignee in (None, by.technician_id):
            return self.claim(by, now)
        self.must_be_open()
        self._must_be_called(by)
        before, self.idle_since = self.assignee_name, now
        self._give_to(by.technician_id, by.name)
        return self._event(EventKind.ASSIGNED, by, now, to=by.name, before=before)

    def reject_page(self, by: Actor, now: datetime) -> TicketEvent:
        """Whoever is called cannot take it.

        Raises:
            NotPaged: they are not the one who is being called.
        """
        self._must_be_called(by)
        self.page_due = None
        return self._event(EventKind.PAGE_REJECTED, by, now, rota=self.page_rota)

    def page_unanswered(self, now: datetime) -> TicketEvent:
        """Silence."""
        self.page_due = None
        return self._event(
            EventKind.PAGE_UNANSWERED, DESK, now, rota=self.page_rota, technician=self.page_called[-1]
        )

    def pages_ended(self, now: datetime) -> TicketEvent:
        """Nobody is left to call."""
        self.page_due = None
        return self._event(EventKind.PAGES_ENDED, DESK, now, rota=self.page_rota, called=self.page_called)

    def take_step(self, key: str, now: datetime) -> TicketEvent:
        """A step of the escalation; each is taken once."""
        self.steps = [*self.steps, key]
        return self._event(EventKind.STEP_TAKEN, DESK, now, step=key)

    def must_be_raisable(self) -> None:
        """
        Raises:
            NotOpen: it is not open.
            UrgencyRaised: its requester has raised it before, or there is nothing above its priority.
        """
        self.must_be_open()
        if self.urgency_raised or self.priority is Priority.P1:
            raise UrgencyRaised

    def raise_urgency(self, by: Actor, reason: str, now: datetime) -> TicketEvent:
        """The requester says, once, that it hurts more than was thought. The priority is raised by its own verb."""
        self.must_be_raisable()
        self.urgency_raised = True
        return self._event(EventKind.URGENCY_RAISED, by, now, reason=reason)

    # ------------------------------------------------------------------------------------------- end and beginning

    def resolve(
        self, by: Actor, resolution: Resolution, text: str, closes_at: datetime, now: datetime
    ) -> TicketEvent:
        """Done; it can be reopened until `closes_at`. An answer to the requester counts as the first response."""
        self.must_be_open()
        self.must_be_assignee(by)
        if text:
            self._answered(now)
        self._end(resolution, text, closes_at, now)
        return self._event(EventKind.RESOLVED, by, now, resolution=resolution.value, text=text)

    def withdraw(self, by: Actor, closes_at: datetime, now: datetime) -> TicketEvent:
        """The requester no longer needs it."""
        self.must_be_open()
        self._end(Resolution.WITHDRAWN, "", closes_at, now)
        return self._event(EventKind.WITHDRAWN, by, now)

    def confirm(self, by: Actor, closes_at: datetime, now: datetime) -> TicketEvent:
        """The requester says that it works again."""
        self.must_be_open()
        self._end(Resolution.CONFIRMED, "", closes_at, now)
        return self._event(EventKind.RESOLVED, by, now, resolution=Resolution.CONFIRMED.value)

    def merge(self, by: Actor, into: Ticket, now: datetime) -> TicketEvent:
        """This is the same matter as `into`, which goes on with both."""
        self.must_be_open()
        if self.assignee is not None:
            self.must_be_assignee(by)
        if into.id == self.id or into.organisation != self.organisation or not into.state.is_open:
            raise CannotMerge
        self._end(Resolution.MERGED, "", now, now)
        self.state = TicketState.CLOSED
        self.closes_at = None
        self.merged_into = into.id
        return self._event(EventKind.MERGED, by, now, into=into.name)

    def reopen(
        self,
        by: Actor,
        first_response_due: datetime,
        resolution_due: datetime,
        now: datetime,
    ) -> TicketEvent:
        """It is still broken: back to its assignee, or to its queue, with new targets."""
        if self.state is not TicketState.RESOLVED:
            raise NotResolved(self.state)
        self.state = TicketState.CLAIMED if self.assignee else TicketState.NEW
        self.resolved_at = self.closes_at = self.resolution = self.rating = None
        self.resolution_text = self.rating_comment = ""
        self.first_response_due, self.first_responded_at = first_response_due, None
        self.resolution_due = resolution_due
        self.update_since = None
        self.tier_used, self.tier_queue, self.tier_since = {}, None, None
        self.milestones, self.steps = [], []
        self.idle_since = now
        self.reopenings += 1
        return self._event(EventKind.REOPENED, by, now)

    def close(self, now: datetime) -> TicketEvent:
        """The time to reopen it has passed."""
        if self.state is not TicketState.RESOLVED:
            raise NotResolved(self.state)
        self.state = TicketState.CLOSED
        self.closes_at = None
        return self._event(EventKind.CLOSED, DESK, now)

    # ------------------------------------------------------------------------------------------- words and facts

    def requester_wrote(self, by: Actor, text: str, now: datetime) -> TicketEvent:
        return self._event(EventKind.REQUESTER_WROTE, by, now, text=text)

    def reply(self, by: Actor, text: str, now: datetime) -> TicketEvent:
        """A technician writes to the requester; the first time is the first response."""
        self._must_not_be_closed()
        self._answered(now)
        self._worked(by, now)
        return self._event(EventKind.REPLIED, by, now, text=text)

    def edited(self, by: Actor, text: str, now: datetime) -> TicketEvent:
        """Somebody changed what they had written about it; without `text`, they took it back."""
        return self._event(EventKind.EDITED, by, now, text=text)

    def note(self, by: Actor, text: str, now: datetime) -> TicketEvent:
        """Internal; the requester never sees it."""
        self._worked(by, now)
        return self._event(EventKind.NOTED, by, now, text=text)

    def change_priority(
        self,
        by: Actor,
        priority: Priority,
        first_response_due: datetime,
        resolution_due: datetime,
        remaining: timedelta,
        now: datetime,
    ) -> TicketEvent:
        """New targets, counted from now, for what is still unmet; raising it never puts off what was promised.

        `remaining` is the whole new target, for a resolution clock that stands still.
        """
        self.must_be_open()
        if priority == self.priority:
            raise AlreadyThere
        self._worked(by, now)
        raised = priority < self.priority
        before, self.priority = self.priority, priority

        def sooner(promised: datetime | None, new: datetime) -> datetime:
            return min(promised, new) if raised and promised else new

        if self.first_responded_at is None:
            self.first_response_due = sooner(self.first_response_due, first_response_due)
        if self.state is TicketState.WAITING:
            seconds = int(remaining.total_seconds())
            kept = self.resolution_remaining
            self.resolution_remaining = min(kept, seconds) if raised and kept is not None else seconds
        else:
            self.resolution_due = sooner(self.resolution_due, resolution_due)
        self._forget_risks(now)
        return self._event(EventKind.PRIORITY_CHANGED, by, now, before=before.value, priority=priority.value)

    def change_category(self, by: Actor, category: str, now: datetime) -> TicketEvent:
        self.must_be_open()
        if category == self.category:
            raise AlreadyThere
        self._worked(by, now)
        before, self.category = self.category, category
        return self._event(EventKind.CATEGORY_CHANGED, by, now, before=before, category=category)

    def rate(self, by: Actor, rating: int, comment: str, now: datetime) -> TicketEvent:
        """1 (no help) to 5, and a word; a second rating replaces the first."""
        if self.state is not TicketState.RESOLVED:
            raise NotResolved(self.state)
        self.rating = rating
        self.rating_comment = comment or self.rating_comment
        return self._event(EventKind.RATED, by, now, rating=rating, comment=comment)

    def notice(self, milestone: Milestone, now: datetime) -> TicketEvent:
        """The review saw a milestone; each is noticed once."""
        self.milestones = [*self.milestones, milestone.value]
        return self._event(EventKind.MILESTONE, DESK, now, milestone=milestone.value)

    def forget(self, milestone: Milestone) -> None:
        """It lies ahead again, and may be noticed anew."""
        if milestone in self.milestones:
            self.milestones = [seen for seen in self.milestones if seen != milestone]

    def opened(self, by: Actor, now: datetime) -> TicketEvent:
        """The first event of its history."""
        return self._event(
            EventKind.OPENED, by, now, queue=self.queue, priority=self.priority.value, category=self.category
        )

    # ------------------------------------------------------------------------------------------- inside

    def _worked(self, by: Actor, now: datetime) -> None:
        if by.technician_id and self.state.is_open:
            self.idle_since = now

    def _must_not_be_closed(self) -> None:
        if self.state is TicketState.CLOSED:
            raise NotOpen(self.state, self.resolution)

    def _must_wait_for_requester(self) -> None:
        if self.state is not TicketState.WAITING or self.waiting_for is not WaitingFor.REQUESTER:
            raise NotWaiting

    def _must_be_called(self, by: Actor) -> None:
        if self.page_due is None or list(self.page_called[-1:]) != [by.technician_id]:
            raise NotPaged

    def _answered(self, now: datetime) -> None:
        """The requester has had word."""
        self.first_responded_at = self.first_responded_at or now
        self.update_since = now
        self.forget(Milestone.UPDATE_BREACHED)

    def _stop_calling(self) -> None:
        """Somebody has it, or it is elsewhere: nobody need be called any more, and it rolls over no more."""
        self.rollover_at = self.rollover_to = self.page_due = None

    def _give_to(self, technician: str | None, name: str) -> None:
        self.assignee, self.assignee_name = technician, name
        self._stop_calling()
        if self.state is TicketState.NEW:
            self.state = TicketState.CLAIMED

    def _leave_to_nobody(self, resolution_due: datetime | None, now: datetime) -> None:
        self.assignee, self.assignee_name = None, ""
        if self.state is TicketState.WAITING:
            self._end_waiting(resolution_due, now)
        self.state = TicketState.NEW

    def _move(self, queue: str, tier: int, resolution_due: datetime | None, now: datetime) -> None:
        self.queue, self.tier = queue, tier
        self._stop_calling()
        self.page_rota, self.page_called = None, []
        self._leave_to_nobody(resolution_due, now)

    def _end_approval(
        self, result: Literal["approved", "not_approved", "withdrawn"], word: str, now: datetime
    ) -> None:
        if asked := self.approval:
            ended = {**asked, "result": result, "at": now.isoformat(), "word": word}
            self.approvals = [*self.approvals[:-1], ended]

    def _end_waiting(self, resolution_due: datetime | None, now: datetime) -> None:
        self._end_approval("withdrawn", "", now)
        self.waiting_for = self.waiting_until = self.resolution_remaining = None
        self.waiting_note = ""
        self.asked_at, self.reminders = None, 0
        self._forget_follow_up()
        self.resolution_due = resolution_due

    def _forget_follow_up(self) -> None:
        """What was noticed of a time to follow up that no longer stands."""
        self.milestones = [seen for seen in self.milestones if seen != Milestone.FOLLOW_UP_DUE]

    def _end(self, resolution: Resolution, text: str, closes_at: datetime, now: datetime) -> None:
        if self.state is TicketState.WAITING:
            self._end_waiting(self.resolution_due, now)
        self._stop_calling()
        self.state = TicketState.RESOLVED
        self.resolution, self.resolution_text = resolution, text
        self.resolved_at, self.closes_at = now, closes_at

    def _forget_risks(self, now: datetime) -> None:
        """After a change of targets, what was noticed about targets that lie ahead again may be noticed anew."""
        resolution_due = self.resolution_due
        if self.resolution_remaining is not None:
            resolution_due = now + timedelta(seconds=self.resolution_remaining)
        ahead = {
            Milestone.RESPONSE_AT_RISK: self.first_response_due,
            Milestone.RESPONSE_BREACHED: self.first_response_due,
            Milestone.RESOLUTION_AT_RISK: resolution_due,
            Milestone.RESOLUTION_BREACHED: resolution_due,
        }
        self.milestones = [
            seen for seen in self.milestones if (due := ahead.get(Milestone(seen))) is None or due <= now
        ]

    def _event(self, kind: EventKind, by: Actor, now: datetime, **data: Any) -> TicketEvent:
        return TicketEvent(
            organisation=self.organisation,
            ticket_id=self.id or 0,
            at=now,
            kind=kind,
            actor=by.id,
            actor_name=by.name,
            platform=by.platform,
            data={key: value for key, value in data.items() if value not in (None, "")},
        )


class TicketEvent(SQLModel, table=True):
    """One line of a ticket's history: who did what, when, from where. Never changed, never deleted."""

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ticket_event_of_ticket", "ticket_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    organisation: str
    ticket_id: int = Field(foreign_key="ticket.id")
    at: datetime = Field(sa_type=UtcDateTime)
    kind: EventKind = Field(sa_column=Column(EnumText(EventKind), nullable=False))
    actor: str
    actor_name: str
    platform: str = ""
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class TicketCounter(SQLModel, table=True):
    """The last ticket number of each organisation: a sequence could leave gaps, and tells clients about each other."""

    __tablename__ = "ticket_counter"

    organisation: str = Field(primary_key=True)
    last: int
