"""The acceptor: stores raw messages in group commits before their senders hear of it, and hands them out in order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import orjson
from msgspec import Struct

from channels.contract import Accepted, Raw, RawId
from channels.files import FileStore
from channels.keys import external_key, is_old, old_key
from channels.models import RawMessage, RawState
from kernel import errors, ids, log, loops, rows
from kernel.unit import Reader, Store, Work

_log = log.get(__name__)

QUEUE_LIMIT = 2_000  # callers waiting for a commit; beyond it they are told to come back
BATCH_LIMIT = 256
INLINE_BYTES = 64 * 1024
ADDRESS_LIMIT = 320
CLAIM_LIMIT = 256
RETRIES_S = (1, 5, 25, 120)  # waits after the first, second … failure; one more failure parks
COMMIT_DEADLINE_S = 7.0  # who has just missed a batch waits for two: still less than the 15 s that Twilio waits
STOP_DEADLINE_S = 1.0


class _Waiter(Struct):
    raw: Raw
    answer: asyncio.Future[Accepted]


class Claimed(Struct, frozen=True):
    """A stored message on its way to being handled. `tries` counts failures that were the message's own.

    `is_lost`: its file is gone or cannot be read, so that its body is empty here; it must not be taken for an empty
    message.
    """

    id: RawId
    raw: Raw
    tries: int
    is_lost: bool = False


class Acceptor:
    """Takes all who wait and writes them in one statement; every waiter is answered, whatever happens."""

    def __init__(self, store: Store, files: FileStore, *, fresh: str = "intake") -> None:
        """`fresh`: the loop to poke when something new was stored."""
        self.store = store
        self._files = files
        self._fresh = fresh
        self._waiting: deque[_Waiter] = deque()  # a queue of asyncio's costs each message as much as its signature
        self._come = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self.is_open = True  # False until the store has the tables it writes to
        self._has_old: bool | None = None  # rows under keys of the old form; None until that was looked up
        self.accepted: dict[str, int] = {}

    def start(self) -> None:
        self._task = loops.spawn(self._run(), name="acceptor")

    async def stop(self) -> None:
        """Store what is waiting (for at most a second), then stop."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):  # a store that hangs: its senders were told nothing and come again
            await asyncio.wait_for(self._idle.wait(), STOP_DEADLINE_S)
        await loops.cancel(self._task)

    async def accept(self, raw: Raw) -> Accepted:
        """Store `raw` durably and return its id; a message taken in before comes back with `fresh` False.

        Raises errors.TryLater when the store does not answer (code "full" where a disk has no room), is not set up, or
        too many wait; errors.Invalid when this very message cannot be stored.
        """
        if self._task is not None and self._task.done():
            raise errors.TryLater("the hub is stopping")
        if not self.is_open:
            raise errors.TryLater("the store is not set up yet")
        waiter = _Waiter(_cleaned(raw), asyncio.get_running_loop().create_future())
        if len(self._waiting) >= QUEUE_LIMIT:
            raise errors.TryLater("too many messages wait to be stored")
        self._waiting.append(waiter)
        self._idle.clear()
        self._come.set()
        return await waiter.answer

    async def _run(self) -> None:
        while True:
            batch = await self._gather()
            try:
                self._hold_back(await self._write(batch))
            except Exception as error:
                _log.error("accept.failed", waiting=len(batch), error=log.cause(error))
            finally:
                for waiter in batch:
                    if not waiter.answer.done():
                        waiter.answer.set_exception(errors.TryLater())
                        waiter.answer.exception()  # a caller who left is not an unheard error

    async def _gather(self) -> list[_Waiter]:
        """All who wait now: while they are being committed, the next batch gathers by itself."""
        while not self._waiting:
            self._idle.set()
            self._come.clear()
            await self._come.wait()
        return [self._waiting.popleft() for _ in range(min(BATCH_LIMIT, len(self._waiting)))]

    async def _write(self, batch: Sequence[_Waiter]) -> set[str]:
        """Store a batch; if it fails through one of its messages, halve it until that one stands alone.

        Returns the lines of those who were told to come back.
        """
        if not batch:
            return set()
        try:
            async with asyncio.timeout(COMMIT_DEADLINE_S):
                answers = await self._insert([waiter.raw for waiter in batch])
        except Exception as error:
            if errors.is_passing(error):
                _log.warning("accept.later", waiting=len(batch), error=log.cause(error))
                _refuse(batch, errors.TryLater(code="full" if errors.is_full(error) else ""))
                return {_line(waiter) for waiter in batch}
            if len(batch) == 1:
                _log.error("accept.refused", channel=batch[0].raw.channel, error=log.cause(error))
                _refuse(batch, errors.Invalid("this message cannot be stored"))
                return set()
            middle = len(batch) // 2
            away = await self._write(batch[:middle])
            return away | await self._write(_let_through(batch[middle:], away))
        for waiter, answer in zip(batch, answers, strict=True):
            self.accepted[waiter.raw.channel] = self.accepted.get(waiter.raw.channel, 0) + answer.fresh
            if not waiter.answer.done():
                waiter.answer.set_result(answer)
        if any(answer.fresh for answer in answers):
            self.store.poke(self._fresh)
        return set()

    def _hold_back(self, lines: set[str]) -> None:
        """Who waits behind one that was told to come back comes back too: or his message would be stored before it."""
        if not lines:
            return
        self._waiting = deque(_let_through(self._waiting, lines))

    async def _insert(self, raws: Sequence[Raw]) -> list[Accepted]:
        files = [await self._keep(raw) for raw in raws]
        before = await self._known_before(raws)
        made = [None if _name(raw) in before else self._row(raw, file) for raw, file in zip(raws, files, strict=True)]
        new = [row for row in made if row]
        stored = await rows.add(
            self.store.direct(), RawMessage, new, conflict="ON CONFLICT (account, external_key) DO NOTHING"
        )
        if stored == len(raws):
            return [Accepted(RawId(row["id"]), True) for row in new]
        known = await self._known([(row["account"], row["external_key"]) for row in new])
        found = [
            known[row["account"], row["external_key"]] if row else before[_name(raw)]
            for raw, row in zip(raws, made, strict=True)
        ]
        return [Accepted(one, row is not None and one == row["id"]) for one, row in zip(found, made, strict=True)]

    async def _known_before(self, raws: Sequence[Raw]) -> dict[tuple[str, str], RawId]:
        """Which of these came before keys had their form of today: those rows, the oldest of all, have the old one."""
        if self._has_old is None:
            oldest = await rows.fetch(self.store.direct(), "SELECT external_key FROM raw_messages ORDER BY id LIMIT 1")
            self._has_old = any(is_old(row["external_key"]) for row in oldest)
        if not self._has_old:
            return {}
        names = {(raw.account, old_key(raw.external_id)): _name(raw) for raw in raws}
        return {names[key]: found for key, found in (await self._known(list(names))).items()}

    async def _known(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RawId]:
        if not keys:
            return {}
        found = await rows.fetch(
            self.store.direct(),
            "SELECT id, account, external_key FROM raw_messages"
            f" WHERE (account, external_key) {rows.among(2, len(keys))}",
            *(part for key in keys for part in key),
        )
        return {(row["account"], row["external_key"]): RawId(row["id"]) for row in found}

    async def _keep(self, raw: Raw) -> str | None:
        """Bodies too large for a row go to a file, fsynced before the row that names it is committed."""
        return await self._files.keep(raw.body) if len(raw.body) > INLINE_BYTES else None

    def _row(self, raw: Raw, file: str | None) -> rows.Row:
        return {
            "id": ids.new(),
            "channel": raw.channel,
            "account": raw.account,
            "external_key": external_key(raw.external_id),
            "address": raw.address,
            "body": None if file else raw.body,
            "file": file,
            "received_at": raw.received_at,
            "state": RawState.WAITING.value,
            "tries": 0,
            "due_at": raw.received_at,
        }


def _name(raw: Raw) -> tuple[str, str]:
    return raw.account, raw.external_id


def _cleaned(raw: Raw) -> Raw:
    """Cut what no column can hold: NUL and lone surrogates would fail the whole batch on PostgreSQL."""
    address = raw.address.replace("\x00", "").encode("utf-8", "replace").decode()[:ADDRESS_LIMIT]
    if address == raw.address:
        return raw
    return Raw(raw.channel, raw.account, raw.external_id, address, raw.body, raw.received_at)


def _line(waiter: _Waiter) -> str:
    return f"{waiter.raw.account}/{waiter.raw.address}"


def _let_through(waiting: Collection[_Waiter], lines: set[str]) -> list[_Waiter]:
    """All but those of `lines`, who are told to come back."""
    _refuse([waiter for waiter in waiting if _line(waiter) in lines], errors.TryLater())
    return [waiter for waiter in waiting if _line(waiter) not in lines]


def _refuse(batch: Sequence[_Waiter], error: errors.CentralaError) -> None:
    for waiter in batch:
        if not waiter.answer.done():
            waiter.answer.set_exception(type(error)(str(error), code=error.code))


# -- handing out ---------------------------------------------------------------------------------------------------


async def claim(
    reader: Reader, files: FileStore, channels: Sequence[str], *, limit: int = CLAIM_LIMIT, without: Sequence[str] = ()
) -> list[Claimed]:
    """The oldest waiting messages of ready `channels`, in order; an address whose earlier one is being retried waits.

    `without`: lines ("account/address") to leave out. Nothing is marked: one loop hands out, and `finish` is
    conditional, so a message is handled once or not at all.
    """
    if not channels:
        return []
    left_out, values = _left_out(reader, without)
    # left out by the statement itself: an address with a flood of messages would fill any limit set beforehand
    ready = await reader.fetch(
        f"SELECT r.* FROM raw_messages AS r WHERE r.state = 'waiting' AND r.channel IN ({rows.marks(channels)})"
        " AND NOT EXISTS (SELECT 1 FROM raw_messages AS e WHERE e.state = 'waiting' AND e.tries > 0"
        f" AND e.account = r.account AND e.address = r.address AND e.due_at > ?){left_out} ORDER BY r.id LIMIT ?",
        *channels,
        reader.now,
        *values,
        limit,
    )
    return [await _claimed(row, files) for row in ready]


def _left_out(reader: Reader, lines: Sequence[str]) -> tuple[str, list[object]]:
    """A condition and its one value, however many lines there are."""
    if not lines:
        return "", []
    key = " AND r.account || '/' || r.address"
    if reader.is_postgres:
        return f"{key} <> ALL(?::text[])", [list(lines)]
    return f"{key} NOT IN (SELECT value FROM json_each(?))", [orjson.dumps(list(lines)).decode()]


async def finish(work: Work, claimed: Sequence[Claimed]) -> None:
    """Mark messages as handled, in the unit that handled them. Raises Conflict if one was handled elsewhere."""
    handled = [message.id for message in claimed]
    changed = await work.change(
        "UPDATE raw_messages SET state = 'done', reason = NULL"
        f" WHERE state = 'waiting' AND id IN ({rows.marks(handled)})",
        *handled,
    )
    if changed != len(handled):
        raise errors.Conflict("a message of this batch was handled meanwhile", code="handled")


async def count_try(work: Work, claimed: Claimed, reason: str) -> bool:
    """Note a failure that was the message's own; True if it was the last one and the message is now parked."""
    tries = claimed.tries + 1
    parked = tries > len(RETRIES_S)
    wait_s = 0 if parked else RETRIES_S[tries - 1]
    await work.change(
        "UPDATE raw_messages SET tries = ?, state = ?, due_at = ?, reason = ? WHERE id = ? AND state = 'waiting'",
        tries,
        (RawState.PARKED if parked else RawState.WAITING).value,
        work.now + timedelta(seconds=wait_s),
        reason[:300],
        claimed.id,
    )
    return parked


async def forgive(work: Work, claimed: Claimed) -> None:
    """Take back the try that was counted before it was made: what failed was not the message."""
    await work.change(
        "UPDATE raw_messages SET tries = ?, due_at = ?, reason = NULL WHERE id = ? AND state = 'waiting'",
        claimed.tries,
        work.now,
        claimed.id,
    )


async def retry(work: Work, raw_id: int) -> bool:
    """Put a parked message back in line; False if there is no parked message of that id."""
    changed = await work.change(
        "UPDATE raw_messages SET state = 'waiting', tries = 0, due_at = ?, reason = NULL"
        " WHERE id = ? AND state = 'parked'",
        work.now,
        raw_id,
    )
    work.poke("intake")
    return changed == 1


async def body(reader: Reader, files: FileStore, raw_id: int) -> bytes | None:
    """What was stored of one message; None if there is none of that id.

    Raises NotFound if its file is gone, or if it was kept for its time and removed.
    """
    row = await reader.one("SELECT body, file FROM raw_messages WHERE id = ?", raw_id)
    if row is None:
        return None
    if row["body"] is None and row["file"] is None:
        raise errors.NotFound(f"what came in as {raw_id} is not kept any more; [retention] raw_days says how long")
    return bytes(row["body"] or b"") if row["file"] is None else await files.read(row["file"])


async def next_due(reader: Reader) -> datetime | None:
    """When the next retried message is due again. One that is due already waits for its channel, not for its time."""
    row = await reader.one(
        "SELECT min(due_at) AS due_at FROM raw_messages WHERE state = 'waiting' AND tries > 0 AND due_at > ?",
        reader.now,
    )
    return rows.maybe_instant(row["due_at"]) if row else None


async def _claimed(row: rows.Row, files: FileStore) -> Claimed:
    is_lost = False
    try:
        body = row["body"] if row["file"] is None else await files.read(row["file"])
    except (errors.NotFound, OSError) as error:  # one message without its file must not stop all others
        _log.error("message.unreadable", message=row["id"], error=log.cause(error))
        body, is_lost = b"", True
    raw = Raw(row["channel"], row["account"], "", row["address"], body, rows.instant(row["received_at"]))
    return Claimed(RawId(row["id"]), raw, row["tries"], is_lost)


async def lag_s(reader: Reader) -> float:
    """Seconds the oldest message ready to be handled has waited."""
    row = await reader.one("SELECT min(received_at) AS at FROM raw_messages WHERE state = 'waiting'")
    if row is None or row["at"] is None:
        return 0.0
    return max(0.0, time.time() - rows.instant(row["at"]).timestamp())
