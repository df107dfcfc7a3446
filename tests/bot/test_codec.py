"""Effects and reactions as JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.codec import from_json, to_json
from bot.messages import (
    Address,
    Aside,
    Button,
    Card,
    CarryFile,
    Choice,
    Fact,
    Field,
    FieldErrors,
    FieldKind,
    File,
    Form,
    Menu,
    OpenForm,
    Retract,
    Say,
    ShowCard,
    Style,
    Toast,
    Urgency,
)

text = st.text(max_size=12)
addresses = st.builds(Address, text, text)
buttons = st.builds(Button, text, text, text, st.sampled_from(Style))
menus = st.builds(Menu, text, st.lists(buttons, max_size=2).map(tuple))
cards = st.builds(
    Card,
    title=text,
    status=text,
    tone=text,
    facts=st.lists(st.builds(Fact, text, text), max_size=2).map(tuple),
    body=text,
    buttons=st.lists(buttons | menus, max_size=3).map(tuple),
    text=text,
)
fields = st.builds(
    Field,
    id=text,
    label=text,
    kind=st.sampled_from(FieldKind),
    choices=st.lists(st.builds(Choice, text, text), max_size=2).map(tuple),
    value=text,
    hint=text,
    required=st.booleans(),
    max_length=st.integers(0, 9000),
)
forms = st.builds(
    Form,
    id=text,
    value=text,
    title=text,
    fields=st.lists(fields, max_size=2).map(tuple),
    submit=text,
    timezone=text,
)
common = {"address": addresses, "key": text, "under": text, "urgency": st.sampled_from(Urgency)}
things = st.one_of(
    st.builds(
        Say,
        **common,
        text=text,
        buttons=st.lists(buttons, max_size=2).map(tuple),
        footnote=text,
        author=text,
    ),
    st.builds(ShowCard, **common, card=cards),
    st.builds(Retract, **common),
    st.builds(CarryFile, **common, file=st.builds(File, text, text, st.booleans()), author=text),
    st.builds(OpenForm, forms),
    st.builds(FieldErrors, st.dictionaries(text, text, max_size=3)),
    st.builds(Toast, text),
    st.builds(Aside, text, st.lists(buttons, max_size=2).map(tuple)),
)

HERE = Address("web", "person/ana/1")
EXAMPLES = [
    Say(address=HERE, text="**Hello** żółw 🐢", buttons=(Button("a.b", "Claim", "7", Style.PRIMARY),), footnote="f"),
    Say(address=HERE, key="message:1", under="ticket:1", urgency=Urgency.NOTICE, text="", author="Dana"),
    ShowCard(
        address=HERE,
        key="ticket:1",
        card=Card(
            "T-1001 Outlook",
            "New",
            facts=(Fact("Tier", "1"),),
            buttons=(Button("claim", "Claim"), Menu("More", (Button("note", "Note"),))),
        ),
    ),
    Retract(address=HERE, key="message:1"),
    OpenForm(Form("resolve", "7", "Resolve", (Field("reason", "Why", FieldKind.CHOICE, (Choice("f", "Fixed"),)),))),
    FieldErrors({"until": "This must be a time in the future."}),
    Toast("Dana already has T-1001."),
    Aside("**T-1001** waits", (Button("request.new", "New request"),)),
]  # fmt: skip


class TestRoundTrip:
    @pytest.mark.parametrize("thing", EXAMPLES, ids=lambda thing: type(thing).__name__)
    def test_gives_back_the_same(self, thing: object) -> None:
        stored = to_json(thing)  # type: ignore[arg-type]
        assert stored["kind"] == type(thing).__name__
        assert from_json(json.loads(json.dumps(stored))) == thing

    @given(things)
    @settings(max_examples=150, deadline=None)
    def test_gives_back_anything_the_same(self, thing: object) -> None:
        back = from_json(json.loads(json.dumps(to_json(thing))))  # type: ignore[arg-type]
        assert back == thing
        assert type(back) is type(thing)

    def test_what_is_stored_names_where_it_goes(self) -> None:
        """The outbox reads this much of what a newer version put."""
        stored = to_json(Retract(address=HERE, key="k", urgency=Urgency.NOTICE))
        assert stored["address"] == {"platform": "web", "route": "person/ana/1"}
        assert stored["urgency"] == 1

    def test_leaves_what_was_stored_alone(self) -> None:
        stored = to_json(Toast("x"))
        from_json(stored)
        assert stored == {"kind": "Toast", "text": "x"}


class TestOtherVersions:
    @pytest.mark.parametrize("stored", [{"kind": "Hologram", "depth": 3}, {"text": "x"}])
    def test_an_unknown_kind_is_a_lookup_error(self, stored: dict[str, object]) -> None:
        with pytest.raises(LookupError):
            from_json(stored)

    @pytest.mark.parametrize(
        "stored", [{"kind": "Toast"}, {"kind": "Toast", "text": 7}, {"kind": "Say", "text": "x"}]
    )
    def test_a_known_kind_of_another_shape_is_a_value_error(self, stored: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="validation error"):
            from_json(stored)

    def test_a_field_that_a_newer_version_added_is_left_out(self) -> None:
        assert from_json({"kind": "Toast", "text": "x", "colour": "blue"}) == Toast("x")
