"""Duty rotas: whose turn it is, by a list of names and the local time at which it passes on. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from kernel import folding
from kernel.errors import Misread
from kernel.phrases import Phrase
from tickets.calendar import WEEKDAYS

MONDAY = date(1970, 1, 5)  # turns are counted from here unless the rota says since when
_WRITTEN = re.compile(rf"(?:({'|'.join(WEEKDAYS)})\s+)?([01]?[0-9]|2[0-3]):([0-5][0-9])", re.IGNORECASE)
EXPECTED = Phrase('a weekday and a time ("mon 09:00"), or a time alone for a turn a day ("09:00")')


class Handover(Struct, frozen=True):
    """When duty passes on. `weekday`: 0 is Monday; None: every day."""

    at: time
    weekday: int | None = None

    @property
    def days(self) -> int:
        return 1 if self.weekday is None else 7


class Rota(Struct, frozen=True):
    """`since`: the day of the first one's first turn, if it is to be counted from there."""

    name: str
    rotation: tuple[str, ...]
    handover: Handover
    zone: ZoneInfo
    since: date | None = None


class Turn(Struct, frozen=True):
    """Whose it is, and until when (UTC). `place`: in the rotation."""

    name: str
    place: int
    until: datetime


def handover(text: str) -> Handover:
    """A handover as people write it. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise Misread("", EXPECTED, repr(text))
    day, hour, minute = found.groups()
    return Handover(time(int(hour), int(minute)), WEEKDAYS.index(day.lower()) if day else None)


def turn(rota: Rota, now: datetime) -> Turn:
    """Whose turn it is at `now`. It passes when the local clock first reads the handover's time."""
    begin, length = _first(rota), timedelta(days=rota.handover.days)
    passed = (now.astimezone(rota.zone).replace(tzinfo=None) - begin) // length
    # where clocks change, the wall alone says too much or too little
    if _instant(rota, begin + passed * length) > now:
        passed -= 1
    elif _instant(rota, begin + (passed + 1) * length) <= now:
        passed += 1
    place = passed % len(rota.rotation)
    return Turn(rota.rotation[place], place, _instant(rota, begin + (passed + 1) * length))


def nth(rota: Rota, now: datetime, count: int, away: Collection[str]) -> str | None:
    """Who is on duty (`count` 0), or that many after him; those who are `away` are passed over. None if all are."""
    place = turn(rota, now).place
    ordered = [rota.rotation[(place + step) % len(rota.rotation)] for step in range(len(rota.rotation))]
    present = [name for name in ordered if name not in away]
    return present[count % len(present)] if present else None


def on_duty(given: Iterable[Rota], now: datetime) -> set[str]:
    """Everybody whose turn it is, by folded name."""
    return {folding.fold(turn(one, now).name) for one in given}


def _instant(rota: Rota, wall: datetime) -> datetime:
    return wall.replace(tzinfo=rota.zone).astimezone(UTC)


def _first(rota: Rota) -> datetime:
    """The local time at which the first of the rotation began his first turn."""
    day = rota.since or MONDAY
    if rota.handover.weekday is not None:
        day += timedelta(days=(rota.handover.weekday - day.weekday()) % 7)
    return datetime.combine(day, rota.handover.at)
