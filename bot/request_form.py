"""The request form: intake on one page, for those who would rather fill in than talk.

Nothing is kept while it is open. What it must still ask (a category's questions, whether an open ticket is the same)
comes with the answer to its first submission, as the same form with more fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot import command_wording as say
from bot import requests, wording
from bot.conversations import conversation_at
from bot.flows import intake
from bot.flows.intake import Intake
from bot.messages import Choice, Field, FieldErrors, FieldKind, Form, OpenForm, Reaction
from bot.redaction import redact
from bot.requests import Dialog
from bot.smalltalk import recognise
from bot.turn import Turn
from knowledge.matcher import Answer
from tickets.model import Ticket
from tickets.policy import Category, Organisation

FORM = "request.new"
UNKNOWN = "unknown"
ELSEWHERE = "elsewhere"
NEW = "new"
_ASK = "ask."


def draw(
    organisation: Organisation,
    known: Mapping[str, str],
    *,
    asking: Category | None = None,
    twin: Ticket | None = None,
) -> Form:
    """The form with what is `known` filled in, the questions of the category `asking`, and that about a `twin`."""
    return Form(
        FORM,
        "",
        say.form_title_again() if asking else say.form_title(),
        tuple(_fields(organisation, known, asking, twin)),
        say.form_submit(),
    )


def _fields(
    organisation: Organisation, known: Mapping[str, str], asking: Category | None, twin: Ticket | None
) -> Iterator[Field]:
    if twin:
        same = (Choice(str(twin.id), say.add_it(twin)), Choice(NEW, say.it_is_new()))
        yield Field("twin", say.is_it_the_same(twin), FieldKind.CHOICE, same)
    for question in asking.ask if asking else ():
        choices = tuple(Choice(choice, choice) for choice in question.choices)
        yield Field(
            f"{_ASK}{question.id}",
            question.question,
            FieldKind.CHOICE if choices else FieldKind.TEXT,
            (*choices, Choice(say.other_answer(), say.other_answer())) if choices else (),
            known.get(f"{_ASK}{question.id}", ""),
            required=False,
        )
    yield Field("what", say.what(), FieldKind.LONG_TEXT, value=known.get("what", ""), hint=say.what_hint())
    categories = [Choice(one.id, one.name) for one in organisation.categories if one.id != intake.OTHER]
    yield Field(
        "category",
        say.about(),
        FieldKind.CHOICE,
        (Choice(UNKNOWN, say.do_not_know()), *categories, Choice(intake.OTHER, wording.something_else())),
        known.get("category") or UNKNOWN,
    )
    if len(organisation.sites) > 1:
        offices = tuple(Choice(site.id, site.name) for site in organisation.sites)
        yield Field(
            "site",
            say.where(),
            FieldKind.CHOICE,
            (*offices, Choice(ELSEWHERE, say.elsewhere())),
            known.get("site", ""),
        )


def opened(turn: Turn, words: str = "") -> OpenForm:
    """The form for this person, begun with these words."""
    known = {"what": words[:3000], "site": turn.person.site or ""}
    return OpenForm(draw(turn.organisation, known))


async def submitted(turn: Turn, answers: Mapping[str, str], typed: Mapping[str, str]) -> Reaction | None:
    """A ticket, or the same form with what is wrong or still to be asked. `answers` are free of secrets, `typed` not."""
    if errors := dict(_errors(turn.organisation, answers)):
        return FieldErrors(errors)
    known = await _known(turn, answers)
    category = turn.organisation.category(known.category or intake.OTHER)
    answers = {**answers, "category": category.id}
    unasked = any(f"{_ASK}{question.id}" not in answers for question in category.ask)
    twin = None if "twin" in answers else await requests.twin(turn, known.said[0], known.category)
    if twin or unasked:
        return OpenForm(draw(turn.organisation, answers, asking=category, twin=twin))
    here = turn.event.private or turn.event.address
    conversation = await conversation_at(turn.tx, here, turn.person)
    if found := redact("\n".join(typed.values())).found:
        turn.say(conversation.address, wording.secret_removed(found))
    same = await turn.ticket_to_change(answers.get("twin", NEW))
    if same and same.state.is_open and turn.is_requester_of(same):
        replace(Dialog.of(conversation), said=known.said).keep_in(conversation)
        await requests.add_to_twin(turn, conversation, same.id or 0)
    else:
        await requests.open_ticket(turn, conversation, known)
    return None


def _errors(organisation: Organisation, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    what = answers.get("what", "")
    if not what:
        yield "what", wording.required()
    elif recognise(what) is not None:  # "help", "hello": nothing that anybody could work on
        yield "what", say.say_more()
    if answers.get("category", UNKNOWN) not in (UNKNOWN, *(one.id for one in organisation.categories)):
        yield "category", wording.not_a_choice()
    sites = [site.id for site in organisation.sites]
    if len(sites) > 1 and answers.get("site") not in (*sites, ELSEWHERE):
        yield "site", wording.not_a_choice()


async def _known(turn: Turn, answers: Mapping[str, str]) -> Intake:
    organisation, what = turn.organisation, answers["what"]
    site = answers.get("site")
    category = answers.get("category", UNKNOWN)
    if category == UNKNOWN:
        found = requests.look_up(turn, what)
        guesses = requests.likely_categories(turn, found)
        sure = found.article.category if isinstance(found, Answer) else ""
        category = sure if sure in guesses else next(iter(guesses), intake.OTHER)
    asked = {
        question.question: answer
        for question in organisation.category(category).ask
        if (answer := answers.get(f"{_ASK}{question.id}"))
    }
    if site == ELSEWHERE:
        asked["Where"] = say.elsewhere()
    return Intake(
        said=(what,),
        category=category,
        site=site if site != ELSEWHERE else None,
        home=site == ELSEWHERE,
        answers=asked,
    )
