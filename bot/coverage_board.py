"""Who answers a request, why, and the week around it, with what was said in chat: for the web page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot import covering, week, wording
from bot.availability import neutral
from bot.messages import (
    Choice,
    CoverageChoices,
    CoveragePage,
    CoverageQuestion,
    CoverageReason,
    Person,
    WeekRow,
)
from tickets import coverage, roster, store
from tickets.calendars import DAY
from tickets.coverage import Request
from tickets.database import Database
from tickets.fields import Place
from tickets.policy import Organisation, Policy

TOO_FAR = "Please ask for a time in this century."


class DeskCoverage:
    """The `CoverageBoard` of `bot.messages`."""

    def __init__(self, database: Database, policy: Callable[[], Policy]) -> None:
        self._database = database
        self._policy = policy

    @neutral
    async def page(self, person: Person, question: CoverageQuestion) -> CoveragePage | None:
        """None for whoever is no technician."""
        organisation = self._policy().organisations.get(person.organisation)
        if organisation is None or organisation.technician_for(f"{person.platform}:{person.id}") is None:
            return None
        async with self._database.reading(organisation.id) as tx:
            now, changes = tx.now, await roster.changes(tx)
            load = await store.load(tx, organisation.queues_in_turn)
        request, at, day, problem = _understood(organisation, question, now)
        # What lies on the desk is known of now alone.
        covered = coverage.route(request, organisation, at, coverage.EMPTY if question.at else load, changes)
        zone = covering.zone_of(request, organisation)
        monday = week.week_of(day, organisation.timezone)[0].astimezone(organisation.timezone).date()
        return CoveragePage(
            organisation=organisation.name,
            choices=_choices(organisation),
            question=replace(
                question,
                site=request.site or "",
                category=request.category,
                priority=request.priority or "",
                at=f"{at.astimezone(zone):%Y-%m-%dT%H:%M}" if question.at else "",
            ),
            problem=problem,
            title=covering.title(request, organisation, covered, zone, at),
            facts=tuple(covering.answers(covered, organisation, zone, at)),
            promise=covering.promise(covered, zone, at),
            because=tuple(
                CoverageReason(reason.sentence, _place(reason.place)) for reason in covered.because
            ),
            week=week.week_title(organisation, day),
            drawing=week.week_map(organisation, day, changes, mark=at, embedded=True),
            rows=tuple(
                WeekRow(row.name, row.about, tuple(week.told(bar, organisation.timezone) for bar in row.bars))
                for row in week.week_rows(organisation, day, changes)
            ),
            before=(monday - 7 * DAY).isoformat(),
            after=(monday + 7 * DAY).isoformat(),
        )


def _place(place: Place) -> str:
    """File and line; where the file lies is nobody's business on a page."""
    return str(Place(Path(place.file).name, place.line)) if place.file else ""


def _understood(
    organisation: Organisation, question: CoverageQuestion, now: datetime
) -> tuple[Request, datetime, datetime, str]:
    """The request, when it is made, a day of the week to draw, and what could not be understood."""
    problem, request, at = "", Request(None, "other"), now
    groups = [question.group] if question.group else []
    try:
        request = covering.asked(
            organisation,
            question.site or None,
            question.category or "other",
            question.priority or None,
            groups,
        )
        at = covering.instant(question.at or None, covering.zone_of(request, organisation), now)
        return request, at, _day(organisation, question, at), problem
    except OverflowError:
        return request, now, now, TOO_FAR
    except (covering.CannotAsk, ValueError) as wrong:
        return request, now, now, wording.as_sentence(str(wrong))


def _day(organisation: Organisation, question: CoverageQuestion, at: datetime) -> datetime:
    """
    Raises:
        ValueError: the week or the time is none that a calendar knows.
    """
    day = week.parse_week(question.week, organisation.timezone, at) if question.week else at
    if not 2000 <= day.year <= 2100 or abs(day - at) > timedelta(days=36500):
        raise ValueError(TOO_FAR)
    return day


def _choices(organisation: Organisation) -> CoverageChoices:
    return CoverageChoices(
        sites=tuple(Choice(one.id, one.name) for one in organisation.sites),
        categories=tuple(Choice(one.id, one.name) for one in organisation.categories),
        priorities=tuple(
            Choice(priority.value, f"{priority.value} – {promise.meaning}")
            for priority, promise in organisation.priorities.items()
        ),
        groups=tuple(Choice(group, group) for group in sorted(organisation.groups_asked)),
    )
