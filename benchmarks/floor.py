"""The floor that the desk is compared with: an aiohttp handler that stores what it got in one row, and commits.

The same database with the same settings, the same machine, the same minute. `driver` is the least that is possible:
the database's own driver and one statement. `ours` is the same row through a transaction of Firstline's, so that one
sees what those cost by themselves.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import aiosqlite
import asyncpg
from aiohttp import web
from sqlalchemy import make_url, text

from bot.composition import asked_to_stop
from tests.end_to_end.desk_process import add_usage, serve
from tickets.database import Database

TABLE = "CREATE TABLE IF NOT EXISTS floor (id text PRIMARY KEY, body text NOT NULL)"
INSERT = "INSERT INTO floor (id, body) VALUES (:id, :body)"

Keep = Callable[[str, str], Awaitable[None]]


async def sqlite(url: str) -> Keep:
    connection = await aiosqlite.connect(make_url(url).database or "", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=2000", "foreign_keys=ON"):
        await connection.execute(f"PRAGMA {pragma}")
    await connection.execute(TABLE)

    async def keep(id_: str, body: str) -> None:
        await connection.execute(
            INSERT, {"id": id_, "body": body}
        )  # commits by itself: one statement, one sync

    return keep


async def postgresql(url: str) -> Keep:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    pool = await asyncpg.create_pool(plain, min_size=10, max_size=10)
    await pool.execute(TABLE)

    async def keep(id_: str, body: str) -> None:
        await pool.execute("INSERT INTO floor (id, body) VALUES ($1, $2)", id_, body)

    return keep


async def ours(url: str) -> Keep:
    database = Database(url)
    await database.open(exclusive=False)
    async with database.engine.begin() as connection:
        await connection.execute(text(TABLE))
        if not database.is_sqlite:
            await connection.execute(text("GRANT ALL ON floor TO PUBLIC"))

    async def keep(id_: str, body: str) -> None:
        async with database.transaction("harbor") as tx:
            await tx.session.execute(text(INSERT), {"id": id_, "body": body})

    return keep


def endpoint(keep: Keep) -> web.Application:
    async def receive(request: web.Request) -> web.Response:
        event = await request.json()
        await keep(event["event_id"], json.dumps(event))
        return web.json_response(None)

    app = web.Application()
    app.router.add_post("/event", receive)
    add_usage(app)
    return app


async def run(database: str, port: int, part: str, **_: Any) -> None:
    driver = sqlite if database.startswith("sqlite") else postgresql
    keep = await (ours if part == "ours" else driver)(database)
    runner = await serve(endpoint(keep), port)
    await asked_to_stop()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))
