"""The rules of the desk: `firstline.toml`, read once into frozen objects that can be trusted.

One file describes one organisation; a provider's file beside them holds what all of them have in common. Whatever is wrong with the files is found when they are read, all of it at once,
with file, line, key and a suggestion; what `load` returns is sound: every id that it mentions exists.
`docs/policy.md` explains every key.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from problems import Location, Problem, ProblemsFound, did_you_mean, mistakes_in
from tickets.calendars import ALL_DAY, MINUTES_A_DAY, Calendar, overlap
from tickets.feeds import ClosedDays, Fetch, OpenHours, Times, fetch_nothing, read_feed
from tickets.fields import (
    CalendarId,
    Content,
    Distinct,
    Duration,
    Email,
    FeedFile,
    Id,
    Member,
    PlatformId,
    QueueId,
    SiteId,
    Table,
    TechnicianId,
    Text,
    Windows,
    Zone,
    entries,
    ids,
    only,
    only_once,
)
from tickets.fields import Thread as Thread
from tickets.inheritance import (
    FEEDS,
    LISTS,
    TABLES,
    File,
    Mistake,
    Whole,
    fetched,
    inherited,
    is_provider,
    parsed,
    table,
)
from tickets.kinds import Due, Priority
from tickets.public_holidays import public_holidays
from tickets.rules import SITE, Absence, Assign, CalendarOrSite, Escalation, Rota, Route, Silence, Tiers

# ------------------------------------------------------------------------------------------- what the file holds


class Provider(Table):
    """`[provider]`: begins the file that all organisations inherit from."""

    name: Text
    timezone: Zone | None = None
    reopen_days: Annotated[StrictInt, Field(ge=1)] | None = None
    thread_default: Thread | None = None


class About(Table):
    """`[organisation]`"""

    id: Id
    name: Text
    timezone: Zone
    workspaces: Annotated[tuple[Text, ...], Field(min_length=1), Distinct]
    reopen_days: Annotated[StrictInt, Field(ge=1)] = 7
    thread_default: Thread = Thread.INTERNAL
    help_channels: Annotated[tuple[PlatformId, ...], Distinct] = ()
    """Channels in which every message is a request."""
    reaction_shortcuts: StrictBool = False
    """Whether an emoji on a ticket's card claims or resolves it."""


class Site(Table):
    """One of the organisation's offices."""

    id: Annotated[Id, only("site")]
    name: Text
    timezone: Zone
    address: str = ""
    words: tuple[Text, ...] = ()
    """What people call it."""
    calendar: CalendarId | None = None
    """When people are there."""


class Week(Table):
    """Hours that begin on each weekday."""

    monday: Windows = ()
    tuesday: Windows = ()
    wednesday: Windows = ()
    thursday: Windows = ()
    friday: Windows = ()
    saturday: Windows = ()
    sunday: Windows = ()

    def days(self) -> tuple[Windows, ...]:
        """Seven days from Monday."""
        return tuple(getattr(self, name) for name in Week.model_fields)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        days = [window.later(day) for day, windows in enumerate(self.days()) for window in windows]
        # A night that begins on Sunday ends in the Monday that opens the week.
        if shared := overlap([*days, *(window.later(7) for window in self.monday)]):
            names = [*Week.model_fields, "monday"]
            both = (f"{names[window.start // MINUTES_A_DAY]} {window}" for window in shared)
            raise ValueError(f"{' and '.join(both)} overlap")
        return self


class SpecialDay(Table):
    """A date with hours of its own, whatever its weekday."""

    day: date = Field(alias="date")
    hours: Annotated[Windows, Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if shared := overlap(self.hours):
            raise ValueError(f"{shared[0]} and {shared[1]} overlap")
        return self


class Holidays(Table):
    """Public holidays of a country, and of one part of it when `subdivision` is given (ISO 3166 codes)."""

    country: Text
    subdivision: Text | None = None

    def days(self) -> Container[date]:
        return public_holidays(self.country, self.subdivision)

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            self.days()
        except NotImplementedError:
            where = f"{self.country}-{self.subdivision}" if self.subdivision else self.country
            raise ValueError(
                f"no holidays are known for '{where}'; write ISO codes, such as US and CO"
            ) from None
        return self


class CalendarTable(Table):
    """`[[calendar]]`: when a clock runs, as the file tells it."""

    id: Annotated[Id, only("calendar")]
    timezone: Zone
    always: StrictBool = False
    hours: Week = Week()
    holidays: Holidays | None = None
    closed: tuple[date, ...] = ()
    special_days: Annotated[tuple[SpecialDay, ...], Field(alias="open")] = ()
    closed_from: Text | None = None
    """An iCalendar file: events of whole days close their days."""
    open_from: Text | None = None
    """An iCalendar file: the days of its events have exactly their hours."""

    def calendar(self) -> Calendar:
        closed: Container[date] = frozenset(self.closed)
        special: Mapping[date, Windows] = {special.day: special.hours for special in self.special_days}
        if self.closed_from:
            closed = ClosedDays(read_feed(self.closed_from), frozenset(self.closed))
        if self.open_from:
            special = OpenHours(read_feed(self.open_from), self.timezone, special)
        return Calendar(
            self.id,
            self.timezone,
            week=[[ALL_DAY]] * 7 if self.always else self.hours.days(),
            holidays=self.holidays.days() if self.holidays else frozenset(),
            closed=closed,
            special=special,
        )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.always and self.model_fields_set - {"id", "timezone", "always"}:
            raise ValueError("always = true leaves no room for hours, holidays, closed or open days")
        dates = Counter([*self.closed, *(special.day for special in self.special_days)])
        if twice := [day.isoformat() for day, times in dates.items() if times > 1]:
            raise ValueError(f"says more than once what happens on {', '.join(twice)}")
        self.calendar()
        return self


class Technician(Table):
    """Somebody who can claim tickets. `accounts` are what platforms verify: `platform:id`."""

    id: Annotated[Id, only("technician")]
    name: Text
    email: Email
    timezone: Zone
    accounts: Annotated[tuple[PlatformId, ...], Field(min_length=1)]
    lead: StrictBool = False
    skills: Annotated[tuple[Id, ...], Distinct] = ()
    reaches: Annotated[tuple[SiteId, ...], Distinct] = ()
    """The sites to which this technician can go."""
    calendar: CalendarId | None = None
    """Working hours; those of the queue when None."""
    away: tuple[Absence, ...] = ()
    away_from: FeedFile | None = None
    """An iCalendar file: its events are absences."""

    @cached_property
    def away_times(self) -> Times | None:
        return Times(read_feed(self.away_from), self.timezone) if self.away_from else None

    @model_validator(mode="after")
    def _read(self) -> Self:
        self.away_times  # noqa: B018  (now: the file may be gone when somebody asks)
        return self

    @field_validator("accounts")
    @classmethod
    def _own(cls, accounts: tuple[str, ...], info: ValidationInfo[Content]) -> tuple[str, ...]:
        everybodys = [one.get("accounts") for one in entries(info.context, "technician")]
        times = Counter(
            account for theirs in everybodys if isinstance(theirs, list) for account in map(str, theirs)
        )
        if shared := [account for account in accounts if times[account] > 1]:
            raise ValueError(f"'{shared[0]}' is named more than once: an account belongs to one technician")
        return accounts


class Queue(Table):
    """Where one tier's tickets wait, with the technicians who take them and the calendar they work by."""

    id: Annotated[Id, only("queue")]
    name: Text
    tier: Literal[1, 2, 3]
    technicians: Annotated[tuple[TechnicianId, ...], Field(min_length=1), Distinct]
    calendar: CalendarId
    channel: PlatformId | None = None
    """Address at which its cards are posted."""
    escalates_to: QueueId | None = None
    """Where a ticket goes first when this tier cannot settle it."""
    thread: Thread
    """The organisation's default unless the queue has its own."""
    cap: Annotated[StrictInt, Field(ge=1)] | None = None
    """Whoever has as many open tickets is given no more by the desk itself."""

    @field_validator("escalates_to")
    @classmethod
    def _upwards(cls, next_id: str, info: ValidationInfo[Content]) -> str:
        queues = {str(queue.get("id")): queue for queue in entries(info.context, "queue")}
        tier = queues[next_id].get("tier")
        if isinstance(tier, int) and tier < info.data.get("tier", tier):
            raise ValueError(f"'{next_id}' is of a lower tier ({tier}): tickets are escalated upwards")
        path = [str(info.data.get("id"))]
        while next_id in queues and next_id not in path:
            path.append(next_id)
            next_id = str(queues[next_id].get("escalates_to"))
        if next_id == path[0]:
            raise ValueError(f"escalation never ends: {' → '.join([*path, next_id])}")
        return path[1]


class Group(Table):
    """`[[group]]`: requesters whom routes treat alike."""

    id: Annotated[Id, only("group")]
    members: Annotated[tuple[Member, ...], Distinct]
    """E-mail addresses, and accounts as platforms verify them."""


class Question(Table):
    """Something intake must know before it opens a ticket."""

    id: Id
    question: Text
    choices: tuple[Text, ...] = ()


class Category(Table):
    """What a request can be about, where it goes and how much it usually hurts."""

    id: Annotated[Id, only("category")]
    name: Text
    queue: QueueId
    priority: Priority
    skills: Annotated[tuple[Id, ...], Distinct] = ()
    """What whoever works on it must be good at."""
    private: StrictBool = False
    """Its requests are for nobody else's eyes: they leave open channels, and are no news to colleagues."""
    ask: tuple[Question, ...] = ()

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        only_once(tuple(question.id for question in self.ask))
        return self


class Promise(Table):
    """`[priority.P1]`: the durations that are promised for one priority, in open time of their clock."""

    first_response: Duration
    update: Duration | None = None
    """The longest that a requester waits for word after the last one, once a technician has answered."""
    resolution: Duration
    clock: CalendarId | None = None
    """Id of the calendar in which they run; the queue's own when None."""
    first_response_clock: CalendarId | None = None
    """For this target alone, instead of `clock`; so for the others."""
    update_clock: CalendarOrSite | None = None
    """May be the calendar of the requester's office."""
    resolution_clock: CalendarId | None = None
    meaning: Text

    def target(self, due: Due) -> timedelta | None:
        found: timedelta | None = getattr(self, due.value)
        return found

    def clock_of(self, due: Due) -> str | None:
        found: str | None = getattr(self, f"{due.value}_clock")
        return found or self.clock

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.resolution < self.first_response:
            raise ValueError("resolution must not be due before first_response")
        return self


class Promises(Table):
    """One promise for each priority."""

    P1: Promise
    P2: Promise
    P3: Promise
    P4: Promise


# -------------------------------------------------------------------------------------- what the desk works with


class UnknownInPolicy(KeyError):
    """The policy has no such thing (any more)."""

    def __init__(self, kind: str, id_: str) -> None:
        super().__init__(kind, id_)
        self.kind = kind
        self.id = id_

    def __str__(self) -> str:
        return f"the policy has no {self.kind} '{self.id}'"


Entry = TypeVar("Entry", Site, Technician, Queue, Category, Calendar, Rota)


class Organisation(Table):
    """One client company with everything that rules its desk."""

    about: Annotated[About, Field(alias="organisation")]
    sites: Annotated[tuple[Site, ...], Field(alias="site")] = ()
    calendars: Annotated[tuple[CalendarTable, ...], Field(alias="calendar")] = ()
    technicians: Annotated[tuple[Technician, ...], Field(alias="technician")] = ()
    queues: Annotated[tuple[Queue, ...], Field(alias="queue")] = ()
    categories: Annotated[tuple[Category, ...], Field(alias="category")] = ()
    promises: Annotated[Promises, Field(alias="priority")]
    rotas: Annotated[tuple[Rota, ...], Field(alias="rota")] = ()
    routes: Annotated[tuple[Route, ...], Field(alias="route")] = ()
    escalations: Annotated[tuple[Escalation, ...], Field(alias="escalation")] = ()
    groups: Annotated[tuple[Group, ...], Field(alias="group")] = ()
    silences: Annotated[tuple[Silence, ...], Field(alias="silence")] = ()
    tiers: Annotated[Tiers, Field(alias="tier")] = Tiers()

    @property
    def id(self) -> str:
        return self.about.id

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def timezone(self) -> ZoneInfo:
        return self.about.timezone

    @property
    def workspaces(self) -> tuple[str, ...]:
        return self.about.workspaces

    @property
    def reopen_days(self) -> int:
        """For how many times 24 hours a resolved ticket can be reopened."""
        return self.about.reopen_days

    @cached_property
    def priorities(self) -> Mapping[Priority, Promise]:
        """What is promised for each priority, P1 first."""
        return {priority: getattr(self.promises, priority) for priority in Priority}

    # Each of these raises UnknownInPolicy for an id that is not in the file.

    def site(self, site_id: str) -> Site:
        return self._find(Site, site_id)

    def calendar(self, calendar_id: str) -> Calendar:
        return self._find(Calendar, calendar_id)

    def technician(self, technician_id: str) -> Technician:
        return self._find(Technician, technician_id)

    def queue(self, queue_id: str) -> Queue:
        return self._find(Queue, queue_id)

    def category(self, category_id: str) -> Category:
        return self._find(Category, category_id)

    def promise(self, priority: Priority) -> Promise:
        return self.priorities[priority]

    def rota(self, rota_id: str) -> Rota:
        return self._find(Rota, rota_id)

    def clock(
        self, queue: Queue, priority: Priority, due: Due = Due.RESOLUTION, site: str | None = None
    ) -> Calendar:
        """The calendar in which a target runs for a ticket of this priority in this queue, from this office."""
        promise = self.promise(priority)
        clock = promise.clock_of(due)
        if clock == SITE:  # an office without a calendar, or none: as if it had not been said
            clock = self._site_calendars.get(site or "") or promise.clock
        return self.calendar(clock or queue.calendar)

    @cached_property
    def _site_calendars(self) -> dict[str, str | None]:
        return {one.id: one.calendar for one in self.sites}

    def groups_of(self, account: str, email: str | None) -> tuple[str, ...]:
        """The groups of somebody with this account (`platform:id`) and e-mail address."""
        if not self.groups:
            return ()
        return tuple(
            group for name in (account, (email or "").casefold()) for group in self._groups.get(name, ())
        )

    @cached_property
    def _groups(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for group in self.groups:
            for member in group.members:
                found.setdefault(member if ":" in member else member.casefold(), []).append(group.id)
        return found

    def hours_of(self, technician: Technician, queue: Queue) -> Calendar:
        """When a technician of a queue works: by a calendar of their own, or else by the queue's."""
        return self.calendar(technician.calendar or queue.calendar)

    def escalation(self, queue: Queue, priority: Priority) -> Escalation | None:
        """What happens to a ticket there that nobody moves."""
        return next((one for one in self.escalations if _is_about(one, queue, priority)), None)

    def silence(self, queue: Queue, priority: Priority) -> Silence | None:
        """What happens to a ticket there whose requester does not answer."""
        return next((one for one in self.silences if _is_about(one, queue, priority)), None)

    def named_in(self, text: str) -> Technician | None:
        """The technician whose e-mail address, name or id stands in what an event is called, or who takes part in it."""
        if text not in self._named:
            words = text.casefold()
            self._named[text] = next(
                (
                    one
                    for one in self.technicians
                    if one.email.casefold() in words
                    or re.search(rf"\b({re.escape(one.name.casefold())}|{re.escape(one.id)})\b", words)
                ),
                None,
            )
        return self._named[text]

    @cached_property
    def _named(self) -> dict[str, Technician | None]:
        return {}

    def leads_of(self, queue: Queue) -> tuple[Technician, ...]:
        """Those of the queue; of a queue without one, all leads."""
        own = tuple(one for one in map(self.technician, queue.technicians) if one.lead)
        return own or tuple(one for one in self.technicians if one.lead)

    def technician_for(self, account: str) -> Technician | None:
        """Whose account (`platform:id`) it is; None for somebody who is no technician."""
        return self._by_account.get(account)

    def queues_of(self, technician_id: str) -> tuple[Queue, ...]:
        return tuple(queue for queue in self.queues if technician_id in queue.technicians)

    def next_tier_queues(self, queue: Queue) -> tuple[Queue, ...]:
        """Where a ticket can be escalated to: the queue's own choice first, then all of the next tier there is."""
        higher = sorted(
            (other for other in self.queues if other.tier > queue.tier), key=lambda other: other.tier
        )
        chosen = [self.queue(queue.escalates_to)] if queue.escalates_to else []
        following = [other for other in higher if other.tier == higher[0].tier and other not in chosen]
        return (*chosen, *following)

    def feeds(self) -> Iterator[Path]:
        """The iCalendar files that it stands on."""
        tables = {"calendar": self.calendars, "technician": self.technicians, "rota": self.rotas}
        for section, key in FEEDS:
            yield from (Path(feed) for one in tables[section] if (feed := getattr(one, key)))

    def rules(self) -> Iterator[tuple[Location, Table]]:
        """Everything that has a place of its own in a file, with its location in the whole."""
        yield ("organisation",), self.about
        lists: tuple[Sequence[Table], ...] = (
            self.sites,
            self.calendars,
            self.technicians,
            self.queues,
            self.categories,
            self.rotas,
            self.routes,
            self.escalations,
            self.silences,
            self.groups,
        )
        for section, found in zip(LISTS, lists, strict=True):
            for position, entry in enumerate(found):
                yield (section, position), entry
        for priority, promise in self.priorities.items():
            yield ("priority", priority.value), promise
        yield ("tier",), self.tiers

    def _find(self, kind: type[Entry], id_: str) -> Entry:
        try:
            found: Entry = self._by_id[kind, id_]
        except KeyError:
            raise UnknownInPolicy(kind.__name__.lower(), id_) from None
        return found

    @cached_property
    def _by_id(self) -> dict[tuple[type, str], Any]:
        calendars = (table.calendar() for table in self.calendars)
        found: list[Any] = [
            *self.sites,
            *calendars,
            *self.technicians,
            *self.queues,
            *self.categories,
            *self.rotas,
        ]
        return {(type(entry), entry.id): entry for entry in found}

    @cached_property
    def route_index(self) -> dict[Any, Any]:
        """What `tickets.coverage` has found out about routes; it lives as long as the policy."""
        return {}

    @cached_property
    def asks_load(self) -> bool:
        """Whether any route depends on what lies on the desk."""
        return any(route.waiting or route.assign is not Assign.CLAIM for route in self.routes)

    @cached_property
    def queues_in_turn(self) -> tuple[str, ...]:
        """The queues whose tickets some route gives to each technician in turn."""
        routes = [route for route in self.routes if route.assign is Assign.ROUND_ROBIN]
        found = {
            route.queue or category.queue
            for route in routes
            for category in self.categories
            if not route.category or category.id in route.category
        }
        return tuple(sorted(found))

    @cached_property
    def groups_asked(self) -> frozenset[str]:
        """The groups that any route asks for."""
        return frozenset(group for route in self.routes for group in route.group)

    @cached_property
    def _by_account(self) -> dict[str, Technician]:
        return {account: technician for technician in self.technicians for account in technician.accounts}


def _is_about(rule: Escalation | Silence, queue: Queue, priority: Priority) -> bool:
    return (not rule.priority or priority in rule.priority) and (not rule.queue or queue.id in rule.queue)


@dataclass(frozen=True)
class Policy:
    """All organisations that one deployment serves, by id."""

    organisations: Mapping[str, Organisation]
    feeds: frozenset[Path] = frozenset()
    """The iCalendar files that it stands on."""

    def organisation(self, organisation_id: str) -> Organisation:
        """
        Raises:
            UnknownInPolicy: there is no such organisation.
        """
        try:
            return self.organisations[organisation_id]
        except KeyError:
            raise UnknownInPolicy("organisation", organisation_id) from None

    def organisation_for(self, workspace: str) -> Organisation | None:
        """Whose workspace (`slack:T0123`, `teams:<tenant>`, `web`) it is, as the platform verified it; None if nobody's."""
        return self._by_workspace.get(workspace)

    @cached_property
    def _by_workspace(self) -> dict[str, Organisation]:
        organisations = self.organisations.values()
        return {workspace: one for one in organisations for workspace in one.workspaces}


# ---------------------------------------------------------------------------------------------- reading the files


def load(paths: Sequence[Path], fetch: Fetch = fetch_nothing) -> Policy:
    """Read one file per organisation, and the provider's file if there is one among them; `fetch` is asked for what an
    address stands for.

    Raises:
        ProblemsFound: with every mistake in all of them.
    """
    files: list[File] = []
    problems: list[Problem] = []
    for path in paths:
        text = ""
        try:
            text = path.read_text("utf-8-sig")
            files.append(parsed(text, str(path)))
        except (OSError, UnicodeError) as error:
            problems.append(Problem(str(path), None, "", f"cannot be read: {error}"))
        except ProblemsFound as found:
            if text.lstrip().startswith(
                "[provider]"
            ):  # without it, half of every other file would seem to be wrong
                raise
            problems.extend(found.problems)
    providers = [file for file in files if is_provider(file)]
    for file in providers:
        problems.extend(_provider_problems(file, providers[0], alone=len(files) == len(providers)))
    organisations: dict[str, Organisation] = {}
    for file in files:
        if file in providers:
            continue
        try:
            organisation = _organisation(file, providers[0] if providers else None, fetch)
        except ProblemsFound as found:
            problems.extend(found.problems)
        else:
            problems.extend(Whole(file, {}).problems(_clashes(organisation, organisations.values())))
            organisations.setdefault(organisation.id, organisation)
    if not problems:
        problems.extend(_strangers(organisations))
    if problems:
        order = {str(path): position for position, path in enumerate(paths)}
        once = dict.fromkeys(problems)  # what is inherited is wrong for everybody, and told once
        raise ProblemsFound(sorted(once, key=lambda problem: order.get(problem.file, 0)))
    return Policy(organisations, frozenset(feed for one in organisations.values() for feed in one.feeds()))


def read(text: str, file: str) -> Organisation:
    """Read the text of one file; `file` is what problems call it.

    Raises:
        ProblemsFound: with every mistake in it.
    """
    return _organisation(parsed(text, file), None, fetch_nothing)


def _organisation(own: File, provider: File | None, fetch: Fetch) -> Organisation:
    whole = inherited(own, provider, _settings(provider) if provider else {})
    mistakes: list[Mistake] = list(fetched(whole, fetch))
    try:
        organisation = Organisation.model_validate(whole.content, context=whole.content)
    except ValidationError as error:
        mistakes += mistakes_in(error, Organisation)
    problems = whole.problems(mistakes)
    if "other" not in ids(whole.content, "category"):
        sentence = "there must be one with the id 'other', for what fits nowhere else"
        problems += whole.problems([(("category",), sentence)])
    if problems:
        raise ProblemsFound(problems)
    for section, entry in organisation.rules():
        entry.stands_at(whole.place(section))
    return organisation


def _settings(provider: File) -> dict[str, Any]:
    """What its `[provider]` decides for organisations; what is wrong there is reported there, and not for each of them."""
    theirs = table(provider.content, "provider")
    keys = {key for key in ("timezone", "reopen_days", "thread_default") if key in theirs}
    try:
        Provider.model_validate(theirs)
    except ValidationError as error:
        wrong = {where[0] for where, _ in mistakes_in(error, Provider)}
        spare = {"timezone": "UTC"} if "timezone" in wrong else {}
        return {key: theirs[key] for key in keys - wrong} | spare
    return {key: theirs[key] for key in keys}


def _provider_problems(file: File, first: File, *, alone: bool) -> list[Problem]:
    mistakes: list[Mistake] = []
    try:
        Provider.model_validate(file.content["provider"])
    except ValidationError as error:
        mistakes += [(("provider", *where), sentence) for where, sentence in mistakes_in(error, Provider)]
    known = ("provider", *LISTS, *TABLES)
    mistakes += [
        ((key,), f"unknown key '{key}'{did_you_mean(key, known)}") for key in file.content if key not in known
    ]
    if file is not first:
        mistakes.append((("provider",), f"{first.path} is the provider's file already"))
    if alone:
        mistakes.append(
            (("provider",), "serves nobody: there must be a file with an [organisation] beside it")
        )
    return Whole(file, {}).problems(mistakes)


def _clashes(organisation: Organisation, others: Iterable[Organisation]) -> Iterator[Mistake]:
    """What only one of all organisations may have."""
    for other in others:
        if organisation.id == other.id:
            yield ("organisation", "id"), f"another file describes '{other.id}' already"
        for position, workspace in enumerate(organisation.workspaces):
            if workspace in other.workspaces:
                yield (
                    ("organisation", "workspaces", position),
                    f"'{workspace}' belongs to '{other.id}' already",
                )


def _strangers(organisations: Mapping[str, Organisation]) -> Iterator[Problem]:
    """Routes for an organisation that there is not."""
    for organisation in organisations.values():
        for route in organisation.routes:
            for id_ in route.organisation:
                if id_ not in organisations:
                    sentence = f"unknown organisation '{id_}'{did_you_mean(id_, organisations)}"
                    yield Problem(*route.place, "route.organisation", sentence)
