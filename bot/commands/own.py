"""Verbs about oneself: the time zone one lives in, and the way to one's own page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import views
from bot.calls import Answer, Call
from bot.grammar import Verb
from crmcore import staff
from kernel import errors, times


async def zone(call: Call) -> Answer:
    """Show or change by whose clocks the colleague reads and says times."""
    wanted = call.rest.strip()
    if not wanted:
        return Answer(f"Your zone is {call.actor.zone}: {_now(call, call.actor.zone)}. /zone Europe/Warsaw changes it.")
    if staff.known_zone(wanted) is None:
        raise errors.Invalid(
            f"There is no time zone {views.short(wanted, 40)}. Write it like Europe/Warsaw. Nothing was changed."
        )
    moved = await staff.move(call.work, call.actor.id, wanted)
    return Answer(f"Your zone is {moved} now: {_now(call, moved)}. Reminders already set stay at their instants.")


async def web(call: Call) -> Answer:
    """A link that signs the colleague in to the console: only where nobody else reads it."""
    if call.chat.group:
        raise errors.Forbidden("Write /web to me in our own chat: whoever presses the link is signed in as you.")
    if call.house.sign_in is None:
        raise errors.NotFound("There is no console here. Nothing was done.")
    link = await call.house.sign_in(call.work, call.actor.id)
    return Answer(f"Open this within 5 minutes and press the button there. It works once, and for you alone:\n{link}")


def _now(call: Call, name: str) -> str:
    return f"it is {times.written(call.work.now, ZoneInfo(name))}"


VERBS = (
    Verb("zone", zone, "your time zone, shown or changed", "/zone Europe/Warsaw", needs_ticket=False),
    Verb("web", web, "a link to your work on a page", "/web", needs_ticket=False, in_chat_only=True),
)
