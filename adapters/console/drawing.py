"""Messages, cards and lists as text for the terminal. Pure: the same to everybody with the same columns and colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.console import wording
from adapters.console.markdown import inline, markdown
from adapters.console.text import Paint, one_line, safe, width, wrap
from bot.messages import Button, Card, Field, FieldKind, HostedMessage, Menu, QueueRow, Say, ShowCard

MARGIN = "  "
NAME = 40
"""Columns of a person's name; longer ones are cut."""
DESK = "Firstline"

Numbers = Sequence[int]
"""The number of each button, in the order of `pressable`; fewer numbers: the rest is not shown."""


def pressable(content: str | Say | ShowCard) -> list[Button]:
    """All buttons, those behind menus too."""
    return [button for _, button in _with_menus(content)]


def author(message: HostedMessage) -> str:
    """Whose words these are."""
    relayed = message.content.author if isinstance(message.content, Say) else ""
    return one_line(message.author or relayed or DESK, NAME)


@dataclass(frozen=True, slots=True)
class Drawing:
    columns: int
    paint: Paint

    def message(self, message: HostedMessage, numbers: Numbers = (), remark: str = "") -> str:
        """A whole message; the remark stands next to its author."""
        content = message.content
        if isinstance(content, ShowCard):
            return self._card(content, numbers)
        head = self.paint.bold(author(message)) + (f" {self.paint.faint(f'({remark})')}" if remark else "")
        if isinstance(content, str):
            lines = wrap(safe(content).strip(), self._inside)
        else:
            lines = markdown(content.text, self._inside, self.paint)
            if content.footnote:
                lines += ["", *map(self.paint.faint, markdown(content.footnote, self._inside, self.paint))]
        return "\n".join([head, *self._indented([*lines, *self._buttons(content, numbers)])])

    def brief_card(self, card: Card) -> str:
        """A card on one line."""
        status = one_line(card.status)
        title = one_line(card.title, max(self.columns - width(status) - 2, NAME))
        return f"{self.paint.bold(title)}: {self.paint.toned(status, card.tone)}"

    def addition(self, content: Say, text: str, numbers: Numbers) -> str:
        """What was added to a message."""
        lines = markdown(text, self._inside, self.paint)
        return "\n".join(self._indented([*lines, *self._buttons(content, numbers)]))

    def changes(self, before: ShowCard, after: ShowCard, numbers: Numbers) -> str:
        """What is different on a card that was drawn anew: its status, facts and buttons."""
        known = set(before.card.facts)
        lines = self._facts(Card("", "", facts=tuple(fact for fact in after.card.facts if fact not in known)))
        return "\n".join(
            [self.brief_card(after.card), *self._indented([*lines, *self._buttons(after, numbers)])]
        )

    def queue(self, rows: Iterable[QueueRow]) -> str:
        """One ticket on two lines."""
        lines: list[str] = []
        for row in rows:
            about = (row.status, row.clock, one_line(row.requester, NAME), row.site, row.queue_name)
            second = one_line(" · ".join(filter(None, about)), self._inside)
            lines.append(
                self.paint.bold(one_line(f"{row.number} · {row.priority} · {row.subject}", self.columns))
            )
            lines.append(MARGIN + self.paint.toned(second, row.tone))
        return "\n".join(lines)

    def field(self, field: Field, value: str, zone: str) -> str:
        """A question of a form, with its choices, and what an empty answer keeps."""
        chosen = next((choice.label for choice in field.choices if choice.value == value), value)
        hints = [field.hint]
        if field.kind is FieldKind.MOMENT:
            hints = [wording.MOMENT, field.hint or zone]
        hints += [f"[{one_line(chosen)}]" if chosen else "" if field.required else wording.optional()]
        hint = self.paint.faint(" · ".join(filter(None, map(one_line, hints))))
        choices = [f"{number}  {one_line(choice.label)}" for number, choice in enumerate(field.choices, 1)]
        return "\n".join(self._indented([f"{one_line(field.label)}  {hint}".rstrip(), *choices]))

    def table(self, rows: Sequence[tuple[str, str]]) -> str:
        left = max(width(name) for name, _ in rows)
        return "\n".join(f"{MARGIN}{name}{' ' * (left - width(name))}  {meaning}" for name, meaning in rows)

    def plain(self, text: str) -> str:
        """A sentence that is no Markdown: a toast, what is wrong with a field."""
        return "\n".join(wrap(safe(text), self.columns))

    def quietly(self, text: str) -> str:
        return "\n".join(map(self.paint.faint, wrap(safe(text), self.columns)))

    def named(self, text: str) -> str:
        return self.paint.bold(one_line(text, self.columns))

    def indented(self, text: str) -> str:
        return "\n".join(self._indented(text.split("\n")))

    # ---------------------------------------------------------------------------------------------------- parts

    @property
    def _inside(self) -> int:
        return self.columns - len(MARGIN)

    def _indented(self, lines: Iterable[str]) -> list[str]:
        return [f"{MARGIN}{line}".rstrip() for line in lines]

    def _card(self, content: ShowCard, numbers: Numbers) -> str:
        card = content.card
        status = wrap(one_line(card.status), self._inside)
        lines = [*(self.paint.toned(line, card.tone) for line in status), *self._facts(card)]
        if card.body:
            lines += ["", *markdown(card.body, self._inside, self.paint)]
        lines += self._buttons(content, numbers)
        return "\n".join([self.named(card.title), *self._indented(lines)])

    def _facts(self, card: Card) -> list[str]:
        left = max((width(fact.label) for fact in card.facts), default=0)
        lines: list[str] = []
        for fact in card.facts:
            label = f"{one_line(fact.label, NAME)}{' ' * (left - width(fact.label))}  "
            text = wrap(inline(fact.text, self.paint), self._inside - width(label))
            margin = " " * width(label)
            lines += [self.paint.faint(label) + text[0], *(margin + line for line in text[1:])]
        return lines

    def _buttons(self, content: str | Say | ShowCard, numbers: Numbers) -> list[str]:
        """`[1] Claim  [2] Assign…  More: [3] Priority…`"""
        shown: list[str] = []
        before = ""
        for number, (menu, button) in zip(numbers, _with_menus(content), strict=False):
            label = f"{self.paint.bold(f'[{number}]')} {one_line(button.label, 75)}".replace(" ", "\u00a0")
            shown.append(f"{menu}:\u00a0{label}" if menu and menu != before else label)
            before = menu
        lines = wrap("  ".join(shown), self._inside) if shown else []
        return ["", *(line.replace("\u00a0", " ").strip() for line in lines)] if lines else []


def _with_menus(content: str | Say | ShowCard) -> list[tuple[str, Button]]:
    """Every button, with the label of the menu that it is in."""
    shown: Sequence[Button | Menu] = ()
    if isinstance(content, ShowCard):
        shown = content.card.buttons
    elif isinstance(content, Say):
        shown = content.buttons
    return [
        (item.label if isinstance(item, Menu) else "", button)
        for item in shown
        for button in (item.buttons if isinstance(item, Menu) else (item,))
    ]
