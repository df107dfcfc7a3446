"""Folders of Markdown files → articles and problems. A bad article never keeps a good one from loading."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from knowledge.article import Article
from knowledge.reading import read
from knowledge.version import Version, put_together
from problems import Problem, ProblemsFound

Articles = tuple[Article, ...]
Problems = tuple[Problem, ...]
Reading = tuple[Article | Version | None, Problems]
"""What a file gave: an article or a version of one, or None and why not. A file that was deleted meanwhile gives
neither."""


def load(folders: Sequence[Path]) -> tuple[Articles, Problems]:
    """Every sound article in the folders and below, by id, and what is wrong with the others.

    A later folder's article replaces an earlier folder's of the same id: a company overrides what is shipped. Two
    of one id within a folder are a problem, and the first by path is kept. Versions are put into their articles,
    wherever those are. `README.md` and hidden files are no articles.
    """
    return collect(folders, attempt)


def collect(folders: Sequence[Path], reader: Callable[[Path], Reading]) -> tuple[Articles, Problems]:
    """`load` with another way to come by what a file gives."""
    found: dict[str, Article | Version] = {}
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(str(folder), None, "", "there is no such folder"))
        here: dict[str, Article | Version] = {}
        for path in markdown_files(folder):
            article, mistakes = reader(path)
            problems.extend(mistakes)
            if article is None:
                continue
            first = here.setdefault(article.id, article)
            if first is not article:
                sentence = f"'{article.id}' is already the id of {first.file}; this file is left out"
                problems.append(Problem(str(path), None, "id", sentence))
        found.update(here)
    articles, strays = put_together(found.values())
    return articles, (*problems, *strays)


def attempt(path: Path) -> Reading:
    """Read one file, come what may."""
    try:
        return read(path), ()
    except ProblemsFound as found:
        return None, found.problems
    except FileNotFoundError:
        return None, ()


def markdown_files(folder: Path) -> Iterator[Path]:
    """The article files in a folder and below, in the order of their names; linked folders are entered once."""
    entered = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(where)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(where, name)
            if name.endswith(".md") and not name.startswith(".") and name != "README.md" and path.is_file():
                yield path
