"""Where things are and what is secret, from the environment or `.env`; rules live in the policy file instead.

One field is one line of `.env.example`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from problems import Problem, ProblemsFound, did_you_mean, explain

SOURCE = "environment or .env"
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: str = Field(
        "sqlite+aiosqlite:///firstline.db",
        description="SQLite for one process, or postgresql+asyncpg://user:password@host/name for several.",
    )
    firstline_policy: Path = Field(
        Path("firstline.toml"),
        description="The policy file, or a folder with one file per organisation.",
    )
    firstline_articles: Path | None = Field(
        None,
        description="Your own articles; one with the id of a shipped article replaces it.",
    )
    firstline_drafts: Path = Field(
        Path("drafts"),
        description="Folder for drafts of articles that technicians ask for in chat; somebody reviews them.",
    )
    firstline_cache: Path | None = Field(
        None,
        description="Folder for what was learned from the articles, and for copies of calendars at an address; empty: the user's cache folder.",
    )
    firstline_host: str = Field(
        "127.0.0.1",
        description="Address that the web page listens on; the default is this machine only.",
    )
    firstline_port: int = Field(
        8080, ge=0, le=65_535, description="Port that the web page listens on; 0 takes any that is free."
    )
    firstline_public_url: str = Field(
        "",
        description="How people reach the web page, such as https://help.example.com; empty: by the address above.",
    )
    firstline_log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged."
    )
    firstline_log_format: Literal["json", "text"] = Field(
        "json", description="json for machines, text for people."
    )

    slack_bot_token: SecretStr = Field(
        SecretStr(""),
        description="Slack: the bot token (xoxb-…) of one workspace; docs/slack.md says where to find it.",
    )
    slack_app_token: SecretStr = Field(
        SecretStr(""),
        description="Slack: the app-level token (xapp-…); with it events come by Socket Mode, without a public address.",
    )
    slack_signing_secret: SecretStr = Field(
        SecretStr(""),
        description="Slack: the signing secret; with it, and no app-level token, events come to /slack/events.",
    )
    slack_client_id: str = Field(
        "",
        description="Slack: the app's client id; with it the app is installed at /slack/install, into several workspaces.",
    )
    slack_client_secret: SecretStr = Field(
        SecretStr(""), description="Slack: the app's client secret, needed beside the client id."
    )
    slack_token_key: SecretStr = Field(
        SecretStr(""),
        description="Slack: 32 or more random characters that encrypt the workspaces' tokens; new,old to change them.",
    )
    slack_api_base_url: str = Field(
        "https://slack.com/api/",
        description="Slack: where its Web API is; another address only for tests and emulators.",
    )

    @property
    def speaks_slack(self) -> bool:
        return bool(self.slack_bot_token.get_secret_value() or self.slack_client_id)

    @property
    def slack_token_secrets(self) -> list[str]:
        """The one that seals, then those that only open what was sealed before."""
        return [secret.strip() for secret in self.slack_token_key.get_secret_value().split(",")]

    @property
    def policy_files(self) -> list[Path]:
        """The policy file, or the `*.toml` files of the policy folder in order of their names."""
        if self.firstline_policy.is_dir():
            return sorted(self.firstline_policy.glob("*.toml"))
        return [self.firstline_policy]

    @property
    def article_folders(self) -> list[Path]:
        """The shipped articles, then the organisation's own, which win."""
        shipped = Path(__file__).parent.parent / "knowledge" / "articles"
        return [shipped, *([self.firstline_articles] if self.firstline_articles else [])]

    @property
    def cache_folder(self) -> Path | None:
        """None when there is no folder to keep anything in: a service's user may have no home."""
        if self.firstline_cache:
            return self.firstline_cache
        caches = os.environ.get("XDG_CACHE_HOME")
        with suppress(RuntimeError):
            return (Path(caches) if caches else Path.home() / ".cache") / "firstline"
        return None


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        ProblemsFound: with the name of each setting that is wrong, or that there is not.
    """
    known = [name.upper() for name in Settings.model_fields]
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    unknown = sorted(name for name in given if name.startswith("FIRSTLINE_") and name not in known)
    if unknown:
        raise ProblemsFound(
            Problem(SOURCE, None, name, f"is no setting of Firstline{did_you_mean(name, known)}")
            for name in unknown
        )
    try:
        settings = Settings()
    except ValidationError as wrong:
        found = explain(wrong, Settings, SOURCE, lambda _: None)
        raise ProblemsFound(replace(problem, field=problem.field.upper()) for problem in found) from None
    if problems := [*_problems_of_database(settings), *_problems_of_slack(settings)]:
        raise ProblemsFound(problems)
    return settings


def _problems_of_database(settings: Settings) -> Iterator[Problem]:
    if not settings.database_url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        sentence = "must be sqlite+aiosqlite:///file or postgresql+asyncpg://user:password@host/name"
        yield Problem(SOURCE, None, "DATABASE_URL", sentence)


def _problems_of_slack(settings: Settings) -> Iterator[Problem]:
    """What is missing beside a setting that was given."""

    def wrong(name: str, sentence: str) -> Problem:
        return Problem(SOURCE, None, name, f"{sentence} (docs/slack.md says which)")

    if not settings.speaks_slack:
        return
    if settings.slack_bot_token.get_secret_value() and settings.slack_client_id:
        yield wrong("SLACK_BOT_TOKEN", "is for one workspace, SLACK_CLIENT_ID for several: leave one out")
    if not (settings.slack_app_token.get_secret_value() or settings.slack_signing_secret.get_secret_value()):
        beside = "SLACK_BOT_TOKEN" if not settings.slack_client_id else "SLACK_CLIENT_ID"
        yield wrong("SLACK_APP_TOKEN", f"or SLACK_SIGNING_SECRET is needed beside {beside}")
    if settings.slack_client_id:
        if not settings.slack_client_secret.get_secret_value():
            yield wrong("SLACK_CLIENT_SECRET", "is needed beside SLACK_CLIENT_ID")
        if not settings.firstline_public_url:
            yield wrong(
                "FIRSTLINE_PUBLIC_URL", "is needed beside SLACK_CLIENT_ID: Slack brings people back to it"
            )
        if any(len(secret) < SHORTEST_SECRET for secret in settings.slack_token_secrets):
            yield wrong(
                "SLACK_TOKEN_KEY", "must be 32 or more random characters, such as of `openssl rand -hex 32`"
            )


def env_example() -> str:
    """The text of `.env.example`: every setting with its sentence and its default."""
    lines = ["# Copy to .env and change what differs. Every line is optional."]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else field.default
        default = default.get_secret_value() if isinstance(default, SecretStr) else default
        lines += ["", f"# {field.description}", f"{name.upper()}={default}"]
    return "\n".join(lines) + "\n"
