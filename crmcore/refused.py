"""Commands of colleagues that were refused for want of right, for the audit. Who is no colleague leaves no line."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import orjson
from msgspec import Struct

from crmcore.models.companies import Alteration
from kernel import ids, rows, sentences
from kernel.unit import Reader, Work

KIND = "refused"
VERB_LIMIT = 40  # characters that the column keeps


class Proof(StrEnum):
    """How we knew who said it."""

    ACCOUNT = "account"  # the channel vouches for it
    SESSION = "session"  # signed in to a page
    CODE = "code"  # that went to his telephone alone
    NUMBER = "number"  # hearsay: whoever writes can name any
    DMARC = "dmarc"  # his own letter's token, and our mail server's word for its sender
    TOKEN = "token"  # noqa: S105 — the token of a letter alone; it names a kind of proof and is none


class Refused(Struct, frozen=True):
    """`verb`: by our name for it, "" for words that are none. `why`: as he was told, a line of kernel.sentences."""

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


async def note(work: Work, one: Refused) -> None:
    """Write one line, in the caller's unit."""
    row = {
        "id": ids.new(),
        "kind": KIND,
        "ref_id": 0,
        "field": one.verb[:VERB_LIMIT],
        "before": f"{one.channel} {one.proof}",
        "after": orjson.dumps({"why": str(one.why), "said": sentences.kept(one.why)}).decode(),
        "by_id": one.by_id,
        "at": work.now,
    }
    await work.insert(Alteration, [row])


async def newest(reader: Reader, *, limit: int = 50) -> list[Seen]:
    """The newest first."""
    found = await reader.fetch(
        "SELECT a.field, a.before, a.after, a.at, s.name AS staff FROM alterations AS a"
        " LEFT JOIN staff AS s ON s.id = a.by_id WHERE a.kind = ? AND a.ref_id = 0 ORDER BY a.id DESC LIMIT ?",
        KIND,
        limit,
    )
    return [_seen(row) for row in found]


def _seen(row: rows.Row) -> Seen:
    channel, _, proof = row["before"].rpartition(" ")
    told = orjson.loads(row["after"])
    return Seen(
        rows.instant(row["at"]), row["staff"] or "", row["field"], told["why"], channel, Proof(proof), told["said"]
    )
