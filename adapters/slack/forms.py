"""Forms as Slack's modals, and what was entered in them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.slack import wording
from adapters.slack.addresses import PLATFORM
from adapters.slack.rich_text import cut
from bot.messages import Address, Choice, Field, FieldKind, Form

Json = dict[str, Any]

CALLBACK = "form"
TITLE, SUBMIT, LABEL, HINT, CHOICE, LONGEST = 24, 24, 2_000, 2_000, 75, 3_000
OPTIONS, METADATA = 100, 3_000

_ACCOUNT = f"{PLATFORM}:"


def view(form: Form, origin: Address, aside: Address | None = None) -> Json:
    """The modal. `origin` is where the click was: what follows from the form belongs there, or `aside` when it is for
    nobody else's eyes."""
    blocks = [_block(field, form) for field in form.fields]
    if len(form.title) > TITLE:
        blocks.insert(0, {"type": "section", "text": _text(form.title, LABEL)})
    metadata = json.dumps(
        {
            "form": form.id,
            "value": form.value,
            "zone": form.timezone,
            "platform": origin.platform,
            "at": origin.route,
            "aside": aside.route if aside else "",
        }
    )
    impossible = any(field.kind is FieldKind.CHOICE and not field.choices for field in form.fields)
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _text(form.title, TITLE),
        "close": _text(wording.close(), SUBMIT),
        **({} if impossible else {"submit": _text(form.submit, SUBMIT)}),
        "private_metadata": metadata[:METADATA],
        "blocks": blocks,
    }


def sentence_view(title: str, sentence: str) -> Json:
    """A modal that only says something."""
    return {
        "type": "modal",
        "callback_id": "sentence",
        "title": _text(title, TITLE),
        "close": _text(wording.close(), SUBMIT),
        "blocks": [{"type": "section", "text": _text(sentence, 3_000)}],
    }


def _block(field: Field, form: Form) -> Json:
    if field.kind is FieldKind.CHOICE and not field.choices:
        return {"type": "section", "text": _text(f"{field.label}: {wording.no_choice()}", LABEL)}
    block: Json = {
        "type": "input",
        "block_id": field.id,
        "label": _text(field.label, LABEL),
        "optional": not field.required,
        "element": _element(field, form),
    }
    hint = field.hint or (_candidates(field) if _is_picked(field) else "")
    if hint:
        block["hint"] = _text(hint, HINT)
    return block


def _is_picked(field: Field) -> bool:
    """Whether Slack's own people picker can offer them all."""
    return field.people and all(choice.value.startswith(_ACCOUNT) for choice in field.choices)


def _candidates(field: Field) -> str:
    return wording.one_of([choice.label for choice in field.choices])


def _element(field: Field, form: Form) -> Json:
    match field.kind:
        case FieldKind.CHOICE if _is_picked(field):
            return {"type": "users_select", "action_id": "person"}
        case FieldKind.CHOICE:
            return _select(field)
        case FieldKind.MOMENT:
            element: Json = {"type": "datetimepicker", "action_id": "moment"}
            if field.value:
                local = datetime.fromisoformat(field.value).replace(tzinfo=ZoneInfo(form.timezone))
                element["initial_date_time"] = int(local.timestamp())
            return element
        case _:
            most = min(field.max_length, LONGEST)
            return {
                "type": "plain_text_input",
                "action_id": "text",
                "multiline": field.kind is FieldKind.LONG_TEXT,
                "max_length": most,
                **({"initial_value": field.value[:most]} if field.value else {}),
            }


def _select(field: Field) -> Json:
    options = [_option(choice) for choice in field.choices]
    element: Json = {"type": "static_select", "action_id": "choice"}
    if len(options) <= OPTIONS:
        element["options"] = options
    else:
        element["option_groups"] = [
            {
                "label": _text(f"{first + 1}–{min(first + OPTIONS, len(options))}", CHOICE),
                "options": options[first : first + OPTIONS],
            }
            for first in range(0, len(options), OPTIONS)
        ]
    chosen = next((choice for choice in field.choices if choice.value == field.value), None)
    if chosen:
        element["initial_option"] = _option(chosen)
    return element


def _option(choice: Choice) -> Json:
    return {"text": _text(choice.label, CHOICE), "value": choice.value}


def _text(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(text, most) or "–", "emoji": False}


# ----------------------------------------------------------------------------------------------- what was entered


@dataclass(frozen=True, slots=True)
class Origin:
    """What a modal of ours is for, and where it was opened."""

    form: str
    value: str
    zone: str
    address: Address
    aside: Address | None


def origin_of(view: Mapping[str, Any]) -> Origin | None:
    """None for any view that is no form of ours."""
    try:
        kept = json.loads(view["private_metadata"])
        told = [kept[name] for name in ("form", "value", "zone", "platform", "at")]
        aside = kept.get("aside")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if view.get("callback_id") != CALLBACK or not all(isinstance(one, str) for one in told):
        return None
    form, value, zone, platform, route = told
    return Origin(form, value, zone, Address(platform, route), Address(platform, aside) if aside else None)


def answers(view: Mapping[str, Any], zone: str) -> dict[str, str]:
    """What was entered, by field; a moment as local time in `zone`."""
    values = view.get("state", {}).get("values", {})
    return {
        field: _answer(entered, zone)
        for field, elements in values.items()
        for entered in list(elements.values())[:1]
    }


def _answer(entered: Mapping[str, Any], zone: str) -> str:
    match entered.get("type"):
        case "static_select":
            return str((entered.get("selected_option") or {}).get("value", ""))
        case "users_select":
            user = entered.get("selected_user")
            return f"{_ACCOUNT}{user}" if isinstance(user, str) else ""
        case "datetimepicker":
            instant = entered.get("selected_date_time")
            if not isinstance(instant, int):
                return ""
            return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
        case _:
            return (entered.get("value") or "").strip()
