"""What a person typed is shown as they typed it, and does nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.messages import Address, literal, printable

RENDERERS = {
    "commonmark": MarkdownIt("commonmark"),
    "with tables, strikethrough and html": MarkdownIt("js-default", {"html": True}).enable(
        ["table", "strikethrough"]
    ),
}


class Shown(HTMLParser):
    """What a browser shows of a rendered message, and which elements it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.elements: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\n", "")  # a line end after <br>


def as_typed(text: str) -> str:
    """The text without what cannot be seen: control characters, spaces at the ends of lines."""
    return "\n".join(line.strip() for line in printable(text).strip().split("\n"))


HOSTILE = [
    "<!channel> <@U1> <#C1|general> <http://evil.test|bank>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden -->",
    "&lt;b&gt; &amp; &#60; &#x3c;",
    "[bank](http://evil.test) ![x](http://evil.test/x.png)",
    "<http://evil.test> http://evil.test www.evil.test a@evil.test",
    "[ref]: http://evil.test\n[ref]",
    "# not a heading\n## nor this",
    "Setext\n=====\nor\n-----",
    "- a\n- b\n+ c\n* d\n1. e\n2) f",
    "> quoted\n>> twice",
    "```\ncode\n```\n~~~\nmore\n~~~",
    "    four spaces make code\n\tand so does a tab",
    "`code` ``code`` *em* **strong** _em_ __strong__ ~~gone~~",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "---\n***\n___",
    "line one\nline two\n\n\nafter a gap",
    "ends with a backslash \\\nand \\",
    "C:\\Users\\ana\\new folder\\*.txt and \\\\server\\share",
    "two  spaces at the end  \nof a line",
    "a\rb\r\nc",
    "5 < 7 && 8 > 3; 100% $HOME #1 @ana ^_^ ~ {x} (y) \"z\" 'q'",
    "zażółć gęślą jaźń 🐢 ﷽ 你好",
    "\ufeffbyte order mark",
    "non-breaking\u00a0space \u3000 ideographic",
    "1986\\. A great year",
    "*",
    "\\",
    "<",
    "",
    "   \n  ",
]


class TestLiteral:
    @pytest.mark.parametrize("renderer", RENDERERS)
    @pytest.mark.parametrize("text", HOSTILE)
    def test_shows_exactly_what_was_typed(self, renderer: str, text: str) -> None:
        shown = Shown(RENDERERS[renderer].render(literal(text)))
        assert shown.text == as_typed(text)
        assert set(shown.elements) <= {"p", "br"}, "what a person typed became markup"

    @given(st.text() | st.text("<>&[]()!*_`~#|-=+.\\/:@ \n\t1a&;\"'", max_size=40))
    @example("a\n\n\n    b")
    @example("\x0c- x\n\x1c1. y")
    @example("a\u2028b\u2029c\x85d")
    @settings(max_examples=400, deadline=None)
    def test_shows_anything_exactly(self, text: str) -> None:
        for renderer in RENDERERS.values():
            shown = Shown(renderer.render(literal(text)))
            assert shown.text == as_typed(text)
            assert set(shown.elements) <= {"p", "br"}

    @given(st.text("<>&[]()!*_`~#|-=+.\\/:@ \n1a", max_size=30))
    @settings(max_examples=200, deadline=None)
    def test_does_nothing_to_what_stands_around_it(self, text: str) -> None:
        """In the middle of a sentence of ours, too."""
        shown = Shown(RENDERERS["commonmark"].render(f"**Ana** wrote: {literal(text)} **(end)**"))
        assert shown.text == f"Ana wrote: {as_typed(text)} (end)"
        assert shown.elements.count("strong") == 2
        assert set(shown.elements) <= {"p", "br", "strong"}

    def test_leaves_no_punctuation_bare(self) -> None:
        assert literal("<!channel> @here *b*") == r"\<\!channel\> \@here \*b\*"
        assert literal("a\nb") == "a\\\nb"

    @given(st.text())
    def test_ping_and_link_signs_are_always_escaped(self, text: str) -> None:
        assert not re.search(r"(?<!\\)(?:\\\\)*[<>@&\[\]`*_]", literal(text))


class TestPrintable:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("a\x00b\x07c\x1b[31md\x7f", "abc[31md"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("lone \ud800 surrogate \udfff", "lone  surrogate "),
            ("exe\u202egnp.jpg", "exegnp.jpg"),
            ("\u2066isolate\u2069", "isolate"),
            ("żółw 🐢", "żółw 🐢"),
            ("👩\u200d💻", "👩\u200d💻"),
        ],
    )
    def test_drops_what_misleads_or_breaks(self, text: str, shown: str) -> None:
        assert printable(text) == shown

    @given(st.text(st.characters()))
    def test_can_always_be_stored_and_needs_it_once(self, text: str) -> None:
        once = printable(text)
        once.encode()
        assert "\x00" not in once
        assert printable(once) == once


class TestAddress:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("slack:C0123", Address("slack", "C0123")),
            ("teams:19:abc@thread.tacv2", Address("teams", "19:abc@thread.tacv2")),
            ("web:channel/service-desk", Address("web", "channel/service-desk")),
        ],
    )
    def test_is_read_as_it_is_written(self, text: str, address: Address) -> None:
        assert Address.parse(text) == address
        assert str(address) == text

    @pytest.mark.parametrize("text", ["", "slack", "slack:", ":C0123", ":"])
    def test_needs_a_platform_and_a_route(self, text: str) -> None:
        with pytest.raises(ValueError, match="is not an address of the form platform:route"):
            Address.parse(text)
