"""What a person typed in Slack, as plain text. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_MARK = re.compile(r"<((?:[@#!]|[a-zA-Z][a-zA-Z0-9+.-]*:)[^<>]{1,4000})>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def mentions(text: str, user: str) -> bool:
    return re.search(rf"<@{re.escape(user)}(?:\|[^<>]*)?>", text) is not None


def plain_text(text: str, bot_user: str, name_of: Callable[[str], str | None] = lambda _: None) -> str:
    """The words, with links as their addresses and people by their names; mentions of the desk itself are left out."""

    def shown(mark: re.Match[str]) -> str:
        target, _, label = mark[1].partition("|")
        match target[:1]:
            case "@" if target[1:] == bot_user:
                return ""
            case "@":
                return f"@{label or name_of(target[1:]) or 'somebody'}"
            case "#":
                return f"#{label or 'channel'}"
            case "!":
                return label or f"@{target[1:].partition('^')[0]}"
            case _:
                address = target.removeprefix("mailto:").removeprefix("tel:")
                return f"{label} ({address})" if label and label not in address else address

    words = _MARK.sub(shown, text)
    for entity, character in _ENTITIES:
        words = words.replace(entity, character)
    return words.strip()
