"""What the browser sends, read strictly: a wrong shape is a 400 that says which field."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from adapters.web.addresses import UUID
from adapters.web.context import Refusal
from bot.messages import Aside, FieldErrors, OpenForm, Reaction, Toast, printable

_ANSWERS = 60
_LONGEST_ID = 1_000


async def read_json(request: web.Request) -> dict[str, Any]:
    """The request's body.

    Raises:
        Refusal: it is not a JSON object.
    """
    if request.content_type != "application/json":
        raise Refusal(415, "Firstline reads JSON here.")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "Firstline cannot read this request.")
    return body


def text(body: dict[str, Any], name: str) -> str:
    """Words that a person entered, without what cannot be stored or shown."""
    value = body.get(name)
    if not isinstance(value, str):
        raise _unreadable(name)
    return printable(value)


def identifier(body: dict[str, Any], name: str) -> str:
    """Something that we made ourselves and get back."""
    value = body.get(name)
    if not isinstance(value, str) or not _is_identifier(value):
        raise _unreadable(name)
    return value


def _is_identifier(value: str) -> bool:
    return len(value) <= _LONGEST_ID and "\n" not in value and printable(value) == value


def uuid(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise _unreadable(name)
    return value


def answers(body: dict[str, Any], name: str) -> dict[str, str]:
    value = body.get(name)
    if not isinstance(value, dict) or len(value) > _ANSWERS:
        raise _unreadable(name)
    if not all(_is_identifier(key) and isinstance(answer, str) for key, answer in value.items()):
        raise _unreadable(name)
    return {key: printable(answer) for key, answer in value.items()}


def number(body: dict[str, Any], name: str, *, most: float) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
        raise _unreadable(name)
    return float(value)


def _unreadable(name: str) -> Refusal:
    return Refusal(400, f"Firstline cannot read “{name}” in this request.")


def reaction_json(reaction: Reaction | None) -> dict[str, Any]:
    match reaction:
        case None:
            return {"kind": "none"}
        case Toast(text=sentence) | Aside(text=sentence):
            return {"kind": "toast", "text": sentence}
        case FieldErrors(errors=errors):
            return {"kind": "errors", "errors": dict(errors)}
        case OpenForm(form=form):
            fields = [
                {
                    "id": field.id,
                    "label": field.label,
                    "kind": field.kind.value,
                    "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
                    "value": field.value,
                    "hint": field.hint,
                    "required": field.required,
                    "longest": field.max_length,
                }
                for field in form.fields
            ]
            return {
                "kind": "form",
                "form": {
                    "id": form.id,
                    "value": form.value,
                    "title": form.title,
                    "submit": form.submit,
                    "timezone": form.timezone,
                    "fields": fields,
                },
            }
