"""Versions: what some people are shown in place of an article, or after it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.article import Audience
from knowledge.checking import check
from knowledge.library import Library
from knowledge.loading import load
from knowledge.matcher import Answer
from knowledge.reading import read
from problems import ProblemsFound
from tests.knowledge.conftest import FRONT_MATTER, WriteArticle

PRINTER = {
    "id": "printer",
    "title": "The printer does not print",
    "utterances": "[printer is not printing, my print job is stuck, paper jam in the copier]",
    "symptoms": "[nothing comes out]",
    "stop_when": "[it smells of smoke]",
    "tell_technician": "[which printer it is]",
    "technician": "Look at the spooler.",
}
ALONE = dict.fromkeys(FRONT_MATTER)
DENVER = ALONE | {
    "id": "printer-denver",
    "extends": "printer",
    "audience": "{sites: [denver]}",
    "reviewed": "2026-11-20",
}


@pytest.fixture
def library(write: WriteArticle, tmp_path: Path) -> Library:
    write("printer.md", body="Look at its display.", **PRINTER)
    write("vpn.md")
    own = {
        "utterances": "[the blue thing by the stairs is out of toner]",
        "symptoms": "[a red lamp]",
        "technician": "Toner is in room 2.",
    }
    write("denver.md", body="## In Denver\n\nIt is the blue one by the stairs.", **(DENVER | own))
    return Library([tmp_path])


def shown(library: Library, text: str, *person: str) -> str:
    match = library.match(text, *person)
    assert isinstance(match, Answer)
    return match.article.id


def test_each_person_is_shown_the_version_for_them(library: Library) -> None:
    assert library.problems == ()
    assert shown(library, "printer is not printing", "acme", "denver") == "printer-denver"
    assert shown(library, "printer is not printing", "acme", "dallas") == "printer"
    assert shown(library, "printer is not printing") == "printer"


def test_what_it_adds_comes_after_what_the_article_says(library: Library) -> None:
    denver = library.article("printer-denver")
    assert denver
    assert denver.body == "Look at its display.\n\n## In Denver\n\nIt is the blue one by the stairs."
    assert denver.symptoms == ("nothing comes out", "a red lamp")
    assert denver.technician == "Look at the spooler.\n\nToner is in room 2."
    assert (denver.title, denver.owner, denver.tier) == ("The printer does not print", "network", 1)
    assert str(denver.reviewed) == "2026-11-20"
    assert denver.file.name == "denver.md"


def test_words_of_a_version_find_the_article_for_everybody(library: Library) -> None:
    assert [article.id for article in library.articles] == ["printer", "vpn-will-not-connect"]
    assert (
        shown(library, "the blue thing by the stairs is out of toner", "acme", "denver") == "printer-denver"
    )
    assert shown(library, "the blue thing by the stairs is out of toner", "acme", "dallas") == "printer"


def test_what_replaces_stands_in_the_article_s_place(library: Library, write: WriteArticle) -> None:
    changed = {"extends": None, "replaces": "printer", "title": "Printing in Denver"}
    write("denver.md", body="Ask at the desk.", stop_when="[nobody is there]", **(DENVER | changed))
    assert library.reload() == ()
    denver = library.article("printer-denver")
    assert denver
    assert (denver.title, denver.body) == ("Printing in Denver", "Ask at the desk.")
    assert (denver.stop_when, denver.tell_technician) == (("nobody is there",), ("which printer it is",))


def test_the_narrowest_of_several_is_shown(library: Library, write: WriteArticle) -> None:
    audience = "{sites: [denver], roles: [reception]}"
    write("desk.md", body="Badges.", **(DENVER | {"id": "a-desk", "audience": audience}))
    write("acme.md", body="Acme.", **(DENVER | {"id": "acme", "audience": "{organisations: [acme]}"}))
    library.reload()
    found = library.match("printer is not printing", "acme", "denver", ["reception"])
    assert found.candidates[0].article.id == "a-desk"
    assert shown(library, "printer is not printing", "globex", "denver") == "printer-denver"
    assert shown(library, "printer is not printing", "acme", "denver") == "acme", "equals: the first by id"


def test_a_company_s_article_keeps_the_versions_of_the_one_it_replaces(
    write: WriteArticle, tmp_path: Path
) -> None:
    write("shipped/printer.md", **PRINTER)
    write("shipped/denver.md", **DENVER)
    write("own/printer.md", **(PRINTER | {"title": "Ours"}))
    (printer,), problems = load([tmp_path / "shipped", tmp_path / "own"])
    assert problems == ()
    assert [one.title for one in (printer, *printer.versions)] == ["Ours", "Ours"]


def test_nobody_sees_a_version_who_may_not_see_the_article(library: Library, write: WriteArticle) -> None:
    write("printer.md", **(PRINTER | {"audience": "{organisations: [acme]}"}))
    library.reload()
    denver = library.article("printer-denver")
    assert denver
    assert denver.audience == Audience(organisations=("acme",), sites=("denver",))


def test_a_version_of_nothing_is_told_by_line(library: Library, write: WriteArticle, tmp_path: Path) -> None:
    path = write("denver.md", **(DENVER | {"extends": "printr"}))
    assert [str(problem) for problem in library.reload()] == [
        f"{path}:4: extends: there is no article 'printr'; did you mean 'printer'?"
    ]
    assert shown(library, "printer is not printing", "acme", "denver") == "printer"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"audience": "everyone"}, "audience: must name organisations, sites or roles; for everyone, change"),
        ({"audience": None}, "audience: is missing"),
        ({"reviewed": None}, "reviewed: is missing"),
        ({"replaces": "vpn"}, "name one article: either extends or replaces"),
        ({"extends": "The Printer"}, "extends: must be small letters, digits and single hyphens"),
        ({"symptoms": "smoke"}, "symptoms: must be a list (found 'smoke')"),
        ({"simptoms": "[smoke]"}, "simptoms: unknown key 'simptoms'; did you mean 'symptoms'?"),
    ],
)
def test_mistakes_in_a_version_are_told(
    write: WriteArticle, fields: dict[str, str | None], told: str
) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(write("denver.md", **(DENVER | fields)))
    assert told in str(found.value)


def test_two_versions_for_the_same_people_are_told(library: Library, write: WriteArticle) -> None:
    write("also.md", **(DENVER | {"id": "also-denver"}))
    library.reload()
    assert shown(library, "printer is not printing", "acme", "denver") == "also-denver"
    wrong = [str(problem) for problem in check(library.matcher, date(2026, 11, 24)).wrong]
    sentence = "denver.md: audience: is that of 'also-denver', which is shown instead; make the two one"
    assert [problem for problem in wrong if problem.endswith(sentence)]


def test_a_version_is_checked_like_an_article(library: Library, write: WriteArticle) -> None:
    write("denver.md", body="See [it](https://nowhere).", **(DENVER | {"reviewed": "2020-01-01"}))
    library.reload()
    wrong = [str(problem) for problem in check(library.matcher, date(2026, 11, 24)).wrong]
    assert any("denver.md: reviewed: was to be reviewed by" in problem for problem in wrong)
    assert any("denver.md: the link https://nowhere leads nowhere" in problem for problem in wrong)
