from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.tickets.test_policy import SMALL
from tickets.coverage import Load, Request, route
from tickets.kinds import Priority
from tickets.policy import Organisation, Technician, load, read
from tickets.rota import Absence, Changes
from tickets.rules import Layer

DEMO = Path(__file__).parents[2] / "bot/demo/firstline.toml"
HARBOR = load([DEMO]).organisation("harbor")


def local(text: str, zone: str = "America/Denver") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MONDAY_NOON = local("2026-03-02T12:00")


@pytest.mark.parametrize(
    ("category", "queue", "priority"),
    [
        ("accounts", "service-desk", Priority.P2),
        ("devices", "workplace", Priority.P3),
        ("network", "network", Priority.P2),
        ("security", "identity-security", Priority.P1),
        ("servers", "infrastructure", Priority.P1),
        ("other", "service-desk", Priority.P3),
    ],
)
def test_a_category_leads_to_its_queue_and_its_people(category: str, queue: str, priority: Priority) -> None:
    covered = route(Request("denver", category), HARBOR, MONDAY_NOON)
    assert (covered.queue.id, covered.priority) == (queue, priority)
    assert [technician.id for technician in covered.technicians] == list(covered.queue.technicians)


@pytest.mark.parametrize("category", [category.id for category in HARBOR.categories])
def test_everything_is_covered_by_somebody_and_says_why(category: str) -> None:
    covered = route(Request(None, category), HARBOR, MONDAY_NOON)
    assert covered.technicians
    assert MONDAY_NOON < covered.first_response_due <= covered.resolution_due
    assert all(reason.sentence.endswith(".") for reason in covered.because)


@pytest.mark.parametrize(
    ("category", "priority", "now", "is_open", "response_due", "resolution_due"),
    [
        # Friday 18:05 in Denver: the desk is there until seven.
        ("accounts", None, "2026-03-06T18:05", True, "2026-03-09T07:05", "2026-03-09T14:05"),
        # At five past seven it is the provider who is there: the night desk never closes.
        ("accounts", None, "2026-03-06T19:05", True, "2026-03-06T20:05", "2026-03-07T03:05"),
        # What can wait waits for Monday, in summer time by then.
        ("software", Priority.P3, "2026-03-06T19:05", False, "2026-03-09T11:00", "2026-03-10T19:00"),
        # Where many people cannot work, the clock never stops.
        ("accounts", Priority.P1, "2026-03-06T19:05", True, "2026-03-06T19:20", "2026-03-06T23:05"),
        # Christmas Eve ends at noon, and Christmas is a holiday.
        ("meeting-rooms", None, "2026-12-24T11:30", True, "2026-12-28T07:30", "2026-12-28T14:30"),
        # Three in the morning in Denver is eleven in Kraków, an hour before lunch.
        ("backup", None, "2026-03-02T03:30", True, "2026-03-02T05:15", "2026-03-03T03:30"),
    ],
)
def test_what_is_promised(
    category: str, priority: Priority | None, now: str, is_open: bool, response_due: str, resolution_due: str
) -> None:
    covered = route(Request("denver", category, priority), HARBOR, local(now))
    assert covered.open is is_open
    assert covered.first_response_due == local(response_due)
    assert covered.resolution_due == local(resolution_due)


def test_the_clock_is_the_one_in_which_the_promise_runs() -> None:
    night = local("2026-03-06T19:05")
    assert route(Request("denver", "devices"), HARBOR, night).clock.id == "us-hours"
    assert route(Request("denver", "devices", Priority.P1), HARBOR, night).clock.id == "around-the-clock"


def test_reasons_name_the_line_of_each_rule() -> None:
    covered = route(Request("denver", "devices"), HARBOR, MONDAY_NOON)
    assert [reason.sentence for reason in covered.because] == [
        "Laptops, phones and printers goes to Workplace, tier 2.",
        "Laptops, phones and printers is usually P3.",
        "There now: Rosa Delgado, Omar Haddad.",
        "The clock runs by the calendar us-hours, which is open.",
    ]
    for reason, piece in zip(covered.because, ["devices", "devices", "workplace", "P3"], strict=True):
        assert reason.place.file == str(DEMO)
        line = reason.place.line or 0
        assert piece in "\n".join(DEMO.read_text("utf-8").splitlines()[line - 1 : line + 1])
    assert str(covered.because[0]).endswith(f" ({DEMO}:{covered.because[0].place.line})")


def test_reasons_at_night_for_a_category_that_the_policy_does_not_have() -> None:
    covered = route(Request("denver", "parking", Priority.P2), HARBOR, local("2026-03-06T19:05"))
    assert covered.queue.id == "service-desk"
    assert [reason.sentence for reason in covered.because] == [
        "It is covered as 'other', since the policy has no category 'parking'.",
        "Something else goes to Service desk, tier 1.",
        "P2 was asked for.",
        "Nobody of Service desk is there now.",
        "The clock runs by the calendar us-hours, which opens at 2026-03-09 07:00 (America/Denver).",
    ]


def test_the_same_request_at_the_same_time_is_covered_the_same() -> None:
    assert route(Request("denver", "network"), HARBOR, MONDAY_NOON) == route(
        Request("denver", "network"), HARBOR, MONDAY_NOON
    )


# ------------------------------------------------------------------------------------------------ the demo's stories


def names(people: Iterable[Technician]) -> list[str]:
    return [one.id for one in people]


@pytest.mark.parametrize(
    ("category", "priority", "now", "queue", "there", "paged"),
    [
        # Friday 18:05 in Denver: our own people, until seven.
        ("accounts", None, "2026-03-06T18:05", "service-desk", ["dana", "marcus", "ines"], []),
        # Five past seven: the provider's night shift.
        ("accounts", None, "2026-03-06T19:05", "northwind-desk", ["arjun"], []),
        ("accounts", Priority.P1, "2026-03-06T19:05", "northwind-desk", ["arjun"], ["arjun", "nora"]),
        # P1 security is paged at any hour: the first, the second, the provider.
        (
            "security",
            None,
            "2026-03-03T12:00",
            "identity-security",
            ["priya", "dana"],
            ["priya", "dana", "nora"],
        ),
        ("security", None, "2026-03-11T23:00", "identity-security", [], ["dana", "priya", "nora"]),
        # Orders stay in-house, and wait.
        ("business-systems", None, "2026-03-06T19:05", "service-desk", [], []),
        # On Christmas Eve Dana has taken over from twelve.
        (
            "security",
            None,
            "2026-12-24T11:00",
            "identity-security",
            ["priya", "dana"],
            ["priya", "dana", "nora"],
        ),
        ("security", None, "2026-12-24T13:00", "identity-security", [], ["dana", "nora"]),
        # Kasia is away after Christmas, and it is her week: nobody but the catch-all.
        ("servers", None, "2026-12-28T02:00", "infrastructure", ["tomasz"], ["arjun"]),
    ],
)
def test_who_answers(
    category: str, priority: Priority | None, now: str, queue: str, there: list[str], paged: list[str]
) -> None:
    covered = route(Request("denver", category, priority), HARBOR, local(now))
    assert covered.queue.id == queue
    assert names(covered.there) == there
    assert names(page.technician for page in covered.pages) == paged


def test_pages_come_one_after_the_other() -> None:
    now = local("2026-03-03T12:00")
    pages = route(Request("denver", "security"), HARBOR, now).pages
    assert [page.at - now for page in pages] == [timedelta(minutes=10) * count for count in range(3)]
    assert [page.layer for page in pages] == [Layer.PRIMARY, Layer.SECONDARY, None]


def test_whoever_waits_for_our_own_people_is_told_so() -> None:
    covered = route(Request("denver", "business-systems"), HARBOR, local("2026-03-06T19:05"))
    assert covered.say == "Orders and payments are looked after by our own people only."
    assert covered.rollover is None
    assert covered.first_response_due == local("2026-03-09T08:00")
    assert route(Request("denver", "business-systems"), HARBOR, MONDAY_NOON).say is None


def test_it_rolls_over_to_the_provider_after_half_an_hour() -> None:
    covered = route(Request("denver", "accounts"), HARBOR, MONDAY_NOON)
    assert covered.rollover is not None
    assert (covered.rollover.queue.id, covered.rollover.at) == (
        "northwind-desk",
        MONDAY_NOON + timedelta(minutes=30),
    )
    assert route(Request("denver", "software"), HARBOR, MONDAY_NOON).rollover is None


def test_a_surge_brings_the_provider_in() -> None:
    request = Request("denver", "email")
    assert route(request, HARBOR, MONDAY_NOON, Load({"service-desk": 20})).queue.id == "service-desk"
    assert route(request, HARBOR, MONDAY_NOON, Load({"service-desk": 21})).queue.id == "northwind-desk"


def test_a_project_has_its_queue_between_two_dates() -> None:
    request = Request("gdansk", "offices")
    assert route(request, HARBOR, local("2027-03-31T23:59")).queue.id == "gdansk-move"
    assert route(request, HARBOR, local("2027-04-01T00:00")).queue.id == "workplace"
    assert route(Request("warsaw", "offices"), HARBOR, local("2027-03-31T23:59")).queue.id == "workplace"


def test_steps_and_the_budget_of_the_tier() -> None:
    covered = route(Request("denver", "security"), HARBOR, MONDAY_NOON)
    assert [(str(one.step.at), one.at - MONDAY_NOON) for one in covered.steps] == [
        ("5m", timedelta(minutes=5)),
        ("10m", timedelta(minutes=10)),
        ("50% of resolution", timedelta(hours=2)),
        ("75% of resolution", timedelta(hours=3)),
    ]
    assert covered.tier_due == MONDAY_NOON + timedelta(hours=4) * 0.45
    assert covered.update_every == timedelta(hours=1)


# ------------------------------------------------------------------------------------------------- every condition

RULES = """
[[route]]
{condition}
queue = "servers"
"""


def small(condition: str) -> Organisation:
    text = SMALL.replace('id = "krakow"', 'id = "krakow"\ncalendar = "office"')
    text = text.replace('id = "devices"', 'id = "devices"\nskills = ["cisco"]')
    group = '[[group]]\nid = "finance"\nmembers = ["web:ana"]\n'
    return read(text + RULES.format(condition=condition) + group, "f.toml")


MORNING = local("2026-03-02T10:00")  # a Monday, when the calendar `office` is open in Denver
NIGHT = local("2026-03-02T23:30")


@pytest.mark.parametrize(
    ("condition", "request_", "now", "matches"),
    [
        ('site = "krakow"', Request("krakow", "other"), MORNING, True),
        ('site = "krakow"', Request("denver", "other"), MORNING, False),
        ('site = "krakow"', Request(None, "other"), MORNING, False),
        ('category = ["other", "devices"]', Request(None, "devices"), MORNING, True),
        ('category = "other"', Request(None, "devices"), MORNING, False),
        ('category = "other"', Request(None, "unheard-of"), MORNING, True),
        ('priority = "P4"', Request(None, "other"), MORNING, True),  # as its category usually has it
        ('priority = "P4"', Request(None, "other", Priority.P1), MORNING, False),
        ('group = "finance"', Request(None, "other", groups=("all", "finance")), MORNING, True),
        ('group = "finance"', Request(None, "other", groups=("all",)), MORNING, False),
        ('skill = "cisco"', Request(None, "devices"), MORNING, True),
        ('skill = "cisco"', Request(None, "other"), MORNING, False),
        ('open = "office"', Request(None, "other"), MORNING, True),
        ('open = "office"', Request(None, "other"), NIGHT, False),
        ('closed = "office"', Request(None, "other"), NIGHT, True),
        ('closed = "office"', Request(None, "other"), MORNING, False),
        ('open = "site"', Request("krakow", "other"), MORNING, True),
        ('closed = "site"', Request("krakow", "other"), NIGHT, True),
        ('closed = "site"', Request("denver", "other"), NIGHT, False),  # it has no calendar, so it is neither
        ('open = "site"', Request("denver", "other"), MORNING, False),
        ('hours = "22:00-06:00"', Request(None, "other"), NIGHT, True),
        ('hours = "22:00-06:00"', Request(None, "other"), local("2026-03-02T05:59"), True),
        ('hours = "22:00-06:00"', Request(None, "other"), local("2026-03-02T06:00"), False),
        ('hours = "07:00-08:00"\ntimezone = "Europe/Warsaw"', Request(None, "other"), NIGHT, True),
        ("from = 2026-03-03", Request(None, "other"), NIGHT, False),
        ("from = 2026-03-02T23:30:00", Request(None, "other"), NIGHT, True),
        ("until = 2026-03-02T23:30:00", Request(None, "other"), NIGHT, False),
        ("until = 2026-03-03", Request(None, "other"), NIGHT, True),
        ('waiting = { queue = "desk", more_than = 3 }', Request(None, "other"), MORNING, True),
        ('waiting = { queue = "desk", more_than = 4 }', Request(None, "other"), MORNING, False),
        ('organisation = "acme"', Request(None, "other"), MORNING, True),
        ('organisation = "zenith"', Request(None, "other"), MORNING, False),
    ],
)
def test_conditions(condition: str, request_: Request, now: datetime, matches: bool) -> None:
    assert (route(request_, small(condition), now, Load({"desk": 4})).queue.id == "servers") is matches


@pytest.mark.parametrize(
    ("assign", "given", "load"),
    [
        ("claim", None, Load()),
        ("round-robin", "dana", Load()),
        ("round-robin", "tomasz", Load(latest={"servers": "dana"})),
        ("round-robin", "dana", Load(latest={"servers": "wei"})),
        ("round-robin", "wei", Load(latest={"servers": "dana"}, open={"tomasz": 3})),  # at the cap
        ("fewest-open", "tomasz", Load(open={"dana": 2, "tomasz": 1, "wei": 2})),
        ("fewest-open", None, Load(open={"dana": 3, "tomasz": 3, "wei": 9})),
        ("by-skill", "wei", Load(open={"wei": 2})),
        ("by-skill", None, Load(open={"wei": 3})),
        ("by-site", "tomasz", Load(open={"tomasz": 1, "wei": 2})),
    ],
)
def test_to_whom_the_desk_gives_it(assign: str, given: str | None, load: Load) -> None:
    text = (
        (SMALL + RULES.format(condition=f'assign = "{assign}"'))
        .replace('id = "devices"', 'id = "devices"\nskills = ["cisco", "polish"]')
        .replace('name = "Tomasz"\n', 'name = "Tomasz"\nskills = ["polish"]\nreaches = ["krakow"]\n')
        .replace(
            'tier = 3\ntechnicians = ["tomasz"]\ncalendar = "office"',
            'tier = 3\ntechnicians = ["dana", "tomasz", "wei"]\ncalendar = "always"\ncap = 3',
        )
        + """
[[technician]]
id = "wei"
name = "Wei"
email = "wei@acme.example"
accounts = ["web:wei"]
skills = ["polish", "cisco"]
reaches = ["krakow"]
"""
    )
    covered = route(Request("krakow", "devices"), read(text, "f.toml"), NIGHT, load)
    assert (covered.assignee.id if covered.assignee else None) == given


def test_nobody_who_is_away_is_there_or_given_anything() -> None:
    acme = small('assign = "round-robin"')
    away = Changes(absences=[Absence("tomasz", MORNING, MORNING + timedelta(hours=1))])
    there = route(Request(None, "other"), acme, MORNING)
    gone = route(Request(None, "other"), acme, MORNING, changes=away)
    back = route(Request(None, "other"), acme, MORNING + timedelta(hours=1), changes=away)
    assert [names(one.there) for one in (there, gone, back)] == [["tomasz"], [], ["tomasz"]]
    assert gone.assignee is None
    assert "Nobody of Servers is there now." in [reason.sentence for reason in gone.because]


def test_a_provider_s_route_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(SMALL)
    (tmp_path / "provider.toml").write_text('[provider]\nname = "N"\n[[route]]\nqueue = "servers"\n')
    acme = load(sorted(tmp_path.glob("*.toml"))).organisation("acme")
    (reason, *_) = route(Request(None, "other"), acme, MORNING).because
    assert str(reason) == f"A route sends it to Servers, tier 3. ({tmp_path / 'provider.toml'}:3)"
