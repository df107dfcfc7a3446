"""Slack beside the web page, put together from settings; and nothing of Slack's where there are none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.composition import connected_desk
from bot.settings import Settings, read_settings
from problems import ProblemsFound
from tests.adapters.slack.room import account, slack_policy
from tests.slack_server.server import APP_TOKEN, HARBOR, SECRET, SlackServer


@pytest.mark.slow
@pytest.mark.parametrize("way", ["http", "socket"])
async def test_a_desk_answers_in_slack(server: SlackServer, tmp_path: Path, way: str) -> None:
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path}/desk.db",
        firstline_policy=slack_policy(tmp_path),
        firstline_port=0,
        slack_bot_token=SecretStr(HARBOR.bot_token),
        slack_app_token=SecretStr(APP_TOKEN if way == "socket" else ""),
        slack_signing_secret=SecretStr("" if way == "socket" else SECRET),
        slack_api_base_url=server.api_url,
    )
    async with connected_desk(settings, migrate=True) as (address, _):
        server.events_url = f"{address}/slack/events" if way == "http" else ""
        _, answer = await server.write(account("maya"), "D0MAYA", "outlook keeps asking for my password")
        assert answer.status == 200
        for _ in range(500):
            if len(server.at("D0MAYA")) > 1:
                break
            await asyncio.sleep(0.02)
        assert "Outlook keeps asking for your password" in server.at("D0MAYA")[-1].shown
        await server.quiet()


@pytest.mark.slow
def test_without_slacks_settings_nothing_of_slack_is_imported() -> None:
    code = "import sys, bot.composition; print([name for name in sys.modules if name.startswith(('slack', 'adapters.slack'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_bot_token_alone_is_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    with pytest.raises(ProblemsFound, match="SLACK_APP_TOKEN"):
        read_settings()
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "s")
    assert "xoxb" not in repr(read_settings())


def test_what_several_workspaces_need_is_asked_for_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    with pytest.raises(ProblemsFound) as found:
        read_settings()
    assert {problem.field for problem in found.value.problems} == {
        "SLACK_APP_TOKEN",
        "SLACK_CLIENT_SECRET",
        "FIRSTLINE_PUBLIC_URL",
        "SLACK_TOKEN_KEY",
    }
    for name in ("SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET"):
        monkeypatch.setenv(name, "s")
    monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", "https://help.example.com")
    monkeypatch.setenv("SLACK_TOKEN_KEY", "x" * 32 + ", " + "y" * 32)
    assert read_settings().slack_token_secrets == ["x" * 32, "y" * 32]
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    with pytest.raises(ProblemsFound, match="leave one out"):
        read_settings()


async def test_an_app_is_installed_at_the_desks_own_address(server: SlackServer, tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path}/desk.db",
        firstline_policy=slack_policy(tmp_path),
        firstline_port=0,
        slack_client_id="1.2",
        slack_client_secret=SecretStr("s"),
        slack_app_token=SecretStr(APP_TOKEN),
        slack_token_key=SecretStr("x" * 32),
        slack_api_base_url=server.api_url,
    )
    async with (
        connected_desk(settings, migrate=True) as (address, _),
        aiohttp.ClientSession() as browser,
        browser.get(f"{address}/slack/install", allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        assert answer.headers["Location"].startswith("https://slack.com/oauth/v2/authorize?client_id=1.2")
