"""Articles as files and as objects, for tests that need few words of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.article import Article

FRONT_MATTER = {
    "id": "vpn-will-not-connect",
    "title": "The VPN does not connect",
    "category": "network",
    "priority": "P2",
    "tier": "1",
    "owner": "network",
    "reviewed": "2026-11-01",
    "review_every": "180 days",
    "utterances": "[vpn will not connect, cannot get into the vpn, the tunnel keeps dropping]",
}

WriteArticle = Callable[..., Path]
MakeArticle = Callable[..., Article]


@pytest.fixture
def write(tmp_path: Path) -> WriteArticle:
    """Write an article's file: fields to change, None to leave one out, `body` for its text."""

    def write(name: str = "vpn.md", body: str = "Turn it off and on.\n", **fields: str | None) -> Path:
        lines = [f"{key}: {value}" for key, value in (FRONT_MATTER | fields).items() if value is not None]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["---", *lines, "---", body]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def article() -> MakeArticle:
    def article(name: str, *utterances: str, **fields: Any) -> Article:
        return Article.model_validate(
            {
                "id": name,
                "title": name.replace("-", " "),
                "category": "network",
                "priority": "P3",
                "tier": 1,
                "owner": "it",
                "reviewed": date(2026, 1, 1),
                "review_every": "1 year",
                "utterances": utterances,
                "body": "Do this.",
                "file": Path(f"{name}.md"),
                **fields,
            }
        )

    return article
