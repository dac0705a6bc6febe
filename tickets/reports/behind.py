"""The tickets behind a number of a report: exactly those it counts, as far as the reader may see them."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from crmcore.access import Scope
from kernel import rows
from kernel.unit import Reader
from tickets.reports import buckets, standing, telling
from tickets.reports.asking import TIMES, Asked, By, Report
from tickets.reports.shares import CLOCKS, Measure
from tickets.visible import TicketView, by_ids, seen_by

_COLUMN = {By.QUEUE: "h.queue", By.CHANNEL: "h.channel", By.PERSON: "h.staff_id"}
_COLUMN |= {By.POLICY: "h.word", By.CAUSE: "h.word"}
OPEN = "open"
LENGTHS = ("median_s", "p90_s")  # of these the list is led by the longest
_TIMED = {Report.RESPONSE: (Measure.RESPONSE,), Report.RESOLUTION: (Measure.RESOLUTION,)}
_PROMISES = (Measure.MET, Measure.MISSED)
# A share or a mean is computed from several: column → what it counts.
_OF = {
    "mean": (Measure.RATED,),
    "low_percent": (Measure.RATED,),
    "accepted_percent": (Measure.ACCEPTED, Measure.REFUSED),
    "met_percent": _PROMISES,
}
_CLOCK = {f"{kind.value}_percent": place for place, kind in enumerate(CLOCKS)}


class Timed(Struct, frozen=True):
    """A ticket and how long it took: to its first answer, or until it was done; at most 5 % off."""

    ticket: TicketView
    length_s: float


def can(asked: Asked, column: str) -> bool:
    """True if a number of that column has tickets behind it."""
    if asked.report is Report.BACKLOG:
        return column == OPEN or column in standing.AGES
    return (asked.report is Report.LOAD and column == OPEN) or bool(_measures(asked, column))


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


def is_computed(column: str) -> bool:
    """True for a share, a mean or a length of time: its list is of what it was computed from."""
    return column in LENGTHS or column in _CLOCK or column in _OF


async def longest(
    reader: Reader, scope: Scope, asked: Asked, column: str, key: str | None, *, limit: int, after: int = 0
) -> tuple[list[Timed], int]:
    """The same of a column of LENGTHS: what its number was computed from, the longest first, each with its length."""
    said, values = _counted(asked, column, key, scope)
    found = await reader.fetch(
        f"SELECT t.id, max(h.bucket) AS bucket{said} GROUP BY t.id ORDER BY 2 DESC, t.id DESC LIMIT ? OFFSET ?",
        *values,
        limit,
        after,
    )
    total = await reader.one(f"SELECT count(DISTINCT t.id) AS n{said}", *values)
    views = await by_ids(reader, [row["id"] for row in found])
    timed = [Timed(views[row["id"]], buckets.middle(row["bucket"])) for row in found]
    return timed, int(total["n"]) if total else 0


def _measures(asked: Asked, column: str) -> tuple[str, ...]:
    """What a column counts, or is computed from; none where nothing is behind it."""
    if column in LENGTHS:
        return _TIMED.get(asked.report, ())
    if column in _CLOCK:
        return _PROMISES if asked.report is Report.SLA else ()
    return _OF.get(column, (column,) if column in set(Measure) else ())


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
    measures = _measures(asked, column)
    parts: list[str] = [f"h.measure IN ({rows.marks(measures)})", "h.day BETWEEN ? AND ?", where]
    values: list[object] = [*measures, first.toordinal(), last.toordinal(), *seen]
    if column in _CLOCK:
        parts, values = [*parts, "h.bucket = ?"], [*values, _CLOCK[column]]
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
