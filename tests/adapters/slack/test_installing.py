"""Several workspaces: installing, whose each is, tokens that nobody can read, renewal, and the end of one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import text

from bot.installations import DatabaseInstallations, Seal, WrongKey
from bot.messages import Address, Delivery, DeliveryFailed, Say
from knowledge.library import Library
from tests.adapters.slack.room import Room, slack_policy
from tests.clock import TestClock
from tests.slack_server.server import CLIENT, HARBOR, HTML, Fault, SlackServer, Team
from tickets.database import Database
from tickets.policy import load

SECRET = "a secret of thirty-two characters"
QUESTION = "outlook keeps asking for my password"
ACME = Team("T0ACME", "xoxb-acme", "U0ACMEDESK", "B0ACMEDESK")
SECOND = Team("T0SECOND", "xoxb-second", "U0SECONDDESK", "B0SECONDDESK")
GRID = Team("T0GRIDONE", "xoxb-grid", "U0GRIDDESK", "B0GRIDDESK", enterprise="E0GRID", whole_grid=True)
STRANGE = Team("T0STRANGE", "xoxb-strange", "U0STRANGEDESK", "B0STRANGEDESK")


@pytest.fixture
async def room(
    server: SlackServer, database: Database, clock: TestClock, library: Library, tmp_path: Path
) -> AsyncIterator[Room]:
    """Harbor with two workspaces, Acme with one and a Grid; nothing is installed yet."""
    harbor = slack_policy(tmp_path)
    words = harbor.read_text(encoding="utf-8")
    acme = tmp_path / "acme.toml"
    acme.write_text(
        words.replace('id = "harbor"', 'id = "acme"', 1)
        .replace('workspaces = ["slack:T0HARBOR", "web"]', 'workspaces = ["slack:T0ACME", "slack:E0GRID"]')
        .replace('"slack:C0', '"slack:C0ACME'),
        encoding="utf-8",
    )
    harbor.write_text(words.replace('"slack:T0HARBOR", "web"', '"slack:T0HARBOR", "slack:T0SECOND", "web"'))
    server.teams.clear()
    opened = Room(
        database,
        clock,
        library,
        server,
        load([harbor, acme]),
        kept=DatabaseInstallations(Seal([SECRET]), database),
    )
    server.event_now = lambda: clock.now.timestamp()
    await opened.open()
    yield opened
    await opened.close()
    assert not server.problems


async def install(room: Room, team: Team) -> tuple[int, str]:
    """What an administrator's browser sees in the end."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{room.url}/install", allow_redirects=False) as answer:
            sent = urlsplit(answer.headers["Location"])
            asked = {name: values[0] for name, values in parse_qs(sent.query).items()}
            cookie = answer.cookies["firstline_slack_install"]
        assert (sent.netloc, sent.path) == ("slack.com", "/oauth/v2/authorize")
        assert asked["client_id"] == CLIENT[0]
        assert set(asked["scope"].split(",")) <= room.server.scopes | {"x"}
        assert cookie["httponly"]
        back = {"code": room.server.allow(team), "state": asked["state"]}
        async with browser.get(f"{room.url}/oauth_redirect", params=back) as answer:
            return answer.status, await answer.text()


async def asks(room: Room, team: Team, user: str) -> list[str]:
    """Somebody of a workspace writes a direct message; what stands in its thread."""
    before, room.server.team = room.server.team, team
    try:
        if user not in room.server.users:
            room.server.add_user(user, user.title())
        message, answer = await room.server.write(user, room.server.direct(user), QUESTION)
        assert answer.status == 200
        await room.settle()
    finally:
        room.server.team = before
    return [one.shown for one in room.server.at(message.channel, message.ts)][1:]


async def test_each_workspace_is_answered_in_its_own_organisation(room: Room) -> None:
    assert await asks(room, HARBOR, "U0MAYA") == [], "nothing is installed"
    for team in (HARBOR, ACME):
        status, page = await install(room, team)
        assert (status, f"{team.id.title()} is connected" in page) == (200, True)
    assert "Outlook keeps asking" in (await asks(room, HARBOR, "U0MAYA"))[0]
    assert "Outlook keeps asking" in (await asks(room, ACME, "U0ANA"))[0]
    async with room.database.reading() as tx:
        rows = await tx.session.execute(text("SELECT account, organisation FROM person ORDER BY account"))
        assert [tuple(row) for row in rows] == [("U0ANA", "acme"), ("U0MAYA", "harbor")]


async def test_a_whole_grid_is_installed_once(room: Room) -> None:
    assert (await install(room, GRID))[0] == 200
    assert "Outlook keeps asking" in (await asks(room, GRID, "U0KIM"))[0]
    async with room.database.reading() as tx:
        assert (await tx.session.execute(text("SELECT organisation FROM person"))).scalar_one() == "acme"


async def test_a_workspace_of_nobody_is_not_kept(room: Room) -> None:
    status, page = await install(room, STRANGE)
    assert status == 403
    assert "&quot;slack:T0STRANGE&quot; to workspaces in the policy" in page
    assert room.server.calls["auth.revoke"] == 1
    assert await kept(room) == []


async def kept(room: Room) -> list[tuple[str, str, str]]:
    async with room.database.reading() as tx:
        rows = await tx.session.execute(
            text("SELECT workspace, sealed, paused FROM installation ORDER BY workspace")
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


async def test_no_token_can_be_read_in_the_database(room: Room) -> None:
    await install(room, HARBOR)
    ((_, sealed, _),) = await kept(room)
    assert sealed
    assert "xoxb" not in sealed
    changed = DatabaseInstallations(Seal(["another secret of thirty-two chars", SECRET]), room.database)
    found = await changed.find("slack", "T0HARBOR")
    assert found
    assert found.tokens["bot"].startswith("xoxb-harbor")
    assert "xoxb" not in repr(found)
    with pytest.raises(WrongKey):
        await DatabaseInstallations(Seal(["a third secret of thirty-two chars"]), room.database).all("slack")


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_what_one_workspace_ends_is_the_end_of_it_alone(room: Room, kind: str) -> None:
    """Row 38."""
    for team in (HARBOR, ACME):
        await install(room, team)
    await room.pass_time(minutes=1)
    assert (await room.server.uninstall(HARBOR, kind=kind)).status == 200
    assert await asks(room, HARBOR, "U0MAYA") == []
    assert "Outlook keeps asking" in (await asks(room, ACME, "U0ANA"))[0]
    (acme, harbor) = await kept(room)
    assert acme[1:] != ("", "")
    assert harbor[1] == "", "its token is forgotten"
    waiting = Delivery("harbor.1", "harbor", Say(address=Address("slack", "T0HARBOR/U0MAYA"), text="Hello"))
    with pytest.raises(DeliveryFailed) as paused:
        await room.slack.platform.deliver(waiting)
    assert (paused.value.permanent, paused.value.retry_after) == (False, 600), "its messages wait"
    checked = [one async for one in room.slack.checkup(card=False)]
    assert any("Harbor) is paused" in f"{one.sentence}".replace("T0HARBOR", "Harbor") for one in checked)

    await room.pass_time(minutes=1)
    assert (await install(room, HARBOR))[0] == 200
    room.ticker.now += 31
    await room.slack.platform.deliver(waiting)


async def test_the_news_of_an_old_end_does_not_end_what_was_installed_since(room: Room) -> None:
    began = room.clock.now.timestamp()
    await room.pass_time(minutes=5)
    await install(room, HARBOR)
    before = dict(room.server.teams)
    await room.server.uninstall(HARBOR, at=began)
    room.server.teams.update(before)
    assert "Outlook keeps asking" in (await asks(room, HARBOR, "U0MAYA"))[0]


async def test_somebodys_own_token_is_none_of_ours(room: Room) -> None:
    await install(room, HARBOR)
    await room.server.send_event({"type": "tokens_revoked", "tokens": {"oauth": ["U0MAYA"], "bot": []}})
    assert "Outlook keeps asking" in (await asks(room, HARBOR, "U0MAYA"))[0]


# ------------------------------------------------------------------------------------------------------- renewal


async def test_tokens_that_expire_are_renewed_in_time_also_for_what_only_leaves(room: Room) -> None:
    room.server.token_lifetime = 12 * 3600
    await install(room, HARBOR)
    first = (await kept(room))[0][1]
    hello = Delivery("harbor.1", "harbor", Say(address=Address("slack", "T0HARBOR/U0MAYA"), text="Hello"))
    await room.slack.platform.deliver(hello)
    assert room.server.calls["oauth.v2.access"] == 1
    room.clock.move(hours=11)
    room.ticker.now += 31
    await room.slack.platform.deliver(hello)
    await room.slack.platform.deliver(hello)
    assert room.server.calls["oauth.v2.access"] == 2
    assert (await kept(room))[0][1] != first


async def test_while_slack_is_away_the_old_token_serves_and_a_refusal_pauses(room: Room) -> None:
    room.server.token_lifetime = 12 * 3600
    await install(room, HARBOR)
    room.clock.move(hours=11)
    room.server.misbehave("oauth.v2.access", HTML)
    hello = Delivery("harbor.1", "harbor", Say(address=Address("slack", "T0HARBOR/U0MAYA"), text="Hello"))
    await room.slack.platform.deliver(hello)
    room.clock.move(hours=2)
    room.ticker.now += 31
    refused = Fault(200, {"ok": False, "error": "invalid_refresh_token"})
    room.server.misbehave("oauth.v2.access", refused)
    for _ in range(2):
        with pytest.raises(DeliveryFailed) as waits:
            await room.slack.platform.deliver(hello)
        assert not waits.value.permanent
        async with room.database.transaction() as tx:
            await tx.session.execute(text("UPDATE installation SET renewing_until = NULL"))
        room.ticker.now += 31
    assert "could not be renewed" in (await kept(room))[0][2]


async def test_only_one_process_renews(room: Room) -> None:
    await install(room, HARBOR)
    minute = timedelta(minutes=1)
    assert room.kept
    assert await room.kept.may_renew("slack", "T0HARBOR", minute)
    assert not await room.kept.may_renew("slack", "T0HARBOR", minute)
    await install(room, HARBOR)
    assert await room.kept.may_renew("slack", "T0HARBOR", minute), (
        "with new tokens there is nothing to wait for"
    )


# ------------------------------------------------------------------------------------------------ forged and broken


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "x"},
        {"code": "x", "state": "1.2.3"},
        {"code": "x", "state": "żółw"},
        {"code": "x", "state": "99999999999999999999.x.y"},
        {"error": "access_denied"},
    ],
)
async def test_what_did_not_begin_here_ends_here(room: Room, query: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession(cookies={"firstline_slack_install": query.get("state", "")}) as browser,
        browser.get(f"{room.url}/oauth_redirect", params=query) as answer,
    ):
        assert answer.status == 400
        assert "begin again" in await answer.text()
    assert room.server.calls["oauth.v2.access"] == 0


async def test_a_state_of_another_browser_is_refused(room: Room) -> None:
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(f"{room.url}/install", allow_redirects=False) as sent,
    ):
        state = parse_qs(urlsplit(sent.headers["Location"]).query)["state"][0]
    async with (
        aiohttp.ClientSession() as another,
        another.get(
            f"{room.url}/oauth_redirect", params={"code": room.server.allow(HARBOR), "state": state}
        ) as end,
    ):
        assert end.status == 400
    assert await kept(room) == []


@pytest.mark.parametrize(
    "fault", [HTML, Fault(200, {"ok": False, "error": "invalid_code"}), Fault(500, "no")]
)
async def test_what_slack_refuses_is_said(room: Room, fault: Fault) -> None:
    room.server.misbehave("oauth.v2.access", fault)
    status, page = await install(room, HARBOR)
    assert status == 502
    assert "begin again at /slack/install" in page
    assert "xoxb" not in page


# --------------------------------------------------------------------------------------------------- bare channels


async def test_a_channel_without_a_workspace_is_in_the_first_one(room: Room) -> None:
    for team in (HARBOR, SECOND):
        await install(room, team)
    room.server.team = SECOND
    message, _ = await room.server.write("U0MAYA", "C0HELP", QUESTION)
    await room.settle()
    assert len(room.server.at("C0HELP", message.ts)) == 1, (
        "the second workspace's channel of the same id is another"
    )
    room.server.team = HARBOR
    message, _ = await room.server.write("U0MAYA", "C0HELP", QUESTION)
    await room.settle()
    assert len(room.server.at("C0HELP", message.ts)) == 2
    await room.server.uninstall(HARBOR)
    card = Delivery("harbor.9", "harbor", Say(address=Address("slack", "C0SERVICEDESK"), text="Hello"))
    room.ticker.now += 31
    with pytest.raises(DeliveryFailed, match="not installed in T0HARBOR"):
        await room.slack.platform.deliver(card)
