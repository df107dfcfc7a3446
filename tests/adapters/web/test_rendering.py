"""What people read: the desk's Markdown as HTML, and what was typed as exactly what was typed."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from adapters.web.render import Renderer, initials, inline, markdown, plain
from bot.messages import Address, Button, Card, Fact, HostedMessage, Menu, Say, ShowCard, literal

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "[click](/sign-out)",
    "![pixel](https://evil.example/p.png)",
    "<!channel> <@U1> <http://evil|bank>",
    "</div></article><h1>fake</h1>",
    "&lt;script&gt; &#60;script&#62;",
    '" onmouseover="alert(1)',
    "<a href='javascript:alert(1)'>x</a>",
    "{{ 7 * 7 }} {% raw %}",
    "[x]: javascript:alert(1)\n[x]",
    "<javascript:alert(1)>",
]


def message(content: str | Say | ShowCard, *, author: str = "", deleted: bool = False) -> HostedMessage:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return HostedMessage("m1", Address("web", "channel/tier1"), author, author, content, at, at, 0, deleted)


async def drawn(content: str | Say | ShowCard, **how) -> str:
    return await Renderer("/static/0").message(message(content, **how), "channel/tier1/m1")


class Browser(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value for name, value in attrs if name in ("href", "src", "action")}


def check_harmless(html: str) -> None:
    seen = Browser(html)
    assert not seen.tags & {"script", "iframe", "object", "style", "link", "meta", "base", "form", "input"}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    for address in seen.addresses:
        assert address.startswith(("https://", "http://evil", "mailto:", "/static/0/"))
    assert "49" not in html


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_shown_and_does_nothing(text):
    there = Address("web", "channel/tier1")
    check_harmless(await drawn(text, author=text))
    buttons = (Button("a", text, text), Button(text, text))
    relayed = Say(address=there, text=literal(text), footnote=literal(text), author=text, buttons=buttons)
    shown = await drawn(relayed)
    check_harmless(shown)
    assert Browser(shown).addresses <= {"/static/0/icon.svg"}
    card = Card(
        title=text,
        status=text,
        tone="bad",
        facts=(Fact(text, literal(text)),),
        body=literal(text),
        buttons=(*buttons, Menu(text, buttons)),
        text=text,
    )
    shown = await drawn(ShowCard(address=there, key=text, card=card))
    check_harmless(shown)
    assert not Browser(shown).addresses


@pytest.mark.parametrize("text", HOSTILE)
async def test_even_our_own_markdown_cannot_do_harm(text):
    check_harmless(await drawn(Say(address=Address("web", "x"), text=text, footnote=text)))


async def test_typed_text_is_literal():
    html = await drawn("**not bold** <!channel> &amp;\n  second line", author="Ana")
    assert "**not bold** &lt;!channel&gt; &amp;amp;\n  second line" in html


def test_literal_text_reads_as_it_was_typed():
    shown = markdown(literal("*a* _b_ [c](http://d) <e> `f` # g\n1. h"))
    assert "<em>" not in shown
    assert "<a" not in shown
    assert "*a* _b_ [c](http://d) &lt;e&gt; `f` # g<br>" in shown.replace("<br />", "<br>")


def test_links_of_articles_open_elsewhere_and_tell_nothing():
    html = markdown("[portal](https://portal.example/x) [mail](mailto:it@example.org) [x](ftp://y)")
    assert 'href="https://portal.example/x"' in html
    assert 'rel="noopener noreferrer"' in html
    assert 'target="_blank"' in html
    assert 'href="mailto:it@example.org"' in html
    assert "ftp:" not in html.replace("[x](ftp://y)", "")


def test_short_markdown_has_no_paragraph_around_it():
    assert inline("by **14:35**") == "by <strong>14:35</strong>"
    assert inline("") == ""
    assert inline("one\n\ntwo").count("<p>") == 2


def test_plain_reads_markdown_aloud():
    assert plain("Try **this**:\n\n1. `one`\n2. [two](https://x.example)\n\nO\\_K") == "Try this: one two O_K"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Ruiz", "AR"), ("Ana Maria Ruiz", "AR"), ("cher", "C"), ("", "?"), ("🙂", "?"), ("李 明", "李明")],
)
def test_initials(name, letters):
    assert initials(name) == letters


async def test_a_card_says_its_state_in_words():
    card = Card("T-1 · Outlook", "New, nobody has it", "warning", (Fact("Tier", "1"),), "Body")
    html = await drawn(ShowCard(address=Address("web", "x"), key="ticket:1", card=card))
    assert "New, nobody has it" in html
    assert "<dt>Tier</dt><dd>1</dd>" in html
    assert 'data-key="ticket:1"' in html


async def test_long_text_is_folded_and_very_long_text_cut():
    html = await drawn("word " * 2_000, author="Ana")
    assert "folded" in html
    assert "Show all" in html
    assert len(await drawn("x" * 500_000, author="Ana")) < 50_000


async def test_a_deleted_message_keeps_nothing_of_what_it_said():
    html = await drawn("my secret", author="Ana", deleted=True)
    assert "secret" not in html
    assert "This message was deleted" in html


async def test_a_message_is_drawn_once_for_everybody():
    renderer = Renderer("/static/0")
    first = await renderer.message(message("hi", author="Ana"), "r")
    assert await renderer.message(message("changed without a revision", author="Ana"), "r") is first
