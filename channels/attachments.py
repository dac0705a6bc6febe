"""Rows of the files of messages: written with their messages, fetched later, read by id. Bytes are the file store's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from channels import filenames
from channels.contract import File, MessageId
from channels.models import Attachment, FileState
from kernel import ids, rows
from kernel.rows import Row
from kernel.unit import Reader, Work

LOOP = "files"
MOST = 50  # of one message; a mail made of a thousand parts has no more


class Held(Struct, frozen=True):
    """A file of a message as its row says. `kept` and `thumb`: names in the file store, "" for none."""

    id: int
    message_id: MessageId
    name: str
    content_type: str
    size: int | None
    state: FileState
    kept: str
    thumb: str
    width: int
    height: int


class Wanted(Struct, frozen=True):
    """A file that is at the far side still."""

    id: int
    message_id: MessageId
    account: str
    file: File
    tries: int


async def record(work: Work, found: Iterable[tuple[str, MessageId, Sequence[File]]]) -> None:
    """Write the files of messages, each with the account they come by, in the unit that writes the messages."""
    new = [
        _row(message_id, place, account, file, work.now)
        for account, message_id, files in found
        for place, file in enumerate(files[:MOST])
    ]
    if new:
        await work.insert(Attachment, new)
        work.poke(LOOP)


def count(files: Sequence[File]) -> int:
    """How many of them get a row."""
    return min(len(files), MOST)


async def of_messages(reader: Reader, message_ids: Sequence[int]) -> dict[int, list[Held]]:
    """The files of each message that has any, in their order. At most a page of messages."""
    found: dict[int, list[Held]] = {}
    if not message_ids:
        return found
    for row in await reader.fetch(
        f"SELECT * FROM attachments WHERE message_id IN ({rows.marks(message_ids)}) ORDER BY message_id, position",
        *message_ids,
    ):
        found.setdefault(row["message_id"], []).append(_held(row))
    return found


async def by_id(reader: Reader, attachment_id: int) -> Held | None:
    row = await reader.one("SELECT * FROM attachments WHERE id = ?", attachment_id)
    return _held(row) if row else None


async def due(reader: Reader, accounts: Sequence[str], *, limit: int) -> list[Wanted]:
    """What is to be fetched now, the oldest first."""
    if not accounts:
        return []
    found = await reader.fetch(
        "SELECT * FROM attachments WHERE state = 'fetching' AND due_at <= ?"
        f" AND account IN ({rows.marks(accounts)}) ORDER BY due_at, id LIMIT ?",
        reader.now,
        *accounts,
        limit,
    )
    return [
        Wanted(
            row["id"],
            MessageId(row["message_id"]),
            row["account"],
            File(row["name"], row["content_type"], row["size"], row["reference"]),
            row["tries"],
        )
        for row in found
    ]


async def next_due(reader: Reader) -> datetime | None:
    """When the next file that waits for its next try is due."""
    row = await reader.one(
        "SELECT min(due_at) AS due_at FROM attachments WHERE state = 'fetching' AND due_at > ?", reader.now
    )
    return rows.maybe_instant(row["due_at"]) if row else None


async def undrawn(reader: Reader, *, limit: int) -> list[Held]:
    """Pictures that nobody has made a small one of yet."""
    kinds = sorted(filenames.PICTURES)
    found = await reader.fetch(
        f"SELECT * FROM attachments WHERE state = 'held' AND width IS NULL AND content_type IN ({rows.marks(kinds)})"
        " ORDER BY id LIMIT ?",
        *kinds,
        limit,
    )
    return [_held(row) for row in found]


async def again(reader: Reader, message_id: int) -> tuple[File, ...]:
    """The files of a message, to go with another one."""
    found = (await of_messages(reader, [message_id])).get(message_id, [])
    return tuple(File(one.name, one.content_type, one.size, kept=one.kept) for one in found if one.kept)


def _row(message_id: MessageId, place: int, account: str, file: File, now: datetime) -> Row:
    is_wanted = not file.kept and bool(file.reference)
    state = FileState.HELD if file.kept else FileState.FETCHING if is_wanted else FileState.FAILED
    content_type = filenames.kind(file.content_type)
    return {
        "id": ids.new(),
        "message_id": message_id,
        "position": place,
        "account": account,
        "name": filenames.cleaned(file.name),
        "content_type": content_type,
        "size": file.size,
        "state": state.value,
        "file": file.kept or None,
        "width": None if content_type in filenames.PICTURES else 0,
        "reference": file.reference if is_wanted else "",
        "tries": 0,
        "due_at": now if is_wanted else None,
        "reason": "the channel does not hand it out" if state is FileState.FAILED else None,
        "created_at": now,
    }


def _held(row: Row) -> Held:
    return Held(
        row["id"],
        MessageId(row["message_id"]),
        row["name"],
        row["content_type"],
        row["size"],
        FileState(row["state"]),
        row["file"] or "",
        row["thumb_file"] or "",
        row["width"] or 0,
        row["height"] or 0,
    )
