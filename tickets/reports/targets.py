"""Targets of the house beside its promises: what a report should say of a queue, a channel, a person or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from kernel.unit import Reader
from tickets.reports import standing
from tickets.reports.asking import Asked, By, Report
from tickets.reports.telling import Told, Value

# What can be a target, as it is called in the settings → where it stands; ".median" and ".p90" are lengths of time.
MEASURES: Mapping[str, tuple[Report, str]] = {
    "response.median": (Report.RESPONSE, "median_s"),
    "response.p90": (Report.RESPONSE, "p90_s"),
    "resolution.median": (Report.RESOLUTION, "median_s"),
    "resolution.p90": (Report.RESOLUTION, "p90_s"),
    "sla.met": (Report.SLA, "met_percent"),
    "sla.first_response": (Report.SLA, "first_response_percent"),
    "sla.next_response": (Report.SLA, "next_response_percent"),
    "sla.resolution": (Report.SLA, "resolution_percent"),
    "volumes.closed": (Report.VOLUMES, "closed"),
    "backlog.open": (Report.BACKLOG, "open"),
    "ratings.mean": (Report.RATINGS, "mean"),
    "ratings.low": (Report.RATINGS, "low_percent"),
    "complaints.accepted": (Report.COMPLAINTS, "accepted_percent"),
}


class Target(Struct, frozen=True):
    """`limit`: seconds for a length of time, percent for a share, else a number. `by` None: of all together.

    `key`: a queue's or a channel's name, or a colleague's.
    """

    name: str
    measure: str
    limit: float
    at_most: bool
    by: By | None = None
    key: str = ""

    @property
    def report(self) -> Report:
        return MEASURES[self.measure][0]

    @property
    def column(self) -> str:
        return MEASURES[self.measure][1]


class Judged(Struct, frozen=True):
    """A target, what was found, and the report that it was found in. `is_met` None: there was nothing to count."""

    target: Target
    asked: Asked
    found: Value
    is_met: bool | None


def judge(target: Target, found: Value) -> bool | None:
    """Whether the number found meets the target. Pure."""
    if found is None:
        return None
    return found <= target.limit if target.at_most else found >= target.limit


async def judged(
    reader: Reader, targets: Sequence[Target], since: date, until: date, people: Mapping[str, int]
) -> list[Judged]:
    """How the targets stood over these days, in their order; a report is read once, however many targets are in it.

    `people`: the ids of colleagues by name; of one who is not there nothing is found.
    """
    told: dict[Asked, Told] = {}
    found = []
    for one in targets:
        asked = Asked(one.report, since, until, one.by or By.QUEUE)
        if asked not in told:
            told[asked] = await standing.tell(reader, asked, None)
        value = _value(told[asked], one, people)
        found.append(Judged(one, asked, value, judge(one, value)))
    return found


def _value(told: Told, target: Target, people: Mapping[str, int]) -> Value:
    if target.by is None:
        return told.total.values[target.column]
    key = people.get(target.key) if target.by is By.PERSON else target.key
    return next((line.values[target.column] for line in told.lines if line.key == key), None)
