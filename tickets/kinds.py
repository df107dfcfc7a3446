"""The words a ticket is described in. Values are stored; renaming one is a migration."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    """How much it hurts: P1 many people cannot work, P2 one person cannot work, P3 works badly, P4 a wish."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class TicketState(StrEnum):
    NEW = "new"
    """In its queue, claimed by nobody."""
    CLAIMED = "claimed"
    WAITING = "waiting"
    """Claimed, and somebody else must act first; the resolution clock stands still."""
    RESOLVED = "resolved"
    """Done, and can be reopened until `closes_at`."""
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        return self in (TicketState.NEW, TicketState.CLAIMED, TicketState.WAITING)


class Due(StrEnum):
    """What is owed to the requester."""

    FIRST_RESPONSE = "first_response"
    UPDATE = "update"
    """Word of how it stands, however little has changed."""
    RESOLUTION = "resolution"


class WaitingFor(StrEnum):
    REQUESTER = "requester"
    VENDOR = "vendor"
    APPROVAL = "approval"


class Resolution(StrEnum):
    """Why a ticket is no longer open."""

    FIXED = "fixed"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    WORKAROUND = "workaround"
    NOT_REPRODUCIBLE = "not_reproducible"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    NOT_A_REQUEST = "not_a_request"
    NO_ANSWER = "no_answer"
    """Its requester was asked, and reminded, and did not answer."""


class EventKind(StrEnum):
    """What can happen to a ticket; the event log is the history, the audit and the report."""

    OPENED = "opened"
    CLAIMED = "claimed"
    RELEASED = "released"
    ASSIGNED = "assigned"
    ESCALATED = "escalated"
    HANDED_BACK = "handed_back"
    WAITED = "waited"
    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    REMINDED = "reminded"
    """The requester, of what was asked."""
    RESUMED = "resumed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    PRIORITY_CHANGED = "priority_changed"
    CATEGORY_CHANGED = "category_changed"
    REQUESTER_WROTE = "requester_wrote"
    REPLIED = "replied"
    EDITED = "edited"
    NOTED = "noted"
    RATED = "rated"
    MILESTONE = "milestone"
    ROLLED_OVER = "rolled_over"
    PAGED = "paged"
    PAGE_REJECTED = "page_rejected"
    PAGE_UNANSWERED = "page_unanswered"
    PAGES_ENDED = "pages_ended"
    STEP_TAKEN = "step_taken"
    URGENCY_RAISED = "urgency_raised"


class Milestone(StrEnum):
    """Instants in a ticket's life that the review notices, each exactly once."""

    RESPONSE_AT_RISK = "response_at_risk"
    RESPONSE_BREACHED = "response_breached"
    RESOLUTION_AT_RISK = "resolution_at_risk"
    RESOLUTION_BREACHED = "resolution_breached"
    UPDATE_BREACHED = "update_breached"
    TIER_SPENT = "tier_spent"
    """The tier has used up its part of the resolution time."""
    FOLLOW_UP_DUE = "follow_up_due"
    REMINDER_DUE = "reminder_due"
    """Its requester has not answered."""
    SILENCE_ENDED = "silence_ended"
    """Its requester has not answered the last reminder either."""
    ROLLOVER_DUE = "rollover_due"
    PAGE_DUE = "page_due"
    """Whoever was paged has not answered."""
    REOPEN_WINDOW_ENDED = "reopen_window_ended"
