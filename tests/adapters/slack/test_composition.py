"""Slack beside the web page, put together from settings; and nothing of Slack's where there are none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.composition import running_desk, slack_connection, slack_door, web_page
from bot.running import PolicyFiles
from bot.settings import Settings, read_settings
from problems import ProblemsFound
from tests.adapters.slack.room import account, slack_policy
from tests.slack_server.server import APP_TOKEN, HARBOR, SECRET, SlackServer


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
    policy = PolicyFiles(lambda: settings.policy_files)
    async with (
        slack_connection(settings, policy) as slack,
        running_desk(
            settings, policy=policy, migrate=True, platforms=[slack.platform] if slack else []
        ) as desk,
        slack_door(slack, desk) as doors,
        web_page(settings, desk, doors=doors) as address,
    ):
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
