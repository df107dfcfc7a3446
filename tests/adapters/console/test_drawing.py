"""What a terminal shows: which characters, how wide, how it is wrapped, and in which style."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.drawing import Drawing
from adapters.console.markdown import markdown
from adapters.console.text import Paint, one_line, safe, width, wrap
from adapters.console.tty import Terminal
from bot.messages import Address, Button, Card, Fact, HostedMessage, Menu, Say, ShowCard, literal

PLAIN, STYLED = Paint(on=False), Paint(on=True)
HERE = Address("console", "person/maya/1")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAME = "Wolfeschlegelsteinhausenbergerdorff " * 20


def message(content: str | Say | ShowCard, author: str = "") -> HostedMessage:
    return HostedMessage("m", HERE, author, author, content, NOON, NOON, 0, deleted=False)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\after", "after"),
        ("\x9b2Jerased", "erased"),
        ("\x1bcreset", "reset"),
        ("\x1b", ""),
        ("a\x00b\x08c\x7fd\x85e", "abcd\ne"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("\u202egnissem", "gnissem"),
        ("tab\tstop", "tab stop"),
        ("żółć 日本語 🖨️", "żółć 日本語 🖨️"),
    ],
)
def test_only_what_can_be_shown_is_left(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    shown = safe(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", shown)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("🖨", 1), ("👩", 2), ("\x1b[1mbold\x1b[22m", 4)],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(alphabet=st.sampled_from("ab 日\u0301\n-"), max_size=300), st.integers(20, 60))
def test_lines_are_never_too_wide_and_lose_nothing(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(), st.integers(1, 50))
def test_one_line_is_cut_to_its_columns(text: str, most: int) -> None:
    assert width(one_line(text, most)) <= most


def test_markdown_as_plain_text() -> None:
    text = """# Printer

Turn it **off** and *on*, see [the guide](https://help.example/p) or <https://x.example>.

1. Open the `tray`
   - left
   - right
2. Close it

> quoted
> twice

```
ls -l
```
"""
    assert "\n".join(markdown(text, 40, PLAIN)) == (
        "Printer\n"
        "\n"
        "Turn it off and on, see the guide\n"
        "(https://help.example/p) or\n"
        "https://x.example.\n"
        "\n"
        "1. Open the tray\n"
        "   • left\n"
        "   • right\n"
        "2. Close it\n"
        "\n"
        "│ quoted twice\n"
        "\n"
        "    ls -l"
    )


def test_styles_where_they_are_wanted() -> None:
    assert markdown("**off** and *on*", 40, STYLED) == ["\x1b[1moff\x1b[22m and \x1b[3mon\x1b[23m"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_what_a_person_typed_shows_exactly_its_characters(text: str) -> None:
    shown = " ".join(markdown(literal(text), 10_000, PLAIN))
    assert shown.split() == safe(text).split()


def test_a_long_name_takes_no_more_than_its_share() -> None:
    drawn = Drawing(80, PLAIN).message(message("hello", NAME))
    assert drawn.split("\n")[0].endswith("…")
    assert all(width(line) <= 80 for line in drawn.split("\n"))


def test_a_card_with_menus() -> None:
    card = Card(
        title="T-1042 · printer on fire",
        status="Claimed by Dana",
        tone="good",
        facts=(Fact("Requester", literal(NAME.strip())), Fact("Tier", "1")),
        body="It **burns**.",
        buttons=(
            Button("ticket.reply", "Reply…"),
            Menu("More", (Button("ticket.note", "Note…"), Button("ticket.merge", "Merge into…"))),
        ),
    )
    content = ShowCard(address=HERE, card=card)
    drawn = Drawing(60, PLAIN).message(message(content), (7, 8, 9))
    assert drawn.startswith("T-1042 · printer on fire\n  Claimed by Dana\n  Requester  Wolfeschlegelstein")
    assert drawn.endswith("  Tier       1\n\n  It burns.\n\n  [7] Reply…  More: [8] Note…  [9] Merge into…")
    assert all(width(line) <= 60 for line in drawn.split("\n"))
    styled = Drawing(60, STYLED).message(message(content), (7, 8, 9))
    assert "\x1b[32mClaimed by Dana\x1b[39m" in styled
    assert re.sub(r"\x1b\[\d+m", "", styled) == drawn


def test_only_what_changed_on_a_card_is_drawn() -> None:
    before = Card(
        "T-1 · x", "New", facts=(Fact("Tier", "1"), Fact("Priority", "P3")), buttons=(Button("a", "A"),)
    )
    after = Card(
        "T-1 · x", "New", facts=(Fact("Tier", "2"), Fact("Priority", "P3")), buttons=(Button("a", "A"),)
    )
    drawing = Drawing(60, PLAIN)
    changed = drawing.changes(ShowCard(address=HERE, card=before), ShowCard(address=HERE, card=after), ())
    assert changed == "T-1 · x: New\n  Tier  2"


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "styled"), [("", True), ("1", False)])
def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch, no_color: str, *, styled: bool) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    assert Terminal(0, _Screen()).paint.on is styled
    assert not Terminal(0, io.StringIO()).paint.on
