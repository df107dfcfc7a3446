"""From a ticket's story to the draft of an article."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.drafting import Settled, draft
from knowledge.reading import read
from problems import ProblemsFound

TODAY = date(2026, 11, 24)
SETTLED = Settled(
    number="T-1042",
    subject="Plotter on floor 3 prints only magenta: ask Maya Lindqvist",
    category="devices",
    priority="P3",
    tier=1,
    said=["plotter on floor 3 prints only magenta", "Maya Lindqvist here, it's urgent\nmaya@harbor.example or +1 303 555 0199"],
    answers=[("Which device?", "HP T730")],
    replies=["Hi Maya,\nplease open the lid. Then press Clean for 5 seconds.\n- Print a test page\nThanks, Dana"],
    notes=["Spare heads are in the cabinet, ask Dana."],
    others=["PLOTTER ON FLOOR 3 PRINTS ONLY MAGENTA", "all drawings come out pink"],
    names=["Maya Lindqvist", "Dana Okafor"],
)  # fmt: skip


def fields(text: str) -> tuple[dict[str, object], str]:
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_it_tells_the_symptom_in_their_words_and_the_steps_in_the_technicians() -> None:
    made = draft(SETTLED, "service-desk", TODAY)
    front, body = fields(made.text)
    assert made.path == "devices/plotter-on-floor-3-prints-only.md"
    assert front["title"] == "Plotter on floor 3 prints only magenta: ask somebody"
    assert front["utterances"] == [
        "PLOTTER ON FLOOR 3 PRINTS ONLY MAGENTA",
        "somebody here, it's urgent",
        "(address) or (number)",
        "all drawings come out pink",
    ]
    assert front["technician"] == "Spare heads are in the cabinet, ask somebody. Which device? HP T730"
    assert "1. please open the lid.\n2. Then press Clean for 5 seconds.\n3. Print a test page\n" in body


def test_it_names_nobody() -> None:
    text = draft(SETTLED, "service-desk", TODAY).text
    for name in ("Maya", "Lindqvist", "Dana", "harbor.example", "303"):
        assert name not in text


def test_it_is_no_article_until_somebody_has_filled_it_in(tmp_path: Path) -> None:
    file = tmp_path / "draft.md"
    made = draft(SETTLED, "service-desk", TODAY)
    file.write_text(made.text, encoding="utf-8")
    with pytest.raises(ProblemsFound):
        read(file)
    filled = made.text.replace(
        "<The symptom and its cause, in one or two plain sentences.>", "A head is dry."
    )
    file.write_text(filled.replace("<what they will need to know>", "which floor"), encoding="utf-8")
    assert read(file).id == made.name


def test_without_a_word_of_technicians_it_asks_for_the_steps() -> None:
    made = draft(replace(SETTLED, replies=(), notes=(), answers=()), "it", TODAY)
    assert "1. <The first step.>" in made.text
    assert fields(made.text)[0]["technician"] == "<What whoever takes the ticket should know.>"


@given(st.text(), st.text(), st.text())
def test_whatever_was_written_the_front_matter_stays_what_it_is(subject: str, said: str, reply: str) -> None:
    made = draft(
        replace(SETTLED, subject=subject, said=[said], replies=[reply], notes=[reply]), "service-desk", TODAY
    )
    assert "\n---\n" in made.text
    assert all(part not in made.path for part in ("..", "//", " "))
