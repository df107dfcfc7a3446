"""Folders of Markdown files → articles and problems. A bad article never keeps a good one from loading."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from knowledge.article import Article
from knowledge.reading import read
from problems import Problem, ProblemsFound

Articles = tuple[Article, ...]
Problems = tuple[Problem, ...]


def load(folders: Sequence[Path], reader: Callable[[Path], Article] = read) -> tuple[Articles, Problems]:
    """Every sound article in the folders and below, by id, and what is wrong with the others.

    A later folder's article replaces an earlier folder's of the same id: a company overrides what is shipped. Two
    of one id within a folder are a problem, and the first by path is kept. `README.md` and hidden files are no
    articles.
    """
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(Problem(str(folder), None, "", "there is no such folder"))
        here: dict[str, Article] = {}
        for path in markdown_files(folder):
            try:
                article = reader(path)
            except ProblemsFound as found:
                problems.extend(found.problems)
            except FileNotFoundError:
                continue  # deleted since it was listed: then it is no article any more
            else:
                first = here.setdefault(article.id, article)
                if first is not article:
                    sentence = f"'{article.id}' is already the id of {first.file}; this file is left out"
                    problems.append(Problem(str(path), None, "id", sentence))
        articles.update(here)
    return tuple(articles[id] for id in sorted(articles)), tuple(problems)


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
            if name.endswith(".md") and not name.startswith(".") and name != "README.md":
                yield Path(where, name)
