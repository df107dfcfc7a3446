"""Stories over Slack: what people do is Slack's own payloads through the real endpoint or socket, and everything that the
desk answers has to pass Slack's limits. The story reads what it would read on any platform."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.recording import Posted, RecordingPlatform
from adapters.slack import render
from adapters.slack.addresses import Place
from bot.conversations import recognise
from bot.demo import cast
from bot.desk import HelpDesk
from bot.messages import (
    Address,
    Button,
    Delivered,
    Delivery,
    FieldKind,
    IncomingEvent,
    OpenForm,
    Person,
    Reaction,
    Retract,
)
from bot.worker import Courier
from tests.adapters.slack.room import Room, account, channel
from tests.slack_server.model import Message
from tests.story import Actor, Story


class HeardDesk(HelpDesk):
    """The desk, which remembers its last reaction for the story: Slack's people see it as a modal or a whisper."""

    reaction: Reaction | None = None

    async def receive(self, event: IncomingEvent) -> Reaction | None:
        self.reaction = await super().receive(event)
        return self.reaction


@dataclass
class SeenPlatform(RecordingPlatform):
    """Slack, with a note of what arrived there."""

    slack: Any = None

    async def deliver(self, delivery: Delivery) -> Delivered:
        end: Delivered = await self.slack.deliver(delivery)
        effect = delivery.effect
        where = end.message_id  # the server of the tests gives no two messages the same
        if isinstance(effect, Retract):
            self.messages.pop(where, None)
        elif before := self.messages.get(where):
            self.messages[where] = replace(before, effect=effect, revisions=before.revisions + 1)  # type: ignore[arg-type]
        else:
            self.messages[where] = Posted(end.message_id, effect)  # type: ignore[arg-type]
        return end


@dataclass
class SlackStory(Story):
    room: Room = field(default=None)  # type: ignore[assignment]
    actors: dict[tuple[str, str], SlackActor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        room = self.room
        self.bell, self.policy = room.bell, room.policy
        self.desk = HeardDesk(self.database, lambda: self.policy, lambda: self.library, self.bell)
        room.slack.door._desk = self.desk  # type: ignore[union-attr]
        self.platform = SeenPlatform("slack", slack=room.slack.platform)
        self.courier = room.courier = Courier(self.database, self.platform, self.bell)

    async def people_are_known(self) -> None:
        """Everybody is in the workspace, and the directory knows employees' offices."""
        organisation = self.policy.organisation(self.organisation)
        for employee in cast.EMPLOYEES:
            person = cast.person(employee, organisation)
            self.room.server.add_user(account(person.id), person.name, zone=person.timezone)
        for technician in organisation.technicians:
            zone = technician.timezone.key
            self.room.server.add_user(account(technician.id), technician.name, zone=zone)
        for queue in organisation.queues:
            self.room.server.add_channel(channel(queue.id), queue.id)
        async with self.database.transaction(self.organisation) as tx:
            for employee in cast.EMPLOYEES:
                known = cast.person(employee, organisation)
                row = await recognise(tx, replace(known, platform="slack", id=account(known.id)))
                row.site = employee.site

    async def settle(self) -> None:
        await super().settle()
        await self.room.server.quiet()

    def channel(self, queue: str) -> Address:
        return Address("slack", channel(queue))

    def employee(self, id_: str) -> Actor:
        return self._somebody(id_)

    def technician(self, id_: str) -> Actor:
        return self._somebody(id_)

    def _somebody(self, id_: str) -> Actor:
        return self.actor(account(id_), "1")

    def actor(self, account_id: str, conversation: str) -> SlackActor:
        """The same person in the same conversation is the same."""
        known = self.actors.get((account_id, conversation))
        if known is None:
            user = self.room.server.users[account_id]
            person = Person("harbor", "slack", user.id, user.name, timezone=user.zone)
            home = Address("slack", f"T0HARBOR/{self.room.server.direct(user.id)}")
            known = self.actors[account_id, conversation] = SlackActor(self, person, home)
        return known


@dataclass
class SlackActor(Actor):
    """Somebody in Slack. Their address is their direct conversation's thread, once they have written."""

    written: dict[str, Message] = field(default_factory=dict)

    @property
    def slack(self) -> Room:
        assert isinstance(self.story, SlackStory)
        return self.story.room

    def elsewhere(self, conversation: str) -> Actor:
        assert isinstance(self.story, SlackStory)
        return self.story.actor(self.person.id, conversation)

    async def says(self, text: str, *, at: Address | None = None, files: tuple[str, ...] = ()) -> str:
        place = Place.of(at or self.address)
        message, answer = await self.slack.server.write(
            self.person.id, place.channel, _escaped(text), thread=place.thread, files=files
        )
        assert answer.status == 200, answer
        if at is None and place.thread is None:
            self.address = place.under(message.ts).address
        self.written[message.ts] = message
        await self.story.settle()
        return message.ts

    async def edits(self, message_id: str, text: str, *, at: Address | None = None) -> None:
        await self.slack.server.edit(self.written[message_id], _escaped(text))
        await self.story.settle()

    async def deletes(self, message_id: str, *, at: Address | None = None) -> None:
        await self.slack.server.delete(self.written[message_id])
        await self.story.settle()

    async def clicks(self, button: Button, address: Address, event_id: str = "") -> Reaction | None:
        """Press it where it is shown; where it is shown no more, as a client would that has not heard of that yet."""
        server, place = self.slack.server, Place.of(address)
        here = server.at(place.channel, place.thread)
        for message in reversed(here):
            for label, element in message.buttons.items():
                if render.pressed(element) == (button.id, button.value):
                    await server.press(self.person.id, message, label)
                    await self.story.settle()
                    return self._reaction
        stale = {
            "type": "button",
            "action_id": f"{button.id}#0.0",
            "text": {"type": "plain_text", "text": button.label},
            "value": button.value,
        }
        row = [{"type": "actions", "elements": [stale]}]
        shown = Message(place.channel, server.new_ts(), server.team.bot_user, "", row, place.thread)
        await server.press(self.person.id, shown, button.label)
        await self.story.settle()
        return self._reaction

    async def fills(self, reaction: Reaction | None, **answers: str) -> Reaction | None:
        assert isinstance(reaction, OpenForm), f"no form was opened: {reaction}"
        form, entered = reaction.form, dict[str, Any](answers)
        for one in form.fields:
            if one.kind is FieldKind.MOMENT and one.id in entered:
                entered[one.id] = _timestamp(entered[one.id], form.timezone)
            if one.people and one.id in entered:
                entered[one.id] = account(entered[one.id])
        await self.slack.server.submit(self.person.id, **entered)
        await self.story.settle()
        return self._reaction

    @property
    def _reaction(self) -> Reaction | None:
        assert isinstance(self.story.desk, HeardDesk)
        return self.story.desk.reaction


def _escaped(text: str) -> str:
    """As Slack sends what was typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _timestamp(local: str, zone: str) -> int | None:
    """What Slack's picker answers; nothing for what nobody could pick."""
    try:
        return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp())
    except ValueError:
        return None
