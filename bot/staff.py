"""What technicians tell the desk about being there: absences, swaps, and who answers now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from bot import wording
from bot.messages import Address, Button, Reaction, Style, Toast
from bot.staff_talk import Back, Out, StaffTalk, SwapWanted, WhoAnswers
from bot.turn import Turn
from tickets import coverage, roster, rota, survey
from tickets.kinds import Priority
from tickets.policy import Organisation, Technician
from tickets.rota import Swap

LOOKED_AHEAD = timedelta(days=90)
"""Of a long absence only so much is looked at for what it leaves open."""


async def said(turn: Turn, technician: Technician, address: Address, talk: StaffTalk) -> None:
    match talk:
        case Out():
            await _out(turn, technician, address, talk)
        case Back():
            turn.say(address, wording.back_noted(await roster.end_absences(turn.tx, technician.id)))
        case SwapWanted():
            await _swap(turn, technician, address, talk)
        case WhoAnswers():
            await _answers(turn, technician, address, talk.about)


async def swap_answered(turn: Turn, value: str, *, accepted: bool) -> Reaction | None:
    """A colleague has pressed a button under a request to swap."""
    ids = [int(part) for part in value.split(",") if re.fullmatch(r"[0-9]{1,9}", part)]
    technician = turn.technician
    rows = await roster.swaps_to_answer(turn.tx, ids, technician.id) if technician else ()
    if technician is None or not rows:
        return Toast(wording.swap_over())
    asker = turn.organisation.technician(rows[0].asked_by)
    own = _turns(turn, [Swap(row.rota, row.layer, row.technician, row.since, row.until) for row in rows])
    for row in rows:
        if accepted:
            row.accepted_at = turn.now
        else:
            await turn.tx.session.delete(row)
    answer = wording.swap_taken(own) if accepted else wording.thanks()
    turn.say(turn.event.address, answer, key=f"swap:{value}")
    if there := await turn.address_of(asker):
        told = (
            wording.swap_accepted(technician.name, own)
            if accepted
            else wording.swap_declined(technician.name)
        )
        turn.say(there, told)
    return None


async def _out(turn: Turn, technician: Technician, address: Address, out: Out) -> None:
    roster.add_absence(turn.tx, technician.id, out.since, out.until)
    await turn.tx.session.flush()
    changes = await roster.changes(turn.tx)
    organisation, zone, end = turn.organisation, technician.timezone, min(out.until, out.since + LOOKED_AHEAD)
    left = []
    for queue in organisation.queues_of(technician.id):
        if stretches := survey.emptied(queue, organisation, out.since, end, changes):
            left.append(queue.name)
            if queue.channel:
                since, until = stretches[0]
                there = organisation.calendar(queue.calendar).timezone
                told = wording.queue_emptied(queue.name, technician.name, since, until, there, turn.now)
                turn.say(Address.parse(queue.channel), told)
    mine = [
        one.name
        for one in organisation.rotas
        if any(
            gap.on_call.planned == technician.id
            for gap in rota.gaps(one, organisation, out.since, end, changes)
        )
    ]
    text = wording.out_noted(out.since, out.until, zone, turn.now)
    leaves = wording.absence_leaves(left, mine)
    turn.say(address, f"{text}\n\n{leaves}" if leaves else text)


async def _swap(turn: Turn, technician: Technician, address: Address, wanted: SwapWanted) -> None:
    colleague = _colleague(turn.organisation, wanted.colleague, technician)
    if colleague is None:
        turn.say(address, wording.unknown_colleague(wanted.colleague))
        return
    changes = await roster.changes(turn.tx)
    own = [
        Swap(shift.rota, shift.on_call.layer, colleague.id, shift.start, shift.end)
        for one in turn.organisation.rotas
        for shift in rota.shifts(one, turn.organisation, wanted.since, wanted.until, changes)
        if shift.on_call.planned == technician.id
    ]
    if not own:
        zone = technician.timezone
        turn.say(address, wording.not_on_call_then(wanted.since, wanted.until, zone, turn.now))
        return
    there = await turn.address_of(colleague)
    if there is None:
        turn.say(address, wording.unreachable_colleague(colleague.name))
        return
    rows = [await roster.ask_swap(turn.tx, swap, technician.id) for swap in own]
    value = ",".join(str(row.id) for row in rows)
    buttons = (
        Button("swap.accept", "I take it", value, Style.PRIMARY),
        Button("swap.decline", "I cannot", value),
    )
    turn.say(there, wording.swap_request(technician.name, _turns(turn, own)), *buttons, key=f"swap:{value}")
    turn.say(address, wording.swap_asked(colleague.name))


def _turns(turn: Turn, swaps: Sequence[Swap]) -> list[str]:
    lines = []
    for swap in swaps:
        one = turn.organisation.rota(swap.rota)
        lines.append(
            wording.turn_line(one.name, swap.layer.value, swap.since, swap.until, one.timezone, turn.now)
        )
    return lines


def _colleague(organisation: Organisation, name: str, but: Technician) -> Technician | None:
    """Whom somebody means: by id, by name, or by a first name that only one has."""
    others = [one for one in organisation.technicians if one.id != but.id]
    wanted = name.casefold().lstrip("@").strip()
    exact = [one for one in others if wanted in (one.id, one.name.casefold())]
    first = [one for one in others if one.name.casefold().split()[:1] == [wanted]]
    found = exact or first
    return found[0] if len(found) == 1 else None


async def _answers(turn: Turn, technician: Technician, address: Address, about: str) -> None:
    request = request_about(turn.organisation, about)
    load = await turn.load()
    covered = coverage.route(request, turn.organisation, turn.now, load, await roster.changes(turn.tx))
    turn.say(address, wording.answers_now(covered, technician.timezone, turn.now))


def request_about(organisation: Organisation, about: str) -> coverage.Request:
    """`denver network p1` → an office, a category and a priority, as far as they are named."""
    words = set(re.findall(r"\w+", about))

    def named(*names: str) -> bool:
        return any(set(re.findall(r"\w+", name.casefold())) <= words for name in names if name)

    site = next((one.id for one in organisation.sites if named(one.id, one.name, *one.words)), None)
    category = next((one.id for one in organisation.categories if named(one.id, one.name)), "other")
    priority = next((one for one in Priority if one.value.casefold() in words), None)
    return coverage.Request(site, category, priority)
