"""The verb about oneself: the time zone one lives in."""

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


def _now(call: Call, name: str) -> str:
    return f"it is {times.written(call.work.now, ZoneInfo(name))}"


VERBS = (Verb("zone", zone, "your time zone, shown or changed", "/zone Europe/Warsaw", needs_ticket=False),)
