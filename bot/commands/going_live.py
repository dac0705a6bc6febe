"""The verb that ends quiet mode: it says what was seen and withheld, and asks once."""

from __future__ import annotations

from bot import codes
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels import quiet
from channels.contract import Button
from crmcore import audit
from crmcore.access import Role
from kernel import errors
from tickets import withheld


async def golive(call: Call) -> Answer:
    """Show the counts; the button, or `/golive yes`, goes live."""
    if not call.house.quiet.is_on:
        raise errors.Conflict("Quiet mode is off: messages leave already. Nothing was done.", code="done")
    found = await quiet.counts(call.work)
    if call.is_press or call.rest.strip().casefold() in ("yes", "confirm"):
        await audit.note(call.work, audit.SETTINGS, 0, {"quiet": "true"}, {"quiet": "false"}, by=call.actor.id)
        call.house.quiet.go_live()
        call.work.poke("quiet")
        said = (
            f"Live within two seconds. {found.withheld} withheld messages stay where they are: none is sent by itself."
        )
        waiting = await withheld.count(call.work)
        return Answer(f"{said} /withheld shows the {waiting} answers among them." if waiting else said)
    text = (
        f"Quiet mode: {found.came_in} messages came in, {found.withheld} would have left and were withheld.\n"
        "Live, whatever is written from then on leaves; what was withheld does not."
        " Confirm with the button, or write /golive yes."
    )
    return Answer(text, ((Button("Go live", codes.write("lv", 0)),),))


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
