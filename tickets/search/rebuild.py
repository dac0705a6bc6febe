"""Building the whole index anew, from the newest rows to the oldest, in short units; what is cut short goes on."""

from __future__ import annotations

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from channels.models import Mark
from kernel import errors
from kernel.unit import Reader, Work
from tickets.search import documents, index, stretches

MARK = "search/built"
_FIRST = 2**63 - 1
# the few that are asked for most come first
_TABLES = {
    documents.COMPANY: "companies",
    documents.CONTACT: "contacts",
    documents.TICKET: "tickets",
    documents.ENTRY: "entries",
}


class Progress(Struct, frozen=True):
    """How far it has come: rows of `kind` from `before` on are done; "" when all are."""

    kind: str
    before: int = _FIRST
    done: int = 0
    total: int = 0

    @property
    def is_over(self) -> bool:
        return not self.kind

    @property
    def percent(self) -> int:
        return 100 if self.is_over else min(99, self.done * 100 // max(1, self.total))


async def progress(reader: Reader) -> Progress | None:
    """None if it has never begun."""
    row = await reader.one("SELECT value FROM marks WHERE key = ?", MARK)
    return Progress(**orjson.loads(row["value"])) if row else None


async def begin(work: Work) -> Progress:
    """Start over. What is in the index stays until its turn comes."""
    await stretches.forget(work)
    total = 0
    for table in _TABLES.values():
        row = await work.one(f"SELECT count(*) AS n FROM {table}")
        total += int(row["n"]) if row else 0
    started = Progress(next(iter(_TABLES)), total=total)
    await _keep(work, started)
    return started


async def step(work: Work) -> Progress:
    """Index the next rows; first of the unit. Raises Conflict for the mark of a later version."""
    await work.change("UPDATE marks SET value = value WHERE key = ?", MARK)  # one process at a time
    now = await progress(work)
    if now is None:
        return await begin(work)
    if now.is_over:
        return now
    if now.kind not in _TABLES:
        raise errors.Conflict("the mark {mark} is a later version's; run: centrala search rebuild", mark=MARK)
    found = await work.fetch(_next_rows(now.kind), now.before)
    if found:
        await index.write(work, now.kind, [row["id"] for row in found])
        moved = Progress(now.kind, found[-1]["id"], now.done + len(found), now.total)
    else:
        moved = Progress(_next(now.kind), _FIRST, now.done, now.total)
    await _keep(work, moved)
    return moved


def _next_rows(kind: str) -> str:
    """The rows of a unit, the newest first; of texts that are long, fewer."""
    newest = f"FROM {_TABLES[kind]} WHERE id < ? ORDER BY id DESC LIMIT {index.UNIT}"
    if kind != documents.ENTRY:
        return f"SELECT id {newest}"
    return (
        "SELECT id FROM ("
        f"SELECT e.id, {index.SIZE} AS size, sum({index.SIZE}) OVER (ORDER BY e.id DESC) AS total"
        f" FROM (SELECT id, text, message_id {newest}) AS e LEFT JOIN messages AS m ON m.id = e.message_id"
        f") AS counted WHERE total - size < {index.UNIT_CHARACTERS} ORDER BY id DESC"
    )


def _next(kind: str) -> str:
    kinds = [*_TABLES, ""]
    return kinds[kinds.index(kind) + 1]


async def _keep(work: Work, now: Progress) -> None:
    value = orjson.dumps(asdict(now)).decode()
    changed = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    await work.insert(Mark, [{"key": MARK, "value": value}], conflict=changed)
