"""A knowledge base that proves itself, and what it says when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from knowledge.article import Article, Audience
from knowledge.checking import check
from knowledge.matcher import Matcher
from tests.knowledge.conftest import MakeArticle
from tests.knowledge.test_matcher import PASSWORD, PRINTER, VPN

DESK = ("raise my desk", "the desk is stuck", "desk will not go up", "need another desk", "desk motor hums")
ROOM = ("book a room", "room is taken", "meeting room booking", "cancel the room", "which room is free")
TODAY = date(2026, 6, 1)


def wrong(articles: Sequence[Article], today: date = TODAY, flows: Sequence[str] = ()) -> list[str]:
    return [
        f"{problem.file}: {problem.field}: {problem.sentence}"
        for problem in check(Matcher(articles), today, flows).wrong
    ]


def test_articles_that_differ_are_fine(article: MakeArticle) -> None:
    articles = [article("printer", *PRINTER), article("vpn", *VPN), article("password", *PASSWORD)]
    report = check(Matcher(articles), TODAY)
    assert report.wrong == ()
    assert [len(standing.trials) for standing in report.standings] == [6, 6, 6]
    assert all(standing.among == 6 for standing in report.standings)


def test_each_utterance_is_tried_without_itself(article: MakeArticle) -> None:
    """An utterance that is like none of its siblings does not find its article, though it is known word for word."""
    odd = "zebra quagga okapi"
    matcher = Matcher([article("printer", *PRINTER, odd), article("vpn", *VPN)])
    assert matcher.match(odd).candidates[0].article.id == "printer"
    trial = next(trial for trial in matcher.trials() if trial.utterance == odd)
    assert trial.decision == "none"


def test_the_worst_stands_first(article: MakeArticle) -> None:
    mixed = (
        "print job stuck",
        "vpn dropping",
        "forgot the password",
        "desk motor stuck",
        "booking a free room",
    )
    others = {"printer": PRINTER, "vpn": VPN, "password": PASSWORD, "desk": DESK, "room": ROOM}
    articles = [article(name, *lines) for name, lines in others.items()]
    report = check(Matcher([article("mixed", *mixed), *articles]), TODAY)
    assert report.standings[0].article.id == "mixed"
    assert any("find it among three" in problem.sentence for problem in report.wrong)


def test_two_that_collide_are_named_with_how_often(article: MakeArticle) -> None:
    half = [*VPN[:3], "vpn is broken today"]
    found = wrong([article("tunnel", *half, "zebra"), article("vpn", *VPN), article("printer", *PRINTER)])
    assert any("tunnel.md: utterances: collides with 'vpn', which takes " in line for line in found)


def test_one_utterance_in_two_articles(article: MakeArticle) -> None:
    articles = [article("vpn", *VPN), article("printer", *PRINTER, "Hello, VPN times out!!")]
    assert (
        "printer.md: utterances: 'vpn times out' is also an utterance of 'vpn'; one of them must give it up"
        in wrong(articles)
    )


def test_one_utterance_in_two_articles_that_nobody_sees_together(article: MakeArticle) -> None:
    sites = [Audience(sites=(site,)) for site in ("denver", "dallas")]
    articles = [article(f"printer-{at.sites[0]}", *PRINTER, audience=at, body=at.sites[0]) for at in sites]
    assert wrong([*articles, article("vpn", *VPN)]) == []


def test_a_never_line_that_finds_its_article(article: MakeArticle) -> None:
    vpn = article("vpn", *VPN, never=["vpn will not connect"])
    articles = [vpn, article("printer", *PRINTER), article("password", *PASSWORD)]
    assert wrong(articles) == ["vpn.md: never: 'vpn will not connect' is answered with it all the same"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reviewed": date(2025, 1, 1)}, "reviewed: was to be reviewed by 2026-01-01; ask it whether it is still true"),
        ({"reviewed": date(2026, 6, 2)}, "reviewed: 2026-06-02 has not come yet"),
        ({"flow": "unlock"}, "flow: there is no flow 'unlock'"),
        ({"body": "See [this](https://portal)."}, ": the link https://portal leads nowhere"),
        ({"body": "See [this](https://[::1/x)."}, ": the link https://[::1/x leads nowhere"),
        ({"body": "Write to <mailto:desk>."}, ": the link mailto:desk leads nowhere"),
    ],
)  # fmt: skip
def test_what_is_not_true_any_more(article: MakeArticle, fields: dict[str, object], sentence: str) -> None:
    assert wrong([article("vpn", *VPN, **fields), article("printer", *PRINTER)]) == [f"vpn.md: {sentence}"]


def test_what_is_true(article: MakeArticle) -> None:
    body = "See [this](https://portal.example/x?y=1) or <mailto:desk@acme.example>."
    sound = article("vpn", *VPN, flow="unlock", body=body)
    assert wrong([sound, article("printer", *PRINTER)], flows=["unlock"]) == []


def test_advice_is_no_fault(article: MakeArticle) -> None:
    told = {
        "symptoms": ["No."],
        "stop_when": ["it smells"],
        "tell_technician": ["which"],
        "technician": "Look.",
    }
    report = check(Matcher([article("vpn", *VPN), article("printer", *PRINTER, **told)]), TODAY)
    assert report.wrong == ()
    assert [(problem.file, problem.field) for problem in report.advice] == [
        ("printer.md", "utterances"),
        ("vpn.md", "utterances"),
        *(("vpn.md", field) for field in told),
    ]
    assert check(Matcher([]), TODAY).standings == ()
