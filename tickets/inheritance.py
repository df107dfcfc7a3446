"""Policy files as they stand, and what an organisation inherits from its provider: raw content, each value with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from problems import Location, Problem, ProblemsFound, field_name, nearest_line
from tickets.feeds import Fetch, UnreadableFeed, is_address
from tickets.fields import Content, Place, Thread, entries, ids, zones
from tickets.toml_lines import lines_of

LISTS = (
    "site",
    "calendar",
    "technician",
    "queue",
    "category",
    "rota",
    "route",
    "escalation",
    "silence",
    "group",
)
TABLES = ("priority", "tier")

FEEDS = (
    ("calendar", "closed_from"),
    ("calendar", "open_from"),
    ("technician", "away_from"),
    ("rota", "turns_from"),
)
"""Keys that name an iCalendar file or the address of one."""

Mistake = tuple[Location, str]


@dataclass(frozen=True)
class File:
    """A file as it stands in the policy folder."""

    path: str
    content: Content
    lines: Mapping[Location, int]

    def place(self, location: Location) -> Place:
        return Place(self.path, nearest_line(location, self.lines.get))


@dataclass(frozen=True)
class Whole:
    """An organisation's file with what it inherits, each value from where it stands."""

    own: File
    content: Content
    elsewhere: dict[Location, tuple[File, Location]] = field(default_factory=dict)
    """Entries that have another position in their file, or are in another file."""

    def place(self, location: Location) -> Place:
        for length in range(len(location), 0, -1):
            if location[:length] in self.elsewhere:
                file, there = self.elsewhere[location[:length]]
                return file.place((*there, *location[length:]))
        return self.own.place(location)

    def problems(self, mistakes: Iterable[Mistake]) -> list[Problem]:
        told = [(self.place(location), location, sentence) for location, sentence in mistakes]
        told.sort(key=lambda one: (one[0].file != self.own.path, one[0].line or 0))
        return [
            Problem(place.file, place.line, field_name(location), sentence)
            for place, location, sentence in told
        ]


def parsed(text: str, path: str) -> File:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemsFound([_syntax_problem(str(error), text, path)]) from None
    return File(path, content, lines_of(text))


def inherited(own: File, provider: File | None, settings: Mapping[str, Any]) -> Whole:
    """The organisation's own entries first. Of what has an id, its own takes the place of the provider's, whole.

    `settings` are what the provider's file decides for organisations that do not decide themselves.
    """
    about = table(own.content, "organisation")
    if provider is None:
        _fill_in_defaults(own, about)
        return Whole(own, own.content)
    content = {**own.content}
    if isinstance(own.content.get("organisation"), dict):
        content["organisation"] = {**settings, **about}
    _fill_in_defaults(own, {**settings, **about})
    # An entry is filled in for each organisation anew: what the provider leaves open, each decides for itself.
    provider = File(provider.path, deepcopy(provider.content), provider.lines)
    _fill_in_defaults(provider, {**about, **settings})
    whole = Whole(own, content)
    for section in LISTS:
        mine = own.content.get(section, [])
        found = provider.content.get(section, [])
        if not isinstance(mine, list) or not isinstance(found, list):
            continue
        known = set(ids(own.content, section))
        content[section] = [*mine]
        for position, entry in enumerate(found):
            if isinstance(entry, dict) and (entry.get("id") in known or not _is_for(entry, about.get("id"))):
                continue
            whole.elsewhere[section, len(content[section])] = provider, (section, position)
            content[section].append(entry)
    for section in TABLES:
        mine, found = own.content.get(section, {}), provider.content.get(section, {})
        if isinstance(mine, dict) and isinstance(found, dict) and (mine or found):
            content[section] = {**found, **mine}
            for key in found.keys() - mine.keys():
                whole.elsewhere[section, key] = provider, (section, key)
    return whole


def _is_for(entry: dict[str, Any], organisation_id: object) -> bool:
    """Whether an entry of the provider's is for this organisation."""
    named = entry.get("organisation", [])
    return not named or organisation_id in ([named] if isinstance(named, str) else named)


def fetched(whole: Whole, fetch: Fetch) -> Iterator[Mistake]:
    """Put the file that an address was fetched into where the address stands; what could not be fetched is told."""
    for section, key in FEEDS:
        found = whole.content.get(section)
        for position, entry in enumerate(found if isinstance(found, list) else ()):
            where = entry.get(key) if isinstance(entry, dict) else None
            if isinstance(where, str) and is_address(where):
                try:
                    entry[key] = str(fetch(where))
                except UnreadableFeed as unreadable:
                    del entry[key]
                    yield (section, position, key), str(unreadable)


def is_provider(file: File) -> bool:
    return "provider" in file.content and "organisation" not in file.content


def table(content: Content, section: str) -> dict[str, Any]:
    found = content.get(section)
    return found if isinstance(found, dict) else {}


def _fill_in_defaults(file: File, about: Mapping[str, Any]) -> None:
    """Give entries the zone and the thread of their organisation where they have none of their own."""
    # A default that is itself wrong is reported where it stands, not again in every entry.
    zone = about.get("timezone") if str(about.get("timezone")) in zones() else "UTC"
    thread = about.get("thread_default") if about.get("thread_default") in [*Thread] else Thread.INTERNAL
    for section in ("site", "calendar", "technician", "rota", "route"):
        for entry in entries(file.content, section):
            entry.setdefault("timezone", zone)
    for queue in entries(file.content, "queue"):
        queue.setdefault("thread", thread)
    for section, key in FEEDS:
        for entry in entries(file.content, section):
            where = entry.get(key)
            if isinstance(where, str) and not is_address(where):  # as seen from the file that names it
                entry[key] = str(Path(file.path).parent / where)


def _syntax_problem(message: str, text: str, file: str) -> Problem:
    """`Invalid value (at line 7, column 3)`, or `(at end of document)`, as a problem."""
    sentence, _, place = message.partition(" (at ")
    line = re.search(r"line (\d+)", place)
    return Problem(file, int(line[1]) if line else len(text.splitlines()), "", f"is not TOML: {sentence}")
