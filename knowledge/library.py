"""The articles in use: read from folders, matched against, and read again when somebody edits one."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from knowledge.article import Article
from knowledge.language import ENGLISH
from knowledge.loading import Articles, Problems, Reading, attempt, collect, markdown_files
from knowledge.matcher import Match, Matcher
from knowledge.memory import Memory
from knowledge.several import Request, take_apart

SHIPPED: Final = Path(__file__).with_name("articles")
"""The articles that come with Firstline."""

Stamp = tuple[int, int]
"""A file's time of change in nanoseconds, and its size: where both are the same nobody has edited it."""


class Library:
    """The last good state of some folders; a later folder's articles replace an earlier one's of the same id.

    Everything but `reload` only reads, and `reload` puts a whole new state in place in one step, so it may run in a
    thread beside whoever matches.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (SHIPPED,),
        out_of_scope: Sequence[str] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Read the folders and learn. What is wrong with them is in `problems`; all the rest works."""
        self._folders = tuple(folders)
        self._out_of_scope = out_of_scope
        self._memory = memory
        self._stamps: dict[Path, Stamp] | None = None
        self._readings: dict[Path, Reading] = {}
        self.matcher = Matcher((), out_of_scope)
        self.problems: Problems = ()
        self.reload()

    @property
    def articles(self) -> Articles:
        """All of them, by id, whoever may see them."""
        return self.matcher.articles

    def article(self, name: str) -> Article | None:
        """The article or version with this id, whoever may see it."""
        every = (one for article in self.articles for one in (article, *article.versions))
        return next((one for one in every if one.id == name), None)

    def match(
        self,
        text: str,
        organisation: str | None = None,
        site: str | None = None,
        roles: Collection[str] = (),
        locale: str = ENGLISH,
    ) -> Match:
        """What to say to a message from somebody of this organisation, site, roles and language; never raises.

        The articles in it are the versions that this person is shown.
        """
        found = self.matcher.match(
            text, lambda article: article.audience.admits(organisation, site, roles), locale
        )
        theirs = (one.article.version_for(organisation, site, roles) for one in found.candidates)
        shown = (replace(one, article=own) for one, own in zip(found.candidates, theirs, strict=True))
        return replace(found, candidates=tuple(shown))

    def requests(
        self,
        text: str,
        organisation: str | None = None,
        site: str | None = None,
        roles: Collection[str] = (),
        locale: str = ENGLISH,
    ) -> tuple[Request, ...]:
        """`match` for each of the requests in a message; mostly it is one."""
        return take_apart(text, lambda part: self.match(part, organisation, site, roles, locale))

    def reload(self) -> Problems:
        """Read again what was edited, learn again if that changed an article, and say what is wrong now.

        A file that became malformed keeps the article it held; one that was deleted takes its article along.
        """
        stamps = dict(self._stamped_files())
        if stamps == self._stamps:
            return self.problems
        before, known = self._stamps or {}, self._readings
        readings: dict[Path, Reading] = {}

        def reading(path: Path) -> Reading:
            last = known.get(path, (None, ()))
            if path in known and stamps.get(path) == before.get(path):
                readings[path] = last
            else:
                article, problems = attempt(path)
                readings[path] = (article or (last[0] if problems else None), problems)
            return readings[path]

        articles, self.problems = collect(self._folders, reading)
        if articles != self.matcher.articles:
            self.matcher = Matcher(articles, self._out_of_scope, self._memory)
            _give_back_memory()
        self._stamps, self._readings = stamps, readings
        return self.problems

    def _stamped_files(self) -> list[tuple[Path, Stamp]]:
        stamped = []
        for folder in self._folders:
            for path in markdown_files(folder):
                try:
                    state = path.stat()
                except FileNotFoundError:
                    continue
                stamped.append((path, (state.st_mtime_ns, state.st_size)))
        return stamped


def _give_back_memory() -> None:
    """Learning needs four times the memory of what is learned. glibc keeps what was freed, some 20 MB of it, for a
    next time that may be days away; other libraries do not, and have no such call."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
