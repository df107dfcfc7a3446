"""The desk's answer to a click, shown to the one who clicked: a modal, a sentence that nobody else sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from adapters.slack import forms, render, wording
from adapters.slack.context import Workspace
from adapters.slack.payloads import Click
from adapters.slack.people import People
from adapters.slack.web_api import AT_ONCE, WebApi
from bot.messages import Aside, Button, FieldErrors, OpenForm, Reaction, Style, Toast

log = structlog.get_logger("firstline.slack")

Json = dict[str, Any]


class Reactions:
    """Each is shown within the time that Slack gives a click; one that cannot be shown loses nothing but itself."""

    def __init__(self, api: WebApi, people: People) -> None:
        self._api = api
        self._people = people

    async def show(
        self, workspace: Workspace, click: Click, reaction: Reaction | None, button: Button | None = None
    ) -> None:
        """After a press. `button` is what was pressed, to be offered again when its form came too late."""
        match reaction:
            case OpenForm(form=form):
                aside = click.aside.address if click.aside else None
                await self._open(workspace, click, forms.view(form, click.place.address, aside), button)
            case Aside():
                await self._tell(workspace, click, render.aside(reaction))
            case Toast(text=sentence):
                await self.whisper(workspace, click, sentence)
            case FieldErrors(errors=errors):
                await self.whisper(workspace, click, " ".join(errors.values()))

    async def _open(self, workspace: Workspace, click: Click, view: Json, again: Button | None) -> None:
        try:
            await self._api.call(
                workspace, "views.open", timeout=AT_ONCE, trigger_id=click.trigger or "", view=view
            )
        except Exception as failed:  # a form that does not open must neither fail the click nor repeat it
            log.warning("form_not_opened", reason=type(failed).__name__)
            buttons = (
                () if again is None else (Button(again.id, wording.open_form(), again.value, Style.PRIMARY),)
            )
            await self.whisper(workspace, click, wording.form_too_late(), *buttons)

    async def publish(self, workspace: Workspace, user: str, view: Json) -> None:
        """Draw somebody's home tab; one that Slack does not take is drawn when they look again."""
        try:
            await self._api.call(workspace, "views.publish", user_id=user, view=view)
        except Exception as failed:
            log.warning("home_not_drawn", reason=str(failed) or type(failed).__name__)

    async def whisper(self, workspace: Workspace, click: Click, sentence: str, *buttons: Button) -> None:
        """Show a sentence to that person alone: where they are, else in their direct conversation."""
        await self._tell(workspace, click, render.sentence(sentence, buttons))

    async def _tell(self, workspace: Workspace, click: Click, content: Json) -> None:
        place = click.place
        try:
            if not place.channel.startswith(("U", "W")):
                await self._api.call(
                    workspace,
                    "chat.postEphemeral",
                    timeout=AT_ONCE,
                    channel=place.channel,
                    user=click.user,
                    thread_ts=place.thread,
                    **content,
                )
                return
        except Exception as failed:
            log.info("not_shown_in_place", reason=type(failed).__name__)
        try:
            await self._api.call(
                workspace, "chat.postMessage", timeout=AT_ONCE, channel=click.user, **content
            )
        except Exception as failed:
            log.warning("sentence_not_shown", reason=type(failed).__name__)


def answered(reaction: Reaction | None) -> Json:
    """What Slack is answered to a command: shown to the one who gave it alone. Arguments of Bolt's `ack`."""
    match reaction:
        case Aside():
            return {"response_type": "ephemeral", **render.aside(reaction)}
        case Toast(text=sentence):
            return {"response_type": "ephemeral", **render.sentence(sentence)}
        case _:
            return {}


def submitted(reaction: Reaction | None, view: Mapping[str, Any], origin: forms.Origin) -> Json:
    """What Slack is answered when a form was sent: arguments of Bolt's `ack`."""
    match reaction:
        case FieldErrors(errors=errors):
            inputs = [block["block_id"] for block in view.get("blocks", ()) if block.get("type") == "input"]
            shown = {field: sentence for field, sentence in errors.items() if field in inputs}
            if not shown and inputs:  # Slack refuses an error for what is not in the form
                shown = {inputs[0]: " ".join(errors.values())}
            return {"response_action": "errors", "errors": shown}
        case OpenForm(form=form):
            return {"response_action": "update", "view": forms.view(form, origin.address, origin.aside)}
        case Toast(text=sentence) | Aside(text=sentence):
            title = (view.get("title") or {}).get("text") or "Firstline"
            return {"response_action": "update", "view": forms.sentence_view(title, sentence)}
        case _:
            return {}
