"""An article's file, made for an author to fill in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from knowledge.article import is_name
from problems import Problem, ProblemsFound


def skeleton(name: str, title: str, category: str, owner: str, today: date) -> str:
    """What a new article looks like; its angle brackets are refused until they are filled in."""
    return f"""---
id: {name}
title: {quoted(title)}
category: {category}
priority: P3
tier: 1
owner: {quoted(owner)}
reviewed: {today}
review_every: 180 days
audience: everyone
# What people type: twelve or more, each said differently, slips included.
utterances: []
# What looks like it and is something else.
never: []
# What one sees then.
symptoms: []
# When to stop trying; each goes on after "when": it asks a third time
stop_when: []
# What to say to whoever takes over; each goes on after "tell us": the exact message
tell_technician: []
technician: >-
  <What whoever takes the ticket should know: where to look, what to check first, when to escalate.>
---
<What is going on, in one or two plain sentences.>

## What to do

1. <The first step.>
"""


def write_new(folder: Path, category: str, name: str, text: str) -> Path:
    """Write an article's file where its category's are.

    Raises:
        ProblemsFound: the id or the category is none, or there is such a file already.
    """
    file = folder / category / f"{name}.md"
    for field, value in (("id", name), ("category", category)):
        if not is_name(value):
            sentence = f"must be small letters, digits and single hyphens (found '{value}')"
            raise ProblemsFound([Problem(str(file), None, field, sentence)])
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise ProblemsFound(
            [Problem(str(file), None, "", "is there already; it was left as it is")]
        ) from None
    return file


def quoted(text: str) -> str:
    """A text as YAML that stays that text, whatever is in it."""
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
