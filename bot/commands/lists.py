"""Verbs that list: my tickets, a queue's."""

from __future__ import annotations

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import access
from kernel import errors, texts
from tickets import visible

QUIET = "QUIET MODE: nothing leaves except to staff."


async def my(call: Call) -> Answer:
    """My open tickets, most urgent first."""
    found, total = await visible.assigned(call.work, call.actor.id)
    asleep = await visible.asleep(call.work, call.actor.id)
    later = [f"{one.name} {views.asleep(call.reading, one)}" for one in asleep]
    if not total:
        nothing = texts.say(call.language, "Nothing is yours. /queue shows what waits.")
        return Answer("\n".join([nothing, *later]), views.list_buttons(asleep))
    text = views.listing(call.reading, texts.say(call.language, "Yours:"), found, total)
    return Answer("\n".join([text, *later]), views.list_buttons([*found, *asleep]))


async def queue(call: Call) -> Answer:
    """What nobody has, in one queue or in all I may see."""
    name = call.rest.strip() or None
    if name is not None and (name not in call.house.desk.queues or not access.scope(call.actor).covers(name, None)):
        scope = access.scope(call.actor)
        known = ", ".join(one for one in call.house.desk.queues if scope.covers(one, None))
        raise errors.NotFound(
            "There is no queue {name} for you. There are: {known}.", name=views.short(name, 40), known=known
        )
    found, total = await visible.queued(call.work, call.scope, name)
    quiet = f"{texts.say(call.language, QUIET)}\n" if call.house.quiet.is_on else ""
    if not total:
        return Answer(
            quiet + texts.say(call.language, "Nothing waits in {queue}." if name else "Nothing waits.", queue=name)
        )
    head = texts.say(call.language, "Nobody has, in {queue}:" if name else "Nobody has:", queue=name)
    text = views.listing(call.reading, f"{quiet}{head}", found, total)
    return Answer(text, views.list_buttons(found))


VERBS = (
    Verb("my", my, "your open tickets, most urgent first", "/my", needs_ticket=False, reads=True),
    Verb("queue", queue, "tickets nobody has", "/queue inbox", ("q",), needs_ticket=False, reads=True),
)
