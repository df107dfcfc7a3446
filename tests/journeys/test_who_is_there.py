"""Said in chat: out until Monday, a swap of a night, and who answers now."""

from __future__ import annotations

from tests.story import Story, toast

PHISHED = "I clicked on a link in a phishing mail"
RESTORE = "please restore a folder I deleted"


def channel(story: Story, queue: str) -> list[str]:
    return [message.text for message in story.platform.at(story.channel(queue))]


# ---------------------------------------------------------------------------------------------------------- absences


async def test_an_absence_that_empties_a_queue_is_told_there_and_to_whom_it_concerns(story: Story) -> None:
    wei, omar = story.technician("wei"), story.technician("omar")
    await wei.says("I'm out until Friday")
    assert wei.last.text.startswith("Noted: you are out from now until Friday 00:00.")
    assert channel(story, "network") == []  # Omar is there
    await omar.says("off sick today")
    assert "**Network** has nobody during that time." in omar.last.text
    assert channel(story, "network") == [
        "**Nobody of Network is there from now until today 19:00**, since Omar Haddad is out."
    ]


async def test_who_is_out_is_neither_paged_nor_there(story: Story) -> None:
    priya, dana = story.technician("priya"), story.technician("dana")
    await dana.says("hello")
    await priya.says("I'm out until tomorrow")
    assert "**Security on call** is yours then" in priya.last.text
    number = await story.opened(story.employee("maya"), PHISHED)
    assert (await story.ticket(number)).page_called == ["dana"]
    await priya.says("I'm back")
    assert priya.last.text == "Welcome back."
    other = await story.opened(story.employee("aisha"), PHISHED)
    assert (await story.ticket(other)).page_called == ["priya"]


async def test_back_without_having_been_out(story: Story) -> None:
    dana = story.technician("dana")
    await dana.says("I'm back")
    assert dana.last.text == "Good to know; I had not noted that you were out."


async def test_an_absence_ends_by_itself(story: Story) -> None:
    priya = story.technician("priya")
    await priya.says("out until tomorrow")
    story.clock.set("2026-11-25 09:00")
    number = await story.opened(story.employee("maya"), PHISHED)
    assert (await story.ticket(number)).page_called == ["priya"]


async def test_an_employee_says_the_same_and_is_not_taken_for_a_technician(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("I'm out until Monday")
    assert "Noted" not in maya.last.text


# ------------------------------------------------------------------------------------------------------------- swaps


async def test_a_swap_holds_once_the_colleague_has_accepted(story: Story) -> None:
    priya, dana = story.technician("priya"), story.technician("dana")
    await dana.says("hello")
    await priya.says("swap Friday night with @Dana")
    assert priya.last.text == "I have asked Dana Whitfield. It stays yours until they accept."
    assert "Priya Raman asks you to take over:" in dana.last.text
    assert (
        "Security on call (primary), from Friday 17:00 until Saturday 07:00 (Denver time)" in dana.last.text
    )

    story.clock.set("2026-11-27 20:00")
    first = await story.opened(story.employee("maya"), PHISHED)
    assert (await story.ticket(first)).page_called == ["priya"]  # not yet

    await dana.presses("I take it")
    assert dana.last.text.startswith("Thank you. You take over:")
    assert dana.buttons == []
    assert "Dana Whitfield takes over:" in priya.last.text
    second = await story.opened(story.employee("aisha"), PHISHED)
    assert (await story.ticket(second)).page_called == ["dana"]
    story.clock.set("2026-11-28 07:00")
    third = await story.opened(story.employee("diego"), PHISHED)
    assert (await story.ticket(third)).page_called == ["priya"]


async def test_a_swap_that_is_declined_changes_nothing(story: Story) -> None:
    priya, dana = story.technician("priya"), story.technician("dana")
    await dana.says("hello")
    await priya.says("swap Friday with dana")
    request = next(message.effect for message in dana.sees() if "asks you to take over" in message.text)
    await dana.presses("I cannot")
    assert "Dana Whitfield cannot take it, so it stays yours." in priya.last.text
    assert toast(await dana.clicks(request.buttons[0], dana.address)) == "That has been answered or is over."  # type: ignore[union-attr]


async def test_only_who_was_asked_can_accept(story: Story) -> None:
    priya, dana = story.technician("priya"), story.technician("dana")
    await dana.says("hello")
    await priya.says("swap Friday with dana")
    (button, _) = dana.last.buttons
    marcus = story.technician("marcus")
    assert toast(await marcus.clicks(button, marcus.address)) == "That has been answered or is over."


async def test_swaps_that_cannot_be(story: Story) -> None:
    marcus, priya = story.technician("marcus"), story.technician("priya")
    await marcus.says("swap Friday night with dana")
    assert "You are not on call" in marcus.last.text
    await priya.says("swap Friday night with Bob")
    assert "I know no colleague called bob." in priya.last.text
    await priya.says("swap Friday night with dana")
    assert "has never talked to me" in priya.last.text


# ------------------------------------------------------------------------------------------------------- who answers


async def test_who_answers_now(story: Story) -> None:
    dana = story.technician("dana")
    await dana.says("who answers now for Denver network?")
    assert dana.last.text.startswith("**Network**, tier 2, P2. There now: Wei Zhang, Omar Haddad.")
    assert "/" not in dana.last.text, "not where the policy is on the server"
    await dana.says("who answers now for security P1?")
    assert dana.last.text.startswith(
        "**Identity and security**, tier 2, P1. There now: Priya Raman, Dana Whitfield. "
        "Called: Priya Raman, Dana Whitfield, Nora Lindgren. First reply by today 10:15 (Denver time)."
    )
    story.clock.set("2026-12-05 23:00")
    await dana.says("who is there for accounts?")
    assert "**Northwind night desk**, tier 1, P2. There now: Arjun Mehta." in dana.last.text
