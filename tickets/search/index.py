"""The index and its upkeep: rows that changed are written anew, in units of their own, right behind the change.

Triggers (migration 0018) note each change in the transaction that makes it, so nothing is missed, whoever writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kernel import folding, rows, words
from kernel.rows import Row
from kernel.unit import Reader, Work
from tickets.models import SearchRow
from tickets.search import documents, stretches
from tickets.search.documents import Document

UNIT = 200  # rows of one unit, and fewer where their texts are long: what is indexed takes the loop and the writer
UNIT_CHARACTERS = 100_000
LONGEST = 40_000  # characters of one text that are looked at: more than its words that count
SIZE = "COALESCE(length(e.text), length(m.text), 0)"  # characters of an entry
_LAST_PLACE = 16_383  # PostgreSQL counts no further


async def catch_up(work: Work) -> int:
    """Index what changed, at most a unit of it; returns how much of it. The unit's first statement takes it off.

    A change that is noted meanwhile is another row and is seen by the next turn.
    """
    locking = " FOR UPDATE SKIP LOCKED" if work.is_postgres else ""
    waits = f"SELECT id, kind, ref_id FROM search_waiting ORDER BY id LIMIT {UNIT}{locking}"
    taken = await work.fetch(
        f"WITH first AS MATERIALIZED ({waits}) DELETE FROM search_waiting WHERE id IN (SELECT id FROM ("
        f"SELECT w.id, {SIZE} AS size, sum({SIZE}) OVER (ORDER BY w.id) AS total FROM first AS w"
        " LEFT JOIN entries AS e ON w.kind = 'entry' AND e.id = w.ref_id LEFT JOIN messages AS m ON m.id = e.message_id"
        f") AS counted WHERE total - size < {UNIT_CHARACTERS}) RETURNING kind, ref_id"
    )
    for kind in {row["kind"] for row in taken}:
        await write(work, kind, sorted({row["ref_id"] for row in taken if row["kind"] == kind}))
    return len(taken)


async def write(work: Work, kind: str, ids: Sequence[int]) -> None:
    """Index these rows as they are now; what is gone leaves the index."""
    if work.is_postgres:  # a rebuild beside the hub would write over what it had read before the hub did
        await work.fetch(f"SELECT pg_advisory_xact_lock({stretches.WRITER}, 1)")
    found = await documents.read(work, kind, ids)
    gone = await work.fetch(
        f"DELETE FROM search_rows WHERE kind = ? AND ref_id IN ({rows.marks(ids)}) RETURNING lane, id", kind, *ids
    )
    placed = {(row["lane"], row["id"]) for row in gone}
    if found:
        taken = await _taken(work, found)
        for some in _shared(found):  # whoever waits for the loop gets it between two statements
            written = [_row(one, taken, is_postgres=work.is_postgres) for one in some]
            await work.insert(SearchRow, written)
            placed |= {(row["lane"], row["id"]) for row in written}
    await stretches.note(work, placed)


async def waiting(reader: Reader) -> int:
    """How many changes are not indexed yet."""
    row = await reader.one("SELECT count(*) AS n FROM search_waiting")
    return int(row["n"]) if row else 0


def _shared(found: Sequence[Document]) -> Iterator[list[Document]]:
    """The documents in their order, so many at once as have the characters of one that is long. Pure."""
    some: list[Document] = []
    size = 0
    for one in found:
        own = sum(min(len(part), LONGEST) for part in one.text)
        if some and size + own > LONGEST:
            yield some
            some, size = [], 0
        some.append(one)
        size += own
    yield some


async def _taken(work: Work, found: Iterable[Document]) -> set[int]:
    """Places that are not free: what shares a millisecond may want one and the same."""
    wanted = sorted({documents.place(one) for one in found})
    there = await work.fetch(f"SELECT id FROM search_rows WHERE id IN ({rows.marks(wanted)})", *wanted)
    if not there:
        return set()
    # as many behind each as could be needed
    beside = [row["id"] + step for row in there for step in range(1, 20)]
    more = await work.fetch(f"SELECT id FROM search_rows WHERE id IN ({rows.marks(beside)})", *beside)
    return {row["id"] for row in [*there, *more]}


def _row(one: Document, taken: set[int], *, is_postgres: bool) -> Row:
    place = documents.place(one)
    while place in taken:
        place += 1
    taken.add(place)
    return {
        "id": place,
        "kind": one.kind,
        "ref_id": one.ref_id,
        "ticket_id": one.ticket_id,
        "lane": one.lane,
        "assignee_id": one.assignee_id,
        "words": to_vector(one) if is_postgres else to_text(one),
    }


def to_text(one: Document) -> str:
    """The words, parted and surrounded by single spaces: marks, each part in order, what is hidden in them. Pure.

    A lone = parts the parts, and what is hidden: no words in a row reach over it.
    """
    folded = _folded(one)
    parts = [" ".join(part) for part in (one.marks, *_parts(folded))]
    return f" {' = '.join(part for part in (*parts, *_hidden(folded)) if part)} "


def to_vector(one: Document) -> str:
    """The same as PostgreSQL writes a tsvector. What is hidden has places, too, each alone: a word with a place here
    and none there would lose it. Pure."""
    folded, place = _folded(one), 1
    placed: list[str] = []
    for part in (*_parts(folded), *([word] for word in _hidden(folded))):
        for word in part:
            placed.append(f"'{word}':{min(place, _LAST_PLACE)}")
            place += 1
        place += 1
    return " ".join([*placed, *(f"'{word}'" for word in one.marks)])


def _folded(one: Document) -> list[str]:
    return [folding.fold(part[:LONGEST]) for part in one.text if part]


def _parts(folded: list[str]) -> list[list[str]]:
    return [words.split(part)[: words.MOST] for part in folded]


def _hidden(folded: list[str]) -> list[str]:
    return list(dict.fromkeys(word for part in folded for word in words.hidden(part)))
