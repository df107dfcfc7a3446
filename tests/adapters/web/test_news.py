"""Reading once for many pages, without anyone missing anything."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from adapters.web import news
from adapters.web.news import Feed, Pulse, Shared, is_at_or_below
from bot.messages import Address, Say

ROOT = Address("web", "person")


class CountingMailbox:
    """Passes reads on, and counts them."""

    def __init__(self, mailbox) -> None:
        self._mailbox = mailbox
        self.reads = 0

    async def read(self, organisation, address, *, below=False, since=None):
        self.reads += 1
        return await self._mailbox.read(organisation, address, below=below, since=since)


@pytest.fixture
def feed(page):
    return Feed(CountingMailbox(page.mailbox), "acme", ROOT)


@pytest.fixture
async def pulse(page):
    pulse = Pulse()
    beating = asyncio.create_task(pulse.run(page.bell))
    await asyncio.sleep(0)
    yield pulse
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)


async def test_a_ring_is_a_beat_at_once(pulse, page):
    began = time.monotonic()
    page.bell.ring()
    await pulse.after(0)
    assert time.monotonic() - began < 0.1


async def test_a_burst_of_rings_is_few_beats_and_the_last_ring_is_not_missed(pulse, page):
    began = time.monotonic()
    for _ in range(50):
        page.bell.ring()
        await asyncio.sleep(0.001)
    before = pulse.beats
    await asyncio.sleep(news.REST_SECONDS * 2)
    rests = (time.monotonic() - began) / news.REST_SECONDS
    assert before < pulse.beats <= rests + 1
    assert pulse.beats < 50


@pytest.mark.slow
async def test_without_rings_it_beats_every_second(pulse):
    began = time.monotonic()
    await pulse.after(1)
    assert 1.5 < time.monotonic() - began < 10


async def test_the_end_wakes_everybody():
    pulse = Pulse()
    waiting = [asyncio.create_task(pulse.after(0)) for _ in range(3)]
    await asyncio.sleep(0)
    pulse.stop()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    await asyncio.wait_for(pulse.after(10_000), 1)


async def test_a_change_is_told_once_however_many_ask(page, feed, names):
    await feed.catch_up(1)
    there = Address("web", names.conversation(names.ana))
    posted = await page.deliver(Say(address=there, text="one"))
    await asyncio.gather(*(feed.catch_up(2) for _ in range(20)))
    assert feed._mailbox.reads == 2
    assert [message.id for message in feed.after(1)] == [posted]
    assert feed.after(2) == []
    await feed.catch_up(3)
    assert feed.after(2) == []
    assert [message.id for message in feed.after(1)] == [posted]
    await page.deliver(Say(address=there, text="two"), posted)
    await feed.catch_up(4)
    assert [message.revision for message in feed.after(3)] == [1]


async def test_a_page_that_is_older_than_the_feed_must_ask_for_everything(feed):
    await feed.catch_up(5)
    assert feed.after(4) is None
    assert feed.after(5) == []


async def test_more_changes_than_are_read_at_once_mean_everything_again(page, feed, names, monkeypatch):
    monkeypatch.setattr(news, "PAGE", 3)
    await feed.catch_up(1)
    for _ in range(3):
        await page.deliver(Say(address=Address("web", names.conversation(names.ana)), text="more"))
    await feed.catch_up(2)
    assert feed.after(1) is None
    assert len(feed.after(2)) == 0


async def test_what_is_old_is_forgotten_and_said_so(page, feed, names, monkeypatch):
    await feed.catch_up(1)
    await page.deliver(Say(address=Address("web", names.conversation(names.ana)), text="old"))
    await feed.catch_up(2)
    assert len(feed.after(1)) == 1
    monkeypatch.setattr(news, "KEPT_SECONDS", 0.0)
    feed._read_at = datetime.now(UTC)
    await asyncio.sleep(0.01)
    await feed.catch_up(3)
    assert feed.after(1) is None


async def test_an_answer_is_fetched_once_for_all_who_ask_together():
    shared, fetched = Shared(), 0

    async def fetch() -> int:
        nonlocal fetched
        fetched += 1
        await asyncio.sleep(0.01)
        return fetched

    assert await asyncio.gather(*(shared.get("a", fetch, seconds=1) for _ in range(9))) == [1] * 9
    assert await shared.get("a", fetch, seconds=0) == 2
    assert await shared.get("b", fetch, seconds=1) == 3


async def test_a_failure_is_told_to_all_and_not_kept():
    shared, failing = Shared(), True

    async def fetch() -> str:
        await asyncio.sleep(0)
        if failing:
            raise ValueError
        return "well"

    failures = await asyncio.gather(
        *(shared.get("a", fetch, seconds=9) for _ in range(3)), return_exceptions=True
    )
    assert [type(failure) for failure in failures] == [ValueError] * 3
    failing = False
    assert await shared.get("a", fetch, seconds=9) == "well"


async def test_a_page_that_goes_away_does_not_take_the_answer_from_the_others():
    shared, release = Shared(), asyncio.Event()

    async def fetch() -> str:
        await release.wait()
        return "well"

    leaving = asyncio.create_task(shared.get("a", fetch, seconds=9))
    staying = asyncio.create_task(shared.get("a", fetch, seconds=9))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    release.set()
    assert await staying == "well"


@pytest.mark.parametrize(
    ("route", "inside"),
    [
        ("person/ana", True),
        ("person/ana/1", True),
        ("person/ana/1/2", True),
        ("person/anabel/1", False),
        ("person/ben/1", False),
        ("person", False),
    ],
)
def test_what_is_below_an_address(route, inside):
    assert is_at_or_below(Address("web", "person/ana"), Address("web", route)) is inside
    assert not is_at_or_below(Address("slack", "person/ana"), Address("web", route))
