"""The demo as a process, its page in Chromium, and what people do there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

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


def ask(page: Page, words: str) -> None:
    page.locator("#question").fill(words)
    page.locator("#question").press("Enter")


def answered(page: Page, act: Callable[[], None]) -> Locator:
    """Do something, and wait for what the desk says to it."""
    said = page.locator("#chat-messages .said")
    before = said.count()
    act()
    expect(said).not_to_have_count(before)
    return said.last


def open_ticket(page: Page, words: str) -> str:
    """Ask for a person, answer what the desk wants to know, and return the ticket's number."""
    page.locator("#new-question").click()
    last = answered(page, lambda: ask(page, words))
    last = answered(page, last.locator("[data-button=person]").click)
    for _ in range(10):
        if promised := re.search(r"opened (T-\d+)", last.inner_text()):
            return promised[1]
        choice = last.locator("[data-button='intake.answer'], [data-button='twin.new']")
        tell = (
            choice.first.click if choice.count() else lambda: ask(page, "It began this morning, at my desk")
        )
        last = answered(page, tell)
    pytest.fail(f"no ticket was opened; the last message was {last.inner_text()!r}")


def card_of(page: Page, ticket: str) -> Locator:
    return page.locator("#channel-messages > li", has=page.locator(".card", has_text=ticket))


def fill_form(page: Page, text: str) -> None:
    page.locator("#dialog textarea").fill(text)
    page.locator("#dialog [type=submit]").click()
    expect(page.locator("#dialog")).to_be_hidden()


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


@contextmanager
def crashed(demo: Demo) -> Iterator[None]:
    """The demo after `kill -9`; it is started again at the end of the block."""
    demo.end(signal.SIGKILL)
    try:
        yield
    finally:
        demo.restart()
