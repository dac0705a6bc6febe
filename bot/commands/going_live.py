"""The verb that ends quiet mode: it says what was seen and withheld, and asks once."""

from __future__ import annotations

from bot import codes
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels import quiet
from channels.contract import Button
from crmcore import audit
from crmcore.access import Role
from kernel import errors, texts
from tickets import withheld

_LIVE = "Live within two seconds. {count} withheld messages stay where they are: none is sent by itself."
_COUNTS = "Quiet mode: {came} messages came in, {withheld} would have left and were withheld."
_ASKS = (
    "Live, whatever is written from then on leaves; what was withheld does not."
    " Confirm with the button, or write /golive yes."
)


async def golive(call: Call) -> Answer:
    """Show the counts; the button, or `/golive yes`, goes live."""
    if not call.house.quiet.is_on:
        raise errors.Conflict("Quiet mode is off: messages leave already. Nothing was done.", code="done")
    found = await quiet.counts(call.work)
    if call.is_press or call.rest.strip().casefold() in ("yes", "confirm"):
        await audit.note(call.work, audit.SETTINGS, 0, {"quiet": "true"}, {"quiet": "false"}, by=call.actor.id)
        call.house.quiet.go_live()
        call.work.poke("quiet")
        said = texts.say(call.language, _LIVE, count=found.withheld)
        waiting = await withheld.count(call.work)
        among = texts.say(call.language, "/withheld shows the {count} answers among them.", count=waiting)
        return Answer(f"{said} {among}" if waiting else said)
    counts = texts.say(call.language, _COUNTS, came=found.came_in, withheld=found.withheld)
    return Answer(
        f"{counts}\n{texts.say(call.language, _ASKS)}",
        ((Button(texts.say(call.language, "Go live"), codes.write("lv", 0)),),),
    )


VERBS = (
    Verb(
        "golive",
        golive,
        "end quiet mode",
        "/golive",
        (),
        "lv",
        needs_ticket=False,
        takes_text=True,
        least=Role.ADMIN,
        in_chat_only=True,
    ),
)
