"""Where things stand in a TOML file: `tomllib` reads values and forgets their lines, so the syntax tree is asked."""

from __future__ import annotations

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from problems import Location


def lines_of(text: str) -> dict[Location, int]:
    """The line of everything in a TOML file, by its location."""
    lines: dict[Location, int] = {}
    latest: dict[Location, int] = {}
    """Position of the last entry so far of each array of tables."""

    def header(node: Node) -> Location:
        here: Location = ()
        keys = _keys(node.named_children[0])
        for depth, key in enumerate(keys, start=1):
            here += (key,)
            lines.setdefault(here, _line(node))
            if node.type == "table_array_element" and depth == len(keys):
                latest[here] = latest.get(here, -1) + 1
            if here in latest:
                here += (latest[here],)
        lines.setdefault(here, _line(node))
        return here

    def visit(node: Node, here: Location) -> None:
        match node.type:
            case "document" | "inline_table":
                for child in node.named_children:
                    visit(child, here)
            case "table" | "table_array_element":
                here = header(node)
                for child in node.named_children[1:]:
                    visit(child, here)
            case "pair":
                key, value, *_ = node.named_children  # a comment may follow
                for part in _keys(key):
                    here += (part,)
                    lines.setdefault(here, _line(key))
                visit(value, here)
            case "array":
                items = [child for child in node.named_children if child.type != "comment"]
                for position, item in enumerate(items):
                    lines[*here, position] = _line(item)
                    visit(item, (*here, position))

    visit(Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node, ())
    return lines


def _line(node: Node) -> int:
    return node.start_point.row + 1


def _keys(node: Node) -> list[str]:
    """`a."b c"` → a, b c"""
    if node.type == "dotted_key":
        return [key for child in node.named_children for key in _keys(child)]
    return [(node.text or b"").decode().strip("\"'")]
