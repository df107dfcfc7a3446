"""A form, asked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from adapters.console import wording
from adapters.console.commands import COMMAND
from adapters.console.drawing import Drawing
from bot.messages import Field, FieldKind, Form, printable

PROMPT = "  ? "
CANCEL = "/cancel"

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) +(\d\d:\d\d)")


class Asking(Protocol):
    """Somebody who can be asked."""

    async def ask(self, prompt: str) -> str | None:
        """Their line; None when there will be no more."""
        ...


class Cancelled(Exception):
    """They would rather not."""


class FormSheet:
    """One form being filled in; what was entered stays when only a few fields must be asked again."""

    def __init__(self, form: Form, who: Asking, drawing: Drawing, show: Callable[[str], None]) -> None:
        self._form = form
        self._who = who
        self._drawing = drawing
        self._show = show
        self._entered = {field.id: field.value for field in form.fields}

    async def fill(self) -> Mapping[str, str]:
        """Ask everything.

        Raises:
            Cancelled
        """
        self._show(self._drawing.named(wording.form_begins(self._form.title)))
        for field in self._form.fields:
            await self._fill(field)
        return self._entered

    async def correct(self, errors: Mapping[str, str]) -> Mapping[str, str]:
        """Say what is wrong, and ask that again.

        Raises:
            Cancelled
        """
        wrong = [field for field in self._form.fields if field.id in errors]
        for field in wrong or self._form.fields:
            if field.id in errors:
                self._show(self._drawing.plain(errors[field.id]))
                self._entered[field.id] = field.value
            await self._fill(field)
        return self._entered

    async def _fill(self, field: Field) -> None:
        self._show(self._drawing.field(field, self._entered[field.id], self._form.timezone))
        while True:
            line = await self._who.ask(PROMPT)
            if line is None or line.strip() == CANCEL:
                raise Cancelled
            try:
                self._entered[field.id] = _read(field, printable(line), self._entered[field.id])
            except _Wrong as wrong:
                self._show(str(wrong))
            else:
                return


class _Wrong(Exception):
    """What was entered does not fit the field, and why."""


def _read(field: Field, typed: str, default: str) -> str:
    """What was entered."""
    if COMMAND.fullmatch(typed.rstrip()):
        raise _Wrong(wording.in_a_form())
    line = typed.strip()
    entered = line or default
    if field.kind is FieldKind.CHOICE and line:
        entered = _chosen(field, line)
        if not entered:
            raise _Wrong(wording.not_a_choice(len(field.choices)))
    if field.kind is FieldKind.MOMENT:
        entered = _MOMENT.sub(r"\1T\2", entered)
    if field.required and not entered:
        raise _Wrong(wording.needed())
    if len(entered) > field.max_length:
        raise _Wrong(wording.field_too_long(field.max_length))
    return entered


def _chosen(field: Field, line: str) -> str:
    """The value of the choice with this number or label."""
    if line.isdecimal():
        return field.choices[int(line) - 1].value if 0 < int(line) <= len(field.choices) else ""
    same = (choice.value for choice in field.choices if choice.label.casefold() == line.casefold())
    return next(same, "")
