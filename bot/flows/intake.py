"""Intake: what a ticket must know before it is opened, asked one question at a time, and only what is unknown.

A pure dialog: `(state, what was said, what is known) -> Step`. A requester can stop it at any question ("talk to a
person", "skip"): the ticket is then opened with what there is, because nobody in need is held up by a form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz, process, utils

from bot import wording
from bot.messages import Button
from tickets.policy import Organisation, Question, Site

DESCRIPTION = "description"
CATEGORY = "category"
SITE = "site"
OTHER = "other"
"""The category of what fits nowhere; every policy has it."""

SITE_SIMILAR = 85
"""rapidfuzz's score from 0 to 100 at which an answer names one of the offices."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known so far. `asking` is the question that waits for its answer."""

    article: str | None = None
    """The article that was offered and did not help, or that fits and was not offered to somebody who wanted a person."""
    said: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    category: str | None = None
    guesses: tuple[str, ...] = ()
    """Categories that the matcher holds possible, likeliest first."""
    site: str | None = None
    home: bool = False
    """The requester named a place that is none of the offices."""
    answers: dict[str, str] = field(default_factory=dict)
    asking: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One turn: what to say next and the state to keep, or, with `complete`, a ticket that can be opened."""

    state: Intake
    say: str = ""
    buttons: tuple[Button, ...] = ()
    complete: bool = False


def begin(state: Intake, organisation: Organisation) -> Step:
    """Ask the first thing that is unknown."""
    known = {category.id for category in organisation.categories}
    state = replace(
        state,
        category=state.category if state.category in known else None,
        guesses=tuple(guess for guess in state.guesses if guess in known),
    )
    return _next(_located(state, organisation), organisation)


def answer(state: Intake, said: str, organisation: Organisation) -> Step:
    """Take the answer to the question that waits, and ask the next."""
    known = replace(state, asking="")
    match state.asking:
        case "" | "description":
            known = _located(replace(known, said=(*state.said, said)), organisation)
        case "category":
            chosen = _category(said, organisation)
            known = replace(known, category=chosen or OTHER)
            if chosen is None:  # words of their own instead of a choice: they belong to the story
                known = replace(known, said=(*state.said, said))
        case "site":
            site = _site_in(said, organisation, alone=True)
            known = replace(known, site=site.id if site else None, home=site is None)
            if site is None:
                known = replace(known, answers={**state.answers, "Where": said})
        case question_id:
            question = _question(known, question_id, organisation)
            asked = question.question if question else question_id
            known = replace(known, answers={**state.answers, asked: said})
    return _next(known, organisation)


def finish(state: Intake) -> Step:
    """Ask nothing more."""
    return Step(replace(state, asking="", category=state.category or _likeliest(state)), complete=True)


def _next(state: Intake, organisation: Organisation) -> Step:
    if not state.said:
        return Step(replace(state, asking=DESCRIPTION), wording.ask_what())
    if state.category is None:
        if not state.guesses:
            return _next(replace(state, category=OTHER), organisation)
        likely = (organisation.category(guess) for guess in state.guesses[:3])
        choices = [Button("intake.answer", category.name, category.id) for category in likely]
        other = Button("intake.answer", wording.something_else(), OTHER)
        return Step(replace(state, asking=CATEGORY), wording.ask_category(), (*choices, other))
    if state.site is None and not state.home and len(organisation.sites) > 1:
        return Step(replace(state, asking=SITE), wording.ask_site(organisation.sites[0].name))
    for question in _questions(state.category, organisation):
        if question.question not in state.answers:
            return Step(
                replace(state, asking=question.id),
                question.question,
                tuple(Button("intake.answer", choice, choice) for choice in question.choices),
            )
    return Step(state, complete=True)


def _located(state: Intake, organisation: Organisation) -> Intake:
    """With the office that the request itself names."""
    site = _site_in(" ".join(state.said), organisation) if state.site is None else None
    return replace(state, site=site.id) if site else state


def _likeliest(state: Intake) -> str:
    return state.guesses[0] if state.guesses else OTHER


def _question(state: Intake, question_id: str, organisation: Organisation) -> Question | None:
    asked = _questions(state.category or OTHER, organisation)
    return next((question for question in asked if question.id == question_id), None)


def _questions(category: str, organisation: Organisation) -> tuple[Question, ...]:
    """What the category needs; nothing for one that an edit of the policy has removed meanwhile."""
    return next((one.ask for one in organisation.categories if one.id == category), ())


def _category(said: str, organisation: Organisation) -> str | None:
    """The category with this id or, more or less, this name."""
    names = {category.id: category.name for category in organisation.categories}
    if said in names:
        return said
    found = process.extractOne(
        said, names, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=SITE_SIMILAR
    )
    return found[2] if found else None


def _site_in(text: str, organisation: Organisation, *, alone: bool = False) -> Site | None:
    """The one office that the text names; with `alone` the text is an answer that may be misspelt."""
    plain = f" {utils.default_process(text)} "
    named = [
        site
        for site in organisation.sites
        if any(f" {utils.default_process(word)} " in plain for word in (site.name, *site.words))
    ]
    if len(named) == 1:
        return named[0]
    if not alone or named:
        return None
    words = {
        (site.id, index): word
        for site in organisation.sites
        for index, word in enumerate((site.name, site.id, *site.words))
    }
    found = process.extractOne(
        text, words, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=SITE_SIMILAR
    )
    return organisation.site(found[2][0]) if found else None
