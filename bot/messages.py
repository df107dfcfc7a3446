"""The neutral vocabulary: what happens to the desk, what the desk does, and how an adapter is asked to do it.

Adapters know this module and nothing else of ours; it knows nobody. Everything here is data except the two
ports at the end. Every `datetime` is aware and in UTC. Text that we compose is Markdown (CommonMark, no HTML);
text that a person typed enters it only through `literal`, so that it can never ping, link or inject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Protocol

# ---------------------------------------------------------------------------------------------- who and where


@dataclass(frozen=True, slots=True)
class Address:
    """Somewhere a message can be written. `route` is opaque: only the adapter that made it reads it."""

    platform: str
    route: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.route}"

    @property
    def is_new(self) -> bool:
        """Whether it names a conversation that begins with what the desk says there first (`…/new+<id>`): only then
        does the platform know where it is, and says so (`Delivered.thread`)."""
        return "/new+" in self.route

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `platform:route` as it stands in a policy file.

        Raises:
            ValueError: there is no colon, or nothing on one side of it.
        """
        platform, colon, route = text.partition(":")
        if not (platform and colon and route):
            raise ValueError(f"{text!r} is not an address of the form platform:route")
        return cls(platform, route)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a platform verified them. `id` is the platform's own immutable id, never a name."""

    organisation: str
    platform: str
    id: str
    name: str
    email: str | None = None
    locale: str = "en"
    timezone: str | None = None
    """IANA name, e.g. `Europe/Warsaw`; None when the platform does not say."""


# --------------------------------------------------------------------------------------- events: happened to us


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEvent:
    """One thing that happened on a platform.

    `event_id` is unique per platform and the same on every re-delivery. `address` is the thread or conversation
    in which it happened, and where an answer belongs. The organisation is `person.organisation`.
    """

    event_id: str
    person: Person
    address: Address
    at: datetime
    private: Address | None = None
    """Where the person can be talked to alone, when others read what is written at `address`."""


LARGEST_FILE = 10 * 1024 * 1024
"""Bytes of a file that is passed on; of a larger one only the name is."""

MOST_FILES = 10
"""Of one message."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message."""

    name: str
    source: str = ""
    """Where its platform's adapter can fetch it, for `CarryFile`; empty when it cannot."""
    too_large: bool = False


class Audience(StrEnum):
    """To whom a message was written."""

    DESK = "desk"
    """To the desk: directly, or by its name."""
    HELP_CHANNEL = "help_channel"
    """To everybody in a channel where requests are written: small talk there is left alone."""
    OTHERS = "others"
    """To others in a thread: it concerns the desk only where it is talking with its author, or about a ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(IncomingEvent):
    message_id: str
    text: str
    files: tuple[File, ...] = ()
    channel: Address | None = None
    """The channel that `address` is a thread in; None in a direct conversation."""
    audience: Audience = Audience.DESK
    wants_ticket: bool = False
    """A ticket about it was asked for, by its author or by a technician, and not an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(IncomingEvent):
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(IncomingEvent):
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed(IncomingEvent):
    """`button` and `value` are those of the `Button` that was pressed."""

    button: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(IncomingEvent):
    """`form` and `value` are those of the `Form`; `answers` maps a field's id to what was entered, as text."""

    form: str
    value: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven(IncomingEvent):
    """A slash command or its like, without the slash: `tickets`, `new`, `help`, `T-1042`."""

    command: str
    aside: bool = False
    """Answer the one who gave it with a reaction, instead of at `address`: there only what the command begins goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft(IncomingEvent):
    """The person's account on the platform was deactivated; `address` is where they could be written to."""


class Sign(StrEnum):
    """What a technician can mean by an emoji on a ticket's card."""

    CLAIM = "claim"
    RESOLVE = "resolve"
    DRAFT = "draft"
    """Draft an article from it, once it is resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignGiven(IncomingEvent):
    """An emoji was put on a message; `address` is the thread under it."""

    sign: Sign


# ------------------------------------------------------------------------------------------- what people are shown


class Style(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """`id` names what it does (`ticket.claim`), `value` what it does it to; at most 75 characters of label."""

    id: str
    label: str
    value: str = ""
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Menu:
    """Buttons that are used less often, behind one label."""

    label: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket or the like, drawn once and neutrally; each adapter makes its own platform's card of it."""

    title: str
    status: str
    """The state in words. It is never told by colour alone; `tone` only supports it."""
    tone: str = "neutral"
    """`neutral`, `waiting`, `good`, `warning` or `bad`."""
    facts: tuple[Fact, ...] = ()
    body: str = ""
    """Markdown."""
    buttons: tuple[Button | Menu, ...] = ()
    text: str = ""
    """The card in one plain sentence, for notifications, screen readers and terminals."""


class FieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    MOMENT = "moment"
    """A local date and time, answered as `YYYY-MM-DDTHH:MM` in the zone that the form names."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    id: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[Choice, ...] = ()
    value: str = ""
    hint: str = ""
    required: bool = True
    max_length: int = 3000
    people: bool = False
    """The choices are people; the value of one who has an account on the reader's platform is that (`platform:id`)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A few fields to fill in. `id` names what submitting does, `value` what it does it to."""

    id: str
    value: str
    title: str
    fields: tuple[Field, ...]
    submit: str = "Send"
    timezone: str = "UTC"


# ----------------------------------------------------------------------------------- effects: done to the world


class Urgency(IntEnum):
    """Which of the waiting effects leave first."""

    REPLY = 0
    """Somebody is looking at the screen and waiting for it."""
    NOTICE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something the desk will do through an adapter. With a `key` it is posted once and updated ever after:
    a later effect with the same address and key replaces the message in place. Effects of one address leave in the
    order in which they were put."""

    address: Address
    key: str = ""
    under: str = ""
    """Write it in the thread under the message that carries this key at the same address."""
    urgency: Urgency = Urgency.REPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Effect):
    text: str
    """Markdown."""
    buttons: tuple[Button, ...] = ()
    footnote: str = ""
    """Markdown in smaller type under the text: source, last review."""
    author: str = ""
    """Whose words these are when they are relayed; empty when the desk itself speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCard(Effect):
    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryFile(Effect):
    """Show a file that came with a message in another place of the same platform."""

    file: File
    author: str
    """Whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract(Effect):
    """Take back what was posted under `key`, because its author deleted it."""


# --------------------------------------------------------------------------- reactions: the answer to a click


@dataclass(frozen=True, slots=True)
class OpenForm:
    form: Form


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """What is wrong with a submitted form: field id to a sentence. The form stays open."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence that only the person who acted sees."""

    text: str


@dataclass(frozen=True, slots=True)
class Aside:
    """An answer that only the person who acted sees."""

    text: str
    """Markdown."""
    buttons: tuple[Button, ...] = ()


Reaction = OpenForm | FieldErrors | Toast | Aside


# ------------------------------------------------------------------------------------------------ the two ports


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to carry out an effect; its `under` is resolved into the thread's address already."""

    id: str
    """The same on every attempt: a platform that can, uses it to recognise a repeat."""
    organisation: str
    effect: Effect
    posted: str | None = None
    """Id of the message that carries this effect's key already, to be updated in place."""
    repeat: bool = False
    """An earlier attempt may have arrived: we crashed, or the connection broke, before we learnt its end."""


@dataclass(frozen=True, slots=True)
class Delivered:
    message_id: str
    thread: Address | None = None
    """Where messages written under this one arrive, when the platform has threads."""


class DeliveryFailed(Exception):
    """The platform did not take the effect, and said so.

    `permanent` means that trying again cannot help. `retry_after` is in seconds, when the platform asks for it.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class ChatPlatform(Protocol):
    """What the desk asks of an adapter. `name` is the platform of its addresses."""

    name: str

    async def deliver(self, delivery: Delivery) -> Delivered:
        """Carry out one effect and say where it went.

        Raises:
            DeliveryFailed: the platform refused. Any other exception means that the outcome is unknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One open ticket as a queue list shows it."""

    ticket_id: int
    number: str
    subject: str
    requester: str
    site: str
    queue: str
    queue_name: str
    tier: int
    priority: str
    category: str
    status: str
    tone: str
    assignee: str
    clock: str
    """What is due next, in words: `first reply due in 25 min`."""
    due_at: datetime | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """One of a requester's tickets as its list shows it."""

    number: str
    subject: str
    status: str
    tone: str
    promise: str
    opened_at: datetime
    address: Address
    """The conversation in which it was asked for."""
    open: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that does not work for many."""

    title: str
    """What, and where."""
    text: str
    """Markdown: since when, and who has it."""


@dataclass(frozen=True, slots=True)
class QueueInfo:
    id: str
    name: str
    tier: int
    address: Address | None
    thread_hint: str = ""
    """What the message box in its cards' threads says about who will read it; empty: only technicians, but for `>`."""


@dataclass(frozen=True, slots=True)
class StaffRole:
    """What a person may see as a technician: the queues they are a technician of, and all the others' names."""

    technician: str
    queues: tuple[QueueInfo, ...] = field(default=())


class Desk(Protocol):
    """What an adapter may ask of the desk."""

    async def receive(self, event: IncomingEvent) -> Reaction | None:
        """Take in one event. When this returns, everything it caused is committed: only then acknowledge.

        Raises:
            DeskUnavailable: nothing was stored; let the platform deliver the event again.
        """
        ...

    async def announce(self, organisation: str, address: Address, key: str, text: str) -> None:
        """Say something that no person has caused, such as that the platform holds events back; under one key once.

        Raises:
            DeskUnavailable: it was not stored.
        """
        ...

    def role(self, person: Person) -> StaffRole | None:
        """The technician this person is, or None."""
        ...

    async def queue(self, person: Person) -> Sequence[QueueRow]:
        """Open tickets of the person's organisation, what is due first; empty for whoever is no technician."""
        ...

    async def own_tickets(self, person: Person) -> Sequence[OwnTicket]:
        """The person's tickets, newest first."""
        ...

    async def outages(self, person: Person) -> Sequence[Outage]:
        """What does not work for many of the person's colleagues at the moment, the oldest first."""
        ...


class DeskUnavailable(Exception):
    """The desk cannot store anything now (database away, disk full). Nothing was acknowledged, nothing is lost."""


# ------------------------------------------------------------------------------------------ who answers, and why


@dataclass(frozen=True, slots=True)
class CoverageQuestion:
    """What somebody wants to know; what is empty is left open."""

    site: str = ""
    category: str = ""
    priority: str = ""
    group: str = ""
    at: str = ""
    """`2026-12-24T22:00` on the wall of the site; now when empty."""
    week: str = ""
    """A date of the week that is drawn; that of `at` when empty."""


@dataclass(frozen=True, slots=True)
class CoverageChoices:
    sites: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    priorities: tuple[Choice, ...]
    groups: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class CoverageReason:
    sentence: str
    place: str
    """File and line of the rule; empty when there is none."""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A queue or a layer of a rota: its stretches in words, in order."""

    name: str
    about: str
    stretches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """Who answers a request, and the week around it. Everything is plain text but the drawing."""

    organisation: str
    choices: CoverageChoices
    question: CoverageQuestion
    """As it was understood: with the category and the time that were meant."""
    problem: str
    """What of the question could not be understood; then it is answered without that."""
    title: str
    facts: tuple[tuple[str, str], ...]
    promise: str
    because: tuple[CoverageReason, ...]
    week: str
    drawing: str
    """SVG without colours of its own, for a style sheet."""
    rows: tuple[WeekRow, ...]
    before: str
    """A date of the week before."""
    after: str


class CoverageBoard(Protocol):
    """Who answers when, for a page."""

    async def page(self, person: Person, question: CoverageQuestion) -> CoveragePage | None:
        """None for whoever is no technician.

        Raises:
            DeskUnavailable: the database is away.
        """
        ...


# ------------------------------------------------------------- platforms on which our app is installed


@dataclass(frozen=True, slots=True)
class Installation:
    """Our app in one workspace. `about` is what its adapter wants to know again, `tokens` what nobody else may."""

    platform: str
    workspace: str
    organisation: str
    about: Mapping[str, str]
    tokens: Mapping[str, str]
    installed_at: datetime
    expires_at: datetime | None = None
    """When the tokens have to be renewed; None when they last."""
    paused: str = ""
    """Why nothing is taken in from there, or sent there; empty when all is well."""

    def __repr__(self) -> str:
        return f"Installation({self.platform}:{self.workspace})"  # tokens must not reach a log


class Installations(Protocol):
    """What is kept of installations, in the database. Every method raises `DeskUnavailable` when that is away."""

    async def keep(self, found: Installation) -> None:
        """Keep a new one, or in place of the one of that workspace before."""
        ...

    async def find(self, platform: str, workspace: str) -> Installation | None: ...

    async def all(self, platform: str) -> Sequence[Installation]: ...

    async def pause(self, platform: str, workspace: str, why: str, at: datetime) -> bool:
        """Forget its tokens, unless it was installed (again) after this instant; whether that was done."""
        ...

    async def may_renew(self, platform: str, workspace: str, within: timedelta) -> bool:
        """Whether this process may renew its tokens now; no other may within that time."""
        ...


# ------------------------------------------------------------- platforms we host ourselves: the web, the terminal


@dataclass(frozen=True, slots=True)
class HostedMessage:
    """One message of a platform that has no cloud but our own database."""

    id: str
    address: Address
    author: str
    """Name of the person who wrote it; empty when it is the desk's."""
    author_id: str
    content: str | Say | ShowCard
    """What a person typed, or what the desk posted."""
    at: datetime
    put_at: datetime
    """When it came, by the database's clock, which nobody moves: later ones stand below."""
    revision: int
    """Counts its changes from 0: an edit, a card drawn anew."""
    deleted: bool


class Mailbox(Protocol):
    """Where hosted platforms keep their messages. Every method is one short transaction and idempotent, and raises
    `DeskUnavailable` when the database is away."""

    async def deliver(self, delivery: Delivery) -> Delivered:
        """Carry out an effect: post, update in place, or retract. The thread of a posted message is its address
        with `/<message id>` added."""
        ...

    async def write(self, person: Person, address: Address, message_id: str, text: str) -> None:
        """Keep what a person typed; the same `message_id` again changes its text."""
        ...

    async def erase(self, person: Person, address: Address, message_id: str) -> None:
        """Take back a message of the person's own."""
        ...

    async def read(
        self, organisation: str, address: Address, *, below: bool = False, since: datetime | None = None
    ) -> Sequence[HostedMessage]:
        """The newest 500 messages at the address (and in threads below it), oldest first; with `since`, those that
        changed since that database instant."""
        ...


class SignIn(Protocol):
    """Who is looking at the web page, outside demonstrations. Every method raises `DeskUnavailable` when the database
    is away."""

    async def redeem(self, link_token: str) -> str | None:
        """A session token for a one-time link, or None when it was used, has expired or never was."""
        ...

    async def person(self, session_token: str) -> Person | None:
        """Whose session this is; None when it has ended."""
        ...

    async def sign_out(self, session_token: str) -> None: ...


# --------------------------------------------------------------------------------------------------- plain text

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """`text` without control characters, lone surrogates and direction overrides."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def literal(text: str) -> str:
    """What a person typed, as Markdown that shows exactly these characters.

    CommonMark lets every ASCII punctuation character be escaped by a backslash (section 2.4); leading spaces go,
    since four of them would make a code block; line ends become hard breaks.
    """
    lines = printable(text).strip().split("\n")
    return "\\\n".join(_PUNCTUATION.sub(r"\\\1", line.strip()) for line in lines)
