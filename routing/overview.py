"""Alerts as those who lead look at them: which are on, since when, and who has seen to them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from crmcore.access import Scope
from kernel import rows
from kernel.unit import Reader
from tickets import visible
from tickets.visible import TicketView

LISTED = 200


class AlertView(Struct, frozen=True):
    """An alert that is not over. `holder`: who acked it, "" for nobody; `back_at`: when it comes (again).

    `is_loud`: nobody it was for could be told, or none of them has seen to it.
    """

    id: int
    ticket: TicketView
    is_acked: bool
    holder: str
    run: int
    since: datetime
    back_at: datetime | None
    is_loud: bool = False


async def alerts(reader: Reader, scope: Scope) -> list[AlertView]:
    """Those that reached nobody on top, then those not seen, the oldest first (at most 200)."""
    where, values = visible.seen_by(scope)
    found = await reader.fetch(
        "SELECT a.*, s.name AS holder FROM alerts AS a JOIN tickets AS t ON t.id = a.ticket_id"
        f" LEFT JOIN staff AS s ON s.id = a.acked_by_id WHERE a.state <> 'resolved' AND {where}"
        " ORDER BY CASE WHEN a.state <> 'open' THEN 2 WHEN a.loud_at IS NULL THEN 1 ELSE 0 END, a.created_at, a.id"
        " LIMIT ?",
        *values,
        LISTED,
    )
    tickets = await visible.by_ids(reader, [row["ticket_id"] for row in found])
    return [
        AlertView(
            id=row["id"],
            ticket=tickets[row["ticket_id"]],
            is_acked=row["state"] == "acked",
            holder=(row["holder"] or "") if row["state"] == "acked" else "",
            run=row["run"],
            since=rows.instant(row["created_at"]),
            back_at=rows.maybe_instant(row["due_at"]),
            is_loud=row["state"] == "open" and row["loud_at"] is not None,
        )
        for row in found
    ]
