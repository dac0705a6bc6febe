"""Verbs that list: my tickets, a queue's."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access
from kernel import errors
from tickets import visible

QUIET = "QUIET MODE: nothing leaves except to staff."


async def my(call: Call) -> Answer:
    """My open tickets, most urgent first."""
    found, total = await visible.assigned(call.work, call.actor.id)
    asleep = await visible.asleep(call.work, call.actor.id)
    zone = ZoneInfo(call.actor.zone)
    later = [f"{one.name} {views.asleep(one, zone, call.work.now)}" for one in asleep]
    if not total:
        return Answer("\n".join(["Nothing is yours. /queue shows what waits.", *later]), views.list_buttons(asleep))
    text = views.listing("Yours:", found, total, zone, call.work.now)
    return Answer("\n".join([text, *later]), views.list_buttons([*found, *asleep]))


async def queue(call: Call) -> Answer:
    """What nobody has, in one queue or in all I may see."""
    name = call.rest.strip() or None
    if name is not None and (name not in call.house.desk.queues or not access.scope(call.actor).covers(name, None)):
        scope = access.scope(call.actor)
        known = ", ".join(one for one in call.house.desk.queues if scope.covers(one, None))
        raise errors.NotFound(f"There is no queue {views.short(name, 40)} for you. There are: {known}.")
    found, total = await visible.queued(call.work, call.scope, name)
    quiet = f"{QUIET}\n" if call.house.quiet.is_on else ""
    if not total:
        return Answer(quiet + (f"Nothing waits in {name}." if name else "Nothing waits."))
    head = quiet + (f"Nobody has, in {name}:" if name else "Nobody has:")
    text = views.listing(head, found, total, ZoneInfo(call.actor.zone), call.work.now)
    return Answer(text, views.list_buttons(found))


VERBS = (
    Verb("my", my, "your open tickets, most urgent first", "/my", needs_ticket=False, reads=True),
    Verb("queue", queue, "tickets nobody has", "/queue inbox", ("q",), needs_ticket=False, reads=True),
)
