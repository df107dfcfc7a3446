"""The demo company in a real browser: the main story with two technicians in two windows, on a phone, through a crash."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NO_CHROMIUM = (
    "There is no Chromium here. Install it (Debian: apt-get install chromium), or put it on the PATH."
)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SECONDS = 15_000

expect.set_options(timeout=SECONDS)


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(NO_CHROMIUM)
    pytest.skip(NO_CHROMIUM)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


class Demo:
    """`firstline demo` as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self, port: str = "0") -> None:
        command = [
            sys.executable,
            "-m",
            "bot",
            "demo",
            "--port",
            port,
            "--folder",
            str(self._folder / "desk"),
        ]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout
        for line in self._process.stdout:
            if found := re.search(r"http://\S+", line):
                self.url = found[0]
                return
        pytest.fail(f"The demo did not start:\n{(self._folder / 'log').read_text()}")

    def end(self, how: signal.Signals) -> int:
        assert self._process
        assert self._process.stdout
        self._process.send_signal(how)
        code = self._process.wait(30)
        self._process.stdout.close()
        return code

    def restart(self) -> None:
        self.start(self.url.rpartition(":")[2])


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


def ask(page: Page, words: str) -> None:
    page.locator("#question").fill(words)
    page.locator("#question").press("Enter")


def said(page: Page) -> str:
    return page.locator("#chat-messages > li").last.inner_text()


def open_ticket(page: Page, words: str) -> str:
    """Ask for a person, answer what the desk wants to know, and return the ticket's number."""
    page.locator("#new-question").click()
    ask(page, words)
    page.locator("#chat-messages [data-button=person]").last.click()
    for _ in range(6):
        expect(page.locator("#chat-messages > li").last).not_to_contain_text("Sending…")
        page.wait_for_timeout(700)
        if promised := re.search(r"opened (T-\d+)", said(page)):
            return promised[1]
        choice = page.locator("#chat-messages > li").last.locator(
            "[data-button='intake.answer'], [data-button='twin.new']"
        )
        if choice.count():
            choice.first.click()
        else:
            ask(page, "It began this morning, on the computer at my desk")
    pytest.fail(f"no ticket was opened; the last message was {said(page)!r}")


def card_of(page: Page, ticket: str):
    return page.locator("#channel-messages > li", has=page.locator(".card", has_text=ticket))


def fill_form(page: Page, text: str) -> None:
    page.locator("#dialog textarea").fill(text)
    page.locator("#dialog [type=submit]").click()
    expect(page.locator("#dialog")).to_be_hidden()


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
    expect(first.locator("#chat-messages > li").last).to_contain_text("You will hear from")
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
    assert "Only technicians see this" in (box.get_attribute("placeholder") or "")
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
    page = window("/?employee=aisha&technician=marcus")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    hostile = (
        '<img src=x onerror="alert(1)"><script>alert(2)</script> <!channel> [x](javascript:alert(3)) **b**'
    )
    ticket = open_ticket(page, f"my printer is broken {hostile}")
    expect(page.locator("#chat-messages .typed .words").first).to_have_text(f"my printer is broken {hostile}")
    card = card_of(page, ticket)
    expect(card).to_contain_text("<script>alert(2)</script>")
    expect(card).to_contain_text("<!channel>")
    assert card.locator("img, script, .card-body a").count() == 0


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


def too_faint(page: Page) -> list[str]:
    """Visible texts with less than 4.5 to 1 between them and what is behind them."""
    return page.evaluate(
        """() => {
          const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b]
            .map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (one) => {
            for (; one; one = one.parentElement) {
              const colour = channels(getComputedStyle(one).backgroundColor);
              if ((colour[3] ?? 1) > 0.5) return colour;
            }
            return [255, 255, 255];
          };
          const faint = [];
          for (const one of document.querySelectorAll("body *")) {
            const text = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            if (!text || !one.checkVisibility({ opacityProperty: true })) continue;
            const pair = [light(channels(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => b - a);
            const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
            if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${one.className}: ${one.textContent.slice(0, 40)}`);
          }
          return faint;
        }"""
    )


# -------------------------------------------------------------------------------------------------------- a crash


@contextmanager
def crashed(demo: Demo) -> Iterator[None]:
    demo.end(signal.SIGKILL)
    try:
        yield
    finally:
        demo.restart()


def test_what_is_written_while_the_desk_is_down_arrives_once(window, demo):
    page = window("/?employee=maya&technician=marcus")
    ticket = open_ticket(page, "outlook keeps asking for my password since the update")
    with crashed(demo):
        ask(page, "one more thing: it started on Monday")
        expect(page.locator("#chat-messages .pending .delivery")).to_have_text(
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
