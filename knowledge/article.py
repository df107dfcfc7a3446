"""PROVISIONAL, until the real one lands: loads articles without checking them."""
from dataclasses import dataclass
from datetime import date
from pathlib import Path
import frontmatter

@dataclass(frozen=True)
class Article:
    id: str
    title: str
    category: str
    priority: str
    tier: int
    owner: str
    reviewed: date
    utterances: tuple[str, ...]
    body: str

def load(folders):
    found = []
    for folder in folders:
        for file in sorted(Path(folder).rglob("*.md")):
            post = frontmatter.load(str(file))
            found.append(Article(post["id"], post["title"], post["category"], post["priority"], post["tier"], post["owner"], post["reviewed"], tuple(map(str, post["utterances"])), post.content))
    return tuple(found), ()
