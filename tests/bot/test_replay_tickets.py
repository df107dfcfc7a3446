"""Past tickets under a changed policy: read with their mistakes told, routed and timed by the desk's own rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import past_tickets
from bot.demo import cast
from bot.past_tickets import PastTicket
from bot.replay_tickets import as_data, replay, told
from problems import ProblemsFound
from tests.story import Story
from tickets import store
from tickets.kinds import Priority
from tickets.policy import Organisation, load, read

HARBOR = load([cast.POLICY]).organisation("harbor")
POLICY = cast.POLICY.read_text(encoding="utf-8")

HEAD = "ticket,opened,category,site,priority,groups,claimed,answered,solved,waited\n"
NIGHT = "T-1,2026-11-03T22:00,accounts,denver,,,2026-11-03T22:20,2026-11-04T07:30,2026-11-04T09:00,\n"
MORNING = "T-2,2026-11-04T09:00,accounts,denver,,,2026-11-04T09:10,2026-11-04T09:50,2026-11-04T18:00,2026-11-04T10:00/2026-11-04T15:00\n"


def changed(before: str, after: str) -> Organisation:
    assert before in POLICY
    return read(POLICY.replace(before, after, 1), "new.toml")


def tickets(*rows: str) -> list[PastTicket]:
    return past_tickets.read(HEAD + "".join(rows), "tickets.csv", [HARBOR])


class TestReading:
    def test_a_line_of_csv(self) -> None:
        (found,) = tickets(MORNING)
        assert found == PastTicket(
            ticket="T-2",
            opened=datetime(2026, 11, 4, 16, tzinfo=UTC),  # the wall in Denver
            category="accounts",
            site="denver",
            claimed=datetime(2026, 11, 4, 16, 10, tzinfo=UTC),
            answered=datetime(2026, 11, 4, 16, 50, tzinfo=UTC),
            solved=datetime(2026, 11, 5, 1, tzinfo=UTC),
            waited=((datetime(2026, 11, 4, 17, tzinfo=UTC), datetime(2026, 11, 4, 22, tzinfo=UTC)),),
        )

    def test_json_says_the_same(self) -> None:
        rows = [
            dict(zip(HEAD.strip().split(","), line.strip().split(","), strict=True))
            for line in (NIGHT, MORNING)
        ]
        rows[1]["groups"] = ["finance", "managers"]  # type: ignore[assignment]
        as_list, as_lines = json.dumps(rows, indent=1), "\n".join(map(json.dumps, rows))
        for text in (as_list, as_lines):
            first, second = past_tickets.read(text, "tickets.json", [HARBOR])
            assert (first, second.ticket, second.groups) == (
                tickets(NIGHT)[0],
                "T-2",
                ("finance", "managers"),
            )

    def test_what_it_writes_it_reads(self) -> None:
        found = tickets(NIGHT, MORNING.replace(",,,2026", ",P1,finance;managers,2026"))
        assert past_tickets.read(past_tickets.as_csv(found), "again.csv", [HARBOR]) == found

    def test_a_zone_that_is_given_is_kept_and_the_oldest_comes_first(self) -> None:
        later, earlier = (
            NIGHT.replace("2026-11-03T22:00", "2026-11-04T05:00:00+00:00"),
            MORNING.replace("11-04", "11-02"),
        )
        assert [one.ticket for one in tickets(later, earlier)] == ["T-2", "T-1"]

    @pytest.mark.parametrize(
        ("text", "problems"),
        [
            ("opend,category\n", ["t:1: opened: there is no such column; did you mean 'opend'?"]),
            (HEAD, ["t: has no tickets"]),
            (HEAD + NIGHT + NIGHT.replace("accounts", "acounts").replace("denver", "devner"), [
                "t:3: category: unknown category 'acounts'; did you mean 'accounts'?",
                "t:3: site: unknown site 'devner'; did you mean 'denver'?",
            ]),
            (HEAD + NIGHT.replace("2026-11-03T22:00", "yesterday"), ["t:2: opened: must be a time such as 2026-11-02T09:30 (found 'yesterday')"]),
            (HEAD + NIGHT.replace("2026-11-03T22:00", ""), ["t:2: opened: is missing"]),
            (HEAD + NIGHT.replace("2026-11-04T09:00", "2026-11-01T09:00"), ["t:2: solved: is before it was opened (found '2026-11-01T09:00')"]),
            (HEAD + MORNING.replace("/", " to "), ["t:2: waited: must be stretches such as 2026-11-02T09:30/2026-11-02T14:00, with ; between them"]),
            (HEAD + MORNING.replace(",,,2026", ",P5,,2026"), ["t:2: priority: unknown priority 'P5'; did you mean 'P1'?"]),
            ('[\n{"opened": "2026-11-03T22:00",\n "category": "acounts"}]', ["t:2: category: unknown category 'acounts'; did you mean 'accounts'?"]),
            ('[{"opened": }]', ["t:1: is not JSON: Expecting value"]),
            ("[[1, 2]]\n", None),
        ],
    )  # fmt: skip
    def test_mistakes_are_told_by_file_line_and_field(self, text: str, problems: list[str] | None) -> None:
        with pytest.raises(ProblemsFound) as found:
            past_tickets.read(text, "t", [HARBOR])
        if problems:
            assert [str(problem) for problem in found.value.problems] == problems


class TestReplay:
    def test_the_same_policy_changes_nothing(self) -> None:
        found = replay(tickets(NIGHT, MORNING), HARBOR, HARBOR)
        assert not any(one.goes_elsewhere for one in found)
        assert told(found, HARBOR, HARBOR, everything=False).endswith(
            "Nothing would go elsewhere, and the same tickets would be late."
        )

    def test_what_would_go_elsewhere_and_what_would_no_longer_be_late(self) -> None:
        """At night the provider answers within the hour, and did not; in-house, the morning is in time."""
        new = changed(
            'priority = "P2"\nclosed = "us-hours"\nqueue = "northwind-desk"',
            'priority = "P2"\nclosed = "us-hours"\nqueue = "service-desk"',
        )
        found = replay(tickets(NIGHT, MORNING), HARBOR, new)
        night, morning = found
        assert (night.before.queue, night.after.queue) == ("Northwind night desk", "Service desk")
        assert (night.before.response_late, night.after.response_late) == (True, False)
        assert not morning.goes_elsewhere
        text = told(found, HARBOR, new, everything=False)
        assert "First reply late               1       0" in text
        note = 'note = "Nights and weekends are the provider\'s"'
        line = POLICY.splitlines().index(note)  # of the [[route]] above it, counted from 1
        assert str(night.after.place) == f"new.toml:{line}"
        assert (
            "1 would go elsewhere:\n  T-1      Tue 3 Nov 22:00  Passwords and sign-in, denver: Northwind night desk → Service desk  new.toml:"
            in text
        )
        assert (
            "1 would no longer be late:\n  T-1      Tue 3 Nov 22:00  Passwords and sign-in, denver: first reply: was due Tue 3 Nov 23:00, now Wed 4 Nov 08:00, answered Wed 4 Nov 07:30"
            in text
        )

    def test_waiting_stops_the_clock_as_the_desk_stops_it(self) -> None:
        (one,) = replay(tickets(MORNING), HARBOR, HARBOR)
        # Seven of eight hours were left at ten; from three o'clock, four that day and three the next, from seven.
        assert one.before.solution_due == datetime(2026, 11, 5, 17, tzinfo=UTC)
        assert not one.before.solution_late

    def test_unclaimed_it_rolls_over(self) -> None:
        late, intime = MORNING.replace("09:10", "09:45"), MORNING
        assert replay(tickets(late), HARBOR, HARBOR)[0].before.queue == "Northwind night desk"
        assert replay(tickets(intime), HARBOR, HARBOR)[0].before.queue == "Service desk"

    def test_a_surge_is_reckoned_from_the_file(self) -> None:
        new = changed("more_than = 20", "more_than = 1")
        rows = [MORNING.replace("T-2", f"T-{n}").replace("T09:00,acc", f"T09:0{n},acc") for n in range(4)]
        queues = [one.after.queue for one in replay(tickets(*rows), HARBOR, new)]
        assert queues == ["Service desk", "Service desk", "Northwind night desk", "Northwind night desk"]

    def test_a_category_that_the_new_policy_has_not_is_covered_as_other(self) -> None:
        text = POLICY.replace('id = "accounts"', 'id = "passwords"').replace('"accounts"', '"passwords"')
        (one,) = replay(tickets(MORNING), HARBOR, read(text, "new.toml"))
        assert one.after.queue == "Service desk"

    def test_as_data(self) -> None:
        (one,) = as_data(replay(tickets(NIGHT), HARBOR, HARBOR))
        assert (one["ticket"], one["goes_elsewhere"], one["before"]["queue"]) == (
            "T-1",
            False,
            "Northwind night desk",
        )
        assert one["before"]["first_response_late"] is True


async def test_the_desk_s_own_tickets_as_such_a_file(story: Story, tmp_path: Path) -> None:
    number = await story.opened(story.employee("maya"), "I am locked out of my account")
    dana = story.technician("dana")
    start = story.clock.now
    await story.pass_time(minutes=10)
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("The requester…", on=number), note="Which account?")
    await story.pass_time(minutes=30)
    await story.employee("maya").says("the VPN one")
    await dana.fills(await dana.presses("Priority…", on=number), priority="P1")
    await story.pass_time(minutes=20)
    await dana.fills(await dana.presses("Resolve…", on=number), reason="fixed", text="Unlocked.")
    async with story.database.reading("harbor") as tx:
        rows = await store.opened_between(tx, start, story.clock.now, past_tickets.KINDS)
        assert not await store.opened_between(tx, story.clock.now, story.clock.now, past_tickets.KINDS)
    written = past_tickets.as_csv(past_tickets.of_history(ticket, events) for ticket, events in rows)
    (found,) = past_tickets.read(written, "export.csv", [story.policy.organisation("harbor")])
    minutes = [
        (at - start).total_seconds() / 60
        for at in (found.claimed, found.answered, found.solved, *found.waited[0])
        if at
    ]
    assert minutes == [10, 10, 60, 10, 40]
    assert (found.ticket, found.priority, found.site) == (number, Priority.P1, "denver")
    (one,) = replay([found], story.policy.organisation("harbor"), story.policy.organisation("harbor"))
    ticket = await story.ticket(number)
    assert (one.before.queue, one.before.response_late, one.before.solution_late) == (
        "Service desk",
        False,
        False,
    )
    assert ticket.resolution_due
