"""Files of messages as people may see them: whoever may see the ticket may see what came with its messages."""

from __future__ import annotations

from channels import attachments
from channels.attachments import Held
from crmcore.access import Scope
from kernel.unit import Reader
from tickets import visible


async def seen(reader: Reader, attachment_id: int, scope: Scope) -> Held | None:
    """The file of that id, or None if there is none or its ticket is outside `scope`."""
    where, values = visible.seen_by(scope)
    row = await reader.one(
        "SELECT a.id FROM attachments AS a JOIN entries AS e ON e.message_id = a.message_id"
        f" JOIN tickets AS t ON t.id = e.ticket_id WHERE a.id = ? AND {where}",
        attachment_id,
        *values,
    )
    return await attachments.by_id(reader, row["id"]) if row else None
