"""Drafts become files within their folder, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.drafts.folder import DraftsFolder
from bot.messages import Address, Card, Delivery, DeliveryFailed, Effect, Say, ShowCard


def delivery(effect: Effect) -> Delivery:
    return Delivery("1", "harbor", effect)


def text(route: str, words: str = "---\n") -> Say:
    return Say(address=Address("drafts", route), text=words)


async def test_a_text_becomes_a_file_and_a_later_one_replaces_it(tmp_path: Path) -> None:
    folder = DraftsFolder(tmp_path / "drafts")
    assert (
        await folder.deliver(delivery(text("harbor/devices/x.md", "one")))
    ).message_id == "harbor/devices/x.md"
    await folder.deliver(delivery(text("harbor/devices/x.md", "zwölf")))
    assert (tmp_path / "drafts/harbor/devices/x.md").read_text("utf-8") == "zwölf"
    assert [file.name for file in (tmp_path / "drafts").rglob("*") if file.is_file()] == ["x.md"]


@pytest.mark.parametrize("route", ["../x.md", "/etc/x.md", "a/../../x.md", ""])
async def test_nothing_is_written_outside_the_folder(tmp_path: Path, route: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        await DraftsFolder(tmp_path / "drafts").deliver(delivery(text(route)))
    assert refused.value.permanent
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


async def test_a_card_is_no_text(tmp_path: Path) -> None:
    card = ShowCard(address=Address("drafts", "x.md"), card=Card("title", "open"))
    with pytest.raises(DeliveryFailed):
        await DraftsFolder(tmp_path).deliver(delivery(card))


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(DeliveryFailed) as refused:
        await DraftsFolder(tmp_path / "drafts").deliver(delivery(text("x.md")))
    assert not refused.value.permanent
