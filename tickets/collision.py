"""Two colleagues who answer at once: the second is told what the first has said before anything of his leaves."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from crmcore.access import Actor
from kernel import errors, rows
from kernel.unit import Work
from tickets.visible import TicketView

AT_ONCE = timedelta(minutes=2)  # of one who has seen nothing in particular: what was said so lately is news to him
SHOWN = 120
CODE = "collision"


class Seen(Struct, frozen=True):
    """What an answer goes by. `entry_id`: all up to that id was on the page or in the chat; 0: nobody knows.

    `anyway`: he was told, and sends it nevertheless.
    """

    entry_id: int = 0
    anyway: bool = False


ANYWAY = Seen(anyway=True)


async def check(work: Work, actor: Actor, ticket: TicketView, seen: Seen) -> None:
    """Wait for whoever writes on the ticket at this moment; then raise Conflict if another has answered unseen."""
    await work.change("UPDATE tickets SET version = version WHERE id = ?", ticket.id)
    if seen.anyway:
        return
    since = "e.id > ?" if seen.entry_id else "e.at > ?"
    row = await work.one(
        "SELECT e.author, e.at, m.text FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.ticket_id = ? AND e.author_kind = 'staff' AND e.author_id <> ? AND m.direction = 'out'"
        f" AND m.state NOT IN ('cancelled', 'failed') AND {since} ORDER BY e.id DESC LIMIT 1",
        ticket.id,
        actor.id,
        seen.entry_id or work.now - AT_ONCE,
    )
    if row is None:
        return
    at = rows.instant(row["at"]).astimezone(ZoneInfo(actor.zone))
    words = " ".join(row["text"].split())
    said = words if len(words) <= SHOWN else words[: SHOWN - 1].rstrip() + "…"
    raise errors.Conflict(
        "{name} replied {time}: {words} Nothing of yours was sent.",
        code=CODE,
        name=row["author"],
        time=f"{at:%H:%M}",
        words=said,
    )
