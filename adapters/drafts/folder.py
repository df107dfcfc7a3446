"""Writes a message as a file; its address's route is the file's path within the folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from bot.messages import Delivered, Delivery, DeliveryFailed, Say


class DraftsFolder:
    """A `ChatPlatform` that can only be written to. The same again, or a newer text, replaces the file."""

    name = "drafts"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, delivery: Delivery) -> Delivered:
        """Write the text as the file that the route names.

        Raises:
            DeliveryFailed: it is no text, the route leaves the folder, or the folder cannot be written to.
        """
        effect = delivery.effect
        path = PurePosixPath(effect.address.route)
        if not isinstance(effect, Say) or path.is_absolute() or ".." in path.parts or not path.parts:
            raise DeliveryFailed("only texts can be written, within the folder", permanent=True)
        file = self._folder.joinpath(*path.parts)
        try:
            await asyncio.to_thread(_write, file, effect.text)
        except OSError as broken:
            raise DeliveryFailed(f"{file} cannot be written: {broken.strerror or broken}") from broken
        return Delivered(effect.address.route)


def _write(file: Path, text: str) -> None:
    """Under its name only once it is whole: somebody may be reading."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=file.parent, prefix=".", delete=False
    ) as whole:
        try:
            whole.write(text)
            whole.flush()
            os.replace(whole.name, file)
        except OSError:
            Path(whole.name).unlink(missing_ok=True)
            raise
