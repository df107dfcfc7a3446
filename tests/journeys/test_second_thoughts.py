"""The second click, the late answer, the changed mind: what people do that no script foresees."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo import cast
from bot.messages import Button
from tests.story import Story, toast
from tickets.kinds import Resolution, TicketState
from tickets.policy import load

VPN = "the vpn will not connect since this morning"


async def test_a_choice_pressed_twice_counts_once(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says(VPN)
    choice = next(button for button in maya.last.buttons if button.label == "VPN")
    await maya.clicks(choice, maya.address)
    assert maya.last.text == "Is it the same for the people around you?"
    assert "moved on" in toast(await maya.clicks(choice, maya.address))
    assert maya.last.text == "Is it the same for the people around you?"


async def test_an_answered_question_has_no_buttons_any_more(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says(VPN)
    asked = maya.sees()[-1]
    await maya.says("it is the vpn")
    assert story.platform.messages[asked.id].effect.buttons == ()  # type: ignore[union-attr]


async def test_a_person_pressed_twice_does_not_skip_intake(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    person = maya.last.buttons[1]
    await maya.clicks(person, maya.address)
    assert maya.last.text == "Where does it happen?"
    toast(await maya.clicks(person, maya.address))
    assert maya.last.text == "Where does it happen?"


async def test_not_knowing_what_it_is_about(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("not sure")
    assert "Something went wrong" not in maya.last.text


async def test_another_day_another_matter(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    await story.pass_time(days=3)
    await maya.says("Outlook keeps asking for my password")
    assert maya.last.text.startswith("**Outlook keeps asking for your password**")


async def test_another_matter_in_the_same_hour(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    await maya.says(VPN)
    assert "VPN" in maya.last.text
    await maya.says("just give me a person")
    await maya.says("just give me a person")
    assert story.card_of("T-1001", "network").title == f"T-1001 · {VPN}"


async def test_whether_it_is_the_same_can_be_answered_in_words(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    later = maya.elsewhere("2")
    await later.says(VPN)
    await later.says("talk to a person")
    assert "already have an open ticket" in later.last.text
    await later.says("no")
    assert "already have" not in later.last.text


async def test_two_machines_do_not_talk_for_ever(story: Story) -> None:
    maya = story.employee("maya")
    for _ in range(10):
        await maya.says("I am out of office until Monday. This is an automatic reply.")
    assert len(maya.sees()) < 8
    await maya.says("hello")
    assert maya.last.text.startswith("Hello Maya.")


async def test_cancel_in_a_ticket_is_an_answer_and_not_a_withdrawal(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    await maya.says("cancel")
    assert (await story.ticket("T-1001")).state is TicketState.NEW
    assert story.thread("T-1001", "network")[-1] == "cancel"


async def test_it_works_again_is_no_withdrawal(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, VPN)
    await maya.says("it works now")
    await maya.presses("Yes, close it")
    assert (await story.ticket("T-1001")).resolution is Resolution.CONFIRMED
    assert "5 Great" in maya.buttons


async def test_something_new_does_not_cut_off_what_was_reopened(story: Story) -> None:
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    await wei.presses("Claim", on="T-1001", queue="network")
    await wei.fills(await wei.presses("Resolve…", on="T-1001", queue="network"), reason="fixed", text="Done.")
    await maya.says("hmm, it says error 809 now")
    new = maya.last.buttons[1]
    await maya.presses("Still broken")
    toast(await maya.clicks(new, maya.address))
    await maya.says("the code is 809")
    assert story.thread("T-1001", "network")[-1] == "the code is 809"


async def test_what_waits_can_be_released_and_claimed_again(story: Story) -> None:
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    await wei.presses("Claim", on="T-1001", queue="network")
    form = await wei.presses("The requester…", on="T-1001", queue="network")
    await wei.fills(form, note="Which network?")
    await wei.presses("Release", on="T-1001", queue="network")
    assert story.card_of("T-1001", "network").status == "New, unclaimed"
    ticket = await story.ticket("T-1001")
    assert ticket.next_review_at is not None
    assert await wei.presses("Claim", on="T-1001", queue="network") is None


async def test_without_a_rule_the_queue_is_told_of_a_silent_requester(story: Story, tmp_path: Path) -> None:
    before, _, after = cast.POLICY.read_text(encoding="utf-8").partition("[[silence]]")
    (tmp_path / "less.toml").write_text(before + after[after.index("# ---") :], encoding="utf-8")
    story.policy = load([tmp_path / "less.toml"])
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    await wei.presses("Claim", on="T-1001", queue="network")
    form = await wei.presses("The requester…", on="T-1001", queue="network")
    await wei.fills(form, note="Which network?")
    await story.pass_time(days=1, minutes=1)
    assert "time to ask" in story.thread("T-1001", "network")[-1]


async def test_raising_the_priority_promises_from_now(story: Story) -> None:
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    await story.pass_time(minutes=40)
    await wei.fills(await wei.presses("Priority…", on="T-1001", queue="network"), priority="P1")
    assert "That is our fault" not in maya.last.text
    due = (await story.ticket("T-1001")).first_response_due
    assert due is not None
    assert (due - story.clock.now).total_seconds() == 15 * 60


async def test_editing_a_short_message_changes_only_that_message(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("I cannot open notes now, the vpn will not connect")
    typed = await maya.says("no")
    await maya.says("just give me a person")
    await maya.edits(typed, "yes")
    assert story.card_of("T-1001", "network").title.startswith("T-1001 · I cannot open notes now")


async def test_after_a_merge_both_hear_and_only_the_requester_decides(story: Story) -> None:
    maya, diego, wei = story.employee("maya"), story.employee("diego"), story.technician("wei")
    await story.opened(maya, VPN)
    await story.opened(diego, VPN)
    await wei.fills(await wei.presses("Merge into…", on="T-1002", queue="network"), into="T-1001")
    await wei.presses("Claim", on="T-1001", queue="network")
    await diego.says("withdraw")
    assert (await story.ticket("T-1001")).state is TicketState.CLAIMED
    written = story.platform.at(story.thread_address("T-1001", "network"))[-1].effect
    assert written.author == "Diego Fuentes"  # type: ignore[union-attr]
    await wei.fills(await wei.presses("Reply…", on="T-1001", queue="network"), text="Known, on it.")
    assert maya.last.text == diego.last.text == "Known\\, on it\\."
    form = await wei.presses("Resolve…", on="T-1001", queue="network")
    await wei.fills(form, reason="fixed", text="The gateway was restarted.")
    assert "is resolved" in diego.last.text
    assert "5 Great" in maya.buttons
    assert not diego.last.buttons


async def test_an_edit_that_loses_its_mark_is_not_sent(story: Story) -> None:
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    thread = story.thread_address("T-1001", "network")
    typed = await wei.says("> restart it", at=thread)
    await wei.edits(typed, "she always breaks it", at=thread)
    assert maya.last.text == "restart it"
    assert story.thread("T-1001", "network")[-1].startswith("This edit was not passed on")


async def test_a_message_under_something_unknown_in_the_channel_starts_no_conversation(story: Story) -> None:
    dana = story.technician("dana")
    before = len(story.platform.messages)
    await dana.says("hello", at=dana.address.__class__("web", "channel/service-desk/unknown"))
    assert len(story.platform.messages) == before


async def test_hand_back_goes_the_whole_way(story: Story) -> None:
    maya, dana = story.employee("maya"), story.technician("dana")
    await story.opened(maya, "qqqq wwww eeee")
    await dana.fills(await dana.presses("Escalate…", on="T-1001"), queue="workplace", tried="a")
    await dana.fills(
        await dana.presses("Escalate…", on="T-1001", queue="workplace"), queue="infrastructure", tried="b"
    )
    for queue in ("infrastructure", "workplace"):
        await dana.fills(await dana.presses("Hand back…", on="T-1001", queue=queue), reason="not ours")
    assert (await story.ticket("T-1001")).queue == "service-desk"


async def test_a_policy_without_the_articles_category_still_takes_the_request(
    story: Story, tmp_path: Path
) -> None:
    text = cast.POLICY.read_text(encoding="utf-8")
    head, _, categories = text.partition("[[category]]")
    head = head[: head.index("[[route]]")] + head[head.index("[[escalation]]") :]  # routes name categories
    other = next(part for part in categories.split("[[category]]") if 'id = "other"' in part)
    (tmp_path / "few.toml").write_text(f"{head}[[category]]{other}", encoding="utf-8")
    story.policy = load([tmp_path / "few.toml"])
    maya = story.employee("maya")
    await maya.says("Outlook keeps asking for my password")
    await maya.presses("Talk to a person")
    assert "T-1001" in maya.last.text


@pytest.mark.parametrize("command", ["help", "frobnicate", "my password is: Hunter2026!"])
async def test_commands_never_answer_a_question(story: Story, command: str) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.commands(command)
    assert maya.last.text.startswith("I am the IT help desk.")
    await maya.says("qqqq wwww eeee")
    assert "T-1001" in maya.last.text


async def test_a_rating_word_after_the_window_is_no_crash(story: Story) -> None:
    maya, wei = story.employee("maya"), story.technician("wei")
    await story.opened(maya, VPN)
    await wei.presses("Claim", on="T-1001", queue="network")
    await wei.fills(await wei.presses("Resolve…", on="T-1001", queue="network"), reason="fixed", text="Done.")
    form = await maya.presses("4")
    await maya.presses("Still broken")
    assert "moved on" in toast(await maya.fills(form, comment="late"))
    assert (await wei.clicks(Button("ticket.resume", "", "1"), wei.address)) is not None
