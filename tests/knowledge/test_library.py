from __future__ import annotations

import os
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.matcher import Answer, NoMatch
from tests.knowledge.conftest import WriteArticle

VPN = "[vpn will not connect, cannot get into the vpn, the vpn keeps dropping]"
WIFI = "[the wifi is slow, no wireless in the canteen, wifi drops all the time]"


@pytest.fixture
def library(write: WriteArticle, tmp_path: Path) -> Library:
    write("vpn.md", utterances=VPN)
    write("wifi.md", id="wifi", title="Wi-Fi", utterances=WIFI)
    return Library([tmp_path])


def test_it_answers_from_its_folders(library: Library) -> None:
    match = library.match("vpn will not connect")
    assert isinstance(match, Answer)
    assert match.article == library.article("vpn-will-not-connect")
    assert [article.id for article in library.articles] == ["vpn-will-not-connect", "wifi"]
    assert library.article("nothing") is None
    assert library.problems == ()


def test_an_edit_is_seen_and_nothing_is_learned_without_one(library: Library, write: WriteArticle) -> None:
    before = library.matcher
    library.reload()
    assert library.matcher is before
    write("vpn.md", utterances=VPN, title="The tunnel is shut")
    assert library.reload() == ()
    assert library.matcher is not before
    assert library.articles[0].title == "The tunnel is shut"


def test_touching_a_file_is_no_edit(library: Library, tmp_path: Path) -> None:
    before = library.matcher
    os.utime(tmp_path / "vpn.md", (1, 1))
    library.reload()
    assert library.matcher is before


def test_a_malformed_edit_keeps_the_last_good_version(
    library: Library, write: WriteArticle, tmp_path: Path
) -> None:
    write("vpn.md", utterances=VPN, tier="nine")
    assert [str(problem) for problem in library.reload()] == [
        f"{tmp_path}/vpn.md:6: tier: must be a whole number (found 'nine')"
    ]
    assert isinstance(library.match("vpn will not connect"), Answer)
    assert library.reload() == library.problems != ()  # still wrong, and still said
    write("wifi.md", id="wifi", title="Wireless", utterances=WIFI)
    assert len(library.reload()) == 1
    assert {article.title for article in library.articles} == {"The VPN does not connect", "Wireless"}
    write("vpn.md", utterances=VPN, tier="3")
    assert library.reload() == ()
    assert library.articles[0].tier == 3


def test_a_deleted_file_takes_its_article_along(library: Library, tmp_path: Path) -> None:
    (tmp_path / "vpn.md").unlink()
    assert library.reload() == ()
    assert [article.id for article in library.articles] == ["wifi"]


def test_an_emptied_folder_leaves_nothing_to_say(library: Library, tmp_path: Path) -> None:
    for file in tmp_path.glob("*.md"):
        file.unlink()
    library.reload()
    assert library.articles == ()
    assert isinstance(library.match("vpn will not connect"), NoMatch)


def test_a_folder_that_is_missing_and_comes_later(tmp_path: Path, write: WriteArticle) -> None:
    library = Library([tmp_path / "later"])
    assert [problem.sentence for problem in library.problems] == ["there is no such folder"]
    write("later/vpn.md", utterances=VPN)
    assert library.reload() == ()
    assert len(library.articles) == 1


def test_people_find_only_what_is_theirs(library: Library, write: WriteArticle) -> None:
    write(
        "denver.md", id="denver", title="Denver's own tunnel", utterances=VPN.replace("vpn", "denver tunnel"),
        audience="{organisations: [acme], sites: [denver], roles: [engineer]}",
    )  # fmt: skip
    library.reload()
    theirs = library.match("denver tunnel will not connect", "acme", "denver", ["engineer"])
    assert isinstance(theirs, Answer)
    assert theirs.article.id == "denver"
    for person in (
        ("acme", "denver"),
        ("acme", "dallas", ["engineer"]),
        ("globex", "denver", ["engineer"]),
        (),
    ):
        found = library.match("denver tunnel will not connect", *person)
        assert "denver" not in [candidate.article.id for candidate in found.candidates]
