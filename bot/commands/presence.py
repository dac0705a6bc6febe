"""Verbs about who is here: who is on duty and who is away, going away with a deputy, and coming back."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from bot import codes, nights
from bot.calls import Answer, Call
from bot.commands import when
from bot.grammar import Verb
from bot.views import Reading
from channels.contract import Button
from crmcore import absences, staff
from crmcore.absences import Away
from crmcore.staff import Colleague
from kernel import errors, folding, texts, times
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
    lines = [_duty(call.reading, rota, away) for rota in call.house.desk.rotas.values()]
    lines += [absent(call.reading, one) for one in away.values()]
    if not away:
        lines.append(texts.say(call.language, "Nobody is away."))
    return Answer("\n".join(lines))


async def leave(call: Call) -> Answer:
    """Away: new tickets pass him over, his deputy stands in, and what is urgent of his is named."""
    spoken, deputy = await _wanted(call)
    until = spoken.at if spoken else None
    await absences.leave(call.work, call.actor.id, until, deputy_id=deputy.id if deputy else None)
    language = call.language
    text = texts.say(language, "You are away until you write /back.")
    if spoken:
        text = texts.say(language, "You are away until {time}.", time=when.said(call, spoken))
    if not deputy:
        text += f" {texts.say(language, 'Nobody stands in for you: /away until 14:00 Ewa.')}"
    if deputy:
        text += f" {texts.say(language, '{name} stands in for you.', name=deputy.name)}"
        if deputy.id in (gone := await absences.now(call.work)):
            text += f" {absent(call.reading, gone[deputy.id])}."
    urgent = await _urgent(call)
    if not urgent:
        return Answer(text)
    names = ", ".join(one.name for one in urgent)
    label = texts.say(language, "Hand to {name}", name=deputy.name) if deputy else ""
    hand = ((Button(label, codes.write("hv", deputy.id)),),) if deputy else ()
    return Answer(f"{text}\n{texts.say(language, 'Priority 1 of yours: {names}.', names=names)}", hand)


async def back(call: Call) -> Answer:
    """Here again."""
    was_away = await absences.back(call.work, call.actor.id)
    said = "You are back. Tickets come to you again." if was_away else "You were not away."
    return Answer(texts.say(call.language, said))


async def quiet(call: Call) -> Answer:
    """His quiet hours: alerts wait until they are over, those of priority 1 do not, nor any while he is on duty."""
    wanted = call.rest.strip()
    if not wanted:
        own = (await staff.by_ids(call.work, [call.actor.id]))[call.actor.id].quiet
        none = texts.say(call.language, "You have no quiet hours. /quiet 21:00-07:00 sets them.")
        return Answer(_quiet(call, own) if own else none)
    try:
        kept = "" if wanted.lower() == "off" else nights.read(wanted)
    except ValueError as error:
        raise errors.Invalid("Which hours? {why}. Nothing was changed.", why=error.args[0]) from error
    await staff.keep_quiet(call.work, call.actor.id, kept)
    return Answer(_quiet(call, kept) if kept else texts.say(call.language, "Alerts come to you at any hour."))


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
        return Answer(texts.say(call.language, "Nothing urgent is yours any more."))
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


def _quiet(call: Call, kept: str) -> str:
    said = "Quiet hours {hours} ({zone}): alerts wait, but not those of priority 1, nor while you are on duty."
    return texts.say(call.language, said, hours=kept, zone=call.actor.zone)


def _duty(reading: Reading, rota: Rota, away: dict[int, Away]) -> str:
    """cards: Ewa until Mon 16 Mar 2026 09:00 CET, then Marek"""
    turn, language = rotas.turn(rota, reading.now), reading.language
    until = texts.in_full(language, turn.until, reading.zone)
    line = f"{rota.name}: {texts.say(language, '{name} until {time}', name=turn.name, time=until)}"
    absent = {folding.fold(one.name): one for one in away.values()}
    one = absent.get(folding.fold(turn.name))
    if one is not None:
        instead = one.deputy or rotas.nth(rota, reading.now, 0, {turn.name}) or texts.say(language, "nobody")
        line += f" ({texts.say(language, 'away; {name} instead', name=instead)})"
    following = rota.rotation[(turn.place + 1) % len(rota.rotation)]
    return line if following == turn.name else f"{line}, {texts.say(language, 'then {name}', name=following)}"


def absent(reading: Reading, one: Away) -> str:
    language = reading.language
    said = texts.say(language, "{name} is away", name=one.name)
    if one.until:
        until = texts.in_full(language, one.until, reading.zone)
        said = texts.say(language, "{name} is away until {time}", name=one.name, time=until)
    return f"{said}, {texts.say(language, '{name} stands in', name=one.deputy)}" if one.deputy else said


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
