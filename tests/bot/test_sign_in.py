"""Sign-in links and sessions: once, for a while, and nothing in the database opens a door."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot.messages import Person
from bot.sign_in import LINK_LIFETIME, SESSION_LIFETIME, DatabaseSignIn, SignInToken
from tickets.database import Database

DANA = Person("harbor", "web", "dana", "Dana Reyes", "dana@harbor.test", timezone="America/Denver")


@pytest.fixture
def sign_in(database: Database) -> DatabaseSignIn:
    return DatabaseSignIn(database)


async def age(database: Database, by: timedelta) -> None:
    """Let every token be that much older."""
    async with database.transaction() as tx:
        for token in (await tx.session.execute(select(SignInToken))).scalars():
            token.expires_at -= by


class TestLinks:
    async def test_opens_a_session_of_its_person(self, sign_in: DatabaseSignIn) -> None:
        session = await sign_in.redeem(await sign_in.issue_link(DANA))
        assert session
        assert await sign_in.person(session) == DANA

    async def test_works_once(self, sign_in: DatabaseSignIn) -> None:
        link = await sign_in.issue_link(DANA)
        assert await sign_in.redeem(link)
        assert await sign_in.redeem(link) is None

    async def test_works_once_for_two_who_press_at_the_same_time(
        self, sign_in: DatabaseSignIn, database_url: str
    ) -> None:
        replica = Database(database_url)
        others = DatabaseSignIn(replica) if not replica.is_sqlite else sign_in
        link = await sign_in.issue_link(DANA)
        sessions = await asyncio.gather(*((sign_in, others)[turn % 2].redeem(link) for turn in range(6)))
        assert sum(session is not None for session in sessions) == 1
        await replica.close()

    async def test_looking_at_it_spends_nothing(self, sign_in: DatabaseSignIn) -> None:
        """A preview opens the link; only pressing the button redeems it."""
        link = await sign_in.issue_link(DANA)
        for _ in range(3):
            assert await sign_in.person(link) is None
        assert await sign_in.redeem(link)

    async def test_expires(self, sign_in: DatabaseSignIn, database: Database) -> None:
        young, old = await sign_in.issue_link(DANA), None
        await age(database, LINK_LIFETIME - timedelta(minutes=1))
        assert await sign_in.redeem(young)
        old = await sign_in.issue_link(DANA)
        await age(database, LINK_LIFETIME)
        assert await sign_in.redeem(old) is None

    @pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "ż" * 1000, "' OR 1=1 --", "\x00"])
    async def test_what_never_was_opens_nothing(self, sign_in: DatabaseSignIn, token: str) -> None:
        await sign_in.issue_link(DANA)
        assert await sign_in.redeem(token) is None
        assert await sign_in.person(token) is None
        await sign_in.sign_out(token)


class TestSessions:
    async def test_lasts(self, sign_in: DatabaseSignIn, database: Database) -> None:
        session = await sign_in.redeem(await sign_in.issue_link(DANA))
        assert session
        await age(database, SESSION_LIFETIME - timedelta(minutes=1))
        for _ in range(3):
            assert await sign_in.person(session) == DANA
        await age(database, timedelta(minutes=1))
        assert await sign_in.person(session) is None

    async def test_ends_at_sign_out(self, sign_in: DatabaseSignIn) -> None:
        first, second = [await sign_in.redeem(await sign_in.issue_link(DANA)) for _ in range(2)]
        assert first
        assert second
        await sign_in.sign_out(first)
        assert await sign_in.person(first) is None
        assert await sign_in.person(second) == DANA

    async def test_is_no_link_and_a_link_is_no_session(self, sign_in: DatabaseSignIn) -> None:
        link = await sign_in.issue_link(DANA)
        await sign_in.sign_out(link)
        session = await sign_in.redeem(link)
        assert session, "signing out with a link has spent it"
        assert await sign_in.redeem(session) is None
        assert await sign_in.person(session) == DANA

    async def test_keeps_its_organisation(self, sign_in: DatabaseSignIn) -> None:
        other = Person("acme", "web", "dana", "Dana of Acme")
        sessions = [await sign_in.redeem(await sign_in.issue_link(person)) for person in (DANA, other)]
        assert [await sign_in.person(session or "") for session in sessions] == [DANA, other]


class TestTokens:
    async def test_are_long_random_and_not_stored(self, sign_in: DatabaseSignIn, database: Database) -> None:
        links = [await sign_in.issue_link(DANA) for _ in range(20)]
        session = await sign_in.redeem(links[0])
        assert len(set(links)) == 20
        assert all(len(link) >= 43 for link in links)  # 256 bits
        async with database.reading() as tx:
            stored = (await tx.session.execute(text("SELECT * FROM sign_in_token"))).all()
        assert len(stored) == 20
        assert not any(token in str(row) for row in stored for token in (*links, session or ""))

    async def test_a_copy_of_the_database_opens_nothing(
        self, sign_in: DatabaseSignIn, database: Database
    ) -> None:
        await sign_in.issue_link(DANA)
        async with database.reading() as tx:
            digest = (await tx.session.execute(select(SignInToken.digest))).scalar() or ""
        assert await sign_in.redeem(digest) is None

    async def test_one_whose_time_was_changed_by_an_operator_ends(
        self, sign_in: DatabaseSignIn, database: Database
    ) -> None:
        session = await sign_in.redeem(await sign_in.issue_link(DANA))
        async with database.transaction() as tx:
            await tx.session.execute(update(SignInToken).values(expires_at=tx.database_now))
        assert await sign_in.person(session or "") is None
