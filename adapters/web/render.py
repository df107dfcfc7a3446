"""From messages to HTML. Everything a person typed arrives escaped; Markdown is the desk's own."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.messages import HostedMessage, Say, ShowCard, printable

LONG_TEXT, LONG_ANSWER = 1_200, 6_000
"""Longer texts are shown folded: what a person wrote, and what the desk answers."""
LONGEST_TEXT = 40_000
"""What is longer than this is not sent to the page at all."""
SLOW_TEXT = 3_000
"""Longer texts are rendered beside the event loop."""
KEPT = 5_000

_TAGS = {"p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a"} | {
    f"h{level}" for level in range(1, 7)
}
_TEXT = ("text", "text_special", "code_inline", "code_block", "fence")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")


def markdown(text: str) -> Markup:
    """`text` as HTML: no raw HTML, no pictures, links only to https, http, mail and telephone."""
    html = nh3.clean(
        _MARKDOWN.render(_shortened(text)),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "http", "mailto", "tel"},
        url_relative="deny",
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(html)  # noqa: S704  (cleaned above)


def inline(text: str) -> Markup:
    """Short Markdown without the paragraph around it."""
    html = markdown(text).strip()
    one_paragraph = html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1
    return html[3:-4] if one_paragraph else html


def plain(text: str) -> str:
    """Markdown as one line of plain text."""
    words: list[str] = []
    for block in _MARKDOWN.parse(_shortened(text)):
        words += [
            token.content if token.type in _TEXT else " " if "break" in token.type else ""
            for token in block.children or [block]
        ]
        words.append(" ")
    return " ".join("".join(words).split())


def is_long(text: str, most: int = LONG_TEXT) -> bool:
    return len(text) > most or text.count("\n") > most / 50


def initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def hue(name: str) -> int:
    """A colour for a name: the same one everywhere."""
    return hashlib.sha256(name.encode(errors="replace")).digest()[0] % 6


def iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def typed(text: str) -> str:
    """What a person typed, ready to be shown as it is."""
    return printable(_shortened(text)).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"


class Renderer:
    """Templates, and the rendered messages that were asked for lately."""

    def __init__(self, static_root: str, scripts: Sequence[str] = ()) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            markdown=markdown, inline=inline, long=is_long, initials=initials, hue=hue, iso=iso, typed=typed
        )
        self.static_root = static_root
        """Changes with every change of style sheets and scripts."""
        self._environment.globals.update(
            static=static_root, scripts=scripts, LONG_TEXT=LONG_TEXT, LONG_ANSWER=LONG_ANSWER
        )
        self._kept: OrderedDict[tuple[str, int], str] = OrderedDict()

    def page(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)

    async def message(self, message: HostedMessage, reply: str) -> str:
        """One message. It looks the same to everybody: `reply`, where a press on it belongs, follows from its place."""
        key = (message.id, message.revision)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        slow = not message.deleted and _size(message) > SLOW_TEXT
        html = (
            await asyncio.to_thread(self._message, message, reply) if slow else self._message(message, reply)
        )
        self._kept[key] = html
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return html

    def _message(self, message: HostedMessage, reply: str) -> str:
        content = message.content
        kind = "card" if isinstance(content, ShowCard) else "said" if isinstance(content, Say) else "typed"
        template = "parts/deleted.html" if message.deleted else f"parts/{kind}.html"
        return self.page(template, message=message, content=content, reply=reply).strip()


def _size(message: HostedMessage) -> int:
    if isinstance(message.content, Say):
        return len(message.content.text)
    if isinstance(message.content, ShowCard):
        return len(message.content.card.body) + sum(len(fact.text) for fact in message.content.card.facts)
    return len(message.content)


def announcement(message: HostedMessage) -> str:
    """What a screen reader says when the message arrives."""
    content = message.content
    if message.deleted:
        return ""
    if isinstance(content, ShowCard):
        return content.card.text or f"{content.card.title}. {content.card.status}"
    if isinstance(content, Say):
        return f"{content.author or 'Firstline'}: {plain(content.text[:400])[:300]}"
    return f"{message.author}: {printable(content)[:300]}"


def ordered(messages: Sequence[HostedMessage]) -> list[HostedMessage]:
    return sorted(messages, key=lambda message: (message.at, message.id))
