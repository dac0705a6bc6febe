"""The acceptor: everybody is answered, a message is stored once, and one that cannot be stored harms nobody else."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from channels import intake, keys
from channels.contract import Accepted, Raw
from channels.files import FileStore
from channels.intake import Acceptor
from kernel import errors
from kernel.clock import Clock
from kernel.unit import Store
from tests.conftest import START


def raw(external_id: str = "1", body: Any = b"hello", **changed: Any) -> Raw:
    return replace(Raw("webhook", "hook:erp", external_id, "4711", body, START), **changed)


POISON: Any = 4711  # a body that is no bytes: no adapter sends one, and no engine stores it


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
async def acceptor(store: Store, files: FileStore) -> AsyncIterator[Acceptor]:
    acceptor = Acceptor(store, files)
    acceptor.start()
    yield acceptor
    await acceptor.stop()


async def stored(store: Store) -> list[dict[str, Any]]:
    return await store.reading().fetch("SELECT * FROM raw_messages ORDER BY id")


async def test_a_message_posted_a_hundred_times_at_once_is_stored_once(acceptor: Acceptor, store: Store) -> None:
    """M-4, M-5: a repeat is a success, and exactly one of them is fresh."""
    answers = await asyncio.gather(*(acceptor.accept(raw()) for _ in range(100)))
    assert Counter(answer.fresh for answer in answers) == {False: 99, True: 1}
    [row] = await stored(store)
    assert {answer.id for answer in answers} == {row["id"]}
    assert await acceptor.accept(raw()) == Accepted(row["id"], False)


async def test_the_same_id_of_another_account_is_another_message(acceptor: Acceptor, store: Store) -> None:
    answers = await asyncio.gather(acceptor.accept(raw()), acceptor.accept(raw(account="hook:other")))
    assert [answer.fresh for answer in answers] == [True, True]
    assert len({answer.id for answer in answers}) == 2


async def test_a_message_stored_before_keys_changed_is_still_known(store: Store, files: FileStore) -> None:
    """M-4: after an upgrade a repeat of yesterday's message is a repeat, beside a new one in the same batch."""
    first = Acceptor(store, files)
    first.start()
    [before] = [await first.accept(raw("msg_1"))]
    await first.stop()
    async with store.unit() as work:
        await work.change("UPDATE raw_messages SET external_key = ?", keys.old_key("msg_1"))
    upgraded = Acceptor(store, files)
    upgraded.start()
    answers = await asyncio.gather(*(upgraded.accept(raw(one)) for one in ("msg_1", "msg_2", "msg_2", "msg_1")))
    await upgraded.stop()
    assert [answer.fresh for answer in answers] == [False, True, False, False]
    assert answers[0].id == answers[3].id == before.id
    assert [row["external_key"] for row in await stored(store)] == [keys.old_key("msg_1"), "msg_2"]


async def test_messages_keep_the_order_they_came_in(acceptor: Acceptor, store: Store) -> None:
    answers = await asyncio.gather(*(acceptor.accept(raw(str(number), b"%d" % number)) for number in range(600)))
    assert [answer.id for answer in answers] == sorted(answer.id for answer in answers)
    assert [bytes(row["body"]) for row in await stored(store)] == [b"%d" % number for number in range(600)]


async def test_a_message_that_cannot_be_stored_is_refused_alone(acceptor: Acceptor, store: Store) -> None:
    """M-4: its neighbours in the same statement are stored."""
    batch = [raw(str(number), POISON if number == 13 else b"x") for number in range(40)]
    answers = await asyncio.gather(*(acceptor.accept(one) for one in batch), return_exceptions=True)
    assert isinstance(answers[13], errors.Invalid)
    assert sum(isinstance(answer, Accepted) and answer.fresh for answer in answers) == 39
    assert len(await stored(store)) == 39


async def test_two_that_cannot_be_stored_are_both_refused(acceptor: Acceptor, store: Store) -> None:
    batch = [raw(str(number), POISON if number in (0, 7) else b"x") for number in range(8)]
    answers = await asyncio.gather(*(acceptor.accept(one) for one in batch), return_exceptions=True)
    assert [number for number, answer in enumerate(answers) if isinstance(answer, errors.Invalid)] == [0, 7]
    assert len(await stored(store)) == 6


class Away(Store):
    """A store that does not answer until it is back."""

    def __init__(self, error: Exception) -> None:
        super().__init__(Clock(START))
        self.error: Exception | None = error

    def direct(self) -> Any:
        if self.error is not None:
            raise self.error
        return super().direct()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError("no space left on device"), id="disk full"),
        pytest.param(TimeoutError(), id="no answer in time"),
        pytest.param(ConnectionRefusedError(), id="no server"),
    ],
)
async def test_while_the_store_is_away_everybody_is_told_to_come_back(
    store: Store, files: FileStore, error: Exception
) -> None:
    """M-4: nothing is acknowledged that is not stored; and later the same call works."""
    away = Away(error)
    acceptor = Acceptor(away, files)
    acceptor.start()
    answers = await asyncio.gather(*(acceptor.accept(raw(str(n))) for n in range(300)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [errors.TryLater] * 300
    away.error = None
    assert (await acceptor.accept(raw("1"))).fresh
    await acceptor.stop()


async def test_a_full_disk_is_told_from_a_store_that_is_away(store: Store, files: FileStore) -> None:
    """R4: senders of mail hear 452 for the one and 451 for the other."""
    away = Away(OSError(errno.ENOSPC, "no space left on device"))
    acceptor = Acceptor(away, files)
    acceptor.start()
    with pytest.raises(errors.TryLater) as full:
        await acceptor.accept(raw())
    away.error = ConnectionRefusedError()
    with pytest.raises(errors.TryLater) as gone:
        await acceptor.accept(raw())
    assert (full.value.code, gone.value.code) == ("full", "")
    await acceptor.stop()


class Stumbling(Store):
    """A store that fails the first statement it is given."""

    def __init__(self) -> None:
        super().__init__(Clock(START))
        self.asked = 0

    def direct(self) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise TimeoutError
        return super().direct()


async def test_nobody_is_stored_before_one_of_his_own_that_has_to_come_back(store: Store, files: FileStore) -> None:
    """M-6, R10: a poller hands a hundred in at once; the store stumbles over the first statement of them."""
    acceptor = Acceptor(Stumbling(), files)
    acceptor.start()
    size = intake.BATCH_LIMIT + 20
    batch = [raw(str(number), address="4711" if number % 2 else f"of his own {number}") for number in range(size)]
    answers = await asyncio.gather(*(acceptor.accept(one) for one in batch), return_exceptions=True)
    assert [one for one in await stored(store) if one["address"] == "4711"] == []
    assert all(isinstance(answer, errors.TryLater) for answer in answers[: intake.BATCH_LIMIT])
    later = answers[intake.BATCH_LIMIT :]
    assert [isinstance(answer, Accepted) for answer in later] == [True, False] * 10, "others do not wait for him"
    again = await asyncio.gather(*(acceptor.accept(one) for one in batch))
    of_his = [answer.id for answer, one in zip(again, batch, strict=True) if one.address == "4711"]
    assert of_his == sorted(of_his)
    await acceptor.stop()


async def test_a_store_that_answers_nonsense_leaves_nobody_waiting(store: Store, files: FileStore) -> None:
    """A fault of ours is told to each caller; the loop lives on."""
    away = Away(RuntimeError("a fault"))
    acceptor = Acceptor(away, files)
    acceptor.start()
    answers = await asyncio.gather(*(acceptor.accept(raw(str(n))) for n in range(5)), return_exceptions=True)
    assert [isinstance(answer, errors.CentralaError) for answer in answers] == [True] * 5
    away.error = None
    assert (await acceptor.accept(raw())).fresh
    await acceptor.stop()


async def test_a_store_without_its_tables_says_try_later(acceptor: Acceptor) -> None:
    """M-4: a sender that is told "not like this" would drop the message; it is the hub that is not ready."""
    acceptor.is_open = False
    with pytest.raises(errors.TryLater):
        await acceptor.accept(raw())
    acceptor.is_open = True
    assert (await acceptor.accept(raw())).fresh


async def test_a_full_queue_says_try_later_at_once(store: Store, files: FileStore) -> None:
    """M-4: beyond what can wait, callers are turned away and not kept."""
    acceptor = Acceptor(store, files)
    acceptor.start()
    calls = [asyncio.ensure_future(acceptor.accept(raw(str(n)))) for n in range(intake.QUEUE_LIMIT + 50)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    turned_away = [answer for answer in answers if isinstance(answer, errors.TryLater)]
    assert len(turned_away) == 50
    assert len(await stored(store)) == intake.QUEUE_LIMIT
    await acceptor.stop()


async def test_stopping_stores_what_waits(store: Store, files: FileStore) -> None:
    acceptor = Acceptor(store, files)
    acceptor.start()
    calls = [asyncio.ensure_future(acceptor.accept(raw(str(n)))) for n in range(700)]
    await asyncio.sleep(0)
    await acceptor.stop()
    assert all(answer.fresh for answer in await asyncio.gather(*calls))
    assert len(await stored(store)) == 700


async def test_after_the_stop_a_caller_is_told_to_come_back(store: Store, files: FileStore) -> None:
    """Every caller is always answered: one that comes too late must not wait for a loop that has ended."""
    acceptor = Acceptor(store, files)
    acceptor.start()
    await acceptor.stop()
    with pytest.raises(errors.TryLater):
        await asyncio.wait_for(acceptor.accept(raw()), 2)


async def test_a_caller_who_leaves_does_not_stop_the_others(acceptor: Acceptor, store: Store) -> None:
    leaving = asyncio.ensure_future(acceptor.accept(raw("1")))
    staying = asyncio.ensure_future(acceptor.accept(raw("2")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).fresh
    assert len(await stored(store)) == 2


@pytest.mark.parametrize(
    ("size", "in_row"),
    [
        pytest.param(intake.INLINE_BYTES, True, id="64 KB stay in the row"),
        pytest.param(intake.INLINE_BYTES + 1, False, id="a byte more is a file"),
    ],
)
async def test_a_large_body_is_a_file(
    acceptor: Acceptor, store: Store, files: FileStore, size: int, in_row: bool
) -> None:
    body = os.urandom(size)
    await acceptor.accept(raw(body=body))
    [row] = await stored(store)
    assert (row["body"] is not None, row["file"] is None) == (in_row, in_row)
    [claimed] = await intake.claim(store.reading(), files, ["webhook"])
    assert bytes(claimed.raw.body) == body


async def test_a_file_is_on_disk_before_a_row_names_it(
    store: Store, files: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between file and row must leave a file without a row, never a row without its file."""
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), real(handle))[1])
    body = b"x" * (intake.INLINE_BYTES + 1)
    away = Away(OSError("the store fails after the file"))
    acceptor = Acceptor(away, files)
    acceptor.start()
    with pytest.raises(errors.TryLater):
        await acceptor.accept(raw(body=body))
    assert synced, "before the store was asked"
    assert await files.read(hashlib.sha256(body).hexdigest()) == body
    assert await stored(store) == []
    await acceptor.stop()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("a\x00b", "ab", id="NUL"),
        pytest.param("a\ud800b", "a?b", id="a lone surrogate"),
        pytest.param("ő" * 400, "ő" * 320, id="too long"),
    ],
)
async def test_an_address_no_column_holds_is_cut(acceptor: Acceptor, store: Store, address: str, expected: str) -> None:
    await acceptor.accept(raw(address=address))
    [row] = await stored(store)
    assert row["address"] == expected


async def test_an_id_of_any_length_and_kind_is_taken(acceptor: Acceptor) -> None:
    odd = ["", "\x00", "\ud800", "x" * 100_000, "ő"]
    answers = await asyncio.gather(*(acceptor.accept(raw(one)) for one in odd))
    assert [answer.fresh for answer in answers] == [True] * len(odd)


async def test_what_is_fresh_wakes_the_intake_and_a_repeat_does_not(store: Store, files: FileStore) -> None:
    poked: list[str] = []
    store.poke = poked.append
    acceptor = Acceptor(store, files, fresh="intake")
    acceptor.start()
    await acceptor.accept(raw())
    assert poked == ["intake"]
    await acceptor.accept(raw())
    assert poked == ["intake"]
    assert acceptor.accepted == {"webhook": 1}
    await acceptor.stop()
