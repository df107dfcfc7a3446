"""What no article helped with is kept, redacted, and tells authors where to write."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.drafts.folder import DraftsFolder
from bot import outcomes
from bot.growing import tell_owners
from bot.messages import Button
from bot.outcomes import End
from bot.worker import Courier
from tests.story import Story, toast


async def kept(story: Story) -> list[tuple[str, str | None, End, int | None]]:
    async with story.database.reading(story.organisation) as tx:
        rows = await outcomes.since(tx, tx.now - timedelta(days=1))
    return [(row.text, row.article, row.end, number) for row, number in reversed(rows)]


PROMPTS = "outlook-password-prompts"
ASKED = "Outlook keeps asking for my password"


async def test_an_answer_that_solved_it(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says(ASKED)
    assert await kept(story) == [(ASKED, PROMPTS, End.SHOWN, None)]
    await maya.presses("That solved it")
    assert await kept(story) == [(ASKED, PROMPTS, End.SOLVED, None)]


async def test_one_that_did_not_help_with_the_ticket_that_followed(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says(ASKED)
    await maya.says("that didn't help")
    assert await kept(story) == [(ASKED, PROMPTS, End.NOT_HELPFUL, None)]
    await maya.presses("On my phone")
    assert await kept(story) == [(ASKED, PROMPTS, End.NOT_HELPFUL, 1001)]


async def test_a_person_asked_for_after_the_answer(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says(ASKED)
    await maya.presses("Talk to a person")
    assert [end for *_, end, _ in await kept(story)] == [End.ESCALATED]


async def test_misses(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("zxcv qwertz blorp fnord")
    await maya.says("blorp fnord again grmpf")
    assert set(await kept(story)) == {
        ("zxcv qwertz blorp fnord", None, End.MISSED, 1001),
        ("blorp fnord again grmpf", None, End.MISSED, 1001),
    }


async def test_titles_of_which_none_was_it_are_a_miss_and_a_chosen_one_is_shown(story: Story) -> None:
    maya = story.employee("maya")
    one, other = maya.elsewhere("one"), maya.elsewhere("other")
    await one.says("teams keeps crashing")
    assert [end for *_, end, _ in await kept(story)] == [End.OFFERED]
    await one.presses("Talk to a person")
    assert [end for *_, end, _ in await kept(story)] == [End.MISSED]
    await other.says("teams keeps crashing")
    await other.presses(other.buttons[0])
    assert {(article is not None, end) for _, article, end, _ in await kept(story)} == {
        (False, End.MISSED),
        (True, End.SHOWN),
    }


async def test_each_of_several_requests_has_its_own_end(story: Story) -> None:
    maya = story.employee("maya")
    await maya.says("My VPN does not connect. Also, can you fix the coffee machine in the kitchen?")
    assert {(article, end) for _, article, end, _ in await kept(story)} == {
        ("vpn-will-not-connect", End.SHOWN),
        (None, End.MISSED),
    }


async def test_nothing_secret_is_kept_and_what_is_edited_or_deleted_follows(story: Story) -> None:
    maya = story.employee("maya")
    typed = await maya.says("qqqq wwww password: Winter-Sun-2026!x")
    assert [text for text, *_ in await kept(story)] == ["qqqq wwww password: [password removed]"]
    await maya.edits(typed, "qqqq eeee")
    assert [text for text, *_ in await kept(story)] == ["qqqq eeee"]
    await maya.deletes(typed)
    assert await kept(story) == []


async def test_it_is_forgotten_after_a_year(story: Story) -> None:
    await story.employee("maya").says(ASKED)
    async with story.database.transaction() as tx:
        await outcomes.forget(tx, tx.now - outcomes.KEPT)
    assert len(await kept(story)) == 1
    async with story.database.transaction() as tx:
        await outcomes.forget(tx, tx.now + timedelta(seconds=1))
    assert await kept(story) == []


async def test_another_organisation_sees_nothing_of_it(story: Story) -> None:
    await story.employee("maya").says(ASKED)
    async with story.database.reading("somebody-else") as tx:
        assert await outcomes.since(tx, tx.now - timedelta(days=1)) == []


# --------------------------------------------------------------------------------------------------------- drafts


async def resolved(story: Story) -> str:
    maya, tom, dana = story.employee("maya"), story.employee("jakub"), story.technician("dana")
    await tom.says("coffee machine on floor 2 leaks water")
    number = await story.opened(maya, "the coffee machine on floor 3 leaks, call maya@harbor.example")
    await dana.presses("Claim", on=number)
    await dana.fills(
        await dana.presses("Reply…", on=number), text="Hi Maya, empty the tray. Then press Rinse."
    )
    assert toast(
        await dana.clicks(Button("ticket.draft", "", await id_of(story, number)), dana.address)
    ).endswith("can be drafted once it is.")
    await dana.fills(
        await dana.presses("Resolve…", on=number), text="The tray was full, password: Winter-Sun-2026!x"
    )
    return number


async def id_of(story: Story, number: str) -> str:
    return str((await story.ticket(number)).id)


async def test_one_button_drafts_an_article_from_a_resolved_ticket(story: Story, tmp_path: Path) -> None:
    writer = Courier(story.database, DraftsFolder(tmp_path), story.bell)
    number = await resolved(story)
    dana = story.technician("dana")
    assert "drafting" in toast(await dana.presses("Draft an article", on=number))
    while await writer.deliver_some():
        await writer.drain()
    await story.settle()
    (file,) = tmp_path.rglob("*.md")
    text = file.read_text(encoding="utf-8")
    assert f"`{file.relative_to(tmp_path).as_posix()}`" in story.thread(number)[-1]
    for part in (
        "the coffee machine on floor 3 leaks",
        "coffee machine on floor 2 leaks water",
        "Then press Rinse.",
    ):
        assert part in text
    for secret in ("Winter-Sun-2026!x", "Maya", "maya@", "Dana"):
        assert secret not in text


async def test_whoever_is_no_technician_gets_none(story: Story) -> None:
    number = await resolved(story)
    maya = story.employee("maya")
    pressed = await maya.clicks(Button("ticket.draft", "", await id_of(story, number)), maya.address)
    assert toast(pressed).startswith("Only technicians")


# --------------------------------------------------------------------------------------------------------- owners


async def told(story: Story) -> list[str]:
    story.clock.move(seconds=1)
    said: set[str] = set()
    assert not await tell_owners(story.database, story.policy, story.library, said)
    await story.settle()
    return [message.text for message in story.platform.messages.values()]


def at(story: Story, day: int, hour: int) -> None:
    """A moment of November 2027 in Denver, when the review of every shipped article is due."""
    story.clock.set(f"2027-11-{day:02} {hour:02}:00")


async def test_owners_are_asked_once_whether_it_is_still_true(story: Story) -> None:
    at(story, 24, 7)
    assert await told(story) == []
    at(story, 24, 8)
    asked = await told(story)
    assert asked
    assert all(text.startswith("**Is it still true?** The review of this is due:") for text in asked)
    assert sum(text.count("last reviewed") for text in asked) >= 15
    at(story, 25, 8)
    assert len(await told(story)) == len(asked)


async def test_on_mondays_they_hear_of_articles_that_help_fewer_and_of_the_chats(story: Story) -> None:
    for day in (1, 5, 9, 13, 17, 21):
        maya = story.employee("maya").elsewhere(f"before-{day}")
        at(story, day, 12)
        await maya.says(ASKED)
        await maya.presses("That solved it")
    for number in range(7):
        at(story, 20, 12)
        story.clock.move(days=30 + 4 * number)
        jakub = story.employee("jakub").elsewhere(f"since-{number}")
        await jakub.says(f"{ASKED} {number}")
        await jakub.says("that didn't help")
    story.clock.set("2028-01-17 08:05")
    (fallen,) = [text for text in await told(story) if "helps fewer people than it did" in text]
    assert "“Outlook keeps asking for my password 6”" in fallen.replace("\\", "")
