"""The demo company in a real browser: the main story with two technicians in two windows, on a phone, through a crash."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.end_to_end.demo_page import (
    ARGUMENTS,
    PHONE,
    SECONDS,
    Demo,
    ask,
    card_of,
    chromium,
    crashed,
    fill_form,
    open_ticket,
    too_faint,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    demo.start()
    yield demo
    began = time.monotonic()
    assert demo.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 20


@pytest.fixture
def window(browser, demo) -> Iterator[Callable[..., Page]]:
    """Open the page as these people in a window of its own; at the end, no window may have complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(path: str = "/", **options) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(demo.url + path)
        expect(page.locator("#connection")).to_have_attribute("data-state", "live")
        return page

    open_window.complaints = complaints
    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


# --------------------------------------------------------------------------------------------------- the main story


def test_from_a_question_to_a_rated_solution_with_two_technicians(window):
    first = window("/?employee=maya&technician=marcus")
    second = window("/?employee=maya&technician=ines")

    ask(first, "outlook keeps asking for my pasword")
    answer = first.locator("#chat-messages .said").first
    expect(answer).to_contain_text("Outlook")
    expect(answer.locator(".footnote")).to_contain_text("last reviewed")
    for label in ("That solved it", "Talk to a person"):
        expect(answer.get_by_role("button", name=label)).to_be_visible()
    # the other window of the same employee shows it too, without a reload
    expect(second.locator("#chat-messages .said").first).to_contain_text("Outlook")

    ticket = open_ticket(first, "outlook keeps asking for my pasword, please help")
    expect(first.locator("#chat-messages > li").last).to_contain_text("You will hear")
    for page in (first, second):
        expect(card_of(page, ticket)).to_contain_text("Maya Lindqvist")
        expect(page.locator("#queue > li", has_text=ticket)).to_contain_text("Nobody yet")

    for page in (first, second):  # both click before either hears of the other
        card_of(page, ticket).locator("[data-button='ticket.claim']").evaluate("button => button.click()")
    for page in (first, second):
        expect(card_of(page, ticket).locator(".status")).to_contain_text("Claimed by")
    winner = re.search(r"Claimed by (.+)", card_of(first, ticket).locator(".status").inner_text())[1]
    mine, other = (first, second) if winner == "Marcus Bell" else (second, first)
    expect(other.locator(".toast")).to_contain_text(winner)
    expect(mine.locator(".toast")).to_have_count(0)
    expect(first.locator("#chat-messages > li").last).to_contain_text(winner)

    card_of(mine, ticket).locator("[data-button='ticket.reply']").click()
    fill_form(mine, "I have removed the old sign-in. Please start Outlook again.")
    expect(first.locator("#chat-messages .relayed").last).to_contain_text("removed the old sign-in")

    ask(first, "It works, thank you!")
    card_of(mine, ticket).locator(".thread-toggle").click()
    thread = card_of(mine, ticket).locator(".thread")
    expect(thread).to_contain_text("It works, thank you!")
    box = thread.locator("textarea")
    assert "Begin with >" in (box.get_attribute("placeholder") or "")
    box.fill("between us: the third one this week")
    box.press("Enter")
    expect(thread).to_contain_text("between us")
    box.fill("> Glad to hear it.")
    box.press("Enter")
    expect(first.locator("#chat-messages .relayed").last).to_contain_text("Glad to hear it.")
    expect(first.locator("#chat-messages")).not_to_contain_text("between us")

    card_of(mine, ticket).locator("[data-button='ticket.resolve']").click()
    fill_form(mine, "Removed the old sign-in of Outlook.")
    for page in (first, second):
        expect(card_of(page, ticket).locator(".status")).to_contain_text("Resolved")
        expect(page.locator("#queue > li", has_text=ticket)).to_have_count(0)
    rate = first.locator("#chat-messages [data-button='ticket.rate']")
    expect(rate).to_have_count(5)
    rate.last.click()
    first.locator("#dialog input").fill("Quick and kind")
    first.locator("#dialog [type=submit]").click()
    expect(card_of(second, ticket)).to_contain_text("Quick and kind")


def test_everything_can_be_done_with_the_keyboard(window):
    page = window("/?employee=hana&technician=marcus")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("are you there?")
    expect(page.locator("#chat-messages > li")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#chat-messages .typed .words")).to_have_text("hello\nare you there?")
    expect(page.locator("#chat-messages .said")).to_have_count(1)
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#question")).to_have_value("")


def test_ones_own_words_can_be_changed_and_taken_back(window):
    page, other = window("/?employee=diego"), window("/?employee=diego")
    ask(page, "helo")
    expect(page.locator("#chat-messages .said")).to_have_count(1)
    own = page.locator("#chat-messages .own").first
    own.hover()
    own.get_by_role("button", name="Edit this message").click()
    expect(page.locator("#dialog textarea")).to_have_value("helo")
    fill_form(page, "hello")
    expect(own.locator(".words")).to_have_text("hello")
    own.hover()
    own.get_by_role("button", name="Delete this message").click()
    page.locator("#dialog [type=submit]").click()
    expect(other.locator("#chat-messages .deleted")).to_have_text("This message was deleted.")


def test_moving_the_clock_is_seen_in_every_window(window):
    page, other = window("/?employee=ewa"), window("/?employee=maya")
    page.get_by_role("button", name="Friday 18:05").click()
    for one in (page, other):
        expect(one.locator("#clock-company")).to_contain_text("Fri")
        expect(one.locator("#clock-company")).to_contain_text("18:05 Denver")
    expect(page.locator("#clock-employee")).to_contain_text("Sat 02:05 Warsaw")
    expect(other.locator("#clock-employee")).to_be_empty()
    other.get_by_role("button", name="+2 h").click()
    expect(page.locator("#clock-company")).to_contain_text("20:05 Denver")


# ------------------------------------------------------------------------------------------------- what people type


def test_whatever_is_typed_is_shown_as_it_is_and_does_nothing(window):
    page = window("/?employee=aisha&technician=dana")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    hostile = (
        '<img src=x onerror="alert(1)"><script>alert(2)</script> <!channel> [x](javascript:alert(3)) **b**'
    )
    ticket = open_ticket(page, f"my printer is broken {hostile}")
    expect(page.locator("#chat-messages .typed .words").first).to_have_text(f"my printer is broken {hostile}")
    page.locator("#queue > li", has_text=ticket).locator("button").click()  # in whichever channel it is
    card = card_of(page, ticket)
    expect(card).to_contain_text("<script>alert(2)</script>")
    expect(card).to_contain_text("<!channel>")
    ours = 'img[src^="/static/"]'
    assert card.locator(f"img:not({ours}), script, .card-body a").count() == 0


def test_a_very_long_paste_is_folded_and_can_be_opened(window):
    page = window("/?employee=jakub")
    ask(page, "the log says: " + "Supercalifragilistic" * 1_999)
    words = page.locator("#chat-messages .typed .words").first
    expect(page.locator("#chat-messages .said").first).to_be_visible()
    folded = words.bounding_box()["height"]
    page.get_by_role("button", name="Show all").click()
    assert words.bounding_box()["height"] > 3 * folded
    assert page.evaluate("document.documentElement.scrollWidth") == 1440
    page.get_by_role("button", name="Show less").click()
    assert words.bounding_box()["height"] == folded


# ------------------------------------------------------------------------------------------------ a phone, the dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_one_part_is_shown_at_a_time(window, scheme):
    page = window("/?employee=maya&technician=marcus", color_scheme=scheme, **PHONE)
    ticket = open_ticket(page, "outlook keeps asking for my password again and again")
    for name in ("chat", "channel", "queue"):
        page.locator(f".tabs [data-pane={name}]").tap()
        expect(page.locator(f"#pane-{name}")).to_be_visible()
        assert page.locator(".pane:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert too_faint(page) == []
    page.locator("#queue > li", has_text=ticket).locator("button").tap()
    expect(card_of(page, ticket)).to_be_in_viewport()
    page.get_by_role("button", name="Move the clock").tap()
    expect(page.get_by_role("button", name="+15 min")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_is_readable_and_has_a_name(window, scheme):
    page = window("/?employee=maya&technician=dana", color_scheme=scheme)
    open_ticket(page, "outlook keeps asking for my password, still")
    page.locator("#lists-open").click()
    assert too_faint(page) == []
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, select, textarea, input:not([type=hidden])")]
            .filter((one) => one.checkVisibility())
            .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_answers_is_asked_by_keyboard_and_fits_a_phone(window, demo, scheme):
    page = window("/?employee=maya&technician=marcus", color_scheme=scheme, **PHONE)
    page.locator(".tabs a").tap()
    expect(page.get_by_role("heading", name="Who answers?")).to_be_visible()
    page.get_by_label("About", exact=True).select_option(label="Passwords and sign-in")
    page.get_by_label("Office", exact=True).select_option(label="Denver")
    page.get_by_label("Priority", exact=True).select_option("P1")
    page.get_by_label("When, on the wall there").fill("2026-12-24T22:00")
    page.get_by_label("When, on the wall there").press("Enter")
    expect(page.locator("#answer-title")).to_have_text(
        "Harbor & Vale · Passwords and sign-in · P1 · Denver · Thu 24 Dec 2026 22:00 (Denver time)"
    )
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Northwind night desk, tier 1")
    expect(answer).to_contain_text("A route sends it to Northwind night desk, tier 1: Nobody of ours is up.")
    expect(page.locator("#week-title")).to_contain_text("week of 21 December 2026")
    page.locator(".week-map").focus()
    page.keyboard.press("ArrowRight")  # what is too wide for the phone is reached by keyboard
    expect(page.locator(".week-map")).not_to_have_js_property("scrollLeft", 0)
    page.get_by_text("The week in words").press("Enter")
    expect(page.locator(".week-words")).to_contain_text("Dana, Thu 12:00 to Sat 08:00")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert too_faint(page) == []
    page.get_by_role("link", name="Week after").press("Enter")
    expect(page.locator("#week-title")).to_contain_text("week of 28 December 2026")
    expect(page.get_by_label("When, on the wall there")).to_have_value("2026-12-24T22:00")
    page.get_by_role("link", name="Back to the desk").press("Enter")
    expect(page.locator("#question")).to_be_visible()


# -------------------------------------------------------------------------------------------------------- a crash


def test_what_is_written_while_the_desk_is_down_arrives_once(window, demo):
    page = window("/?employee=maya&technician=marcus")
    ticket = open_ticket(page, "outlook keeps asking for my password since the update")
    with crashed(demo):
        ask(page, "one more thing: it started on Monday")
        expect(page.locator("#chat-messages .pending .delivery span")).to_have_text(
            "Will be sent as soon as the desk is back"
        )
        page.locator("#question").fill("half typed")
        expect(page.locator("#connection")).to_have_attribute("data-state", "away")
        reloaded = (
            page.context.new_page()
        )  # another window of the same browser does not send it a second time
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.locator("#chat-messages .pending")).to_have_count(0)
    reloaded.goto(demo.url + "/?employee=maya&technician=marcus")
    toggle = card_of(page, ticket).locator(".thread-toggle")
    toggle.click()
    thread = card_of(page, ticket).locator(".thread .messages > li")
    expect(thread.filter(has_text="it started on Monday")).to_have_count(1)
    for one in (page, reloaded):
        expect(one.locator("#chat-messages .typed", has_text="it started on Monday")).to_have_count(1)
    expect(page.locator("#question")).to_have_value("half typed")
    window.complaints.clear()  # the browser itself reports each failed attempt


def test_the_page_survives_a_graceful_restart_with_streams_open(window, demo):
    page = window("/?employee=maya&technician=marcus")
    began = time.monotonic()
    assert demo.end(signal.SIGTERM) == 0
    assert time.monotonic() - began < 5
    expect(page.locator("#connection")).to_have_attribute("data-state", "away")
    demo.restart()
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    ask(page, "hello again")
    expect(page.locator("#chat-messages .typed", has_text="hello again")).to_have_count(1)
    window.complaints.clear()
