"""What came of complaints: by cause, how many, whether customers accept the results, and where a root is known."""

from __future__ import annotations

from msgspec import Struct

from kernel.unit import Reader

# Each field of a complaint stands in a row of its own; a complaint without a cause counts under "".
_SUM = """
SELECT COALESCE(c.value, '') AS cause, COALESCE(p.value, '') AS product, count(*) AS total,
       sum(CASE WHEN t.state = 'closed' THEN 1 ELSE 0 END) AS closed,
       sum(CASE WHEN a.value = 'yes' THEN 1 ELSE 0 END) AS accepted,
       sum(CASE WHEN a.value = 'no' THEN 1 ELSE 0 END) AS refused,
       sum(CASE WHEN r.value IS NULL THEN 0 ELSE 1 END) AS explained
FROM tickets AS t
LEFT JOIN ticket_fields AS c ON c.ticket_id = t.id AND c.name = 'cause'
LEFT JOIN ticket_fields AS p ON p.ticket_id = t.id AND p.name = 'product'
LEFT JOIN ticket_fields AS a ON a.ticket_id = t.id AND a.name = 'accepted'
LEFT JOIN ticket_fields AS r ON r.ticket_id = t.id AND r.name = 'root_cause'
WHERE t.kind = 'complaint' AND t.merged_into_id IS NULL
GROUP BY COALESCE(c.value, ''), COALESCE(p.value, '') ORDER BY total DESC, cause, product LIMIT ?
"""
MOST = 500


class Line(Struct, frozen=True):
    """Complaints of one cause about one product. `explained`: those with a root cause written down."""

    cause: str
    product: str
    total: int
    closed: int
    accepted: int
    refused: int
    explained: int


async def report(reader: Reader) -> list[Line]:
    """The most frequent first; those merged into others are counted there."""
    found = await reader.fetch(_SUM, MOST)
    return [
        Line(
            row["cause"],
            row["product"],
            row["total"],
            int(row["closed"]),
            int(row["accepted"]),
            int(row["refused"]),
            int(row["explained"]),
        )
        for row in found
    ]
