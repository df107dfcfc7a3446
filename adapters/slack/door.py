"""The door for what Slack sends: Bolt dispatches, a few lines translate, the desk commits, and only then it is told so.

The same door serves HTTP and Socket Mode. Whatever goes wrong has one of three ends: an answer, "deliver it again"
(503), or "never again" (400); nothing that a stranger sent can make it fail.
"""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import forms, home, payloads, reactions, render, typed, wording
from adapters.slack.addresses import PLATFORM, Place, aside_of, channel_at
from adapters.slack.agent import Agent
from adapters.slack.context import Rules, SlackAway, Workspace, Workspaces, channels_in, owner
from adapters.slack.payloads import Click, Malformed, Payload, maybe, text
from adapters.slack.people import People, Profile
from adapters.slack.web_api import AT_ONCE, SlackRefused, WebApi
from bot.messages import (
    Address,
    Audience,
    Button,
    ButtonPressed,
    CommandGiven,
    Desk,
    DeskUnavailable,
    FormSubmitted,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OpenForm,
    Person,
    PersonLeft,
    Reaction,
    Sign,
    SignGiven,
)

log = structlog.get_logger("firstline.slack")

TICKET_FROM_MESSAGE = "ticket_from_message"
"""The callback of the message shortcut, as the manifest names it."""

NEW_REQUEST = "new_request"
"""That of the global shortcut."""

TICKET_EMOJI = ("ticket", "admission_tickets")
"""What, put on a message, makes a ticket of it."""

SIGNS = {
    "eyes": Sign.CLAIM,
    "white_check_mark": Sign.RESOLVE,
    "heavy_check_mark": Sign.RESOLVE,
    "brain": Sign.DRAFT,
}

ANY = re.compile(r".*", re.DOTALL)


class Stranger(Exception):
    """Somebody whom the desk does not serve: of another company, another bot, or of no organisation of ours."""


class SlackDoor:
    def __init__(
        self,
        desk: Desk,
        rules: Rules,
        workspaces: Workspaces,
        api: WebApi,
        people: People,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = desk
        self._rules = rules
        self._workspaces = workspaces
        self._api = api
        self._people = people
        self._clock = clock
        self._agent = Agent(api)
        self._reactions = reactions.Reactions(api, people)
        self._beside: set[asyncio.Task[None]] = set()
        self.last_event: datetime | None = None
        """When Slack last sent something; `firstline doctor` and the watchdog ask."""
        self.app = self._bolt()

    def _bolt(self) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
            return await self._authorize(enterprise_id, team_id)  # Bolt cannot take a method here

        quiet = logging.getLogger("firstline.slack.bolt")
        quiet.setLevel(logging.CRITICAL)  # it quotes payloads; what matters is logged here, with ids only
        app = AsyncApp(
            name="firstline",
            logger=quiet,
            client=AsyncWebClient(base_url=self._api.base_url, retry_handlers=[], logger=quiet),
            authorize=authorize,  # type: ignore[arg-type]  # None: not installed there
            process_before_response=True,
            request_verification_enabled=False,  # the gate has done it, on the raw bytes
        )
        app.event("message")(self._message)
        app.event("app_mention")(self._message)
        app.event("reaction_added")(self._emoji)
        app.event("app_home_opened")(self._app_opened)
        app.event("user_change")(self._user_changed)
        app.event("app_uninstalled")(self._ended)
        app.event("tokens_revoked")(self._ended)
        app.event(ANY)(self._other_event)
        app.command(ANY)(self._command)
        app.global_shortcut(NEW_REQUEST)(self._new_request)
        app.message_shortcut(TICKET_FROM_MESSAGE)(self._ticket_from_message)
        app.action(ANY)(self._action)
        app.view_submission(ANY)(self._view)
        app.view_closed(ANY)(self._nothing)
        app.error(self._failed)
        return app

    async def dispatch(
        self, body: str | dict[str, Any], headers: Mapping[str, Any], mode: str = "http"
    ) -> BoltResponse:
        """What Slack is answered to something that it sent; it never raises."""
        self.last_event = self._clock()
        try:
            request = AsyncBoltRequest(body=body, headers=dict(headers), mode=mode)
        except Exception as unread:  # Bolt looks for ids in places that it takes for granted
            return await self._failed(Malformed(type(unread).__name__), {})
        try:
            if request.body.get("type") == "app_rate_limited":  # no event: Bolt has no name for it
                return await self._held_back(request.body)
            return await self.app.async_dispatch(request)
        except Exception as failed:
            return await self._failed(failed, {})

    async def close(self) -> None:
        """Wait for what was begun beside the events."""
        if self._beside:
            await asyncio.wait(self._beside, timeout=3)

    # -------------------------------------------------------------------------------------------------- who, where

    async def _authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        workspace = await self._workspaces.find(team_id, enterprise_id)
        if workspace is None:
            log.warning("event_of_unknown_workspace", team=team_id)
            return None
        return AuthorizeResult(
            enterprise_id=workspace.enterprise,
            team_id=workspace.team,
            bot_user_id=workspace.bot_user,
            bot_id=workspace.bot_id,
            bot_token=workspace.bot_token,
        )

    async def _here(self, body: Payload) -> tuple[Workspace, str, frozenset[str]]:
        """The workspace that Slack's envelope names, whose it is, and its queues' channels.

        Raises:
            Stranger: it is nobody's.
        """
        workspace = await self._workspaces.find(*payloads.team_of(body))
        organisation = owner(self._rules, workspace) if workspace else None
        if workspace is None or organisation is None:
            raise Stranger("workspace")
        queue_channels = self._rules.queue_channels(organisation)
        return workspace, organisation, channels_in(queue_channels, self._rules, organisation, workspace)

    async def _person(
        self, workspace: Workspace, organisation: str, user: str, name: str = ""
    ) -> tuple[Person, Profile]:
        """Somebody of the organisation.

        Raises:
            Stranger: it is the desk itself, another bot, or somebody of another company.
        """
        if user in (workspace.bot_user, "USLACKBOT"):
            raise Stranger("self")
        person, profile = await self._people.person(workspace, organisation, user, name)
        if profile.machine or profile.stranger:
            raise Stranger("machine" if profile.machine else "other company")
        return person, profile

    # ------------------------------------------------------------------------------------------------- messages

    async def _message(self, body: dict[str, Any]) -> None:
        event = payloads.part(body, "event")
        workspace, organisation, queue_channels = await self._here(body)
        subtype = event.get("subtype")
        if subtype in payloads.WRITTEN:
            await self._written(workspace, organisation, queue_channels, event)
        elif subtype in ("message_changed", "message_deleted"):
            await self._changed(workspace, organisation, queue_channels, event, text(body, "event_id"))

    async def _written(
        self, workspace: Workspace, organisation: str, queue_channels: frozenset[str], event: Payload
    ) -> None:
        if event.get("bot_id") or event.get("bot_profile") or self._is_foreign(event, workspace):
            raise Stranger("bot or other company")
        user, channel, ts = text(event, "user"), text(event, "channel"), text(event, "ts")
        words = maybe(event, "text") or ""
        place = channel_at(workspace.team, channel, queue_channels)
        thread = maybe(event, "thread_ts")
        audience = self._audience(workspace, organisation, event, place)
        if audience is None:
            return
        person, _ = await self._person(workspace, organisation, user)
        if place.is_direct and thread in (None, ts):  # it begins a conversation: there will be an answer
            self._start(self._agent.looks(workspace, channel, ts))
        conversation = place.under(thread or ts)
        aside = aside_of(conversation, user, workspace.team, ts)
        await self._desk.receive(
            MessageReceived(
                event_id=f"message:{payloads.message_id(channel, ts)}",
                person=person,
                address=conversation.address,
                at=payloads.instant(ts),
                private=aside.address if aside else None,
                message_id=payloads.message_id(channel, ts),
                text=typed.plain_text(
                    words, workspace.bot_user, lambda user: self._people.name(workspace, user)
                ),
                files=payloads.files(event),
                channel=None if place.is_direct else place.address,
                audience=audience,
            )
        )

    def _audience(
        self, workspace: Workspace, organisation: str, event: Payload, place: Place
    ) -> Audience | None:
        """To whom a message was written; None for what others say to each other in the open channel."""
        in_thread = maybe(event, "thread_ts") not in (None, maybe(event, "ts"))
        if place.channel.startswith("D") or event.get("type") == "app_mention":
            return Audience.DESK
        if typed.mentions(maybe(event, "text") or "", workspace.bot_user):
            return Audience.DESK
        if in_thread:
            return Audience.OTHERS
        helps = channels_in(self._rules.help_channels(organisation), self._rules, organisation, workspace)
        return Audience.HELP_CHANNEL if {place.channel, place.address.route} & helps else None

    def _is_foreign(self, event: Payload, workspace: Workspace) -> bool:
        """Whether somebody of another company wrote it, in a channel shared with it (Slack Connect)."""
        home = maybe(event, "user_team") or maybe(event, "source_team")
        return home is not None and home not in (workspace.team, workspace.enterprise)

    async def _changed(
        self,
        workspace: Workspace,
        organisation: str,
        queue_channels: frozenset[str],
        event: Payload,
        event_id: str,
    ) -> None:
        """An edit or a deletion by a person; what Slack changes by itself (a link's preview, say) is none."""
        before = payloads.part(event, "previous_message")
        now = event.get("message")
        if before.get("bot_id") or maybe(before, "user") is None:
            return
        deleted = event.get("subtype") == "message_deleted" or maybe(now, "subtype") == "tombstone"
        if not deleted and maybe(before, "text") == maybe(now, "text"):
            return
        channel, ts = text(event, "channel"), text(before, "ts")
        place = channel_at(workspace.team, channel, queue_channels).under(maybe(before, "thread_ts") or ts)
        person, _ = await self._person(workspace, organisation, text(before, "user"))
        at = payloads.instant(maybe(event, "event_ts") or text(event, "ts"))
        message = payloads.message_id(channel, ts)
        if deleted:
            await self._desk.receive(
                MessageDeleted(
                    event_id=event_id, person=person, address=place.address, at=at, message_id=message
                )
            )
            return
        words = typed.plain_text(maybe(now, "text") or "", workspace.bot_user)
        await self._desk.receive(
            MessageEdited(
                event_id=event_id, person=person, address=place.address, at=at, message_id=message, text=words
            )
        )

    async def _ticket_from_message(
        self, body: dict[str, Any], ack: Callable[..., Coroutine[Any, Any, Any]]
    ) -> None:
        """The message shortcut."""
        workspace, organisation, queue_channels = await self._here(body)
        click = payloads.click(body, workspace.team, queue_channels)
        place = channel_at(workspace.team, text(body, "channel", "id"), queue_channels)
        asking, _ = await self._person(workspace, organisation, click.user, click.user_name)
        if not await self._ticket_wanted(workspace, asking, place, payloads.part(body, "message")):
            await self._reactions.whisper(workspace, click, wording.not_your_message())
        await ack()

    async def _ticket_wanted(
        self, workspace: Workspace, asking: Person, place: Place, message: Payload
    ) -> bool:
        """Its author's ticket, for the author or a technician; it goes on in its thread. False for anybody else."""
        ts, author = text(message, "ts"), maybe(message, "user")
        theirs = author is not None and not message.get("bot_id") and not self._is_foreign(message, workspace)
        if not theirs or (author != asking.id and self._desk.role(asking) is None):
            return False
        person, _ = await self._person(workspace, asking.organisation, author or "")
        conversation = place.under(maybe(message, "thread_ts") or ts)
        aside = aside_of(conversation, person.id, workspace.team, ts)
        await self._desk.receive(
            MessageReceived(
                event_id=f"ticket:{payloads.message_id(place.channel, ts)}",
                person=person,
                address=conversation.address,
                at=payloads.instant(ts),
                private=aside.address if aside else None,
                message_id=payloads.message_id(place.channel, ts),
                text=typed.plain_text(maybe(message, "text") or "", workspace.bot_user),
                files=payloads.files(message),
                channel=None if place.is_direct else place.address,
                wants_ticket=True,
            )
        )
        return True

    async def _emoji(self, body: dict[str, Any]) -> None:
        """An emoji on a message: 🎫 makes a ticket of it, some stand for a button of the card that they are put on."""
        event = payloads.part(body, "event")
        item, emoji = payloads.part(event, "item"), text(event, "reaction")
        if item.get("type") != "message" or emoji not in (*TICKET_EMOJI, *SIGNS):
            return
        workspace, organisation, queue_channels = await self._here(body)
        channel, ts = text(item, "channel"), text(item, "ts")
        place = channel_at(workspace.team, channel, queue_channels)
        of_ours = maybe(event, "item_user") == workspace.bot_user
        if (emoji in SIGNS) != (of_ours and place.address.route in queue_channels):
            return
        person, _ = await self._person(workspace, organisation, text(event, "user"))
        if sign := SIGNS.get(emoji):
            given = SignGiven(
                event_id=text(body, "event_id"),
                person=person,
                address=place.under(ts).address,
                at=self._clock(),
                sign=sign,
            )
            reaction = await self._desk.receive(given)
            click = Click(person.id, person.name, workspace.team, place, None)
            self._start(self._reactions.show(workspace, click, reaction))
            return
        click = Click(person.id, person.name, workspace.team, place, None)
        message = await self._message_at(workspace, channel, ts)
        if message is None:
            self._start(self._reactions.whisper(workspace, click, wording.cannot_read_it()))
        elif not await self._ticket_wanted(workspace, person, place, message):
            self._start(self._reactions.whisper(workspace, click, wording.not_your_message()))

    async def _message_at(self, workspace: Workspace, channel: str, ts: str) -> Payload | None:
        """The message itself, of which an emoji's event names only the place; None when Slack does not let us read it.

        Raises:
            SlackAway: it cannot be known now.
        """
        try:
            answer = await self._api.call(
                workspace,
                "conversations.replies",
                timeout=AT_ONCE,
                channel=channel,
                ts=ts,
                oldest=ts,
                latest=ts,
                inclusive="true",
                limit=1,
            )
        except SlackRefused as refused:
            if refused.permanent or refused.error == "missing_scope":
                return None
            raise SlackAway(str(refused)) from None
        except Exception as away:
            raise SlackAway(type(away).__name__) from None
        found = answer.get("messages") or ()
        return next((one for one in found if isinstance(one, dict) and one.get("ts") == ts), None)

    # ----------------------------------------------------------------------------------------- commands, the home tab

    async def _command(self, body: dict[str, Any], ack: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        workspace, organisation, queue_channels = await self._here(body)
        click = payloads.command(body, workspace.team, queue_channels)
        words = typed.plain_text(maybe(body, "text") or "", workspace.bot_user)
        try:
            reaction = await self._given(workspace, organisation, click, body, words)
        except DeskUnavailable:
            await ack(response_type="ephemeral", text=wording.desk_away())
            return
        await ack(**reactions.answered(reaction))

    async def _new_request(self, body: dict[str, Any], ack: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        """The global shortcut."""
        workspace, organisation, _ = await self._here(body)
        user = text(body, "user", "id")
        aside = Place(user, workspace.team, new=payloads.command_id(body))
        click = Click(
            user,
            maybe(body, "user", "name") or maybe(body, "user", "username") or "",
            workspace.team,
            Place(user, workspace.team),
            aside,
            maybe(body, "trigger_id"),
        )
        try:
            await self._given(workspace, organisation, click, body, "new")
        except DeskUnavailable:
            await self._reactions.whisper(workspace, click, wording.desk_away())
        await ack()

    async def _given(
        self, workspace: Workspace, organisation: str, click: Click, body: Payload, words: str
    ) -> Reaction | None:
        """Give the desk a command; a form that it answers with is opened here."""
        person, _ = await self._person(workspace, organisation, click.user, click.user_name)
        aside = click.aside or click.place
        reaction = await self._desk.receive(
            CommandGiven(
                event_id=payloads.command_id(body),
                person=person,
                address=aside.address,
                at=self._clock(),
                command=words,
                aside=True,
            )
        )
        if isinstance(reaction, OpenForm):
            await self._reactions.show(workspace, click, reaction, Button(home.REQUEST, ""))
        return reaction

    async def _app_opened(self, body: dict[str, Any]) -> None:
        """Somebody looks at the desk: their home tab is drawn anew each time."""
        event = payloads.part(body, "event")
        workspace, organisation, _ = await self._here(body)
        person, _ = await self._person(workspace, organisation, text(event, "user"))
        if event.get("tab") == "messages":
            self._start(self._agent.suggest(workspace, text(event, "channel")))
        elif event.get("tab") == "home":
            view = home.view(
                await self._desk.own_tickets(person),
                await self._desk.outages(person),
                staff=self._desk.role(person) is not None,
                url=workspace.url,
            )
            self._start(self._reactions.publish(workspace, person.id, view))

    async def _user_changed(self, body: dict[str, Any]) -> None:
        """Somebody has another name now, or was deactivated."""
        user = payloads.part(payloads.part(body, "event"), "user")
        workspace, organisation, _ = await self._here(body)
        id_ = text(user, "id")
        self._people.forget(workspace, id_)
        if user.get("deleted") is True and user.get("is_bot") is not True:
            person = Person(organisation, PLATFORM, id_, maybe(user, "real_name") or "")
            await self._desk.receive(
                PersonLeft(
                    event_id=text(body, "event_id"),
                    person=person,
                    address=Place(id_, workspace.team).address,
                    at=self._clock(),
                )
            )

    async def _held_back(self, body: Payload) -> BoltResponse:
        """Slack holds events back: 30,000 in an hour are its most. Technicians and the help channels are told."""
        try:
            workspace, organisation, queue_channels = await self._here(body)
        except Stranger as stranger:
            return await self._failed(stranger, {})
        log.error("slack_holds_events_back", workspace=workspace.team)
        helps = channels_in(self._rules.help_channels(organisation), self._rules, organisation, workspace)
        told = {route: wording.events_held_back() for route in helps}
        told |= {route: wording.events_held_back_for_staff() for route in queue_channels}
        key = f"held-back:{self._clock():%Y%m%d%H}"
        for route, sentence in told.items():
            await self._desk.announce(organisation, Address(PLATFORM, route), key, sentence)
        return BoltResponse(status=200, body="")

    async def _ended(self, body: dict[str, Any]) -> None:
        """The desk was uninstalled from a workspace, or its token revoked: that workspace rests, and no other."""
        event = payloads.part(body, "event")
        revoked = event.get("tokens")
        if event.get("type") == "tokens_revoked" and not (isinstance(revoked, dict) and revoked.get("bot")):
            return  # somebody's own token, of which we have none
        at = body.get("event_time")
        if not isinstance(at, int):
            raise Malformed("event_time")
        team, enterprise = payloads.team_of(body)
        why = "uninstalled" if event.get("type") == "app_uninstalled" else "its token was revoked"
        await self._workspaces.pause(team, enterprise, why, datetime.fromtimestamp(at, UTC))

    async def _other_event(self, body: dict[str, Any]) -> None:
        """Everything else that the app is subscribed to."""

    # --------------------------------------------------------------------------------------------------- clicks

    async def _action(self, body: dict[str, Any], ack: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        workspace, organisation, queue_channels = await self._here(body)
        click = payloads.click(body, workspace.team, queue_channels)
        for action in body.get("actions") or ():
            pressed = render.pressed(action) if isinstance(action, dict) else None
            if pressed is None:
                continue  # a link, or something of another version: there is nothing to do
            button, value = pressed
            person, _ = await self._person(workspace, organisation, click.user, click.user_name)
            event = ButtonPressed(
                event_id=payloads.click_id(body, action),
                person=person,
                address=click.place.address,
                at=self._clock(),
                private=click.aside.address if click.aside else None,
                button=button,
                value=value,
            )
            try:
                reaction = await self._desk.receive(event)
            except DeskUnavailable:  # Slack does not repeat clicks: the person has to
                await self._reactions.whisper(workspace, click, wording.desk_away())
                break
            await self._reactions.show(workspace, click, reaction, Button(button, "", value))
        await ack()

    async def _view(self, body: dict[str, Any], ack: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        view = payloads.part(body, "view")
        origin = forms.origin_of(view)
        if origin is None:
            await ack()
            return
        workspace, organisation, _ = await self._here(body)
        person, _ = await self._person(
            workspace, organisation, text(body, "user", "id"), maybe(body, "user", "name") or ""
        )
        entered = forms.answers(view, origin.zone)
        event = FormSubmitted(
            event_id=payloads.submission_id(body, entered),
            person=person,
            address=origin.address,
            at=self._clock(),
            private=origin.aside,
            form=origin.form,
            value=origin.value,
            answers=entered,
        )
        try:
            reaction = await self._desk.receive(event)
        except DeskUnavailable:
            inputs = [block["block_id"] for block in view.get("blocks", ()) if block.get("type") == "input"]
            await ack(response_action="errors", errors={inputs[0]: wording.desk_away()} if inputs else {})
            return
        await ack(**reactions.submitted(reaction, view, origin))

    async def _nothing(self, ack: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        await ack()

    # ------------------------------------------------------------------------------------------------- failures

    async def _failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """How an event ends that was not taken in."""
        match error:
            case Stranger():
                return BoltResponse(status=200, body="")
            case Malformed():
                log.warning("payload_malformed", field=str(error))
                return BoltResponse(status=400, body="", headers={"x-slack-no-retry": "1"})
            case DeskUnavailable():
                return BoltResponse(status=503, body="")
            case _:
                log.error(
                    "event_not_taken_in",
                    kind=str(body.get("type")),
                    error=type(error).__name__,
                    stack="".join(traceback.format_tb(error.__traceback__)),
                )
                return BoltResponse(status=503, body="")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something that may be lost: the event is not kept waiting for it."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
