"""The preview of articles: as the web page and Slack show them, and never as anything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from adapters.preview.app import Page, Shelf, preview_app
from adapters.slack.render import message
from adapters.web.server import serving
from bot.requests import previewed
from knowledge.library import Library

ARTICLE = """---
id: badge-printer
title: The badge <printer> is jammed
category: devices
priority: P3
tier: 1
owner: front-office
reviewed: 2026-11-01
review_every: 180 days
utterances: [badge printer jammed, printer ate the card, cant print badges]
technician: Spare ribbons are in the cabinet.
---
Open the **lid**:

1. Pull the `card` out.
2. Close it. See [the guide](https://example.com/a).
"""


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    (tmp_path / "badge.md").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "broken.md").write_text("no front matter <script>", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def address(folder: Path) -> AsyncIterator[str]:
    library = Library((folder,))

    def shelf() -> Shelf:
        library.reload()
        pages = [Page(one.id, one.title, str(one.file), previewed(one)) for one in library.articles]
        return Shelf(pages, [str(problem) for problem in library.problems])

    async with serving(preview_app(shelf), host="127.0.0.1", port=0) as address:
        yield address


async def get(url: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(url) as response:
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        return response.status, await response.text()


async def test_the_list_names_articles_and_what_has_to_be_mended(address: str) -> None:
    status, page = await get(f"{address}/")
    assert status == 200
    assert '<a href="/article/badge-printer">The badge &lt;printer&gt; is jammed</a>' in page
    assert "broken.md:1: an article begins with front matter" in page
    assert "<script>" not in page


async def test_an_article_as_the_web_page_and_slack_show_it(address: str) -> None:
    status, page = await get(f"{address}/article/badge-printer")
    assert status == 200
    web, _, slack = page.partition('<div class="slack">')
    assert "<strong>lid</strong>" in web
    assert 'data-button="person"' in web
    assert "From the article" in web
    slack, _, technicians = slack.partition("<h2>")
    assert "<strong>lid</strong>" in slack
    assert '<ol class="indent-0" start="1">' in slack
    assert "<code>card</code>" in slack
    assert '<a href="https://example.com/a" rel="noopener noreferrer">the guide</a>' in slack
    assert '<span class="primary">That solved it</span>' in slack
    assert "&#34;type&#34;: &#34;actions&#34;" in slack
    assert "Spare ribbons are in the cabinet" in technicians
    assert "<printer>" not in page


async def test_what_is_saved_shows(address: str, folder: Path) -> None:
    (folder / "badge.md").write_text(ARTICLE.replace("**lid**", "**cover**"), encoding="utf-8")
    assert "<strong>cover</strong>" in (await get(f"{address}/article/badge-printer"))[1]


async def test_an_article_that_is_not_there(address: str) -> None:
    status, page = await get(f"{address}/article/%3Cb%3E")
    assert status == 404
    assert "There is no article &lt;b&gt;" in page


async def test_style(address: str) -> None:
    assert (await get(f"{address}/preview.css"))[0] == 200


@pytest.mark.slow
def test_every_shipped_article_uses_only_blocks_that_the_preview_draws(library: Library) -> None:
    drawn = {"rich_text", "actions", "context"}
    inside = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    for article in library.articles:
        for _, say in previewed(article):
            blocks = message(say)["blocks"]
            assert {block["type"] for block in blocks} <= drawn
            elements = [one for block in blocks if block["type"] == "rich_text" for one in block["elements"]]
            assert {one["type"] for one in elements} <= inside
