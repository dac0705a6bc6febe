"""Escalation chains: who is told of an alert, after how long and by what, kept as they were when it began. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from msgspec import Struct

from tickets import calendar
from tickets.calendar import Calendar

AGAIN = timedelta(minutes=30)  # from the top to the next lap, and between the loud ones after the last
HOOK = "webhook:"
LOUD_TIMES = 5  # how often the top is loud; then the alert only stands on the lists


class Step(Struct, frozen=True):
    """One telling. `after`: how long the one before it may be left unanswered; `channel`: "" for each person's own;
    `again`: the same people as the step before it, by another channel.
    `who` that begins with HOOK: a webhook of that name.
    """

    who: str
    after: timedelta = timedelta()
    channel: str = ""
    within: str = ""  # a calendar: outside its hours only the highest priority is told
    again: bool = False


class Chain(Struct, frozen=True):
    """`repeat`: how many times it begins again when its end is reached unanswered; `again`: how long after the end."""

    name: str
    steps: tuple[Step, ...]
    repeat: int = 0
    again: timedelta = AGAIN


class Spot(Struct, frozen=True):
    """Where an alert stands in its chain. `lap`: how often it began again; `place`: of the step, len(steps) the top."""

    lap: int
    place: int


START = Spot(0, 0)


def written(chain: Chain) -> str:
    """The chain as an alert keeps it: later changes of the settings do not touch it."""
    steps = [
        {
            "who": one.who,
            "after_s": one.after.total_seconds(),
            "channel": one.channel,
            "within": one.within,
            "again": one.again,
        }
        for one in chain.steps
    ]
    kept = {"name": chain.name, "steps": steps, "repeat": chain.repeat, "again_s": chain.again.total_seconds()}
    return orjson.dumps(kept).decode()


@lru_cache(maxsize=256)
def read(kept: str) -> Chain:
    """A kept chain."""
    body = orjson.loads(kept)
    return Chain(
        body["name"],
        tuple(_step(one) for one in body["steps"]),
        body["repeat"],
        timedelta(seconds=body["again_s"]),
    )


def hook(step: Step) -> str:
    """The name of the webhook that the step tells; "" for people."""
    return step.who.removeprefix(HOOK) if step.who.startswith(HOOK) else ""


def is_top(chain: Chain, spot: Spot) -> bool:
    """All its steps are behind it."""
    return spot.place >= len(chain.steps)


def onward(chain: Chain, spot: Spot) -> Spot | None:
    """Where it goes from `spot`; None when it has been loud often enough."""
    if not is_top(chain, spot):
        return Spot(spot.lap, spot.place + 1)
    if spot.lap < chain.repeat:
        return Spot(spot.lap + 1, 0)
    if spot.lap + 1 < chain.repeat + LOUD_TIMES:
        return Spot(spot.lap + 1, spot.place)
    return None


def pause(chain: Chain, spot: Spot) -> timedelta:
    """How long what was told before `spot` may stay unanswered."""
    if is_top(chain, spot):
        return chain.again if spot.lap <= chain.repeat else AGAIN
    if spot.place == 0 and spot.lap:
        return timedelta()  # the top has waited
    return chain.steps[spot.place].after


def due(
    chain: Chain, spot: Spot, before: datetime, calendars: Mapping[str, Calendar], *, is_urgent: bool, at_once: bool
) -> datetime:
    """When the step at `spot` is told, `before` being when the last one was.

    `at_once`: nobody heard the last one, so nothing is waited for. A calendar that is gone holds nothing back.
    """
    at = before if at_once else before + pause(chain, spot)
    hours = None if is_top(chain, spot) else calendars.get(chain.steps[spot.place].within)
    if hours is None or is_urgent:
        return at
    return calendar.next_open(hours, at) or at


def turns(chain: Chain, spot: Spot) -> int:
    """How many steps for the same rotation stand before this one, over all laps: "next" goes on where it was."""
    who = chain.steps[spot.place].who
    begins = [one.who == who and not one.again for one in chain.steps]
    return spot.lap * sum(begins) + sum(begins[: spot.place + 1]) - 1


def _step(kept: Mapping[str, Any]) -> Step:
    return Step(kept["who"], timedelta(seconds=kept["after_s"]), kept["channel"], kept["within"], kept["again"])
