"""How verbs read a time that a colleague has written, and say it back in full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.calls import Call
from crmcore import staff
from kernel import errors, texts, times
from kernel.durations import format_duration
from kernel.times import Spoken

MINUTE = timedelta(minutes=1)


def read(call: Call, text: str) -> Spoken:
    """The time at the beginning of `text`, as of when his message came in. Raises Invalid."""
    try:
        return times.read(text, now=_came_in(call), zone=ZoneInfo(call.actor.zone))
    except ValueError as error:
        raise errors.Invalid("When? {why}. Nothing was done.", why=error.args[0]) from error


def said(call: Call, spoken: Spoken) -> str:
    """The time in full on his clocks, how long that is, and what a change of the clocks has done to it."""
    left = spoken.at - call.work.now + MINUTE / 2
    text = texts.in_full(call.language, spoken.at, ZoneInfo(call.actor.zone))
    if left >= MINUTE:
        text += f" ({texts.say(call.language, 'in {time}', time=format_duration(left - left % MINUTE))})"
    if spoken.remark:
        text += f" ({texts.into(call.language, spoken.remark)})"
    return text


async def hint(call: Call) -> str:
    """Told once to those who have never said where they live."""
    if call.actor.zone != "UTC" or not await staff.first_time(call.work, call.actor.id, "zone"):
        return ""
    return f"\n{texts.say(call.language, 'That is UTC. Your own zone: /zone Europe/Warsaw')}"


def _came_in(call: Call) -> datetime:
    """Now, unless the message had to wait for us: "in 2h" counts from when he said it."""
    waited = datetime.now(UTC) - call.arrived.claimed.raw.received_at  # the machine's clock both, not the domain's
    return call.work.now - waited if waited > MINUTE else call.work.now
