"""Slack's agent view, where the workspace has it: a status while the desk looks, and prompts to begin with."""

from __future__ import annotations

import pytest

from tests.adapters.slack.room import HELP, Room

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_status_while_the_desk_looks_and_prompts_to_begin_with(room: Room) -> None:
    room.server.has_agent_view = True
    maya = room.person("maya")
    await room.server.open_app(maya.id, "messages")
    first = await maya.says("outlook keeps asking for my password")
    await maya.says("talk to a person")
    await maya.in_channel(HELP).says("my vpn is down")
    await room.slack.door.close()  # type: ignore[union-attr]
    assert room.server.statuses == [(maya.home, first.ts, "is looking…")], "only where an answer is certain"
    prompts = room.server.prompts[maya.home]
    assert 1 <= len(prompts) <= 4
    for prompt in prompts:
        asked = maya.elsewhere()
        await asked.says(prompt["message"])
        assert len(asked.sees()) == 2, "each prompt has an answer"


async def test_a_workspace_without_it_is_not_asked_again_and_again(room: Room) -> None:
    maya = room.person("maya")
    for _ in range(4):
        await maya.elsewhere().says("outlook keeps asking for my password")
        await room.slack.door.close()  # type: ignore[union-attr]
    assert room.server.calls["assistant.threads.setStatus"] == 1
