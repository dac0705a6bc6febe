"""Delivery reports: what the far side says later of our messages, many at once, taken forward only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from channels.contract import MessageId
from channels.models import Message, MessageState
from channels.settling import tell
from kernel import rows
from kernel.rows import Row
from kernel.unit import Work

# What a report may follow. A message that a lost lease left behind counts as sent: the report proves that it was.
_TRIED = "t.state IN ('leased', 'maybe_sent') OR t.state = 'queued' AND t.tries > 0"
_FORWARD = (
    f"({_TRIED} OR v.state IN ('failed', 'delivered') AND t.state = 'sent'"
    " OR v.state = 'delivered' AND t.state = 'failed')"
)
# The further one wins whatever the order: "delivered" is true after "failed", and "failed" never after it.
_RANK = {"sent": 1, "failed": 2, "delivered": 3}
_LARGEST_ID = 2**63 - 1
REASON_LIMIT = 300


class Report(Struct, frozen=True):
    """A message of `account` was "sent", "delivered" or "failed". It is named by our own id, else by the provider's."""

    account: str
    status: str
    message_id: int | None = None
    external_id: str = ""
    reason: str = ""


async def take(work: Work, reports: Sequence[Report]) -> list[MessageId]:
    """Note `reports`, in the order they came; returns the messages that they told something new of.

    Of several about one message only the last state is told to those above, as if the others had come late.
    """
    known = [one for one in reports if one.status in _RANK and _names_one(one)]
    found = await _found(work, known)
    best: dict[int, Row] = {}
    for report in known:
        for row in found.get(_key(report), ()):
            best[row["id"]] = _further(best.get(row["id"]), report, row["external_id"])
    changed = {row["id"]: row for row in await _write(work, best)}
    for message_id in best:
        if message_id in changed:
            tell(work, changed[message_id])
    return [MessageId(message_id) for message_id in best if message_id in changed]


def _names_one(report: Report) -> bool:
    if report.message_id is not None:
        return 0 < report.message_id <= _LARGEST_ID
    return bool(report.external_id)


def _key(report: Report) -> tuple[str, int | str]:
    return report.account, report.external_id if report.message_id is None else report.message_id


async def _found(work: Work, reports: Iterable[Report]) -> dict[tuple[str, int | str], list[Row]]:
    """The messages named, by account and either name."""
    found: dict[tuple[str, int | str], list[Row]] = {}
    keys = {_key(one) for one in reports}
    for name, kind in (("id", int), ("external_id", str)):
        wanted = [key for key in keys if isinstance(key[1], kind)]
        if not wanted:
            continue
        accounts = list({account for account, _ in wanted})
        listed = await work.fetch(
            "SELECT id, account, external_id FROM messages WHERE direction = 'out'"
            f" AND account IN ({rows.marks(accounts)})"
            f" AND {name} IN ({rows.marks(wanted)})",
            *accounts,
            *(value for _, value in wanted),
        )
        for row in listed:
            found.setdefault((row["account"], row[name]), []).append(row)
    return found


def _further(before: Row | None, report: Report, external_id: str | None) -> Row:
    """What is known of a message after one more report. A repeat says nothing new, its reason included."""
    name = external_id or (before and before["external_id"]) or report.external_id or None
    if before is not None and _RANK[report.status] <= _RANK[before["state"]]:
        return before | {"external_id": name}
    reason = report.reason[:REASON_LIMIT] or None
    return {"state": MessageState(report.status).value, "reason": reason, "external_id": name}


async def _write(work: Work, best: dict[int, Row]) -> list[Row]:
    """One statement, and a second where the provider's id is not known yet: one that is known is left as it stands."""
    returning = "id, purpose, ref_kind, ref_id, state, reason"
    new = [{"id": message_id, **row, "settled_at": work.now} for message_id, row in best.items()]
    named = [row for row in new if row["external_id"]]
    nameless = [_without(row, "external_id") for row in new if not row["external_id"]]
    changed = await work.update(Message, named, where=_FORWARD, returning=returning)
    return changed + await work.update(Message, nameless, where=_FORWARD, returning=returning)


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}
