"""Failures put together by what they mean."""

from __future__ import annotations

import random

import pytest

from knowledge.gaps import MOST, Failure, Gap, Gaps, told

COFFEE = [
    "coffee machine broken",
    "the coffee machine is leaking",
    "coffee maker does not work",
    "coffee machine error",
]
PARKING = [
    "parking garage gate does not open",
    "cant open the gate of the parking garage",
    "parking gate stuck",
]


def gaps(*failures: Failure) -> tuple[Gap, ...]:
    found = Gaps()
    for failure in failures:
        found.add(failure)
    return found.biggest()


def test_what_means_the_same_is_one_gap_the_one_of_most_people_first() -> None:
    failures = [
        Failure(text, person=f"c{number}", ticket=f"T-{number}") for number, text in enumerate(COFFEE)
    ]
    failures += [Failure(text, person="p1") for text in PARKING]
    random.Random(1).shuffle(failures)
    first, second = gaps(*failures)
    assert (first.people, first.messages, first.tickets, set(first.examples)) == (4, 4, 4, set(COFFEE))
    assert (second.people, second.messages, second.tickets, set(second.examples)) == (1, 3, 0, set(PARKING))


def test_the_article_that_was_shown_for_most_is_said_to_fail() -> None:
    (gap,) = gaps(*(Failure(text, article="coffee" if number else "") for number, text in enumerate(COFFEE)))
    assert gap.failing == "coffee"
    (gap,) = gaps(*(Failure(text, article="" if number else "coffee") for number, text in enumerate(COFFEE)))
    assert gap.failing == ""


def test_they_are_told_in_a_few_lines() -> None:
    gap = Gap(12, 1, 0, ("coffee machine broken",), "")
    assert (
        told(gap, lambda _: "vpn 3 %")
        == "1 person, 12 messages: missing (nearest: vpn 3 %)\n    coffee machine broken"
    )
    gap = Gap(1, 0, 2, ("x" * 200,), "vpn")
    assert told(gap, lambda _: "") == f"1 message, 2 tickets: fails: vpn\n    {'x' * 99}…"


def test_words_without_a_meaning_make_no_gap() -> None:
    assert gaps(Failure(""), Failure("???")) == ()


@pytest.mark.slow
def test_memory_is_bounded_and_what_is_frequent_survives() -> None:
    words = [
        f"{one}{two}{three}" for one in "bdfgk" for two in "aeiou" for three in ("nk", "st", "rp", "lm", "zz")
    ]
    chance = random.Random(2)
    found = Gaps()
    for number in range(MOST + 500):
        found.add(Failure(" ".join(chance.sample(words, 4))))
        if number % 100 == 0:
            found.add(Failure(COFFEE[0], person=str(number)))
    assert len(found._groups) <= MOST
    assert COFFEE[0] in found.biggest(1)[0].examples
