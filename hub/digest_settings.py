"""`[digest]` of the settings file: when digests come, and to whom."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from kernel.phrases import Phrase
from kernel.settings import Section
from routing import rotas
from routing.digests import Plan
from routing.rotas import Handover


def _handover(written: object) -> object:
    if not isinstance(written, str):
        return written
    if written:
        rotas.handover(written)
    return written


def _daily(written: object) -> object:
    if isinstance(written, str) and written and rotas.handover(written).weekday is not None:
        raise ValueError(Phrase('a time such as "08:00", or "" for never'))
    return _handover(written)


class DigestSettings(Section):
    """When digests come, each colleague's own clocks; "" is never. `to`: who has not chosen himself."""

    morning: Annotated[str, BeforeValidator(_daily)] = "08:00"
    evening: Annotated[str, BeforeValidator(_daily)] = "16:00"
    weekly: Annotated[str, BeforeValidator(_handover)] = "mon 08:00"
    to: Literal["leads", "everyone", "nobody"] = "leads"

    def plan(self, address: str, zone: ZoneInfo) -> Plan:
        """`address`: of the console; `zone`: the company's."""
        return Plan(_time(self.morning), _time(self.evening), _turn(self.weekly), self.to, address, zone)


def _time(written: str) -> time | None:
    return rotas.handover(written).at if written else None


def _turn(written: str) -> Handover | None:
    return rotas.handover(written) if written else None
