"""What every request passes, and what every answer carries."""

from __future__ import annotations

import pytest


async def test_every_answer_carries_the_security_headers(page):
    for path in ("/", "/healthz", "/nothing-here", "/events?employee=nobody", "/static/0/x.js"):
        response = await page.client.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"


async def test_the_page_itself_obeys_its_policy(page):
    html = await page.open()
    assert "<style" not in html
    assert "style=" not in html
    assert " onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src="/static/') == 1
    assert "http://" not in html
    assert "https://" not in html


async def test_scripts_and_styles_may_be_kept_for_ever_because_their_address_changes(page):
    html = await page.open()
    root = html.partition('data-version="')[2].partition('"')[0]
    for name in ("main.js", "base.css", "icon.svg"):
        response = await page.client.get(f"{root}/{name}")
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
    assert (await page.client.get(f"{root}/..%2fapp.py")).status == 404
    assert (await page.client.get(f"{root}/app.py")).status == 404


async def test_a_name_that_is_not_ours_is_not_answered(page):
    for host in (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[",
        "evil.example:80",
    ):
        assert (await page.client.get("/", headers={"Host": host})).status == 421
    for host in ("localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]:8080", "localhost."):
        assert (await page.client.get("/", headers={"Host": host})).status == 200


async def test_probes_may_come_by_any_name(page):
    for path in ("/healthz", "/readyz"):
        assert (await page.client.get(path, headers={"Host": "10.0.0.7:8080"})).status == 200
    assert (await page.client.get("/metrics", headers={"Host": "10.0.0.7:8080"})).status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": None, "Sec_Fetch_Site": None},
        {"X_Firstline_Token": None},
        {"X_Firstline_Token": ""},
        {"X_Firstline_Token": "0" * 64},
        {"X_Firstline_Token": "\u00e9"},
    ],
)
async def test_a_change_from_elsewhere_is_refused(page, names, headers):
    body = {"as": names.ana.id, "route": names.conversation(names.ana), "id": names.new_id(), "text": "hi"}
    response = await page.post("/api/message", body, **headers)
    assert response.status == 403
    assert "error" in await response.json()
    assert page.desk.events == []


async def test_a_page_token_without_its_cookie_is_worth_nothing(page, names):
    await page.open()
    page.client.session.cookie_jar.clear()
    response = await page.post("/api/message", {"text": "hi"})
    assert response.status == 403


async def test_the_page_token_stays_the_same_for_all_pages_of_a_browser(page):
    await page.open()
    first = page.token
    await page.open()
    assert page.token == first


async def test_cookies_are_out_of_reach_of_scripts_and_bound_to_https(page):
    response = await page.client.get("/")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    page.client.session.cookie_jar.clear()
    response = await page.client.get("/", headers={"X-Forwarded-Proto": "https"})
    assert response.headers["Set-Cookie"].startswith("__Host-firstline-visit=")
    assert "Secure" in response.headers["Set-Cookie"]


async def test_other_sites_cannot_listen(page, names):
    headers = {"Sec-Fetch-Site": "cross-site"}
    response = await page.client.get("/events", params={"employee": names.ana.id}, headers=headers)
    assert response.status == 403


async def test_a_browser_reads_a_page_and_a_script_reads_json(page):
    as_page = await page.client.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert as_page.status == 404
    assert as_page.content_type == "text/html"
    assert "There is nothing at this address" in await as_page.text()
    as_json = await page.client.get("/nothing")
    assert await as_json.json() == {"error": "There is nothing at this address."}
    assert (await page.client.get("/api/message")).status == 405


async def test_health_is_told_with_reasons(page):
    assert await (await page.client.get("/healthz")).json() == {"ok": True, "reasons": []}
    page.health = type(page.health)(False, ("The courier has stopped.",))
    for path in ("/healthz", "/readyz"):
        response = await page.client.get(path)
        assert response.status == 503
        assert (await response.json())["reasons"] == ["The courier has stopped."]


async def test_figures_are_given_as_they_are(page):
    response = await page.client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert await response.text() == "firstline_events_total 1\n"
