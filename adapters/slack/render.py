"""Messages and cards as Block Kit, inside every limit of it. Pure.

Every message has a `text` beside its blocks: notifications and screen readers read that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.slack import wording
from adapters.slack.rich_text import cut, escaped, plain, rich_text
from bot.messages import Aside, Button, Card, Fact, Menu, Say, ShowCard, Style

Json = dict[str, Any]

MOST_BLOCKS = 50
HEADER, LABEL, VALUE, FIELD, TEXT, CONTEXT = 150, 75, 2_000, 2_000, 3_000, 2_000
ELEMENTS, FIELDS = 25, 10
OVERFLOW = 5
"""Options behind the three dots; what does not fit stands before them."""
OPTION_VALUE = 150
FALLBACK = 3_500
"""Characters of `text`: under the 4,000 that Slack advises."""

_MARKUP = frozenset("*_~`<>&")
_TONES = {"neutral": "⚪", "waiting": "🔵", "good": "🟢", "warning": "🟠", "bad": "🔴"}


def message(effect: Say | ShowCard, *, named: bool = False) -> Json:
    """`text` and `blocks` of an effect; `named` when Slack itself shows who wrote it."""
    if isinstance(effect, ShowCard):
        return {
            "text": cut(escaped(effect.card.text or effect.card.title), FALLBACK),
            "blocks": card(effect.card),
        }
    return say(effect, named=named)


def say(effect: Say, *, named: bool = False) -> Json:
    author = effect.author if not named else ""
    tail = [*actions(effect.buttons), *_footnote(effect.footnote)]
    head = [_bold(wording.writes(author))] if author else []
    body = rich_text(effect.text)[: MOST_BLOCKS - len(head) - len(tail)]
    words = plain(effect.text)
    text = escaped(f"{author}: {words}" if author else words)
    blocks = [*head, *body, *tail]
    return {"text": cut(text, FALLBACK) or wording.empty(), "blocks": blocks or [_bold(wording.empty())]}


def aside(shown: Aside) -> Json:
    """What one person is shown."""
    tail = actions(shown.buttons)
    blocks = [*rich_text(shown.text)[: MOST_BLOCKS - len(tail)], *tail]
    return {"text": cut(escaped(plain(shown.text)), FALLBACK) or wording.empty(), "blocks": blocks}


def sentence(words: str, buttons: Sequence[Button] = ()) -> Json:
    """A plain sentence."""
    section = {"type": "section", "text": _plain_text(words, TEXT)}
    return {"text": cut(escaped(words), FALLBACK), "blocks": [section, *actions(buttons)]}


def card(shown: Card) -> list[Json]:
    tail = actions(shown.buttons)
    status = f"{_TONES.get(shown.tone, _TONES['neutral'])} {shown.status}"
    head: list[Json] = [
        header(shown.title),
        _bold(cut(status, TEXT)),
        *_facts(shown.facts),
    ]
    return [*head, *rich_text(shown.body)[: MOST_BLOCKS - len(head) - len(tail)], *tail]


def header(text: str) -> Json:
    return {"type": "header", "text": _plain_text(text, HEADER)}


def _facts(facts: Sequence[Fact]) -> Iterator[Json]:
    for first in range(0, len(facts), FIELDS):
        yield {"type": "section", "fields": [_fact(fact) for fact in facts[first : first + FIELDS]]}


def _fact(fact: Fact) -> Json:
    """With the label in bold, unless a character of the fact could be read as markup."""
    words = plain(fact.text) or "–"
    if _MARKUP.isdisjoint(words) and _MARKUP.isdisjoint(fact.label):
        return {"type": "mrkdwn", "text": cut(f"*{fact.label}*\n{words}", FIELD), "verbatim": True}
    return _plain_text(f"{fact.label}\n{words}", FIELD)


def _footnote(text: str) -> list[Json]:
    words = plain(text)
    return [{"type": "context", "elements": [_plain_text(words, CONTEXT)]}] if words else []


def _bold(text: str) -> Json:
    words = {"type": "text", "text": text, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [words]}]}


# ------------------------------------------------------------------------------------------------------ buttons


def actions(buttons: Sequence[Button | Menu]) -> list[Json]:
    elements = [element for shown in buttons for element in _elements(shown)]
    rows = [elements[first : first + ELEMENTS] for first in range(0, len(elements), ELEMENTS)]
    return [
        {
            "type": "actions",
            "elements": [
                {**element, "action_id": f"{element['action_id']}#{row}.{position}"}
                for position, element in enumerate(some)
            ],
        }
        for row, some in enumerate(rows)
    ]


def _elements(shown: Button | Menu) -> Iterator[Json]:
    """A menu of two is two buttons, one of many begins with buttons: three dots say nothing, so few things hide there."""
    if isinstance(shown, Button):
        yield _button(shown)
        return
    if len(shown.buttons) <= 2:
        for button in shown.buttons:
            label = f"{shown.label.rstrip('…')} {button.label[:1].lower()}{button.label[1:]}"
            yield _button(Button(button.id, label, button.value, button.style))
        return
    for button in shown.buttons[:-OVERFLOW]:
        yield _button(button)
    yield {
        "type": "overflow",
        "action_id": "menu",
        "options": [
            {"text": _plain_text(button.label, LABEL), "value": _option(button)}
            for button in shown.buttons[-OVERFLOW:]
        ],
    }


def _button(button: Button) -> Json:
    element: Json = {
        "type": "button",
        "action_id": button.id,
        "text": _plain_text(button.label, LABEL),
        "value": button.value[:VALUE],
    }
    if button.style is not Style.PLAIN:
        element["style"] = button.style.value
    return element


def _option(button: Button) -> str:
    return f"{button.id} {button.value}"[:OPTION_VALUE]


def pressed(action: Json) -> tuple[str, str] | None:
    """Id and value of the button that a click on one of our elements stands for; None for anything else."""
    if action.get("type") == "overflow":
        option = (action.get("selected_option") or {}).get("value")
        button, space, rest = option.partition(" ") if isinstance(option, str) else ("", "", "")
        return (button, rest) if space else None
    action_id, value = action.get("action_id"), action.get("value")
    if action.get("type") != "button" or not isinstance(action_id, str) or not isinstance(value, str | None):
        return None
    return action_id.rpartition("#")[0] or action_id, value or ""


def _plain_text(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": cut(text.strip(), most) or "–", "emoji": False}
