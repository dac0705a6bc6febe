"""The message store as those who lead look at it: what waits, what failed, what was set aside, what is withheld."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from kernel import rows
from kernel.unit import Reader

RECENT = timedelta(days=7)


class Pile(StrEnum):
    """Messages that did not go as they should, or wait."""

    FAILED = "failed"  # not sent, or perhaps not, in the last seven days
    PARKED = "parked"  # came in and could not be handled
    WITHHELD = "withheld"  # would have left, were it not for quiet mode
    QUEUED = "queued"  # on their way


class Waiting(Struct, frozen=True):
    """What an account still has to send."""

    count: int
    oldest_at: datetime


class Piled(Struct, frozen=True):
    """A message of a pile: never its words. `ticket`: the number of the one it is about."""

    id: int
    channel: str
    at: datetime
    state: str
    reason: str
    ticket: int | None = None


async def counts(reader: Reader) -> Mapping[Pile, int]:
    row = await reader.one(
        f"SELECT {', '.join(f'(SELECT count(*) FROM {_of(pile)}) AS {pile.value}' for pile in Pile)}",
        reader.now - RECENT,
    )
    return {pile: row[pile.value] if row else 0 for pile in Pile}


async def listed(reader: Reader, pile: Pile, *, limit: int, after: int = 0) -> list[Piled]:
    """Those that `counts` counts, the newest first; `limit` of them after the first `after`."""
    values = (reader.now - RECENT,) if pile is Pile.FAILED else ()
    if pile is Pile.PARKED:
        columns, joined = "m.id, m.channel, m.received_at AS at, m.state, m.reason, NULL AS number", ""
    else:
        columns = "m.id, m.channel, m.created_at AS at, m.state, m.reason, t.number"
        joined = " LEFT JOIN tickets AS t ON m.ref_kind = 'ticket' AND t.id = m.ref_id"
    ids = f"SELECT id FROM {_of(pile)} ORDER BY id DESC LIMIT ? OFFSET ?"
    table = "raw_messages" if pile is Pile.PARKED else "messages"
    found = await reader.fetch(
        f"SELECT {columns} FROM {table} AS m{joined} WHERE m.id IN ({ids}) ORDER BY m.id DESC", *values, limit, after
    )
    return [
        Piled(row["id"], row["channel"], rows.instant(row["at"]), row["state"], row["reason"] or "", row["number"])
        for row in found
    ]


async def waiting(reader: Reader) -> Mapping[str, Waiting]:
    """By account what is on its way out; accounts with nothing are left out."""
    found = await reader.fetch(
        "SELECT account, count(*) AS n, min(created_at) AS oldest FROM messages"
        " WHERE state IN ('queued', 'leased') GROUP BY account"
    )
    return {row["account"]: Waiting(row["n"], rows.instant(row["oldest"])) for row in found}


def _of(pile: Pile) -> str:
    """A pile in SQL. Counting and listing both go by this, so that a number and its list cannot differ."""
    if pile is Pile.PARKED:
        return "raw_messages WHERE state = 'parked'"
    if pile is Pile.FAILED:
        return "messages WHERE state IN ('failed', 'maybe_sent') AND created_at > ?"
    if pile is Pile.WITHHELD:
        return "messages WHERE state = 'withheld'"
    return "messages WHERE state IN ('queued', 'leased')"
