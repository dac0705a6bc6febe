"""New tickets held against what stands: those that show an incident's sign belong to it, others may make a new one.

Bounded: the newest tickets of half an hour, at most `bursts.MOST` of them, by a few queries however many there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from kernel import folding
from kernel.unit import Reader
from routing import bursts, incident_book
from routing.bursts import Burst, Letter
from routing.incident_book import Incident, State

WINDOW = timedelta(minutes=30)
REFUSED_FOR = timedelta(hours=2)  # what a person said no to is not suggested again meanwhile
STATIONS = 5_000
# New tickets without an incident, with the customer's first words; a machine's letter says nothing of a cause.
_NEW = """
SELECT t.id, t.contact_id, t.subject, m.text FROM tickets AS t JOIN messages AS m ON m.id = (
 SELECT min(e.message_id) FROM entries AS e WHERE e.ticket_id = t.id AND e.author_kind = 'customer')
WHERE t.id > ? AND t.created_at >= ? AND t.state NOT IN ('closed', 'solved') AND NOT m.automatic
AND NOT EXISTS (SELECT 1 FROM incident_tickets AS i WHERE i.ticket_id = t.id) ORDER BY t.id DESC LIMIT ?
"""


class Seen(Struct, frozen=True):
    """What a look has found: incident → tickets that show its sign, and bursts that nobody has looked at."""

    belongs: Mapping[Incident, Sequence[int]]
    bursts: Sequence[Burst]


async def newest(reader: Reader) -> int:
    """The id of the newest ticket; 0 where there is none."""
    row = await reader.one("SELECT max(id) AS id FROM tickets")
    return int(row["id"] or 0) if row else 0


async def look(reader: Reader) -> Seen:
    """At what has come in since half an hour."""
    found = await reader.fetch(_NEW, 0, reader.now - WINDOW, bursts.MOST)
    if not found:
        return Seen({}, ())
    regions = await _regions(reader)
    standing = [one for one in await incident_book.live(reader) if one.sign and one.state is not State.CLOSING]
    refused = await incident_book.dismissed(reader, reader.now - REFUSED_FOR)
    texts = [(row["id"], row["contact_id"], f"{row['subject']}\n{row['text']}") for row in found]
    return await asyncio.to_thread(_held_against, texts, regions, standing, refused)


def _held_against(
    texts: Sequence[tuple[int, int, str]],
    regions: Mapping[str, str],
    standing: Sequence[Incident],
    refused: Sequence[str],
) -> Seen:
    """Some milliseconds of arithmetic. Pure."""
    letters = [bursts.letter(ticket_id, contact_id, text, regions) for ticket_id, contact_id, text in texts]
    belongs: dict[Incident, list[int]] = {}
    left: list[Letter] = []
    for one in letters:
        own = next((incident for incident in standing if bursts.fits(incident.sign, one)), None)
        if own is not None:
            belongs.setdefault(own, []).append(one.ticket_id)
        elif not any(bursts.fits(sign, one) for sign in refused):
            left.append(one)
    return Seen(belongs, bursts.find(left))


async def _regions(reader: Reader) -> dict[str, str]:
    """Code in capitals → region, of every station."""
    found = await reader.fetch("SELECT code, region FROM stations ORDER BY code LIMIT ?", STATIONS)
    return {folding.fold(row["code"]).upper(): row["region"] for row in found if len(row["code"]) > 2}
