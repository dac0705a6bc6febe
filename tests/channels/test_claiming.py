"""Handing out what was stored: in order per address, failures apart, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from channels import intake
from channels.contract import Raw
from channels.files import FileStore
from channels.intake import Acceptor, Claimed
from channels.models import RawMessage, RawState
from kernel import errors, ids, rows
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START

READY = ["webhook"]


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


async def arrive(store: Store, addresses: Sequence[str], *, channel: str = "webhook") -> list[int]:
    """Store a message from each address, in that order; returns the ids."""
    new = [
        {
            "id": ids.new(),
            "channel": channel,
            "account": "hook:erp",
            "external_key": str(ids.new()),
            "address": address,
            "body": address.encode(),
            "file": None,
            "received_at": START,
            "state": RawState.WAITING.value,
            "tries": 0,
            "due_at": START,
        }
        for address in addresses
    ]
    async with store.unit() as work:
        await work.insert(RawMessage, new)
    return [row["id"] for row in new]


async def claim(store: Store, files: FileStore, *, limit: int = intake.CLAIM_LIMIT) -> list[Claimed]:
    return await intake.claim(store.reading(), files, READY, limit=limit)


async def fail(store: Store, claimed: Claimed) -> bool:
    async with store.unit() as work:
        return await intake.count_try(work, claimed, "ValueError at parse.py:1")


async def finish(store: Store, claimed: Sequence[Claimed]) -> None:
    async with store.unit() as work:
        await intake.finish(work, claimed)


async def test_messages_come_in_the_order_they_were_stored(store: Store, files: FileStore) -> None:
    """M-4: order is kept per address."""
    stored = await arrive(store, ["a", "b", "a", "c", "a"])
    assert [one.id for one in await claim(store, files)] == stored
    assert [one.id for one in await claim(store, files, limit=2)] == stored[:2]


async def test_a_channel_that_is_not_ready_keeps_its_messages(store: Store, files: FileStore) -> None:
    await arrive(store, ["a"], channel="fax")
    [own] = await arrive(store, ["a"])
    assert [one.id for one in await claim(store, files)] == [own]
    assert await intake.claim(store.reading(), files, []) == []


async def test_what_is_finished_does_not_come_again(store: Store, files: FileStore) -> None:
    await arrive(store, ["a", "b"])
    [first, second] = await claim(store, files)
    await finish(store, [first])
    assert [one.id for one in await claim(store, files)] == [second.id]


async def test_a_message_is_handled_once_or_not_at_all(store: Store, files: FileStore) -> None:
    """M-5: two hubs with the same message: the second one's work is rolled back."""
    await arrive(store, ["a", "b"])
    claimed = await claim(store, files)
    await finish(store, claimed[:1])
    with pytest.raises(errors.Conflict) as refusal:
        await finish(store, claimed)
    assert refusal.value.code == "handled"
    assert [one.id for one in await claim(store, files)] == [claimed[1].id]


async def test_after_a_failure_its_address_waits_and_all_others_pass(store: Store, files: FileStore) -> None:
    stored = await arrive(store, ["a", "b", "a", "b"])
    [poison, *_] = await claim(store, files)
    assert not await fail(store, poison)
    assert [one.id for one in await claim(store, files)] == [stored[1], stored[3]]


async def test_retries_wait_longer_and_longer_and_then_the_message_is_parked(
    store: Store, files: FileStore, clock: Clock
) -> None:
    """After 1, 5, 25 and 120 s; the fifth failure parks, and its successors go on."""
    poison, successor = await arrive(store, ["a", "a"])
    for number, wait_s in enumerate((1, 5, 25, 120), 1):
        [claimed, *_] = await claim(store, files)
        assert (claimed.id, claimed.tries) == (poison, number - 1)
        assert not await fail(store, claimed)
        assert await intake.next_due(store.reading()) == clock.now() + timedelta(seconds=wait_s)
        clock.push(timedelta(seconds=wait_s, microseconds=-1))
        assert await claim(store, files) == []
        clock.push(timedelta(microseconds=1))
    [claimed, *_] = await claim(store, files)
    assert await fail(store, claimed)
    assert [one.id for one in await claim(store, files)] == [successor]
    row = await store.reading().one("SELECT state, tries, reason FROM raw_messages WHERE id = ?", poison)
    assert row == {"state": "parked", "tries": 5, "reason": "ValueError at parse.py:1"}


async def test_a_parked_message_can_be_put_back_in_line_once(store: Store, files: FileStore) -> None:
    [message] = await arrive(store, ["a"])
    async with store.unit() as work:
        await work.change("UPDATE raw_messages SET state = 'parked', tries = 5, reason = 'x'")
    async with store.unit() as work:
        assert await intake.retry(work, message)
        assert not await intake.retry(work, message)
    [claimed] = await claim(store, files)
    assert (claimed.id, claimed.tries) == (message, 0)


async def test_a_message_that_is_not_parked_cannot_be_put_back(store: Store, files: FileStore) -> None:
    [message] = await arrive(store, ["a"])
    async with store.unit() as work:
        assert not await intake.retry(work, message)
        assert not await intake.retry(work, 4711)
    await finish(store, await claim(store, files))
    async with store.unit() as work:
        assert not await intake.retry(work, message)


async def test_a_failure_counted_late_does_not_bring_a_handled_message_back(store: Store, files: FileStore) -> None:
    await arrive(store, ["a"])
    [claimed] = await claim(store, files)
    await finish(store, [claimed])
    await fail(store, claimed)
    assert await claim(store, files) == []


async def test_a_flood_from_a_failing_address_does_not_hold_up_the_others(store: Store, files: FileStore) -> None:
    """One address may fill the head of the line; who comes after it is served all the same."""
    await arrive(store, ["flood"] * 700)
    [other] = await arrive(store, ["other"])
    [poison, *_] = await claim(store, files, limit=1)
    await fail(store, poison)
    assert [one.id for one in await claim(store, files)] == [other]


async def test_a_message_whose_file_is_gone_does_not_stop_the_others(
    store: Store, files: FileStore, tmp_path: Path
) -> None:
    """A backup put back without its files must not stop the intake."""
    acceptor = Acceptor(store, files)
    acceptor.start()
    body = b"x" * (intake.INLINE_BYTES + 1)
    await acceptor.accept(Raw("webhook", "hook:erp", "1", "a", body, START))
    await acceptor.accept(Raw("webhook", "hook:erp", "2", "b", b"small", START))
    await acceptor.stop()
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    large, small = await claim(store, files)
    assert large.is_lost
    assert (bytes(small.raw.body), small.is_lost) == (b"small", False)


async def test_files_are_kept_once_and_named_by_their_content(files: FileStore, tmp_path: Path) -> None:
    names = await asyncio.gather(files.keep(b"a"), files.keep(b"b"))
    assert await files.keep(b"a") == names[0]
    assert await files.read(names[1]) == b"b"
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"], ids=repr)
async def test_a_name_that_is_none_opens_no_file(files: FileStore, name: str) -> None:
    with pytest.raises(errors.Invalid):
        await files.read(name)


async def test_a_file_that_is_gone_is_not_found(files: FileStore) -> None:
    with pytest.raises(errors.NotFound):
        await files.read("a" * 64)


async def test_times_read_back_as_they_were_stored(store: Store, files: FileStore) -> None:
    await arrive(store, ["a"])
    [claimed] = await claim(store, files)
    assert claimed.raw.received_at == START
    assert rows.instant(claimed.raw.received_at).tzinfo is not None
