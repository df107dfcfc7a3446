"""Versions of the tables, applied by alembic; `firstline db upgrade` runs them, and tests make every schema with them.

Importing alembic takes longer than serving a message, so only what migrates imports this package.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from tickets.database import Database

FOLDER = Path(__file__).parent


async def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to `revision`. Each migration is one transaction: interrupted, it leaves the one before."""

    def run(connection: Connection) -> None:
        command.upgrade(configuration(connection), revision)

    async with database.engine.connect() as connection:
        await connection.run_sync(run)


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config
