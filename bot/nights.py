"""Quiet hours of colleagues: when what is not urgent waits until morning. Pure."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel import sentences, times

EXPECTED = 'Expected two times of the day, such as "21:00-07:00", or off'
APART = 'Expected two times of the day, such as "21:00-07:00", or off: an hour without an alert at least is left'
_WRITTEN = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–]\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")


def read(text: str) -> str:
    """Quiet hours as people write them, as they are kept. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(sentences.line(EXPECTED))
    begin, end = f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"
    if begin == end:
        raise ValueError(sentences.line(APART))
    return f"{begin}-{end}"


def over_at(kept: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that hold at `now` are over; None outside them."""
    if not kept:
        return None
    begin, end = (time.fromisoformat(part) for part in kept.split("-"))
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    ends = [one.at for one in times.instants(datetime.combine(day, end), zone)]
    return next((at for at in ends if at > now), None)
