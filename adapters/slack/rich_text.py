"""Markdown as Slack's rich text, and as plain text. Pure.

Rich text names what is bold, a link or a list in a structure of its own, beside the characters. So nothing that a
person typed can be a mention, a masked link or markup, and nothing has to be escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

Json = dict[str, Any]

LONGEST = 9_000
"""Characters of Markdown that one message shows; what is longer is cut, with an ellipsis."""
PER_BLOCK = 2_900
"""Characters in one block: under the 3,000 that Slack takes in every kind of text."""
_LINK = 3_000
_DEEPEST = 6

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def rich_text(text: str) -> list[Json]:
    """Blocks that show Markdown; none for an empty text."""
    root = SyntaxTreeNode(_MARKDOWN.parse(_shortened(text)))
    blocks: list[Json] = []
    room = 0
    for element in _blocks(root.children):
        for piece in _pieces(element):
            size = _size(piece)
            if not blocks or size > room:
                blocks.append({"type": "rich_text", "elements": []})
                room = PER_BLOCK
            blocks[-1]["elements"].append(piece)
            room -= size
    return blocks


def plain(text: str) -> str:
    """Markdown as plain text, a line per block."""
    lines = (
        _plain(element) for element in _blocks(SyntaxTreeNode(_MARKDOWN.parse(_shortened(text))).children)
    )
    return "\n".join(line.strip("\n") for line in lines if line.strip())


def escaped(text: str) -> str:
    """Plain text for a place that Slack reads as its own markup: the three characters that could begin any."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """At most this many characters, the last an ellipsis when some are missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


# ------------------------------------------------------------------------------------------------------- blocks


def _blocks(nodes: list[SyntaxTreeNode]) -> Iterator[Json]:
    for position, node in enumerate(nodes):
        follows = nodes[position + 1].type if position + 1 < len(nodes) else ""
        gap = "\n" if follows in ("paragraph", "heading", "hr", "blockquote") else ""
        match node.type:
            case "bullet_list" | "ordered_list":
                yield from _list(node, 0)
                if gap:
                    yield _section([_text("\n", {})])
            case "fence" | "code_block":
                yield {
                    "type": "rich_text_preformatted",
                    "elements": [_text(node.content.rstrip("\n") or " ", {})],
                }
            case "blockquote":
                inside = [element for child in node.children for element in _inside(child, {})]
                yield {"type": "rich_text_quote", "elements": inside or [_text(" ", {})]}
            case "hr":
                yield _section([_text("———" + gap, {})])
            case _:
                words = _inside(node, {"bold": True} if node.type == "heading" else {})
                if words:
                    yield _section([*words, *([_text("\n", {})] if gap else [])])


def _list(node: SyntaxTreeNode, depth: int) -> Iterator[Json]:
    """A list; one inside it, or a block of code, interrupts it, and it goes on behind with the next number."""
    style = "ordered" if node.type == "ordered_list" else "bullet"
    number = int(node.attrs.get("start", 1)) - 1
    waiting: list[Json] = []

    def so_far() -> Iterator[Json]:
        if waiting:
            offset = {"offset": number - len(waiting)} if style == "ordered" and number > len(waiting) else {}
            yield {
                "type": "rich_text_list",
                "style": style,
                "indent": depth,
                **offset,
                "elements": list(waiting),
            }
            waiting.clear()

    for item in node.children:
        words: list[Json] = []
        blocks: list[SyntaxTreeNode] = []
        for child in item.children:
            if child.type in ("bullet_list", "ordered_list", "fence", "code_block") or blocks:
                blocks.append(child)
            else:
                words += [*([_text("\n", {})] if words else []), *_inside(child, {})]
        waiting.append(_section(words or [_text(" ", {})]))
        number += 1
        if blocks:
            yield from so_far()
        for child in blocks:
            if child.type in ("bullet_list", "ordered_list"):
                yield from _list(child, min(depth + 1, _DEEPEST))
            else:
                yield from _blocks([child])
    yield from so_far()


def _inside(node: SyntaxTreeNode, style: Json) -> list[Json]:
    """The words in a block, each stretch with its style."""
    match node.type:
        case "text" | "text_special":
            return [_text(node.content, style)] if node.content else []
        case "code_inline":
            return [_text(node.content, {**style, "code": True})]
        case "softbreak":
            return [_text(" ", style)]
        case "hardbreak":
            return [_text("\n", style)]
        case "strong":
            style = {**style, "bold": True}
        case "em":
            style = {**style, "italic": True}
        case "link":
            return [_link(node, style)]
    found = [element for child in node.children for element in _inside(child, style)]
    return _joined(found)


def _link(node: SyntaxTreeNode, style: Json) -> Json:
    words = "".join(_plain(element) for child in node.children for element in _inside(child, {}))
    url = str(node.attrs.get("href", ""))
    if not url.startswith(("https://", "http://", "mailto:")) or len(url) > _LINK:
        return _text(words, style)
    return {"type": "link", "url": url, "text": words or url, **({"style": style} if style else {})}


def _joined(elements: list[Json]) -> list[Json]:
    """Neighbours of the same style as one."""
    joined: list[Json] = []
    for element in elements:
        before = joined[-1] if joined else {}
        if before.get("type") == element["type"] == "text" and before.get("style") == element.get("style"):
            joined[-1] = {**before, "text": before["text"] + element["text"]}
        else:
            joined.append(element)
    return joined


def _text(text: str, style: Json) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": _joined(elements)}


# -------------------------------------------------------------------------------------------------------- sizes


def _pieces(element: Json) -> Iterator[Json]:
    """The element in parts that fit into a block each."""
    if _size(element) <= PER_BLOCK:
        yield element
        return
    if element["type"] == "rich_text_list":
        offset = element.get("offset", 0)
        for position, item in enumerate(element["elements"]):
            number = {"offset": offset + position} if element["style"] == "ordered" else {}
            for piece in _pieces(item):
                yield {**element, **number, "elements": [piece]}
        return
    part: list[Json] = []
    room = PER_BLOCK
    for inner in element["elements"]:
        rest = inner
        while len(rest["text"]) > room:
            if room:
                part.append({**rest, "text": rest["text"][:room]})
                rest = {**rest, "text": rest["text"][room:]}
            yield {**element, "elements": part}
            part, room = [], PER_BLOCK
        part.append(rest)
        room -= len(rest["text"])
    yield {**element, "elements": part}


def _size(element: Json) -> int:
    if "elements" in element:
        return sum(_size(inner) for inner in element["elements"])
    return len(element["text"])


def _plain(element: Json) -> str:
    if element["type"] == "link":
        bare = element["url"].removeprefix("mailto:")
        return str(
            element["text"] if element["text"] in (bare, element["url"]) else f"{element['text']} ({bare})"
        )
    if element["type"] == "rich_text_list":
        first = element.get("offset", 0) + 1
        marks = (
            [f"{first + position}. " for position in range(len(element["elements"]))]
            if element["style"] == "ordered"
            else ["• "] * len(element["elements"])
        )
        return "\n".join(mark + _plain(item) for mark, item in zip(marks, element["elements"], strict=True))
    if "elements" in element:
        return "".join(_plain(inner) for inner in element["elements"])
    return str(element["text"])
