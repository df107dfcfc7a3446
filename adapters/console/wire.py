"""What terminal and desk say to each other: one JSON object a line, checked strictly on the desk's side.

A request's `id` is made by the terminal. It is the id of the event that the request becomes, so a request that is
sent again, because the connection broke or the desk could not store anything, is carried out once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from adapters.console.addresses import UUID
from adapters.console.context import Introduction
from adapters.console.lines import Unreadable
from bot.messages import HostedMessage, QueueRow, Reaction

Id = Annotated[str, StringConstraints(pattern=f"^{UUID.pattern}$")]
Name = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Something that the desk made itself and gets back."""
Answers = Annotated[dict[Name, str], Field(max_length=60)]

# ---------------------------------------------------------------------------------------------------- requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first request of a connection, answered by `Welcome`."""

    do: Literal["hello"] = "hello"
    id: Id
    introduction: Introduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Show this place, and from now on whatever happens there, until another look; answered by `Shown`."""

    do: Literal["look"] = "look"
    id: Id
    route: Name
    since: AwareDatetime | None = None
    """When the connection broke, to be shown all that has happened there meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """Where is the card of this ticket? Answered by `Found`."""

    do: Literal["find"] = "find"
    id: Id
    ticket: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQueue:
    """Answered by `Rows`."""

    do: Literal["queue"] = "queue"
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A message, with the request's id as its own. This and all that follow are answered by `Done`."""

    do: Literal["write"] = "write"
    id: Id
    route: Name
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    do: Literal["edit"] = "edit"
    id: Id
    route: Name
    message: Id
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    do: Literal["delete"] = "delete"
    id: Id
    route: Name
    message: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    do: Literal["press"] = "press"
    id: Id
    route: Name
    button: Name
    value: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    do: Literal["submit"] = "submit"
    id: Id
    route: Name
    form: Name
    value: Name
    answers: Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    do: Literal["command"] = "command"
    id: Id
    route: Name
    command: Name


Action: TypeAlias = Write | Edit | Delete | Press | Submit | Command
Request: TypeAlias = Hello | Look | Find | ListQueue | Action

# ----------------------------------------------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    route: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    kind: Literal["welcome"] = "welcome"
    to: str
    """Id of the request that this answers."""
    name: str
    account: str
    home: str
    """The route above the person's conversations."""
    latest: str | None
    """The conversation in which something happened last."""
    technician: bool
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    kind: Literal["shown"] = "shown"
    to: str
    messages: tuple[HostedMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    kind: Literal["found"] = "found"
    to: str
    route: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    kind: Literal["rows"] = "rows"
    to: str
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is committed."""

    kind: Literal["done"] = "done"
    to: str
    reaction: Reaction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    kind: Literal["refused"] = "refused"
    to: str = ""
    """Empty when the line could not even be read."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """Nothing was stored: ask again in a while, with the same id."""

    kind: Literal["not_now"] = "not_now"
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new or changed at the place that was looked at last, unasked."""

    kind: Literal["news"] = "news"
    to: str = ""
    messages: tuple[HostedMessage, ...]


Answer: TypeAlias = Welcome | Shown | Found | Rows | Done | Refused | NotNow | News

# ------------------------------------------------------------------------------------------------------- lines

_LATER = ConfigDict(defer_build=True)  # a desk that nobody talks to in a terminal needs neither
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Discriminator("do")], config=_LATER)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Discriminator("kind")], config=_LATER)


def request_line(request: Request) -> bytes:
    return _REQUEST.dump_json(request) + b"\n"


def answer_line(answer: Answer) -> bytes:
    return _ANSWER.dump_json(answer) + b"\n"


def read_request(line: bytes) -> Request:
    """
    Raises:
        Unreadable: it is no request.
    """
    try:
        return _REQUEST.validate_json(line)
    except ValidationError as error:
        raise Unreadable(_first_mistake(error)) from None


def read_answer(line: bytes) -> Answer:
    """
    Raises:
        Unreadable: it is no answer: the desk is of another version.
    """
    try:
        return _ANSWER.validate_json(line)
    except ValidationError as error:
        raise Unreadable(_first_mistake(error)) from None


def _first_mistake(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
