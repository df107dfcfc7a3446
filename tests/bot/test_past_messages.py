"""Reading messages of the past, whatever file they come in."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.past_messages import past_messages
from problems import Problem, ProblemsFound


def read(file: Path) -> tuple[list[tuple[str, str]], list[Problem]]:
    problems: list[Problem] = []
    return [(said.text, said.person) for said in past_messages(file, problems.append)], problems


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


BOTH = [("vpn down", "ana"), ("no, sound\nat all", "tom")]


@pytest.mark.parametrize(
    "text",
    [
        'user,text\nana,vpn down\ntom,"no, sound\nat all"\n',
        '\ufeffTicket;From;Description\n1;ana;vpn down\n2;tom;"no, sound\nat all"\n',
        'message\tperson\nvpn down\tana\n"no, sound\nat all"\ttom\n',
        json.dumps([{"user": name, "text": text} for text, name in BOTH]),
        "\n".join(json.dumps({"from": name, "body": text}) for text, name in BOTH),
        json.dumps([{"user": name, "text": "", "message": text, "id": 7} for text, name in BOTH], indent=1),
    ],
)
def test_csv_json_and_json_lines(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, "messages", text)) == (BOTH, [])


def test_json_may_be_bare_texts(tmp_path: Path) -> None:
    assert read(written(tmp_path, "m.json", '["vpn down", "", "wifi"]'))[0] == [
        ("vpn down", ""),
        ("wifi", ""),
    ]


def test_a_slack_export_gives_what_people_wrote_first(tmp_path: Path) -> None:
    day = [
        {"type": "message", "user": "U1", "ts": "1", "text": "VPN &amp; <https://a.example|the wifi> down"},
        {"type": "message", "user": "U2", "ts": "2", "thread_ts": "1", "text": "same here"},
        {"type": "message", "user": "U1", "ts": "3", "thread_ts": "3", "text": "printer jammed"},
        {"type": "message", "subtype": "channel_join", "user": "U3", "ts": "4", "text": "joined"},
        {"type": "message", "user": "U4", "bot_id": "B1", "ts": "5", "text": "I am a bot"},
        "nonsense",
    ]
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as export:
        export.writestr("users.json", "[]")
        export.writestr("it-help/2026-11-24.json", json.dumps(day))
        export.writestr("it-help/2026-11-25.json", "{broken")
    found, problems = read(tmp_path / "export.zip")
    assert found == [("VPN & the wifi down", "U1"), ("printer jammed", "U1")]
    assert [str(problem) for problem in problems] == [
        f"{tmp_path / 'export.zip'}/it-help/2026-11-25.json: is no JSON and was left out"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "number,priority\n1,P3\n"),
        ("a.json", '[{"number": 1}]'),
        ("a.json", "[]"),
        ("empty.csv", ""),
    ],
)
def test_a_file_without_messages_is_refused_with_a_sentence(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ProblemsFound) as found:
        read(written(tmp_path, name, text))
    assert "text, message, description" in str(found.value)


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ProblemsFound, match="no Slack export"):
        read(tmp_path / "x.zip")


def test_what_is_broken_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    found, problems = read(written(tmp_path, "a.json", '[{"text": "vpn"}, {"text": \n oops'))
    assert found == [("vpn", "")]
    assert [problem.line for problem in problems] == [1]
    found, _ = read(written(tmp_path, "a.csv", b"text\nvpn \xff down\n\nshort"))
    assert [text for text, _ in found] == ["vpn \ufffd down", "short"]


@given(st.lists(st.text(min_size=1).filter(str.strip)))
def test_whatever_was_written_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    file = written(tmp_path_factory.mktemp("m"), "m.json", json.dumps(["x", *texts]))
    assert [text for text, _ in read(file)[0]] == ["x", *texts]


def test_places_go_to_the_end_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "m.csv", "text\n" + "vpn down\n" * 50_000)
    places = [said.place for said in past_messages(file, pytest.fail)]
    assert places == sorted(places)
    assert places[0] < places[-1] == file.stat().st_size
