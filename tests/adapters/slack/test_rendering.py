"""What is shown in Slack: inside every limit, and nothing that a person typed is markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from adapters.slack import forms, render
from adapters.slack.rich_text import plain, rich_text
from adapters.slack.typed import plain_text
from bot.messages import (
    Address,
    Button,
    Card,
    Choice,
    Fact,
    Field,
    FieldKind,
    Form,
    Menu,
    Say,
    ShowCard,
    Style,
    literal,
)
from knowledge.article import Article
from knowledge.library import Library
from tests.slack_server import limits
from tests.slack_server.model import Json, words

HERE = Address("slack", "T0HARBOR/D0MAYA/1.1")

EVIL = [
    "<!channel>",
    "<@U0DANA>",
    "<http://evil.example|your bank>",
    "*bold* _it_ ~no~ `code`",
    "&lt;!here&gt;",
    "@here",
]


def fits(blocks: list[Json]) -> None:
    assert limits.blocks(blocks) == []
    for block in Block.parse_all(blocks):
        block.validate_json()


@pytest.mark.parametrize("text", EVIL)
def test_what_people_typed_is_never_markup(text: str) -> None:
    card = Card(
        title=f"T-1 · {text}",
        status=text,
        facts=(Fact("Requester", literal(text)),),
        body=literal(text),
        text=text,
    )
    for effect in (
        Say(address=HERE, text=literal(text), author=text, footnote=literal(text)),
        ShowCard(address=HERE, card=card),
    ):
        shown = render.message(effect)
        fits(shown["blocks"])
        assert not re.search(r"<[!@#]|<http", shown["text"])
        for markup in _mrkdwn(shown["blocks"]):
            assert not set("<>&_~`") & set(markup)
        assert words(shown["blocks"]).count(text) >= 2


def _mrkdwn(part: object) -> list[str]:
    if isinstance(part, list):
        return [found for inner in part for found in _mrkdwn(inner)]
    if isinstance(part, dict):
        own = [part["text"]] if part.get("type") == "mrkdwn" else []
        return own + [found for inner in part.values() for found in _mrkdwn(inner)]
    return []


def test_lists_code_and_quotes() -> None:
    text = "# Head\n\nOne **two** *three* `four`\n\n1. a\n   - b\n2. c\n\n> said\n\n```\nx = 1\n```\n\n[Portal](https://x.example)"
    blocks = rich_text(text)
    fits(blocks)
    kinds = [element["type"] for element in blocks[0]["elements"]]
    assert kinds.count("rich_text_list") == 3
    ordered = [one for one in blocks[0]["elements"] if one.get("style") == "ordered"]
    assert [one.get("offset", 0) for one in ordered] == [0, 1]
    assert plain(text) == "Head\nOne two three four\n1. a\n• b\n2. c\nsaid\nx = 1\nPortal (https://x.example)"


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "slack://user", "file:///etc/passwd", "data:text/html,x"]
)
def test_other_links_are_only_words(target: str) -> None:
    assert "link" not in str([one for block in rich_text(f"[click]({target})") for one in block["elements"]])


@pytest.mark.slow
def test_every_shipped_article_fits(library: Library) -> None:
    articles: list[Article] = list(library.articles)
    assert len(articles) > 80
    for article in articles:
        say = Say(
            address=HERE,
            text=f"**{literal(article.title)}**\n\n{article.body}",
            buttons=(Button("solved", "Yes"),),
        )
        shown = render.message(say)
        fits(shown["blocks"])
        assert len(shown["text"]) <= 4_000


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2_999, 3_001, 4_041, 40_000, 1_000_000])
@pytest.mark.parametrize("unit", ["x", "word ", "- item\n", "\n\nparagraph", "`code`", "**b** "])
def test_any_length_fits(size: int, unit: str) -> None:
    text = (unit * (size // len(unit) + 1))[:size]
    shown = render.message(
        Say(address=HERE, text=text, buttons=(Button("a", "A"),), footnote=text, author="Dana")
    )
    fits(shown["blocks"])
    assert len(shown["text"]) <= 4_000


@given(st.text(max_size=400))
def test_any_text_fits_and_is_shown_as_it_is(text: str) -> None:
    shown = render.message(Say(address=HERE, text=literal(text)))
    fits(shown["blocks"])
    words_typed = "".join(literal(text).replace("\\", "").split())
    if words_typed and "\\" not in text:
        assert words_typed in "".join(words(shown["blocks"]).split())


BUTTONS = st.builds(
    Button,
    id=st.text("abc._", min_size=1, max_size=30),
    label=st.text(min_size=0, max_size=100),
    value=st.text(max_size=100),
    style=st.sampled_from(Style),
)


@pytest.mark.slow
@given(
    st.lists(
        st.one_of(
            BUTTONS,
            st.builds(
                Menu, label=st.text(max_size=90), buttons=st.lists(BUTTONS, min_size=1, max_size=9).map(tuple)
            ),
        ),
        max_size=30,
    ),
    st.lists(
        st.builds(Fact, label=st.text(min_size=1, max_size=30), text=st.text(max_size=3_000)), max_size=25
    ),
    st.text(max_size=500),
)
@example([], [], "#")
def test_any_card_fits(buttons: list[Button | Menu], facts: list[Fact], text: str) -> None:
    card = Card(title=text, status=text, facts=tuple(facts), body=text, buttons=tuple(buttons))
    fits(render.message(ShowCard(address=HERE, card=card))["blocks"])


def test_a_long_menu_begins_with_buttons_and_a_short_one_is_buttons() -> None:
    many = Menu("More", tuple(Button(f"b{number}", f"B{number}", "7") for number in range(7)))
    few = Menu("Waiting for…", (Button("w.r", "The requester…", "7"), Button("w.v", "A vendor…", "7")))
    (actions,) = render.actions([few, many])
    labels = [element.get("text", {}).get("text") for element in actions["elements"]]
    assert labels == ["Waiting for the requester…", "Waiting for a vendor…", "B0", "B1", None]
    option = actions["elements"][-1]["options"][0]
    pressed = {"type": "overflow", "action_id": "menu#0.4", "selected_option": option}
    assert render.pressed(pressed) == ("b2", "7")
    assert render.pressed(actions["elements"][0]) == ("w.r", "7")


FORM = Form(
    "ticket.wait_vendor",
    "12",
    "T-1042 waits for a vendor",
    (
        Field("who", "Who must act", hint="For example"),
        Field("until", "Ask again at", FieldKind.MOMENT, value="2026-12-01T09:00"),
        Field("reason", "Why", FieldKind.CHOICE, (Choice("a", "A" * 90), Choice("b", "B")), "a"),
        Field("text", "Words", FieldKind.LONG_TEXT, required=False),
    ),
    "Wait",
    "Europe/Warsaw",
)


def test_a_form_comes_back_as_it_was_asked_for() -> None:
    view = forms.view(FORM, HERE)
    assert limits.view(view) == []
    assert view["blocks"][0]["text"]["text"] == FORM.title, (
        "too long for Slack's title, so it stands in the form"
    )
    moment = int(datetime(2026, 12, 1, 8, 0, tzinfo=UTC).timestamp())
    assert view["blocks"][2]["element"]["initial_date_time"] == moment
    view["state"] = {
        "values": {
            "who": {"text": {"type": "plain_text_input", "value": " Orange "}},
            "until": {"moment": {"type": "datetimepicker", "selected_date_time": moment + 1800}},
            "reason": {"choice": {"type": "static_select", "selected_option": {"value": "b"}}},
            "text": {"text": {"type": "plain_text_input", "value": None}},
        }
    }
    assert forms.origin_of(view) == forms.Origin(FORM.id, FORM.value, FORM.timezone, HERE, None)
    entered = forms.answers(view, FORM.timezone)
    assert entered == {"who": "Orange", "until": "2026-12-01T09:30", "reason": "b", "text": ""}


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_any_number_of_choices_fits(count: int) -> None:
    choices = tuple(Choice(f"c{number}", f"Choice {number}") for number in range(count))
    last = choices[-1].value if choices else ""
    form = Form("f", "1", "Choose", (Field("c", "Which", FieldKind.CHOICE, choices, last),))
    assert limits.view(forms.view(form, HERE)) == []


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "{",
        "[]",
        "1",
        '{"form": 1}',
        '{"form": "a", "value": "b", "zone": [], "platform": "p", "at": "x"}',
    ],
)
def test_a_modal_that_is_not_ours_is_recognised(metadata: str) -> None:
    assert forms.origin_of({"callback_id": "form", "private_metadata": metadata}) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<@U0DESK> my vpn is down", "my vpn is down"),
        ("ask <@U0DANA> or <@U9|kim>", "ask @Dana or @kim"),
        ("see <https://x.example/a?b=1&amp;c=2|x.example/a>", "see https://x.example/a?b=1&c=2"),
        ("<https://evil.example|your bank>", "your bank (https://evil.example)"),
        ("<mailto:it@x.example|it@x.example>", "it@x.example"),
        ("<!here> <!subteam^S1|@it> <#C1|help> <!date^1^x|today>", "@here @it #help today"),
        ("1 < 2 and 3 > 2 <", "1 < 2 and 3 > 2 <"),
        ("<>", "<>"),
        ("", ""),
    ],
)
def test_what_was_typed_is_read_as_people_see_it(typed: str, meant: str) -> None:
    names = {"U0DANA": "Dana"}
    assert plain_text(typed, "U0DESK", names.get) == meant
