"""The settings of retention: how many days each kind is kept, and when at night the rest goes."""

from __future__ import annotations

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from pydantic import AfterValidator, BeforeValidator, Field

from kernel.phrases import Phrase
from kernel.settings import Section

LEAST_DAYS = 30  # a sender may repeat himself that long, and a matter that was closed may come back
MOST_DAYS = 36_500


def _hour(value: object) -> object:
    if isinstance(value, time):
        return value
    try:
        hours, minutes = str(value).split(":")
        return time(int(hours), int(minutes))
    except ValueError as error:
        raise ValueError(Phrase('a time of day as "HH:MM"')) from error


def _zone(name: str) -> str:
    try:
        return str(ZoneInfo(name)) if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(Phrase('a time zone, for example "Europe/Warsaw"')) from error


def _none_or_long(days: int) -> int:
    if 0 < days < LEAST_DAYS:
        raise ValueError(Phrase("0 (kept for good) or at least {days} days", days=LEAST_DAYS))
    return days


Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]
LongDays = Annotated[Days, AfterValidator(_none_or_long)]


class Retention(Section):
    """`*_days`: 0 keeps for good. `zone`: of `at`; "" is the machine's."""

    at: Annotated[time, BeforeValidator(_hour)] = time(3, 30)
    zone: Annotated[str, AfterValidator(_zone)] = ""
    raw_days: Days = 90
    keys_days: LongDays = 0
    messages_days: LongDays = 0
    refused_days: Days = 400
    backups_days: Days = 365

    def place(self) -> ZoneInfo:
        """The zone in which `at` is meant. A machine without a name for its own has UTC."""
        try:
            return ZoneInfo(self.zone or tzlocal.get_localzone_name() or "UTC")
        except ZoneInfoNotFoundError:
            return ZoneInfo("UTC")
