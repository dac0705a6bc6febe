"""Verbs about who is here: who is on duty and who is away, going away with a deputy, and coming back."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from bot import codes, nights
from bot.calls import Answer, Call
from bot.commands import when
from bot.grammar import Verb
from channels.contract import Button
from crmcore import absences, staff
from crmcore.absences import Away
from crmcore.staff import Colleague
from kernel import errors, folding, times
from kernel.times import Spoken
from routing import rotas
from routing.rotas import Rota
from tickets import actions, visible
from tickets.visible import TicketView

URGENT = 1
LISTED = 20
_UNTIL = re.compile(r"\s*(?:until|till|to|do|до|-ig)\b\s*", re.IGNORECASE)


async def who(call: Call) -> Answer:
    """Who is on duty, and who is away and until when."""
    away = await absences.now(call.work)
    zone = ZoneInfo(call.actor.zone)
    lines = [_duty(call, rota, away, zone) for rota in call.house.desk.rotas.values()]
    lines += [absent(one, zone) for one in away.values()]
    if not away:
        lines.append("Nobody is away.")
    return Answer("\n".join(lines))


async def leave(call: Call) -> Answer:
    """Away: new tickets pass him over, his deputy stands in, and what is urgent of his is named."""
    spoken, deputy = await _wanted(call)
    until = spoken.at if spoken else None
    await absences.leave(call.work, call.actor.id, until, deputy_id=deputy.id if deputy else None)
    told = when.said(call, spoken) if spoken else ""
    text = f"You are away until {told}." if spoken else "You are away until you write /back."
    text += f" {deputy.name} stands in for you." if deputy else " Nobody stands in for you: /away until 14:00 Ewa."
    if deputy and deputy.id in (gone := await absences.now(call.work)):
        text += f" {absent(gone[deputy.id], ZoneInfo(call.actor.zone))}."
    urgent = await _urgent(call)
    if not urgent:
        return Answer(text)
    names = ", ".join(one.name for one in urgent)
    hand = ((Button(f"Hand to {deputy.name}", codes.write("hv", deputy.id)),),) if deputy else ()
    return Answer(f"{text}\nPriority 1 of yours: {names}.", hand)


async def back(call: Call) -> Answer:
    """Here again."""
    was_away = await absences.back(call.work, call.actor.id)
    return Answer("You are back. Tickets come to you again." if was_away else "You were not away.")


async def quiet(call: Call) -> Answer:
    """His quiet hours: alerts wait until they are over, those of priority 1 do not, nor any while he is on duty."""
    wanted = call.rest.strip()
    if not wanted:
        own = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id].quiet
        return Answer(_quiet(own, call.actor.zone) if own else "You have no quiet hours. /quiet 21:00-07:00 sets them.")
    try:
        kept = "" if wanted.lower() == "off" else nights.read(wanted)
    except ValueError as error:
        raise errors.Invalid(f"Which hours? {error}, or off. Nothing was changed.") from error
    await staff.keep_quiet(call.work, call.actor.id, kept)
    return Answer(_quiet(kept, call.actor.zone) if kept else "Alerts come to you at any hour.")


async def hand_over(call: Call) -> Answer:
    """The button of /away: his urgent tickets go to his deputy."""
    own = (await absences.now(call.work)).get(call.actor.id)
    deputy = (await staff.by_ids(call.work, [call.number])).get(call.number)
    if own is None or deputy is None or own.deputy_id != deputy.id:
        raise errors.Conflict("You are not away with that deputy any more. Nothing was done.")
    urgent = await _urgent(call)
    for one in urgent:
        await actions.assign(call.work, call.actor, one, deputy)
    if not urgent:
        return Answer("Nothing urgent is yours any more.")
    return Answer(f"{', '.join(one.name for one in urgent)} → {deputy.name}")


# -- steps --------------------------------------------------------------------------------------------------------


async def _wanted(call: Call) -> tuple[Spoken | None, Colleague | None]:
    """Until when, and who stands in: "until 14:00 Ewa", either alone, or nothing."""
    text = call.rest.strip()
    if begin := _UNTIL.match(text):
        text = text[begin.end() :]
    spoken, name = None, text
    try:
        is_timed = times.leading(text, now=call.work.now, zone=ZoneInfo(call.actor.zone)) is not None
    except ValueError:
        is_timed = True  # it looks like a time; reading it says what is wrong with it
    if text and is_timed:
        spoken = when.read(call, text)
        name = spoken.rest.strip(" ,;")
    if not name:
        return spoken, None
    deputy = await staff.named(call.work, name)
    if deputy.id == call.actor.id:
        raise errors.Invalid("Your deputy has to be somebody else. Nothing was done.")
    return spoken, deputy


async def _urgent(call: Call) -> list[TicketView]:
    found, _ = await visible.assigned(call.work, call.actor.id, limit=LISTED)
    return [one for one in found if one.priority == URGENT]


def _quiet(kept: str, zone: str) -> str:
    return f"Quiet hours {kept} ({zone}): alerts wait, but not those of priority 1, nor while you are on duty."


def _duty(call: Call, rota: Rota, away: dict[int, Away], zone: ZoneInfo) -> str:
    """cards: Ewa until Mon 16 Mar 2026 09:00 CET, then Marek"""
    turn = rotas.turn(rota, call.work.now)
    line = f"{rota.name}: {turn.name} until {times.written(turn.until, zone)}"
    absent = {folding.fold(one.name): one for one in away.values()}
    one = absent.get(folding.fold(turn.name))
    if one is not None:
        instead = one.deputy or rotas.nth(rota, call.work.now, 0, {turn.name}) or "nobody"
        line += f" (away; {instead} instead)"
    following = rota.rotation[(turn.place + 1) % len(rota.rotation)]
    return line if following == turn.name else f"{line}, then {following}"


def absent(one: Away, zone: ZoneInfo) -> str:
    until = f" until {times.written(one.until, zone)}" if one.until else ""
    return f"{one.name} is away{until}{f', {one.deputy} stands in' if one.deputy else ''}"


VERBS = (
    Verb("who", who, "who is on duty, and who is away", "/who", ("wh",), needs_ticket=False, reads=True),
    Verb(
        "away",
        leave,
        "you are away: new tickets pass you over, your deputy stands in",
        "/away until 14:00 Ewa",
        (),
        needs_ticket=False,
    ),
    Verb("back", back, "you are here again", "/back", (), needs_ticket=False),
    Verb("quiet", quiet, "hours in which only the most urgent alerts ring", "/quiet 21:00-07:00", needs_ticket=False),
    Verb("handover", hand_over, "your urgent tickets to your deputy", "(a button)", (), "hv", needs_ticket=False),
)
