"""Effects and reactions as JSON and back, for the rows in which they wait."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bot.messages import (
    Aside,
    CarryFile,
    Effect,
    FieldErrors,
    OpenForm,
    Reaction,
    Retract,
    Say,
    ShowCard,
    Toast,
)

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (Say, ShowCard, Retract, CarryFile, OpenForm, FieldErrors, Toast, Aside)
}

Stored = dict[str, Any]


def to_json(thing: Effect | Reaction) -> Stored:
    """`{"kind": "Say", …}`."""
    kind = type(thing).__name__
    fields: Stored = _KINDS[kind].dump_python(thing, mode="json")
    return {"kind": kind, **fields}


def from_json(stored: Stored) -> Any:
    """The effect or reaction that `to_json` wrote.

    Raises:
        LookupError: its kind is unknown to this version: a newer replica wrote it.
    """
    fields = dict(stored)
    return _KINDS[fields.pop("kind")].validate_python(fields)
