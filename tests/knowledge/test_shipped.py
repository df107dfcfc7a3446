"""The articles that ship with Firstline: sound, complete, and found by what people type."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from knowledge.library import SHIPPED, Library
from knowledge.loading import load
from knowledge.matcher import Answer, Clarify, NoMatch
from knowledge.reading import read

CATEGORIES = {
    "accounts", "access", "email", "cloud-apps", "network", "devices", "meeting-rooms", "telephones", "software",
    "hardware", "servers", "backup", "patching", "security", "business-systems", "vendors", "onboarding", "offboarding",
    "offices", "compliance", "other",
}  # fmt: skip

HELD_OUT = Path(__file__).with_name("held_out.tsv")


def test_all_load_without_a_problem(library: Library) -> None:
    assert [str(problem) for problem in library.problems] == []
    assert len(library.articles) >= 80


def test_every_category_has_articles_and_every_article_lies_in_its_folder(library: Library) -> None:
    assert {article.category for article in library.articles} == CATEGORIES
    assert {article.file.parent.name for article in library.articles} == CATEGORIES
    assert all(article.file.stem == article.id for article in library.articles)
    assert all(article.file.parent.name == article.category for article in library.articles)


def test_each_has_a_dozen_utterances_and_what_a_technician_needs(library: Library) -> None:
    poor = {
        article.id for article in library.articles if len(article.utterances) < 12 or not article.technician
    }
    assert not poor
    assert all(article.audience.is_everyone for article in library.articles)


def test_each_says_what_one_sees_what_to_try_when_to_stop_and_what_to_tell(library: Library) -> None:
    for article in library.articles:
        assert article.symptoms, article.id
        assert article.stop_when, article.id
        assert article.tell_technician, article.id
        headings = [line for line in article.body.splitlines() if line.startswith("## ")]
        assert headings[0] == "## What to do", article.id
        assert "## If that does not help" not in headings, (
            article.id
        )  # every answer ends with it (docs/articles.md)
        for phrase in (*article.stop_when, *article.tell_technician):
            assert not phrase.endswith("."), (article.id, phrase)


def test_no_utterance_belongs_to_two_articles(library: Library) -> None:
    lines = Counter(line.casefold() for article in library.articles for line in article.utterances)
    assert [line for line, number in lines.items() if number > 1] == []


def test_no_review_date_lies_before_the_articles_were_written(library: Library) -> None:
    assert all(article.review_due > article.reviewed >= date(2026, 1, 1) for article in library.articles)


@pytest.mark.slow
def test_every_utterance_finds_its_own_article_among_three(library: Library) -> None:
    lost = [
        (article.id, line)
        for article in library.articles
        for line in article.utterances
        if article.id not in [candidate.article.id for candidate in library.match(line).candidates[:3]]
    ]
    assert lost == []


@pytest.mark.slow
def test_nearly_every_utterance_is_answered_with_its_own_article(library: Library) -> None:
    lines = [(article.id, library.match(line)) for article in library.articles for line in article.utterances]
    right = sum(isinstance(match, Answer) and match.article.id == name for name, match in lines)
    wrong = sum(isinstance(match, Answer) and match.article.id != name for name, match in lines)
    assert right / len(lines) > 0.97
    assert wrong == 0


def test_no_never_line_is_answered_with_its_article(library: Library) -> None:
    for article in library.articles:
        for line in article.never:
            match = library.match(line)
            assert not (isinstance(match, Answer) and match.article.id == article.id), (article.id, line)
            assert not (isinstance(match, Clarify) and article in match.articles), (article.id, line)


def test_held_out_they_are_found_as_often_as_measured(library: Library) -> None:
    """Measured in November 2026: 86.8 % first, 97.5 % among three, 2.0 % of the answers wrong, 91.2 % helped."""
    bands = library.matcher.bands
    assert bands
    assert bands.accuracy > 0.85
    assert bands.accuracy_of_three > 0.965
    assert bands.answered > 0.40
    assert bands.wrong < 0.03
    assert bands.helped > 0.89
    assert bands.foreign_answered < 0.03
    assert bands.foreign_offered < 0.13


@pytest.mark.slow
def test_what_others_wrote_is_found_as_often_as_measured(library: Library) -> None:
    """Messages by somebody who saw no utterance; nothing may be tuned on them (held_out.md). Measured: 0.5 % of the
    answers wrong, 89 % answered or offered rightly, 3 % of the others answered."""
    answered = wrong = helped = foreign = foreign_answered = ours = 0
    for line in HELD_OUT.read_text("utf-8").splitlines():
        label, _, text = line.partition("\t")
        match = library.match(text)
        if label == "none":
            foreign += 1
            foreign_answered += isinstance(match, Answer)
            continue
        ours += 1
        answered += isinstance(match, Answer)
        wrong += isinstance(match, Answer) and match.article.id != label
        names = [article.id for article in match.articles] if isinstance(match, Clarify) else []
        helped += label in names or (isinstance(match, Answer) and match.article.id == label)
    assert wrong / answered < 0.03
    assert helped / ours > 0.85
    assert foreign_answered / foreign < 0.05


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("outlook keeps asking for my pasword", "outlook-password-prompts"),
        ("outlok passwrd", "outlook-password-prompts"),
        ("vpn", "vpn-will-not-connect"),
        ("printer??", "printer-not-printing"),
        ("locked out again :(", "account-locked"),
        ("Hi all, hope you're well! My PC cant print. Thanks in advance, Bob", "printer-not-printing"),
        ("i clicked a phishing link", "clicked-bad-link"),
        ("ooo", "out-of-office"),
        ("THE INTERNET IS DOWN IN THE WHOLE OFFICE!!!!", "office-internet-down"),
    ],
)
def test_plain_requests_are_answered(library: Library, typed: str, found: str) -> None:
    match = library.match(typed)
    assert isinstance(match, Answer)
    assert match.article.id == found


@pytest.mark.parametrize("typed", ["pw", "wifi slow", "my screen is black"])
def test_what_may_mean_several_things_is_asked_back(library: Library, typed: str) -> None:
    match = library.match(typed)
    assert isinstance(match, Clarify)
    assert 2 <= len(match.articles) <= 3


@pytest.mark.parametrize(
    "typed",
    [
        "thanks",
        "hi",
        "good morning everyone",
        "asdfgh",
        "what's the weather",
        "it does not work",
        "tell me a joke",
        "ok",
    ],
)
def test_the_rest_gets_nothing(library: Library, typed: str) -> None:
    assert isinstance(library.match(typed), NoMatch)


def test_loading_is_the_same_as_reading_each(library: Library) -> None:
    articles, _ = load([SHIPPED])
    assert articles == library.articles
    assert read(articles[0].file) == articles[0]
