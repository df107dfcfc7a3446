from __future__ import annotations

import pytest

from bot.composition import Settings
from bot.demo import cast
from knowledge.library import Library
from tests.clock import TestClock
from tests.story import Story
from tickets.database import Database
from tickets.policy import Policy, load


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load([cast.POLICY])


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(Settings().article_folders)


@pytest.fixture
async def story(database: Database, clock: TestClock, policy: Policy, library: Library) -> Story:
    await cast.seed(database, policy.organisation("harbor"))
    return Story(database, clock, policy, library)
