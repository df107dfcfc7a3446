"""Who answers, on the page: for technicians, in words and as a picture, and kind about what it cannot understand."""

from __future__ import annotations

import re


async def test_it_answers_with_the_rules_behind(private, names):
    await private.sign_in_as(names.tom)
    html = await private.open("/coverage?category=accounts&site=denver&priority=P2&at=2026-11-27T22:00")
    assert "Acme · Passwords and sign-in · P2 · Denver · Fri 27 Nov 2026 22:00 (Denver time)" in html
    assert "The requester reads" in html
    assert re.search(r"<li>A route sends it to .* <code>acme\.toml:\d+</code></li>", html)
    assert '<option value="accounts" selected>' in html
    assert 'name="at" id="ask-at" value="2026-11-27T22:00"' in html
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in html
    assert "<style" not in html  # the page's policy would refuse it


async def test_without_a_question_it_is_about_now(private, names):
    await private.sign_in_as(names.tom)
    response = await private.client.get("/coverage")
    html = await response.text()
    assert response.status == 200
    assert "Acme · Something else · P3 · no office" in html
    assert 'name="at" id="ask-at" value=""' in html


async def test_only_technicians_are_told(private, names):
    assert (await private.client.get("/coverage")).status == 401
    await private.sign_in_as(names.ana)
    response = await private.client.get("/coverage", headers={"Accept": "text/html"})
    assert response.status == 403
    assert "for the people of the help desk" in await response.text()


async def test_in_a_demonstration_anybody_may_look(page):
    assert (await page.client.get("/coverage")).status == 200


async def test_what_it_cannot_understand_it_says(private, names):
    await private.sign_in_as(names.tom)
    for query, sentence in (
        ("category=acounts", "Acme has no category &#39;acounts&#39;; did you mean &#39;accounts&#39;?"),
        ("at=tomorrow", "&#39;tomorrow&#39; is no time; write it like 2026-12-24T22:00."),
        ("at=9999-12-31T23:59", "Please ask for a time in this century."),
        ("at=0001-01-01T00:00", "Please ask for a time in this century."),
        ("week=2026-02-30", "&#39;2026-02-30&#39; is no date; write it like 2026-12-24."),
        ("priority=P9", "Acme has no priority &#39;P9&#39;"),
        ("site=" + "x" * 500, "Acme has no site"),
    ):
        response = await private.client.get(f"/coverage?{query}")
        html = await response.text()
        assert response.status == 400, query
        assert sentence in html, query
        assert 'id="answer-title"' in html  # answered without that


async def test_nothing_typed_becomes_markup(private, names):
    await private.sign_in_as(names.tom)
    html = await private.open("/coverage?group=%3Cb%3E&site=%22%3E%3Cscript%3E&week=%3Cimg%3E")
    assert not re.search(r"<b>|<script>|<img>", html)
