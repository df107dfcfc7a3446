"""One Markdown file → one article or a version of one, or every problem in it by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import ValidationError

from knowledge.article import Article, FrontMatter
from knowledge.version import Version, VersionFields
from problems import Location, Problem, ProblemsFound, explain

LARGEST: Final = 256 * 1024
"""Bytes. An article is a page; what is larger is an export or a mistake, and would stall whoever renders it."""

DEEPEST: Final = 4
"""Lists and tables within each other: the audience's lists need three, and mistakes in them one more."""

SCHEMES: Final = ("https:", "mailto:")

Value = str | None | list["Value"] | dict[str, "Value"]


class _Mark(Protocol):
    line: int


_Node = yaml.ScalarNode | yaml.SequenceNode | yaml.MappingNode


def read(path: Path) -> Article | Version:
    """The article in a file, or the version of one that it extends or replaces.

    Raises:
        ProblemsFound: it is no article, or not a sound one; carries every mistake that could be told apart.
        FileNotFoundError: somebody deleted it meanwhile.
    """
    text = _text_of(path)
    if not text.startswith("---"):
        raise _problem(path, 1, "an article begins with front matter between two lines of ---")
    try:
        front, body = YAMLHandler().split(text)
    except ValueError:
        raise _problem(path, 1, "the front matter is not closed by a second line of ---") from None
    document = _Document(path, front, offset=text[: text.find(front)].count("\n"))
    line = text[: len(text) - len(body)].count("\n") + 1
    mistakes = list(_mistakes_in_body(path, body, line))
    named = next((field for field in ("extends", "replaces") if (field,) in document.lines), None)
    shape = VersionFields if named else FrontMatter
    try:
        fields = shape.model_validate(document.value)
    except ValidationError as error:
        mistakes = explain(error, shape, str(path), document.lines.get) + mistakes
    if mistakes:
        raise ProblemsFound(mistakes)
    if named:
        return Version(**dict(fields), body=body.strip(), file=path, line=document.lines[named,])
    return Article(**dict(fields), body=body.strip(), file=path)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _problem(path, None, f"cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise _problem(path, None, f"is larger than {LARGEST // 1024} KB; an article is a page, split it")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _problem(path, line, "is not UTF-8 text; save it as UTF-8") from error


class _Document:
    """The YAML of a front matter as plain text, lists and tables, and the line on which each of them stands.

    Every scalar stays the text it was written as, so that an utterance `no` or `404` or `2026-11-01` is a text; the
    model knows which fields are numbers or dates. Anchors, aliases, tags and repeated keys are refused: articles do
    not need them, and with aliases a small file can stand for an enormous one.
    """

    def __init__(self, path: Path, front: str, offset: int) -> None:
        self.lines: dict[Location, int] = {}
        self._path = path
        self._offset = offset + 1
        try:
            self._refuse_what_no_article_needs(front)
            root = yaml.compose(front, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._problem(mark, f"is not YAML: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise self._problem(None, f"is not YAML: {error}") from error
        if not isinstance(root, yaml.MappingNode):
            raise self._problem(
                root.start_mark if root else None, "the front matter must be lines of the form field: value"
            )
        self.value = self._plain(root, ())

    def _refuse_what_no_article_needs(self, front: str) -> None:
        """Before anything is built of it: what could make a small file slow or enormous."""
        depth = 0
        for event in yaml.parse(front, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise self._problem(
                    event.start_mark, "lists and tables are nested too deeply; put the text in quotes"
                )
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise self._problem(
                    event.start_mark, "anchors and aliases (& and *) are not allowed; put the text in quotes"
                )

    def _plain(self, node: _Node, location: Location) -> Value:
        self.lines[location] = node.start_mark.line + self._offset
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            raise self._problem(node.start_mark, f"the tag {node.tag} is not allowed")
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*location, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._table(node, location)
        return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)

    def _table(self, node: yaml.MappingNode, location: Location) -> dict[str, Value]:
        table: dict[str, Value] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._problem(key.start_mark, "a field's name must be a word")
            if key.value in table:
                raise self._problem(key.start_mark, f"the field '{key.value}' stands here a second time")
            table[key.value] = self._plain(value, (*location, key.value))
        return table

    def _problem(self, mark: _Mark | None, sentence: str) -> ProblemsFound:
        return _problem(self._path, mark.line + self._offset if mark else self._offset, sentence)


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _mistakes_in_body(path: Path, body: str, first_line: int) -> Iterator[Problem]:
    """What a chat or a web page could not show safely, or at all."""
    if not body.strip():
        yield Problem(str(path), first_line, "", "has no text under its front matter")
    if "<" not in body and "](" not in body and "]:" not in body:
        return  # neither tags nor links: nine articles of ten, and parsing is what takes the time
    for token in _MARKDOWN.parse(body):
        line = first_line + (token.map[0] if token.map else 0)
        for part in (token, *(token.children or ())):
            if part.type in ("html_block", "html_inline"):
                yield Problem(str(path), line, "", f"raw HTML is not allowed: {part.content.strip()[:60]}")
            elif (target := _target(part)) and not target.lower().startswith(SCHEMES):
                yield Problem(
                    str(path), line, "", f"links must begin with https: or mailto: (found '{target[:60]}')"
                )


def _target(token: Token) -> str | None:
    target = token.attrGet({"link_open": "href", "image": "src"}.get(token.type, ""))
    return str(target) if target is not None else None


def _any_link(url: str) -> bool:
    return True  # markdown-it would show a dangerous link as text, and the author would never hear of it


_MARKDOWN = MarkdownIt("commonmark")
_MARKDOWN.validateLink = _any_link  # type: ignore[method-assign]


def _problem(path: Path, line: int | None, sentence: str) -> ProblemsFound:
    return ProblemsFound([Problem(str(path), line, "", sentence)])
