"""Nights, weekends, rollovers, pages, tiers: who answers now, and what happens when nobody moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import models
from bot.demo import cast
from bot.messages import OpenForm, Say
from tests.story import Actor, Story, errors, toast
from tickets.kinds import EventKind, Priority, TicketState
from tickets.policy import Policy, load, read

LOCKED_OUT = "I am locked out of my account"  # P2, the service desk
PHISHED = "I clicked on a link in a phishing mail"  # P1, identity and security, paged
SERVER_DOWN = "the file server is down"  # P1, infrastructure in Kraków, paged
RESTORE = "please restore a folder I deleted"  # P2, infrastructure
PAYMENTS = "we cannot take payments in the shop"  # P2, in-house only


async def kinds(story: Story, number: str) -> list[EventKind]:
    return [event.kind for event in await story.history(number)]


async def steps(story: Story, number: str) -> list[str]:
    return [event.data["step"] for event in await story.history(number) if event.kind is EventKind.STEP_TAKEN]


def pages_of(story: Story, technician: str) -> Sequence[Say]:
    """What the technician was asked in their own conversation."""
    return [
        message.effect
        for message in story.technician(technician).sees()
        if isinstance(message.effect, Say) and "you are on call" in message.effect.text
    ]


async def reachable(story: Story, *technicians: str) -> None:
    """They have talked to the desk before, so that they have a conversation."""
    for technician in technicians:
        await story.technician(technician).says("hello")


# ------------------------------------------------------------------------------------------- Friday 18:05 in Denver


async def test_friday_18_05_a_p2_is_the_service_desk_s_until_it_rolls_over(story: Story) -> None:
    story.clock.set("2026-12-04 18:05")
    maya = story.employee("maya")
    number = await story.opened(maya, LOCKED_OUT)
    assert "You will hear from the Service desk team by **Monday 07:05** (Denver time)." in maya.last.text
    await story.pass_time(minutes=29)
    assert (await story.ticket(number)).queue == "service-desk"
    await story.pass_time(minutes=1)
    ticket = await story.ticket(number)
    assert (ticket.queue, ticket.tier, ticket.rollover_at) == ("northwind-desk", 1, None)
    assert "Nobody has claimed it in time" not in maya.last.text  # what was promised stands
    assert story.card_of(number).status == "Now with Northwind night desk (tier 1)"
    arjun = story.technician("arjun")
    await arjun.presses("Claim", on=number, queue="northwind-desk")
    assert "**Arjun Mehta** has your ticket" in maya.last.text
    assert (await kinds(story, number)).count(EventKind.ROLLED_OVER) == 1


async def test_who_claims_in_time_keeps_it(story: Story) -> None:
    number = await story.opened(story.employee("maya"), LOCKED_OUT)
    await story.technician("dana").presses("Claim", on=number)
    await story.pass_time(hours=1)
    assert (await story.ticket(number)).queue == "service-desk"


async def test_friday_19_05_a_p2_is_the_provider_s_at_once(story: Story) -> None:
    story.clock.set("2026-12-04 19:05")
    maya = story.employee("maya")
    number = await story.opened(maya, LOCKED_OUT)
    assert (
        "You will hear from the Northwind night desk team by **today 20:05** (Denver time)." in maya.last.text
    )
    assert story.card_of(number, "northwind-desk").status == "New, unclaimed"


async def test_friday_18_05_a_p1_is_paged_and_accepted(story: Story) -> None:
    story.clock.set("2026-12-04 18:05")
    await reachable(story, "dana", "priya")
    number = await story.opened(story.employee("maya"), PHISHED)
    assert len(pages_of(story, "dana")) == 1  # her week
    assert not pages_of(story, "priya")
    assert "Dana Whitfield (Security on call) is called and has until today 18:15 to answer." in story.thread(
        number, "identity-security"
    )
    dana = story.technician("dana")
    await dana.presses("Accept")
    ticket = await story.ticket(number)
    assert (ticket.assignee, ticket.page_due) == ("dana", None)
    assert dana.last.text == f"You have taken **{number}**. Thank you."
    assert dana.buttons == []
    await story.pass_time(hours=1)
    assert not pages_of(story, "priya")


# ---------------------------------------------------------------------------------------------------------- pages


async def test_a_rejected_page_calls_the_next_at_once(story: Story) -> None:
    await reachable(story, "dana", "priya")
    number = await story.opened(story.employee("maya"), PHISHED)
    first, second = story.technician("priya"), story.technician("dana")
    await first.presses("I cannot")
    assert "goes to the next one on call" in first.last.text
    assert len(pages_of(story, "dana")) == 1
    assert "*Priya Raman cannot take it*" in story.thread(number, "identity-security")
    await second.presses("Accept")
    assert (await story.ticket(number)).assignee == "dana"
    assert [kind for kind in await kinds(story, number) if kind.value.startswith("page")] == [
        EventKind.PAGED, EventKind.PAGE_REJECTED, EventKind.PAGED,
    ]  # fmt: skip


async def test_who_was_passed_over_cannot_reject_any_more(story: Story) -> None:
    await reachable(story, "dana", "priya")
    number = await story.opened(story.employee("maya"), PHISHED)
    priya = story.technician("priya")
    (page,) = pages_of(story, "priya")
    reject = page.buttons[1]
    await story.pass_time(minutes=10)
    assert toast(await priya.clicks(reject, priya.address)) == (
        "Somebody else is called by now, or nobody need be. Thank you."
    )
    await priya.clicks(page.buttons[0], priya.address)  # but accept they still can
    assert (await story.ticket(number)).assignee == "priya"
    assert "You need do nothing" in story.technician("dana").last.text


async def test_silence_calls_the_next_then_the_catch_all_then_says_so(story: Story) -> None:
    story.clock.set("2026-12-05 03:00")  # a Saturday night
    await reachable(story, "dana", "priya", "nora")
    number = await story.opened(story.employee("maya"), PHISHED)
    for technician in ("dana", "priya", "nora"):
        assert len(pages_of(story, technician)) == 1, technician
        await story.pass_time(minutes=10)
    thread = story.thread(number, "identity-security")
    assert thread.count("*Dana Whitfield has not answered*") == 1
    assert any(text.startswith("**Nobody of Security on call has taken it") for text in thread)
    assert (await story.ticket(number)).page_due is None
    assert (await kinds(story, number)).count(EventKind.PAGES_ENDED) == 1


async def test_somebody_without_a_conversation_is_called_in_the_thread(story: Story) -> None:
    number = await story.opened(story.employee("maya"), PHISHED)
    thread = story.platform.at(story.thread_address(number, "identity-security"))
    page = next(message.effect for message in thread if "you are on call" in message.text)
    assert isinstance(page, Say)
    assert [button.label for button in page.buttons] == ["Accept", "I cannot"]
    priya = story.technician("priya")
    await priya.clicks(page.buttons[0], story.thread_address(number, "identity-security"))
    assert (await story.ticket(number)).assignee == "priya"


async def test_only_who_is_called_can_accept(story: Story) -> None:
    await reachable(story, "priya")
    number = await story.opened(story.employee("maya"), PHISHED)
    (page,) = pages_of(story, "priya")
    wei = story.technician("wei")
    assert "Only technicians of the queue Identity and security" in toast(
        await wei.clicks(page.buttons[0], wei.address)
    )
    assert (await story.ticket(number)).assignee is None


async def test_on_call_for_another_queue_one_may_work_on_what_one_was_called_for(story: Story) -> None:
    story.clock.set("2026-12-05 03:00")
    await reachable(story, "arjun")
    number = await story.opened(
        story.employee("maya"), SERVER_DOWN
    )  # Tomasz and then Arjun, who is no infrastructure
    await story.pass_time(minutes=10)
    arjun = story.technician("arjun")
    await arjun.presses("Accept")
    assert (await story.ticket(number)).assignee == "arjun"
    await arjun.fills(await arjun.presses("Reply…", on=number, queue="infrastructure"), text="On it.")
    assert (await story.ticket(number)).first_responded_at


async def test_what_somebody_has_and_cannot_solve_in_time_is_taken_over_by_whoever_is_called(
    story: Story, tmp_path: Path
) -> None:
    with_policy(
        story,
        tmp_path,
        '{ at = "100% of first_response", do = "tell-lead" },',
        '{ at = "50% of resolution", do = "page", rota = "security-on-call" },',
    )
    await reachable(story, "dana", "priya")
    number = await story.opened(story.employee("maya"), LOCKED_OUT)  # P2: four hours are half of eight
    marcus = story.technician("marcus")
    await marcus.presses("Claim", on=number)
    await marcus.fills(await marcus.presses("Reply…", on=number), text="Looking.")
    await story.pass_time(hours=4)
    assert (len(pages_of(story, "priya")), len(pages_of(story, "dana"))) == (1, 0)
    await story.pass_time(minutes=10)  # silence calls the next here too
    assert len(pages_of(story, "dana")) == 1
    priya, dana = story.technician("priya"), story.technician("dana")
    assert toast(await priya.clicks(pages_of(story, "dana")[0].buttons[0], priya.address)).startswith(
        "Somebody else is called by now"
    )
    await dana.presses("Accept")
    ticket = await story.ticket(number)
    assert (ticket.assignee, ticket.page_due) == ("dana", None)
    assert "*Dana Whitfield takes it over from Marcus Bell*" in story.thread(number)
    assert "**Dana Whitfield** has your ticket" in story.employee("maya").last.text
    await story.pass_time(hours=1)
    assert not pages_of(story, "dana")  # her page says that she has taken it


async def test_a_policy_that_has_lost_the_rota_or_the_queue_strands_nothing(
    story: Story, tmp_path: Path
) -> None:
    paged = await story.opened(story.employee("maya"), PHISHED)
    rolling = await story.opened(story.employee("aisha"), LOCKED_OUT)
    text = cast.POLICY.read_text(encoding="utf-8")
    head, tail = text[: text.index("[[rota]]")], text[text.index("# ---", text.index("[[escalation]]")) :]
    provider = head.index('[[queue]]\nid = "northwind-desk"')
    head = head[:provider] + head[head.index("[[queue]]", provider + 1) :]
    (tmp_path / "less.toml").write_text(head + tail, encoding="utf-8")
    story.policy = load([tmp_path / "less.toml"])
    await story.pass_time(minutes=31)
    assert (await story.ticket(rolling)).queue == "service-desk"
    assert (await story.ticket(paged)).page_due is None
    assert EventKind.PAGES_ENDED in await kinds(story, paged)


# ------------------------------------------------------------------------------------------------------- escalation


async def test_the_steps_of_a_p1_each_once(story: Story) -> None:
    story.clock.set("2026-12-05 03:00")
    await reachable(story, "tomasz")
    number = await story.opened(story.employee("maya"), SERVER_DOWN)
    for _ in range(10):
        await story.pass_time(minutes=5)
    await story.pass_time(hours=3)
    await story.pass_time(hours=3)
    assert await steps(story, number) == [
        "5m remind",
        "10m page servers-on-call",
        "75% of resolution tell-lead",
    ]
    thread = story.thread(number, "infrastructure")
    assert sum("Reminder: T-1001 is still unclaimed" in text for text in thread) == 1
    told = [text for text in thread if text.startswith("**Tomasz Wójcik**")]
    assert len(told) == 1
    assert told[0] == story.technician("tomasz").last.text


async def test_after_downtime_each_step_is_taken_once_and_says_that_it_is_late(story: Story) -> None:
    story.clock.set("2026-12-05 03:00")
    number = await story.opened(story.employee("maya"), SERVER_DOWN)
    story.clock.move(hours=3, minutes=10)  # nobody was running
    await story.settle()
    await story.settle()
    assert await steps(story, number) == [
        "5m remind",
        "10m page servers-on-call",
        "75% of resolution tell-lead",
    ]
    late = [text for text in story.thread(number, "infrastructure") if "This is said late" in text]
    assert sum("Reminder" in text for text in late) == 1
    assert len(late) == len(set(late)) >= 2


async def test_what_was_claimed_in_time_is_not_reminded_of(story: Story) -> None:
    number = await story.opened(story.employee("maya"), PHISHED)
    priya = story.technician("priya")
    await priya.presses("Claim", on=number, queue="identity-security")
    await priya.fills(await priya.presses("Reply…", on=number, queue="identity-security"), text="Looking.")
    await story.pass_time(minutes=30)
    assert await steps(story, number) == []


async def test_half_of_the_time_unclaimed_raises_the_tier(story: Story) -> None:
    number = await story.opened(story.employee("maya"), PHISHED)
    await story.pass_time(hours=2)
    ticket = await story.ticket(number)
    assert (ticket.queue, ticket.tier) == ("infrastructure", 3)
    assert ticket.escalated_from == ["identity-security"]
    assert any("since nothing has moved here" in text for text in story.thread(number, "identity-security"))


# ---------------------------------------------------------------------------------------------------------- holidays


async def test_christmas_eve_in_two_offices(story: Story) -> None:
    story.clock.set("2026-12-24 11:30")
    maya, jakub = story.employee("maya"), story.employee("jakub")
    await story.opened(maya, LOCKED_OUT)
    assert (
        "the Service desk team by **Monday 07:30** (Denver time)" in maya.last.text
    )  # half an hour until noon
    await story.opened(jakub, RESTORE)  # in Poland it is a holiday, and Monday is the next working day
    assert (
        "outside the hours of the Infrastructure team, which begin again Monday 08:00. You will hear by **Monday 09:00**"
        in (jakub.last.text)
    )
    story.clock.set("2026-12-24 13:00")
    number = await story.opened(maya.elsewhere("2"), "I am locked out of my VPN account")
    assert (await story.ticket(number)).queue == "northwind-desk"


async def test_in_house_only_waits_and_says_so(story: Story) -> None:
    story.clock.set("2026-12-04 22:00")
    maya = story.employee("maya")
    number = await story.opened(maya, PAYMENTS)
    assert "Orders and payments are looked after by our own people only" in maya.last.text.replace("\\", "")
    assert "You will hear by **Monday 08:00** (Denver time)" in maya.last.text
    await story.pass_time(hours=8)
    assert (await story.ticket(number)).queue == "service-desk"


# ------------------------------------------------------------------------------------------------------------ tiers


async def test_three_tiers_and_who_used_the_time(story: Story) -> None:
    """Budgets burn only while the ticket is with the tier, in the hours of its queue, and stand while it waits."""
    maya, dana, wei, tomasz = (
        story.employee("maya"),
        story.technician("dana"),
        story.technician("wei"),
        story.technician("tomasz"),
    )
    number = await story.opened(maya, LOCKED_OUT)  # Tuesday 10:00; P2: eight hours, of which two for tier 1
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("Reply…", on=number), text="Looking.")
    await story.pass_time(minutes=50)
    await dana.fills(await dana.presses("The requester…", on=number), note="Which VPN?")
    await story.pass_time(hours=2)  # nobody's time
    await maya.says("The new one")
    await story.pass_time(minutes=10)
    assert (await story.ticket(number)).tier_used == {"1": 50 * 60}
    await dana.fills(await dana.presses("Escalate…", on=number), queue="network", tried="All.")
    ticket = await story.ticket(number)
    assert ticket.tier_used == {"1": 3600}
    await wei.presses("Claim", on=number, queue="network")
    await story.pass_time(hours=3)  # 16:00
    await wei.fills(
        await wei.presses("Escalate…", on=number, queue="network"), queue="infrastructure", tried="More."
    )
    assert (await story.ticket(number)).tier_used == {"1": 3600, "2": 3 * 3600}
    story.clock.set("2026-11-25 02:00")  # 10:00 in Kraków, which opened at 08:00
    await story.settle()
    await tomasz.presses("Claim", on=number, queue="infrastructure")
    await tomasz.fills(
        await tomasz.presses("Resolve…", on=number, queue="infrastructure"), reason="fixed", text="Done."
    )
    ticket = await story.ticket(number)
    assert ticket.tier_used == {"1": 3600, "2": 3 * 3600, "3": 2 * 3600}
    assert (ticket.tier_queue, ticket.tier_due) == (None, None)


async def test_a_tier_that_has_used_up_its_part_is_told_once(story: Story) -> None:
    number = await story.opened(story.employee("maya"), LOCKED_OUT)
    dana = story.technician("dana")
    await dana.presses("Claim", on=number)
    await dana.fills(await dana.presses("Reply…", on=number), text="Looking.")
    fact = next(fact for fact in story.card_of(number).facts if fact.label == "Budget of tier 1")
    assert fact.text == "today 12:00"
    await story.pass_time(hours=2)
    await story.pass_time(hours=1)
    spent = [text for text in story.thread(number) if "tier 1 has used up its part of the time" in text]
    assert len(spent) == 1
    await dana.fills(await dana.presses("Escalate…", on=number), queue="network", tried="All.")
    await story.pass_time(hours=3, minutes=40)  # 3 h 36 min are tier 2's
    assert sum("tier 2 has used up" in text for text in story.thread(number, "network")) == 1


async def test_handed_back_a_tier_goes_on_where_it_stopped(story: Story) -> None:
    number = await story.opened(story.employee("maya"), LOCKED_OUT)
    dana, wei = story.technician("dana"), story.technician("wei")
    await story.pass_time(minutes=20)
    await dana.fills(await dana.presses("Escalate…", on=number), queue="network", tried="All.")
    await story.pass_time(minutes=30)
    await wei.fills(await wei.presses("Hand back…", on=number, queue="network"), reason="Not ours.")
    ticket = await story.ticket(number)
    assert ticket.tier_used == {"1": 20 * 60, "2": 30 * 60}
    assert ticket.tier_due == story.clock.now + timedelta(minutes=100)


# ---------------------------------------------------------------------------------------------------------- updates


async def test_word_is_owed_every_hour_of_a_p1(story: Story) -> None:
    number = await story.opened(story.employee("maya"), PHISHED)
    priya = story.technician("priya")
    await priya.presses("Claim", on=number, queue="identity-security")
    await priya.fills(await priya.presses("Reply…", on=number, queue="identity-security"), text="Looking.")
    await story.pass_time(minutes=59)
    assert not any("should have had word" in text for text in story.thread(number, "identity-security"))
    await story.pass_time(minutes=1)
    await story.pass_time(minutes=30)
    owed = [text for text in story.thread(number, "identity-security") if "should have had word" in text]
    assert len(owed) == 1
    await priya.fills(
        await priya.presses("Reply…", on=number, queue="identity-security"), text="Still at it."
    )
    await story.pass_time(minutes=60)
    owed = [text for text in story.thread(number, "identity-security") if "should have had word" in text]
    assert len(owed) == 2


# ---------------------------------------------------------------------------------------------------------- urgency


async def test_a_requester_raises_urgency_once_with_a_reason(story: Story) -> None:
    maya = story.employee("maya")
    number = await story.opened(maya, LOCKED_OUT)
    form = await maya.presses("It is more urgent")
    assert errors(await maya.fills(form, reason="")) == {"reason": "Please fill this in."}
    await maya.fills(form, reason="Payroll must be sent by noon")
    ticket = await story.ticket(number)
    assert (ticket.priority, ticket.urgency_raised) == (Priority.P1, True)
    assert "T-1001 is P1 now, and the team has been told why; you will hear by today 10:15." in maya.last.text
    assert any("Payroll must be sent by noon" in text for text in story.thread(number))
    assert (await kinds(story, number))[-2:] == [
        EventKind.URGENCY_RAISED,
        EventKind.PRIORITY_CHANGED,
    ]
    again = await maya.presses("It is more urgent")
    assert toast(again).startswith("You have raised it before")
    assert isinstance(form, OpenForm)
    assert toast(await maya.fills(form, reason="again")).startswith("You have raised it before")


async def test_nobody_raises_another_s(story: Story) -> None:
    maya, jakub = story.employee("maya"), story.employee("jakub")
    await story.opened(maya, LOCKED_OUT)
    button = next(button for button in maya.last.buttons if button.label == "It is more urgent")
    assert toast(await jakub.clicks(button, jakub.address)) == "That ticket belongs to somebody else."


# ------------------------------------------------------------------------------------------------- giving tickets out


def with_policy(story: Story, folder: Path, before: str, after: str) -> None:
    text = cast.POLICY.read_text(encoding="utf-8")
    assert before in text
    (folder / "changed.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    story.policy = load([folder / "changed.toml"])


async def test_the_desk_gives_tickets_out_in_turn(story: Story, tmp_path: Path) -> None:
    with_policy(
        story, tmp_path, 'rollover = { after = "30m", to = "northwind-desk" }', 'assign = "round-robin"'
    )
    given = []
    for turn in range(4):
        maya = story.employee("maya").elsewhere(str(turn))
        number = await story.opened(maya, f"{LOCKED_OUT} {'again and ' * turn} {turn}")
        given.append((await story.ticket(number)).assignee)
        await story.pass_time(minutes=1)
    assert given == ["dana", "marcus", "ines", "dana"]
    assert "has your ticket" in maya.last.text


async def test_the_desk_gives_to_whom_has_least(story: Story, tmp_path: Path) -> None:
    with_policy(
        story, tmp_path, 'rollover = { after = "30m", to = "northwind-desk" }', 'assign = "fewest-open"'
    )
    first = await story.opened(story.employee("maya"), LOCKED_OUT)
    second = await story.opened(story.employee("aisha"), LOCKED_OUT)
    assert [(await story.ticket(number)).assignee for number in (first, second)] == ["dana", "marcus"]


async def test_a_surge_sends_the_rest_to_the_provider(story: Story, tmp_path: Path) -> None:
    with_policy(story, tmp_path, "more_than = 20", "more_than = 1")
    queues = []
    for employee in ("maya", "aisha", "diego"):
        number = await story.opened(story.employee(employee), LOCKED_OUT)
        queues.append((await story.ticket(number)).queue)
    assert queues == ["service-desk", "service-desk", "northwind-desk"]


# ----------------------------------------------------------------------------------------------------- five models


@pytest.mark.parametrize(
    ("model", "queue", "assignee"),
    [
        ("fully-managed", "service-desk", "nora"),
        ("co-managed", "service-desk", None),
        ("project", "service-desk", None),
        ("staff-augmentation", "service-desk", "dana"),
        ("on-demand", "service-desk", None),
    ],
)
async def test_a_desk_of_each_model_takes_a_ticket(
    story: Story, model: str, queue: str, assignee: str | None
) -> None:
    organisation = read(models.text(model), f"{model}.toml")
    story.policy, story.organisation = Policy({"acme": organisation}), "acme"
    maya = story.technician("dana" if model != "fully-managed" else "nora")
    maya = Actor(story, replace(maya.person, id="maya", name="Maya Lindqvist"), maya.address)
    number = await story.opened(maya, LOCKED_OUT, answer="Denver")
    ticket = await story.ticket(number)
    assert (ticket.category, ticket.queue, ticket.assignee) == ("accounts", queue, assignee)
    assert ticket.state is (TicketState.CLAIMED if assignee else TicketState.NEW)
    assert "by **today 11:00** (Denver time)" in next(
        message.text for message in maya.sees() if "I have opened" in message.text
    )


# ------------------------------------------------------------------------------------------------ groups and offices


async def test_the_board_goes_first(story: Story, tmp_path: Path) -> None:
    text = cast.POLICY.read_text(encoding="utf-8")
    first = text.index("[[route]]")
    rules = (
        '[[group]]\nid = "board"\nmembers = ["web:ewa"]\n\n'
        '[[route]]\nnote = "The board"\ngroup = "board"\nqueue = "infrastructure"\n\n'
    )
    (tmp_path / "groups.toml").write_text(text[:first] + rules + text[first:], encoding="utf-8")
    story.policy = load([tmp_path / "groups.toml"])
    ewa = await story.opened(story.employee("ewa"), LOCKED_OUT)
    maya = await story.opened(story.employee("maya"), LOCKED_OUT)
    assert [(await story.ticket(number)).queue for number in (ewa, maya)] == [
        "infrastructure",
        "service-desk",
    ]


async def test_word_is_owed_while_the_requester_is_at_work(story: Story, tmp_path: Path) -> None:
    """A P1 of Kraków's, answered from Denver: its clock runs all night, but word is owed in the hours of Kraków."""
    with_policy(story, tmp_path, 'update = "1h"  ', 'update = "1h"\nupdate_clock = "site" ')
    assert story.policy.organisation("harbor").site("krakow").calendar == "krakow-hours"
    number = await story.opened(story.employee("jakub"), PHISHED)  # 18:00 there
    priya = story.technician("priya")
    await priya.presses("Claim", on=number, queue="identity-security")
    await priya.fills(await priya.presses("Reply…", on=number, queue="identity-security"), text="Looking.")
    ticket = await story.ticket(number)
    assert ticket.update_due is not None
    assert f"{ticket.update_due.astimezone(ZoneInfo('Europe/Warsaw')):%a %H:%M}" == "Wed 09:00"
