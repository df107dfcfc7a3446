"""What is wrong in a file that a person wrote: where it stands, and a plain sentence that says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process
from rapidfuzz.distance import OSA

Location = tuple[int | str, ...]
"""Where a value stands in a document: keys and positions from its root, as pydantic reports them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` counts from 1 and is None when no line can be named; `field` may be empty."""

    file: str
    line: int | None
    field: str
    sentence: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.sentence) if part)


class ProblemsFound(Exception):
    """A file cannot be used. Carries every mistake in it, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def explain(
    error: ValidationError,
    model: type[BaseModel],
    file: str,
    line_of: Callable[[Location], int | None],
) -> list[Problem]:
    """Say what pydantic found wrong with a document of the shape `model`, in the order of the file.

    `line_of` gives the line at which the value at a location stands, or None; a mistake whose own location has no
    line (a key that is missing) is reported at the nearest one around it.
    """
    problems = [
        Problem(file, nearest_line(location, line_of), field_name(location), sentence)
        for location, sentence in mistakes_in(error, model)
    ]
    return sorted(problems, key=lambda problem: problem.line or 0)


def mistakes_in(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Location, str]]:
    """Where in the document something is wrong, and what."""
    for details in error.errors(include_url=False):
        yield details["loc"], _sentence(details, model)


def nearest_line(location: Location, line_of: Callable[[Location], int | None]) -> int | None:
    """The line of the value at `location`, or of the innermost thing around it that has one."""
    around = (line_of(location[:length]) for length in range(len(location), -1, -1))
    return next((line for line in around if line is not None), None)


def field_name(location: Location) -> str:
    """A location as people say it: positions are left out, since the line already tells which one is meant."""
    return ".".join(part for part in location if isinstance(part, str))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'tier'?`, or nothing when no known word is like this one."""
    match = process.extractOne(word, list(known), scorer=OSA.normalized_similarity, score_cutoff=0.5)
    return f"; did you mean '{match[0]}'?" if match else ""


def _sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            key = str(details["loc"][-1])
            return f"unknown key '{key}'{did_you_mean(key, _keys_at(details['loc'][:-1], model))}"
        case "missing":
            return "is missing"
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "string_too_short" | "too_short" if context["min_length"] == 1:
            return "must not be empty"
    wanted = _wanted(kind, context)
    rule = f"must be {wanted}" if wanted else _rule_of(details["msg"])
    return f"{rule} (found {_shown(details['input'])})"


def _wanted(kind: str, context: dict[str, Any]) -> str | None:
    """What should have stood there, or None for an error that is too rare to have a phrase of its own."""
    match kind:
        case "enum" | "literal_error":
            return str(context["expected"])
        case "greater_than":
            return f"more than {context['gt']}"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than":
            return f"less than {context['lt']}"
        case "less_than_equal":
            return f"at most {context['le']}"
    if kind.endswith(("_type", "_parsing", "_from_float", "_inexact")):
        return next((phrase for start, phrase in _TYPES.items() if kind.startswith(start)), None)
    return None


_TYPES = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "datetime": "a date and time such as 2026-12-24T18:00:00Z",
    "date": "a date such as 2026-12-24",
    "time": "a time such as 18:00",
    "tuple": "a list",
    "list": "a list",
    "set": "a list",
    "frozen": "a list",
    "dict": "a table",
    "mapping": "a table",
    "model": "a table",
}


def _rule_of(message: str) -> str:
    """`Input should be a valid URL` → `must be a valid URL`."""
    _, should, rule = message.partition(" should ")
    return f"must {rule}" if should else message


def _shown(value: object) -> str:
    """A value as it looks in the file; a long or nested one only by its kind."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'" if len(value) <= 60 else f"'{value[:60]}…'"
        case date():
            return value.isoformat()
        case dict():
            return "a table"
        case Sequence():
            return "a list"
    return str(value)


def _keys_at(location: Location, model: type[BaseModel]) -> Iterator[str]:
    """The keys that the table at `location` may have, following the types of `model` down to it."""
    for part in location:
        for name, field in model.model_fields.items():
            if part == (field.alias or name):
                model = next(_models_in(field.annotation), model)
                break
    for name, field in model.model_fields.items():
        yield field.alias or name


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
