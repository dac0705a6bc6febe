"""What an account has sent in the last day, for channels that bound it; read once at a start."""

from __future__ import annotations

import time
from datetime import timedelta

from kernel import ids, rows
from kernel.unit import Reader

WITHIN = timedelta(hours=24)
# A message may wait two days before it goes. Ids rise with time: only the newest rows are looked at, and no index.
_QUEUED_WITHIN = WITHIN + timedelta(hours=48)


async def sent(reader: Reader, account: str) -> list[tuple[str, float]]:
    """Address and age in seconds of all that went out within a day or may have, the oldest first."""
    found = await reader.fetch(
        "SELECT address, settled_at FROM messages WHERE id >= ? AND account = ? AND direction = 'out'"
        " AND operation = 'send' AND (settled_at IS NULL OR settled_at > ?)"
        " AND (state IN ('leased', 'sent', 'delivered', 'maybe_sent') OR state = 'failed' AND external_id IS NOT NULL)",
        ids.first_of(time.time() - _QUEUED_WITHIN.total_seconds()),
        account,
        reader.now - WITHIN,
    )
    ages = [(row["address"], _age_s(reader, row)) for row in found]
    return sorted(ages, key=lambda one: -one[1])


def _age_s(reader: Reader, row: rows.Row) -> float:
    """A report that came later makes a message younger than it is: then the cap errs on the safe side."""
    at = rows.maybe_instant(row["settled_at"])
    return max(0.0, (reader.now - at).total_seconds()) if at else 0.0
