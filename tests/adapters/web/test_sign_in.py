"""One-time links, sessions, and what one may see and do with them."""

from __future__ import annotations


async def test_without_a_session_the_page_says_how_to_get_one(private):
    response = await private.client.get("/")
    assert response.status == 401
    html = await response.text()
    assert "You are not signed in" in html
    assert "firstline sign-in" in html


async def test_opening_the_link_does_not_spend_it(private, names):
    link = await private.sign_in.issue_link(names.ana)
    for _ in range(3):
        response = await private.client.get(f"/sign-in/{link}")
        assert response.status == 200
        assert (await private.client.head(f"/sign-in/{link}")).status == 200
    await private.open(f"/sign-in/{link}")
    response = await private.submit(f"/sign-in/{link}")
    assert response.status == 303
    assert response.headers["Location"] == "/"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert "Ana Ruiz" in await private.open()


async def test_a_link_opens_once(private, names):
    link = await private.sign_in.issue_link(names.ana)
    await private.open(f"/sign-in/{link}")
    await private.submit(f"/sign-in/{link}")
    private.client.session.cookie_jar.clear()
    await private.open(f"/sign-in/{link}")
    response = await private.submit(f"/sign-in/{link}")
    assert response.status == 410
    assert "This link no longer works" in await response.text()
    assert "You are not signed in" in await private.open()


async def test_another_page_cannot_sign_a_browser_in(private, names):
    link = await private.sign_in.issue_link(names.ana)
    await private.open(f"/sign-in/{link}")
    assert (await private.submit(f"/sign-in/{link}", Origin="https://evil.example")).status == 403
    private.token = "0" * 64
    assert (await private.submit(f"/sign-in/{link}")).status == 403


async def test_nonsense_is_no_link(private):
    for link in ("x", "a" * 4000, "%00", "..%2f..", "%F0%9F%92%A9"):
        response = await private.client.get(f"/sign-in/{link}")
        assert response.status in (400, 404)


async def test_an_employee_sees_only_their_chat(private, names):
    await private.sign_in_as(names.ana)
    html = await private.open()
    assert 'data-mode="employee"' in html
    assert 'id="pane-channel"' not in html
    assert 'id="pane-queue"' not in html


async def test_a_technician_sees_channel_queue_and_their_own_chat(private, names):
    await private.sign_in_as(names.tom)
    html = await private.open()
    for pane in ("chat", "channel", "queue"):
        assert f'id="pane-{pane}"' in html


async def test_signed_out_is_signed_out_everywhere(private, names):
    await private.sign_in_as(names.ana)
    route = names.conversation(names.ana)
    assert (await private.write(names.ana, route, "hello")).status == 200
    jar = list(private.client.session.cookie_jar)
    response = await private.submit("/sign-out")
    assert "You are signed out" in await response.text()
    private.client.session.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in jar})
    response = await private.write(names.ana, route, "still me")
    assert response.status == 401
    assert len(private.desk.events) == 1


async def test_nobody_acts_as_somebody_else(private, names):
    await private.sign_in_as(names.ana)
    assert (await private.write(names.ben, names.conversation(names.ben), "hi")).status == 403
    for side in ("employee", "technician"):
        response = await private.client.get("/events", params={side: names.tom.id})
        assert response.status == 403
    assert private.desk.events == []


async def test_without_a_session_nothing_is_told_or_taken(private, names):
    assert (await private.client.get("/events", params={"employee": names.ana.id})).status == 401
    await private.open(f"/sign-in/{'a' * 43}")
    assert (await private.write(names.ana, names.conversation(names.ana), "hi")).status == 401
    assert (await private.post("/api/clock", {"minutes": 15})).status == 404


async def test_the_browsers_zone_serves_where_the_desk_knows_none(private, names):
    await private.sign_in_as(type(names.ana)("acme", "web", "zoe", "Zoe"))
    route = "person/zoe/" + names.new_id()
    for zone in ("Asia/Kolkata", "Nowhere/Land", "../../etc/passwd", ""):
        body = {"as": "zoe", "route": route, "id": names.new_id(), "text": "hi"}
        assert (await private.post("/api/message", body, X_Firstline_Timezone=zone)).status == 200
    assert [event.person.timezone for event in private.desk.events] == ["Asia/Kolkata", None, None, None]
