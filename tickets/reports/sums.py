"""What days add up to: each day of all, and each month by queue, channel, person or word. A year is few rows. Pure.

A report by one of these reads its whole months from here and only the days before and after them one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from tickets.reports.shares import WORDED, Cell


class Axis(StrEnum):
    """What is kept apart; everything else is added up."""

    ALL = "all"  # by the day; the label is ""
    QUEUE = "queue"  # these by the month
    CHANNEL = "channel"
    PERSON = "person"  # the label is the id
    WORD = "word"  # of measures that have one


class Sum(NamedTuple):
    """Where a sum stands. `day`: an ordinal, of a month its first."""

    axis: str
    measure: str
    day: int
    label: str
    bucket: int


def of(cells: Mapping[Cell, int]) -> Counter[Sum]:
    """What cells, or differences of cells, add to the sums."""
    found: Counter[Sum] = Counter()
    for cell, n in cells.items():
        month = _month(cell.day)
        for axis, day, label in (
            (Axis.ALL, cell.day, ""),
            (Axis.QUEUE, month, cell.queue),
            (Axis.CHANNEL, month, cell.channel),
            (Axis.PERSON, month, str(cell.staff_id)),
            (Axis.WORD, month, cell.word),
        ):
            if axis is not Axis.WORD or cell.measure in WORDED:
                found[Sum(axis.value, cell.measure, day, label, cell.bucket)] += n
    return found


@lru_cache(maxsize=4096)
def _month(day: int) -> int:
    return date.fromordinal(day).replace(day=1).toordinal()


class Span(NamedTuple):
    """Days, or firsts of months, from `first` to `last`, both of them in; ordinals."""

    first: int
    last: int


def cut(since: date, until: date) -> tuple[Span | None, list[Span]]:
    """The whole months from `since` to `until` by their firsts, None if there are none, and the days that are left."""
    first = since if since.day == 1 else _next(since)
    after = until + timedelta(days=1)
    last = after.replace(day=1)  # of the month that is not whole any more
    if first >= last:
        return None, [Span(since.toordinal(), until.toordinal())]
    ends = [(since, first - timedelta(days=1)), (last, until)]
    days = [Span(begin.toordinal(), end.toordinal()) for begin, end in ends if begin <= end]
    return Span(first.toordinal(), last.toordinal() - 1), days


def _next(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
