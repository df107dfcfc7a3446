"""Takes the pictures in `docs/images` from the real demo page, by playing the story that the README tells.

make screenshots
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.end_to_end.demo_page import answered

IMAGES = Path(__file__).parent / "images"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
STILL: dict[str, Any] = {"reduced_motion": "reduce"}

OTHERS = (
    ("jakub", "the payment terminal in our shop has been down since 8:15 and customers are leaving"),
    ("aisha", "I can't get into the VPN from the hotel, it says timeout every time"),
    ("diego", "could I get a second monitor for my desk?"),
)
"""So that the queue is not empty: account and words."""


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for account, words in OTHERS:
            page = window(browser, f"{address}/?employee={account}", DESKTOP)
            open_ticket(page, words)
            page.context.close()
        ticket = play_the_story(window(browser, f"{address}/?employee=maya&technician=marcus", DESKTOP))
        take_again(browser, address, ticket)
        take_coverage(browser, address)
        browser.close()


def play_the_story(page: Page) -> str:
    """From the question to the conversation with a technician; a picture on the way."""
    ask(page, "outlook keeps asking for my pasword")
    expect(page.locator("#chat-messages .said")).to_have_count(1)
    take(page, "answer")
    ticket = open_ticket(page)
    card = page.locator("#channel-messages > li", has_text=ticket)
    card.locator("[data-button='ticket.claim']").click()
    expect(card.locator(".status")).to_contain_text("Claimed by Marcus Bell")
    card.locator("[data-button='ticket.reply']").click()
    page.locator("#dialog textarea").fill(
        "Hi Maya, I have removed the old sign-in from here. Please start Outlook once more."
    )
    page.locator("#dialog [type=submit]").click()
    expect(page.locator("#chat-messages .relayed")).to_have_count(1)
    ask(page, "works, thank you so much!")
    expect(page.locator("#chat-messages .own").last).not_to_contain_text("Sending")
    take(page, "demo")
    card.locator(".thread-toggle").click()
    expect(card.locator(".thread")).to_contain_text("thank you so much")
    take(page, "thread")
    return ticket


def take_again(browser: Browser, address: str, ticket: str) -> None:
    """The same scene in the dark, and on a phone."""
    scene = f"{address}/?employee=maya&technician=marcus"
    dark = window(browser, scene, DESKTOP, color_scheme="dark")
    expect(dark.locator("#channel-messages > li", has_text=ticket)).to_be_in_viewport()
    take(dark, "demo-dark")
    phone = window(browser, scene, PHONE)
    for pane in ("chat", "channel", "queue"):
        phone.locator(f".tabs [data-pane={pane}]").tap()
        take(phone, f"phone-{pane}")


def take_coverage(browser: Browser, address: str) -> None:
    """Christmas Eve at ten in the evening, in Denver."""
    page = browser.new_context(**(DESKTOP | STILL)).new_page()
    page.goto(f"{address}/coverage?category=accounts&site=denver&priority=P1&at=2026-12-24T22:00")
    page.screenshot(path=IMAGES / "coverage-page.png", full_page=True)


def ask(page: Page, words: str) -> None:
    page.locator("#question").fill(words)
    page.locator("#question").press("Enter")
    expect(page.locator("#chat-messages .typed").last).to_contain_text(words[:20])


def open_ticket(page: Page, words: str = "") -> str:
    """Ask for a person, and answer what the desk wants to know until there is a ticket."""
    last = answered(page, lambda: ask(page, words)) if words else page.locator("#chat-messages .said").last
    for _ in range(8):
        if opened := re.search(r"opened (T-\d+)", last.inner_text()):
            return opened[1]
        wanted = [last.locator(f"[data-button='{button}']") for button in ("person", "intake.answer")]
        button = next((found.first for found in wanted if found.count()), None)
        last = answered(page, button.click if button else lambda: ask(page, "It began this morning"))
    raise RuntimeError(f"The desk opened no ticket; its last words were: {last.inner_text()}")


def window(browser: Browser, address: str, size: dict[str, Any], **options: Any) -> Page:
    page = browser.new_context(**(size | STILL | options)).new_page()
    page.goto(address)
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(400)
    return page


def take(page: Page, name: str) -> None:
    page.locator("body").evaluate("() => document.activeElement?.blur()")
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"{name}.png")


@contextmanager
def demo() -> Iterator[str]:
    """The real demo, as a process of its own; yields its address."""
    firstline = Path(sys.executable).with_name("firstline")
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(  # noqa: S603
            [firstline, "demo", "--port", "0", "--folder", folder], stdout=subprocess.PIPE, text=True
        )
        try:
            for line in process.stdout or ():
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    break
            else:
                raise RuntimeError("The demo did not start.")
        finally:
            process.terminate()
            process.communicate(timeout=30)


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("There is no Chromium here. Install it (Debian: apt-get install chromium).")


if __name__ == "__main__":
    main()
