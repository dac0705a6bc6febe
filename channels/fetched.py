"""What becomes of a file's row: fetched, given up, a small picture made; and of a message that waited for its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from channels.events import FileChanged
from channels.models import FileState, MessageState
from channels.settling import tell
from kernel import rows
from kernel.unit import Work


class Try(Struct, frozen=True):
    """How one try to fetch ended. `due_at`: of the next, while the state is fetching."""

    id: int
    message_id: int
    state: FileState
    kept: str = ""
    size: int | None = None
    due_at: datetime | None = None
    reason: str = ""


class Drawn(Struct, frozen=True):
    """A picture that was looked at: its size in pixels and its small one; 0, 0 and "" where none can be made."""

    id: int
    message_id: int
    width: int = 0
    height: int = 0
    thumb: str = ""


async def settle(work: Work, tries: Sequence[Try], *, hold: timedelta) -> None:
    """Write how tries ended; what was written by another meanwhile stays. `hold`: of messages that waited for files."""
    changed = []
    for one in tries:
        changed += await work.fetch(
            "UPDATE attachments SET state = ?, file = ?, size = COALESCE(?, size), due_at = ?, reason = ?,"
            " tries = tries + 1 WHERE id = ? AND state = 'fetching' RETURNING message_id",
            one.state.value,
            one.kept or None,
            one.size,
            one.due_at,
            one.reason[:300] or None,
            one.id,
        )
    await _told(work, sorted({row["message_id"] for row in changed}), hold=hold)


async def draw(work: Work, drawn: Sequence[Drawn]) -> None:
    """Note what pictures measure."""
    for one in drawn:
        await work.change(
            "UPDATE attachments SET width = ?, height = ?, thumb_file = ? WHERE id = ? AND width IS NULL",
            one.width,
            one.height,
            one.thumb or None,
            one.id,
        )
    await _told(work, sorted({one.message_id for one in drawn}))


async def _told(work: Work, message_ids: Sequence[int], *, hold: timedelta | None = None) -> None:
    if not message_ids:
        return
    # of two units that each have one of the last files, the second looks when the first is over
    lock = " ORDER BY id FOR UPDATE" if work.is_postgres and hold is not None else ""
    found = await work.fetch(
        f"SELECT id, ref_kind, ref_id, created_at FROM messages WHERE id IN ({rows.marks(message_ids)}){lock}",
        *message_ids,
    )
    for row in found:
        if hold is not None:
            await _release(work, row["id"], rows.instant(row["created_at"]) + hold)
        work.say(FileChanged(row["id"], row["ref_kind"], row["ref_id"]))


async def _release(work: Work, message_id: int, due_at: datetime) -> None:
    """A message that goes out waits for its files without a due time: it gets one with the last, or it fails."""
    failed = await work.one(
        "UPDATE messages SET state = 'failed', reason = 'file_gone: a file of it could not be had', settled_at = ?"
        " WHERE id = ? AND direction = 'out' AND state = 'queued' AND due_at IS NULL AND EXISTS"
        " (SELECT 1 FROM attachments AS a WHERE a.message_id = messages.id AND a.state IN ('failed', 'too_big'))"
        " RETURNING id, purpose, ref_kind, ref_id, state, reason",
        work.now,
        message_id,
    )
    if failed is not None:
        tell(work, failed)
        work.poke("dispatch")  # what stood behind it goes
        return
    released = await work.change(
        "UPDATE messages SET due_at = ? WHERE id = ? AND direction = 'out' AND state = ? AND due_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM attachments AS a WHERE a.message_id = messages.id AND a.state = 'fetching')",
        due_at,
        message_id,
        MessageState.QUEUED.value,
    )
    if released:
        work.poke("dispatch")
