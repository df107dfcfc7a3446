"""A desk that runs: what it stands on, its loops, and the auditor that says whether it still does its work.

It knows no adapter; the composition root hands it the platforms.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from bot import outbox, outcomes
from bot.codec import from_json
from bot.conversations import forget_events
from bot.desk import HelpDesk
from bot.fetched import Fetched
from bot.growing import tell_owners
from bot.messages import Address, ChatPlatform, Effect, Say, ShowCard, Urgency
from bot.metrics import OPEN_TICKETS, OUTBOX_AGE
from bot.outbox import OutboxRow, OutboxState
from bot.reviews import review_some
from bot.rounds import go_round
from bot.sign_in import forget_expired
from bot.turn import CARD_KEY
from bot.wording import delivery_died
from bot.worker import Bell, Courier, Loop
from knowledge.library import Library
from problems import Problem, ProblemsFound
from tickets import store
from tickets.database import Database, DatabaseUnavailable
from tickets.policy import UnknownInPolicy, load

log = structlog.get_logger()

ALERT_KEY = "alert:"
"""What the key of every notice about something dead begins with: one for each place that takes nothing any more."""

GRACE = 15.0
"""Seconds for what is in flight when the desk stops; a process manager waits 20 before it kills."""

RELOAD_EVERY = 5.0
AUDIT_EVERY = 15.0
ROUND_EVERY = 20.0
STILL = 60.0
"""Seconds without a turn after which a loop counts as dead."""

REVIEW_LATE = timedelta(minutes=5)
"""How late a review may be before the auditor says that promises are not being watched."""

EVENTS_KEPT, DELIVERED_KEPT, DEAD_KEPT = timedelta(days=7), timedelta(days=30), timedelta(days=180)

POSTED_KEPT = timedelta(days=180)
"""How long a message other than a ticket's card can be updated: a copy when its original is edited, a question."""


class PolicyFiles:
    """The policy as last read without mistakes; a bad edit keeps the old one and is reported."""

    def __init__(self, files: Callable[[], Sequence[Path]], feeds: Fetched | None = None) -> None:
        self._files = files
        self._feeds = feeds or Fetched(None)
        if not files():
            raise ProblemsFound([Problem("policy", None, "", "there is no file *.toml in the policy folder")])
        self.current = load(files(), self._feeds)
        self.problems: tuple[Problem, ...] = ()
        self._stamp = self._fingerprint()

    def reload(self) -> None:
        """Read again what was changed; what stands at an address is looked after first."""
        self._feeds.refresh()
        stamp = self._fingerprint()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            read = load(self._files(), self._feeds)
            if gone := self.current.organisations.keys() - read.organisations.keys():
                raise ProblemsFound(
                    Problem("policy", None, "organisation", f"'{one}' is gone; restart to stop serving it")
                    for one in sorted(gone)
                )
        except ProblemsFound as found:
            self.problems = found.problems
            log.error("policy_not_reloaded", problems=[str(problem) for problem in found.problems])
        else:
            self.current, self.problems = read, ()
            log.info("policy_reloaded")

    def _fingerprint(self) -> list[tuple[str, int, int]]:
        return [
            (str(file), stat.st_mtime_ns, stat.st_size)
            for file in [*self._files(), *sorted({*self.current.feeds, *self._feeds.files})]
            if file.exists()
            for stat in [file.stat()]
        ]


class RunningDesk:
    """The desk with its loops. `start` after `Database.open`; `stop` loses nothing."""

    def __init__(
        self,
        database: Database,
        policy: PolicyFiles,
        library: Library,
        platforms: Sequence[ChatPlatform],
        bell: Bell,
    ) -> None:
        self.database = database
        self.policy = policy
        self.library = library
        self.bell = bell
        self.desk = HelpDesk(database, lambda: policy.current, lambda: library, bell)
        self._couriers = [Courier(database, platform, bell, self._alert) for platform in platforms]
        self._said: set[str] = set()
        self._loops = [
            *(
                Loop(f"courier of {platform.name}", courier.deliver_some, bell)
                for platform, courier in zip(platforms, self._couriers, strict=True)
            ),
            Loop("reviews", lambda: review_some(database, policy.current, library), bell),
            Loop("rounds", lambda: go_round(database, policy.current, self._said), Bell(), ROUND_EVERY),
            Loop(
                "articles",
                lambda: tell_owners(database, policy.current, library, self._said),
                Bell(),
                ROUND_EVERY,
            ),
            Loop("reload", self._reload, Bell(), RELOAD_EVERY),
            Loop("auditor", self._audit, Bell(), AUDIT_EVERY),
        ]
        self._findings: tuple[str, ...] = ()

    async def start(self) -> None:
        """Begin; raises DatabaseUnavailable."""
        if self.database.is_ours_alone:
            async with self.database.transaction() as tx:
                await outbox.end_leases(tx)
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        """Let every loop end its step and every delivery land, for at most `GRACE` seconds."""
        deadline = time.monotonic() + GRACE
        await asyncio.gather(*(loop.stop(GRACE) for loop in self._loops))
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.1)):
                await asyncio.gather(*(courier.drain() for courier in self._couriers))
        except (TimeoutError, DatabaseUnavailable):
            log.warning("deliveries_left_in_flight")  # their leases end, and they are sent again

    # -------------------------------------------------------------------------------------------------- health

    async def alive(self) -> tuple[str, ...]:
        """Why this process should be restarted; nothing when it is well."""
        now = time.monotonic()
        return tuple(
            f"The loop {loop.name} has {'stopped' if not loop.alive else 'not moved for a minute'}."
            for loop in self._loops
            if not loop.alive or now - loop.last_turn > STILL
        )

    async def ready(self) -> tuple[str, ...]:
        """Why no requests should be sent here; nothing when it can work."""
        try:
            async with asyncio.timeout(2), self.database.transaction() as tx:
                await outbox.oldest_wait(tx)
        except (DatabaseUnavailable, TimeoutError) as away:
            return (f"The database cannot be written: {away or 'no answer within 2 seconds'}.",)
        return (*await self.alive(), *self._findings)

    # --------------------------------------------------------------------------------------------------- loops

    async def _reload(self) -> bool:
        await asyncio.to_thread(self.policy.reload)
        for problem in await asyncio.to_thread(self.library.reload):
            log.error("article_skipped", problem=str(problem))
        return False

    async def _audit(self) -> bool:
        """Look for promises that nobody watches, and set aside what is too old to be sent unasked."""
        async with self.database.transaction() as tx:
            buried = await outbox.bury_stale(tx)
            await outbox.forget(tx, OutboxState.DELIVERED, tx.database_now - DELIVERED_KEPT)
            await outbox.forget(tx, OutboxState.DEAD, tx.database_now - DEAD_KEPT)
            await outbox.forget_posted(tx, tx.database_now - POSTED_KEPT, but_not=CARD_KEY)
            await forget_events(tx, tx.now - EVENTS_KEPT)
            await outcomes.forget(tx, tx.now - outcomes.KEPT)
            await forget_expired(tx)
            OUTBOX_AGE.set((await outbox.oldest_wait(tx)).total_seconds())
            late = await store.unwatched(tx, tx.now - REVIEW_LATE)
            for organisation, count in await store.count_open(tx):
                OPEN_TICKETS.labels(organisation=organisation).set(count)
        if buried:
            log.error("stale_effects_set_aside", count=buried)
        self._findings = tuple(f"The review of {ticket.name} is overdue or missing." for ticket in late)
        return False

    def _alert(self, row: OutboxRow) -> Sequence[Effect]:
        """A card that its channel does not take is shown in the next queue's channel; and that something could not be
        delivered is told in the first other one."""
        try:
            queues = self.policy.current.organisation(row.organisation).queues
        except UnknownInPolicy:
            return ()
        channels = list(dict.fromkeys(Address.parse(queue.channel) for queue in queues if queue.channel))
        return instead_of(row, channels)


def instead_of(row: OutboxRow, channels: Sequence[Address]) -> list[Effect]:
    """What follows from a dead effect. What dies in turn goes only further down the channels, so that it has an end."""
    dead = Address(row.platform, row.route)
    after = channels[channels.index(dead) + 1 :] if dead in channels else list(channels)
    key = str(row.effect.get("key", ""))
    found: list[Effect] = []
    if row.effect["kind"] == ShowCard.__name__ and after and dead in channels:
        found.append(replace(from_json(row.effect), address=after[0]))
    others = after if key.startswith(ALERT_KEY) else [one for one in channels if one != dead]
    if others:
        text = delivery_died(row.id or 0, row.reason)
        key = f"{ALERT_KEY}{dead}"
        found.append(Say(address=others[0], key=key, text=text, urgency=Urgency.NOTICE))
    return found
