"""`firstline doctor` on Slack: what is well, what is not, and the mend for each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from adapters.slack.checkup import NEEDED
from bot.composition import connected_desk, examine
from bot.doctor import Finding
from bot.settings import Settings
from tests.adapters.slack.room import SERVICE_DESK, account, channel, slack_policy
from tests.slack_server.server import APP_TOKEN, HARBOR, SlackServer
from tickets.policy import load

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack" / "manifest.yaml"


@pytest.fixture
def settings(server: SlackServer, tmp_path: Path) -> Settings:
    file = slack_policy(tmp_path)
    harbor = load([file]).organisation("harbor")
    for technician in harbor.technicians:
        server.add_user(account(technician.id), technician.name)
    for queue in harbor.queues:
        server.add_channel(channel(queue.id), queue.id)
    return Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path}/desk.db",
        firstline_policy=file,
        firstline_port=1,
        slack_bot_token=SecretStr(HARBOR.bot_token),
        slack_signing_secret=SecretStr("0123456789abcdef" * 2),
        slack_api_base_url=server.api_url,
    )


async def wrong(settings: Settings, *, card: bool = False) -> list[Finding]:
    """What is wrong with Slack, but for events, which nobody has sent."""
    found = [one for one in await examine(settings, card=card) if one.subject == "Slack"]
    assert all(one.mend for one in found if not one.ok)
    return [one for one in found if not one.ok and "no event" not in one.sentence]


def test_every_scope_of_the_manifest_is_explained_and_looked_for() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert scopes == sorted(NEEDED)
    told = (MANIFEST.parents[2] / "docs" / "slack.md").read_text(encoding="utf-8")
    assert all(f"`{scope}`" in told for scope in scopes)


async def test_a_workspace_that_is_well(settings: Settings, server: SlackServer) -> None:
    found = [one for one in await examine(settings, card=True) if one.subject == "Slack"]
    assert not await wrong(settings)
    told = " ".join(one.sentence for one in found if one.ok)
    for words in ("Harbor (T0HARBOR)", "every scope", "clock", "the desk is in #service-desk"):
        assert words in told


async def test_a_test_card_is_posted_changed_and_taken_back(settings: Settings, server: SlackServer) -> None:
    found = await examine(settings, card=True)
    assert any("a test card was posted" in one.sentence for one in found)
    assert server.calls["chat.postMessage"] == server.calls["chat.update"] == server.calls["chat.delete"] == 1
    assert not any(one for one in server.messages if not one.deleted)


@pytest.mark.parametrize(
    ("break_it", "sentence", "mend"),
    [
        ("token", "the bot token does not work: invalid_auth", "Bot User OAuth Token"),
        ("scope", "the scope reactions:read is missing, so emoji on messages are not noticed", "reinstall"),
        ("archived", "#service-desk (C0SERVICEDESK) is archived", "unarchive"),
        ("left", "the desk is not in #service-desk", "/invite @Firstline in #service-desk"),
        ("deleted", "the channel C0SERVICEDESK is not there, or private", "correct its id"),
        ("deactivated", "the account U0DANA of Dana Whitfield is deactivated", "hand their tickets on"),
        ("clock", "s ahead of Slack's", "NTP"),
        ("secret", "SLACK_SIGNING_SECRET does not look like one", "Basic Information"),
        ("nobodys", "belongs to no organisation", 'add "slack:T0HARBOR" to workspaces'),
    ],
)
async def test_what_is_wrong_is_named_with_its_mend(
    settings: Settings, server: SlackServer, break_it: str, sentence: str, mend: str
) -> None:
    match break_it:
        case "token":
            server.teams.clear()
        case "scope":
            server.scopes.remove("reactions:read")
        case "archived":
            server.channels[SERVICE_DESK].archived = True
        case "left":
            server.channels[SERVICE_DESK].member = False
        case "deleted":
            del server.channels[SERVICE_DESK]
        case "deactivated":
            server.users[account("dana")].deleted = True
        case "clock":
            server.now = lambda: time.time() - 600
        case "secret":
            settings.slack_signing_secret = SecretStr("xoxb-123")
        case "nobodys":
            file = settings.firstline_policy
            file.write_text(file.read_text().replace('"slack:T0HARBOR"', '"slack:T0OTHER"'))
    found = await wrong(settings)
    assert any(sentence in one.sentence and mend in one.mend for one in found), found


async def test_whether_events_arrive(settings: Settings, server: SlackServer) -> None:
    settings.slack_app_token = SecretStr(APP_TOKEN)
    settings.firstline_port = 0
    async with connected_desk(settings, migrate=True) as (address, slack):
        settings.firstline_port = int(address.rpartition(":")[2])
        told = [str(one) for one in await examine(settings) if one.subject == "Slack"]
        assert any("no event has arrived" in one for one in told)
        await server.write(account("maya"), "D0MAYA", "outlook keeps asking for my password")
        await server.quiet()
        told = [str(one) for one in await examine(settings) if one.subject == "Slack"]
        assert any("the last event arrived 1 min ago" in one for one in told)
        assert any("Slack opens a connection" in one for one in told)
        assert slack
        assert slack.socket
        assert slack.silence() is None
        slack.socket._began = 1.0
        slack.socket._client.last_ping_pong_time = time.time() - 61  # type: ignore[union-attr]
        assert slack.silence() == "Slack's connection has been silent for a minute."
    settings.slack_app_token = SecretStr("xapp-wrong")
    assert any("connections:write" in one.mend for one in await wrong(settings))
