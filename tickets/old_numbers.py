"""Old names of tickets in later mail: another desk's number in a subject, a Message-ID of its time in references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from msgspec import Struct, field
from pydantic import AfterValidator, Field

from channels.messages import Arrived
from kernel import rows
from kernel.errors import Misread
from kernel.phrases import Phrase
from kernel.settings import Section
from kernel.unit import Reader
from tickets.belonging import Clue

PLACE = "{number}"
DEFAULT = ("[Ticket#{number}]", "[Ticket #{number}]", "Ticket#{number}", "Ticket #{number}", "[#{number}]")
REFERENCES = 20
PAGE = 500
_MOST = 5  # numbers of one subject that are looked up


def _pattern(written: str) -> str:
    """Raises ValueError for one that has no number, or nothing else."""
    before, place, after = written.partition(PLACE)
    if not place or not (before.strip() or after.strip()) or PLACE in after:
        expected = Phrase(
            "words with one {place} among them, for example {example}", place=PLACE, example=f"[Ticket#{PLACE}]"
        )
        raise Misread("", expected, repr(written))
    return written


class Patterns(Struct, frozen=True):
    """How numbers stand in subjects: a system's own patterns, and the common ones for those that have none."""

    own: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    common: tuple[re.Pattern[str], ...] = ()

    def read(self, subject: str) -> list[tuple[str, str]]:
        """(system, number) pairs that a subject carries; system "" for any that has no patterns of its own. Pure."""
        found = [("", number) for number in _numbers(self.common, subject)]
        for system, patterns in self.own.items():
            found += [(system, number) for number in _numbers(patterns, subject)]
        return list(dict.fromkeys(found))[:_MOST]

    def covers(self, system: str, number: str, read: Iterable[tuple[str, str]]) -> bool:
        return ((system if system in self.own else ""), number) in read


class History(Section):
    """`patterns`: how the numbers of another help desk stand in subjects, by its name."""

    patterns: dict[str, tuple[Annotated[str, AfterValidator(_pattern)], ...]] = Field(default_factory=dict)

    @property
    def compiled(self) -> Patterns:
        return patterns(self.patterns)


def patterns(written: Mapping[str, Sequence[str]]) -> Patterns:
    """The patterns as the settings have them: words with `{number}` in the number's place. Raises ValueError."""
    own = {system: tuple(_compiled(one) for one in some) for system, some in written.items()}
    return Patterns(own, tuple(_compiled(one) for one in DEFAULT))


async def continued(
    reader: Reader, arrived: Sequence[tuple[Arrived, int]], known: Patterns
) -> dict[int, tuple[int, Clue]]:
    """Message id → the ticket of another desk that it goes on with and what says so, for (message, contact) pairs.

    Only the people of that ticket go on with it: its contact, and whoever wrote in it.
    """
    read = {one.id: known.read(one.inbound.subject) for one, _ in arrived if one.inbound.subject}
    names = {one.id: list(one.inbound.references[-REFERENCES:]) for one, _ in arrived}
    wanted = sorted({number for found in read.values() for _, number in found})
    by_number = await _by_number(reader, wanted)
    by_name = await _by_name(reader, sorted({name for some in names.values() for name in some}))
    meant: dict[int, dict[int, Clue]] = {}
    for one, _ in arrived:
        found = {by_name[name]: Clue.EARLIER for name in reversed(names[one.id]) if name in by_name}
        for system, number, ticket_id in by_number:
            if known.covers(system, number, read.get(one.id, ())):
                found.setdefault(ticket_id, Clue.SUBJECT)
        if found:
            meant[one.id] = found
    people = await _people(reader, {ticket_id for some in meant.values() for ticket_id in some})
    own = {
        one.id: next((clue for clue in meant.get(one.id, {}).items() if (clue[0], contact) in people), None)
        for one, contact in arrived
    }
    return {message_id: clue for message_id, clue in own.items() if clue is not None}


async def _by_number(reader: Reader, numbers: Sequence[str]) -> list[tuple[str, str, int]]:
    """(system, number, ticket): a number may be several desks'."""
    if not numbers:
        return []
    found = await reader.fetch(
        "SELECT system, number, ticket_id FROM foreign_records"
        f" WHERE kind = 'ticket' AND number IN ({rows.marks(numbers)}) LIMIT {PAGE}",
        *numbers,
    )
    return [(row["system"], row["number"], row["ticket_id"]) for row in found]


async def _by_name(reader: Reader, names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(names), PAGE):
        some = names[start : start + PAGE]
        fetched = await reader.fetch(
            "SELECT message_name, ticket_id FROM foreign_records"
            f" WHERE message_name IS NOT NULL AND message_name IN ({rows.marks(some)})",
            *some,
        )
        found |= {row["message_name"]: row["ticket_id"] for row in fetched}
    return found


async def _people(reader: Reader, ticket_ids: set[int]) -> set[tuple[int, int]]:
    if not ticket_ids:
        return set()
    found = await reader.fetch(
        "SELECT DISTINCT ticket_id, contact_id FROM foreign_records"
        f" WHERE contact_id IS NOT NULL AND ticket_id IN ({rows.marks(list(ticket_ids))})",
        *ticket_ids,
    )
    return {(row["ticket_id"], row["contact_id"]) for row in found}


def _numbers(some: Iterable[re.Pattern[str]], subject: str) -> list[str]:
    return [found for pattern in some for found in pattern.findall(subject)]


def _compiled(written: str) -> re.Pattern[str]:
    before, _, after = _pattern(written).partition(PLACE)
    return re.compile(rf"{re.escape(before)}(\d{{1,20}})(?!\d){re.escape(after)}", re.IGNORECASE)
