"""The way through the index: newest first, inside the wall, and with little work whatever was asked.

Whole stretches are passed over that lack a word; the rows of the others are looked at, one by one. Common words stand
in the first of them. What is rare there is asked of the word index, which is then quick. The wall is a condition of
every query: what is outside is never counted or seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from crmcore.access import Scope
from kernel.rows import Row
from kernel.unit import Reader
from tickets.search import documents, query, stretches, ways
from tickets.search.query import Query
from tickets.search.stretches import Stretch
from tickets.search.ways import Ways, Where

PAGE = 20
WALKED = 4_000  # rows looked at one by one beside the lanes
TRIED, FEW = 3, 30  # stretches; what is rare in those, or stands in few of all, the word index finds as quickly
MOST_LOOKED_AT, MOST_IN_ALL = 16, 32  # of those that are known to have the words, and with stale ones
NEWEST = documents.NEWEST


class Hit(Struct, frozen=True):
    """A row that was found: where it stands in time, and what it is."""

    place: int
    kind: str
    ref_id: int
    ticket_id: int | None


class Span(Struct, frozen=True):
    """Places from `since` up to, but not with, `until`."""

    since: int
    until: int


async def find(
    reader: Reader, asked: Query, scope: Scope | None, *, older: int = NEWEST, limit: int = PAGE, kind: str = ""
) -> list[Hit]:
    """What was asked for, newest first, older than the place `older`; None scope: the operator.

    `kind`: of this kind only ("" for any).
    """
    search = _Search(reader, asked, scope, kind, await ways.of(reader, scope, kind))
    span = _span(asked, older)
    found = await search.by_stretches(span, limit)
    if found is not None:
        return found
    if asked.terms or asked.marks or search.ways.marks:
        return await search.by_words(span, limit)
    return await search.by_place(span, limit)


def _span(asked: Query, older: int) -> Span:
    since = documents.first_place(asked.since) if asked.since else 0
    until = documents.first_place(asked.until) if asked.until else NEWEST
    return Span(since, min(until, older))


class _Search:
    """One question of one person."""

    def __init__(self, reader: Reader, asked: Query, scope: Scope | None, kind: str, ways_: Ways) -> None:
        self.ways = ways_
        self._reader, self._asked = reader, asked
        self._wall = _both(ways.wall(scope), ("s.kind = ?", (kind,)) if kind else ("1 = 1", ()))

    async def by_stretches(self, span: Span, limit: int) -> list[Hit] | None:
        """The newest hits, stretch by stretch; None where that would take long, or could miss some."""
        found = await self._beside(span, limit)
        if found is None:
            return None
        there = await stretches.having(self._reader, self._asked, self.ways.lanes, span.since, span.until)
        known = sum(not one.is_stale for one in there)
        counts: list[int] = []  # hits of those that are known to have the words
        for looked_at, one in enumerate(there):
            if _is_full(found, limit, one.until):
                return _ordered(found)[:limit]
            if len(counts) == MOST_LOOKED_AT or looked_at == MOST_IN_ALL:
                return None
            if not one.is_stale and self._are_few(known, counts, limit):
                return None
            hits = await self._within(one, span, limit)
            if one.is_long and len(hits) < limit:
                return None
            found += hits
            counts += [] if one.is_stale else [len(hits)]
        return _ordered(found)[:limit] if len(there) < stretches.LISTED else None

    async def _beside(self, span: Span, limit: int) -> list[Hit] | None:
        """The newest hits of the ways beside the lanes; None where not all of their rows were looked at."""
        found: list[Hit] = []
        for way in self.ways.beside:
            hits = await self._walk(span, way, walked=WALKED, limit=limit)
            if len(hits) < limit and await self._has_more(way, span):
                return None
            found += hits
        return found

    def _are_few(self, known: int, counts: Sequence[int], limit: int) -> bool:
        """Whether so many known stretches, or what was found in the first of them, let expect few hits in all. Pure.

        SQLite takes the newest rows of the word index as they come; PostgreSQL has to read all of them before.
        """
        if not self._reader.is_postgres:
            return known < FEW or 0 < len(counts) == sum(count < limit for count in counts)
        return len(counts) == TRIED and sum(counts) * MOST_LOOKED_AT < TRIED * limit

    async def _within(self, one: Stretch, span: Span, limit: int) -> list[Hit]:
        inside = Span(max(span.since, one.since), min(span.until, one.until))
        return await self._walk(inside, stretches.of_lane(one.lane), walked=2 * stretches.MOST, limit=limit)

    async def _walk(self, span: Span, way: Where, *, walked: int, limit: int) -> list[Hit]:
        """The newest rows of one way in, looked at one by one until there are enough hits."""
        (lane, values), (matching, given) = way, _both(self._matching(), self._wall)
        # SQLite hands them on as they come, and would put them in order all at once; PostgreSQL sees that they are
        order = " ORDER BY s.id DESC" if self._reader.is_postgres else ""
        found = await self._reader.fetch(
            "SELECT s.id, s.kind, s.ref_id, s.ticket_id FROM (SELECT * FROM search_rows AS w"
            f" WHERE {lane} AND w.id < ? AND w.id >= ? ORDER BY w.id DESC LIMIT {walked}) AS s"
            f" WHERE {matching}{order} LIMIT {limit}",
            *values,
            span.until,
            span.since,
            *given,
        )
        return _ordered(map(_hit, found))

    def _matching(self) -> Where:
        """The condition on the words of row `s`."""
        if self._reader.is_postgres:
            said = query.to_tsquery(self._asked)
            return ("s.words @@ ?::tsquery", (said,)) if said else ("1 = 1", ())
        return query.to_text(self._asked)

    async def _has_more(self, way: Where, span: Span) -> bool:
        """Whether a way has rows that were not walked."""
        lane, values = way
        row = await self._reader.one(
            f"SELECT w.id FROM search_rows AS w WHERE {lane} AND w.id < ? AND w.id >= ? ORDER BY w.id DESC"
            f" LIMIT 1 OFFSET {WALKED}",
            *values,
            span.until,
            span.since,
        )
        return row is not None

    async def by_place(self, span: Span, limit: int) -> list[Hit]:
        """Where no word has to be there, days or what must not be: nearly every row is a hit, the newest are taken."""
        matching, given = _both(self._matching(), self._wall)
        found = await self._reader.fetch(
            "SELECT s.id, s.kind, s.ref_id, s.ticket_id FROM search_rows AS s WHERE s.id < ? AND s.id >= ?"
            f" AND {matching} ORDER BY s.id DESC LIMIT {limit}",
            span.until,
            span.since,
            *given,
        )
        return _ordered(map(_hit, found))

    async def by_words(self, span: Span, limit: int) -> list[Hit]:
        """All hits of the word index, the newest of them."""
        wall, walled = self._wall
        columns = "s.id, s.kind, s.ref_id, s.ticket_id"
        if self._reader.is_postgres:
            # the match alone, before the order: else the planner walks all rows from the newest for a rare word, and
            # + 0: else it gathers the index of all places, too; the wall behind it, for as many as are shown
            sql = (
                f"WITH m AS MATERIALIZED (SELECT {columns} FROM search_rows AS s WHERE s.words @@ ?::tsquery"
                " AND s.id + 0 < ? AND s.id + 0 >= ?)"
                f" SELECT {columns} FROM (SELECT * FROM m ORDER BY id DESC OFFSET 0) AS s"
                f" WHERE {wall} ORDER BY s.id DESC LIMIT {limit}"
            )
            said = query.to_tsquery(self._asked, self.ways.marks)
        else:
            sql = (
                f"SELECT {columns} FROM search_words JOIN search_rows AS s ON s.id = search_words.rowid"
                " WHERE search_words MATCH ? AND search_words.rowid < ? AND search_words.rowid >= ?"
                f" AND {wall} ORDER BY search_words.rowid DESC LIMIT {limit}"
            )
            said = query.to_match(self._asked, self.ways.marks)
        found = await self._reader.fetch(sql, said, span.until, span.since, *walled)
        return _ordered(map(_hit, found))


def _both(one: Where, other: Where) -> Where:
    return f"{one[0]} AND {other[0]}", (*one[1], *other[1])


def _is_full(found: Sequence[Hit], limit: int, until: int) -> bool:
    """Whether enough was found that is newer than all that stands before `until`. Pure."""
    return sum(place >= until for place in {hit.place for hit in found}) >= limit


def _ordered(found: Iterable[Hit]) -> list[Hit]:
    """Each once, the newest first."""
    return sorted({hit.place: hit for hit in found}.values(), key=lambda one: -one.place)


def _hit(row: Row) -> Hit:
    return Hit(row["id"], row["kind"], row["ref_id"], row["ticket_id"])
