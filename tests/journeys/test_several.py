"""Several things in one message, and other languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages import Say
from knowledge.library import SHIPPED, Library
from tests.story import Actor, Story

POLISH = """---
id: drukarka-nie-drukuje
title: Drukarka nie drukuje
category: devices
priority: P3
tier: 1
owner: service-desk
reviewed: 2026-11-01
review_every: 180 days
utterances:
  - drukarka nie drukuje
  - nie mogę nic wydrukować
  - drukarka się zacięła i nie działa
  - papier utknął w drukarce
  - wydruk nie wychodzi z drukarki
---
Wyłącz drukarkę na pół minuty, włącz ją i wydrukuj jeszcze raz.
"""


def said(actor: Actor) -> list[Say]:
    return [message.effect for message in actor.sees() if isinstance(message.effect, Say)]


async def test_two_requests_get_two_answers_and_the_buttons_stand_under_the_last(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("The printer is jammed. Also, my VPN does not connect")
    first, second = said(maya)
    assert first.text.startswith("About “The printer is jammed”:\n\n**")
    assert first.footnote.startswith("From the article")
    assert first.buttons == ()
    assert second.text.startswith("About “my VPN does not connect”:\n\n**")
    assert maya.buttons == ["That solved it", "Talk to a person"]


async def test_a_person_gets_all_of_it(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("The printer is jammed. Also, my VPN does not connect")
    await maya.presses("Talk to a person")
    for _ in range(4):
        if "T-1001" in maya.last.text:
            break
        await (maya.presses(maya.buttons[0]) if maya.buttons else maya.says("It is on my phone"))
    ticket = await story.ticket("T-1001")
    assert ticket.said == ["The printer is jammed. Also, my VPN does not connect", *ticket.said[1:]]
    assert len([tried for tried in ticket.tried if "was offered" in tried]) == 2


async def test_it_all_helped(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("The printer is jammed. Also, my VPN does not connect")
    await maya.presses("That solved it")
    assert maya.last.text == "Good to hear. Write any time."


async def test_what_has_no_article_becomes_one_ticket_beside_the_answers(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("My VPN does not connect. Also, can you fix the coffee machine in the kitchen?")
    answer, rest, *_ = said(maya)
    assert answer.text.startswith("About “My VPN does not connect”:")
    assert rest.text.startswith("About “can you fix the coffee machine in the kitchen\\?” I found no article")
    for _ in range(4):
        if "T-1001" in maya.last.text:
            break
        await (maya.presses(maya.buttons[-1]) if maya.buttons else maya.says("London"))
    assert (await story.ticket("T-1001")).said[0] == "can you fix the coffee machine in the kitchen?"


async def test_another_language_gets_no_english_article(story: Story) -> None:
    jakub = story.employee("jakub")
    await jakub.says("Outlook ciągle pyta mnie o hasło i nie mogę nic zrobić")
    assert "Nie mam na to jeszcze artykułu po polsku" in jakub.last.text
    assert jakub.buttons == ["Talk to a person"]


@pytest.fixture
def bilingual(tmp_path: Path) -> Library:
    (tmp_path / "drukarka.md").write_text(POLISH, encoding="utf-8")
    library = Library((SHIPPED, tmp_path))
    assert not library.problems
    return library


async def test_it_gets_the_article_in_that_language(story: Story, bilingual: Library) -> None:
    story.library = bilingual
    jakub = story.employee("jakub")
    await jakub.says("drukarka znowu nie drukuje, co mam zrobić?")
    assert jakub.last.text.startswith("**Drukarka nie drukuje**")


async def test_english_gets_no_article_in_another_language(story: Story, bilingual: Library) -> None:
    story.library = bilingual
    maya = story.employee("maya")
    await maya.says("drukarka")
    assert "Wyłącz" not in maya.last.text
    assert all("Drukarka" not in label for label in maya.buttons)
    await maya.says("the printer does not print at all")
    assert maya.last.text.startswith("**The printer does not print**")
