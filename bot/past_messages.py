"""Messages of the past, one after the other, out of a CSV or JSON file or a Slack export; never all in memory."""

from __future__ import annotations

import csv
import html
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Final

from problems import Problem, ProblemsFound

TEXTS: Final = ("text", "message", "description", "body", "content", "question", "subject", "utterance")
"""What the column or key with the message may be called, the best first."""

PEOPLE: Final = (
    "user",
    "person",
    "requester",
    "from",
    "author",
    "email",
    "sender",
    "user_id",
    "requester_id",
)

LONGEST: Final = 1_000_000
"""Characters of one CSV field; Python's own limit is an eighth of it."""

LARGEST: Final = 200_000_000
"""Bytes of one day of one channel of a Slack export, when unpacked."""

CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    person: str = ""
    place: int = 0
    """Bytes of the file that were read when it came."""


Broken = Callable[[Problem], None]
"""Told of what could not be read and was left out."""


def past_messages(file: Path, broken: Broken) -> Iterator[Said]:
    """The messages in the order in which they stand there.

    Raises:
        ProblemsFound: it is none of the three, or names no message.
        OSError: it cannot be read.
    """
    if zipfile.is_zipfile(file):
        yield from _slack_export(file, broken)
        return
    with (
        file.open("rb") as opened,
        TextIOWrapper(opened, encoding="utf-8-sig", errors="replace", newline="") as text,
    ):
        start = opened.peek(CHUNK).lstrip(b"\xef\xbb\xbf \t\r\n")
        reader = _json if start[:1] in (b"[", b"{") else _csv
        yield from (replace(said, place=opened.tell()) for said in reader(file, text, broken))


def _csv(file: Path, text: IO[str], broken: Broken) -> Iterator[Said]:
    csv.field_size_limit(LONGEST)
    head = text.readline()
    delimiter = max(",;\t", key=head.count)
    columns = [name.strip().lower() for name in next(csv.reader([head], delimiter=delimiter), [])]
    column = next((columns.index(name) for name in TEXTS if name in columns), None)
    if column is None:
        raise _nameless(
            file,
            f"its first line must name a column {', '.join(TEXTS[:5])} (found: {head.strip()[:80]}); if these are "
            "tickets, say under which policy: --policy new.toml",
        )
    who = next((columns.index(name) for name in PEOPLE if name in columns), None)
    rows = csv.reader(iter(text.readline, ""), delimiter=delimiter)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as wrong:
            broken(Problem(str(file), rows.line_num + 1, "", f"cannot be read: {wrong}"))
            continue
        if len(row) > column and row[column].strip():
            person = row[who] if who is not None and len(row) > who else ""
            yield Said(row[column], person)


def _json(file: Path, text: IO[str], broken: Broken) -> Iterator[Said]:
    """A list of messages, or one message a line; each a text, or an object that holds one."""
    nothing = True
    for value in _values(file, text, broken):
        said = _of_object(value)
        nothing = nothing and said is None
        if said:
            yield said
    if nothing:
        raise _nameless(file, f"holds no message: texts, or objects with a key {', '.join(TEXTS[:5])}")


def _values(file: Path, text: IO[str], broken: Broken) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    held, line, at_end = "", 1, False
    while held.strip() or not at_end:
        held = held.lstrip(" \t\r\n,[]\ufeff")
        try:
            value, end = decoder.raw_decode(held) if held else (None, -1)
        except json.JSONDecodeError:
            end = -1
        if end < 0 or (end == len(held) and not at_end):
            more = text.read(CHUNK)
            at_end = not more
            if at_end and held and end < 0:
                broken(Problem(str(file), line, "", "is no JSON from here on; the rest was left out"))
                return
            if len(held) > LARGEST:
                raise _nameless(file, "holds a value that is too large")
            held += more
            continue
        line += held.count("\n", 0, end)
        held = held[end:]
        yield value


def _of_object(value: object) -> Said | None:
    if isinstance(value, str):
        return Said(value) if value.strip() else None
    if not isinstance(value, Mapping):
        return None
    text = next((value[key] for key in TEXTS if isinstance(value.get(key), str) and value[key].strip()), None)
    person = next((value[key] for key in PEOPLE if isinstance(value.get(key), str)), "")
    return Said(text, person) if text else None


def _slack_export(file: Path, broken: Broken) -> Iterator[Said]:
    """What people wrote into channels: neither answers in threads, nor joins, nor bots."""
    with zipfile.ZipFile(file) as export:
        days = sorted(
            (day for day in export.infolist() if _DAY.search(day.filename)), key=lambda day: day.filename
        )
        if not days:
            raise _nameless(file, "is no Slack export: it holds no <channel>/<date>.json")
        place = 0
        for day in days:
            place += day.compress_size
            if day.file_size > LARGEST:
                broken(Problem(f"{file}/{day.filename}", None, "", "is too large and was left out"))
                continue
            try:
                messages = json.loads(export.read(day))
            except (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
                broken(Problem(f"{file}/{day.filename}", None, "", "is no JSON and was left out"))
                continue
            for message in messages if isinstance(messages, list) else ():
                if isinstance(message, dict) and _is_a_persons(message):
                    yield Said(_plain(message["text"]), str(message["user"]), place)


def _is_a_persons(message: Mapping[str, Any]) -> bool:
    first = message.get("thread_ts") in (None, message.get("ts"))
    written = message.get("type") == "message" and message.get("subtype") in (None, "file_share")
    has_words = isinstance(message.get("text"), str) and message["text"].strip()
    return bool(first and written and has_words and message.get("user") and not message.get("bot_id"))


def _plain(text: str) -> str:
    """Slack's text as people read it: `<https://…|label>` is its label, `&lt;` is `<`."""
    return html.unescape(_LABELLED.sub(r"\1", text))


def _nameless(file: Path, sentence: str) -> ProblemsFound:
    return ProblemsFound([Problem(str(file), None, "", sentence)])


_DAY = re.compile(r"[^/]/\d{4}-\d\d-\d\d\.json\Z")
_LABELLED = re.compile(r"<[^<>|]*\|([^<>]*)>")
