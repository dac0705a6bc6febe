"""What a failed delivery means for a ticket: an answer that never arrived is no answer, and its clock runs on."""

from __future__ import annotations

from collections.abc import Sequence

from channels.events import MessageSettled
from channels.models import MessageState
from kernel.unit import Work
from tickets import clocks
from tickets.events import Change, TicketChanged
from tickets.models import ClockKind


async def failed(work: Work, events: Sequence[MessageSettled]) -> None:
    """Handler of MessageSettled: a ticket whose only answer failed for good waits for us again."""
    for event in events:
        if event.purpose != "reply" or event.state is not MessageState.FAILED or event.ref_id is None:
            continue
        if await unanswer(work, event.ref_id):
            work.say(TicketChanged(event.ref_id, Change.UNANSWERED))


async def unanswer(work: Work, ticket_id: int) -> bool:
    """Open the ticket again and let its clock run on, if no answer of a colleague is out, on its way or maybe out.

    A due time that has passed meanwhile fires at once. False if another answer stands.
    """
    changed = await work.change(
        "UPDATE tickets SET answered_at = NULL, state = 'open', closed_at = NULL, version = version + 1, updated_at = ?"
        " WHERE id = ? AND NOT EXISTS ("
        "SELECT 1 FROM entries AS e JOIN messages AS m ON m.id = e.message_id WHERE e.ticket_id = tickets.id"
        " AND e.author_kind = 'staff' AND m.direction = 'out' AND m.state NOT IN ('cancelled', 'failed'))",
        work.now,
        ticket_id,
    )
    if changed:
        await clocks.resume(work, ticket_id, ClockKind.FIRST_RESPONSE)
    return changed == 1
