"""Tickets that nobody could be given: noted on each of them, and told once while it lasts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from kernel import log, rows, sentences
from kernel.unit import Reader, Work
from routing.choosing import Waiting
from routing.crews import WAITS_FOR_US
from routing.desk import Desk
from routing.events import NobodyAble
from tickets import calendar, entries
from tickets.models import EntryKind

_log = log.get(__name__)
NOTED = "nobody can be given the ticket: who works the queue is away or has no room"
ABOUT = "unheld"  # what a message of it refers to: the ticket it was first told of
AGAIN_AFTER = timedelta(hours=1)  # a queue that empties and fills is not told of at each ticket
_IS_NOTE = f"kind = 'event' AND author_kind = 'system' AND text = '{NOTED}'"  # literally: it has an index
# What nobody could be given and nobody has touched since: once a colleague has taken it, handed it on or set it down,
# it is for colleagues to decide.
STANDING = f"""
SELECT t.id, t.number, t.queue, t.priority, t.contact_id, t.channel, t.version, t.tags, e.at AS since,
    (SELECT c.language FROM contacts AS c WHERE c.id = t.contact_id) AS language
FROM (SELECT ticket_id, max(at) AS at FROM entries WHERE {_IS_NOTE} GROUP BY ticket_id) AS e
JOIN tickets AS t ON t.id = e.ticket_id
WHERE t.assignee_id IS NULL AND t.state <> 'closed' AND {WAITS_FOR_US} AND NOT EXISTS (
    SELECT 1 FROM ticket_changes AS c WHERE c.ticket_id = t.id AND c.verb IN ('take', 'assign') AND c.at >= e.at)
"""


async def begin(work: Work, desk: Desk, left: Sequence[Waiting]) -> None:
    """Note it on these tickets, and tell of their queues unless they were told of already."""
    if not left:
        return
    await entries.noted(work, [(one.id, EntryKind.EVENT, sentences.line(NOTED)) for one in left])
    await tell(work, desk, {one.queue for one in left})


async def stands(reader: Reader) -> bool:
    """Whether anything waits that nobody could be given."""
    return bool(await reader.one(f"{STANDING} LIMIT 1", reader.now))


async def tell(work: Work, desk: Desk, queues: Collection[str]) -> None:
    """Of those queues in which it lasts and was not told yet. One that is closed now has nobody to be missed."""
    open_now = sorted(one for one in queues if calendar.is_open(desk.queue(one).calendar, work.now))
    if not open_now:
        return
    told = await _told(work)
    for row in await _counted(work, open_now):
        since = min(rows.instant(row["since"]), work.now - AGAIN_AFTER)
        if row["queue"] in told and told[row["queue"]] >= since:
            continue
        _log.warning("queue.unheld", queue=row["queue"], waiting=row["n"])
        work.say(NobodyAble(row["queue"], row["n"], await _first(work, row["queue"])))


async def _first(reader: Reader, queue: str) -> int:
    """The most urgent and oldest of them."""
    row = await reader.one(
        f"SELECT w.id FROM ({STANDING} AND t.queue = ?) AS w ORDER BY w.priority, w.number LIMIT 1", reader.now, queue
    )
    return int(row["id"]) if row else 0


async def _counted(reader: Reader, queues: Sequence[str]) -> list[rows.Row]:
    """Of each queue how many wait, and since when the first one does."""
    return await reader.fetch(
        f"SELECT w.queue, count(*) AS n, min(w.since) AS since FROM ({STANDING}"
        f" AND t.queue IN ({rows.marks(queues)})) AS w GROUP BY w.queue ORDER BY w.queue",
        reader.now,
        *queues,
    )


async def _told(reader: Reader) -> dict[str, datetime]:
    """When each queue was last told of."""
    found = await reader.fetch(
        "SELECT t.queue, max(m.created_at) AS at FROM messages AS m JOIN tickets AS t ON t.id = m.ref_id"
        " WHERE m.ref_kind = ? GROUP BY t.queue",
        ABOUT,
    )
    return {row["queue"]: rows.instant(row["at"]) for row in found}
