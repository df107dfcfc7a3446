"""What a person typed, reduced to what they want: one line of plain, folded text without wrapping.

`normalise` is the only door through which a message reaches the matcher, so whatever it lets through is bounded in
length and free of control characters. Its own cost is bounded too: the length is cut before anything else is done.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from knowledge.denial import without_denied
from knowledge.wrapping import unwrap

LIMIT: Final = 2000
"""Characters kept. Nobody describes one problem in more; longer texts are pasted logs and mail threads."""

GLANCE: Final = 6
"""How many times `LIMIT` is looked at before quotes and traces are taken out: a paste usually hides the sentence
in front of it or behind it, so three quarters of the glance go to the beginning and one to the end."""


def normalise(text: str, limit: int = LIMIT) -> str:
    """Fold `text` to one line of at most `limit` characters; applying it again changes nothing.

    Compatibility forms and case are folded (NFKC, casefold); control and invisible characters, lone surrogates and
    floods of combining marks go; runs of one character shrink; quoted mail, code and stack traces shrink to what
    they say at their end; greetings, thanks, closings and signatures go unless nothing else was written; so does what the
    writer says not to want.
    """
    text = _one_line(_sayings(fold(_glance(text, limit * GLANCE))))
    text = _tidy(_tidy(text)[:limit])
    while (shorter := without_denied(unwrap(text))) != text:
        text = _tidy(shorter)
    return text


def fold(text: str) -> str:
    """NFKC and casefold (Unicode standard, section 3.13) without characters that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").replace("’", "'")
    if text.isascii():
        return _CONTROL.sub("", text).lower()
    folded = _visible(text)
    while (again := _visible(folded)) != folded:
        folded = again
    return folded


def words(text: str) -> list[str]:
    """The words of a normalised text; an apostrophe belongs to its word and is left out (`can't` is `cant`)."""
    return [word.replace("'", "") for word in _WORD.findall(text)]


# -------------------------------------------------------------------------------------------------- characters

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MARKUP = re.compile(
    r"<[@#!][^<>\s]{1,80}>|https?://(?:www\.)?|www\.|[^\s@<>]{1,80}@[^\s@<>]{1,80}\.[a-z]{2,20}"
)
_LETTER_RUN = re.compile(r"([^\W\d_])\1{2,}")
_SIGN_RUN = re.compile(r"([^\w\s])(?:\s*\1)+")
_DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn")
_MARKS = 2
"""Combining marks kept on one character: Vietnamese and vocalised Arabic need two, a flood has hundreds."""


def _glance(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    head = size * 3 // 4
    torn, newline, tail = text[head - size :].partition("\n")
    return f"{text[:head]}\n{tail if newline else torn}"


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def _visible(text: str) -> str:
    room = max(len(text), LIMIT)  # one character may stand for eighteen
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text)[:room].casefold())[:room]
    kept, marks = [], 0
    for character in folded:
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if character == "\n" or (category not in _DROPPED and marks <= _MARKS):
            kept.append("'" if character == "’" else character)
    return "".join(kept)


def _tidy(text: str) -> str:
    """Single spaces, short runs, no addresses and no full stop at the end: `nooooo  way!!!!.` → `noo way!`."""
    text = _SIGN_RUN.sub(r"\1", _LETTER_RUN.sub(r"\1\1", _MARKUP.sub(" ", text)))
    return " ".join(text.split()).rstrip(" .")


# -------------------------------------------------------------------------------- quotes, code, traces: by line

_QUOTED = re.compile(r"\s*(?:>|\|\s)")
_FRAME = re.compile(
    r"""\s*(?:at\s+\S+\(.*\)?|file\s+".*",\s+line\s+\d+.*|\.\.\.\s+\d+\s+more|traceback\s.*|\s*\^+)\s*\Z"""
)
_THREAD = re.compile(
    r"\s*(?:-{2,}\s*original message|_{10,}\s*\Z|on .{5,100} wrote:\s*\Z|from:\s.*@|begin forwarded message)"
)
_SIGNATURE = re.compile(r"--\s*\Z")


def _sayings(text: str) -> str:
    """The lines that say something, or all of them when none does."""
    said: list[str] = []
    fence: list[str] | None = None
    framed = False
    for line in text.split("\n"):
        before, mark, after = line.partition("```")
        if mark and fence is None:
            said.append(before)
            inside, closed, behind = after.partition("```")
            fence = [inside] if not closed else None
            said.extend((inside, behind) if closed else ())
        elif mark and fence is not None:
            said.extend((_last([*fence, before]), after))
            fence = None
        elif fence is not None:
            fence.append(line)
        elif (_THREAD.match(line) or _SIGNATURE.match(line)) and any(map(str.strip, said)):
            break
        elif _QUOTED.match(line) or _FRAME.match(line):
            framed = True
        elif not (framed and line.startswith("    ")):
            said.append(line)
            framed = False
    said.append(_last(fence or []))
    kept = "\n".join(said).replace("```", " ")
    return kept if _WORD.search(kept) else text.replace("```", " ")


def _one_line(text: str) -> str:
    """The lines in one, each kept apart from the next by a full stop where its author put nothing."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return " ".join(line if line[-1] in ".,;:!?-" else f"{line}." for line in lines)


def _last(lines: list[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "")
