from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import learning
from knowledge.library import Library
from knowledge.matcher import Matcher
from knowledge.memory import KEPT, Memory
from tests.knowledge.conftest import WriteArticle

VPN = "[vpn will not connect, cannot get into the vpn, the vpn keeps dropping]"
WIFI = "[the wifi is slow, no wireless in the canteen, wifi drops all the time]"
ASKED = ("cannot get vpn", "wireless is gone", "the wifi vpn thing", "what is for lunch", "")


@pytest.fixture
def folder(write: WriteArticle, tmp_path: Path) -> Path:
    write("vpn.md", utterances=VPN)
    write("wifi.md", id="wifi", title="Wi-Fi", utterances=WIFI)
    return tmp_path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "firstline"


@pytest.fixture
def rehearsals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that something was really learned."""
    real, times = learning.rehearse, []

    def counted(*arguments: object) -> object:
        times.append(1)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(learning, "rehearse", counted)
    return times


def test_the_second_start_learns_nothing_and_says_the_same(
    folder: Path, cache: Path, rehearsals: list[int]
) -> None:
    first = Library([folder], memory=Memory(cache))
    second = Library([folder], memory=Memory(cache))
    fresh = Library([folder])
    assert len(rehearsals) == 2  # the first, and the one without a memory
    for text in ASKED:
        assert first.match(text) == second.match(text) == fresh.match(text)
    assert second.matcher.bands == fresh.matcher.bands


def test_what_changed_is_learned_anew_and_what_came_back_is_not(
    folder: Path, cache: Path, write: WriteArticle, rehearsals: list[int]
) -> None:
    library = Library([folder], memory=Memory(cache))
    write("vpn.md", utterances=VPN.replace("dropping", "dying"))
    library.reload()
    assert len(rehearsals) == 2
    write("vpn.md", utterances=VPN)
    library.reload()
    assert len(rehearsals) == 2
    Matcher(library.articles, ["what is for lunch"], Memory(cache))
    assert len(rehearsals) == 3, "other messages out of scope are other lessons"


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short", b"not an archive"])
def test_a_damaged_file_is_learned_over(
    folder: Path, cache: Path, damage: bytes, rehearsals: list[int]
) -> None:
    Library([folder], memory=Memory(cache))
    (file,) = cache.iterdir()
    file.write_bytes(damage)
    Library([folder], memory=Memory(cache))
    Library([folder], memory=Memory(cache))
    assert len(rehearsals) == 2


def test_it_works_where_nothing_can_be_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    library = Library([folder], memory=Memory(tmp_path / "file" / "cache"))
    assert library.match("cannot get into the vpn") == Library([folder]).match("cannot get into the vpn")


def test_only_the_newest_states_stay_and_nothing_half_written(
    folder: Path, cache: Path, write: WriteArticle
) -> None:
    for number in range(KEPT + 2):
        write("wifi.md", id="wifi", title=f"Wi-Fi {number}", utterances=WIFI)
        Library([folder], memory=Memory(cache))
    assert len(list(cache.iterdir())) == KEPT
    assert all(file.suffix == ".npz" for file in cache.iterdir())
    assert cache.stat().st_mode & 0o077 == 0
