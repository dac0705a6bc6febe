"""What the tests of the reports stand on: catching up, and a scan that counts the tables in its own way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from kernel import rows
from kernel.unit import Store
from tickets.reports import fold
from tickets.reports.shares import Cell
from tickets.reports.sums import Sum

WARSAW = ZoneInfo("Europe/Warsaw")
GONE = {"cancelled", "withheld", "failed"}


async def catch_up(store: Store, zone: ZoneInfo = WARSAW) -> None:
    while True:
        async with store.unit() as work:
            if not await fold.catch_up(work, zone):
                return


async def kept(store: Store, table: str = "report_days") -> Counter[Cell]:
    """All cells of a table. A cell that stands there with nothing is a fault, and so is one below."""
    found = await store.reading().fetch(f"SELECT measure, day, queue, channel, staff_id, bucket, word, n FROM {table}")
    assert all(row["n"] > 0 for row in found)
    return fold.cells(found)


async def summed(store: Store) -> Counter[Sum]:
    """All sums as they are kept; none is nothing."""
    found = await store.reading().fetch("SELECT axis, measure, day, label, bucket, n FROM report_sums")
    assert all(row["n"] > 0 for row in found)
    return Counter({Sum(*(row[name] for name in Sum._fields)): row["n"] for row in found})


def added_up(cells: Counter[Cell]) -> Counter[Sum]:
    """The oracle of the sums."""
    found = Counter[Sum]()
    for cell, n in cells.items():
        month = date.fromordinal(cell.day).replace(day=1).toordinal()
        found[Sum("all", cell.measure, cell.day, "", cell.bucket)] += n
        found[Sum("queue", cell.measure, month, cell.queue, cell.bucket)] += n
        found[Sum("channel", cell.measure, month, cell.channel, cell.bucket)] += n
        found[Sum("person", cell.measure, month, str(cell.staff_id), cell.bucket)] += n
        if cell.measure in ("met", "missed", "complaints", "accepted", "refused"):
            found[Sum("word", cell.measure, month, cell.word, cell.bucket)] += n
    return found


async def scanned(store: Store, zone: ZoneInfo = WARSAW) -> Counter[Cell]:
    """The oracle: one measure after the other, straight from the tables."""
    reader, found = store.reading(), Counter[Cell]()

    def day(at: Any) -> int:
        return rows.instant(at).astimezone(zone).date().toordinal()

    def length(start: Any, end: Any) -> int:
        seconds = (rows.instant(end) - rows.instant(start)).total_seconds()
        return 0 if seconds < 1 else int(math.log(seconds, 1.1) + 1e-12)

    tickets = {row["id"]: row for row in await reader.fetch("SELECT * FROM tickets")}
    entries = await reader.fetch(
        "SELECT e.*, m.state AS delivery FROM entries AS e LEFT JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.kind = 'message' ORDER BY e.at DESC, e.id DESC"
    )
    answers: dict[int, Any] = {}
    for entry in entries:
        ticket = tickets[entry["ticket_id"]]
        lane = (ticket["queue"], ticket["channel"])
        if entry["delivery"] in GONE:
            continue
        if entry["author_kind"] == "customer":
            found[Cell("in", day(entry["at"]), *lane, ticket["assignee_id"] or 0)] += 1
        elif entry["author_kind"] == "staff":
            found[Cell("out", day(entry["at"]), *lane, entry["author_id"])] += 1
            answers[ticket["id"]] = entry  # the last one looked at is the first that was said
    for ticket in tickets.values():
        lane, who = (ticket["queue"], ticket["channel"]), ticket["assignee_id"] or 0
        if ticket["merged_into_id"]:
            continue
        found[Cell("opened", day(ticket["created_at"]), *lane, who)] += 1
        if answer := answers.get(ticket["id"]):
            took = length(ticket["created_at"], answer["at"])
            found[Cell("response", day(answer["at"]), *lane, answer["author_id"], took)] += 1
        if ticket["closed_at"] and ticket["state"] in ("solved", "closed"):
            end = ticket["closed_at"]
            found[Cell("closed", day(end), *lane, who)] += 1
            found[Cell("resolution", day(end), *lane, who, length(ticket["created_at"], end))] += 1
        if ticket["kind"] == "complaint":
            held = await reader.fetch("SELECT * FROM ticket_fields WHERE ticket_id = ?", ticket["id"])
            said = {row["name"]: row["value"] for row in held}
            measures = ["complaints", *{"yes": ["accepted"], "no": ["refused"]}.get(said.get("accepted", ""), [])]
            for measure in measures:
                found[Cell(measure, day(ticket["created_at"]), *lane, who, 0, said.get("cause", ""))] += 1
    for survey in await reader.fetch("SELECT * FROM surveys WHERE score IS NOT NULL"):
        ticket = tickets[survey["ticket_id"]]
        where = (day(survey["answered_at"]), ticket["queue"], ticket["channel"], ticket["assignee_id"] or 0)
        for measure in ["rated", "low"] if survey["score"] < 3 else ["rated"]:
            found[Cell(measure, *where, survey["score"])] += 1
    policies = {row["digest"]: row["policy"] for row in await reader.fetch("SELECT * FROM terms")}
    kinds = ["first_response", "next_response", "resolution"]
    for clock in await reader.fetch("SELECT * FROM clocks"):
        ticket = tickets[clock["ticket_id"]]
        lane, who = (ticket["queue"], ticket["channel"]), ticket["assignee_id"] or 0
        if ticket["merged_into_id"] or clock["state"] not in ("met", "breached"):
            continue
        measure, at = ("met", clock["ended_at"]) if clock["state"] == "met" else ("missed", clock["due_at"])
        found[Cell(measure, day(at), *lane, who, kinds.index(clock["kind"]), policies.get(clock["terms"], ""))] += 1
    return found


def total(cells: Counter[Cell], measure: str, **of: Any) -> int:
    """How many of a measure; `of`: fields of the cell that must be so."""
    return sum(n for cell, n in cells.items() if cell.measure == measure and _fits(cell, of.items()))


def _fits(cell: Cell, of: Iterable[tuple[str, Any]]) -> bool:
    return all(getattr(cell, name) == value for name, value in of)
