"""The ways by which a person comes to what is found, and the wall that stands before all of them."""

from __future__ import annotations

from msgspec import Struct

from crmcore import visible as companies
from crmcore.access import Scope
from kernel import rows, words
from kernel.unit import Reader
from tickets import people, visible
from tickets.search import documents, stretches

WATCHED = 200  # tickets that he or his queues watch elsewhere: the newest of them
Where = tuple[str, tuple[object, ...]]


class Ways(Struct, frozen=True):
    """All that may be inside the wall.

    `lanes`: all rows of these. `beside`: conditions on rows `w`, each with an index, for what else there is. `marks`:
    words one of which stands in each row that may be inside; () for no limit.
    """

    lanes: tuple[str, ...]
    beside: tuple[Where, ...] = ()
    marks: tuple[str, ...] = ()


async def of(reader: Reader, scope: Scope | None, kind: str) -> Ways:
    """The ways of a scope to rows of a kind ("" for any)."""
    if kind in (documents.CONTACT, documents.COMPANY):
        mark = words.mark("k", kind)
        return Ways((mark,), (), (mark,))
    if scope is None or scope.everything:
        return Ways((stretches.EVERYWHERE,))
    lanes = tuple(documents.lane_of(queue) for queue in sorted(scope.queues))
    others = tuple(words.mark("k", other) for other in (documents.CONTACT, documents.COMPANY))
    seen = await _watched(reader, scope)
    beside: list[Where] = [("w.assignee_id = ?", (scope.staff_id,))]
    if seen:
        beside.append((f"w.ticket_id IN ({rows.marks(tuple(seen))})", tuple(seen)))
    own = (words.mark("a", scope.staff_id), *(words.mark("t", number) for number in seen.values()))
    return Ways((*lanes, *others), tuple(beside), (*lanes, *others, *own))


async def _watched(reader: Reader, scope: Scope) -> dict[int, int]:
    """What he, or a queue of his, watches wherever it stands: id → number."""
    queues = sorted(scope.queues)
    found = await reader.fetch(
        "SELECT DISTINCT t.id, t.number FROM ticket_watchers AS w JOIN tickets AS t ON t.id = w.ticket_id"
        f" WHERE (w.queue = '' AND w.staff_id = ?) OR w.queue IN ({rows.marks(queues)})"
        f" ORDER BY t.id DESC LIMIT {WATCHED}",
        scope.staff_id,
        *queues,
    )
    return {row["id"]: row["number"] for row in found}


def wall(scope: Scope | None) -> Where:
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
