from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from problems import Problem, ProblemsFound, explain
from tickets import policy, rules
from tickets.fields import Table
from tickets.kinds import Priority
from tickets.policy import Organisation, Policy, Thread, UnknownInPolicy, load, read
from tickets.toml_lines import lines_of

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "bot/demo/firstline.toml"
DOCS = (ROOT / "docs/policy.md").read_text("utf-8")

SMALL = """\
[organisation]
id = "acme"
name = "Acme"
timezone = "America/Denver"
workspaces = ["slack:T1", "web"]

[[site]]
id = "denver"
name = "Denver"

[[site]]
id = "krakow"
name = "Kraków"
timezone = "Europe/Warsaw"

[[calendar]]
id = "office"
hours.monday = ["08:00-12:00", "13:00-18:00"]
hours.tuesday = ["22:00-06:00"]

[[calendar]]
id = "always"
always = true

[[technician]]
id = "dana"
name = "Dana"
email = "dana@acme.example"
accounts = ["web:dana", "slack:U1"]
lead = true

[[technician]]
id = "tomasz"
name = "Tomasz"
email = "tomasz@acme.example"
timezone = "Europe/Warsaw"
accounts = ["web:tomasz"]

[[queue]]
id = "desk"
name = "Service desk"
tier = 1
technicians = ["dana"]
calendar = "office"
channel = "slack:C1"
escalates_to = "network"

[[queue]]
id = "workplace"
name = "Workplace"
tier = 2
technicians = ["dana", "tomasz"]
calendar = "office"

[[queue]]
id = "network"
name = "Network"
tier = 2
technicians = ["tomasz"]
calendar = "office"
escalates_to = "servers"
thread = "requester"

[[queue]]
id = "servers"
name = "Servers"
tier = 3
technicians = ["tomasz"]
calendar = "office"

[[category]]
id = "devices"
name = "Devices"
queue = "desk"
priority = "P3"
ask = [
    { id = "device", question = "Which one?" },
    { id = "working", question = "Does it work?", choices = ["Yes", "No"] },
]

[[category]]
id = "other"
name = "Something else"
queue = "desk"
priority = "P4"

[priority.P1]
meaning = "Many people"
first_response = "15m"
resolution = "4h"
clock = "always"

[priority.P2]
meaning = "One person"
first_response = "1h"
resolution = "8h"

[priority.P3]
meaning = "Badly"
first_response = "1h30m"
resolution = "24h"

[priority.P4]
meaning = "A wish"
first_response = "8h"
resolution = "40h"
"""


def problems_in(text: str) -> list[str]:
    with pytest.raises(ProblemsFound) as found:
        read(text, "firstline.toml")
    assert str(found.value).split("\n") == [str(problem) for problem in found.value.problems]
    return [str(problem) for problem in found.value.problems]


def line_of(fragment: str, text: str) -> int:
    return text.count("\n", 0, text.index(fragment)) + 1


@pytest.fixture(scope="module")
def acme() -> Organisation:
    return read(SMALL, "firstline.toml")


class TestWhatIsRead:
    def test_the_organisation(self, acme: Organisation) -> None:
        assert (acme.id, acme.name, acme.timezone) == ("acme", "Acme", ZoneInfo("America/Denver"))
        assert acme.workspaces == ("slack:T1", "web")
        assert acme.reopen_days == 7

    def test_entries_take_the_zone_of_the_organisation_unless_they_have_their_own(
        self, acme: Organisation
    ) -> None:
        denver, warsaw = ZoneInfo("America/Denver"), ZoneInfo("Europe/Warsaw")
        assert [site.timezone for site in acme.sites] == [denver, warsaw]
        assert [one.timezone for one in acme.technicians] == [denver, warsaw]
        assert acme.calendar("office").timezone == denver

    def test_queues_take_the_thread_of_the_organisation_unless_they_have_their_own(
        self, acme: Organisation
    ) -> None:
        assert (acme.queue("desk").thread, acme.queue("network").thread) == (
            Thread.INTERNAL,
            Thread.REQUESTER,
        )
        turned = read(SMALL.replace("[[site]]", 'thread_default = "requester"\n[[site]]', 1), "f")
        assert turned.queue("desk").thread is Thread.REQUESTER

    def test_a_calendar_with_windows_over_lunch_and_midnight(self, acme: Organisation) -> None:
        calendar = acme.calendar("office")
        denver = ZoneInfo("America/Denver")
        monday = datetime(2026, 3, 2, 8, tzinfo=denver).astimezone(UTC)
        assert calendar.elapsed(monday, monday + timedelta(days=6)) == timedelta(hours=9 + 8)
        assert not calendar.is_open(monday + timedelta(hours=4, minutes=30))
        assert calendar.is_open(monday + timedelta(days=1, hours=21))
        assert acme.calendar("office") is calendar

    def test_a_calendar_that_is_always_open(self, acme: Organisation) -> None:
        now = datetime(2026, 12, 25, 3, tzinfo=UTC)
        assert acme.calendar("always").add(now, timedelta(hours=100)) == now + timedelta(hours=100)

    def test_holidays_closed_and_open_days(self) -> None:
        text = SMALL.replace(
            "hours.monday",
            'holidays = { country = "US", subdivision = "CO" }\nclosed = [2026-11-30]\n'
            'open = [{ date = 2026-12-25, hours = ["10:00-11:00"] }]\nhours.friday = ["08:00-12:00"]\nhours.monday',
        )
        calendar = read(text, "f").calendar("office")

        def open_on(day: str) -> timedelta:
            start = datetime.fromisoformat(day).replace(hour=7, tzinfo=calendar.timezone).astimezone(UTC)
            return calendar.elapsed(start, start + timedelta(hours=14))

        assert open_on("2026-11-23") == timedelta(hours=9)
        assert open_on("2026-11-30") == timedelta(0)  # closed
        assert open_on("2026-12-18") == timedelta(hours=4)
        assert open_on("2026-12-25") == timedelta(hours=1)  # Christmas, opened nevertheless
        assert open_on("2026-07-03") == timedelta(0)  # Independence Day observed
        assert open_on("2026-10-05") == timedelta(0)  # Frances Xavier Cabrini Day, in Colorado alone

    def test_promises(self, acme: Organisation) -> None:
        promise = acme.promise(Priority.P3)
        assert (promise.first_response, promise.resolution) == (timedelta(minutes=90), timedelta(hours=24))
        assert list(acme.priorities) == list(Priority)
        assert acme.priorities[Priority.P1].meaning == "Many people"

    def test_the_clock_is_the_priority_s_own_or_else_the_queue_s(self, acme: Organisation) -> None:
        assert acme.clock(acme.queue("desk"), Priority.P1).id == "always"
        assert acme.clock(acme.queue("desk"), Priority.P2).id == "office"

    def test_what_intake_asks(self, acme: Organisation) -> None:
        device, working = acme.category("devices").ask
        assert (device.id, device.question, device.choices) == ("device", "Which one?", ())
        assert working.choices == ("Yes", "No")

    def test_it_cannot_be_changed(self, acme: Organisation) -> None:
        with pytest.raises(ValidationError):
            acme.queue("desk").tier = 3  # type: ignore[misc]


class TestLookups:
    def test_by_id(self, acme: Organisation) -> None:
        assert acme.site("krakow").name == "Kraków"
        assert acme.queue("network").name == "Network"
        assert acme.category("other").name == "Something else"
        assert acme.technician("dana").lead
        assert not acme.technician("tomasz").lead

    @pytest.mark.parametrize("kind", ["site", "calendar", "technician", "queue", "category"])
    def test_of_what_is_not_there(self, acme: Organisation, kind: str) -> None:
        with pytest.raises(UnknownInPolicy, match=f"^the policy has no {kind} 'nowhere'$") as unknown:
            getattr(acme, kind)("nowhere")
        assert (unknown.value.kind, unknown.value.id) == (kind, "nowhere")
        assert isinstance(unknown.value, KeyError)

    def test_an_id_of_one_kind_is_none_of_another(self, acme: Organisation) -> None:
        with pytest.raises(UnknownInPolicy):
            acme.queue("denver")

    def test_technicians_by_account(self, acme: Organisation) -> None:
        assert acme.technician_for("slack:U1") is acme.technician_for("web:dana") is acme.technician("dana")
        assert acme.technician_for("slack:U2") is None

    def test_queues_of_a_technician(self, acme: Organisation) -> None:
        assert [queue.id for queue in acme.queues_of("dana")] == ["desk", "workplace"]
        assert acme.queues_of("nobody") == ()

    @pytest.mark.parametrize(
        ("queue", "following"),
        [
            ("desk", ["network", "workplace"]),  # its own choice first
            ("workplace", ["servers"]),
            ("network", ["servers"]),
            ("servers", []),
        ],
    )
    def test_where_a_ticket_can_be_escalated_to(
        self, acme: Organisation, queue: str, following: list[str]
    ) -> None:
        assert [one.id for one in acme.next_tier_queues(acme.queue(queue))] == following

    def test_a_tier_that_is_not_there_is_skipped(self) -> None:
        acme = read(SMALL.replace("tier = 2", "tier = 3"), "f")
        assert [one.id for one in acme.next_tier_queues(acme.queue("desk"))] == [
            "network",
            "workplace",
            "servers",
        ]


QUEUE = 'id = "servers"\nname = "Servers"\ntier = 3\ntechnicians = ["tomasz"]\ncalendar = "office"\n'


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        # Words and values
        ('tier = 1', 'teir = 1', {'[[queue]]': "queue.tier: is missing", "teir = 1": "queue.teir: unknown key 'teir'; did you mean 'tier'?"}),
        ('tier = 1', 'tier = 7', {"tier = 7": "queue.tier: must be 1, 2 or 3 (found 7)"}),
        ('tier = 1', 'tier = "1"', {'tier = "1"': "queue.tier: must be 1, 2 or 3 (found '1')"}),
        ('name = "Denver"', 'name = 7', {"name = 7": "site.name: must be text (found 7)"}),
        ('name = "Denver"', 'name = " "', {'name = " "': "site.name: must be some text (found ' ')"}),
        ('lead = true', 'lead = "yes"', {'lead = "yes"': "technician.lead: must be true or false (found 'yes')"}),
        ('[[site]]', 'reopen_days = 0\n[[site]]', {"reopen_days": "organisation.reopen_days: must be at least 1 (found 0)"}),
        ('[[site]]', 'reopen_days = "7"\n[[site]]', {"reopen_days": "organisation.reopen_days: must be a whole number (found '7')"}),
        ('[[site]]', 'thread_default = "public"\n[[site]]', {"thread_default": "organisation.thread_default: must be 'internal' or 'requester' (found 'public')"}),
        ('id = "denver"', 'id = "Denver HQ"', {"Denver HQ": "site.id: must be small letters, digits and hyphens (found 'Denver HQ')"}),
        ('"dana@acme.example"', '"dana"', {'email = "dana"': "technician.email: must be an e-mail address (found 'dana')"}),
        ('"web:dana"', '"dana"', {'accounts = ["dana"': "technician.accounts: must be written platform:id, such as slack:U0123ABCD (found 'dana')"}),
        ('"slack:C1"', '"#desk"', {'"#desk"': "queue.channel: must be written platform:id, such as slack:U0123ABCD (found '#desk')"}),
        ('"Europe/Warsaw"', '"Europe/Warsow"', {"Europe/Warsow": "site.timezone: unknown time zone 'Europe/Warsow'; did you mean 'Europe/Warsaw'?"}),
        ('"America/Denver"', '"Mars"', {'"Mars"': "organisation.timezone: unknown time zone 'Mars'"}),
        ('priority = "P3"', 'priority = "P5"', {'priority = "P5"': "category.priority: must be 'P1', 'P2', 'P3' or 'P4' (found 'P5')"}),
        ('workspaces = ["slack:T1", "web"]', 'workspaces = []', {"workspaces": "organisation.workspaces: must not be empty"}),
        ('workspaces = ["slack:T1", "web"]', 'workspaces = ["web", "web"]', {"workspaces": "organisation.workspaces: names 'web' more than once"}),
        ('technicians = ["dana"]', 'technicians = []', {"technicians = []": "queue.technicians: must not be empty"}),
        ('technicians = ["dana"]', 'technicians = "dana"', {'technicians = "dana"': "queue.technicians: must be a list (found 'dana')"}),
        ('technicians = ["dana"]', 'technicians = ["dana", "dana"]', {'["dana", "dana"]': "queue.technicians: names 'dana' more than once"}),
        ('id = "working"', 'id = "device"', {'[[category]]': "category: names 'device' more than once"}),
        ('question = "Which one?"', 'questoin = "Which one?"', {'{ id = "device"': "category.ask.question: is missing", "questoin": "category.ask.questoin: unknown key 'questoin'; did you mean 'question'?"}),
        # Durations
        ('resolution = "4h"', 'resolution = "2d"', {'"2d"': "priority.P1.resolution: must be hours and minutes such as 4h, 15m or 1h30m (found '2d')"}),
        ('resolution = "4h"', 'resolution = ""', {'resolution = ""': "priority.P1.resolution: must be hours and minutes such as 4h, 15m or 1h30m (found '')"}),
        ('resolution = "4h"', 'resolution = 4', {'resolution = 4': "priority.P1.resolution: must be hours and minutes such as 4h, 15m or 1h30m (found '4')"}),
        ('resolution = "4h"', 'resolution = "0m"', {'"0m"': "priority.P1.resolution: must be hours and minutes such as 4h, 15m or 1h30m (found '0m')"}),
        ('resolution = "4h"', 'resolution = "10m"', {'[priority.P1]': "priority.P1: resolution must not be due before first_response"}),
        # Calendars
        ('"13:00-18:00"', '"1pm-6pm"', {"1pm": "calendar.hours.monday: must be hours such as 08:00-18:00 or 22:00-06:00 (found '1pm-6pm')"}),
        ('"13:00-18:00"', '"11:59-18:00"', {"hours.monday": "calendar.hours: monday 08:00-12:00 and monday 11:59-18:00 overlap"}),
        ('hours.tuesday', 'hours.sunday = ["20:00-08:01"]\nhours.tuesday', {"hours.monday": "calendar.hours: sunday 20:00-08:01 and monday 08:00-12:00 overlap"}),
        ('hours.tuesday', 'hours.wednesday = ["05:00-09:00"]\nhours.tuesday', {"hours.monday": "calendar.hours: tuesday 22:00-06:00 and wednesday 05:00-09:00 overlap"}),
        ('hours.tuesday', 'hours.teusday', {"hours.teusday": "calendar.hours.teusday: unknown key 'teusday'; did you mean 'tuesday'?"}),
        ('always = true', '', {'[[calendar]]\nid = "always"': "calendar: never opens: give hours on at least one weekday, or write always = true"}),
        ('always = true', 'always = true\nclosed = [2026-12-24]', {'[[calendar]]\nid = "always"': "calendar: always = true leaves no room for hours, holidays, closed or open days"}),
        ('hours.tuesday', 'closed = ["Christmas"]\nhours.tuesday', {"closed": "calendar.closed: must be a date such as 2026-12-24 (found 'Christmas')"}),
        ('hours.tuesday', 'closed = [2026-12-24]\nopen = [{ date = 2026-12-24, hours = ["08:00-09:00"] }]\nhours.tuesday', {'[[calendar]]': "calendar: says more than once what happens on 2026-12-24"}),
        ('hours.tuesday', 'open = [{ date = 2026-12-24, hours = ["08:00-09:00", "08:30-10:00"] }]\nhours.tuesday', {"open = ": "calendar.open: 08:00-09:00 and 08:30-10:00 overlap"}),
        ('hours.tuesday', 'holidays = { country = "XX" }\nhours.tuesday', {"holidays": "calendar.holidays: no holidays are known for 'XX'; write ISO codes, such as US and CO"}),
        ('hours.tuesday', 'holidays = { country = "US", subdivision = "XX" }\nhours.tuesday', {"holidays": "calendar.holidays: no holidays are known for 'US-XX'; write ISO codes, such as US and CO"}),
        # Between entries
        ('calendar = "office"', 'calendar = "ofice"', {'"ofice"': "queue.calendar: unknown calendar 'ofice'; did you mean 'office'?"}),
        ('technicians = ["dana", "tomasz"]', 'technicians = [\n    "dana",\n    "thomas",\n]', {'"thomas"': "queue.technicians: unknown technician 'thomas'; did you mean 'tomasz'?"}),
        ('queue = "desk"', 'queue = "dask"', {'"dask"': "category.queue: unknown queue 'dask'; did you mean 'desk'?"}),
        ('clock = "always"', 'clock = "nights"', {'"nights"': "priority.P1.clock: unknown calendar 'nights'"}),
        ('escalates_to = "network"', 'escalates_to = "netwrok"', {'"netwrok"': "queue.escalates_to: unknown queue 'netwrok'; did you mean 'network'?"}),
        (QUEUE, QUEUE + 'escalates_to = "workplace"\n', {'escalates_to = "workplace"': "queue.escalates_to: 'workplace' is of a lower tier (2): tickets are escalated upwards"}),
        ('escalates_to = "servers"', 'escalates_to = "network"', {'escalates_to = "network"\nthread': "queue.escalates_to: escalation never ends: network → network"}),
        (QUEUE, QUEUE + 'escalates_to = "other-servers"\n[[queue]]\nescalates_to = "servers"\n' + QUEUE.replace("servers", "other-servers"), {'escalates_to = "other-servers"': "queue.escalates_to: escalation never ends: servers → other-servers → servers", 'escalates_to = "servers"\nid': "queue.escalates_to: escalation never ends: other-servers → servers → other-servers"}),
        ('"web:tomasz"', '"slack:U1"', {'accounts = ["web:dana"': "technician.accounts: 'slack:U1' is named more than once: an account belongs to one technician", 'accounts = ["slack:U1"]': "technician.accounts: 'slack:U1' is named more than once: an account belongs to one technician"}),
        ('id = "krakow"', 'id = "denver"', {'id = "denver"': "site.id: more than one site has the id 'denver'", 'id = "denver"\nname = "Kraków"': "site.id: more than one site has the id 'denver'"}),
        ('id = "other"', 'id = "others"', {'[[category]]': "category: there must be one with the id 'other', for what fits nowhere else"}),
        # The shape of the file
        ('[[site]]', '[[sites]]\nid = "x"\n[[site]]', {"[[sites]]": "sites: unknown key 'sites'; did you mean 'site'?"}),
        ('[priority.P4]\nmeaning = "A wish"\nfirst_response = "8h"\nresolution = "40h"\n', '', {"[priority.P1]": "priority.P4: is missing"}),
        ('[priority.P4]', '[priority.P5]', {"[priority.P1]": "priority.P4: is missing", "[priority.P5]": "priority.P5: unknown key 'P5'; did you mean 'P1'?"}),
    ],
)  # fmt: skip
def test_mistakes(right: str, wrong: str, expected: dict[str, str]) -> None:
    """`expected` maps a piece of the text, by which its line is found, to what is said of that line."""
    text = SMALL.replace(right, wrong, 1)
    assert text != SMALL
    said = [f"firstline.toml:{line_of(place, text)}: {sentence}" for place, sentence in expected.items()]
    assert problems_in(text) == said


def test_every_mistake_is_told_at_once() -> None:
    text = (
        SMALL.replace('timezone = "America/Denver"', 'timezone = "America/Dever"')
        .replace('calendar = "office"', 'calendar = "ofice"', 1)
        .replace("tier = 2", "teir = 2", 1)
        .replace('id = "other"', 'id = "others"')
        .replace('first_response = "1h"', "")
    )
    assert [problem.partition(": ")[2] for problem in problems_in(text)] == [
        "organisation.timezone: unknown time zone 'America/Dever'; did you mean 'America/Denver'?",
        "queue.calendar: unknown calendar 'ofice'; did you mean 'office'?",
        "queue.tier: is missing",
        "queue.teir: unknown key 'teir'; did you mean 'tier'?",
        "priority.P2.first_response: is missing",
        "category: there must be one with the id 'other', for what fits nowhere else",
    ]


def test_an_entry_that_is_broken_is_still_known_to_the_others() -> None:
    assert problems_in(SMALL.replace("always = true", "always = 1")) == [
        "firstline.toml:23: calendar.always: must be true or false (found 1)"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "firstline.toml: organisation: is missing"),
        ("organisation = 3", "firstline.toml:1: organisation: must be a table (found 3)"),
        ('queue = ["desk"]', "firstline.toml:1: queue: must be a table (found 'desk')"),
        ('[queue]\nid = "desk"', "firstline.toml:1: queue: must be a list (found a table)"),
        ("[[queue]]\nid = []", "firstline.toml:2: queue.id: must be text (found a list)"),
        ('[[site]]\ntimezone = ["UTC"]', "firstline.toml:2: site.timezone: unknown time zone '['UTC']'"),
    ],
)
def test_a_file_of_another_shape(text: str, problem: str) -> None:
    assert problem in problems_in(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n\nid = ", "firstline.toml:3: is not TOML: Invalid value"),
        ("[[queue]]\nid = desk\n", "firstline.toml:2: is not TOML: Invalid value"),
        ('[[queue]]\nid = "a"\nid = "b"\n', "firstline.toml:3: is not TOML: Cannot overwrite a value"),
    ],
)
def test_a_file_that_is_not_toml(text: str, problem: str) -> None:
    assert problems_in(text) == [problem]


class TestLoad:
    @staticmethod
    def write(folder: Path, name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text, "utf-8")
        return path

    def test_one_file_for_each_organisation(self, tmp_path: Path) -> None:
        acme = self.write(tmp_path, "acme.toml", SMALL)
        zenith = self.write(
            tmp_path, "z.toml", SMALL.replace("acme", "zenith").replace('"slack:T1", "web"', '"teams:9"')
        )
        loaded = load([acme, zenith])
        assert list(loaded.organisations) == ["acme", "zenith"]
        assert loaded.organisation("zenith").id == "zenith"
        assert loaded.organisation_for("slack:T1") is loaded.organisation("acme")
        assert loaded.organisation_for("teams:9") is loaded.organisation("zenith")
        assert loaded.organisation_for("slack:T2") is None
        with pytest.raises(UnknownInPolicy, match="the policy has no organisation 'nobody'"):
            loaded.organisation("nobody")

    def test_what_only_one_organisation_can_have(self, tmp_path: Path) -> None:
        first, second = self.write(tmp_path, "a.toml", SMALL), self.write(tmp_path, "b.toml", SMALL)
        with pytest.raises(ProblemsFound) as found:
            load([first, second])
        assert list(map(str, found.value.problems)) == [
            f"{second}:2: organisation.id: another file describes 'acme' already",
            f"{second}:5: organisation.workspaces: 'slack:T1' belongs to 'acme' already",
            f"{second}:5: organisation.workspaces: 'web' belongs to 'acme' already",
        ]

    def test_the_problems_of_all_files(self, tmp_path: Path) -> None:
        good, bad = self.write(tmp_path, "a.toml", SMALL), self.write(tmp_path, "b.toml", SMALL + "x = 1\n")
        latin, none = tmp_path / "latin.toml", tmp_path / "none.toml"
        latin.write_bytes("name = 'Kraków'".encode("latin-1"))
        with pytest.raises(ProblemsFound) as found:
            load([good, bad, latin, none])
        in_bad, in_latin, in_none = found.value.problems
        assert str(in_bad) == f"{bad}:{SMALL.count(chr(10)) + 1}: priority.P4.x: unknown key 'x'"
        assert str(in_latin).startswith(f"{latin}: cannot be read: 'utf-8' codec can't decode")
        assert str(in_none).startswith(f"{none}: cannot be read: [Errno 2] No such file")

    def test_a_file_as_notepad_saves_it(self, tmp_path: Path) -> None:
        path = tmp_path / "acme.toml"
        path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
        assert isinstance(load([path]), Policy)


class Author(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    reviewed: date
    level: Literal["easy", "hard"]
    authors: list[Author]


def test_problems_can_be_explained_for_any_model() -> None:
    """As articles do for their front matter, which is YAML."""
    lines = {(): 1, ("reviewed",): 3, ("authors", 0): 5}
    with pytest.raises(ValidationError) as error:
        FrontMatter.model_validate(
            {
                "tilte": "a",
                "reviewed": "soon",
                "level": None,
                "authors": [{"name": "x" * 99, "nmae": 1}, "Dana"],
            }
        )
    assert explain(error.value, FrontMatter, "vpn.md", lines.get) == [
        Problem("vpn.md", 1, "title", "is missing"),
        Problem("vpn.md", 1, "level", "must be 'easy' or 'hard' (found nothing)"),
        Problem("vpn.md", 1, "authors", "must be a table (found 'Dana')"),
        Problem("vpn.md", 1, "tilte", "unknown key 'tilte'; did you mean 'title'?"),
        Problem("vpn.md", 3, "reviewed", "must be a date such as 2026-12-24 (found 'soon')"),
        Problem("vpn.md", 5, "authors.nmae", "unknown key 'nmae'; did you mean 'name'?"),
    ]


class TestLines:
    """Every value in a file is found on the line on which it stands."""

    def test_in_every_way_that_toml_can_be_written(self) -> None:
        text = """\
title = ["x"] # comment
a.b.c = 1
"quoted key".'other one' = 2
[table.inner] # comment
list = [1,
  # comment
  2, { deep = [
  3] }]
[[entry]]
id = 1
[entry.sub]
x = 1
[[entry.nested]]
y = 1
[[entry.nested]]
y = 2
[[entry]]
[[entry.nested]]
y = 3
"""
        assert lines_of(text) == {
            ("title",): 1,
            ("title", 0): 1,
            ("a",): 2,
            ("a", "b"): 2,
            ("a", "b", "c"): 2,
            ("quoted key",): 3,
            ("quoted key", "other one"): 3,
            ("table",): 4,
            ("table", "inner"): 4,
            ("table", "inner", "list"): 5,
            ("table", "inner", "list", 0): 5,
            ("table", "inner", "list", 1): 7,
            ("table", "inner", "list", 2): 7,
            ("table", "inner", "list", 2, "deep"): 7,
            ("table", "inner", "list", 2, "deep", 0): 8,
            ("entry",): 9,
            ("entry", 0): 9,
            ("entry", 0, "id"): 10,
            ("entry", 0, "sub"): 11,
            ("entry", 0, "sub", "x"): 12,
            ("entry", 0, "nested"): 13,
            ("entry", 0, "nested", 0): 13,
            ("entry", 0, "nested", 0, "y"): 14,
            ("entry", 0, "nested", 1): 15,
            ("entry", 0, "nested", 1, "y"): 16,
            ("entry", 1): 17,
            ("entry", 1, "nested"): 18,
            ("entry", 1, "nested", 0): 18,
            ("entry", 1, "nested", 0, "y"): 19,
        }

    def test_nothing_in_the_demo_is_without_its_line(self) -> None:
        def locations(value: Any, here: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
            yield here
            parts = (
                value.items()
                if isinstance(value, dict)
                else enumerate(value)
                if isinstance(value, list)
                else ()
            )
            for part, inner in parts:
                yield from locations(inner, (*here, part))

        text = DEMO.read_text("utf-8")
        lines = lines_of(text)
        assert lines.keys() == set(locations(tomllib.loads(text))) - {()}
        written = text.splitlines()
        assert all(
            str(where[-1]) in written[line - 1] for where, line in lines.items() if isinstance(where[-1], str)
        )


@pytest.fixture(scope="module")
def harbor() -> Organisation:
    return load([DEMO]).organisation("harbor")


class TestDemo:
    def test_offices(self, harbor: Organisation) -> None:
        assert len(harbor.sites) == 20
        assert {site.timezone.key for site in harbor.sites} == {
            "America/Denver", "America/Chicago", "America/New_York", "Europe/Warsaw",
        }  # fmt: skip

    def test_queues_of_all_tiers(self, harbor: Organisation) -> None:
        assert {queue.id: queue.tier for queue in harbor.queues} == {
            "service-desk": 1, "workplace": 2, "network": 2, "identity-security": 2, "infrastructure": 3,
            "northwind-desk": 1, "gdansk-move": 2,
        }  # fmt: skip
        assert all(queue.channel == f"web:channel/{queue.id}" for queue in harbor.queues)

    def test_technicians(self, harbor: Organisation) -> None:
        assert all(one.accounts == (f"web:{one.id}", f"console:{one.id}") for one in harbor.technicians)
        assert all(harbor.queues_of(one.id) for one in harbor.technicians)
        assert any(one.lead for one in harbor.technicians)

    def test_categories(self, harbor: Organisation) -> None:
        assert [category.id for category in harbor.categories] == [
            "accounts",
            "access",
            "email",
            "cloud-apps",
            "network",
            "devices",
            "meeting-rooms",
            "telephones",
            "software",
            "hardware",
            "servers",
            "backup",
            "patching",
            "security",
            "business-systems",
            "vendors",
            "onboarding",
            "offboarding",
            "offices",
            "compliance",
            "other",
        ]
        assert all(len(category.ask) <= 3 for category in harbor.categories)

    def test_there_is_a_category_for_every_folder_of_articles(self, harbor: Organisation) -> None:
        folders = {folder.name for folder in (ROOT / "knowledge/articles").iterdir() if folder.is_dir()}
        assert folders <= {category.id for category in harbor.categories}

    def test_its_gravest_tickets_run_around_the_clock(self, harbor: Organisation) -> None:
        desk = harbor.queue("service-desk")
        christmas = datetime(2026, 12, 25, 8, tzinfo=UTC)
        assert harbor.clock(desk, Priority.P1).is_open(christmas)
        assert not harbor.clock(desk, Priority.P2).is_open(christmas)


SECTIONS = {
    "## `[provider]`": policy.Provider,
    "## `[organisation]`": policy.About,
    "## `[[site]]`": policy.Site,
    "## `[[calendar]]`": policy.CalendarTable,
    "### `[calendar.hours]`": policy.Week,
    "### `holidays = { … }`": policy.Holidays,
    "### `open = [{ … }]`": policy.SpecialDay,
    "## `[[technician]]`": policy.Technician,
    "### `away = [{ … }]`": rules.Absence,
    "## `[[queue]]`": policy.Queue,
    "## `[[category]]`": policy.Category,
    "### `ask = [{ … }]`": policy.Question,
    "## `[priority.P1]` to `[priority.P4]`": policy.Promise,
    "## `[tier.1]`, `[tier.2]`, `[tier.3]`": rules.Tier,
    "## `[[rota]]`": rules.Rota,
    "### `overrides = [{ … }]`": rules.Override,
    "## `[[group]]`": policy.Group,
    "## `[[route]]`": rules.Route,
    "### `waiting = { … }`": rules.Waiting,
    "### `rollover = { … }`": rules.Rollover,
    "## `[[escalation]]`": rules.Escalation,
    "### `steps = [{ … }]`": rules.Step,
    "## `[[silence]]`": rules.Silence,
}
TAKEN_FROM_THE_ORGANISATION = {
    (policy.Site, "timezone"),
    (policy.CalendarTable, "timezone"),
    (policy.Technician, "timezone"),
    (policy.Queue, "thread"),
    (rules.Rota, "timezone"),
    (rules.Route, "timezone"),
}


class TestDocumentation:
    @pytest.mark.parametrize(("heading", "model"), SECTIONS.items())
    def test_has_every_key_and_whether_it_is_required(self, heading: str, model: type[BaseModel]) -> None:
        section = re.split(r"\n##", DOCS.partition(f"\n{heading}\n")[2])[0]
        documented = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.M))
        required = {
            field.alias or name: field.is_required() and (model, name) not in TAKEN_FROM_THE_ORGANISATION
            for name, field in model.model_fields.items()
        }
        assert {key: default == "required" for key, default in documented.items()} == required

    def test_has_every_table(self) -> None:
        models = {
            model
            for module in (policy, rules)
            for model in vars(module).values()
            if isinstance(model, type) and issubclass(model, Table) and model.__module__ == module.__name__
        }
        shapes = {rules._Span, rules.Tiers, policy.Organisation, policy.Promises}
        assert models - shapes == set(SECTIONS.values())
        for field in policy.Organisation.model_fields.values():
            assert re.search(rf"## `\[+{field.alias}\b", DOCS)

    def test_its_examples_load(self) -> None:
        examples = re.findall(r"```toml\n(.*?)```", DOCS, re.S)
        assert examples
        for example in examples:
            assert read(example, "docs/policy.md").id == "acme"

    def test_its_mistakes_are_told_as_it_says(self) -> None:
        (example,) = re.findall(r"```toml\n(.*?)```", DOCS, re.S)
        (mistakes,) = re.findall(r"```text\n(.*?)```", DOCS, re.S)
        text = example.replace("tier = 1", "teir = 1").replace(
            'calendar = "office-hours"', 'calendar = "ofice-hours"'
        )
        assert mistakes.splitlines() == problems_in(text)
