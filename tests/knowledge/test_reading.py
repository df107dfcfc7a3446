"""Whatever an author gets wrong is told by file and line, and never keeps another article from loading."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from knowledge.article import Article, Audience
from knowledge.loading import load
from knowledge.reading import LARGEST, read
from problems import ProblemsFound
from tests.knowledge.conftest import MakeArticle, WriteArticle


def problems_of(path: Path) -> list[str]:
    """What is wrong with a file, without its folder."""
    with pytest.raises(ProblemsFound) as found:
        read(path)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in found.value.problems]


def test_a_sound_article_has_all_its_fields(write: WriteArticle) -> None:
    path = write(
        audience="{organisations: [acme], sites: [denver], roles: [manager]}",
        never="[the vpn is slow]",
        technician="Look at the concentrator.",
        flow="vpn-reset",
        body="\n# What to do\n\n1. Restart it.\n",
    )
    article = read(path)
    assert article.id == "vpn-will-not-connect"
    assert article.tier == 1
    assert article.reviewed == date(2026, 11, 1)
    assert article.audience == Audience(organisations=("acme",), sites=("denver",), roles=("manager",))
    assert article.utterances[1] == "cannot get into the vpn"
    assert article.never == ("the vpn is slow",)
    assert (article.technician, article.flow) == ("Look at the concentrator.", "vpn-reset")
    assert article.body == "# What to do\n\n1. Restart it."
    assert article.file == path


def test_what_looks_like_a_number_a_date_or_a_truth_is_text_in_an_utterance(write: WriteArticle) -> None:
    article = read(write(utterances="[404, no, 2026-11-01, 'on: fire', 0x80070005]"))
    assert article.utterances == ("404", "no", "2026-11-01", "on: fire", "0x80070005")


def test_a_phrase_that_ends_like_a_sentence_goes_on_all_the_same(write: WriteArticle) -> None:
    article = read(write(symptoms="[No light.]", stop_when="[it smells.]", tell_technician="[which one]"))
    assert (article.symptoms, article.stop_when, article.tell_technician) == (
        ("No light",),
        ("it smells",),
        ("which one",),
    )


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"id": "VPN Will"}, "vpn.md:2: id: must be small letters, digits and single hyphens"),
        ({"title": "''"}, "vpn.md:3: title: must not be empty"),
        ({"priority": "P5"}, "vpn.md:5: priority: must be 'P1', 'P2', 'P3' or 'P4' (found 'P5')"),
        ({"tier": "4"}, "vpn.md:6: tier: must be at most 3 (found '4')"),
        ({"tier": "two"}, "vpn.md:6: tier: must be a whole number (found 'two')"),
        ({"reviewed": "2026-13-45"}, "vpn.md:8: reviewed: must be a date such as 2026-12-24 (found '2026-13-45')"),
        ({"review_every": "sometimes"}, "vpn.md:9: review_every: must be a period such as 180 days"),
        ({"utterances": "[one, two]"}, "vpn.md:10: utterances: must be at least 3, better twelve (found 2)"),
        ({"utterances": "[one, two, '']"}, "vpn.md:10: utterances: must not be empty"),
        ({"utterances": "[one, two, {three: four}]"}, "vpn.md:10: utterances: must be text (found a table)"),
        ({"utterances": "just this"}, "vpn.md:10: utterances: must be a list (found 'just this')"),
        ({"owner": None}, "vpn.md:2: owner: is missing"),
        ({"stop_when": "it smells"}, "vpn.md:11: stop_when: must be a list (found 'it smells')"),
        ({"tell_technician": "[which one, '']"}, "vpn.md:11: tell_technician: must not be empty"),
        ({"symptom": "[no light]"}, "vpn.md:11: symptom: unknown key 'symptom'; did you mean 'symptoms'?"),
        ({"utterence": "[a]"}, "vpn.md:11: utterence: unknown key 'utterence'; did you mean 'utterances'?"),
        ({"audience": "all"}, "vpn.md:11: audience: must be everyone, or lists of organisations, sites or roles"),
        ({"audience": "{site: [x]}"}, "vpn.md:11: audience.site: unknown key 'site'; did you mean 'sites'?"),
        ({"owner": "&a it", "flow": "*a"}, "vpn.md:7: anchors and aliases (& and *) are not allowed"),
        ({"owner": "!!python/object/apply:os.system [ls]"}, "vpn.md:7: the tag "),
        ({"owner": "[unclosed"}, "vpn.md:8: is not YAML: "),
        ({"body": "Look: <img src=x onerror=alert(1)>"}, "vpn.md:12: raw HTML is not allowed: <img"),
        ({"body": "One.\n\n<script>x</script>"}, "vpn.md:14: raw HTML is not allowed: <script>"),
        ({"body": "[a](javascript:alert(1))"}, "vpn.md:12: links must begin with https: or mailto:"),
        ({"body": "See\n[a](http://x.example)."}, "vpn.md:12: links must begin with https: or mailto:"),
        ({"body": "![a](data:image/png;base64,xx)"}, "vpn.md:12: links must begin with https: or mailto:"),
        ({"body": "Go [there].\n\n[there]: ftp://x.example"}, "vpn.md:12: links must begin with https: or mailto:"),
        ({"body": "  \n"}, "has no text under its front matter"),
    ],
)  # fmt: skip
def test_mistakes_are_told_by_line(write: WriteArticle, fields: dict[str, str | None], told: str) -> None:
    (found,) = problems_of(write(**fields))  # type: ignore[arg-type]
    assert told in found


def test_every_mistake_of_a_file_is_told(write: WriteArticle) -> None:
    found = problems_of(write(tier="9", priority="urgent", body="<b>x</b>"))
    assert [line.split(":")[1] for line in found] == ["5", "6", "12", "12"]


def test_safe_links_and_a_less_than_sign_are_fine(write: WriteArticle) -> None:
    assert read(write(body="If 3 < 4 see [us](https://x.example) or <mailto:it@x.example>, `<b>` is code."))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no front matter", "a.md:1: an article begins with front matter between two lines of ---"),
        (b"---\nid: x\n", "a.md:1: the front matter is not closed by a second line of ---"),
        (b"---\n- a\n- b\n---\nx", "a.md:2: the front matter must be lines of the form field: value"),
        (b"---\n---\nx", "the front matter must be lines of the form field: value"),
        (b"---\nid: x\ntitle: caf\xe9\n---\nx", "a.md:3: is not UTF-8 text; save it as UTF-8"),
        (b"---\nid: a\nid: b\n---\nx", "a.md:3: the field 'id' stands here a second time"),
        (b"---\nid:\n\t- a\n---\nx", "a.md:3: is not YAML: "),
        (b"---\n" + b"[" * 250_000 + b"\n---\nx", "a.md:2: lists and tables are nested too deeply"),
        (b"x" * (LARGEST + 1), "a.md: is larger than 256 KB; an article is a page, split it"),
        (b"---\nid: \x07\n---\nx", "is not YAML: "),
        (b"", "a.md:1: an article begins with front matter"),
    ],
)
def test_files_that_are_no_articles(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(content)
    (found,) = problems_of(path)
    assert told in found


def test_a_small_file_cannot_stand_for_a_large_one(tmp_path: Path) -> None:
    bomb = "\n".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    path = tmp_path / "bomb.md"
    path.write_text(f"---\na: &a [lol]\n{bomb}\n---\nx", encoding="utf-8")
    (found,) = problems_of(path)
    assert "anchors and aliases" in found


def test_windows_line_ends_and_a_byte_order_mark_are_fine(write: WriteArticle) -> None:
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read(path).owner == "network"


def test_bad_files_are_skipped_and_the_others_load(write: WriteArticle, tmp_path: Path) -> None:
    write("good.md", id="good")
    write("bad.md", id="bad", tier="x")
    write("README.md", id="readme")
    write(".hidden/secret.md", id="secret")
    articles, problems = load([tmp_path])
    assert [article.id for article in articles] == ["good"]
    assert [str(problem) for problem in problems] == [
        f"{tmp_path}/bad.md:6: tier: must be a whole number (found 'x')"
    ]


def test_two_of_one_id_in_a_folder_are_told_and_the_first_is_kept(
    write: WriteArticle, tmp_path: Path
) -> None:
    first, second = write("a.md", title="First"), write("b/c.md", title="Second")
    articles, problems = load([tmp_path])
    assert [article.title for article in articles] == ["First"]
    (problem,) = problems
    assert problem.file == str(second)
    assert str(first) in problem.sentence


def test_a_later_folder_overrides(write: WriteArticle, tmp_path: Path) -> None:
    write("shipped/vpn.md", title="Shipped")
    write("shipped/wifi.md", id="wifi")
    write("company/vpn.md", title="Our own")
    articles, problems = load([tmp_path / "shipped", tmp_path / "company"])
    assert {article.id: article.title for article in articles} == {
        "vpn-will-not-connect": "Our own",
        "wifi": "The VPN does not connect",
    }
    assert not problems


def test_linked_folders_are_entered_once(write: WriteArticle, tmp_path: Path) -> None:
    write("a/vpn.md")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "gone.md").symlink_to(tmp_path / "nowhere.md")
    articles, problems = load([tmp_path])
    assert len(articles) == 1
    assert not problems


def test_a_file_that_vanishes_is_no_problem(
    write: WriteArticle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.md")
    path = write("b.md", id="b")
    walk = os.walk

    def walk_and_delete(*args: object, **options: object) -> object:
        found = list(walk(*args, **options))  # type: ignore[call-overload]
        monkeypatch.setattr(Path, "is_file", lambda _: True)
        path.unlink()
        return found

    monkeypatch.setattr(os, "walk", walk_and_delete)
    articles, problems = load([tmp_path])
    assert [article.id for article in articles] == ["vpn-will-not-connect"]
    assert not problems


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    assert str(load([tmp_path / "nowhere"])[1][0]) == f"{tmp_path}/nowhere: there is no such folder"


@pytest.mark.parametrize(
    ("reviewed", "every", "due"),
    [
        ("2026-01-31", "1 month", "2026-02-28"),
        ("2024-02-29", "1 year", "2025-02-28"),
        ("2026-11-14", "90 days", "2027-02-12"),
        ("2026-11-14", "2 weeks", "2026-11-28"),
        ("2026-10-31", "4 months", "2027-02-28"),
        ("2026-12-01", "12 months", "2027-12-01"),
    ],
)
def test_when_a_review_is_due(article: MakeArticle, reviewed: str, every: str, due: str) -> None:
    made: Article = article("a", "b", "c", "d", reviewed=reviewed, review_every=every)
    assert made.review_due == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("audience", "person", "admitted"),
    [
        ({}, (None, None, ()), True),
        ({"organisations": ["acme"]}, ("acme", None, ()), True),
        ({"organisations": ["acme"]}, ("globex", None, ()), False),
        ({"organisations": ["acme"]}, (None, None, ()), False),
        ({"organisations": ["acme"], "sites": ["denver"]}, ("acme", "dallas", ()), False),
        ({"organisations": ["acme"], "sites": ["denver"]}, ("acme", "denver", ()), True),
        ({"roles": ["manager", "hr"]}, (None, None, ("hr",)), True),
        ({"roles": ["manager"]}, (None, None, ()), False),
    ],
)
def test_who_may_see_an_article(
    audience: dict[str, list[str]], person: tuple[str | None, str | None, tuple[str, ...]], admitted: bool
) -> None:
    assert Audience.model_validate(audience).admits(*person) is admitted
