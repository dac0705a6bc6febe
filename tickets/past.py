"""Tickets of another help desk as values, whatever format they came in. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from crmcore.figures import Figure
from tickets.models import EntryKind


class Person(Struct, frozen=True):
    """A contact of the other desk. `key`: his id there, "" where it has none."""

    figure: Figure
    key: str = ""


class PastEntry(Struct, frozen=True):
    """One message, note or event. `who`: the customer who wrote it; None where it was staff or the system.

    `message_name`: its Message-ID, so that an answer to it is recognised.
    """

    key: str
    at: datetime
    kind: EntryKind
    author: str
    text: str
    who: Person | None = None
    by_staff: bool = False
    message_name: str = ""
    source: bytes = b""


class PastTicket(Struct, frozen=True):
    """A ticket of the other desk. `number`: as people said it there; "" if it had none. A `person` alone has no key."""

    key: str
    number: str
    subject: str
    person: Person
    created_at: datetime
    closed_at: datetime
    entries: tuple[PastEntry, ...] = ()
    source: bytes = b""

    @property
    def size(self) -> int:
        """About how many rows it takes."""
        return 1 + len(self.entries)


Record = PastTicket | Person


class Tally(NamedTuple):
    """What became of records."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(*(one + two for one, two in zip(self, other, strict=True)))


def digest(record: Record) -> str:
    """What a record says, in a word: the same as long as it says the same. What it came as does not count."""
    if isinstance(record, Person):
        return hashlib.sha256(repr(record).encode("utf-8", "surrogatepass")).hexdigest()
    entries = [
        (one.key, one.at, one.kind.value, one.author, one.text, one.who, one.by_staff, one.message_name)
        for one in record.entries
    ]
    said = (record.key, record.number, record.subject, record.person, record.created_at, record.closed_at, entries)
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def name_of(ticket: PastTicket, entry: PastEntry) -> str:
    """Under which an entry is known: short enough for its column, and never another ticket's."""
    return hashlib.sha256(f"{ticket.key}\n{entry.key}".encode("utf-8", "surrogatepass")).hexdigest()
