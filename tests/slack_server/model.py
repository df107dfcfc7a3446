"""Who and what is in the workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class User:
    id: str
    name: str
    email: str = ""
    zone: str = "America/Denver"
    bot: bool = False
    stranger: bool = False
    deleted: bool = False


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    bot_id: str | None = None
    username: str | None = None
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    edits: int = 0
    deleted: bool = False

    def as_json(self, *, metadata: bool = False) -> Json:
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.blocks:
            body["blocks"] = self.blocks
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.bot_id:
            body["bot_id"] = self.bot_id
        if self.username:
            body |= {"username": self.username, "subtype": "bot_message"}
        if self.files:
            body |= {"files": self.files, "subtype": "file_share"}
        if self.edits:
            body["edited"] = {"user": self.user, "ts": self.ts}
        if metadata and self.metadata:
            body["metadata"] = self.metadata
        return body

    @property
    def shown(self) -> str:
        """All the words that a reader sees."""
        return words(self.blocks) if self.blocks else self.text

    @property
    def buttons(self) -> dict[str, Json]:
        """What can be pressed, by label."""
        found: dict[str, Json] = {}
        for block in self.blocks:
            for element in block.get("elements", ()) if block["type"] == "actions" else ():
                if element["type"] == "button":
                    found[element["text"]["text"]] = element
                for option in element.get("options", ()):
                    found[option["text"]["text"]] = {**element, "selected_option": option}
        return found


@dataclass
class Channel:
    id: str
    name: str = ""
    user: str | None = None
    """With whom the direct conversation is."""
    member: bool = True
    """Whether the desk is in it."""
    archived: bool = False


@dataclass(frozen=True)
class Ephemeral:
    channel: str
    user: str
    text: str
    blocks: list[Json]
    ts: str
    thread_ts: str | None = None


def words(found: Any) -> str:
    """The text in blocks, a line per block."""
    lines = [_words(block) for block in found]
    return "\n".join(line.strip() for line in lines if line.strip())


def _words(part: Any) -> str:
    if isinstance(part, list):
        return "".join(_words(inner) for inner in part)
    if not isinstance(part, dict):
        return ""
    kind = part.get("type")
    if kind in ("actions", "button", "overflow"):
        return ""
    if kind in ("text", "link", "plain_text", "mrkdwn"):
        return str(part.get("text", "")) + ("\n" if kind in ("plain_text", "mrkdwn") else "")
    if kind == "rich_text_list":
        return "".join(f"• {_words(item)}\n" for item in part["elements"])
    end = "\n" if str(kind).startswith("rich_text_") else ""
    return _words(part.get("text")) + _words(part.get("fields", [])) + _words(part.get("elements", [])) + end
