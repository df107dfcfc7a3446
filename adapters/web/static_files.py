"""Style sheets, scripts and the icon, from memory. Their address holds a digest of all of them, so that browsers may
keep them for ever and still never mix two versions."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aiohttp import web

from adapters.web.context import Refusal

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class StaticFiles:
    def __init__(self) -> None:
        self._files = {
            file.name: file.read_bytes() for file in sorted(_FOLDER.iterdir()) if file.suffix in _TYPES
        }
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        self.root = f"/static/{digest.hexdigest()[:12]}"
        self.scripts = [name for name in self._files if name.endswith(".js")]

    async def serve(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise Refusal(404, "There is nothing at this address.")
        return web.Response(
            body=self._files[name],
            content_type=_TYPES[Path(name).suffix],
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )

    def add_to(self, app: web.Application) -> None:
        app.router.add_get(self.root + "/{name}", self.serve)
