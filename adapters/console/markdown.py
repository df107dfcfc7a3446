"""Markdown as lines of plain text for a terminal. Pure; what it is given is made safe first."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from adapters.console.text import NARROWEST, Paint, safe, wrap

LONGEST_TEXT = 40_000
"""Characters; what is longer is cut, with an ellipsis."""

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def markdown(text: str, columns: int, paint: Paint) -> list[str]:
    """`text` in lines of at most `columns`."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]} …"
    root = SyntaxTreeNode(_MARKDOWN.parse(safe(text)))
    return _blocks(root.children, columns, paint)


def inline(text: str, paint: Paint) -> str:
    """Short Markdown on one line."""
    return " ".join(" ".join(markdown(text, len(text) + NARROWEST, paint)).split())


def _blocks(nodes: list[SyntaxTreeNode], columns: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    for node in nodes:
        below = lines and not (node.type == "paragraph" and node.hidden)  # hidden: of a tight list
        if below and not (node.type.endswith("list") and _is_tight(node) and node.level > 0):
            lines.append("")
        lines += _block(node, columns, paint)
    return lines


def _block(node: SyntaxTreeNode, columns: int, paint: Paint) -> list[str]:
    match node.type:
        case "bullet_list":
            return _items(node, ["• "] * len(node.children), columns, paint)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            numbers = [f"{number}. " for number in range(first, first + len(node.children))]
            return _items(node, [number.rjust(len(numbers[-1])) for number in numbers], columns, paint)
        case "blockquote":
            return [f"│ {line}" for line in _blocks(node.children, columns - 2, paint)]
        case "fence" | "code_block":
            return [f"    {line}" for line in node.content.rstrip("\n").split("\n")]
        case "hr":
            return ["─" * min(columns, 40)]
        case "heading":
            return wrap(paint.bold(_words(node, paint)), columns)
        case _:
            return wrap(_words(node, paint), columns)


def _items(node: SyntaxTreeNode, marks: list[str], columns: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    for item, mark in zip(node.children, marks, strict=True):
        if lines and not _is_tight(node):
            lines.append("")
        inside = _blocks(item.children, columns - len(mark), paint) or [""]
        margins = [mark, *[" " * len(mark)] * (len(inside) - 1)]
        lines += [f"{margin}{line}".rstrip(" ") for margin, line in zip(margins, inside, strict=True)]
    return lines


def _is_tight(node: SyntaxTreeNode) -> bool:
    """Whether the list's items stand without blank lines between them."""
    return all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")


def _words(node: SyntaxTreeNode, paint: Paint) -> str:
    """The text inside a block, on as many lines as it has hard breaks."""
    inside = "".join(_words(child, paint) for child in node.children)
    match node.type:
        case "text" | "text_special" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "strong":
            return paint.bold(inside)
        case "em":
            return paint.italic(inside)
        case "link":
            target = str(node.attrs.get("href", ""))
            return inside if target.removeprefix("mailto:") == inside else f"{inside} ({target})"
        case _:
            return inside
