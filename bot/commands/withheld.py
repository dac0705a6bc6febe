"""The verb for what quiet mode withheld: answers listed, each to be sent or dropped, or all of them."""

from __future__ import annotations

from bot import codes, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore.access import Role
from kernel import errors, texts
from tickets import withheld, withheld_all

PAGE = 8
SHOWN = 120
NONE = "No withheld answer waits. Nothing was done."
QUIET = "It is still quiet: nothing leaves. /golive ends that; the answers wait until then. Nothing was sent."
_STANDS = "Withheld answers: {total}. None leaves by itself."
_SENDING = "Withheld answers: {total}. All of them are being sent."
_DROPPING = "Withheld answers: {total}. All of them are being dropped."
_SENT_BY_PARTS = "{total} go out, {most} at a time. /withheld shows what is left."
_DROPPED_BY_PARTS = "{total} are dropped, {most} at a time. /withheld shows what is left."


async def listing(call: Call) -> Answer:
    """The oldest, with [Send] and [Drop] for each and for all; or `withheld send all`, `withheld drop all`."""
    wanted = call.rest.strip().casefold()
    if wanted in ("send all", "drop all"):
        return await _all(call, wanted.split()[0], await withheld.count(call.work))
    total, found = await withheld.count(call.work), await withheld.listed(call.work, limit=PAGE)
    if not total:
        return Answer(texts.say(call.language, "No withheld answer waits."))
    lines = [
        f"{number}. {one.ticket} · {views.short(one.contact, 40)} · {views.moment(call.reading, one.at)}"
        f" · {views.short(one.author, 40)}\n“{views.short(one.text, SHOWN)}”"
        for number, one in enumerate(found, 1)
    ]
    whole, left = await withheld_all.under_way(call.work), total - len(found)
    said = (_SENDING if whole.is_sending else _DROPPING) if whole else _STANDS
    head = texts.say(call.language, said, total=total)
    more = [texts.say(call.language, "… and {count} more, shown as these are done.", count=left)] if left else []
    buttons = [
        (
            Button(texts.say(call.language, "Send {number}", number=number), codes.write("ws", one.id)),
            Button(texts.say(call.language, "Drop {number}", number=number), codes.write("wx", one.id)),
        )
        for number, one in enumerate(found, 1)
    ]
    every = (
        Button(texts.say(call.language, "Send all {total}", total=total), codes.write("ws", 0, total)),
        Button(texts.say(call.language, "Drop all {total}", total=total), _all_code(total)),
    )
    return Answer("\n".join([head, *lines, *more]), (*buttons, every))


async def send(call: Call) -> Answer:
    """[Send] of one, or of all that the button counted."""
    if not call.number:
        return await _all(call, "send", call.version)
    _must_be_live(call)
    if not await withheld.send(call.work, [call.number], by=call.actor):
        raise errors.Conflict(NONE, code="done")
    return Answer(texts.say(call.language, "It goes out now."))


async def drop(call: Call) -> Answer:
    """[Drop] of one, or of all that the button counted."""
    if not call.number:
        return await _all(call, "drop", call.version)
    if not await withheld.drop(call.work, [call.number], by=call.actor):
        raise errors.Conflict(NONE, code="done")
    return Answer(texts.say(call.language, "Dropped: it never leaves. Its ticket stays as it is."))


async def _all(call: Call, what: str, counted: int) -> Answer:
    """All of them, if there are as many as were shown. Raises Conflict."""
    total = await withheld.count(call.work)
    if not total:
        raise errors.Conflict(NONE, code="done")
    if total != counted:
        raise errors.Conflict(
            "There are {total} now, not {counted}: /withheld shows them. Nothing was done.",
            total=total,
            counted=counted,
        )
    if what == "send":
        _must_be_live(call)
    if total > withheld.AT_ONCE:
        return await _by_parts(call, total, is_sending=what == "send")
    ids = [one.id for one in await withheld.listed(call.work)]
    act = withheld.send if what == "send" else withheld.drop
    done = await act(call.work, ids, by=call.actor)
    ended = "{count} go out now." if what == "send" else "{count} are dropped: they never leave."
    return Answer(texts.say(call.language, ended, count=done))


async def _by_parts(call: Call, total: int, *, is_sending: bool) -> Answer:
    """Too many for one unit, in which all others would wait. Raises Conflict while an order before it is under way."""
    if not await withheld_all.begin(call.work, call.actor, is_sending=is_sending):
        raise errors.Conflict("All of them are being worked off already: /withheld shows what is left.", code="done")
    said = _SENT_BY_PARTS if is_sending else _DROPPED_BY_PARTS
    return Answer(texts.say(call.language, said, total=total, most=withheld.AT_ONCE))


def _all_code(total: int) -> str:
    return codes.write("wx", 0, total)


def _must_be_live(call: Call) -> None:
    if call.house.quiet.is_on:
        raise errors.Conflict(QUIET)


VERBS = (
    Verb(
        "withheld",
        listing,
        "answers that quiet mode withheld: send or drop them",
        "/withheld",
        needs_ticket=False,
        least=Role.ADMIN,
    ),
    Verb("sendwithheld", send, "send a withheld answer", "", (), "ws", needs_ticket=False, least=Role.ADMIN),
    Verb("dropwithheld", drop, "drop a withheld answer", "", (), "wx", needs_ticket=False, least=Role.ADMIN),
)
