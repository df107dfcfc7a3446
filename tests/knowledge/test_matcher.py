"""Matching on few articles, whose outcome can be told by reading them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.article import Article
from knowledge.matcher import Answer, Clarify, Matcher, NoMatch
from tests.knowledge.conftest import MakeArticle

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(codec=None, categories=None))

PRINTER = (
    "the printer does not print", "printer jammed", "my print job is stuck", "nothing comes out of the printer",
    "printing is broken", "cannot print my document",
)  # fmt: skip
VPN = (
    "vpn will not connect", "the vpn keeps dropping", "cannot get into the vpn from home", "vpn times out",
    "error 809 on the vpn", "the tunnel does not come up",
)  # fmt: skip
PASSWORD = (
    "i forgot my password", "reset my password", "locked out, wrong password", "password does not work any more",
    "need a new password", "cannot remember the password",
)  # fmt: skip


@pytest.fixture
def three(article: MakeArticle) -> tuple[Article, ...]:
    return (
        article("printer-broken", *PRINTER),
        article("vpn-broken", *VPN, never=["how do i order a vpn token"]),
        article("password-forgotten", *PASSWORD),
    )


@pytest.fixture
def matcher(three: tuple[Article, ...]) -> Matcher:
    return Matcher(three)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("The printer does not print", "printer-broken"),
        ("Hi team,\nmy vpn wil not conect!!\nThanks, Ana", "vpn-broken"),
        ("FORGOT MY PASWORD AGAIN", "password-forgotten"),
        ("forgot my pw", "password-forgotten"),
    ],
)
def test_what_is_clearly_meant_is_answered(matcher: Matcher, typed: str, found: str) -> None:
    match = matcher.match(typed)
    assert isinstance(match, Answer)
    assert match.article.id == found
    assert match.score == match.candidates[0].score > matcher.bands.answer  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "hello",
        "thanks a lot!",
        "asdf qwer",
        "what's for lunch",
        "👍",
        "\ud800",
        "??",
        "мама мыла раму",
        "a",
    ],
)
def test_what_nothing_answers_gets_nothing(matcher: Matcher, typed: str) -> None:
    assert isinstance(matcher.match(typed), NoMatch)


def test_what_may_mean_two_articles_is_asked_back(article: MakeArticle) -> None:
    lines = (
        "{} is broken",
        "the {} fails",
        "my {} does not work",
        "no {} since today",
        "{} keeps dropping",
        "{} trouble",
    )
    windows = article("laptop-wifi", *(line.format("laptop wifi") for line in lines))
    phone = article("phone-wifi", *(line.format("phone wifi") for line in lines))
    match = Matcher([windows, phone]).match("my laptop wifi and phone wifi does not work")
    assert isinstance(match, Clarify)
    assert {found.id for found in match.articles} == {"laptop-wifi", "phone-wifi"}


def test_a_match_says_why(matcher: Matcher) -> None:
    match = matcher.match("Hello, my pritner does not prnt. Thanks")
    assert match.why.text == "my pritner does not prnt"
    assert match.why.repaired == (("pritner", "printer"), ("prnt", "print"))
    assert match.why.words == ("my", "printer", "does", "not", "print")
    best = match.candidates[0]
    assert best.reason.utterance == "the printer does not print"
    assert 0.5 < best.reason.nearest <= 1
    assert sum(candidate.score for candidate in match.candidates) + match.why.nothing == pytest.approx(
        1, abs=0.01
    )
    assert [candidate.score for candidate in match.candidates] == sorted(
        (candidate.score for candidate in match.candidates), reverse=True
    )


def test_a_never_line_keeps_its_article_away(three: tuple[Article, ...], matcher: Matcher) -> None:
    line = "how do i order a vpn token"
    assert all(
        candidate.score == 0
        for candidate in matcher.match(line).candidates
        if candidate.article.id == "vpn-broken"
    )
    assert next(c for c in matcher.match(line).candidates if c.article.id == "vpn-broken").reason.vetoed
    without = Matcher([one.model_copy(update={"never": ()}) for one in three])
    assert without.match(line).candidates[0].score > 0.3


def test_only_what_is_visible_is_found(matcher: Matcher) -> None:
    match = matcher.match("vpn will not connect", lambda article: article.id != "vpn-broken")
    assert not isinstance(match, Answer)
    assert "vpn-broken" not in [candidate.article.id for candidate in match.candidates]
    assert isinstance(matcher.match("vpn will not connect", lambda _: False), NoMatch)


def test_twins_for_two_sites_are_each_as_sure_as_one(article: MakeArticle) -> None:
    """Denver's printer is not Dallas's, and neither must make the other doubtful."""
    others = [article("vpn-broken", *VPN), article("password-forgotten", *PASSWORD)]
    denver = article("printer-in-denver", *PRINTER, audience={"sites": ["denver"]})
    dallas = article("printer-in-dallas", *PRINTER, audience={"sites": ["dallas"]})
    both = Matcher([*others, denver, dallas])
    alone = Matcher([*others, denver])

    def in_denver(one: Article) -> bool:
        return one.audience.admits(None, "denver", ())

    for typed in ("the printer does not print", "printer stuck", "print job stuck again"):
        match = both.match(typed, in_denver)
        assert match.candidates[0].article.id == "printer-in-denver"
        assert match.candidates[0].score == pytest.approx(alone.match(typed).candidates[0].score, abs=0.1)


def test_no_articles_and_one_article_are_enough(article: MakeArticle) -> None:
    assert isinstance(Matcher([]).match("vpn"), NoMatch)
    assert Matcher([]).bands is None
    alone = Matcher([article("vpn-broken", *VPN)], out_of_scope=[])
    assert isinstance(alone.match("vpn will not connect"), Answer)
    assert isinstance(alone.match("book me a flight to rome"), NoMatch)


def test_an_article_for_what_was_out_of_scope_wins(article: MakeArticle, three: tuple[Article, ...]) -> None:
    """A company that writes about parking gets its parking article, whatever list we ship."""
    parking = article(
        "parking-permit", "where can i park my car", "i need a parking permit", "parking badge", "who gives out parking places"
    )  # fmt: skip
    match = Matcher([*three, parking]).match("where can i park my car")
    assert match.candidates[0].article.id == "parking-permit"
    assert isinstance(match, Answer | Clarify)


def test_the_order_of_articles_does_not_matter(three: tuple[Article, ...], matcher: Matcher) -> None:
    turned = Matcher(reversed(three))
    for typed in ("printer", "vpn password", "my password expired on the vpn"):
        assert turned.match(typed) == matcher.match(typed)


@pytest.mark.slow
def test_every_process_comes_to_the_same() -> None:
    """Python orders sets differently in each process; nothing may depend on that."""
    program = (
        "from knowledge.library import Library; m = Library()\n"
        "for text in ('pritner jamed', 'vpn password', 'cannot recieve emials', 'wfi is slwo', 'hello'):\n"
        "    print([(c.article.id, c.score) for c in m.match(text).candidates], m.match(text).why)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": "1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_threads_may_share_a_matcher(matcher: Matcher) -> None:
    typed = [*PRINTER, *VPN, *PASSWORD, "hello", "wfi"]
    expected = [matcher.match(text) for text in typed]
    found: list[list[object]] = []
    threads = [
        threading.Thread(target=lambda: found.append([matcher.match(text) for text in typed]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


_SHARED: list[Matcher] = []


@settings(deadline=None)
@given(ANY_TEXT)
@example("\ud83d\ud83d")
@example("\u0000")
@example("a" * 50_000)
@example("vpn\u200b pass\u00adword ﷽ ẞ ŉ")
def test_matching_never_raises_and_is_deterministic(text: str) -> None:
    if not _SHARED:
        from tests.knowledge.conftest import FRONT_MATTER

        fields = FRONT_MATTER | {"utterances": VPN, "body": "Restart.", "file": "vpn.md"}
        _SHARED.append(Matcher([Article.model_validate(fields)]))
    once = _SHARED[0].match(text)
    assert once == _SHARED[0].match(text)
    assert 0 <= once.why.nothing <= 1
    assert all(0 <= candidate.score <= 1 for candidate in once.candidates)
