"""What colleagues were refused for want of right, in chats and at pages, for the audit; strangers leave no line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import orjson
from msgspec import Struct

from crmcore.models.companies import Alteration
from kernel import errors, ids, rows, sentences
from kernel.unit import Reader, Work

KIND = "refused"
LOOKED_AT = 200  # newest lines of one colleague, for what was told lately
VERB_LIMIT = 40  # characters that the column keeps


class Proof(StrEnum):
    """How we knew who said it."""

    ACCOUNT = "account"  # the channel vouches for it
    SESSION = "session"  # signed in to a page
    CODE = "code"  # that went to his telephone alone
    NUMBER = "number"  # hearsay: whoever writes can name any
    DMARC = "dmarc"  # his own letter's token, and our mail server's word for its sender
    NAME = "name"  # a letter's From alone: it answers none of ours
    TOKEN = "token"  # noqa: S105 — the token of a letter alone; it names a kind of proof and is none


class Refused(Struct, frozen=True):
    """`verb`: by our name for it, "" for words that are none; of a page its method and route, "GET /settings/audit".

    `why`: as he was told, a line of kernel.sentences.
    """

    by_id: int
    verb: str
    why: str
    channel: str
    proof: Proof


class Seen(Struct, frozen=True):
    """The same as it is read. `said`: what `why` was made of, None for words that are nothing but words."""

    at: datetime
    by: str
    verb: str
    why: str
    channel: str
    proof: Proof
    said: sentences.Kept | None = None


def is_for_want_of_right(error: errors.CentralaError) -> bool:
    """His rank, his scope or his proof did not reach. What he may do in another place is only said there. Pure."""
    if isinstance(error, errors.Forbidden):
        return error.code != errors.ELSEWHERE
    if isinstance(error, errors.Invalid):
        return error.code == errors.ABOVE
    return isinstance(error, errors.NotFound) and error.code == errors.HIDDEN


async def note(work: Work, one: Refused) -> None:
    """Write one line, in the caller's unit."""
    row = {
        "id": ids.new(),
        "kind": KIND,
        "ref_id": 0,
        "field": one.verb[:VERB_LIMIT],
        "before": f"{one.channel} {one.proof}",
        "after": _after(one),
        "by_id": one.by_id,
        "at": work.now,
    }
    await work.insert(Alteration, [row])


async def note_some(work: Work, one: Refused, *, most: int, within: timedelta) -> None:
    """Write it down unless it stands there already, or `most` lines of his do, in the time before now."""
    found = await _since(work, one.by_id, work.now - within, limit=most)
    is_new = (one.verb[:VERB_LIMIT], _after(one)) not in {(row["field"], row["after"]) for row in found}
    if is_new and len(found) < most:
        await note(work, one)


async def was_lately(reader: Reader, staff_id: int, proofs: Collection[Proof], since: datetime) -> bool:
    """True if something in his name was refused since then where all we knew of him was one of these."""
    found = await _since(reader, staff_id, since, limit=LOOKED_AT)
    return any(row["before"].rpartition(" ")[2] in proofs for row in found)


async def _since(reader: Reader, staff_id: int, since: datetime, *, limit: int) -> list[rows.Row]:
    return await reader.fetch(
        "SELECT field, before, after FROM alterations WHERE kind = ? AND ref_id = 0 AND by_id = ? AND at > ?"
        " ORDER BY id DESC LIMIT ?",
        KIND,
        staff_id,
        since,
        limit,
    )


async def newest(reader: Reader, *, limit: int = 50) -> list[Seen]:
    """The newest first."""
    found = await reader.fetch(
        "SELECT a.field, a.before, a.after, a.at, s.name AS staff FROM alterations AS a"
        " LEFT JOIN staff AS s ON s.id = a.by_id WHERE a.kind = ? AND a.ref_id = 0 ORDER BY a.id DESC LIMIT ?",
        KIND,
        limit,
    )
    return [_seen(row) for row in found]


def _after(one: Refused) -> str:
    return orjson.dumps({"why": str(one.why), "said": sentences.kept(one.why)}).decode()


def _seen(row: rows.Row) -> Seen:
    channel, _, proof = row["before"].rpartition(" ")
    told = orjson.loads(row["after"])
    return Seen(
        rows.instant(row["at"]), row["staff"] or "", row["field"], told["why"], channel, Proof(proof), told["said"]
    )
