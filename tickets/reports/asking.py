"""What a report can be asked: its name, the days, and by what it is broken down. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from kernel import errors
from kernel.errors import Problem
from kernel.phrases import Phrase, one_of
from tickets.reports.shares import Measure

LONGEST = timedelta(days=366 * 10)


class Report(StrEnum):
    """What is told."""

    VOLUMES = "volumes"  # messages and tickets in and out
    RESPONSE = "response"  # how long the first answer took
    RESOLUTION = "resolution"  # how long until it was done
    SLA = "sla"  # promises kept and broken
    BACKLOG = "backlog"  # what is open now, by age
    LOAD = "load"  # what each has open and has done
    COMPLAINTS = "complaints"  # complaints begun, by cause, and what customers say to the results
    RATINGS = "ratings"  # what customers said when their tickets were closed
    CALLS = "calls"  # phone calls that were written down, and planned visits and letters that are done


class By(StrEnum):
    """A line a …"""

    DAY = "day"
    WEEK = "week"  # told by its Monday
    MONTH = "month"  # told by its first
    QUEUE = "queue"
    CHANNEL = "channel"
    PERSON = "person"
    POLICY = "policy"  # what a promise was made by
    CAUSE = "cause"  # of a complaint


TIMES = (By.DAY, By.WEEK, By.MONTH)
_ANY = (*TIMES, By.QUEUE, By.CHANNEL, By.PERSON)
# What is told of each as it is now, not as it was on a day, can be asked only so.
BREAKDOWNS: Mapping[Report, tuple[By, ...]] = {
    **dict.fromkeys((Report.VOLUMES, Report.RESPONSE, Report.RESOLUTION, Report.RATINGS), _ANY),
    Report.SLA: (*_ANY, By.POLICY),
    Report.COMPLAINTS: (By.CAUSE, *_ANY),
    Report.BACKLOG: (By.QUEUE, By.CHANNEL, By.PERSON),
    Report.LOAD: (By.PERSON,),
    Report.CALLS: (By.PERSON,),
}
COUNTED: Mapping[Report, tuple[Measure, ...]] = {
    Report.VOLUMES: (Measure.OPENED, Measure.IN, Measure.OUT, Measure.CLOSED),
    Report.RESPONSE: (Measure.RESPONSE,),
    Report.RESOLUTION: (Measure.RESOLUTION,),
    Report.SLA: (Measure.MET, Measure.MISSED),
    Report.COMPLAINTS: (Measure.COMPLAINTS, Measure.ACCEPTED, Measure.REFUSED),
    Report.LOAD: (Measure.RESPONSE, Measure.OUT, Measure.CLOSED),
    Report.RATINGS: (Measure.RATED, Measure.LOW),
}


class Asked(Struct, frozen=True):
    """A report over the days from `since` to `until`, both of them in. `staff_id`: of this person only; 0 is nobody."""

    report: Report
    since: date
    until: date
    by: By
    staff_id: int | None = None


def check(report: str, since: str, until: str, by: str, today: date, staff_id: int | None = None) -> Asked:
    """What was asked in words; "" is the last 30 days, by day or what the report can be asked by first.

    Raises Invalid with every problem: a word or a day that is none, days that end before they begin or are too many.
    """
    problems: list[Problem] = []
    wanted = next((one for one in Report if one == report), None)
    if wanted is None:
        problems.append(Problem("report", one_of(Report), report))
    last = _day("to", until, today, problems)
    first = _day("from", since, last - timedelta(days=29), problems)
    if first > last:
        problems.append(Problem("from", Phrase("a day not after {day}", day=last), str(first)))
    elif last - first > LONGEST:
        problems.append(Problem("from", "at most ten years before the last day", str(first)))
    can = BREAKDOWNS[wanted] if wanted else tuple(By)
    chosen = next((one for one in can if one == (by or can[0])), None)
    if chosen is None:
        problems.append(Problem("by", one_of(can), by))
    if problems or wanted is None or chosen is None:
        raise errors.Invalid("The report was not made.", problems=tuple(problems))
    return Asked(wanted, first, last, chosen, staff_id)


def _day(name: str, written: str, otherwise: date, problems: list[Problem]) -> date:
    if not written:
        return otherwise
    try:
        if len(written) != 10:  # fromisoformat would take other spellings, too
            raise ValueError
        return date.fromisoformat(written)
    except ValueError:
        problems.append(Problem(name, "a day like 2026-03-31", written))
        return otherwise
