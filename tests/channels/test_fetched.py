"""Files of a message that goes out: it leaves with the last of them, whoever brings that one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from channels import attachments, fetched, outbox
from channels.contract import Address, File
from channels.fetched import Try
from channels.models import FileState
from channels.outbox import Draft
from kernel import rows
from kernel.unit import Store

HOLD = timedelta(seconds=10)
FILES = (File("a.pdf", "application/pdf", 3, "far-a"), File("b.pdf", "application/pdf", 3, "far-b"))


async def test_two_that_bring_the_last_two_files_at_once_let_the_message_leave(store: Store) -> None:
    """Two hubs on one database: each has one file in hand, and neither sees the other's before it is over."""
    for _ in range(4):
        draft = Draft(
            "chat", "chat:1", Address("chat", "eszter"), "reply", "both", files=FILES, files_from="chat:1", hold=HOLD
        )
        async with store.unit() as work:
            await outbox.enqueue(work, [draft])
        wanted = [
            one for one in await attachments.due(store.reading(), ["chat:1"], limit=9) if one.message_id == draft.id
        ]
        assert len(wanted) == 2

        async def bring(attachment_id: int, message_id: int) -> None:
            async with store.unit() as work:
                await fetched.settle(
                    work, [Try(attachment_id, message_id, FileState.HELD, kept="ab" * 32, size=3)], hold=HOLD
                )

        await asyncio.gather(*(bring(one.id, one.message_id) for one in wanted))
        row = await store.reading().one("SELECT state, due_at, created_at FROM messages WHERE id = ?", draft.id)
        assert row is not None and row["state"] == "queued"
        assert rows.maybe_instant(row["due_at"]) == rows.instant(row["created_at"]) + HOLD
