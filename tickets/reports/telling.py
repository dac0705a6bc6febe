"""Reports read from the sums: a line for each time, queue, person and so on, and what stands in its columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

from kernel.unit import Reader
from tickets.models import ClockKind
from tickets.reports import buckets, stored
from tickets.reports.asking import COUNTED, TIMES, Asked, By, Report
from tickets.reports.shares import Measure

Key = str | int | date  # of a line: a queue's or channel's name, a person's id, a first day
Value = int | float | None


class Line(Struct, frozen=True):
    """A line of a report. `values`: column → its number; lengths of time in seconds; None where there is none."""

    key: Key
    values: Mapping[str, Value]


class Told(Struct, frozen=True):
    """A report: its columns, its lines in their order, and the same of all together."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line


async def tell(reader: Reader, asked: Asked) -> Told:
    """A report of what is kept by day. Days in which nothing was are there, with nothing; others are left out."""
    counts: dict[Key, Counter[tuple[str, int]]] = defaultdict(Counter)
    if asked.by in TIMES:
        counts.update({key: Counter() for key in spans(asked)})
    for row in await stored.read(reader, asked):
        counts[_key(asked, row["key"])][row["measure"], row["bucket"]] += int(row["n"])
    whole: Counter[tuple[str, int]] = Counter()
    for one in counts.values():
        whole.update(one)
    lines = [Line(key, _values(asked.report, counts[key])) for key in sorted(counts, key=_order)]
    total = _values(asked.report, whole)
    return Told(tuple(measures_of(asked.report)), tuple(lines), Line("", total))


def measures_of(report: Report) -> list[str]:
    """The columns of a report that is kept by day."""
    return list(_values(report, Counter()))


def spans(asked: Asked) -> dict[date, tuple[date, date]]:
    """The days, weeks or months asked for by their first day, with the days of each that were asked for."""
    found: dict[date, tuple[date, date]] = {}
    day = asked.since
    while day <= asked.until:
        first = beginning(asked.by, day)
        after = _after(asked.by, first)
        found[first] = (day, min(asked.until, after - timedelta(days=1)))
        day = after
    return found


def beginning(by: By, day: date) -> date:
    """The day by which a day's week or month is told."""
    if by is By.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by is By.MONTH else day


def _after(by: By, first: date) -> date:
    if by is By.MONTH:
        return (first + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=7 if by is By.WEEK else 1)


def _key(asked: Asked, found: str | int) -> Key:
    if asked.by not in TIMES:
        return int(found) if asked.by is By.PERSON else found
    ordinal = int(found) * 7 + 1 if asked.by is By.WEEK else int(found)
    return beginning(asked.by, date.fromordinal(ordinal))


def _order(key: Key) -> tuple[str, int]:
    if isinstance(key, date):
        return "", key.toordinal()
    return ("", key) if isinstance(key, int) else (key, 0)


def _values(report: Report, counts: Counter[tuple[str, int]]) -> dict[str, Value]:
    """The columns from the sums of one line. Pure."""
    by_measure: dict[str, Counter[int]] = defaultdict(Counter)
    for (measure, bucket), n in counts.items():
        by_measure[measure][bucket] += n
    if report in (Report.RESPONSE, Report.RESOLUTION):
        lengths = by_measure[COUNTED[report][0].value]
        half, most = buckets.quantile(lengths, 0.5), buckets.quantile(lengths, 0.9)
        return {report.value: sum(lengths.values()), "median_s": half, "p90_s": most}
    found: dict[str, Value] = {one.value: sum(by_measure[one.value].values()) for one in COUNTED[report]}
    if report is Report.RATINGS:
        scores, low = by_measure[Measure.RATED.value], int(found.pop(Measure.LOW.value) or 0)
        found |= {"mean": _mean(scores), "low": low, "low_percent": _percent(low, sum(scores.values()) - low)}
    if report is Report.COMPLAINTS:
        found["accepted_percent"] = _percent(int(found["accepted"] or 0), int(found["refused"] or 0))
    if report is Report.SLA:
        met, missed = by_measure[Measure.MET.value], by_measure[Measure.MISSED.value]
        found["met_percent"] = _percent(sum(met.values()), sum(missed.values()))
        for place, kind in enumerate(ClockKind):
            found[f"{kind.value}_percent"] = _percent(met[place], missed[place])
    return found


def _mean(scores: Counter[int]) -> float | None:
    count = sum(scores.values())
    return round(sum(score * n for score, n in scores.items()) / count, 2) if count else None


def _percent(met: int, missed: int) -> float | None:
    return round(100 * met / (met + missed), 1) if met + missed else None
