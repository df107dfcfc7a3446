"""A desk that runs: policy files that are edited meanwhile, and the auditor."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import outbox
from bot.demo.cast import POLICY
from bot.messages import Address, Say
from bot.running import PolicyFiles, RunningDesk
from bot.settings import Settings, read_settings
from bot.worker import Bell
from knowledge.library import Library
from problems import ProblemsFound
from tests.story import Story
from tickets.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copy = tmp_path / "harbor.toml"
    copy.write_text(POLICY.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


def test_a_good_edit_is_taken(file: Path) -> None:
    policy = PolicyFiles(lambda: [file])
    edit(file, 'name = "Service desk"', 'name = "Help desk"')
    policy.reload()
    assert policy.current.organisation("harbor").queue("service-desk").name == "Help desk"


def test_a_calendar_s_own_file_is_read_again_when_it_changes(file: Path) -> None:
    feed = file.with_name("closed.ics")
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261201\r\nEND:VEVENT\r\n"
    empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{}END:VCALENDAR\r\n"
    feed.write_text(empty.format(""), encoding="utf-8")
    edit(file, 'id = "us-hours" ', 'id = "us-hours"\nclosed_from = "closed.ics" ')
    policy = PolicyFiles(lambda: [file])
    noon = datetime(2026, 12, 1, 19, tzinfo=UTC)
    assert policy.current.organisation("harbor").calendar("us-hours").is_open(noon)
    feed.write_text(empty.format(event), encoding="utf-8", newline="")
    policy.reload()
    assert not policy.current.organisation("harbor").calendar("us-hours").is_open(noon)
    feed.write_text("nothing", encoding="utf-8")
    policy.reload()
    assert "is not an iCalendar file" in str(policy.problems[0])
    assert not policy.current.organisation("harbor").calendar("us-hours").is_open(noon)


def test_a_bad_edit_keeps_what_was_there_and_says_so(file: Path) -> None:
    policy = PolicyFiles(lambda: [file])
    edit(file, "tier = 3", "tier = 7")
    policy.reload()
    assert policy.current.organisation("harbor").queue("infrastructure").tier == 3
    assert "queue.tier" in str(policy.problems[0])
    edit(file, "tier = 7", "tier = 3")
    policy.reload()
    assert policy.problems == ()


def test_an_organisation_does_not_vanish_because_its_file_is_away_for_a_moment(file: Path) -> None:
    files = [file]
    policy = PolicyFiles(lambda: files)
    other = file.with_name("quarry.toml")
    other.write_text(
        file.read_text(encoding="utf-8").replace('id = "harbor"', 'id = "quarry"', 1), encoding="utf-8"
    )
    files[:] = [other]
    policy.reload()
    assert policy.current.organisations.keys() == {"harbor"}
    assert "'harbor' is gone" in str(policy.problems[0])


def test_a_folder_without_policy_is_refused() -> None:
    with pytest.raises(ProblemsFound, match=r"no file \*\.toml"):
        PolicyFiles(list)


def test_a_misspelt_setting_is_refused_with_a_suggestion(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRSTLINE_POLCY", "x.toml")
    with pytest.raises(
        ProblemsFound, match="FIRSTLINE_POLCY: is no setting of Firstline; did you mean 'FIRSTLINE_POLICY'"
    ):
        read_settings()


@pytest.mark.parametrize("url", ["mysql://x", "nonsense", "postgresql://desk@db/firstline"])
def test_a_database_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ProblemsFound, match=r"DATABASE_URL: must be sqlite\+aiosqlite:///file or postgresql"):
        read_settings()


def test_a_port_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIRSTLINE_PORT", "99999")
    with pytest.raises(ProblemsFound, match="FIRSTLINE_PORT"):
        read_settings()


@pytest.mark.slow
async def test_the_auditor_finds_a_ticket_that_nobody_watches(
    story: Story, database: Database, file: Path
) -> None:
    await story.opened(story.employee("maya"), "the vpn will not connect")
    library = Library(Settings().article_folders)
    running = RunningDesk(database, PolicyFiles(lambda: [file]), library, [story.platform], Bell())
    await running._audit()
    assert await running.ready() == tuple(await running.alive())
    async with database.transaction("harbor") as tx:
        from tickets import store

        ticket = await store.by_number(tx, 1001)
        assert ticket is not None
        ticket.next_review_at = None
    await running._audit()
    assert "The review of T-1001 is overdue or missing." in await running.ready()


@pytest.mark.slow
async def test_a_running_desk_carries_out_what_it_takes_in(
    story: Story, database: Database, file: Path
) -> None:
    library = Library(Settings().article_folders)
    running = RunningDesk(database, PolicyFiles(lambda: [file]), library, [story.platform], Bell())
    await running.start()
    story.desk = running.desk
    maya = story.employee("maya")
    await maya.says("hello")
    for _ in range(100):
        if maya.sees():
            break
        await running.bell.wait(0.1)
    await running.stop()
    assert maya.last.text.startswith("Hello Maya.")
    assert all("stopped" in reason for reason in await running.alive())


@pytest.mark.slow
async def test_what_a_killed_desk_was_sending_is_sent_again_at_the_next_start(
    story: Story, database: Database, file: Path
) -> None:
    async with database.transaction("harbor") as tx:
        outbox.put(tx, Say(address=Address("web", "person/maya/1"), text="hello"))
    async with database.transaction() as tx:
        assert len(await outbox.take(tx, "web")) == 1
    library = Library(Settings().article_folders)
    running = RunningDesk(database, PolicyFiles(lambda: [file]), library, [story.platform], Bell())
    await running.start()
    for _ in range(20):
        if story.platform.deliveries:
            break
        await running.bell.wait(0.1)
    await running.stop()
    # of PostgreSQL's, another replica may be sending it at this moment
    assert [one.repeat for one in story.platform.deliveries] == ([True] if database.is_sqlite else [])
