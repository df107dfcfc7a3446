"""Intake asks only what the category needs and is unknown, and steps aside when somebody wants a person now."""

from __future__ import annotations

from tests.story import Story


async def test_a_person_at_once_is_asked_what_it_is_about(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("can I talk to a human?")
    assert maya.last.text == "A person will take it. What is it about? A sentence or two are enough."
    await maya.says("the vpn will not connect since this morning")
    assert maya.last.text == "What has stopped working?"
    assert maya.buttons == ["Wi-Fi", "Cable", "VPN", "The internet"]
    await maya.presses("VPN")
    await maya.presses("Only me")
    assert "T-1001" in maya.last.text
    card = story.card_of("T-1001", "network")
    assert card.title == "T-1001 · the vpn will not connect since this morning"
    assert "**What has stopped working\\?** VPN" in card.body
    assert "**Is it the same for the people around you\\?** Only me" in card.body


async def test_an_answer_can_be_written_instead_of_pressed(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("the vpn will not connect since this morning")
    await maya.says("it is the vpn")
    await maya.says("thanks, only me")
    assert (
        "**Is it the same for the people around you\\?** thanks\\, only me"
        in story.card_of("T-1001", "network").body
    )


async def test_asking_for_a_person_again_ends_the_questions(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("the vpn will not connect since this morning")
    await maya.says("just give me a person")
    assert "T-1001" in maya.last.text
    assert story.card_of("T-1001", "network").body.startswith("the vpn will not connect")


async def test_skipping_a_question_opens_the_ticket(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("the vpn will not connect since this morning")
    await maya.says("I don't know")
    assert "T-1001" in maya.last.text


async def test_cancelling_opens_nothing(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("talk to a person")
    await maya.says("cancel")
    assert maya.last.text.startswith("All right, I have dropped it.")
    await maya.says("thanks")
    assert maya.last.text == "You are welcome."


async def test_the_office_is_asked_once_and_remembered(story: Story) -> None:
    wei = story.technician("wei")  # technicians are employees too; no directory told us where he sits
    await wei.says("talk to a person")
    await wei.says("the vpn will not connect since this morning")
    assert wei.last.text.startswith("Which office are you in?")
    await wei.says("krakow")
    await wei.presses("VPN")
    await wei.presses("Only me")
    assert story.card_of("T-1001", "network").facts[0].text == "Wei Zhang\\, Kraków"

    again = wei.elsewhere("2")
    await again.says("talk to a person")
    await again.says("the coffee machine wants an ip address")
    assert not again.last.text.startswith("Which office")


async def test_an_office_that_was_named_is_not_asked_for(story: Story) -> None:
    wei = story.technician("wei")
    await wei.says("talk to a person")
    await wei.says("the vpn will not connect here in Salt Lake City")
    assert wei.last.text == "What has stopped working?"


async def test_working_from_home_is_an_answer(story: Story) -> None:
    wei = story.technician("wei")
    await wei.says("talk to a person")
    await wei.says("the vpn will not connect since this morning")
    await wei.says("home")
    await wei.presses("VPN")
    await wei.presses("Only me")
    assert story.card_of("T-1001", "network").facts[0].text == "Wei Zhang\\, home"


async def test_what_fits_nowhere_is_asked_about_and_goes_to_the_service_desk(story: Story) -> None:
    maya = story.employee("maya")
    number = await story.opened(maya, "zxcv qwertz blorp")
    ticket = await story.ticket(number)
    assert (ticket.category, ticket.queue, ticket.tier) == ("other", "service-desk", 1)


async def test_a_twin_is_not_opened(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, "the vpn will not connect since this morning")
    later = maya.elsewhere("2")
    await later.says("the vpn will not connect since this morning!")
    await later.says("talk to a person")
    assert "You already have an open ticket that looks like this: **T-1001**" in later.last.text
    await later.presses("Add to T-1001")
    assert later.last.text.startswith("Added to **T-1001**. Nobody has claimed it yet")
    assert story.thread("T-1001", "network")[-1] == "the vpn will not connect since this morning\\!"
    await later.says("still nothing by the way")  # this conversation is about that ticket now
    assert story.thread("T-1001", "network")[-1] == "still nothing by the way"


async def test_a_twin_can_be_something_else(story: Story) -> None:
    maya = story.employee("maya")
    await story.opened(maya, "the vpn will not connect since this morning")
    later = maya.elsewhere("2")
    await later.says("the vpn will not connect since this morning on my second laptop")
    await later.says("talk to a person")
    await later.presses("It is something else")
    await later.says("just give me a person")
    assert "T-1002" in later.last.text


async def test_somebody_elses_ticket_is_no_twin(story: Story) -> None:
    await story.opened(story.employee("maya"), "the vpn will not connect since this morning")
    diego = story.employee("diego")
    await diego.says("the vpn will not connect since this morning")
    await diego.says("talk to a person")
    assert "already have" not in diego.last.text
