"""The server: its Web API, and what its people do. Everything reaches the desk as bytes over a real connection."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.slack_server import limits
from tests.slack_server.model import Channel, Ephemeral, Json, Message, User

SECRET = "a-signing-secret-for-tests"
APP_TOKEN = "xapp-for-tests"
RETRIES = 3


@dataclass(frozen=True)
class Team:
    id: str
    bot_token: str
    bot_user: str
    bot_id: str
    enterprise: str | None = None
    whole_grid: bool = False
    """Installed into a whole Enterprise Grid."""


CLIENT = ("123.456", "a-client-secret-for-tests")
HARBOR = Team("T0HARBOR", "xoxb-harbor", "U0DESK", "B0DESK")

SCOPES = frozenset(
    [
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:write",
        "reactions:read",
        "users:read",
        "users:read.email",
    ]
)

NEEDS = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "users.info": "users:read",
    "conversations.open": "im:write",
    "conversations.info": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}


@dataclass(frozen=True)
class Fault:
    """How the server misbehaves once: an HTTP status with a body, or a connection that breaks."""

    status: int = 200
    body: str | Json = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    drop: str = ""
    """`before` or `after` the call was carried out."""
    wait: float = 0.0


RATE_LIMITED = Fault(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "30"})
HTML = Fault(200, "<html><body>Slack is having a moment</body></html>", content_type="text/html")
UNAVAILABLE = Fault(503, "upstream", content_type="text/plain")
BROKEN_JSON = Fault(200, '{"ok": tr')
DROPPED_AFTER = Fault(drop="after")
DROPPED_BEFORE = Fault(drop="before")


class Refusal(Exception):
    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


@dataclass
class Answer:
    """What the desk answered to something that was sent to it."""

    status: int
    body: Json
    attempts: int = 1
    seconds: float = 0.0


class SlackServer:
    def __init__(self, team: Team = HARBOR) -> None:
        self.team = team
        self.teams: dict[str, Team] = {team.bot_token: team}
        """By bot token."""
        self.scopes: set[str] = set(SCOPES)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.ephemerals: list[Ephemeral] = []
        self.views: dict[str, Json] = {}
        """Modals that are open, by user; home tabs by `home:` and user."""
        self.codes: dict[str, Team] = {}
        """Of administrators who have just let the desk in: which workspace each code is for."""
        self.renewals: dict[str, Team] = {}
        """By the token for renewal."""
        self.token_lifetime: int | None = None
        self.has_agent_view = False
        self.statuses: list[tuple[str, str, str]] = []
        """Channel, thread and words."""
        self.prompts: dict[str, list[Json]] = {}
        """By channel."""
        self.files: dict[str, bytes] = {}
        """By id."""
        self.calls: Counter[str] = Counter()
        self.given: list[tuple[str, Json]] = []
        """Every call with its arguments, in order."""
        self.problems: list[str] = []
        """What Slack would have refused, ever."""
        self.faults: dict[str, list[Fault]] = {}
        self.trigger_lifetime = 3.0
        self.retry_pauses: tuple[float, ...] = (0.0, 0.05, 0.05)
        self.events_url = ""
        """Where events go over HTTP; empty: to the sockets."""
        self.now: Callable[[], float] = time.time
        self.event_now: Callable[[], float] | None = None
        """When events are said to have happened, if not now."""
        self._triggers: dict[str, tuple[str, float]] = {}
        self._sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._numbers = count(1)
        self._sending: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/response/{number}", self._respond)
        app.router.add_get("/files/{id}", self._download)
        app.router.add_post("/upload/{id}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        for socket in self._sockets:
            await socket.close()
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def misbehave(self, method: str, *faults: Fault) -> None:
        """Answer the next calls of this method so, one fault each."""
        self.faults.setdefault(method, []).extend(faults)

    # --------------------------------------------------------------------------------------------------- people

    def add_user(self, id_: str, name: str, **more: Any) -> User:
        user = self.users[id_] = User(id_, name, **more)
        direct = f"D{id_[1:]}"
        self.channels[direct] = Channel(direct, user=id_)
        return user

    def add_channel(self, id_: str, name: str = "", **more: Any) -> Channel:
        channel = self.channels[id_] = Channel(id_, name or id_.lower(), **more)
        return channel

    def direct(self, user: str) -> str:
        return f"D{user[1:]}"

    def at(self, channel: str, thread: str | None = None) -> list[Message]:
        """What stands in a channel, or in a thread (its root included), oldest first."""
        here = [one for one in self.messages if one.channel == channel and not one.deleted]
        return [one for one in here if thread is None or thread in (one.ts, one.thread_ts)]

    def message(self, channel: str, ts: str) -> Message | None:
        return next((one for one in self.messages if (one.channel, one.ts) == (channel, ts)), None)

    def new_ts(self) -> str:
        return f"{self.now():.0f}.{next(self._numbers):06d}"

    async def write(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread: str | None = None,
        files: Mapping[str, bytes] | tuple[str, ...] = (),
    ) -> tuple[Message, Answer]:
        """A person writes; the answer is what the desk said to the event."""
        attached = [
            self._file(name, files[name] if isinstance(files, Mapping) else b"picture") for name in files
        ]
        written = Message(channel, self.new_ts(), user, text, thread_ts=thread, files=attached)
        self.messages.append(written)
        event = {**written.as_json(), "channel": channel, **self._kind(channel), "event_ts": written.ts}
        event |= {"client_msg_id": f"c{next(self._numbers)}", "team": self.team.id}
        if self.users[user].stranger:
            event |= {"user_team": "T0ELSEWHERE", "source_team": "T0ELSEWHERE"}
        answer = Answer(0, {})
        if self.channels[channel].member:
            answer = await self.send_event(event)
        if f"<@{self.team.bot_user}>" in text and not channel.startswith("D"):
            mention = {**event, "type": "app_mention"}
            mention.pop("channel_type")
            answer = await self.send_event(mention)
        return written, answer

    def _file(self, name: str, content: bytes) -> Json:
        id_ = f"F{next(self._numbers)}"
        self.files[id_] = content
        return {
            "id": id_,
            "name": name,
            "size": len(content),
            "mode": "hosted",
            "url_private": f"{self.url}/files/{id_}",
        }

    async def _download(self, request: web.Request) -> web.Response:
        """As Slack does: who may not read it is sent to a page to sign in."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.teams or "files:read" not in self.scopes:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        return web.Response(body=self.files[request.match_info["id"]], content_type="image/png")

    async def _upload(self, request: web.Request) -> web.Response:
        self.files[request.match_info["id"]] = await request.read()
        return web.Response(text="OK")

    async def _files_getUploadURLExternal(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        id_ = f"F{next(self._numbers)}"
        return {"upload_url": f"{self.url}/upload/{id_}", "file_id": id_}

    async def _files_completeUploadExternal(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        channel = self._writable(arguments["channel_id"])
        attached = [{"id": one["id"], "name": one["title"]} for one in arguments["files"]]
        assert all(one["id"] in self.files for one in attached)
        words = arguments.get("initial_comment", "")
        posted = Message(
            channel.id,
            self.new_ts(),
            team.bot_user,
            words,
            [],
            arguments.get("thread_ts"),
            team.bot_id,
            files=attached,
        )
        self.messages.append(posted)
        self._tell(
            {**posted.as_json(), "channel": channel.id, **self._kind(channel.id), "event_ts": posted.ts}
        )
        return {"files": attached}

    async def _assistant_threads_setStatus(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        if not self.has_agent_view:
            raise Refusal("unknown_method")
        self.statuses.append((arguments["channel_id"], arguments["thread_ts"], arguments["status"]))
        return {}

    async def _assistant_threads_setSuggestedPrompts(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        if not self.has_agent_view:
            raise Refusal("unknown_method")
        self.prompts[arguments["channel_id"]] = arguments["prompts"]
        return {}

    async def edit(self, message: Message, text: str) -> Answer:
        before = message.as_json()
        message.text, message.edits = text, message.edits + 1
        return await self._changed(message, before, text)

    async def delete(self, message: Message) -> Answer:
        message.deleted = True
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": message.channel,
            **self._kind(message.channel),
            "ts": self.new_ts(),
            "deleted_ts": message.ts,
            "event_ts": self.new_ts(),
            "previous_message": message.as_json(),
        }
        return await self.send_event(event)

    async def press(self, user: str, message: Message | Ephemeral, label: str) -> Answer:
        shown = (
            message
            if isinstance(message, Message)
            else Message(message.channel, message.ts, "", "", message.blocks)
        )
        assert label in shown.buttons, f"no button {label!r} among {list(shown.buttons)}"
        thread = message.thread_ts
        payload = {
            **self._click(user),
            "type": "block_actions",
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": isinstance(message, Ephemeral),
                **({"thread_ts": thread} if thread else {}),
            },
            "channel": {"id": message.channel, "name": "directmessage"},
            "response_url": f"{self.url}/response/{next(self._numbers)}",
            "actions": [{**shown.buttons[label], "block_id": "b1", "action_ts": self.new_ts()}],
        }
        if isinstance(message, Message):
            payload["message"] = message.as_json()
        return await self.send_payload(payload)

    async def press_at_home(self, user: str, label: str) -> Answer:
        """Press a button of one's home tab."""
        view = self.views[f"home:{user}"]
        shown = Message("", "", "", "", view["blocks"])
        assert label in shown.buttons, f"no button {label!r} among {list(shown.buttons)}"
        payload = {
            **self._click(user),
            "type": "block_actions",
            "container": {"type": "view", "view_id": f"VHOME{user}"},
            "view": {**view, "id": f"VHOME{user}"},
            "actions": [{**shown.buttons[label], "block_id": "b1", "action_ts": self.new_ts()}],
        }
        return await self.send_payload(payload)

    async def submit(self, user: str, **entered: Any) -> Answer:
        """Send the modal that is open, with what was entered; fields that were not touched keep what they had."""
        view = self.views[user]
        values: dict[str, Json] = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                element = block["element"]
                given = entered.pop(block["block_id"], None)
                values[block["block_id"]] = {element["action_id"]: _entered(element, given)}
        assert not entered, f"no fields {list(entered)}"
        payload = {
            **self._click(user),
            "type": "view_submission",
            "view": {**view, "state": {"values": values}},
        }
        payload["response_urls"] = []
        answer = await self.send_payload(payload)
        match answer.body.get("response_action"):
            case "errors":
                fields = {block.get("block_id") for block in view["blocks"] if block["type"] == "input"}
                assert answer.body["errors"].keys() <= fields, "Slack refuses errors for what is no input"
            case "update" | "push":
                self.problems += limits.view(answer.body["view"])
                self.views[user] = {**answer.body["view"], "id": view["id"], "hash": str(next(self._numbers))}
            case _ if answer.status == 200:
                del self.views[user]
        return answer

    async def command(self, user: str, text: str, channel: str | None = None) -> Answer:
        fields = {
            "command": "/it",
            "text": text,
            "user_id": user,
            "user_name": self.users[user].name.lower(),
            "channel_id": channel or self.direct(user),
            "team_id": self.team.id,
            "trigger_id": self.trigger(user),
            "response_url": f"{self.url}/response/{next(self._numbers)}",
        }
        return await self._deliver("slash_commands", fields, urlencode(fields))

    async def shortcut(self, user: str, callback: str, message: Message | None = None) -> Answer:
        payload = {
            **self._click(user),
            "type": "message_action" if message else "shortcut",
            "callback_id": callback,
        }
        payload["action_ts"] = self.new_ts()
        if message:
            payload |= {
                "channel": {"id": message.channel, "name": "somewhere"},
                "message": message.as_json(),
                "message_ts": message.ts,
            }
        return await self.send_payload(payload)

    async def react(self, user: str, emoji: str, message: Message) -> Answer:
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {
            "type": "reaction_added",
            "user": user,
            "reaction": emoji,
            "item": item,
            "item_user": message.user,
        }
        return await self.send_event({**event, "event_ts": self.new_ts()})

    async def open_app(self, user: str, tab: str = "home") -> Answer:
        event = {"type": "app_home_opened", "user": user, "channel": self.direct(user), "tab": tab}
        return await self.send_event({**event, "event_ts": self.new_ts()})

    def trigger(self, user: str) -> str:
        trigger = f"{next(self._numbers)}.trigger"
        self._triggers[trigger] = (user, time.monotonic() + self.trigger_lifetime)
        return trigger

    def _click(self, user: str) -> Json:
        return {
            "team": {"id": self.team.id, "domain": "harbor"},
            "user": {"id": user, "name": self.users[user].name.lower(), "team_id": self.team.id},
            "api_app_id": "A0DESK",
            "trigger_id": self.trigger(user),
        }

    def _kind(self, channel: str) -> Json:
        return {"channel_type": "im" if channel.startswith("D") else "channel"}

    async def _changed(self, message: Message, before: Json, text: str) -> Answer:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": message.channel,
            **self._kind(message.channel),
            "ts": self.new_ts(),
            "event_ts": self.new_ts(),
            "message": {**message.as_json(), "text": text},
            "previous_message": before,
        }
        return await self.send_event(event)

    # ------------------------------------------------------------------------------------------ events that leave

    async def send_event(self, event: Json, event_id: str = "") -> Answer:
        body = {
            "token": "old",
            "team_id": self.team.id,
            "api_app_id": "A0DESK",
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{next(self._numbers):010d}",
            "event_time": int((self.event_now or self.now)()),
            "authorizations": [
                {
                    "enterprise_id": self.team.enterprise,
                    "team_id": self.team.id,
                    "user_id": self.team.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }
        return await self._deliver("events_api", body, json.dumps(body), retries=RETRIES)

    async def send_payload(self, payload: Json) -> Answer:
        return await self._deliver("interactive", payload, urlencode({"payload": json.dumps(payload)}))

    async def _deliver(self, kind: str, body: Json, encoded: str, retries: int = 0) -> Answer:
        """Until it is acknowledged, as often as Slack tries. Clicks and commands are sent once."""
        answer = Answer(0, {})
        for attempt in range(retries + 1):
            began = time.monotonic()
            if self.events_url:
                answer = await self.post(encoded, kind, retry=attempt)
            else:
                answer = await self._through_socket(kind, body, attempt)
            answer.attempts, answer.seconds = attempt + 1, time.monotonic() - began
            if answer.status == 200 or answer.body.get("no_retry"):
                break
            if attempt < retries:
                await asyncio.sleep(self.retry_pauses[attempt])
        return answer

    async def post(
        self,
        encoded: str | bytes,
        kind: str = "events_api",
        *,
        retry: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        raw = encoded.encode() if isinstance(encoded, str) else encoded
        form = "application/x-www-form-urlencoded"
        signed = self.sign(raw) | {"Content-Type": "application/json" if kind == "events_api" else form}
        if retry:
            signed |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_error"}
        assert self._session is not None
        async with self._session.post(
            self.events_url, data=io.BytesIO(raw), headers=signed | (headers or {})
        ) as response:
            text = await response.text()
            body = json.loads(text) if text.startswith("{") else {"text": text} if text else {}
            if response.headers.get("x-slack-no-retry"):
                body["no_retry"] = True
            return Answer(response.status, body)

    def sign(self, raw: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
        timestamp = str(int(at if at is not None else self.now()))
        signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + raw, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}

    # ------------------------------------------------------------------------------------------------- sockets

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets) + 1})
        self._sockets.append(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                said = json.loads(message.data)
                waiting = self._acks.pop(said["envelope_id"], None)
                if waiting and not waiting.done():
                    waiting.set_result(said.get("payload") or {})
        self._sockets.remove(socket)
        return socket

    async def refresh_sockets(self) -> None:
        """As Slack does every few hours: ask every connection to be made anew, then close it."""
        for socket in list(self._sockets):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def _through_socket(self, kind: str, body: Json, attempt: int) -> Answer:
        deadline = time.monotonic() + 10
        while not self._sockets:
            assert time.monotonic() < deadline, "no socket is open"
            await asyncio.sleep(0.01)
        envelope = f"e{next(self._numbers)}"
        waiting = self._acks[envelope] = asyncio.get_running_loop().create_future()
        message = {"envelope_id": envelope, "type": kind, "payload": body, "accepts_response_payload": True}
        if kind == "events_api":
            message |= {"retry_attempt": attempt, "retry_reason": "" if not attempt else "timeout"}
        await self._sockets[-1].send_json(message)
        try:
            return Answer(200, await asyncio.wait_for(waiting, 3.0))
        except TimeoutError:
            return Answer(408, {})

    # ------------------------------------------------------------------------------------------------- Web API

    async def _respond(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.calls["response_url"] += 1
        self.given.append(("response_url", body))
        return web.Response(text="ok")

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        arguments = await _arguments(request)
        self.given.append((method, arguments))
        fault = self.faults[method].pop(0) if self.faults.get(method) else None
        if fault:
            await asyncio.sleep(fault.wait)
            if fault.drop == "before":
                return _drop(request)
            if not fault.drop and not fault.wait:
                text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
                return web.Response(
                    status=fault.status, text=text, headers=fault.headers, content_type=fault.content_type
                )
        try:
            answer = {"ok": True, **await self._carry_out(method, arguments, request)}
        except Refusal as refusal:
            answer = refusal.answer
        if fault and fault.drop == "after":
            return _drop(request)
        headers = {
            "X-OAuth-Scopes": ",".join(sorted(self.scopes)),
            "Date": formatdate(self.now(), usegmt=True),
        }
        return web.json_response(answer, headers=headers)

    async def _carry_out(self, method: str, arguments: Json, request: web.Request) -> Json:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.get("token", "")
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refusal("invalid_auth")
            return {"url": f"{self.url.replace('http', 'ws')}/socket?ticket={next(self._numbers)}"}
        if method == "oauth.v2.access":
            return self._oauth(arguments)
        if not token:
            raise Refusal("not_authed")
        team = self.teams.get(token)
        if team is None:
            raise Refusal("invalid_auth")
        needed = NEEDS.get(method)
        if needed and needed not in self.scopes:
            raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        carry_out: Callable[[Team, Json], Awaitable[Json]] | None = getattr(
            self, "_" + method.replace(".", "_"), None
        )
        if carry_out is None:
            raise Refusal("unknown_method", req_method=method)
        return await carry_out(team, arguments)

    def allow(self, team: Team) -> str:
        """An administrator lets the desk into a workspace: the code with which Slack sends them back."""
        code = f"code-{next(self._numbers)}"
        self.codes[code] = team
        return code

    def _oauth(self, arguments: Json) -> Json:
        if (arguments.get("client_id"), arguments.get("client_secret")) != CLIENT:
            raise Refusal("bad_client_secret")
        if arguments.get("grant_type") == "refresh_token":
            team = self.renewals.pop(arguments["refresh_token"], None)
            error = "invalid_refresh_token"
        else:
            team, error = self.codes.pop(arguments["code"], None), "invalid_code"
        if team is None:
            raise Refusal(error)
        token = f"{team.bot_token}-{next(self._numbers)}"
        self.teams[token] = replace(team, bot_token=token)
        answer: Json = {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(self.scopes)),
            "bot_user_id": team.bot_user,
            "app_id": "A0DESK",
            "team": None if team.whole_grid else {"id": team.id, "name": team.id.title()},
            "enterprise": {"id": team.enterprise, "name": "Grid"} if team.enterprise else None,
            "is_enterprise_install": team.whole_grid,
        }
        if self.token_lifetime:
            refresh = f"xoxe-1-{next(self._numbers)}"
            self.renewals[refresh] = team
            answer |= {"refresh_token": refresh, "expires_in": self.token_lifetime}
        return answer

    async def uninstall(
        self, team: Team, *, at: float | None = None, kind: str = "app_uninstalled"
    ) -> Answer:
        """Its tokens are worth nothing any more, and the desk is told."""
        for token in [token for token, one in self.teams.items() if one.id == team.id]:
            del self.teams[token]
        event: Json = {"type": kind, "event_ts": self.new_ts()}
        if kind == "tokens_revoked":
            event["tokens"] = {"oauth": [], "bot": [team.bot_user]}
        before, self.team, event_now = self.team, team, self.event_now
        self.event_now = (lambda: at) if at else event_now
        try:
            return await self.send_event(event)
        finally:
            self.team, self.event_now = before, event_now

    async def _auth_revoke(self, team: Team, arguments: Json) -> Json:
        self.teams.pop(team.bot_token, None)
        return {"revoked": True}

    async def _auth_test(self, team: Team, arguments: Json) -> Json:
        return {
            "url": "https://harbor.slack.com/",
            "team": "Harbor",
            "user": "firstline",
            "team_id": team.id,
            "user_id": team.bot_user,
            "bot_id": team.bot_id,
            "is_enterprise_install": False,
            **({"enterprise_id": team.enterprise} if team.enterprise else {}),
        }

    async def _users_info(self, team: Team, arguments: Json) -> Json:
        user = self.users.get(arguments["user"])
        if user is None:
            raise Refusal("user_not_found")
        return {
            "user": {
                "id": user.id,
                "team_id": team.id,
                "name": user.name.lower(),
                "deleted": user.deleted,
                "real_name": user.name,
                "tz": user.zone,
                "is_bot": user.bot,
                "is_stranger": user.stranger,
                "locale": "en-US",
                "profile": {
                    "real_name": user.name,
                    "display_name": user.name.split()[0],
                    "image_72": f"https://avatars.example/{user.id}.png",
                    **({"email": user.email} if user.email else {}),
                },
            }
        }

    async def _conversations_open(self, team: Team, arguments: Json) -> Json:
        if arguments["users"] not in self.users:
            raise Refusal("user_not_found")
        return {"channel": {"id": self.direct(arguments["users"])}}

    async def _conversations_info(self, team: Team, arguments: Json) -> Json:
        channel = self._channel(arguments["channel"])
        return {
            "channel": {
                "id": channel.id,
                "name": channel.name,
                "is_member": channel.member,
                "is_archived": channel.archived,
            }
        }

    async def _conversations_history(self, team: Team, arguments: Json) -> Json:
        channel = self._readable(arguments["channel"])
        found = [one for one in self.at(channel.id) if one.thread_ts in (None, one.ts)]
        return self._page(list(reversed(found)), arguments)

    async def _conversations_replies(self, team: Team, arguments: Json) -> Json:
        channel = self._readable(arguments["channel"])
        found = self.at(channel.id, arguments["ts"])
        if not found:
            raise Refusal("thread_not_found")
        return self._page(found, arguments)

    def _page(self, found: list[Message], arguments: Json) -> Json:
        oldest, latest = float(arguments.get("oldest", 0)), float(arguments.get("latest", "inf"))
        inclusive = arguments.get("inclusive") in ("true", "1", True)
        kept = [
            one
            for one in found
            if oldest < float(one.ts) < latest or (inclusive and float(one.ts) in (oldest, latest))
        ]
        metadata = arguments.get("include_all_metadata") in ("true", "1", True)
        return {
            "messages": [one.as_json(metadata=metadata) for one in kept[: int(arguments.get("limit", 100))]]
        }

    async def _chat_postMessage(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        channel = self._writable(arguments["channel"])
        self._check_content(arguments)
        if arguments.get("username") and "chat:write.customize" not in self.scopes:
            raise Refusal("missing_scope", needed="chat:write.customize")
        thread = arguments.get("thread_ts")
        if thread and self.message(channel.id, thread) is None:
            raise Refusal("thread_not_found")
        posted = Message(
            channel.id,
            self.new_ts(),
            team.bot_user,
            arguments.get("text", ""),
            arguments.get("blocks", []),
            thread,
            team.bot_id,
            arguments.get("username"),
            arguments.get("metadata"),
        )
        self.messages.append(posted)
        self._tell(
            {**posted.as_json(), "channel": channel.id, **self._kind(channel.id), "event_ts": posted.ts}
        )
        return {"channel": channel.id, "ts": posted.ts, "message": posted.as_json()}

    async def _chat_update(self, team: Team, arguments: Json) -> Json:
        message = self._own(team, arguments)
        self._check_content(arguments)
        before = message.as_json()
        message.text, message.blocks = arguments.get("text", ""), arguments.get("blocks", [])
        message.edits += 1
        self._start(self._changed(message, before, message.text))
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    async def _chat_delete(self, team: Team, arguments: Json) -> Json:
        message = self._own(team, arguments)
        message.deleted = True
        return {"channel": message.channel, "ts": message.ts}

    async def _chat_postEphemeral(self, team: Team, arguments: Json) -> Json:  # noqa: N802
        channel = self._writable(arguments["channel"])
        self._check_content(arguments)
        ts = self.new_ts()
        self.ephemerals.append(
            Ephemeral(
                channel.id,
                arguments["user"],
                arguments.get("text", ""),
                arguments.get("blocks", []),
                ts,
                arguments.get("thread_ts"),
            )
        )
        return {"message_ts": ts}

    async def _views_open(self, team: Team, arguments: Json) -> Json:
        user, expires = self._triggers.pop(arguments.get("trigger_id", ""), ("", None))
        if expires is None:
            raise Refusal("invalid_trigger_id" if arguments.get("trigger_id") else "invalid_arguments")
        if expires < time.monotonic():
            raise Refusal("expired_trigger_id")
        view = self._checked_view(arguments["view"])
        self.views[user] = {**view, "id": f"V{next(self._numbers)}", "hash": "1", "team_id": team.id}
        return {"view": self.views[user]}

    async def _views_publish(self, team: Team, arguments: Json) -> Json:
        view = self._checked_view(arguments["view"])
        self.views[f"home:{arguments['user_id']}"] = view
        return {"view": view}

    def _checked_view(self, view: Json) -> Json:
        if problems := limits.view(view):
            self.problems += problems
            raise Refusal("invalid_arguments", response_metadata={"messages": problems})
        return view

    def _check_content(self, arguments: Json) -> None:
        if not arguments.get("text") and not arguments.get("blocks"):
            raise Refusal("no_text")
        if len(arguments.get("text", "")) > 40_000:
            raise Refusal("msg_too_long")
        if not arguments.get("text"):
            self.problems.append("blocks without text beside them")
        if problems := limits.blocks(arguments.get("blocks", [])):
            self.problems += problems
            raise Refusal("invalid_blocks", errors=problems, response_metadata={"messages": problems})

    def _channel(self, name: str) -> Channel:
        channel = self.channels.get(self.direct(name) if name.startswith(("U", "W")) else name)
        if channel is None:
            raise Refusal("channel_not_found")
        return channel

    def _readable(self, name: str) -> Channel:
        channel = self._channel(name)
        if not channel.member:
            raise Refusal("not_in_channel")
        return channel

    def _writable(self, name: str) -> Channel:
        channel = self._readable(name)
        if channel.archived:
            raise Refusal("is_archived")
        return channel

    def _own(self, team: Team, arguments: Json) -> Message:
        channel = self._writable(arguments["channel"])
        message = self.message(channel.id, arguments["ts"])
        if message is None or message.deleted:
            raise Refusal("message_not_found")
        if message.bot_id != team.bot_id:
            raise Refusal("cant_update_message")
        return message

    def _tell(self, event: Json) -> None:
        """Bots hear of their own messages, too."""
        self._start(self.send_event(event))

    def _start(self, sending: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def quiet(self) -> None:
        """Until everything that the server tells by itself has arrived."""
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)


async def _arguments(request: web.Request) -> Json:
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "application/json":
        found: Json = await request.json()
        return found
    return {name: _parsed(value) for name, value in (await request.post()).items()}


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" and value else value


def _drop(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def _entered(element: Json, given: Any) -> Json:
    kind = element["type"]
    if kind == "static_select":
        options = [
            option
            for some in [
                *(group["options"] for group in element.get("option_groups", ())),
                element.get("options", []),
            ]
            for option in some
        ]
        chosen = element.get("initial_option")
        if given is not None:
            chosen = next(option for option in options if given in (option["value"], option["text"]["text"]))
        return {"type": kind, "selected_option": chosen}
    if kind == "users_select":
        return {"type": kind, "selected_user": given or element.get("initial_user")}
    if kind == "datetimepicker":
        return {
            "type": kind,
            "selected_date_time": given if given is not None else element.get("initial_date_time"),
        }
    value = given if given is not None else element.get("initial_value")
    return {"type": kind, "value": value or None}
