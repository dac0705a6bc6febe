"""The tickets behind a number of a report: exactly those it counts, as far as the reader may see them."""

from __future__ import annotations

from datetime import date

from crmcore.access import Scope
from kernel.unit import Reader
from tickets.reports import standing, telling
from tickets.reports.asking import TIMES, Asked, By, Report
from tickets.reports.shares import Measure
from tickets.visible import TicketView, by_ids, seen_by

_COLUMN = {By.QUEUE: "h.queue", By.CHANNEL: "h.channel", By.PERSON: "h.staff_id"}
_COLUMN |= {By.POLICY: "h.word", By.CAUSE: "h.word"}
OPEN = "open"


def can(asked: Asked, column: str) -> bool:
    """True if a number of that column has tickets behind it."""
    if asked.report is Report.BACKLOG:
        return column == OPEN or column in standing.AGES
    return (asked.report is Report.LOAD and column == OPEN) or column in set(Measure)


async def listed(
    reader: Reader, scope: Scope, asked: Asked, column: str, key: str | None, *, limit: int, after: int = 0
) -> tuple[list[TicketView], int]:
    """The tickets of a column's number, the newest first, and how many in all. `key`: of the line; None of the total.

    Call it for what `can` allows. A number of messages has fewer tickets than messages.
    """
    is_standing = asked.report is Report.BACKLOG or column == OPEN
    said, values = _standing(asked, column, key, reader, scope) if is_standing else _counted(asked, column, key, scope)
    found = await reader.fetch(f"SELECT DISTINCT t.id{said} ORDER BY t.id DESC LIMIT ? OFFSET ?", *values, limit, after)
    total = await reader.one(f"SELECT count(DISTINCT t.id) AS n{said}", *values)
    views = await by_ids(reader, [row["id"] for row in found])
    return [views[row["id"]] for row in found], int(total["n"]) if total else 0


def _standing(asked: Asked, column: str, key: str | None, reader: Reader, scope: Scope) -> tuple[str, list[object]]:
    where, values = standing.open_ones(asked, scope)
    parts = [where]
    if column != OPEN:
        condition, given = standing.aged(column, reader.now)
        parts, values = [*parts, condition], [*values, *given]
    if key is not None:
        condition, given = standing.of_key(asked, _typed(asked, key))
        parts, values = [*parts, condition], [*values, *given]
    return f" FROM tickets AS t WHERE {' AND '.join(parts)}", values


def _counted(asked: Asked, column: str, key: str | None, scope: Scope) -> tuple[str, list[object]]:
    where, seen = seen_by(scope)
    first, last = _days(asked, key)
    parts: list[str] = ["h.measure = ?", "h.day BETWEEN ? AND ?", where]
    values: list[object] = [column, first.toordinal(), last.toordinal(), *seen]
    if key is not None and asked.by not in TIMES:
        parts, values = [*parts, f"{_COLUMN[asked.by]} = ?"], [*values, _typed(asked, key)]
    if asked.staff_id is not None:
        parts, values = [*parts, "h.staff_id = ?"], [*values, asked.staff_id]
    return f" FROM report_shares AS h JOIN tickets AS t ON t.id = h.ticket_id WHERE {' AND '.join(parts)}", values


def _days(asked: Asked, key: str | None) -> tuple[date, date]:
    if key is None or asked.by not in TIMES:
        return asked.since, asked.until
    try:
        return telling.spans(asked)[date.fromisoformat(key)]
    except (KeyError, ValueError):
        return asked.until, asked.since  # no such line: nothing is behind it


def _typed(asked: Asked, key: str) -> str | int:
    if asked.by is not By.PERSON:
        return key
    return int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else -1
