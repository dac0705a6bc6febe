"""Reports of what is, and of what is few enough to be counted when asked: the backlog by age, and loads."""

from __future__ import annotations

from datetime import datetime, timedelta

from crmcore.access import Scope
from kernel.unit import Reader
from tickets.reports import telling
from tickets.reports.asking import Asked, By, Report
from tickets.reports.telling import Line, Told
from tickets.visible import seen_by

_OPEN = "t.state NOT IN ('solved', 'closed')"
_COLUMN = {By.QUEUE: "t.queue", By.CHANNEL: "t.channel", By.PERSON: "COALESCE(t.assignee_id, 0)"}
# column → older than, and not older than, in days; they touch
AGES = {"day": (0, 1), "three_days": (1, 3), "week": (3, 7), "month": (7, 30), "older": (30, 36_500)}


async def tell(reader: Reader, asked: Asked, scope: Scope | None = None) -> Told:
    """Any report of tickets. `scope`: whose view of what is open now; None sees all."""
    if asked.report is Report.BACKLOG:
        return await _backlog(reader, asked, scope)
    if asked.report is Report.LOAD:
        return await _load(reader, asked, scope)
    return await telling.tell(reader, asked)


def open_ones(asked: Asked, scope: Scope | None) -> tuple[str, list[object]]:
    """The condition of tickets `t` that are open now, for counting them and for listing them."""
    where, values = seen_by(scope) if scope else ("1 = 1", ())
    if asked.staff_id is None:
        return f"{_OPEN} AND {where}", list(values)
    return f"{_OPEN} AND {where} AND COALESCE(t.assignee_id, 0) = ?", [*values, asked.staff_id]


def of_key(asked: Asked, key: str | int) -> tuple[str, list[object]]:
    """The condition of tickets `t` that a line of a report of what is open now stands for."""
    return f"{_COLUMN[asked.by]} = ?", [key]


def aged(age: str, now: datetime) -> tuple[str, list[object]]:
    """The condition of tickets `t` of an age."""
    above, upto = AGES[age]
    return "t.created_at > ? AND t.created_at <= ?", [now - timedelta(days=upto), now - timedelta(days=above)]


async def _backlog(reader: Reader, asked: Asked, scope: Scope | None) -> Told:
    where, values = open_ones(asked, scope)
    sums, ages = [], []
    for name in AGES:
        condition, given = aged(name, reader.now)
        sums.append(f"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {name}_n")
        ages += given
    found = await reader.fetch(
        f"SELECT {_COLUMN[asked.by]} AS key, count(*) AS open_n, {', '.join(sums)} FROM tickets AS t"
        f" WHERE {where} GROUP BY {_COLUMN[asked.by]}",
        *ages,
        *values,
    )
    columns = ("open", *AGES)
    lines = [Line(row["key"], {name: int(row[f"{name}_n"]) for name in columns}) for row in found]
    return table(columns, lines)


async def _load(reader: Reader, asked: Asked, scope: Scope | None) -> Told:
    told = await telling.tell(reader, asked)
    where, values = open_ones(asked, scope)
    found = await reader.fetch(
        f"SELECT COALESCE(t.assignee_id, 0) AS key, count(*) AS n FROM tickets AS t WHERE {where}"
        " GROUP BY COALESCE(t.assignee_id, 0)",
        *values,
    )
    opened = {row["key"]: int(row["n"]) for row in found}
    done = {line.key: line.values for line in told.lines}
    columns = ("open", *told.columns)
    nothing = dict.fromkeys(told.columns, 0)
    lines = [Line(key, {"open": opened.get(key, 0), **done.get(key, nothing)}) for key in {*opened, *done}]
    return table(columns, lines)


def table(columns: tuple[str, ...], lines: list[Line]) -> Told:
    """Lines of plain counts, in their order, with what they come to."""
    total = {name: sum(int(line.values[name] or 0) for line in lines) for name in columns}
    return Told(columns, tuple(sorted(lines, key=lambda line: str(line.key))), Line("", total))
