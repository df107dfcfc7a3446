"""How the knowledge base grows: drafts from tickets, gaps and scores, and what owners of articles hear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from bot import growing_wording, outcomes
from bot.conversations import latest_of
from bot.messages import Address, Reaction, Say, Toast, Urgency
from bot.outbox import put
from bot.outcomes import FAILED, End, Outcome
from bot.redaction import redact
from bot.rounds import SaidOnce
from bot.turn import Turn
from knowledge.article import Article
from knowledge.drafting import Draft, Settled, draft
from knowledge.gaps import Failure, Gap, Gaps, alike
from knowledge.library import Library
from knowledge.scores import Came, Score, Showing, scores
from tickets import store
from tickets.database import Database, Transaction, insert_if_new
from tickets.kinds import EventKind
from tickets.model import DESK, Ticket, TicketEvent
from tickets.policy import Organisation, Policy, Technician, UnknownInPolicy

DRAFTS = "drafts"
"""The platform that writes drafts as files."""

LOOKED_BACK = timedelta(days=90)
"""How far back scores and gaps look unless they are asked otherwise."""

OTHERS = 10
"""Messages of other people that go into a draft."""

TOLD_AT = 8
"""Hour of the organisation's day at which owners hear of their articles."""

CAME = {
    End.SOLVED: Came.SOLVED,
    End.SHOWN: Came.QUIET,
    End.NOT_HELPFUL: Came.NOT_HELPFUL,
    End.ESCALATED: Came.TICKET,
}

# ------------------------------------------------------------------------------------------------ gaps and scores


async def gaps(tx: Transaction, since: datetime, most: int = 20) -> tuple[Gap, ...]:
    """The biggest gaps in what the organisation's people asked since then."""
    found = Gaps()
    for outcome, number in await outcomes.since(tx, since):
        if outcome.end in FAILED:
            found.add(
                Failure(
                    outcome.text,
                    person=str(outcome.person_id),
                    ticket=f"T-{number}" if number else "",
                    article=outcome.article or "",
                )
            )
    return found.biggest(most)


async def scores_of(tx: Transaction, since: datetime) -> tuple[Score, ...]:
    """How the articles did that the organisation's people were shown since then."""
    return scores(
        (_showing(outcome) for outcome, _ in await outcomes.since(tx, since) if outcome.article), tx.now
    )


def _showing(outcome: Outcome) -> Showing:
    came = Came.TICKET if outcome.ticket_id and outcome.end is End.SHOWN else CAME[outcome.end]
    return Showing(outcome.article or "", outcome.at, str(outcome.person_id), outcome.text, came)


# --------------------------------------------------------------------------------------------------------- drafts


async def draft_of(tx: Transaction, ticket: Ticket, owner: str) -> Draft:
    """The draft of an article from a ticket's thread, with what other people wrote who meant the same."""
    events = await store.history(tx, ticket.id or 0)
    kept = await outcomes.since(tx, tx.now - LOOKED_BACK, most=2000)
    mine = [outcome.text for outcome, number in kept if number == ticket.number]
    others = [outcome.text for outcome, number in kept if number != ticket.number and outcome.end in FAILED]
    resolution = [_clean(ticket.resolution_text)] if ticket.resolution_text else []
    settled = Settled(
        number=ticket.name,
        subject=_clean(ticket.subject),
        category=ticket.category,
        priority=ticket.priority.value,
        tier=ticket.tier,
        said=[_clean(text) for text in dict.fromkeys((*ticket.said, *mine))],
        answers=[(question, _clean(answer)) for question, answer in ticket.answers.items()],
        replies=[*_texts(events, EventKind.REPLIED), *resolution],
        notes=_texts(events, EventKind.NOTED),
        others=alike(ticket.description, others, OTHERS),
        names=sorted({ticket.requester_name, *(event.actor_name for event in events)} - {DESK.name}),
    )
    return draft(settled, owner, tx.now.date())


async def begin_draft(turn: Turn, ticket: Ticket, by: Technician) -> Reaction | None:
    """Somebody wants an article from this ticket: write the draft, and say in its thread where it is."""
    if ticket.state.is_open:
        return Toast(growing_wording.not_resolved_yet(ticket))
    made = await draft_of(turn.tx, ticket, ticket.queue)
    file = f"{turn.organisation.id}/{made.path}"
    turn.put(
        Say(address=Address(DRAFTS, file), text=made.text, urgency=Urgency.NOTICE),
        then=turn.in_card_thread(ticket, growing_wording.drafted(by.name, file)),
    )
    return Toast(growing_wording.drafting())


def _texts(events: Sequence[TicketEvent], kind: EventKind) -> list[str]:
    return [_clean(event.data["text"]) for event in events if event.kind is kind and event.data.get("text")]


def _clean(text: str) -> str:
    """Redacted once more: what was stored is, and a draft leaves the desk for good."""
    return redact(text).text


# --------------------------------------------------------------------------------------------------------- owners


async def tell_owners(database: Database, policy: Policy, library: Library, said: set[str]) -> bool:
    """In the morning tell owners which of their articles are due for review, and on Mondays which help fewer than they
    did. `said` spares this process from asking again. Never has more to do at once."""
    for organisation in policy.organisations.values():
        async with database.reading(organisation.id) as tx:
            local = tx.now.astimezone(organisation.timezone)
        mark = f"articles:{local:%Y-%m-%d}"
        if local.hour != TOLD_AT or f"{organisation.id}:{mark}" in said:
            continue
        async with database.transaction(organisation.id) as tx:
            if await insert_if_new(tx, SaidOnce, organisation=organisation.id, key=mark, at=tx.now):
                await _tell(tx, organisation, library, is_monday=local.weekday() == 0)
        said.add(f"{organisation.id}:{mark}")
    return False


async def _tell(tx: Transaction, organisation: Organisation, library: Library, *, is_monday: bool) -> None:
    today = tx.now.astimezone(organisation.timezone).date()
    every = (one for article in library.articles for one in (article, *article.versions))
    theirs = [one for one in every if _belongs(one, organisation)]
    due = []
    for article in theirs:
        if article.review_due <= today:
            key = f"review:{article.id}:{article.review_due}"
            if await insert_if_new(tx, SaidOnce, organisation=organisation.id, key=key, at=tx.now):
                due.append(article)
    for address, articles in (await _by_owner(tx, organisation, due)).items():
        _say(tx, address, growing_wording.still_true(articles))
    if is_monday:
        falling = {one.article: one for one in await scores_of(tx, tx.now - LOOKED_BACK) if one.falling}
        known = [article for article in theirs if article.id in falling]
        for address, articles in (await _by_owner(tx, organisation, known)).items():
            for article in articles:
                _say(tx, address, growing_wording.falling(article, falling[article.id]))


def _belongs(article: Article, organisation: Organisation) -> bool:
    return not article.audience.organisations or organisation.id in article.audience.organisations


async def _by_owner(
    tx: Transaction, organisation: Organisation, articles: Iterable[Article]
) -> Mapping[Address, list[Article]]:
    """Where the owner of each hears of it; without those that nobody can be told of."""
    found: dict[Address, list[Article]] = {}
    for article in articles:
        if address := await _address(tx, organisation, article):
            found.setdefault(address, []).append(article)
    return found


async def _address(tx: Transaction, organisation: Organisation, article: Article) -> Address | None:
    """The technician whose id the owner is, the queue whose id it is, or the queue that takes such tickets."""
    with suppress(UnknownInPolicy):
        if told := await latest_of(tx, organisation.technician(article.owner).accounts):
            return told
    ids = [article.owner]
    with suppress(UnknownInPolicy):
        ids.append(organisation.category(article.category).queue)
    channels = {queue.id: queue.channel for queue in organisation.queues if queue.channel}
    found = next((channels[id_] for id_ in ids if id_ in channels), next(iter(channels.values()), None))
    return Address.parse(found) if found else None


def _say(tx: Transaction, address: Address, text: str) -> None:
    put(tx, Say(address=address, text=text, urgency=Urgency.NOTICE))
