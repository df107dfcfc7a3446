"""The settings of the demonstration."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from bot.demo.cast import POLICY
from bot.settings import Settings


def demo_settings(folder: Path, port: int = 8080) -> Settings:
    """The demo company's desk, with its data in this folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings(
        database_url=f"sqlite+aiosqlite:///{folder.absolute()}/desk.db",
        firstline_policy=POLICY,
        firstline_drafts=folder / "drafts",
        firstline_port=port,
        firstline_log_level="warning",
        firstline_log_format="text",
        slack_bot_token=SecretStr(""),  # the demo company is in no workspace
    )
