"""Text on a terminal: what may reach it, how wide it is, where a line ends, what is bold. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.messages import printable

NARROWEST = 20
"""Columns below which wrapping would only make it worse."""

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor, keyboard
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings: titles, clipboard
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL = re.compile(r"[\x7f-\x9f]")
_LINE_ENDS = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
_STYLE = re.compile(r"(\x1b\[\d+m)")


def safe(text: str) -> str:
    """`text` without anything that a terminal would obey (ECMA-48) instead of showing."""
    shown = _LINE_ENDS.sub("\n", _SEQUENCE.sub("", text))
    return _CONTROL.sub("", printable(shown)).expandtabs(4)


def one_line(text: str, most: int = 200) -> str:
    """`text` safe and on one line, cut where it would be longer than `most` columns."""
    line = " ".join(safe(text).split())
    if width(line) <= most:
        return line
    used = 1
    for position, character in enumerate(line):
        used += _columns(character)
        if used > most:
            return f"{line[:position].rstrip()}…"
    return line


def width(text: str) -> int:
    """Columns that `text` takes on one line; our own styles take none."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(map(_columns, _STYLE.sub("", text)))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, broken at spaces, and in a word only where it is longer than a line."""
    columns = max(columns, NARROWEST)
    return [line for paragraph in text.split("\n") for line in _wrap_one(paragraph, columns)]


def _wrap_one(paragraph: str, columns: int) -> list[str]:
    lines, line, used = [], "", 0
    for word in paragraph.split(" "):
        for piece in _pieces(word, columns):
            wide = width(piece)
            if line and used + 1 + wide > columns:
                lines.append(line.rstrip(" "))
                line, used = piece, wide
            else:
                line, used = (f"{line} {piece}", used + 1 + wide) if line else (piece, wide)
    return [*lines, line.rstrip(" ")]


def _pieces(word: str, columns: int) -> list[str]:
    if width(word) <= columns:
        return [word]
    pieces, piece, used = [], "", 0
    for part in _STYLE.split(word):
        for unit in [part] if _STYLE.fullmatch(part) else part:
            wide = width(unit)
            if used + wide > columns:
                pieces.append(piece)
                piece, used = "", 0
            piece, used = piece + unit, used + wide
    return [*pieces, piece]


@dataclass(frozen=True, slots=True)
class Paint:
    """How words are set off: by ANSI styles where they are wanted, otherwise not at all."""

    on: bool

    def bold(self, text: str) -> str:
        return self._styled(text, 1, 22)

    def faint(self, text: str) -> str:
        return self._styled(text, 2, 22)

    def italic(self, text: str) -> str:
        return self._styled(text, 3, 23)

    def toned(self, text: str, tone: str) -> str:
        """In the colour of a card's tone."""
        colour = {"waiting": 36, "good": 32, "warning": 33, "bad": 31}.get(tone)
        return self._styled(text, colour, 39) if colour else text

    def _styled(self, text: str, begin: int, end: int) -> str:
        return f"\x1b[{begin}m{text}\x1b[{end}m" if self.on and text else text
