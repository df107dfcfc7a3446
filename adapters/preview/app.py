"""The page: a list of articles, and each as the web page and Slack show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.slack.render import message as slack_message
from adapters.web.guard import add_headers
from adapters.web.render import Renderer
from adapters.web.static_files import StaticFiles
from bot.messages import HostedMessage, Say

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Page:
    """An article, ready to be shown."""

    id: str
    title: str
    file: str
    says: Sequence[tuple[str, Say]]
    """To whom, and what."""


@dataclass(frozen=True, slots=True)
class Shelf:
    pages: Sequence[Page]
    problems: Sequence[str]
    """What is wrong with the files that cannot be shown, a sentence each."""


def preview_app(shelf: Callable[[], Shelf]) -> web.Application:
    """The application; `shelf` is asked at every request, so that what was just saved shows."""
    return _Preview(shelf).app


class _Preview:
    def __init__(self, shelf: Callable[[], Shelf]) -> None:
        self._shelf = shelf
        static = StaticFiles()
        self._web = Renderer(static.root)
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(static=static.root)
        self.app = web.Application()
        self.app.router.add_get("/", self._list)
        self.app.router.add_get("/preview.css", self._style)
        self.app.router.add_get("/article/{id}", self._article)
        static.add_to(self.app)
        self.app.on_response_prepare.append(add_headers)

    async def _list(self, _: web.Request) -> web.Response:
        return self._page("list.html", shelf=self._shelf())

    async def _style(self, _: web.Request) -> web.Response:
        return web.Response(
            text=(_HERE / "static" / "preview.css").read_text(encoding="utf-8"), content_type="text/css"
        )

    async def _article(self, request: web.Request) -> web.Response:
        shelf = self._shelf()
        page = next((one for one in shelf.pages if one.id == request.match_info["id"]), None)
        if page is None:
            return self._page("gone.html", status=404, shelf=shelf, id=request.match_info["id"])
        shown = [await self._shown(number, to, say) for number, (to, say) in enumerate(page.says)]
        return self._page("article.html", shelf=shelf, page=page, shown=shown)

    async def _shown(self, number: int, to: str, say: Say) -> dict[str, Any]:
        now = datetime.now(UTC)
        hosted = HostedMessage(str(number), say.address, "", "", say, now, now, hash(say), deleted=False)
        slack = slack_message(say)
        return {
            "to": to,
            "web": Markup(await self._web.message(hosted, "")),  # noqa: S704  (cleaned there)
            "blocks": slack["blocks"],
            "json": json.dumps({"blocks": slack["blocks"]}, indent=2, ensure_ascii=False),
        }

    def _page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        text = self._templates.get_template(template).render(**values)
        return web.Response(text=text, content_type="text/html", status=status)
