"""The verb for what quiet mode withheld: answers listed, each to be sent or dropped, or all of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore.access import Role
from kernel import errors
from tickets import withheld, withheld_all

PAGE = 8
SHOWN = 120
NONE = "No withheld answer waits. Nothing was done."
QUIET = "It is still quiet: nothing leaves. /golive ends that; the answers wait until then. Nothing was sent."


async def listing(call: Call) -> Answer:
    """The oldest, with [Send] and [Drop] for each and for all; or `withheld send all`, `withheld drop all`."""
    said = call.rest.strip().casefold()
    if said in ("send all", "drop all"):
        return await _all(call, said.split()[0], await withheld.count(call.work))
    total, found = await withheld.count(call.work), await withheld.listed(call.work, limit=PAGE)
    if not total:
        return Answer("No withheld answer waits.")
    zone = ZoneInfo(call.actor.zone)
    lines = [
        f"{number}. {one.ticket} · {views.short(one.contact, 40)} · {views.moment(one.at, zone, call.work.now)}"
        f" · {views.short(one.author, 40)}\n“{views.short(one.text, SHOWN)}”"
        for number, one in enumerate(found, 1)
    ]
    head = f"Withheld answers: {total}. None leaves by itself."
    if whole := await withheld_all.under_way(call.work):
        head = f"Withheld answers: {total}. All of them are being {'sent' if whole.is_sending else 'dropped'}."
    more = [f"… and {total - len(found)} more, shown as these are done."] if total > len(found) else []
    buttons = [
        (Button(f"Send {number}", codes.write("ws", one.id)), Button(f"Drop {number}", codes.write("wx", one.id)))
        for number, one in enumerate(found, 1)
    ]
    every = (Button(f"Send all {total}", codes.write("ws", 0, total)), Button(f"Drop all {total}", _all_code(total)))
    return Answer("\n".join([head, *lines, *more]), (*buttons, every))


async def send(call: Call) -> Answer:
    """[Send] of one, or of all that the button counted."""
    if not call.number:
        return await _all(call, "send", call.version)
    _must_be_live(call)
    if not await withheld.send(call.work, [call.number], by=call.actor):
        raise errors.Conflict(NONE, code="done")
    return Answer("It goes out now.")


async def drop(call: Call) -> Answer:
    """[Drop] of one, or of all that the button counted."""
    if not call.number:
        return await _all(call, "drop", call.version)
    if not await withheld.drop(call.work, [call.number], by=call.actor):
        raise errors.Conflict(NONE, code="done")
    return Answer("Dropped: it never leaves. Its ticket stays as it is.")


async def _all(call: Call, what: str, counted: int) -> Answer:
    """All of them, if there are as many as were shown. Raises Conflict."""
    total = await withheld.count(call.work)
    if not total:
        raise errors.Conflict(NONE, code="done")
    if total != counted:
        raise errors.Conflict(f"There are {total} now, not {counted}: /withheld shows them. Nothing was done.")
    if what == "send":
        _must_be_live(call)
    if total > withheld.AT_ONCE:
        return await _by_parts(call, total, is_sending=what == "send")
    ids = [one.id for one in await withheld.listed(call.work)]
    act = withheld.send if what == "send" else withheld.drop
    done = await act(call.work, ids, by=call.actor)
    return Answer(f"{done} go out now." if what == "send" else f"{done} are dropped: they never leave.")


async def _by_parts(call: Call, total: int, *, is_sending: bool) -> Answer:
    """Too many for one unit, in which all others would wait. Raises Conflict while an order before it is under way."""
    if not await withheld_all.begin(call.work, call.actor, is_sending=is_sending):
        raise errors.Conflict("All of them are being worked off already: /withheld shows what is left.", code="done")
    what = "go out" if is_sending else "are dropped"
    return Answer(f"{total} {what}, {withheld.AT_ONCE} at a time. /withheld shows what is left.")


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
