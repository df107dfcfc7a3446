"""What `benchmarks.slack` measures, each in a process of its own: Bolt alone, or a desk behind our gate and Bolt.

`python -m benchmarks.slack_process bolt|desk PORT API_URL DATABASE_URL POLICY`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from adapters.slack.connection import SlackConnection, SlackSettings
from bot.desk import HelpDesk
from bot.settings import Settings
from bot.slack_rules import SlackRules
from bot.worker import Bell
from knowledge.library import Library
from tests.slack_server.server import HARBOR, SECRET
from tickets.database import Database
from tickets.policy import load


def bolt_alone() -> web.Application:
    """Signature, dispatch, a listener that does nothing, 200: what no app in Slack can do without."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=HARBOR.bot_user,
            bot_id=HARBOR.bot_id,
            bot_token=HARBOR.bot_token,
        )

    bolt = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    @bolt.event("message")
    async def nothing() -> None:
        pass

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.router.add_post("/slack/events", events)
    return app


async def desk(api_url: str, database_url: str, policy_file: Path) -> web.Application:
    """The whole way in; what is to leave waits in the outbox."""
    policy, library = load([policy_file]), Library(Settings().article_folders)
    database = Database(database_url)
    await database.open()
    slack = SlackConnection(
        SlackSettings(api_base_url=api_url, bot_token=HARBOR.bot_token, signing_secret=SECRET),
        SlackRules(lambda: policy),
    )
    events = slack.open(HelpDesk(database, lambda: policy, lambda: library, Bell()))
    app = web.Application()
    if events:
        app.add_subapp("/slack", events)
    return app


async def main() -> None:
    what, port, api_url, database_url, policy = sys.argv[1:]
    app = bolt_alone() if what == "bolt" else await desk(api_url, database_url, Path(policy))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(port)).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
