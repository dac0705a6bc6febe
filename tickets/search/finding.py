"""The way through the index: newest first, inside the wall, and with little work whatever was asked.

Common words stand among the newest rows, so those are looked at first, one by one. Only what is rare there is asked of
the word index, which is then quick. The wall is a condition of every query: what is outside is never counted or seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import rows, words
from kernel.rows import Row
from kernel.unit import Reader
from tickets import people, visible
from tickets.search import documents, query
from tickets.search.query import Query

PAGE = 20
WALKED, LEAST_WALKED = 4_000, 500  # rows looked at one by one, in all and of one way in
NEWEST = 2**63 - 1  # behind it is everything
WATCHED = 200  # tickets that he or his queues watch elsewhere: the newest of them
Where = tuple[str, tuple[object, ...]]


class Hit(Struct, frozen=True):
    """A row that was found: where it stands in time, and what it is."""

    place: int
    kind: str
    ref_id: int
    ticket_id: int | None


class Watched(Struct, frozen=True):
    """Tickets that are inside the wall because somebody watches them."""

    ids: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()


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
    span, watched = _span(asked, older), await _watched(reader, scope, kind)
    ways = _ways(scope, kind, watched)
    hits, is_all = await _among_newest(reader, asked, scope, span, limit, ways)
    if len(hits) >= limit or is_all:
        return hits[:limit]
    marks = _marks(scope, kind, watched)
    if not (asked.terms or asked.marks or marks):
        return await _by_place(reader, asked, scope, span, limit, kind)
    return await _by_words(reader, asked, scope, span, limit, marks)


def _span(asked: Query, older: int) -> Span:
    since = documents.first_place(asked.since) if asked.since else 0
    until = documents.first_place(asked.until) if asked.until else NEWEST
    return Span(since, min(until, older))


async def _among_newest(
    reader: Reader, asked: Query, scope: Scope | None, span: Span, limit: int, ways: Sequence[Where]
) -> tuple[list[Hit], bool]:
    """Hits among the newest rows of every way in, as far as all of them were looked at; and whether that was all."""
    walked = max(LEAST_WALKED, WALKED // len(ways))
    found: dict[int, Hit] = {}
    floor, is_all = 0, True
    for way in ways:
        hits = await _walk(reader, asked, scope, span, way, walked=walked, limit=limit)
        found |= {hit.place: hit for hit in hits}
        last = hits[-1].place if len(hits) == limit else await _nth(reader, way, span, walked)
        if last is not None:
            floor, is_all = max(floor, last), False
    return sorted((hit for hit in found.values() if hit.place >= floor), key=lambda one: -one.place), is_all


async def _walk(
    reader: Reader, asked: Query, scope: Scope | None, span: Span, way: Where, *, walked: int, limit: int
) -> list[Hit]:
    """The newest rows of one way in, looked at one by one until there are enough hits."""
    (lane, values), (wall, walled) = way, _wall(scope)
    matching, given = _matching(reader, asked)
    # SQLite hands them on as they come, and would put them in order all at once; PostgreSQL sees that they are
    order = " ORDER BY s.id DESC" if reader.is_postgres else ""
    found = await reader.fetch(
        "SELECT s.id, s.kind, s.ref_id, s.ticket_id FROM (SELECT * FROM search_rows AS w"
        f" WHERE {lane} AND w.id < ? AND w.id >= ? ORDER BY w.id DESC LIMIT {walked}) AS s"
        f" WHERE {matching} AND {wall}{order} LIMIT {limit}",
        *values,
        span.until,
        span.since,
        *given,
        *walled,
    )
    return sorted((_hit(row) for row in found), key=lambda one: -one.place)


def _matching(reader: Reader, asked: Query) -> Where:
    """The condition on the words of row `s`."""
    if reader.is_postgres:
        said = query.to_tsquery(asked)
        return ("s.words @@ ?::tsquery", (said,)) if said else ("1 = 1", ())
    return query.to_text(asked)


async def _nth(reader: Reader, way: Where, span: Span, number: int) -> int | None:
    """The place of a way's row of that number, newest first; None if there are fewer."""
    lane, values = way
    row = await reader.one(
        f"SELECT w.id FROM search_rows AS w WHERE {lane} AND w.id < ? AND w.id >= ? ORDER BY w.id DESC"
        f" LIMIT 1 OFFSET {number - 1}",
        *values,
        span.until,
        span.since,
    )
    return int(row["id"]) if row else None


async def _by_place(reader: Reader, asked: Query, scope: Scope | None, span: Span, limit: int, kind: str) -> list[Hit]:
    """Where no word has to be there, days or what must not be: nearly every row is a hit, the newest are taken."""
    (matching, given), (wall, walled) = _matching(reader, asked), _wall(scope)
    (lane, values) = ("s.kind = ?", (kind,)) if kind else ("1 = 1", ())
    found = await reader.fetch(
        f"SELECT s.id, s.kind, s.ref_id, s.ticket_id FROM search_rows AS s WHERE {lane} AND s.id < ? AND s.id >= ?"
        f" AND {matching} AND {wall} ORDER BY s.id DESC LIMIT {limit}",
        *values,
        span.until,
        span.since,
        *given,
        *walled,
    )
    return [_hit(row) for row in found]


async def _by_words(
    reader: Reader, asked: Query, scope: Scope | None, span: Span, limit: int, marks: tuple[str, ...]
) -> list[Hit]:
    """All hits of the word index, the newest of them."""
    wall, walled = _wall(scope)
    columns = "s.id, s.kind, s.ref_id, s.ticket_id"
    if reader.is_postgres:
        # the match alone, before the order: else the planner walks all rows from the newest for a rare word
        sql = (
            f"WITH s AS MATERIALIZED (SELECT {columns} FROM search_rows AS s WHERE s.words @@ ?::tsquery"
            f" AND s.id < ? AND s.id >= ?) SELECT {columns} FROM s WHERE {wall} ORDER BY s.id DESC LIMIT {limit}"
        )
        said = query.to_tsquery(asked, marks)
    else:
        sql = (
            f"SELECT {columns} FROM search_words JOIN search_rows AS s ON s.id = search_words.rowid"
            " WHERE search_words MATCH ? AND search_words.rowid < ? AND search_words.rowid >= ?"
            f" AND {wall} ORDER BY search_words.rowid DESC LIMIT {limit}"
        )
        said = query.to_match(asked, marks)
    found = await reader.fetch(sql, said, span.until, span.since, *walled)
    return [_hit(row) for row in found]


# -- the wall ----------------------------------------------------------------------------------------------------------


async def _watched(reader: Reader, scope: Scope | None, kind: str) -> Watched:
    """What he, or a queue of his, watches wherever it stands."""
    if scope is None or scope.everything or kind in (documents.CONTACT, documents.COMPANY):
        return Watched()
    queues = sorted(scope.queues)
    found = await reader.fetch(
        "SELECT DISTINCT t.id, t.number FROM ticket_watchers AS w JOIN tickets AS t ON t.id = w.ticket_id"
        f" WHERE (w.queue = '' AND w.staff_id = ?) OR w.queue IN ({rows.marks(queues)})"
        f" ORDER BY t.id DESC LIMIT {WATCHED}",
        scope.staff_id,
        *queues,
    )
    return Watched(tuple(row["id"] for row in found), tuple(row["number"] for row in found))


def _ways(scope: Scope | None, kind: str, watched: Watched) -> list[Where]:
    """Conditions on rows `w`, each with an index, that together let pass all that may be inside. Pure."""
    if kind in (documents.CONTACT, documents.COMPANY):
        return [("w.lane = ?", (words.mark("k", kind),))]
    if scope is None or scope.everything:
        return [("w.kind = ?", (kind,)) if kind else ("1 = 1", ())]
    lanes = [documents.lane_of(queue) for queue in sorted(scope.queues)]
    others = [words.mark("k", other) for other in (documents.CONTACT, documents.COMPANY)]
    ways: list[Where] = [("w.lane = ?", (lane,)) for lane in (*lanes, *others)]
    if watched.ids:
        ways.append((f"w.ticket_id IN ({rows.marks(watched.ids)})", watched.ids))
    return [*ways, ("w.assignee_id = ?", (scope.staff_id,))]


def _marks(scope: Scope | None, kind: str, watched: Watched) -> tuple[str, ...]:
    """Words one of which stands in each row that may be inside; () for no limit. Pure."""
    if kind in (documents.CONTACT, documents.COMPANY):
        return (words.mark("k", kind),)
    if scope is None or scope.everything:
        return ()
    lanes = [documents.lane_of(queue) for queue in sorted(scope.queues)]
    others = [words.mark("k", other) for other in (documents.CONTACT, documents.COMPANY)]
    seen = (words.mark("t", number) for number in watched.numbers)
    return (*lanes, *others, words.mark("a", scope.staff_id), *seen)


def _wall(scope: Scope | None) -> Where:
    """The condition on rows `s` that keeps a query inside the scope, by the rows themselves as they are now. Pure."""
    if scope is None:
        return "1 = 1", ()
    seen, values = visible.seen_by(scope)
    known, given = people.within(scope)
    owned, held = companies.within(scope)
    cases: Where = ("1 = 1", ())
    if not scope.everything:  # an entry may have moved to another ticket since it was indexed
        own = "SELECT e.ticket_id FROM entries AS e WHERE e.id = s.ref_id"
        stands = f"CASE s.kind WHEN 'entry' THEN ({own}) ELSE s.ref_id END"
        cases = (f"(SELECT 1 FROM tickets AS t WHERE t.id = {stands} AND {seen}) IS NOT NULL", values)
    # not as EXISTS: PostgreSQL would gather all contacts behind the wall to look at one
    return (
        f"CASE s.kind WHEN 'contact' THEN (SELECT 1 FROM contacts AS p WHERE p.id = s.ref_id AND {known}) IS NOT NULL"
        f" WHEN 'company' THEN (SELECT 1 FROM companies AS c WHERE c.id = s.ref_id AND {owned}) IS NOT NULL"
        f" ELSE {cases[0]} END",
        (*given, *held, *cases[1]),
    )


def _hit(row: Row) -> Hit:
    return Hit(row["id"], row["kind"], row["ref_id"], row["ticket_id"])
