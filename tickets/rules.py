"""The rules of who answers when, as they stand in a policy file: rotas, routes, escalations, budgets of the tiers.

`tickets.rota` and `tickets.coverage` apply them; `docs/policy.md` explains every key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, StrictInt, model_validator

from tickets.feeds import Times, read_feed
from tickets.fields import (
    CalendarId,
    CategoryId,
    Distinct,
    Duration,
    FeedFile,
    GroupId,
    Hours,
    Id,
    QueueId,
    RotaId,
    SiteId,
    Table,
    TechnicianId,
    Text,
    Turn,
    Wall,
    Zone,
    one_of,
    only,
)
from tickets.kinds import Due, Priority

SITE = "site"
"""Instead of a calendar's id: the calendar of the requester's office."""

OneOrMore = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
"""`"denver"` is as good as `["denver"]`."""

CalendarOrSite = Annotated[str, one_of("calendar", SITE)]


class _Span(Table):
    """From `from`, included, to `until`, excluded, on the wall."""

    since: Annotated[Wall, Field(alias="from")]
    until: Wall

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("until must be later than from")
        return self


# ------------------------------------------------------------------------------------------------------- people


class Absence(_Span):
    """A time during which a technician is not there, in the technician's zone."""


class Layer(StrEnum):
    """Who is paged first, and who when the first does not answer."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class Override(_Span):
    """Somebody else's turn, in the zone of the rota."""

    who: TechnicianId
    layer: Layer = Layer.PRIMARY


class Rota(Table):
    """`[[rota]]`: technicians who take turns in being on call."""

    id: Annotated[Id, only("rota")]
    name: Text
    timezone: Zone
    starts: Wall
    """The first hand-over; those after it are at the same time on the wall."""
    every: Turn
    primary: Annotated[tuple[TechnicianId, ...], Field(min_length=1)]
    secondary: tuple[TechnicianId, ...] = ()
    calendar: CalendarId | None = None
    """When it is on; always when None."""
    overrides: tuple[Override, ...] = ()
    answer_within: Duration = timedelta(minutes=10)
    """After this long without an answer the next one is paged."""
    catch_all: TechnicianId | None = None
    """Who is paged when nobody of the rota has answered."""
    turns_from: FeedFile | None = None
    """An iCalendar file: whoever an event names is primary for its time."""

    @cached_property
    def turn_times(self) -> Times | None:
        return Times(read_feed(self.turns_from), self.timezone) if self.turns_from else None

    @model_validator(mode="after")
    def _read(self) -> Self:
        self.turn_times  # noqa: B018  (now: the file may be gone when somebody asks)
        return self


# ------------------------------------------------------------------------------------------------------- routes


class Assign(StrEnum):
    """How a ticket comes to its assignee."""

    CLAIM = "claim"
    """Anybody in the queue takes it."""
    ROUND_ROBIN = "round-robin"
    """Each in turn, of those who are there."""
    FEWEST_OPEN = "fewest-open"
    BY_SKILL = "by-skill"
    """Of those with every skill that it needs, the one with the fewest open tickets."""
    BY_SITE = "by-site"
    """Of those who can go to its office, the one with the fewest open tickets."""


class Waiting(Table):
    """More than so many open tickets of a queue that nobody has claimed."""

    queue: QueueId
    more_than: Annotated[StrictInt, Field(ge=0)]


class Rollover(Table):
    """Where a ticket goes that nobody has claimed after a time."""

    after: Duration
    to: QueueId
    clock: CalendarId | None = None
    """The calendar in which that time is counted; round the clock when None."""


class Route(Table):
    """`[[route]]`: a rule for requests that meet all its conditions. The first that matches decides."""

    organisation: Annotated[tuple[Id, ...], OneOrMore] = ()
    site: Annotated[tuple[SiteId, ...], OneOrMore] = ()
    category: Annotated[tuple[CategoryId, ...], OneOrMore] = ()
    priority: Annotated[tuple[Priority, ...], OneOrMore] = ()
    group: Annotated[tuple[GroupId, ...], OneOrMore] = ()
    skill: Annotated[tuple[Id, ...], OneOrMore] = ()
    open: CalendarOrSite | None = None
    closed: CalendarOrSite | None = None
    hours: Hours | None = None
    timezone: Zone
    since: Annotated[Wall | None, Field(alias="from")] = None
    until: Wall | None = None
    waiting: Waiting | None = None

    note: Text | None = None
    queue: QueueId | None = None
    page: RotaId | None = None
    assign: Assign = Assign.CLAIM
    rollover: Rollover | None = None
    wait_and_say: Text | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.since and self.until and self.until <= self.since:
            raise ValueError("until must be later than from")
        if self.wait_and_say and (self.page or self.rollover):
            raise ValueError("wait_and_say leaves no room for page or rollover: nobody else is to take it")
        if self.rollover and self.rollover.to == self.queue:
            raise ValueError(f"rolls over to '{self.queue}', where it is already")
        return self


# --------------------------------------------------------------------------------------------------- escalations


@dataclass(frozen=True, slots=True)
class Moment:
    """A time after the ticket was opened, or of its assignee doing nothing, or a part of a target; counted in the
    clock of the target."""

    after: timedelta | None
    share: float = 0.0
    of: Due = Due.FIRST_RESPONSE
    idle: bool = False
    """`after` the assignee last did anything with it."""

    def __str__(self) -> str:
        if self.after is None:
            return f"{self.share * 100:.0f}% of {self.of.value}"
        hours, minutes = divmod(int(self.after.total_seconds()) // 60, 60)
        idle = " idle" if self.idle else ""
        return "".join([f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", idle])


def _moment(text: object) -> Moment:
    if match := re.fullmatch(r"(\d{1,3})% of (first_response|update|resolution)", str(text)):
        return Moment(None, int(match[1]) / 100, Due(match[2]))
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?( idle)?", str(text))
    after = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
    if match is None or not after:
        raise ValueError(f"must be written like 10m, 1h30m, 4h idle or 75% of resolution (found '{text}')")
    return Moment(after, of=Due.RESOLUTION, idle=True) if match[3] else Moment(after)


class Do(StrEnum):
    """What a step of an escalation does."""

    REMIND = "remind"
    """Say it again in the ticket's thread."""
    MENTION = "mention-on-call"
    """Name whoever is on call, in the thread."""
    PAGE = "page"
    RELEASE = "release"
    """Take it from an assignee who does nothing with it, back into its queue."""
    RAISE_TIER = "raise-tier"
    TELL_LEAD = "tell-lead"


class Step(Table):
    """One step of an escalation. It is left out when what it is about is no longer so."""

    at: Annotated[Moment, PlainValidator(_moment)]
    do: Do
    rota: RotaId | None = None
    to: QueueId | None = None
    """For raise-tier; the queue's own `escalates_to` when None."""
    as_long_as: Annotated[Literal["unclaimed", "unanswered", "unsolved"] | None, Field(alias="while")] = None

    @property
    def about(self) -> str:
        """`while`, or what the moment is about: a target that is unmet, else that nobody has claimed it."""
        if self.as_long_as:
            return self.as_long_as
        if self.at.idle:
            return "idle"
        if self.at.after is not None:
            return "unclaimed"
        return "unanswered" if self.at.of is Due.FIRST_RESPONSE else "unsolved"

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        pages = self.do in (Do.MENTION, Do.PAGE)
        if pages and self.rota is None:
            raise ValueError(f"{self.do.value} needs a rota")
        if self.rota and not pages:
            raise ValueError(f"{self.do.value} leaves no room for a rota")
        if self.to and self.do is not Do.RAISE_TIER:
            raise ValueError(f"{self.do.value} leaves no room for a queue to go to")
        if self.at.idle and self.as_long_as:
            raise ValueError(f"'{self.at}' leaves no room for while: somebody has it and does nothing")
        if self.at.idle and self.do is Do.PAGE:
            raise ValueError("somebody has it: release it first, then page")
        if self.do is Do.RELEASE and not self.at.idle:
            raise ValueError("release is for what is idle: write at like '8h idle'")
        return self


class Escalation(Table):
    """`[[escalation]]`: what happens to a ticket that nobody moves. The first that matches decides."""

    priority: Annotated[tuple[Priority, ...], OneOrMore, Distinct] = ()
    queue: Annotated[tuple[QueueId, ...], OneOrMore, Distinct] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


# ------------------------------------------------------------------------------------------------------- silence


class Silence(Table):
    """`[[silence]]`: what happens when a requester does not answer what was asked. The first that matches decides."""

    priority: Annotated[tuple[Priority, ...], OneOrMore, Distinct] = ()
    queue: Annotated[tuple[QueueId, ...], OneOrMore, Distinct] = ()
    remind: Annotated[tuple[Duration, ...], Field(min_length=1)]
    """Each so long after the word before it: the question, or the reminder before."""
    close: Duration
    """So long after the last reminder."""
    clock: CalendarId | None = None
    """The calendar in which they are counted; round the clock when None."""


# ------------------------------------------------------------------------------------------------------- budgets


class Tier(Table):
    """`[tier.1]`: the part of a ticket's resolution time that it may spend with this tier."""

    share: Annotated[StrictInt, Field(ge=1, le=100)]
    """Per cent."""


class Tiers(Table):
    """What each tier may use; a tier without a share has no budget of its own."""

    first: Annotated[Tier | None, Field(alias="1")] = None
    second: Annotated[Tier | None, Field(alias="2")] = None
    third: Annotated[Tier | None, Field(alias="3")] = None

    def share(self, tier: int) -> float | None:
        """The part of the resolution time, from 0 to 1; None when the tier has no budget."""
        found = (self.first, self.second, self.third)[tier - 1]
        return found.share / 100 if found else None

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        total = sum(tier.share for tier in (self.first, self.second, self.third) if tier)
        if total > 100:
            raise ValueError(f"the shares add up to {total} per cent of the resolution time")
        return self
