from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot import article_wording as wording
from knowledge.article import Article


def article(**fields: Any) -> Article:
    return Article.model_validate(
        {
            "id": "printer",
            "title": "It *prints* nothing",
            "category": "devices",
            "priority": "P3",
            "tier": 1,
            "owner": "it",
            "reviewed": date(2026, 1, 1),
            "review_every": "1 year",
            "utterances": ("one", "two", "three"),
            "body": "Look at the **display**.",
            "file": Path("printer.md"),
            **fields,
        }
    )


def test_an_answer_ends_with_the_way_to_a_person() -> None:
    told = article(stop_when=("it smells", "it jams again"), tell_technician=("its name", "the message"))
    assert wording.answer(told).split("\n\n") == [
        "**It \\*prints\\* nothing**",
        "Look at the **display**.",
        "## If that does not help",
        "Press **Talk to a person**, above all when",
        "- it smells\n- it jams again",
        "What was said here goes along. It helps to tell us its name and the message.",
    ]
    (end,) = wording.answer(article(stop_when=("it smells",))).split("\n\n")[3:]
    assert end == "Press **Talk to a person**, above all when it smells. What was said here goes along."
    (end,) = wording.answer(article(tell_technician=("its name",))).split("\n\n")[3:]
    assert end == "Press **Talk to a person**. What was said here goes along. It helps to tell us its name."


def test_an_article_that_says_nothing_of_it_is_shown_as_it_is() -> None:
    assert wording.answer(article()) == "**It \\*prints\\* nothing**\n\nLook at the **display**."
    assert wording.for_technician(article()) == ""
    assert wording.helps_to_tell(article()) == ""


@pytest.mark.parametrize(
    ("tell", "told"),
    [
        (("its name",), "here its name\\."),
        (("a", "b", "c"), "here a, b and c."),
        (("a, or b", "c"), "here a\\, or b; and c."),
    ],
)
def test_what_to_tell_reads_as_a_sentence(tell: tuple[str, ...], told: str) -> None:
    said = wording.helps_to_tell(article(tell_technician=tell))
    assert said.endswith(told.replace("\\.", "."))


def test_choices_show_what_one_sees() -> None:
    several = [article(symptoms=("Nothing comes out", "a red lamp")), article(title="Other")]
    assert wording.which(several) == (
        "Which of these is closest?\n\n- **It \\*prints\\* nothing**: Nothing comes out"
    )
    assert wording.which([article()]) == "Which of these is closest?"


def test_a_technician_reads_what_the_article_knows_and_what_was_asked() -> None:
    told = article(technician="Look at <it>.", symptoms=("a", "b"), tell_technician=("its name",))
    assert wording.for_technician(told).split("\n\n")[1:] == [
        "Look at \\<it\\>\\.",
        "It fits when: a; b.",
        "The requester was asked for its name.",
    ]
