"""Documentation that cannot lie: its blocks run, and every setting and command is in it."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.main import get_command

from bot import covering
from bot.__main__ import app
from bot.demo.cast import POLICY
from bot.settings import Settings, env_example
from bot.week import week_map
from knowledge.loading import load as load_articles
from tickets.policy import load as load_policy
from tickets.policy import read as read_policy

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return ["\n".join(line.removeprefix(indent) for line in body.split("\n")) for indent, body in found]


def test_the_readmes_policy_is_complete(tmp_path: Path) -> None:
    (policy,) = blocks(README, "toml")
    file = tmp_path / "firstline.toml"
    file.write_text(policy, encoding="utf-8")
    assert load_policy([file]).organisation("acme").queue("it").tier == 1


def test_the_rules_of_the_page_on_coverage_are_sound() -> None:
    (rules,) = blocks((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"), "toml")
    policy = POLICY.read_text(encoding="utf-8")
    for section in (
        "tier",
        "route",
        "escalation",
        "silence",
        "rota",
    ):  # its rules instead of the demo company's
        policy = re.sub(
            rf"^\[+{section}\b.*?(?=^(?:\[(?!{section}\.)|# -))", "", policy, flags=re.DOTALL | re.MULTILINE
        )
    read_policy(policy + rules, "docs/coverage.md")


def test_the_page_on_coverage_asks_and_is_answered_so() -> None:
    (asked,) = blocks((ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"), "text")
    harbor = load_policy([POLICY]).organisation("harbor")
    request = covering.asked(harbor, "denver", "accounts", "P1")
    answer = covering.why(
        request, harbor, covering.instant("2026-12-24T22:00", harbor.timezone, datetime.now(UTC))
    )
    assert answer.startswith(asked.partition("\n")[2].removesuffix("…\n"))


def test_the_picture_of_coverage_is_the_demo_company_s() -> None:
    harbor = load_policy([POLICY]).organisation("harbor")
    drawn = week_map(harbor, datetime(2026, 12, 24, 12, tzinfo=UTC))
    kept = ROOT / "docs" / "images" / "coverage-map.svg"
    assert kept.read_text(encoding="utf-8") == drawn, "firstline coverage map --week 2026-12-24 draws it anew"


def test_the_readmes_article_is_sound(tmp_path: Path) -> None:
    (article,) = blocks(README, "markdown")
    (tmp_path / "badge-does-not-open.md").write_text(article, encoding="utf-8")
    articles, problems = load_articles([tmp_path])
    assert not problems
    assert [one.id for one in articles] == ["badge-does-not-open"]


def test_the_articles_of_the_page_on_articles_are_sound(tmp_path: Path) -> None:
    for number, text in enumerate(blocks((ROOT / "docs" / "articles.md").read_text("utf-8"), "markdown")):
        (tmp_path / f"{number}.md").write_text(text, encoding="utf-8")
    (article,), problems = load_articles([tmp_path])
    assert not problems
    assert [one.id for one in article.versions] == ["badge-printer-jammed-dallas"]


def test_the_record_of_reviews_names_every_article() -> None:
    record = (ROOT / "docs" / "articles-reviewed.md").read_text("utf-8")
    names = [
        str(file.relative_to(ROOT / "knowledge" / "articles"))
        for file in ROOT.glob("knowledge/articles/*/*.md")
    ]
    assert [name for name in names if not re.search(rf"\b{name.removesuffix('.md')}\b", record)] == []


def test_the_readme_counts_the_articles() -> None:
    articles, problems = load_articles([ROOT / "knowledge" / "articles"])
    assert not problems
    assert f"adds to the {len(articles)} that come along" in " ".join(README.split())


COMMANDS = [line for block in blocks(README, "sh") for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_readme_exists(line: str) -> None:
    """Those of `firstline` parse; what they do is in tests/end_to_end. Those of `make` are targets."""
    words = shlex.split(line)
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE)
        return
    assert words[0] == "firstline"
    command = get_command(app)
    rest = words[1:]
    while rest and hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, line
        command = command.commands[name]
    with command.make_context(words[0], rest, resilient_parsing=False) as context:
        assert context.params is not None


def test_every_command_is_documented() -> None:
    told = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    command = get_command(app)
    for name, sub in command.commands.items():  # type: ignore[attr-defined]
        for full in [f"{name} {inner}" for inner in getattr(sub, "commands", {})] or [name]:
            assert f"`firstline {full}" in told, full


def test_the_example_of_the_settings_is_theirs() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_decisions_are_listed() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for decision in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        assert f"({decision.name})" in listed
