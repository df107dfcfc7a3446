"""What `firstline.toml` says of coverage: read whole, inherited from a provider, and its mistakes told by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from problems import ProblemsFound
from tests.tickets.test_policy import SMALL, line_of, problems_in
from tickets import rota as rotas
from tickets.kinds import Due, Priority
from tickets.policy import Organisation, load, read
from tickets.rules import Assign, Do, Layer
from tickets.survey import survey

RULES = (
    (
        SMALL
        + """
[[rota]]
id = "nights"
name = "Nights"
starts = 2026-01-05T17:00:00
every = "1w"
primary = ["dana", "tomasz"]
secondary = ["tomasz", "dana"]
calendar = "always"
overrides = [{ who = "dana", from = 2026-12-24, until = 2026-12-26T08:00:00 }]
catch_all = "dana"

[[route]]
note = "Servers belong to Kraków"
site = "krakow"
category = ["devices", "other"]
priority = ["P1"]
open = "site"
hours = "22:00-06:00"
from = 2026-12-01
until = 2027-01-01
waiting = { queue = "desk", more_than = 20 }
queue = "servers"
page = "nights"
assign = "fewest-open"
rollover = { after = "30m", to = "desk" }

[[route]]
category = "devices"
wait_and_say = "Only our own people may touch it."

[[escalation]]
priority = "P1"
queue = "desk"
steps = [
    { at = "10m", do = "remind" },
    { at = "75% of resolution", do = "page", rota = "nights" },
    { at = "50% of first_response", do = "raise-tier", while = "unclaimed" },
]

[[silence]]
priority = ["P3", "P4"]
remind = ["24h", "48h"]
close = "48h"
clock = "always"

[tier.1]
share = 25

[tier.3]
share = 75
"""
    )
    .replace('name = "Denver"\n', 'name = "Denver"\ncalendar = "office"\n', 1)
    .replace(
        "lead = true\n",
        'lead = true\nskills = ["cisco"]\nreaches = ["denver"]\ncalendar = "always"\n'
        "away = [{ from = 2026-12-24, until = 2027-01-04 }]\n",
        1,
    )
    .replace(
        'meaning = "Many people"\n', 'meaning = "Many people"\nupdate = "1h"\nupdate_clock = "office"\n', 1
    )
)


@pytest.fixture(scope="module")
def acme() -> Organisation:
    return read(RULES, "firstline.toml")


class TestWhatIsRead:
    def test_a_rota(self, acme: Organisation) -> None:
        rota = acme.rota("nights")
        assert (rota.starts, rota.every) == (datetime(2026, 1, 5, 17), timedelta(weeks=1))  # noqa: DTZ001
        assert rota.timezone == ZoneInfo("America/Denver")
        (override,) = rota.overrides
        assert (override.since, override.layer) == (datetime(2026, 12, 24), Layer.PRIMARY)  # noqa: DTZ001
        assert rota.answer_within == timedelta(minutes=10)

    def test_a_route_with_everything(self, acme: Organisation) -> None:
        route = acme.routes[0]
        assert (route.site, route.priority, route.open) == (("krakow",), (Priority.P1,), "site")
        assert route.waiting is not None
        assert (route.waiting.queue, route.waiting.more_than) == ("desk", 20)
        assert route.assign is Assign.FEWEST_OPEN
        assert route.rollover is not None
        assert route.rollover.after == timedelta(minutes=30)
        assert acme.routes[1].assign is Assign.CLAIM

    def test_a_silence(self, acme: Organisation) -> None:
        (silence,) = acme.silences
        assert [one.total_seconds() / 3600 for one in (*silence.remind, silence.close)] == [24, 48, 48]
        assert silence.clock == "always"
        assert acme.silence(acme.queue("desk"), Priority.P3) is silence
        assert acme.silence(acme.queue("desk"), Priority.P1) is None

    def test_an_escalation(self, acme: Organisation) -> None:
        (escalation,) = acme.escalations
        assert [str(step.at) for step in escalation.steps] == [
            "10m",
            "75% of resolution",
            "50% of first_response",
        ]
        assert [step.about for step in escalation.steps] == ["unclaimed", "unsolved", "unclaimed"]
        assert [step.do for step in escalation.steps] == [Do.REMIND, Do.PAGE, Do.RAISE_TIER]
        assert acme.escalation(acme.queue("desk"), Priority.P1) is escalation
        assert acme.escalation(acme.queue("desk"), Priority.P2) is None
        assert acme.escalation(acme.queue("servers"), Priority.P1) is None

    def test_budgets(self, acme: Organisation) -> None:
        assert [acme.tiers.share(tier) for tier in (1, 2, 3)] == [0.25, None, 0.75]

    def test_groups_have_members_by_address_and_by_account(self) -> None:
        text = RULES + '[[group]]\nid = "board"\nmembers = ["Ana@acme.example", "slack:U9"]\n'
        text += '[[group]]\nid = "finance"\nmembers = ["slack:U9"]\n'
        acme = read(text, "firstline.toml")
        assert acme.groups_of("web:ana", "ana@ACME.example") == ("board",)
        assert acme.groups_of("slack:U9", None) == ("board", "finance")
        assert acme.groups_of("slack:U8", "bo@acme.example") == ()

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('[[route]]\ngroup = "finanse"\n[[group]]\nid = "finance"\nmembers = ["web:ana"]\n', "route.group: unknown group 'finanse'; did you mean 'finance'?"),
            ('[[group]]\nid = "finance"\nmembers = ["ana"]\n', "group.members: must be an e-mail address, or platform:id such as slack:U0123ABCD (found 'ana')"),
        ],
    )  # fmt: skip
    def test_mistakes_in_groups(self, text: str, problem: str) -> None:
        with pytest.raises(ProblemsFound) as found:
            read(RULES + text, "f.toml")
        assert [str(one).partition(": ")[2] for one in found.value.problems] == [problem]

    def test_word_can_be_owed_in_the_hours_of_the_requester_s_office(self) -> None:
        text = RULES.replace('update_clock = "office"', 'update_clock = "site"')
        acme = read(text, "firstline.toml")
        desk = acme.queue("desk")
        assert acme.clock(desk, Priority.P1, Due.UPDATE, "denver").id == "office"
        # An office without a calendar, or no office: the clock of the priority.
        for site in ("krakow", "gone", None):
            assert acme.clock(desk, Priority.P1, Due.UPDATE, site).id == "always"
        assert acme.clock(desk, Priority.P1, Due.RESOLUTION, "denver").id == "always"

    def test_each_target_has_its_clock(self, acme: Organisation) -> None:
        desk = acme.queue("desk")
        assert acme.clock(desk, Priority.P1, Due.UPDATE).id == "office"
        assert acme.clock(desk, Priority.P1, Due.FIRST_RESPONSE).id == "always"
        assert acme.promise(Priority.P1).target(Due.UPDATE) == timedelta(hours=1)
        assert acme.promise(Priority.P2).target(Due.UPDATE) is None

    def test_technicians_have_hours_of_their_own_or_their_queue_s(self, acme: Organisation) -> None:
        dana, tomasz = acme.technician("dana"), acme.technician("tomasz")
        assert acme.hours_of(dana, acme.queue("desk")).id == "always"
        assert acme.hours_of(tomasz, acme.queue("servers")).id == "office"
        assert (dana.skills, dana.reaches) == (("cisco",), ("denver",))
        assert dana.away[0].until == datetime(2027, 1, 4)  # noqa: DTZ001

    def test_everything_knows_its_line(self, acme: Organisation) -> None:
        assert str(acme.routes[1].place) == f"firstline.toml:{line_of('[[route]]', RULES) + 15}"
        assert acme.rota("nights").place.line == line_of("[[rota]]", RULES)
        assert acme.promise(Priority.P1).place.line == line_of("[priority.P1]", RULES)

    def test_leads(self, acme: Organisation) -> None:
        assert [one.id for one in acme.leads_of(acme.queue("servers"))] == ["dana"]  # it has none of its own


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ('every = "1w"', 'every = "1 week"', {"every": "rota.every: must be hours, days or weeks such as 12h, 1d or 1w (found '1 week')"}),
        ('starts = 2026-01-05T17:00:00', 'starts = "Monday"', {"starts": "rota.starts: must be a date or a local date and time, such as 2026-12-24 or 2026-12-24T18:00:00, without quotes and zone"}),
        ('starts = 2026-01-05T17:00:00', 'starts = 2026-01-05T17:00:00Z', {"starts": "rota.starts: must be a date or a local date and time, such as 2026-12-24 or 2026-12-24T18:00:00, without quotes and zone"}),
        ('primary = ["dana", "tomasz"]', 'primary = ["dana", "tomas"]', {'"tomas"]': "rota.primary: unknown technician 'tomas'; did you mean 'tomasz'?"}),
        ('{ who = "dana", from = 2026-12-24', '{ who = "dana", from = 2026-12-27', {"overrides": "rota.overrides: until must be later than from"}),
        ('site = "krakow"\ncat', 'site = "cracow"\ncat', {'site = "cracow"': "route.site: unknown site 'cracow'; did you mean 'krakow'?"}),
        ('open = "site"', 'open = "sites"', {'open = "sites"': "route.open: unknown calendar 'sites'; did you mean 'site'?"}),
        ('until = 2027-01-01', 'until = 2026-11-01', {"[[route]]": "route: until must be later than from"}),
        ('more_than = 20', 'more_then = 20', {"waiting": "route.waiting.more_than: is missing", "waiting = ": "route.waiting.more_then: unknown key 'more_then'; did you mean 'more_than'?"}),
        ('page = "nights"', 'page = "night"', {'page = "night"': "route.page: unknown rota 'night'; did you mean 'nights'?"}),
        ('assign = "fewest-open"', 'assign = "fairly"', {"assign": "route.assign: must be 'claim', 'round-robin', 'fewest-open', 'by-skill' or 'by-site' (found 'fairly')"}),
        ('to = "desk" }', 'to = "servers" }', {"[[route]]": "route: rolls over to 'servers', where it is already"}),
        ('wait_and_say', 'page = "nights"\nwait_and_say', {'[[route]]\ncategory = "devices"': "route: wait_and_say leaves no room for page or rollover: nobody else is to take it"}),
        ('at = "10m"', 'at = "soon"', {'at = "soon"': "escalation.steps.at: must be written like 10m, 1h30m, 4h idle or 75% of resolution (found 'soon')"}),
        ('at = "75% of resolution"', 'at = "75% of solution"', {'at = "75%': "escalation.steps.at: must be written like 10m, 1h30m, 4h idle or 75% of resolution (found '75% of solution')"}),
        ('at = "10m"', 'at = "4h idle", while = "unclaimed"', {'at = "4h idle"': "escalation.steps: '4h idle' leaves no room for while: somebody has it and does nothing"}),
        ('at = "10m", do = "remind"', 'at = "4h idle", do = "page", rota = "nights"', {'at = "4h idle"': "escalation.steps: somebody has it: release it first, then page"}),
        ('at = "10m", do = "remind"', 'at = "10m", do = "release"', {'at = "10m"': "escalation.steps: release is for what is idle: write at like '8h idle'"}),
        ('remind = ["24h", "48h"]', 'remind = []', {'remind = []': "silence.remind: must not be empty"}),
        ('close = "48h"', 'close = "2d"', {'close = "2d"': "silence.close: must be hours and minutes such as 4h, 15m or 1h30m (found '2d')"}),
        (', rota = "nights" }', ' }', {'at = "75%': "escalation.steps: page needs a rota"}),
        ('do = "remind"', 'do = "remind", to = "desk"', {'at = "10m"': "escalation.steps: remind leaves no room for a queue to go to"}),
        ('share = 75', 'share = 76', {"[tier.1]": "tier: the shares add up to 101 per cent of the resolution time"}),
        ('[tier.3]', '[tier.4]', {"[tier.4]": "tier.4: unknown key '4'"}),
        ('update = "1h"', 'update = "1d"', {'update = "1d"': "priority.P1.update: must be hours and minutes such as 4h, 15m or 1h30m (found '1d')"}),
        ('until = 2027-01-04', 'until = 2026-12-24', {"away": "technician.away: until must be later than from"}),
        ('reaches = ["denver"]', 'reaches = ["dever"]', {"reaches": "technician.reaches: unknown site 'dever'; did you mean 'denver'?"}),
    ],
)  # fmt: skip
def test_mistakes(right: str, wrong: str, expected: dict[str, str]) -> None:
    text = RULES.replace(right, wrong, 1)
    assert text != RULES
    said = [f"firstline.toml:{line_of(place, text)}: {sentence}" for place, sentence in expected.items()]
    assert problems_in(text) == said


class TestProvider:
    PROVIDER = """\
[provider]
name = "Northwind IT"
timezone = "America/New_York"
reopen_days = 3

[[calendar]]
id = "provider-hours"
hours.monday = ["07:00-21:00"]

[[calendar]]
id = "office"
hours.sunday = ["07:00-21:00"]

[[technician]]
id = "nora"
name = "Nora"
email = "nora@northwind.example"
accounts = ["web:nora"]

[[queue]]
id = "provider"
name = "Northwind"
tier = 1
technicians = ["nora"]
calendar = "provider-hours"

[[route]]
closed = "office"
queue = "provider"

[[route]]
organisation = "zenith"
queue = "provider"

[tier.1]
share = 10
"""

    def files(self, folder: Path, provider: str = PROVIDER) -> list[Path]:
        texts = {
            "acme.toml": SMALL.replace('timezone = "America/Denver"\n', "", 1)
            + '\n[[route]]\ncategory = "devices"\nqueue = "desk"\n',
            "provider.toml": provider,
            "zenith.toml": SMALL.replace("acme", "zenith").replace('"slack:T1", "web"', '"teams:9"')
            + "\n[tier.1]\nshare = 20\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        return sorted(folder.glob("*.toml"))

    def test_what_is_inherited(self, tmp_path: Path) -> None:
        policy = load(self.files(tmp_path))
        assert list(policy.organisations) == ["acme", "zenith"]
        acme, zenith = policy.organisation("acme"), policy.organisation("zenith")
        assert acme.queue("provider").name == "Northwind"
        assert acme.technician("nora").timezone == ZoneInfo("America/New_York")
        assert acme.timezone == ZoneInfo("America/New_York")  # it names none of its own
        assert zenith.timezone == ZoneInfo("America/Denver")
        assert acme.reopen_days == 3

    def test_its_own_comes_first_and_whole(self, tmp_path: Path) -> None:
        policy = load(self.files(tmp_path))
        acme, zenith = policy.organisation("acme"), policy.organisation("zenith")
        monday_at_nine = datetime(2026, 3, 2, 14, tzinfo=UTC)
        assert acme.calendar("office").is_open(monday_at_nine)  # not the provider's, which is open on Sundays
        assert (acme.tiers.share(1), zenith.tiers.share(1)) == (0.1, 0.2)
        assert [route.queue for route in acme.routes] == ["desk", "provider"]
        assert [route.organisation for route in zenith.routes] == [(), ("zenith",)]

    def test_each_line_is_known_by_its_file(self, tmp_path: Path) -> None:
        files = self.files(tmp_path)
        acme = load(files).organisation("acme")
        assert acme.routes[0].place.file == str(files[0])
        assert str(acme.routes[1].place) == f"{files[1]}:{line_of('closed = ', self.PROVIDER) - 1}"
        assert str(acme.queue("provider").place) == f"{files[1]}:{line_of('[[queue]]', self.PROVIDER)}"

    @pytest.mark.parametrize(
        ("right", "wrong", "line", "sentence"),
        [
            ('closed = "office"', 'closed = "ofice"', 'closed = "ofice"', "route.closed: unknown calendar 'ofice'; did you mean 'office'?"),
            ('name = "Northwind IT"', "", "[provider]", "provider.name: is missing"),
            ("reopen_days = 3", "reopen_days = 0", "reopen_days", "provider.reopen_days: must be at least 1 (found 0)"),
            ("[[queue]]", "[[queues]]\nx = 1\n[[queue]]", "[[queues]]", "queues: unknown key 'queues'; did you mean 'queue'?"),
            ('organisation = "zenith"', 'organisation = ["acme", "zentih"]', '[[route]]\norganisation', "route.organisation: unknown organisation 'zentih'; did you mean 'zenith'?"),
        ],
    )  # fmt: skip
    def test_its_mistakes_are_told_once_and_where_they_stand(
        self, tmp_path: Path, right: str, wrong: str, line: str, sentence: str
    ) -> None:
        text = self.PROVIDER.replace(right, wrong, 1)
        files = self.files(tmp_path, text)
        with pytest.raises(ProblemsFound) as found:
            load(files)
        assert list(map(str, found.value.problems)) == [f"{files[1]}:{line_of(line, text)}: {sentence}"]

    def test_there_is_one_provider_and_it_serves_somebody(self, tmp_path: Path) -> None:
        files = self.files(tmp_path)
        with pytest.raises(ProblemsFound, match="serves nobody"):
            load([files[1]])
        other = tmp_path / "second.toml"
        other.write_text(self.PROVIDER)
        with pytest.raises(
            ProblemsFound, match=r"second\.toml:1: provider: .*provider\.toml is the provider's file"
        ):
            load([*files, other])

    def test_a_provider_s_file_that_is_not_toml_is_all_that_is_told(self, tmp_path: Path) -> None:
        files = self.files(tmp_path, self.PROVIDER.replace("reopen_days = 3", "reopen_days = three"))
        with pytest.raises(ProblemsFound) as found:
            load(files)
        assert list(map(str, found.value.problems)) == [f"{files[1]}:4: is not TOML: Invalid value"]


class TestFeeds:
    ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Acme//Office//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20260706
SUMMARY:Founders' day
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20261229
SUMMARY:Winter
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;TZID=Europe/Warsaw:20260711T160000
DTEND;TZID=Europe/Warsaw:20260711T200000
SUMMARY:Stocktaking
RRULE:FREQ=WEEKLY;COUNT=2
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART:20260801T220000
DTEND:20260802T060000
SUMMARY:Night
END:VEVENT
END:VCALENDAR
"""

    def organisation(self, folder: Path, ics: str = ICS) -> Organisation:
        (folder / "acme.ics").write_bytes(ics.replace("\n", "\r\n").encode())
        keys = 'closed_from = "acme.ics"\nopen_from = "acme.ics"\nclosed = [2026-07-13]\n'
        text = SMALL.replace('id = "office"\n', f'id = "office"\n{keys}', 1)
        (folder / "firstline.toml").write_text(text)
        policy = load([folder / "firstline.toml"])
        assert policy.feeds == {folder / "acme.ics"}
        return policy.organisation("acme")

    @pytest.mark.parametrize(
        ("day", "hours"),
        [
            (date(2026, 7, 6), 24),  # an event of a whole day opens it: open hours win over closed days
            (date(2026, 7, 11), 4),
            (date(2026, 7, 13), 0),  # what the file itself closes
            (date(2026, 7, 18), 4),
            (date(2026, 7, 25), 0),  # no third Saturday
            (date(2026, 8, 1), 8),  # into the next morning, and in the calendar's zone
            (date(2026, 8, 3), 9),
        ],
    )
    def test_hours_of_a_day(self, tmp_path: Path, day: date, hours: int) -> None:
        calendar = self.organisation(tmp_path).calendar("office")
        midnight = datetime(day.year, day.month, day.day, 7, tzinfo=ZoneInfo("America/Denver"))
        start = midnight if hours != 24 else midnight.replace(hour=0)
        assert calendar.elapsed(
            start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=24)
        ) == timedelta(hours=hours)

    def test_whole_days_close(self, tmp_path: Path) -> None:
        (tmp_path / "acme.ics").write_bytes(self.ICS.replace("\n", "\r\n").encode())
        (tmp_path / "firstline.toml").write_text(
            SMALL.replace('id = "office"\n', 'id = "office"\nclosed_from = "acme.ics"\n', 1)
        )
        calendar = load([tmp_path / "firstline.toml"]).organisation("acme").calendar("office")
        for monday, hours in {"2026-12-14": 9, "2026-12-21": 0, "2026-12-28": 0, "2027-01-04": 9}.items():
            start = datetime.fromisoformat(f"{monday}T07:00-07:00").astimezone(UTC)
            assert calendar.elapsed(start, start + timedelta(hours=12)) == timedelta(hours=hours)

    def test_a_file_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(
            ProblemsFound, match=r"firstline\.toml:16: calendar: '.*acme\.ics' is not an iCalendar file"
        ):
            self.organisation(tmp_path, "hello")
        (tmp_path / "acme.ics").unlink()
        with pytest.raises(ProblemsFound, match=r"'.*acme\.ics' cannot be read: No such file or directory"):
            load([tmp_path / "firstline.toml"])

    def test_a_calendar_that_is_closed_for_good_says_so_instead_of_searching(self, tmp_path: Path) -> None:
        always = self.ICS.replace("DTSTART;VALUE=DATE:20260706", "DTSTART;VALUE=DATE:20200101").replace(
            "FREQ=YEARLY", "FREQ=DAILY"
        )
        (tmp_path / "acme.ics").write_bytes(always.replace("\n", "\r\n").encode())
        (tmp_path / "firstline.toml").write_text(
            SMALL.replace('id = "office"\n', 'id = "office"\nclosed_from = "acme.ics"\n', 1)
        )
        calendar = load([tmp_path / "firstline.toml"]).organisation("acme").calendar("office")
        with pytest.raises(ValueError, match="'office' does not open in 10 years"):
            calendar.next_opening(datetime(2026, 1, 1, tzinfo=UTC))


EVENTS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Acme//On call//EN
BEGIN:VEVENT
UID:1
DTSTART:20261207T080000
DTEND:20261209T080000
SUMMARY:On call: Tomasz Nowak
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;TZID=America/Denver:20261209T080000
DTEND;TZID=America/Denver:20261210T080000
SUMMARY:Nights
ATTENDEE:mailto:dana@acme.example
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20261212
DTEND;VALUE=DATE:20261213
SUMMARY:Team lunch
END:VEVENT
END:VCALENDAR
"""


class TestKeptElsewhere:
    def organisation(self, folder: Path, before: str, after: str) -> Organisation:
        (folder / "turns.ics").write_bytes(EVENTS.replace("\n", "\r\n").encode())
        assert before in RULES
        (folder / "firstline.toml").write_text(RULES.replace(before, after, 1))
        policy = load([folder / "firstline.toml"])
        assert policy.feeds == {folder / "turns.ics"}
        return policy.organisation("acme")

    @pytest.mark.parametrize(
        ("at", "who", "why"),
        [
            ("2026-12-07T09:00", "tomasz", "calendar"),  # by name, on the wall of the rota
            ("2026-12-09T07:59", "tomasz", "calendar"),
            ("2026-12-09T08:00", "dana", "calendar"),  # by e-mail address
            ("2026-12-12T12:00", None, "turn"),  # an event that names nobody
            ("2026-12-25T12:00", "dana", "override"),
        ],
    )
    def test_a_rota(self, tmp_path: Path, at: str, who: str | None, why: str) -> None:
        acme = self.organisation(tmp_path, 'name = "Nights"\n', 'name = "Nights"\nturns_from = "turns.ics"\n')
        rota = acme.rota("nights")
        now = datetime.fromisoformat(at).replace(tzinfo=rota.timezone).astimezone(UTC)
        primary = rotas.on_call(rota, acme, now)[0]
        expected = who or rota.primary[rotas.turn_at(rota, now) % 2]
        assert (primary.planned, primary.why) == (expected, why)

    def test_its_turns_are_edges(self, tmp_path: Path) -> None:
        acme = self.organisation(tmp_path, 'name = "Nights"\n', 'name = "Nights"\nturns_from = "turns.ics"\n')
        rota = acme.rota("nights")
        start = datetime(2026, 12, 7, 9, tzinfo=UTC)
        shifts = rotas.shifts(rota, acme, start, start + timedelta(days=5))
        primary = [
            (f"{one.start.astimezone(rota.timezone):%a %H:%M}", one.on_call.planned)
            for one in shifts
            if one.on_call.layer is Layer.PRIMARY and one.on_call.why == "calendar"
        ]
        assert primary == [("Mon 08:00", "tomasz"), ("Wed 08:00", "dana")]

    def test_what_names_nobody_is_found_ahead_of_time(self, tmp_path: Path) -> None:
        acme = self.organisation(tmp_path, 'name = "Nights"\n', 'name = "Nights"\nturns_from = "turns.ics"\n')
        start = datetime(2026, 12, 7, tzinfo=UTC)
        found = survey(acme, start, start + timedelta(days=10))
        (stranger,) = found.strangers
        assert (stranger.rota, stranger.about) == ("nights", "Team lunch")
        assert stranger.end - stranger.start == timedelta(days=1)

    def test_absences(self, tmp_path: Path) -> None:
        acme = self.organisation(
            tmp_path,
            'accounts = ["web:dana", "slack:U1"]',
            'accounts = ["web:dana", "slack:U1"]\naway_from = "turns.ics"',
        )
        dana = acme.technician("dana")
        for day, away in {6: False, 7: True, 9: True, 11: False, 12: True, 13: False}.items():
            noon = datetime(2026, 12, day, 12, tzinfo=dana.timezone)
            assert rotas.is_away(dana, noon.astimezone(UTC)) is away, day

    def test_an_address_is_fetched_by_whoever_can(self, tmp_path: Path) -> None:
        (tmp_path / "copy.ics").write_bytes(EVENTS.replace("\n", "\r\n").encode())
        text = SMALL.replace(
            'id = "office"\n', 'id = "office"\nclosed_from = "https://acme.example/days.ics"\n', 1
        )
        (tmp_path / "firstline.toml").write_text(text)
        asked: list[str] = []

        def fetch(address: str) -> Path:
            asked.append(address)
            return tmp_path / "copy.ics"

        policy = load([tmp_path / "firstline.toml"], fetch)
        assert asked == ["https://acme.example/days.ics"]
        assert policy.feeds == {tmp_path / "copy.ics"}
        with pytest.raises(ProblemsFound) as found:
            load([tmp_path / "firstline.toml"])
        (problem,) = found.value.problems
        assert problem.line == line_of("closed_from", text)
        assert str(problem).endswith(
            "calendar.closed_from: 'https://acme.example/days.ics' is an address, and nothing is fetched here"
        )
