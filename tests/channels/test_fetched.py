"""Files of a message that goes out: it leaves with the last of them, whoever brings that one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from channels import attachments, fetched, leases, messages, outbox
from channels.contract import Address, File
from channels.fetched import Try
from channels.models import FileState
from channels.outbox import Draft, Ref
from kernel import rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.channels import fake
from tests.tickets.letters import arrived

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


async def bring(store: Store, *, state: FileState = FileState.HELD) -> None:
    """The files that are waited for come, or not."""
    wanted = await attachments.due(store.reading(), ["chat:1"], limit=9)
    kept = "ab" * 32 if state is FileState.HELD else ""
    async with store.unit() as work:
        await fetched.settle(work, [Try(one.id, one.message_id, state, kept, 3) for one in wanted], hold=timedelta())


async def claimed(store: Store) -> list[str]:
    return [one.outbound.text for one in await fake.claim(store)]


@pytest.mark.parametrize("state", [FileState.HELD, FileState.FAILED])
async def test_no_answer_overtakes_one_that_waits_for_its_file(store: Store, state: FileState) -> None:
    """M-4: those of other addresses do, and those before it; once it is clear what becomes of it, the next goes."""
    before, with_file = fake.draft("before"), fake.draft("with a file", files=FILES, files_from="chat:1")
    await fake.queue(store, before, with_file, fake.draft("behind"), fake.draft("other", "4712"))
    assert await claimed(store) == ["before", "other"]
    await store_sent(store)
    assert await claimed(store) == []
    await bring(store, state=state)
    if state is FileState.HELD:
        assert await claimed(store) == ["with a file"]
        await store_sent(store)
    assert await claimed(store) == ["behind"]


async def test_a_file_that_does_not_come_holds_nobody_for_ever(store: Store, clock: Clock) -> None:
    """M-4."""
    await fake.queue(store, fake.draft("with a file", files=FILES, files_from="chat:1"), fake.draft("behind"))
    clock.push(leases.FILE_WINDOW - timedelta(seconds=1))
    assert await claimed(store) == []
    clock.push(timedelta(seconds=1))
    assert await claimed(store) == ["behind"]


async def store_sent(store: Store) -> None:
    async with store.unit() as work:
        await work.change("UPDATE messages SET state = 'sent' WHERE state = 'leased'")


async def test_files_of_many_messages_are_one_statement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch of messages costs does not depend on how many of them have files."""
    inserted: list[int] = []
    insert = rows.insert

    async def counting(connection: Any, model: Any, new: Any, **how: Any) -> Any:
        inserted.append(len(new))
        return await insert(connection, model, new, **how)

    monkeypatch.setattr(rows, "insert", counting)
    letters = [arrived(f"c{number}", files=FILES) for number in range(5)]
    async with store.unit() as work:
        await messages.record(work, letters, [Ref("ticket", 1)] * 4 + [None])
        await outbox.enqueue(work, [fake.draft(f"a{n}", files=FILES, files_from="chat:1") for n in range(5)])
    assert inserted == [5, 8, 5, 10]
    found = await store.reading().fetch("SELECT message_id, account FROM attachments ORDER BY id")
    assert [row["message_id"] for row in found[:8]] == [one.id for one in letters[:4] for _ in FILES]
    assert {row["account"] for row in found} == {"chat:1"}
