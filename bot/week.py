"""A week of coverage as a picture: who answers in each queue and who is on call, hour by hour. SVG, drawn by hand. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from html import escape
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot import wording
from tickets import rota, survey
from tickets.calendars import DAY, instant_of
from tickets.coverage import people_there
from tickets.policy import Organisation
from tickets.rota import NO_CHANGES, Changes

LABELS, WIDTH, TOP, ROW, GAP = 190, 910, 64, 24, 6
"""Pixels: the names at the left, the week, the head, one row, the space between rows."""

LETTER = 6.4
"""Pixels of one, on average."""

TINTS = ("#cfe3f7", "#d9efd5", "#f9e3c4", "#e8dcf5", "#d3eeee", "#f6d9df")

STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#1d2630}.head{font-weight:600}.title{font-size:15px;font-weight:600}"
    ".small{font-size:10px;fill:#4b5763}.grid{stroke:#c5ccd3}.bar{stroke:#6b7885;stroke-width:.5}"
    ".paper{fill:#fff}.stripe{stroke:#b3261e;stroke-width:2}"
    + "".join(f".tint-{number}{{fill:{tint}}}" for number, tint in enumerate(TINTS))
)
"""What gives the drawing its colours, where no style sheet does."""


class Bar(NamedTuple):
    """A stretch of a row: who, in how many words there is room for, and whether somebody is missing."""

    start: datetime
    end: datetime
    who: tuple[str, ...]
    missing: bool = False


class Row(NamedTuple):
    name: str
    about: str
    bars: Sequence[Bar]


def week_of(day: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the Monday before to the Monday after, at midnight there."""
    local = day.astimezone(zone).date()
    monday = datetime.combine(local - local.weekday() * DAY, time())
    return instant_of(monday, zone), instant_of(monday + 7 * DAY, zone)


def week_rows(organisation: Organisation, day: datetime, changes: Changes = NO_CHANGES) -> list[Row]:
    """Who is there in each queue and on each rota, in the week in which this instant lies."""
    start, end = week_of(day, organisation.timezone)
    return [*_queues(organisation, start, end, changes), *_rotas(organisation, start, end, changes)]


def week_title(organisation: Organisation, day: datetime) -> str:
    zone = organisation.timezone
    first = week_of(day, zone)[0].astimezone(zone)
    return f"{organisation.name}: who answers, week of {first.day} {first:%B %Y}, {wording.zone_name(zone)}"


def week_map(
    organisation: Organisation,
    day: datetime,
    changes: Changes = NO_CHANGES,
    *,
    mark: datetime | None = None,
    embedded: bool = False,
) -> str:
    """The week in which this instant lies, in the organisation's zone; `mark` is an instant to be shown in it.

    What is `embedded` in a page has its title and its colours from there.
    """
    zone = organisation.timezone
    start, end = week_of(day, zone)
    rows = week_rows(organisation, day, changes)
    names = sorted({who for row in rows for bar in row.bars for who in bar.who})
    tints = {name: f"tint-{position % len(TINTS)}" for position, name in enumerate(names)}
    height = TOP + len(rows) * (ROW + GAP) + 30
    title, top = week_title(organisation, day), 28 if embedded else 0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {LABELS + WIDTH + 10} {height - top}" role="img" '
        f'aria-label="{escape(title)}">',
        *([] if embedded else [f"<style>{STYLE}</style>"]),
        '<defs><pattern id="away" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="paper" width="6" height="6"/><line class="stripe" x1="0" y1="0" x2="0" y2="6"/>'
        "</pattern></defs>",
        f'<rect class="paper" y="{top}" width="100%" height="100%"/>',
        *([] if embedded else [f'<text class="title" x="10" y="22">{escape(title)}</text>']),
        *_grid(start, end, zone, height),
    ]
    for position, row in enumerate(rows):
        y = TOP + position * (ROW + GAP)
        parts.append(f'<text class="head" x="10" y="{y + 11}">{escape(_cut(row.name, LABELS - 14))}</text>')
        parts.append(f'<text class="small" x="10" y="{y + 22}">{escape(_cut(row.about, LABELS - 14))}</text>')
        parts.extend(part for bar in row.bars for part in _bar(bar, y, start, end, zone, tints))
    if mark and start <= mark < end:
        x = _x(mark, start, end)
        parts.append(f'<line class="mark" x1="{x}" x2="{x}" y1="34" y2="{height - 28}"/>')
    parts.append(
        f'<text class="small" x="10" y="{height - 10}">Empty: nobody is there. Striped: whose turn it is is away. '
        "Queues: who is working; rotas: who is paged first, then second.</text>"
    )
    return "\n".join([*parts, "</svg>", ""])


def _queues(organisation: Organisation, start: datetime, end: datetime, changes: Changes) -> Iterator[Row]:
    edges = survey.edges(organisation, start, end, changes)
    for queue in organisation.queues:
        bars = []
        for since, until in pairwise(edges):
            there = tuple(_first(one.name) for one in people_there(queue, organisation, since, changes))
            if there:
                bars.append(Bar(since, until, there))
        yield Row(queue.name, f"tier {queue.tier}, {queue.calendar}", _joined(bars))


def _rotas(organisation: Organisation, start: datetime, end: datetime, changes: Changes) -> Iterator[Row]:
    for one in organisation.rotas:
        layers: dict[str, list[Bar]] = {}
        for shift in rota.shifts(one, organisation, start, end, changes):
            name = _first(organisation.technician(shift.on_call.planned).name)
            layers.setdefault(shift.on_call.layer.value, []).append(
                Bar(shift.start, shift.end, (name,), shift.on_call.absent)
            )
        for layer, bars in layers.items():
            yield Row(one.name, f"on call, {layer}", _joined(bars))


def _first(name: str) -> str:
    return (name.split() or [name])[0]


def _joined(bars: Sequence[Bar]) -> list[Bar]:
    joined: list[Bar] = []
    for bar in bars:
        if joined and joined[-1].end == bar.start and joined[-1][2:] == bar[2:]:
            joined[-1] = joined[-1]._replace(end=bar.end)
        else:
            joined.append(bar)
    return joined


def _grid(start: datetime, end: datetime, zone: ZoneInfo, height: int) -> Iterator[str]:
    monday = start.astimezone(zone).replace(tzinfo=None)
    for days in range(8):
        at = instant_of(monday + days * DAY, zone)
        x = _x(at, start, end)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="34" y2="{height - 28}"/>'
        if days < 7:
            local = at.astimezone(zone)
            noon = _x(instant_of(monday + days * DAY + timedelta(hours=12), zone), start, end)
            yield f'<text class="head" x="{x + 4}" y="46">{local:%a} {local.day} {local:%b}</text>'
            yield f'<line class="grid" stroke-dasharray="2 4" x1="{noon}" x2="{noon}" y1="50" y2="{height - 28}"/>'
            yield f'<text class="small" x="{noon - 6}" y="58">12</text>'


def _bar(
    bar: Bar, y: int, start: datetime, end: datetime, zone: ZoneInfo, tints: dict[str, str]
) -> Iterator[str]:
    x, right = _x(bar.start, start, end), _x(bar.end, start, end)
    fill = ' fill="url(#away)"' if bar.missing else ""
    tint = "" if bar.missing else f" {tints[bar.who[0]]}"
    yield (
        f'<rect class="bar{tint}" x="{x}" y="{y}" width="{round(right - x, 1)}" height="{ROW}" rx="3"{fill}>'
        f"<title>{escape(told(bar, zone))}</title></rect>"
    )
    if label := _label(bar, right - x - 6):
        yield f'<text x="{round(x + 4, 1)}" y="{y + 16}">{escape(label)}</text>'


def told(bar: Bar, zone: ZoneInfo) -> str:
    """`Dana, Marcus, Thu 07:00 to Thu 12:00`"""
    times = " to ".join(f"{at.astimezone(zone):%a %H:%M}" for at in (bar.start, bar.end))
    return f"{', '.join(bar.who)}{' (away)' if bar.missing else ''}, {times}"


def _label(bar: Bar, width: float) -> str:
    """Everybody, or the first and how many more, or how many: whatever there is room for."""
    more = f"{bar.who[0]} +{len(bar.who) - 1}" if len(bar.who) > 1 else bar.who[0]
    labels = (
        [f"{bar.who[0]} (away)", "away"] if bar.missing else [", ".join(bar.who), more, str(len(bar.who))]
    )
    return next((label for label in labels if len(label) * LETTER <= width), "")


def _cut(text: str, width: float) -> str:
    room = int(width / LETTER)
    return text if len(text) <= room else f"{text[: room - 1].rstrip(' ,')}…"


def _x(at: datetime, start: datetime, end: datetime) -> float:
    return round(LABELS + WIDTH * ((at - start) / (end - start)), 1)


def parse_week(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """A date in the week that is meant; this week without one.

    Raises:
        ValueError: it is no date, in a sentence.
    """
    try:
        return datetime.fromisoformat(text).replace(hour=12, tzinfo=zone).astimezone(UTC) if text else now
    except ValueError:
        raise ValueError(f"'{text}' is no date; write it like 2026-12-24") from None
