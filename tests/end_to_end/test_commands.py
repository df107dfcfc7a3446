"""The commands, as an administrator runs them: real processes, a real file, clear sentences."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.demo.cast import POLICY
from tickets.database import newest_revision

pytestmark = pytest.mark.slow

ENV = {key: value for key, value in os.environ.items() if not key.startswith(("FIRSTLINE", "DATABASE"))}


def firstline(
    folder: Path, *args: str, stdin: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *args],
        cwd=folder,
        env={**ENV, "PYTHONPATH": str(Path.cwd()), "FIRSTLINE_POLICY": str(POLICY), **env},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(folder: Path, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`firstline serve` on a free port; the process and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=folder,
        env={
            **ENV,
            "PYTHONPATH": str(Path.cwd()),
            "FIRSTLINE_POLICY": str(POLICY),
            "FIRSTLINE_PORT": str(port),
            **env,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            if process.poll() is not None:
                raise AssertionError(process.stderr.read() if process.stderr else "it ended")
            try:
                if urllib.request.urlopen(f"{address}/readyz", timeout=2).status == 200:
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a migrated SQLite desk."""
    done = firstline(tmp_path, "db", "upgrade")
    assert (done.returncode, done.stdout.strip()) == (0, f"The database is at version {newest_revision()}.")
    return tmp_path


def test_help_reads_well(tmp_path: Path) -> None:
    shown = firstline(tmp_path, "--help").stdout
    for command in ("demo", "serve", "chat", "ask", "kb", "doctor", "db", "ticket", "outbox", "sign-in"):
        assert re.search(rf"^  {command} +\S", shown, re.MULTILINE), command
    assert "..." not in shown.partition("Commands:")[2], "a sentence is cut off"


def test_ask(tmp_path: Path) -> None:
    told = json.loads(firstline(tmp_path, "ask", "--json", "outlook keeps asking for my pasword").stdout)
    assert (told["decision"], told["article"]) == ("answer", "outlook-password-prompts")
    assert told["candidates"][0].keys() == {"id", "title", "score"}
    assert (
        "Outlook keeps asking for your password"
        in firstline(tmp_path, "ask", "outlook keeps asking for my pasword").stdout
    )


def test_ask_reads_a_stream_and_starts_once(tmp_path: Path) -> None:
    lines = ["outlook keeps asking for my password", "", "thanks", "żółć \U0001f600", "a" * 40_000]
    done = firstline(tmp_path, "ask", "--json", "-", stdin="\n".join(lines) + "\n")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(lines)
    assert {one["decision"] for one in told} <= {"answer", "clarify", "none"}
    assert told[2]["decision"] == "none"


def test_serve_refuses_what_is_not_migrated(tmp_path: Path) -> None:
    done = firstline(tmp_path, "serve")
    assert done.returncode == 1
    assert "Mend: run `firstline db upgrade`." in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_a_wrong_policy_by_line(desk: Path) -> None:
    wrong = desk / "firstline.toml"
    wrong.write_text(POLICY.read_text(encoding="utf-8").replace("tier = 3", "teir = 3"), encoding="utf-8")
    done = firstline(desk, "serve", FIRSTLINE_POLICY=str(wrong))
    assert done.returncode == 1
    assert re.search(r"firstline\.toml:\d+: queue\S* ?.*unknown key 'teir'", done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_serve_refuses_a_wrong_setting(desk: Path) -> None:
    done = firstline(desk, "serve", FIRSTLINE_PORT="eighty")
    assert done.returncode == 1
    assert "FIRSTLINE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_process_on_the_same_file_is_refused(desk: Path) -> None:
    with serving(desk) as (process, _):
        done = firstline(desk, "serve", FIRSTLINE_PORT="0")
        assert done.returncode == 1
        assert f"Another Firstline process (process {process.pid}) is using" in done.stderr


def test_it_stops_gracefully_and_watches_itself(desk: Path) -> None:
    with serving(desk) as (process, address):
        health = json.load(urllib.request.urlopen(f"{address}/healthz", timeout=5))
        assert health == {"ok": True, "reasons": []}
        figures = urllib.request.urlopen(f"{address}/metrics", timeout=5).read().decode()
        assert "firstline_outbox_oldest_seconds" in figures
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - started < 20


def test_signing_in_with_the_link_that_the_desk_hands_out(desk: Path) -> None:
    with serving(desk) as (_, address):
        port = address.rpartition(":")[2]
        done = firstline(desk, "sign-in", "dana", FIRSTLINE_PORT=port)
        link = done.stdout.split()[0]
        assert link.startswith(f"{address}/sign-in/")
        assert "For Dana Whitfield. It works once, for 15 minutes." in done.stdout
        assert urllib.request.urlopen(link, timeout=5).status == 200  # looking spends nothing
    refused = firstline(desk, "sign-in", "nobody")
    assert refused.returncode == 1
    assert "has no web account 'nobody'" in refused.stderr


def test_doctor_on_a_healthy_desk(desk: Path) -> None:
    done = firstline(desk, "doctor")
    assert done.returncode == 0, done.stdout
    assert "ok     Policy: Harbor & Vale: 20 sites, 7 queues, 11 technicians." in done.stdout
    assert "WRONG" not in done.stdout


def test_doctor_names_every_mend(tmp_path: Path) -> None:
    done = firstline(tmp_path, "doctor", "--json", FIRSTLINE_POLICY="missing.toml")
    assert done.returncode == 1
    wrong = [finding for finding in json.loads(done.stdout) if not finding["ok"]]
    assert {finding["subject"] for finding in wrong} == {"Policy", "Database"}
    assert all(finding["mend"] for finding in wrong)


def test_doctor_names_audiences_that_nobody_is_in(desk: Path, tmp_path: Path) -> None:
    front = "extends: printer-not-printing\nreviewed: 2026-11-24\naudience: {sites: [dnever], roles: [boss]}"
    (tmp_path / "own.md").write_text(f"---\nid: ours\n{front}\n---\n## In Denver\n\nBlue.\n", "utf-8")
    done = firstline(desk, "doctor", FIRSTLINE_ARTICLES=str(tmp_path))
    assert done.returncode == 1
    assert "own.md: audience.sites: there is no 'dnever'; did you mean 'denver'?" in done.stdout
    assert "own.md: audience.roles: there is no 'boss'" in done.stdout
    assert "Mend: name what there is: technician." in done.stdout


def test_doctor_finds_what_was_set_aside(desk: Path) -> None:
    now = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime())
    with sqlite3.connect(desk / "firstline.db") as file:
        file.execute(
            "INSERT INTO outbox (organisation, platform, route, urgency, effect, state, put_at, due_at, token, attempts,"
            " unknown, reason) VALUES ('harbor', 'slack', 'C1', 0, '{\"kind\": \"Say\", \"address\":"
            ' {"platform": "slack", "route": "C1"}, "text": "hi"}\', \'dead\', ?, ?, 1, 1, 0, \'is_archived\')',
            (now, now),
        )
    done = firstline(desk, "doctor")
    assert done.returncode == 1
    assert "1 could not be delivered and were set aside" in done.stdout
    assert re.search(
        r"1  dead +Say +to slack  1 attempts  is_archived", firstline(desk, "outbox", "list").stdout
    )
    assert firstline(desk, "outbox", "retry", "1").stdout.strip() == "1 will be sent again."
    assert firstline(desk, "outbox", "retry").stdout.strip() == "There is nothing to send again."


def test_a_ticket_that_is_not_there(desk: Path) -> None:
    done = firstline(desk, "ticket", "show", "T-4711")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no ticket T-4711 in Harbor & Vale" in done.stderr


def test_who_answers_and_why(desk: Path) -> None:
    asked = ("coverage", "why", "--site", "denver", "--category", "accounts", "--at", "2026-12-24T22:00")
    done = firstline(desk, *asked)
    assert done.returncode == 0, done.stderr
    assert "Queue        Northwind night desk, tier 1" in done.stdout
    data = json.loads(firstline(desk, *asked, "--priority", "P1", "--json").stdout)
    assert [page["technician"] for page in data["pages"]] == ["arjun", "nora"]
    wrong = firstline(desk, "coverage", "why", "--site", "dever")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.strip() == "firstline: Harbor & Vale has no site 'dever'; did you mean 'denver'?"


def test_coverage_is_checked_drawn_and_explained(desk: Path, tmp_path: Path) -> None:
    found = firstline(desk, "coverage", "check", "--days", "366", "--json")
    (data,) = json.loads(found.stdout)
    assert found.returncode == (
        1 if any(data[key] for key in ("holes", "gaps", "double_bookings", "idle_routes")) else 0
    )
    drawn = firstline(desk, "coverage", "map", "--week", "2026-12-24", "--out", str(tmp_path / "week.svg"))
    assert drawn.stdout.strip() == f"Drawn to {tmp_path / 'week.svg'}."
    assert (tmp_path / "week.svg").read_text("utf-8").startswith("<svg")
    assert firstline(desk, "coverage", "map", "--week", "soon").returncode == 1
    assert "Routes, in order" in firstline(desk, "policy", "explain").stdout


def test_a_policy_to_start_from(tmp_path: Path) -> None:
    assert firstline(tmp_path, "init", "--model", "on-demand").returncode == 0
    check = firstline(tmp_path, "coverage", "check", FIRSTLINE_POLICY="firstline.toml")
    assert check.returncode == 0, check.stdout
    assert "whenever a clock runs, somebody answers." in check.stdout
    again = firstline(tmp_path, "init", "--model", "on-demand")
    assert "is there already, so nothing was written" in again.stderr


def test_tickets_are_exported_and_replayed_under_a_changed_policy(tmp_path: Path) -> None:
    url = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/desk.db"}
    assert firstline(tmp_path, "db", "upgrade", **url).returncode == 0
    empty = firstline(tmp_path, "ticket", "export", "--from", "2026-11-01", "--until", "2026-12-01", **url)
    assert (
        empty.stdout.strip() == "ticket,opened,category,site,priority,groups,claimed,answered,solved,waited"
    )
    (tmp_path / "tickets.csv").write_text(
        "opened,category,site,answered\n2026-11-03T22:00,accounts,denver,2026-11-04T07:30\n", encoding="utf-8"
    )
    (tmp_path / "new.toml").write_text(
        POLICY.read_text(encoding="utf-8").replace("more_than = 20", "more_than = 10"), encoding="utf-8"
    )
    done = firstline(tmp_path, "replay", "tickets.csv", "--policy", "new.toml")
    assert "Harbor & Vale: 1 tickets, opened 3 Nov 2026" in done.stdout, done.stderr
    assert json.loads(firstline(tmp_path, "replay", "tickets.csv", "--policy", "new.toml", "--json").stdout)
    (tmp_path / "tickets.csv").write_text("opened,category\nsoon,accounts\n", encoding="utf-8")
    wrong = firstline(tmp_path, "replay", "tickets.csv", "--policy", "new.toml")
    assert wrong.returncode == 1
    assert "tickets.csv:2: opened: must be a time such as 2026-11-02T09:30 (found 'soon')" in wrong.stderr
    assert "--policy" in firstline(tmp_path, "replay", "tickets.csv").stderr
