"""Sign-in to the web page: a one-time link, handed out by whoever runs the desk, opens a session.

Tokens are 256 random bits; only their SHA-256 is stored, so that a copy of the database opens nothing. Opening
the link shows a button and spends nothing (previews open links); pressing it redeems the token, once.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Field, SQLModel, col

from bot.availability import neutral
from bot.messages import Person
from tickets.database import Database, Transaction, UtcDateTime

LINK_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=12)


class SignInToken(SQLModel, table=True):
    __tablename__ = "sign_in_token"

    digest: str = Field(primary_key=True)
    organisation: str
    purpose: str
    """`link` or `session`."""
    account: str
    name: str
    email: str | None = None
    timezone: str | None = None
    expires_at: datetime = Field(sa_type=UtcDateTime)


class DatabaseSignIn:
    """The `SignIn` of `bot.messages`, for accounts of the web platform."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue_link(self, person: Person) -> str:
        """A token that `redeem` takes once within `LINK_LIFETIME`."""
        return await self._issue("link", person, LINK_LIFETIME)

    @neutral
    async def redeem(self, link_token: str) -> str | None:
        person = await self._find("link", link_token, spend=True)
        return await self._issue("session", person, SESSION_LIFETIME) if person else None

    @neutral
    async def person(self, session_token: str) -> Person | None:
        return await self._find("session", session_token)

    @neutral
    async def sign_out(self, session_token: str) -> None:
        await self._find("session", session_token, spend=True)

    async def _issue(self, purpose: str, person: Person, lifetime: timedelta) -> str:
        token = secrets.token_urlsafe(32)
        async with self._database.transaction(person.organisation) as tx:
            tx.session.add(
                SignInToken(
                    digest=_digest(token),
                    organisation=person.organisation,
                    purpose=purpose,
                    account=person.id,
                    name=person.name,
                    email=person.email,
                    timezone=person.timezone,
                    expires_at=tx.database_now + lifetime,
                )
            )
        return token

    async def _find(self, purpose: str, token: str, *, spend: bool = False) -> Person | None:
        """The token says which organisation it is of, so it is looked up before that is known."""
        wanted = (col(SignInToken.digest) == _digest(token), col(SignInToken.purpose) == purpose)
        if spend:
            async with self._database.transaction() as tx:
                found = (
                    await tx.session.execute(delete(SignInToken).where(*wanted).returning(SignInToken))
                ).scalar_one_or_none()
        else:
            async with self._database.reading() as tx:
                found = (await tx.session.execute(select(SignInToken).where(*wanted))).scalar_one_or_none()
        if found is None or found.expires_at <= tx.database_now:
            return None
        return Person(
            organisation=found.organisation,
            platform="web",
            id=found.account,
            name=found.name,
            email=found.email,
            timezone=found.timezone,
        )


async def forget_expired(tx: Transaction) -> None:
    """Remove links and sessions that open nothing any more."""
    await tx.session.execute(delete(SignInToken).where(col(SignInToken.expires_at) <= tx.database_now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
