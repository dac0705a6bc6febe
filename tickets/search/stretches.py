"""Stretches: some thousand rows that follow each other in time, and each word that one of them has.

A search passes over all stretches that lack a word of it, and looks at the rows of the others. Every lane has its own,
and so has all there is (lane ""). They only make it quick: in a stretch that changed since its words were gathered
(`is_stale`) all is looked at, and the newest of a lane is always such a one.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct

from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader, Store, Work
from tickets.search import query
from tickets.search.documents import NEWEST
from tickets.search.query import Query

EVERYWHERE = ""  # the lane of all rows
ROWS, MOST = 1_000, 1_500  # of a stretch: what it is cut to, and what it may grow to before
LISTED = 64  # of those that may have what was asked for
MOST_OCTETS = 600_000  # of its words together: PostgreSQL holds a million
WRITER = 1_937_072_755  # one writer of the index at a time, of all processes; the number is any


class Stretch(Struct, frozen=True):
    """Places of a lane from `since` up to, but not with, `until`. `noted`: its rows and what came or went since."""

    id: int
    lane: str
    since: int
    until: int
    noted: int
    is_stale: bool

    @property
    def is_long(self) -> bool:
        """Whether its rows are too many to be looked at one by one: it is still to be cut."""
        return self.is_stale and self.noted > 2 * MOST


class _Gathered(Struct, frozen=True):
    """The words of a stretch's rows up to, but not with, the place `cut`."""

    words: Sequence[str]
    cut: int
    count: int


async def having(reader: Reader, asked: Query, lanes: Sequence[str], since: int, until: int) -> list[Stretch]:
    """The stretches within these places in which all words of the query may stand, the newest `LISTED` of them."""
    condition, given = _having(asked, is_postgres=reader.is_postgres)
    found = await reader.fetch(
        "SELECT id, lane, since, until, noted, is_stale FROM search_stretches"
        f" WHERE lane IN ({rows.marks(lanes)}) AND until > ? AND since < ? AND {condition}"
        f" ORDER BY until DESC LIMIT {LISTED}",
        *lanes,
        since,
        until,
        *given,
    )
    return [_stretch(row) for row in found]


def _having(asked: Query, *, is_postgres: bool) -> tuple[str, tuple[str, ...]]:
    """The condition on a stretch. Pure."""
    if not (asked.terms or asked.marks):
        return "1 = 1", ()
    if is_postgres:
        return "(is_stale OR id IN (SELECT search_stretches_with(?::tsquery)))", (query.to_tsquery_of_words(asked),)
    within = "SELECT rowid FROM search_words_stretches WHERE search_words_stretches MATCH ?"
    return f"(is_stale OR id IN ({within}))", (query.to_match_of_words(asked),)


# -- upkeep ------------------------------------------------------------------------------------------------------------


async def note(work: Work, placed: Collection[tuple[str, int]]) -> None:
    """Rows at these (lane, place) came or went: their stretches' words are theirs no more."""
    both = [*placed, *((EVERYWHERE, place) for _, place in placed)]
    if not both:
        return
    newest = await _newest(work, sorted({lane for lane, _ in both}))
    counts = Counter(newest[lane].id for lane, place in both if place >= newest[lane].since)
    counts += await _earlier(work, [(lane, place) for lane, place in both if place < newest[lane].since])
    for count in set(counts.values()):
        ids = [id_ for id_, number in counts.items() if number == count]
        await work.change(
            f"UPDATE search_stretches SET is_stale = TRUE, noted = noted + ? WHERE id IN ({rows.marks(ids)})",
            count,
            *ids,
        )


async def step(store: Store) -> bool:
    """Gather the words of one stretch that changed, and cut it where it is long; False if there is none.

    They are read before the unit, which takes them only if nobody wrote into the stretch meanwhile.
    """
    reader = store.reading()
    row = await reader.one(
        "SELECT id, lane, since, until, noted, is_stale FROM search_stretches WHERE is_stale"
        f" AND (until < {NEWEST} OR noted > {MOST}) ORDER BY until DESC, lane LIMIT 1"
    )
    if row is None:
        return False
    one = _stretch(row)
    ids = await _oldest(reader, one)
    if one.until == NEWEST and len(ids) <= MOST:  # written anew again and again, and no more for that
        async with store.unit() as work:
            await work.change("UPDATE search_stretches SET noted = ? WHERE id = ?", len(ids), one.id)
        return True
    gathered = await _gather(reader, one, ids)
    async with store.unit() as work:
        await _settle(work, one, gathered)
    return True


async def forget(work: Work) -> None:
    """All of them: the index is built anew."""
    await work.change("DELETE FROM search_stretches")


async def _newest(work: Work, lanes: Sequence[str]) -> dict[str, Stretch]:
    """Each lane's newest stretch, made where it has none."""
    sql = (
        "SELECT id, lane, since, until, noted, is_stale FROM search_stretches"
        f" WHERE until = {NEWEST} AND lane IN ({rows.marks(lanes)})"
    )
    found = {row["lane"]: _stretch(row) for row in await work.fetch(sql, *lanes)}
    missing = [lane for lane in lanes if lane not in found]
    for lane in missing:
        await _begin(work, lane, 0, NEWEST, 0)
    if missing:
        found = {row["lane"]: _stretch(row) for row in await work.fetch(sql, *lanes)}
    return found


async def _earlier(work: Work, placed: Sequence[tuple[str, int]]) -> Counter[int]:
    """How many of these fall into which of the stretches before the newest."""
    lanes = sorted({lane for lane, _ in placed})
    if not lanes:
        return Counter()
    found = await work.fetch(
        f"SELECT id, lane, since FROM search_stretches WHERE lane IN ({rows.marks(lanes)}) ORDER BY since", *lanes
    )
    starts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in found:
        starts[row["lane"]].append((row["since"], row["id"]))
    return Counter(starts[lane][bisect_right(starts[lane], (place, NEWEST)) - 1][1] for lane, place in placed)


async def _oldest(reader: Reader, one: Stretch) -> list[int]:
    """The places of its rows, the oldest first: all, or one more than a stretch may have."""
    lane, given = of_lane(one.lane)
    sql = f"SELECT w.id FROM search_rows AS w WHERE {lane} AND w.id >= ? AND w.id < ? ORDER BY w.id LIMIT {MOST + 1}"
    return [row["id"] for row in await reader.fetch(sql, *given, one.since, one.until)]


async def _gather(reader: Reader, one: Stretch, ids: Sequence[int]) -> _Gathered:
    """The words of the oldest rows of a stretch: of all, unless they are many or their words are long."""
    count = len(ids) if len(ids) <= MOST else ROWS
    while True:
        cut = ids[count] if count < len(ids) else one.until
        words = await _words(reader, one.lane, one.since, cut)
        if count <= 1 or sum(len(word.encode()) + 8 for word in words) <= MOST_OCTETS:
            return _Gathered(words, cut, count)
        count //= 2


async def _words(reader: Reader, lane: str, since: int, until: int) -> Sequence[str]:
    """Each word of the rows there, once."""
    condition, given = of_lane(lane)
    within, values = f"FROM search_rows AS w WHERE {condition} AND w.id >= ? AND w.id < ?", (*given, since, until)
    if reader.is_postgres:
        row = await reader.one(
            "SELECT array_agg(word) AS words"
            f" FROM (SELECT DISTINCT unnest(tsvector_to_array(w.words)) AS word {within}) AS found",
            *values,
        )
        return (row and row["words"]) or ()
    found = await reader.fetch(f"SELECT w.words {within}", *values)
    return await asyncio.to_thread(_apart, found)


def _apart(found: Sequence[Row]) -> list[str]:
    return sorted({word for row in found for word in row["words"].split()} - {"="})


async def _settle(work: Work, one: Stretch, gathered: _Gathered) -> None:
    """Keep the words; what is behind the cut is a stretch of its own, to be gathered in its turn."""
    words = " ".join(gathered.words) if not work.is_postgres else list(gathered.words)
    written = "array_to_tsvector(?::text[])" if work.is_postgres else "?"
    if work.is_postgres:
        await work.fetch(f"SELECT pg_advisory_xact_lock({WRITER}, 1)")
    kept = await work.change(
        f"UPDATE search_stretches SET words = {written}, is_stale = FALSE, until = ?, noted = ?"
        " WHERE id = ? AND noted = ?",
        words,
        gathered.cut,
        gathered.count,
        one.id,
        one.noted,
    )
    if kept and gathered.cut < one.until:
        await _begin(work, one.lane, gathered.cut, one.until, max(0, one.noted - gathered.count))


async def _begin(work: Work, lane: str, since: int, until: int, noted: int) -> None:
    await work.change(
        "INSERT INTO search_stretches (lane, since, until, noted, is_stale, words) VALUES (?, ?, ?, ?, TRUE, '')",
        lane,
        since,
        until,
        noted,
    )


def of_lane(lane: str) -> tuple[str, tuple[object, ...]]:
    """The condition on rows `w` of a lane. Pure."""
    return ("w.lane = ?", (lane,)) if lane != EVERYWHERE else ("1 = 1", ())


def _stretch(row: Row) -> Stretch:
    return Stretch(row["id"], row["lane"], row["since"], row["until"], row["noted"], bool(row["is_stale"]))
