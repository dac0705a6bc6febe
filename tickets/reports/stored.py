"""The sums behind a report, read with as few rows as will do: whole months at once, and the days around them."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.rows import Row, marks
from kernel.unit import Reader
from tickets.reports import sums
from tickets.reports.asking import COUNTED, TIMES, Asked, By
from tickets.reports.sums import Axis, Span

_DAYS = {By.QUEUE: "queue", By.CHANNEL: "channel", By.PERSON: "staff_id", By.POLICY: "word", By.CAUSE: "word"}
_AXIS = {
    By.QUEUE: Axis.QUEUE,
    By.CHANNEL: Axis.CHANNEL,
    By.PERSON: Axis.PERSON,
    By.POLICY: Axis.WORD,
    By.CAUSE: Axis.WORD,
}
_WEEK = "(day - 1) / 7"  # ordinals begin with a Monday


async def read(reader: Reader, asked: Asked) -> list[Row]:
    """Rows of key, measure, bucket and n; a key can come twice. Of times it is a day's ordinal, of weeks their number.

    All of it is one statement, so that what is counted meanwhile is in all of it or in none.
    """
    pieces = _of_one(asked) if asked.staff_id is not None else _of_all(asked)
    said = " UNION ALL ".join(text for text, _ in pieces)
    return await reader.fetch(said, *(value for _, values in pieces for value in values))


def _of_one(asked: Asked) -> list[tuple[str, list[object]]]:
    """One person's days; they are few."""
    return [_days(asked, Span(asked.since.toordinal(), asked.until.toordinal()))]


def _of_all(asked: Asked) -> list[tuple[str, list[object]]]:
    months, days = sums.cut(asked.since, asked.until)
    if asked.by in (By.DAY, By.WEEK):
        return [_sums(asked, Axis.ALL, _time(asked), Span(asked.since.toordinal(), asked.until.toordinal()))]
    if asked.by is By.MONTH:  # those of any axis add up to the month
        whole = [_sums(asked, Axis.QUEUE, "day", months)] if months else []
        return [*whole, *(_sums(asked, Axis.ALL, "day", one) for one in days)]
    whole = [_sums(asked, _AXIS[asked.by], "label", months)] if months else []
    return [*whole, *(_days(asked, one) for one in days)]


def _sums(asked: Asked, axis: Axis, key: str, span: Span) -> tuple[str, list[object]]:
    measures = _measures(asked)
    return (
        f"SELECT {key} AS key, measure, bucket, sum(n) AS n FROM report_sums WHERE axis = ?"
        f" AND measure IN ({marks(measures)}) AND day BETWEEN ? AND ? GROUP BY measure, {key}, bucket",
        [axis.value, *measures, *span],
    )


def _days(asked: Asked, span: Span) -> tuple[str, list[object]]:
    measures = _measures(asked)
    column = _time(asked) if asked.by in TIMES else _DAYS[asked.by]
    key = column if asked.by in TIMES else f"CAST({column} AS VARCHAR(80))"  # only of what is told: it takes its time
    whose = "" if asked.staff_id is None else " AND staff_id = ?"
    return (
        f"SELECT {key} AS key, measure, bucket, sum(n) AS n FROM report_days WHERE measure IN ({marks(measures)})"
        f" AND day BETWEEN ? AND ?{whose} GROUP BY measure, {column}, bucket",
        [*measures, *span, *(() if asked.staff_id is None else (asked.staff_id,))],
    )


def _time(asked: Asked) -> str:
    return _WEEK if asked.by is By.WEEK else "day"


def _measures(asked: Asked) -> Sequence[str]:
    return [one.value for one in COUNTED[asked.report]]
