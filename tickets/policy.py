"""The rules of the desk: `firstline.toml`, read once into frozen objects that can be trusted.

One file describes one organisation. Whatever is wrong with the files is found when they are read, all of it at once,
with file, line, key and a suggestion; what `load` returns is sound: every id that it mentions exists.
`docs/policy.md` explains every key.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from problems import Location, Problem, ProblemsFound, did_you_mean, explain, field_name, nearest_line
from tickets.calendars import ALL_DAY, MINUTES_A_DAY, Calendar, Window, overlap
from tickets.kinds import Priority
from tickets.public_holidays import public_holidays
from tickets.toml_lines import lines_of

Content = dict[str, Any]
"""A whole file as TOML gives it. Validators get it as their context, so that every entry is checked against all the
others even when some of those are broken: one mistake never hides another."""

# ------------------------------------------------------------------------------------------------- kinds of text


def _text_like(pattern: str, wanted: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {wanted} (found '{text}')")
        return text

    return AfterValidator(check)


_zones = cache(available_timezones)


def _zone(name: object) -> ZoneInfo:
    if str(name) not in _zones():
        raise ValueError(f"unknown time zone '{name}'{did_you_mean(str(name), _zones())}")
    return ZoneInfo(str(name))


def _duration(text: object) -> timedelta:
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?", str(text))
    duration = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
    if not duration:
        # A day could mean 24 hours or one working day; nobody should have to guess which was promised.
        raise ValueError(f"must be hours and minutes such as 4h, 15m or 1h30m (found '{text}')")
    return duration


Id = Annotated[str, _text_like(r"[a-z0-9][a-z0-9_-]*", "small letters, digits and hyphens")]
Text = Annotated[str, _text_like(r"(?s).*\S.*", "some text")]
Email = Annotated[str, _text_like(r"\S+@\S+", "an e-mail address")]
PlatformId = Annotated[str, _text_like(r"[^:\s]+:.+", "written platform:id, such as slack:U0123ABCD")]
Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Windows = tuple[Annotated[Window, PlainValidator(lambda text: Window.parse(str(text)))], ...]


def _one_of(section: str) -> AfterValidator:
    """The id of an entry of that section of the same file."""

    def check(id_: str, info: ValidationInfo[Content]) -> str:
        known = _ids(info.context, section)
        if id_ not in known:
            raise ValueError(f"unknown {section} '{id_}'{did_you_mean(id_, known)}")
        return id_

    return AfterValidator(check)


def _only(section: str) -> AfterValidator:
    """An id that no other entry of that section has."""

    def check(id_: str, info: ValidationInfo[Content]) -> str:
        if _ids(info.context, section).count(id_) > 1:
            raise ValueError(f"more than one {section} has the id '{id_}'")
        return id_

    return AfterValidator(check)


def _only_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if twice := [value for value, times in Counter(values).items() if times > 1]:
        raise ValueError(f"names '{twice[0]}' more than once")
    return values


Distinct = AfterValidator(_only_once)
CalendarId = Annotated[str, _one_of("calendar")]
QueueId = Annotated[str, _one_of("queue")]
TechnicianId = Annotated[str, _one_of("technician")]


class Thread(StrEnum):
    """Who reads what a technician writes under a ticket's card, unless the technician says otherwise."""

    INTERNAL = "internal"
    """Colleagues only; an answer to the requester is marked as one."""
    REQUESTER = "requester"
    """The requester too; a note among colleagues is marked as one."""


# ------------------------------------------------------------------------------------------- what the file holds


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class About(_Table):
    """`[organisation]`"""

    id: Id
    name: Text
    timezone: Zone
    workspaces: Annotated[tuple[Text, ...], Field(min_length=1), Distinct]
    reopen_days: Annotated[StrictInt, Field(ge=1)] = 7
    thread_default: Thread = Thread.INTERNAL


class Site(_Table):
    """One of the organisation's offices."""

    id: Annotated[Id, _only("site")]
    name: Text
    timezone: Zone
    address: str = ""
    words: tuple[Text, ...] = ()
    """What people call it."""


class Week(_Table):
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


class SpecialDay(_Table):
    """A date with hours of its own, whatever its weekday."""

    day: date = Field(alias="date")
    hours: Annotated[Windows, Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if shared := overlap(self.hours):
            raise ValueError(f"{shared[0]} and {shared[1]} overlap")
        return self


class Holidays(_Table):
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


class CalendarTable(_Table):
    """`[[calendar]]`: when a clock runs, as the file tells it."""

    id: Annotated[Id, _only("calendar")]
    timezone: Zone
    always: StrictBool = False
    hours: Week = Week()
    holidays: Holidays | None = None
    closed: tuple[date, ...] = ()
    special_days: Annotated[tuple[SpecialDay, ...], Field(alias="open")] = ()

    def calendar(self) -> Calendar:
        return Calendar(
            self.id,
            self.timezone,
            week=[[ALL_DAY]] * 7 if self.always else self.hours.days(),
            holidays=self.holidays.days() if self.holidays else frozenset(),
            closed=frozenset(self.closed),
            special={special.day: special.hours for special in self.special_days},
        )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.always and self.model_fields_set & {"hours", "holidays", "closed", "special_days"}:
            raise ValueError("always = true leaves no room for hours, holidays, closed or open days")
        dates = Counter([*self.closed, *(special.day for special in self.special_days)])
        if twice := [day.isoformat() for day, times in dates.items() if times > 1]:
            raise ValueError(f"says more than once what happens on {', '.join(twice)}")
        self.calendar()
        return self


class Technician(_Table):
    """Somebody who can claim tickets. `accounts` are what platforms verify: `platform:id`."""

    id: Annotated[Id, _only("technician")]
    name: Text
    email: Email
    timezone: Zone
    accounts: Annotated[tuple[PlatformId, ...], Field(min_length=1)]
    lead: StrictBool = False

    @field_validator("accounts")
    @classmethod
    def _own(cls, accounts: tuple[str, ...], info: ValidationInfo[Content]) -> tuple[str, ...]:
        everybodys = [one.get("accounts") for one in _entries(info.context, "technician")]
        times = Counter(
            account for theirs in everybodys if isinstance(theirs, list) for account in map(str, theirs)
        )
        if shared := [account for account in accounts if times[account] > 1]:
            raise ValueError(f"'{shared[0]}' is named more than once: an account belongs to one technician")
        return accounts


class Queue(_Table):
    """Where one tier's tickets wait, with the technicians who take them and the calendar they work by."""

    id: Annotated[Id, _only("queue")]
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

    @field_validator("escalates_to")
    @classmethod
    def _upwards(cls, next_id: str, info: ValidationInfo[Content]) -> str:
        queues = {str(queue.get("id")): queue for queue in _entries(info.context, "queue")}
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


class Question(_Table):
    """Something intake must know before it opens a ticket."""

    id: Id
    question: Text
    choices: tuple[Text, ...] = ()


class Category(_Table):
    """What a request can be about, where it goes and how much it usually hurts."""

    id: Annotated[Id, _only("category")]
    name: Text
    queue: QueueId
    priority: Priority
    ask: tuple[Question, ...] = ()

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        _only_once(tuple(question.id for question in self.ask))
        return self


class Promise(_Table):
    """`[priority.P1]`: the durations that are promised for one priority, in open time of their clock."""

    first_response: Duration
    resolution: Duration
    clock: CalendarId | None = None
    """Id of the calendar in which they run; the queue's own when None."""
    meaning: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.resolution < self.first_response:
            raise ValueError("resolution must not be due before first_response")
        return self


class Promises(_Table):
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


Entry = TypeVar("Entry", Site, Technician, Queue, Category, Calendar)


class Organisation(_Table):
    """One client company with everything that rules its desk."""

    about: Annotated[About, Field(alias="organisation")]
    sites: Annotated[tuple[Site, ...], Field(alias="site")] = ()
    calendars: Annotated[tuple[CalendarTable, ...], Field(alias="calendar")] = ()
    technicians: Annotated[tuple[Technician, ...], Field(alias="technician")] = ()
    queues: Annotated[tuple[Queue, ...], Field(alias="queue")] = ()
    categories: Annotated[tuple[Category, ...], Field(alias="category")] = ()
    promises: Annotated[Promises, Field(alias="priority")]

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

    def clock(self, queue: Queue, priority: Priority) -> Calendar:
        """The calendar in which targets run for a ticket of this priority in this queue."""
        return self.calendar(self.promise(priority).clock or queue.calendar)

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

    def _find(self, kind: type[Entry], id_: str) -> Entry:
        try:
            found: Entry = self._by_id[kind, id_]
        except KeyError:
            raise UnknownInPolicy(kind.__name__.lower(), id_) from None
        return found

    @cached_property
    def _by_id(self) -> dict[tuple[type, str], Any]:
        calendars = (table.calendar() for table in self.calendars)
        entries: list[Any] = [*self.sites, *calendars, *self.technicians, *self.queues, *self.categories]
        return {(type(entry), entry.id): entry for entry in entries}

    @cached_property
    def _by_account(self) -> dict[str, Technician]:
        return {account: technician for technician in self.technicians for account in technician.accounts}


@dataclass(frozen=True)
class Policy:
    """All organisations that one deployment serves, by id."""

    organisations: Mapping[str, Organisation]

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


def load(paths: Sequence[Path]) -> Policy:
    """Read one file per organisation.

    Raises:
        ProblemsFound: with every mistake in all of them.
    """
    organisations: dict[str, Organisation] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            text = path.read_text("utf-8-sig")
            organisation = read(text, str(path))
        except (OSError, UnicodeError) as error:
            problems.append(Problem(str(path), None, "", f"cannot be read: {error}"))
        except ProblemsFound as found:
            problems.extend(found.problems)
        else:
            mistakes = _clashes(organisation, organisations.values())
            problems.extend(_problems(mistakes, str(path), lines_of(text).get))
            organisations.setdefault(organisation.id, organisation)
    if problems:
        raise ProblemsFound(problems)
    return Policy(organisations)


def read(text: str, file: str) -> Organisation:
    """Read the text of one file; `file` is what problems call it.

    Raises:
        ProblemsFound: with every mistake in it.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemsFound([_syntax_problem(str(error), text, file)]) from None
    _fill_in_defaults(content)
    line_of = lines_of(text).get
    problems = []
    try:
        organisation = Organisation.model_validate(content, context=content)
    except ValidationError as error:
        problems = explain(error, Organisation, file, line_of)
    if "other" not in _ids(content, "category"):
        mistake = ("category",), "there must be one with the id 'other', for what fits nowhere else"
        problems += _problems([mistake], file, line_of)
    if problems:
        raise ProblemsFound(problems)
    return organisation


Mistake = tuple[Location, str]


def _problems(
    mistakes: Iterable[Mistake], file: str, line_of: Callable[[Location], int | None]
) -> list[Problem]:
    return [
        Problem(file, nearest_line(location, line_of), field_name(location), sentence)
        for location, sentence in mistakes
    ]


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


def _entries(content: Content, section: str) -> list[dict[str, Any]]:
    """The entries of a section as they stand in the file, sound or not."""
    entries = content.get(section)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _ids(content: Content, section: str) -> list[str]:
    return [str(entry["id"]) for entry in _entries(content, section) if "id" in entry]


def _fill_in_defaults(content: Content) -> None:
    """Give entries the zone and the thread of their organisation where they have none of their own."""
    about = content.get("organisation")
    about = about if isinstance(about, dict) else {}
    # A default that is itself wrong is reported where it stands, not again in every entry.
    zone = about.get("timezone") if str(about.get("timezone")) in _zones() else "UTC"
    thread = about.get("thread_default") if about.get("thread_default") in [*Thread] else Thread.INTERNAL
    for section in ("site", "calendar", "technician"):
        for entry in _entries(content, section):
            entry.setdefault("timezone", zone)
    for queue in _entries(content, "queue"):
        queue.setdefault("thread", thread)


def _syntax_problem(message: str, text: str, file: str) -> Problem:
    """`Invalid value (at line 7, column 3)`, or `(at end of document)`, as a problem."""
    sentence, _, place = message.partition(" (at ")
    line = re.search(r"line (\d+)", place)
    return Problem(file, int(line[1]) if line else len(text.splitlines()), "", f"is not TOML: {sentence}")
