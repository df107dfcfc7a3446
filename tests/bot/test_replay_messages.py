"""What would have become of past messages, and what changed articles would change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.replay_messages import Replay, as_json, as_text
from knowledge.library import SHIPPED, Library

MESSAGES = [
    ("outlook keeps asking for my password", "ana"),
    ("hello", "ana"),
    ("teams keeps crashing", "tom"),
    ("the coffee machine leaks", "ana"),
    ("coffee machine broken, xoxb-1234567890-abcdefghij", "tom"),
    ("coffee machine is leaking again", "eve"),
    ("My VPN does not connect. Also, can you fix the coffee machine in the kitchen?", "tom"),
]

COFFEE = """---
id: coffee-machine
title: The coffee machine does not work
category: other
priority: P4
tier: 1
owner: workplace
reviewed: 2026-11-01
review_every: 180 days
utterances:
  - coffee machine broken
  - the coffee machine leaks
  - coffee machine is leaking
  - coffee machine shows an error
  - no coffee, the machine is dead
  - who repairs the coffee machine
  - fix the coffee machine in the kitchen please
---
Empty the tray and switch it off and on.
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "coffee.md").write_text(COFFEE, encoding="utf-8")
    return folder


def test_it_counts_what_would_have_happened_and_shows_the_gaps(library: Library) -> None:
    replay = Replay(library)
    for text, person in MESSAGES:
        replay.add(text, person)
    told = json.loads(as_json(replay, 0.5))
    assert (told["messages"], told["small_talk"]) == (7, 1)
    now = told["now"]
    assert (now["answered"], now["clarified"], now["escalated"]) == (2, 1, 4)
    assert 0.18 < now["solved"] < 0.22
    assert now["gaps"][0]["people"] == 3
    assert all("coffee" in example for example in now["gaps"][0]["examples"])
    text = as_text(replay, 0.5)
    assert "answered           2 (28.6%)" in text
    assert "3 people, 4 messages: missing" in text
    assert "xoxb" not in text + str(told)


@pytest.mark.slow
def test_it_compares_two_versions_of_the_articles(library: Library, own: Path) -> None:
    replay = Replay(library, Library((SHIPPED, own)))
    for text, person in MESSAGES:
        replay.add(text, person)
    told = json.loads(as_json(replay, 0.5))
    assert told["changed"]["escalated"] < told["now"]["escalated"]
    assert told["changed"]["solved"] > told["now"]["solved"]
    assert {change["was"] for change in told["changes"]} >= {"escalated"}
    assert any("coffee-machine" in change["is"] for change in told["changes"])
    assert "messages end differently." in as_text(replay, 0.5)


def test_the_same_articles_change_nothing(library: Library) -> None:
    replay = Replay(library, library)
    for text, person in MESSAGES:
        replay.add(text, person)
    assert "No message ends differently." in as_text(replay, 0.5)


def test_nothing_to_replay(library: Library) -> None:
    assert "0 messages" in as_text(Replay(library), 0.5)


def firstline(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


@pytest.mark.slow
def test_the_command(tmp_path: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "messages.csv"
    file.write_text("user,text\n" + "".join(f'{who},"{text}"\n' for text, who in MESSAGES), encoding="utf-8")
    done = firstline("replay", str(file), "--articles", str(own))
    assert done.exit_code == 0, done.output
    assert "escalated →" in done.output
    done = firstline("replay", str(file), "--json", "--settles", "1")
    assert json.loads(done.stdout)["now"]["solved"] > 0.36
    assert isinstance(firstline("replay", str(tmp_path / "none.csv")).exception, OSError)
