"""Somebody writes: the article that answers, a choice, or a fitting brief answer; never silence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.messages import Button
from knowledge.library import Library
from tests.story import Story


async def test_an_answer_names_its_source_and_two_ways_on(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    assert maya.last.text.startswith("**Outlook keeps asking for your password**")
    assert maya.last.footnote.startswith(
        "From the article “Outlook keeps asking for your password”, last reviewed 2026"
    )
    await maya.presses("That solved it")
    assert maya.last.text == "Good to hear. Write any time."


async def test_didnt_help_leads_to_a_person_with_all_that_was_said(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    await maya.says("that didn't help")
    assert maya.last.text == "Where does it happen?"
    await maya.presses("On my phone")
    card = story.card_of("T-1001")
    assert "Outlook keeps asking for my password" in card.body
    assert "“Outlook keeps asking for your password” was offered and did not help" in card.body.replace(
        "\\", ""
    )
    assert "On my phone" in card.body


async def test_the_same_article_is_not_offered_twice(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    await maya.says("outlook keeps asking for my pasword")
    assert "same article again" in maya.last.text
    assert maya.buttons == ["Talk to a person"]


async def test_two_misses_in_a_row_lead_to_a_person(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("zxcv qwertz blorp fnord")
    assert "I found no article about that" in maya.last.text
    assert maya.buttons == ["Talk to a person"]
    await maya.says("blorp fnord again grmpf")
    assert "T-1001" in maya.last.text
    assert "zxcv qwertz blorp fnord" in story.card_of("T-1001").body


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("hi", "Hello Maya."),
        ("Good morning!!", "Hello Maya."),
        ("cześć", "Hello Maya."),
        ("thanks", "You are welcome."),
        ("thnaks", "You are welcome."),
        ("dzięki", "You are welcome."),
        ("bye", "Goodbye."),
        ("help", "I am the IT help desk."),
        ("what can you do?", "I am the IT help desk."),
        ("", "I can only read words."),
        ("   \n ", "I can only read words."),
        ("🙂🔥", "I can only read words."),
        ("???", "I can only read words."),
        ("\u202e\u200b", "I can only read words."),
        ("\x00\ud800", "I can only read words."),
        ("no", "I am the IT help desk."),
        ("that worked", "Hello Maya."),
        ("cancel", "There is nothing to cancel."),
        ("new question", "Go ahead"),
        ("my tickets", "You have no tickets."),
        ("T-1042", "I find no ticket T\\-1042 of yours."),
    ],
)
async def test_small_talk_gets_a_brief_answer_and_never_a_ticket(
    story: Story, written: str, answer: str
) -> None:
    maya = story.employee("maya")
    await maya.says(written)
    assert maya.last.text.startswith(answer)
    assert len(maya.sees()) == 1
    async with story.database.reading() as tx:
        from tickets import store

        assert not await store.open_tickets(tx)


async def test_another_language_is_answered_in_it(story: Story) -> None:
    jakub = story.employee("jakub")
    await jakub.says("Nie mogę się zalogować do systemu magazynowego, proszę o pomoc")
    assert "Nie mam na to jeszcze artykułu po polsku" in jakub.last.text
    assert jakub.buttons == ["Talk to a person"]
    await jakub.says("człowiek")
    assert "T-" in jakub.last.text or jakub.buttons


async def test_another_script_is_not_met_with_silence(story: Story) -> None:
    hana = story.employee("hana")
    await hana.says("プリンターが動きません")
    assert "A person in IT can read this" in hana.last.text


async def test_files_without_words(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("", files=("screen.png",))
    assert maya.last.text.startswith("I received a file")


@pytest.mark.parametrize("size", [40_000, 1_000_000])
async def test_a_huge_paste_is_answered_quickly(story: Story, size: int) -> None:
    maya = story.employee("maya")
    started = time.process_time()
    await maya.says("error in module 0x80070005 at line 17\n" * (size // 38))
    assert maya.last.text
    assert time.process_time() - started < 2
    await maya.says("talk to a person")


async def test_markup_that_somebody_typed_stays_text(story: Story) -> None:
    maya = story.employee("maya")
    number = await story.opened(maya, "<!channel> <@U1> [free money](http://evil.example) **bold** <b>x</b>")
    card = story.card_of(number)
    assert "\\<\\!channel\\>" in card.body
    assert "\\[free money\\]\\(http" in card.body


async def test_a_name_with_markup_stays_text(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("hi")
    assert maya.last.text.startswith("Hello Maya.")


async def test_clarify_offers_up_to_three_and_a_person(story: Story) -> None:
    """Whatever the matcher holds near, a near miss gives choices, and choosing one shows it."""
    maya = story.employee("maya")
    for vague in (
        "outlook",
        "email problem",
        "password",
        "phone",
        "sound",
        "access",
        "update",
        "slow",
        "laptop",
    ):
        talk = maya.elsewhere(vague)
        await talk.says(vague)
        if talk.last.text.startswith("Which of these is closest?"):
            break
    else:
        raise AssertionError("no vague message was clarified")
    assert 2 <= len(talk.buttons) <= 4
    assert talk.buttons[-1] == "Talk to a person"
    chosen = talk.buttons[0]
    await talk.presses(chosen)
    assert talk.last.text.startswith("**")
    assert talk.buttons == ["That solved it", "Talk to a person"]


SHREDDER = """---
id: shredder-jammed
title: The shredder is jammed
category: devices
priority: P4
tier: 1
owner: workplace
reviewed: 2026-11-20
review_every: 1 year
utterances: [shredder jammed, the shredder ate my badge, paper stuck in the shredder]
symptoms: [it hums and does not turn]
stop_when: [it smells of burning]
tell_technician: [what went in last, which floor you are on]
technician: Unplug it first.
---
Press **reverse**.
"""

IN_DENVER = """---
id: shredder-jammed-denver
extends: shredder-jammed
audience:
  sites: [denver]
reviewed: 2026-11-20
technician: The key hangs in room 2.
---
## In Denver

The grey one needs its lid closed.
"""

FOR_TECHNICIANS = """---
id: shredder-jammed-staff
replaces: shredder-jammed
audience:
  roles: [technician]
reviewed: 2026-11-20
---
Service menu: hold **reverse** for ten seconds.
"""


@pytest.fixture
def shredders(story: Story, tmp_path: Path) -> Story:
    (tmp_path / "shredder.md").write_text(SHREDDER, encoding="utf-8")
    (tmp_path / "denver.md").write_text(IN_DENVER, encoding="utf-8")
    (tmp_path / "staff.md").write_text(FOR_TECHNICIANS, encoding="utf-8")
    story.library = Library([tmp_path])
    return story


async def test_each_office_is_told_what_is_so_there(shredders: Story) -> None:
    maya, diego = shredders.employee("maya"), shredders.employee("diego")
    await maya.says("paper stuck in the shredder")
    await diego.says("paper stuck in the shredder")
    assert "Press **reverse**" in maya.last.text
    assert "The grey one needs its lid closed." in maya.last.text
    assert "Press **reverse**" in diego.last.text
    assert "grey" not in diego.last.text


async def test_what_to_tell_is_said_with_the_answer_and_again_under_the_promise(shredders: Story) -> None:
    maya = shredders.employee("maya")
    await maya.says("paper stuck in the shredder")
    assert maya.last.text.endswith(
        "Press **Talk to a person**, above all when it smells of burning. What was said here goes along. "
        "It helps to tell us what went in last and which floor you are on."
    )
    await maya.presses("Talk to a person")
    while "T-1001" not in maya.last.text:
        await maya.says("The one on the stairs")
    assert maya.last.text.endswith("it helps to write here what went in last and which floor you are on.")
    queue = (await shredders.ticket("T-1001")).queue
    note = "\n".join(shredders.thread("T-1001", queue))
    for known in ("Unplug it first", "The key hangs in room 2", "It fits when: it hums", "what went in last"):
        assert known in note


async def test_who_wants_a_person_at_once_is_spared_the_article_and_its_technician_is_not(
    shredders: Story,
) -> None:
    diego = shredders.employee("diego")
    number = await shredders.opened(diego, "paper stuck in the shredder")
    assert "Press **reverse**" not in "".join(said.text for said in diego.sees())
    assert diego.last.text.endswith("it helps to write here what went in last and which floor you are on.")
    queue = (await shredders.ticket(number)).queue
    assert "Unplug it first" in "\n".join(shredders.thread(number, queue))
    assert "did not help" not in shredders.card_of(number, queue).body


async def test_technicians_may_be_told_more_and_nobody_else_is(shredders: Story) -> None:
    dana, diego = shredders.technician("dana"), shredders.employee("diego")
    await dana.says("paper stuck in the shredder")
    assert "Service menu" in dana.last.text
    await diego.says("paper stuck in the shredder")
    before = len(diego.sees())
    number = diego.last.buttons[0].value.partition("|")[0]
    for forged in ("shredder-jammed-staff", "shredder-jammed-denver"):
        await diego.clicks(Button("article", "", f"{number}|{forged}"), diego.address)
        number = str(int(number) + 1)
    assert all("Service menu" not in said.text and "grey" not in said.text for said in diego.sees()[before:])
    assert "withdrawn" in diego.last.text
