"""What nobody should have pasted is gone before anything is stored, matched, logged or relayed."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from tests.story import Story
from tickets.database import Database

SECRET = "Winter-Sun-2026!x"


async def everything(database: Database) -> str:
    """All that the database holds, as text."""
    async with database.reading() as tx:
        if database.is_sqlite:
            names = (
                await tx.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            ).scalars()
        else:
            names = (
                await tx.session.execute(
                    text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
                )
            ).scalars()
        rows = []
        for name in names.all():
            if name != "alembic_version":
                rows += [str(row) for row in (await tx.session.execute(text(f"SELECT * FROM {name}"))).all()]
    return "\n".join(rows)


async def test_a_pasted_password_is_nowhere(story: Story, caplog: pytest.LogCaptureFixture, capsys) -> None:  # type: ignore[no-untyped-def]
    caplog.set_level(logging.DEBUG)
    maya, dana = story.employee("maya"), story.technician("dana")
    await maya.says(f"outlook keeps asking, my password is {SECRET}")
    assert "Your message contained a password. I removed it before anything was stored" in maya.sees()[0].text
    await maya.says("talk to a person")
    number = await story.opened(maya.elsewhere("2"), f"qqqq wwww password: {SECRET}")
    await dana.presses("Claim", on=number)
    await maya.elsewhere("2").says(f"pw: {SECRET}")
    typed = await maya.elsewhere("2").says("here it comes")
    await maya.elsewhere("2").edits(typed, f"the password is {SECRET}")
    await dana.fills(await dana.presses("Reply…", on=number), text=f"Your temporary password: {SECRET}")
    await dana.fills(await dana.presses("Internal note…", on=number), text=f"told her the password: {SECRET}")
    assert SECRET not in await everything(story.database)
    assert all(SECRET not in str(delivery) for delivery in story.platform.deliveries)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capsys.readouterr())


async def test_a_card_number_too(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("the terminal refused 4111 1111 1111 1111 twice")
    assert "Your message contained a card number." in maya.sees()[0].text
    assert "4111" not in await everything(story.database)


async def test_no_secret_no_warning(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("my password is not accepted any more")
    assert "removed" not in maya.sees()[0].text
