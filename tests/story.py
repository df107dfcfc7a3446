"""Stories: people who write and press, the real desk and a real database, and a clock that the story moves.

Nothing is stubbed. Every action of a person is an event that the desk receives; then the outbox is emptied and due
reviews are held, as the loops of a running desk would, but at once and in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from adapters.recording import Posted, RecordingPlatform
from bot.demo import cast
from bot.desk import HelpDesk
from bot.messages import (
    Address,
    Button,
    ButtonPressed,
    Card,
    CommandGiven,
    FieldErrors,
    File,
    Form,
    FormSubmitted,
    Menu,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OpenForm,
    Person,
    Reaction,
    Say,
    ShowCard,
    Toast,
)
from bot.reviews import review_some
from bot.worker import Bell, Courier
from knowledge.library import Library
from tests.clock import TestClock
from tickets import store
from tickets.database import Database
from tickets.model import Ticket, TicketEvent
from tickets.policy import Policy

_ids = count(1)


@dataclass
class Story:
    """A desk of the demo company, on the recording platform under the name of the web."""

    database: Database
    clock: TestClock
    policy: Policy
    library: Library
    platform: RecordingPlatform = field(default_factory=lambda: RecordingPlatform("web"))
    organisation: str = "harbor"

    def __post_init__(self) -> None:
        self.bell = Bell()
        self.desk = HelpDesk(self.database, lambda: self.policy, lambda: self.library, self.bell)
        self.courier = Courier(self.database, self.platform, self.bell)

    async def settle(self) -> None:
        """Deliver and review until there is nothing left to do now."""
        while await self.courier.deliver_some() or await review_some(
            self.database, self.policy, self.library
        ):
            await self.courier.drain()

    async def pass_time(self, **by: float) -> None:
        self.clock.move(**by)
        await self.settle()

    def employee(self, id_: str) -> Actor:
        employee = next(one for one in cast.EMPLOYEES if one.id == id_)
        person = cast.person(employee, self.policy.organisation(self.organisation))
        return Actor(self, person, Address("web", f"person/{id_}/1"))

    def technician(self, id_: str) -> Actor:
        technician = self.policy.organisation(self.organisation).technician(id_)
        person = Person(
            organisation=self.organisation,
            platform="web",
            id=id_,
            name=technician.name,
            timezone=technician.timezone.key,
        )
        return Actor(self, person, Address("web", f"person/{id_}/1"))

    def channel(self, queue: str) -> Address:
        """Where a queue's cards are posted."""
        return Address("web", f"channel/{queue}")

    async def opened(self, by: Actor, about: str, answer: str = "I do not know") -> str:
        """Let a person ask for a person about something, and answer what intake asks; the ticket's number."""
        before = len(by.sees())
        await by.says("talk to a person")
        await by.says(about)
        for _ in range(6):
            said = "\n".join(message.text for message in by.sees()[before:])
            if found := re.search(r"I have opened \*\*(T-\d+)", said):
                return found[1]
            if by.buttons[-1:] == ["It is something else"]:
                await by.presses("It is something else")
            elif by.last.text == "What is it closest to?":
                await by.presses(by.buttons[0])
            elif by.buttons:
                await by.presses(by.buttons[-1])
            else:
                await by.says(answer)
        raise AssertionError(by.last.text)

    def card(self, number: str, queue: str = "service-desk") -> Posted:
        """The card of a ticket in a queue's channel."""
        shown = [
            message
            for message in self.platform.at(self.channel(queue))
            if isinstance(message.effect, ShowCard) and message.effect.card.title.startswith(f"{number} ")
        ]
        assert len(shown) == 1, f"{len(shown)} cards of {number} in {queue}"
        return shown[0]

    def card_of(self, number: str, queue: str = "service-desk") -> Card:
        effect = self.card(number, queue).effect
        assert isinstance(effect, ShowCard)
        return effect.card

    def thread(self, number: str, queue: str = "service-desk") -> list[str]:
        """What stands in the thread under a ticket's card."""
        return [message.text for message in self.platform.at(self.thread_address(number, queue))]

    def thread_address(self, number: str, queue: str = "service-desk") -> Address:
        channel = self.channel(queue)
        return Address(channel.platform, f"{channel.route}/{self.card(number, queue).id}")

    async def ticket(self, number: str) -> Ticket:
        async with self.database.reading(self.organisation) as tx:
            found = await store.by_number(tx, int(number.removeprefix("T-")))
        assert found is not None
        return found

    async def history(self, number: str) -> list[TicketEvent]:
        found = await self.ticket(number)
        async with self.database.reading(self.organisation) as tx:
            return list(await store.history(tx, found.id or 0))


@dataclass
class Actor:
    """Somebody in a story, in one conversation."""

    story: Story
    person: Person
    address: Address

    def elsewhere(self, conversation: str) -> Actor:
        """The same person in another conversation."""
        return Actor(self.story, self.person, Address("web", f"person/{self.person.id}/{conversation}"))

    async def says(self, text: str, *, at: Address | None = None, files: tuple[str, ...] = ()) -> str:
        """Write a message; its id."""
        message_id = f"typed-{next(_ids)}"
        await self.sends(
            MessageReceived(
                event_id=message_id,
                person=self.person,
                address=at or self.address,
                at=self.story.clock.now,
                message_id=message_id,
                text=text,
                files=tuple(File(name) for name in files),
                channel=_channel_of(at or self.address),
            )
        )
        return message_id

    async def edits(self, message_id: str, text: str, *, at: Address | None = None) -> None:
        await self.sends(
            MessageEdited(
                event_id=f"edit-{next(_ids)}",
                person=self.person,
                address=at or self.address,
                at=self.story.clock.now,
                message_id=message_id,
                text=text,
            )
        )

    async def deletes(self, message_id: str, *, at: Address | None = None) -> None:
        await self.sends(
            MessageDeleted(
                event_id=f"delete-{next(_ids)}",
                person=self.person,
                address=at or self.address,
                at=self.story.clock.now,
                message_id=message_id,
            )
        )

    async def commands(self, command: str) -> None:
        await self.sends(
            CommandGiven(
                event_id=f"command-{next(_ids)}",
                person=self.person,
                address=self.address,
                at=self.story.clock.now,
                command=command,
            )
        )

    async def presses(
        self, label: str, on: str | None = None, *, queue: str = "service-desk", event_id: str = ""
    ) -> Reaction | None:
        """Press the newest button with this label: in the own conversation, or on the card of the ticket `on`."""
        if on:
            buttons = _buttons(self.story.card_of(on, queue).buttons)
            address = self.story.channel(queue)
        else:
            buttons = [button for message in self.sees() for button in _buttons(message.effect.buttons)]  # type: ignore[union-attr]
            address = self.address
        found = [button for button in buttons if button.label == label]
        assert found, f"no button {label!r} among {[button.label for button in buttons]}"
        return await self.clicks(found[-1], address, event_id)

    async def clicks(self, button: Button, address: Address, event_id: str = "") -> Reaction | None:
        return await self.sends(
            ButtonPressed(
                event_id=event_id or f"click-{next(_ids)}",
                person=self.person,
                address=address,
                at=self.story.clock.now,
                button=button.id,
                value=button.value,
            )
        )

    async def fills(self, reaction: Reaction | None, **answers: str) -> Reaction | None:
        """Submit the form that a press has opened."""
        assert isinstance(reaction, OpenForm), f"no form was opened: {reaction}"
        form: Form = reaction.form
        assert set(answers) <= {field.id for field in form.fields}, [field.id for field in form.fields]
        return await self.sends(
            FormSubmitted(
                event_id=f"form-{next(_ids)}",
                person=self.person,
                address=self.address,
                at=self.story.clock.now,
                form=form.id,
                value=form.value,
                answers={field.id: answers.get(field.id, field.value) for field in form.fields},
            )
        )

    async def sends(self, event) -> Reaction | None:  # type: ignore[no-untyped-def]
        reaction = await self.story.desk.receive(event)
        await self.story.settle()
        return reaction

    def sees(self) -> list[Posted]:
        """Everything in the own conversation."""
        return self.story.platform.at(self.address)

    @property
    def last(self) -> Say:
        """The newest message in the own conversation."""
        effect = self.sees()[-1].effect
        assert isinstance(effect, Say)
        return effect

    @property
    def buttons(self) -> list[str]:
        """Labels under the newest message."""
        return [button.label for button in self.last.buttons]


def _channel_of(address: Address) -> Address | None:
    above = address.route.rpartition("/")[0]
    return Address(address.platform, above) if above.startswith("channel/") else None


def toast(reaction: Reaction | None) -> str:
    assert isinstance(reaction, Toast), reaction
    return reaction.text


def errors(reaction: Reaction | None) -> Mapping[str, str]:
    assert isinstance(reaction, FieldErrors), reaction
    return reaction.errors


def _buttons(shown: tuple[Button | Menu, ...]) -> list[Button]:
    return [button for item in shown for button in (item.buttons if isinstance(item, Menu) else (item,))]
