"""`firstline kb …` and `firstline ask`, as an author uses them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.demo import cast
from knowledge.library import Library
from knowledge.loading import load
from tests.clock import TestClock
from tests.story import Story
from tickets.database import Database
from tickets.migrations import upgrade
from tickets.policy import load as load_policy


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` of a developer's."""
    monkeypatch.chdir(tmp_path)


def firstline(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(args), input=stdin)


@pytest.mark.slow
def test_check_is_green_and_shows_the_worst_first() -> None:
    done = firstline("kb", "check")
    assert done.exit_code == 0, done.output
    assert "articles; nothing to mend." in done.output
    rows = [line.split() for line in done.output.splitlines()[1:16]]
    shares = [int(row[2].partition("/")[0]) / int(row[2].partition("/")[2]) for row in rows]
    assert shares == sorted(shares)
    assert "find their article first" in done.output


@pytest.mark.slow
def test_check_ends_with_1_and_names_every_fault(tmp_path: Path) -> None:
    own = tmp_path / "own"
    file = own / "network" / "vpn-acme.md"
    assert firstline("kb", "new", "vpn-acme", "--category", "network", "--articles", str(own)).exit_code == 0
    (own / "printer.md").write_text("no front matter", encoding="utf-8")
    done = firstline("kb", "check", "--articles", str(own))
    assert done.exit_code == 1
    assert f"WRONG   {file}" in done.output
    assert f"WRONG   {own / 'printer.md'}:1: an article begins with front matter" in done.output
    told = json.loads(firstline("kb", "check", "--json", "--articles", str(own)).output)
    assert {Path(problem["file"]).name for problem in told["wrong"]} == {"vpn-acme.md", "printer.md"}
    assert len(told["articles"]) > 80
    assert told["bands"]["accuracy"] > 0.7


def test_new_makes_an_article_that_is_sound_once_it_is_filled_in(tmp_path: Path) -> None:
    title = "The badge printer: 'Zebra' #2 jams"
    firstline(
        "kb", "new", "badge-jam", "--title", title, "--category", "devices", "--articles", str(tmp_path)
    )
    file = tmp_path / "devices" / "badge-jam.md"
    text = file.read_text(encoding="utf-8")
    assert load([tmp_path])[1], "a skeleton is no article"
    utterances = "utterances: [badge printer jammed, it ate the card, the zebra is stuck]"
    file.write_text(
        text.replace("utterances: []", utterances).replace("<", "").replace(">\n", "\n").replace(">.", "."),
        encoding="utf-8",
    )
    (article,), problems = load([tmp_path])
    assert not problems
    assert (article.id, article.title, article.category) == ("badge-jam", title, "devices")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("Badge Jam",), "must be small letters"),
        (("badge-jam", "--category", "../.."), "must be small letters"),
        (("there",), "is there already"),
    ],
)
def test_new_refuses_kindly_and_overwrites_nothing(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    there = tmp_path / "other" / "there.md"
    there.parent.mkdir()
    there.write_text("mine", encoding="utf-8")
    done = firstline("kb", "new", *args, "--articles", str(tmp_path))
    assert done.exit_code != 0
    assert told in str(done.exception)
    assert there.read_text(encoding="utf-8") == "mine"


def test_new_asks_where() -> None:
    done = firstline("kb", "new", "badge-jam")
    assert done.exit_code == 2
    assert "FIRSTLINE_ARTICLES" in done.output


def test_bands_are_told() -> None:
    assert "answer   from 0." in firstline("kb", "bands").output


@pytest.mark.slow
def test_why_names_the_words_the_utterance_and_the_runner_up() -> None:
    shown = firstline("kb", "why", "outlok keeps asking for my pasword").output
    assert "Repaired: outlok → outlook, pasword → password" in shown
    assert "Words that say most: outlook (" in shown
    assert "“outlook keeps asking for my password”" in shown
    assert re.search(r"\nNot (forgotten-password|password-expiring): the first is ahead by words \(", shown)


def test_why_for_machines_adds_up() -> None:
    told = json.loads(firstline("kb", "why", "--json", "the vpn will not connect").output)
    best, other = told["why"]["candidates"][:2]
    assert told["article"] == best["id"] == told["candidates"][0]["id"]
    assert sum(best["points"].values()) > sum(other["points"].values())
    without = {one["word"]: one["score"] for one in told["why"]["without"]}
    assert min(without, key=lambda word: without[word]) == "vpn"


@pytest.mark.slow
def test_ask_explains_one_message_and_hurries_through_many() -> None:
    one = firstline("ask", "the vpn will not connect").output
    assert one == firstline("kb", "why", "the vpn will not connect").output
    lines = firstline("ask", "--json", "-", stdin="vpn\n\nprinter\n").output.splitlines()
    assert [json.loads(line)["decision"] for line in lines] == ["answer", "none", "answer"]
    assert "without" not in json.loads(lines[0])["why"]


def test_nothing_to_explain() -> None:
    shown = firstline("ask", "").output
    assert shown.startswith("Offer a person; no article is likely enough.")
    assert "Read as: nothing" in shown


# ------------------------------------------------------------------------------------- from the desk's own database


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk on which things went wrong: `T-1001` is resolved, `T-1002` is not."""

    async def happen() -> None:
        database = Database(url)
        await upgrade(database)
        await database.open()
        story = Story(database, TestClock(), policy, Library())
        await cast.seed(database, policy.organisation("harbor"))
        maya, dana = story.employee("maya"), story.technician("dana")
        for number in range(3):
            talk = maya.elsewhere(str(number))
            await talk.says(f"the coffee machine on floor {number} leaks")
        shown = maya.elsewhere("shown")
        await shown.says("Outlook keeps asking for my password")
        await shown.says("that didn't help")
        first = await story.opened(maya.elsewhere("a"), "the coffee machine on floor 3 leaks")
        queue = (await story.ticket(first)).queue
        await dana.presses("Claim", on=first, queue=queue)
        await dana.fills(await dana.presses("Resolve…", on=first, queue=queue), text="Empty the tray.")
        await story.opened(maya.elsewhere("b"), "qqqq wwww eeee")
        await database.close()

    url = f"sqlite+aiosqlite:///{tmp_path}/desk.db"
    policy = load_policy([cast.POLICY])
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("FIRSTLINE_POLICY", str(cast.POLICY))
    asyncio.run(happen())


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_the_desk_tells_its_gaps_its_scores_and_drafts_articles(tmp_path: Path) -> None:
    told = firstline("kb", "gaps")
    assert told.exit_code == 0, told.output
    assert "1 person, 4 messages, 1 ticket: missing (nearest: " in told.output
    assert "the coffee machine on floor 1 leaks" in told.output
    assert "1 person, 1 message: fails: outlook-password-prompts" in told.output
    (biggest, *_) = json.loads(firstline("kb", "gaps", "--json").output)
    assert (biggest["messages"], biggest["failing"]) == (4, "")
    scores = firstline("kb", "scores").output.splitlines()
    assert scores[1].split()[:6] == ["outlook-password-prompts", "1", "0%", "0", "1", "0"]
    assert [one["article"] for one in json.loads(firstline("kb", "scores", "--json").output)] == [
        "outlook-password-prompts"
    ]
    written = firstline("kb", "draft", "T-1001")
    assert written.exit_code == 0, written.output
    file = tmp_path / written.output.splitlines()[0]
    assert file.parent.parent == tmp_path / "drafts"
    assert "Empty the tray." in file.read_text(encoding="utf-8")
    assert firstline("kb", "draft", "T-1002").exit_code == 1
    assert firstline("kb", "draft", "T-9999").exit_code == 1
