"""What no browser of ours would send: it is refused, never a 5xx, and the server goes on."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

NESTED = b'{"a":' * 100_000
BAD_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"42",
    b"\xff\xfe\x00",
    b"\x00",
    b'{"a": 1e999999}',
    b'{"a": ' + b"9" * 10_000 + b"}",
    b"[" * 100_000,
    NESTED,
    NESTED + b"1" + b"}" * 100_000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
async def test_a_body_that_is_no_json_object_is_a_400(page, body):
    for path in ("message", "message/edit", "message/delete", "button", "form", "clock"):
        response = await page.post(f"/api/{path}", body)
        assert response.status == 400
        assert "error" in await response.json()
    assert page.desk.events == []


async def test_another_content_type_is_a_415(page):
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "x/y; charset=nonsense",
    ):
        assert (await page.post("/api/message", b"{}", Content_Type=kind)).status == 415


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["a"], {"a": 1}, 1.5, "\x00", "a\nb", "x" * 5000])
async def test_a_wrong_shape_is_a_400_or_refused(page, names, value):
    whole = {
        "as": names.ana.id,
        "route": names.conversation(names.ana),
        "id": names.new_id(),
        "event": names.new_id(),
        "button": "person",
        "form": "f",
        "value": "v",
        "answers": {},
        "text": "hi",
    }
    used = {
        "message": ("as", "route", "id", "text"),
        "button": ("as", "route", "event", "button", "value"),
        "form": ("as", "route", "event", "form", "value", "answers"),
        "message/edit": ("as", "route", "id", "event", "text"),
        "message/delete": ("as", "route", "id", "event"),
    }
    for path, fields in used.items():
        for field in fields:
            if field == "text" and isinstance(value, str):
                continue
            if field == "answers" and value == {}:
                continue
            body = {**whole, field: value}
            assert (await page.post(f"/api/{path}", body)).status in (400, 403, 404), (path, field)
            del body[field]
            assert (await page.post(f"/api/{path}", body)).status == 400, (path, field)
    assert page.desk.events == []


async def test_too_many_or_wrong_answers_are_a_400(page, names):
    body = {
        "as": names.tom.id,
        "route": "channel/tier1",
        "event": names.new_id(),
        "form": "f",
        "value": "",
    }
    for answers in ({str(i): "" for i in range(100)}, {"a": 1}, {"a": None}, {"x" * 5000: ""}, {"a\x00": ""}):
        assert (await page.post("/api/form", {**body, "answers": answers})).status == 400


async def test_more_than_a_mebibyte_is_a_413(page, names):
    body = {"as": names.ana.id, "route": names.conversation(names.ana), "id": names.new_id()}
    response = await page.post("/api/message", {**body, "text": "x" * 2_000_000})
    assert response.status == 413
    response = await page.write(names.ana, names.conversation(names.ana), "x" * 1_000_000)
    assert response.status == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff\ud800",
        "😀😀😀",
        "\u202egnp.exe",
        "e" + "\u0301" * 5_000,
        "\u200b\u200c\u200d\ufeff",
        "مرحبا שלום 你好 здравствуйте",
        "=cmd|' /C calc'!A0",
        "x" * 40_000,
        "(" * 40_000,
        "<" * 40_000,
        "\n" * 40_000,
        "<script>alert(1)</script><!channel> <@U1> <http://evil|bank>",
        "",
        " ",
    ],
)
async def test_whatever_is_typed_is_taken_kept_and_shown(page, names, text):
    route = names.conversation(names.ana)
    body = json.dumps(
        {"as": names.ana.id, "route": route, "id": names.new_id(), "text": text}, ensure_ascii=True
    )
    assert (await page.post("/api/message", body.encode())).status == 200
    assert "\x00" not in page.desk.events[0].text
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        (item,) = await stream.messages("chat")
        assert "<script>" not in item["html"]


async def test_a_long_paste_does_not_hold_up_the_others(page, names):
    route = names.conversation(names.ana)
    for _ in range(4):
        await page.write(names.ana, route, "*a_b[c](d)`" * 3_600)
    longest = 0.0

    async def watch():
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before)

    watcher = asyncio.create_task(watch())
    async with page.stream(employee=names.ana.id, conversation=route[-32:]) as stream:
        assert len(await stream.messages("chat")) == 4
    watcher.cancel()
    assert longest < 0.25


async def test_odd_queries_and_headers_are_no_500(page, names):
    for query in (
        {"employee": "\x00"},
        {"employee": "nobody"},
        {"technician": names.ana.id, "channel": "x" * 5000},
        {"employee": names.ana.id, "conversation": "'; DROP TABLE mailbox_message; --"},
        {"employee": names.ana.id, "last": "not a date", "depth": "-1", "zone": "\x00"},
        {"employee": names.ana.id, "last": "9999-12-31T23:59:59+00:00"},
        {"employee": names.ana.id, "last": "0001-01-01T00:00:00+23:59"},
    ):
        async with page.client.get("/events", params=query) as response:
            assert response.status in (200, 403)
    for name, value in (
        ("Cookie", "firstline-session=\xff; =; ;;"),
        ("Cookie", "x" * 4000),
        ("Accept", "\xff"),
        ("X-Forwarded-Proto", "https, http"),
        ("Last-Event-ID", "\xff"),
        ("Content-Type", ";;;"),
        ("Content-Length", "0"),
    ):
        assert (await page.client.get("/", headers={name: value})).status == 200


async def test_broken_http_is_answered_and_the_server_goes_on(page):
    port = page.client.port
    for raw in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/message HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
        b"GET /%00%ff%fe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xf0\x9f\x92\xa9\r\nConnection: close\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw)
        status = await asyncio.wait_for(reader.readline(), 5)
        assert status.split()[1][:1] == b"4", (raw[:60], status)
        writer.close()
        await writer.wait_closed()
    assert (await page.client.get("/")).status == 200
