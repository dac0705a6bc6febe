"""Tags of a ticket: words that lists and rules look at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmcore.access import Actor
from kernel import errors
from kernel.unit import Work
from tickets.events import Change, TicketChanged
from tickets.models import Ticket
from tickets.visible import TicketView

MOST = 20
_WORD = re.compile(r"[^\W_][\w-]{0,39}")


async def tag(work: Work, actor: Actor, ticket: TicketView, add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """Add and remove tags; returns those that stand. Raises Invalid for what is no tag, or too many of them."""
    if wrong := [word for word in (*add, *remove) if not _WORD.fullmatch(word)]:
        raise errors.Invalid(f"{wrong[0][:40]} is no tag: one word of letters and digits. Nothing was done.")
    standing = [one for one in dict.fromkeys([*ticket.tags, *add]) if one not in remove]
    if len(standing) > MOST:
        raise errors.Invalid(f"A ticket has at most {MOST} tags. Nothing was done.")
    changed = await work.change(
        "UPDATE tickets SET version = version + 1, updated_at = ? WHERE id = ? AND version = ?",
        work.now,
        ticket.id,
        ticket.version,
    )
    if not changed:
        raise errors.Conflict(f"{ticket.name} has changed meanwhile. Nothing was done.", code="stale")
    await work.update(Ticket, [{"id": ticket.id, "tags": standing or None}])
    work.say(TicketChanged(ticket.id, Change.NOTED, actor.id, actor.name))
    return standing
