"""Quiet mode: everything comes in, and nothing leaves except to staff. What would have left is withheld.

None of it leaves by itself, ever: a person sends or drops it once quiet mode has ended.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple

from msgspec import Struct

from channels.models import MessageState
from channels.settling import tell
from kernel import rows
from kernel.unit import Reader, Work

REASON = "quiet"  # stays with what was dropped, so that it can be told from what was taken back
PAGE = 500  # addresses looked at together
Known = Callable[[Reader, str, Sequence[str]], Awaitable[Collection[str]]]


async def _nobody(reader: Reader, scheme: str, addresses: Sequence[str]) -> Collection[str]:
    return ()


def _unset() -> None:
    """Replaced by the hub, which knows the settings file."""


class Quiet(Struct):
    """Whether it is on, and who is staff. One object for all dispatchers, so that one switch ends it everywhere.

    `known`: which of the addresses of a scheme are a colleague's or a staff chat. `go_live` writes the end of quiet
    mode into the settings file; it raises errors.Conflict where that cannot be done.
    """

    is_on: bool = False
    known: Known = _nobody
    go_live: Callable[[], None] = _unset

    async def barred(self, reader: Reader, scheme: str, addresses: Collection[str]) -> frozenset[str]:
        """Those of `addresses` that nothing may leave to now."""
        if not self.is_on or not addresses:
            return frozenset()
        return await self.outsiders(reader, scheme, addresses)

    async def outsiders(self, reader: Reader, scheme: str, addresses: Collection[str]) -> frozenset[str]:
        """Those of `addresses` that are not staff's, whether it is on or not."""
        unique = sorted(set(addresses))
        known: set[str] = set()
        for start in range(0, len(unique), PAGE):
            known.update(await self.known(reader, scheme, unique[start : start + PAGE]))
        return frozenset(unique) - known


class Counts(NamedTuple):
    """What quiet mode has seen: messages that came in, and messages that would have left."""

    came_in: int
    withheld: int


async def counts(reader: Reader) -> Counts:
    row = await reader.one(
        "SELECT (SELECT count(*) FROM raw_messages) AS came_in,"
        " (SELECT count(*) FROM messages WHERE state = 'withheld') AS withheld"
    )
    return Counts(row["came_in"], row["withheld"]) if row else Counts(0, 0)


async def withhold(work: Work, quiet: Quiet, account: str, scheme: str, *, all_of_it: bool = False) -> int:
    """Withhold what waits for people outside, without waiting for its channel. Returns how much.

    A channel that is away would otherwise keep it queued, and it would leave after the end of quiet mode.
    `all_of_it`: what is not due yet too.
    """
    due = "" if all_of_it else " AND due_at <= ?"
    when = () if all_of_it else (work.now,)
    waiting = await work.fetch(
        f"SELECT DISTINCT address FROM messages WHERE state = 'queued' AND account = ?{due}", account, *when
    )
    outside = sorted(await quiet.outsiders(work, scheme, [row["address"] for row in waiting]))
    settled = []
    for start in range(0, len(outside), PAGE):
        some = outside[start : start + PAGE]
        settled += await work.fetch(
            "UPDATE messages SET state = ?, reason = ?, settled_at = ?"
            f" WHERE state = 'queued' AND account = ?{due} AND address IN ({rows.marks(some)})"
            " RETURNING id, purpose, ref_kind, ref_id, state, reason",
            MessageState.WITHHELD.value,
            REASON,
            work.now,
            account,
            *when,
            *some,
        )
    for row in settled:
        tell(work, row)
    return len(settled)


async def release(work: Work, message_ids: Sequence[int], *, purpose: str) -> list[rows.Row]:
    """Queue withheld messages of that purpose as if they were written now; returns the rows, those only."""
    return await _settle(work, message_ids, purpose, "state = 'queued', due_at = ?, stale_at = NULL, reason = NULL")


async def drop(work: Work, message_ids: Sequence[int], *, purpose: str) -> list[rows.Row]:
    """Withheld messages of that purpose never leave, by a person's decision; returns the rows, those only."""
    found = await _settle(work, message_ids, purpose, "state = 'cancelled', settled_at = ?")
    for row in found:
        tell(work, row)
    return found


async def _settle(work: Work, message_ids: Sequence[int], purpose: str, change: str) -> list[rows.Row]:
    if not message_ids:
        return []
    found = await work.fetch(
        f"UPDATE messages SET {change} WHERE id IN ({rows.marks(message_ids)}) AND state = 'withheld' AND purpose = ?"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        work.now,
        *message_ids,
        purpose,
    )
    work.poke("dispatch")
    return found
