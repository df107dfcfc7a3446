"""Where our apps are installed, with their tokens: kept in the database, readable only with a key that is not in it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import JSON, or_, select, update
from sqlmodel import Field, SQLModel, col

from bot.availability import neutral
from bot.messages import DeskUnavailable, Installation
from tickets.database import Database, UtcDateTime


class InstallationRow(SQLModel, table=True):
    __tablename__ = "installation"

    platform: str = Field(primary_key=True)
    workspace: str = Field(primary_key=True)
    organisation: str
    about: dict[str, Any] = Field(sa_type=JSON)
    """What anybody may know about it."""
    sealed: str
    """Its tokens, encrypted; empty once they are worth nothing."""
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    installed_at: datetime = Field(sa_type=UtcDateTime)
    paused: str = ""
    """Why nothing is taken in from there, or sent there."""
    renewing_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until when one process has the right to renew its tokens: a token for renewal works once."""


class Seal:
    """Encrypts and authenticates (Fernet). Of several secrets the first seals, and each opens: so they are changed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()) for secret in secrets]
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def close(self, tokens: Mapping[str, str]) -> str:
        return self._fernet.encrypt(json.dumps(dict(tokens)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """
        Raises:
            WrongKey: it was sealed with another secret.
        """
        try:
            found: dict[str, str] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            raise WrongKey(
                "what is kept of Slack's tokens was encrypted with another SLACK_TOKEN_KEY"
            ) from None
        return found


class WrongKey(DeskUnavailable):
    """Tokens cannot be read with the key that there is."""


class DatabaseInstallations:
    """The `Installations` of `bot.messages`."""

    def __init__(self, seal: Seal, database: Database) -> None:
        self._seal = seal
        self._database = database

    @neutral
    async def keep(self, found: Installation) -> None:
        async with self._database.transaction() as tx:
            row = await tx.session.get(InstallationRow, (found.platform, found.workspace))
            told = asdict(found) | {"about": dict(found.about)}
            tokens = told.pop("tokens")
            kept = InstallationRow(**told, sealed=self._seal.close(tokens) if tokens else "")
            if row is None:
                tx.session.add(kept)
            else:
                for name in told.keys() | {"sealed"}:
                    setattr(row, name, getattr(kept, name))
                row.renewing_until = None

    @neutral
    async def find(self, platform: str, workspace: str) -> Installation | None:
        async with self._database.reading() as tx:
            row = await tx.session.get(InstallationRow, (platform, workspace))
            return self._installation(row) if row else None

    @neutral
    async def all(self, platform: str) -> Sequence[Installation]:
        query = select(InstallationRow).where(col(InstallationRow.platform) == platform)
        async with self._database.reading() as tx:
            rows = (await tx.session.execute(query.order_by(col(InstallationRow.workspace)))).scalars().all()
            return [self._installation(row) for row in rows]

    @neutral
    async def pause(self, platform: str, workspace: str, why: str, at: datetime) -> bool:
        row = InstallationRow
        async with self._database.transaction() as tx:
            paused = await tx.session.execute(
                update(row)
                .where(
                    col(row.platform) == platform,
                    col(row.workspace) == workspace,
                    col(row.installed_at) <= at,
                )
                .values(paused=why, sealed="", expires_at=None)
            )
            return bool(paused.rowcount)  # type: ignore[attr-defined]

    @neutral
    async def may_renew(self, platform: str, workspace: str, within: timedelta) -> bool:
        row = InstallationRow
        async with self._database.transaction() as tx:
            free = or_(col(row.renewing_until).is_(None), col(row.renewing_until) <= tx.database_now)
            won = await tx.session.execute(
                update(row)
                .where(col(row.platform) == platform, col(row.workspace) == workspace, free)
                .values(renewing_until=tx.database_now + within)
            )
            return bool(won.rowcount)  # type: ignore[attr-defined]

    def _installation(self, row: InstallationRow) -> Installation:
        return Installation(
            platform=row.platform,
            workspace=row.workspace,
            organisation=row.organisation,
            about=row.about,
            tokens=self._seal.open(row.sealed) if row.sealed else {},
            expires_at=row.expires_at,
            installed_at=row.installed_at,
            paused=row.paused,
        )
