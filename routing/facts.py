"""What rules look at, gathered for a whole batch: a query for all, and only for what some rule asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from crmcore import relations
from crmcore.relations import Relation
from kernel import folding
from kernel import rows as store_rows
from kernel.unit import Reader
from routing import rules
from routing.desk import Desk
from tickets import calendar, values
from tickets.calendar import Calendar
from tickets.models import State

FOLDED = 10_000  # characters of a message whose words are looked at
_APART = re.compile(r"[\W_]+")
NEWEST = 20  # tickets of a contact whose tags count


class Words(Struct, frozen=True):
    """A message as rules see it. `sender`: with its scheme; `to`: addresses of ours."""

    channel: str
    text: str
    subject: str
    sender: str
    to: tuple[str, ...] = ()
    automatic: bool = False
    folded: str = ""
    files: int = 0
    proven: bool = True


class Customer(Struct, frozen=True):
    """Who wrote it. `has_written`: he has tickets already."""

    name: str
    language: str
    has_written: bool = False
    tags: tuple[str, ...] = ()
    companies: tuple[Relation, ...] = ()


class Matter(Struct, frozen=True):
    """A ticket as the message finds it. `begins`: the message opens it (again); `is_new`: it is its first."""

    queue: str
    priority: int
    tags: tuple[str, ...]
    kind: str
    begins: bool
    is_new: bool
    source: str = ""
    state: str = State.OPEN
    free: bool = True
    fields: tuple[str, ...] = ()  # each as name=value


class Known(Struct, frozen=True):
    """What the store says of contacts: their companies, the tags of their tickets, whether they have any.

    `fields`: of tickets, each as name=value.
    """

    companies: Mapping[int, Sequence[Relation]] = field(default_factory=dict)
    tags: Mapping[int, Sequence[str]] = field(default_factory=dict)
    fields: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def customer(self, contact_id: int, name: str, language: str) -> Customer:
        tags, companies = tuple(self.tags.get(contact_id, ())), tuple(self.companies.get(contact_id, ()))
        return Customer(name, language, contact_id in self.tags, tags, companies)


NOBODY = Known()


async def known(reader: Reader, desk: Desk, contact_ids: Sequence[int], ticket_ids: Sequence[int] = ()) -> Known:
    """What the desk's rules need to know of contacts and tickets: a query where some rule asks, and none else."""
    wanted = list(dict.fromkeys(contact_ids))
    asks_companies = rules.needed(desk.rules, "company", *rules.FACTS["company"])
    asks_tickets = rules.needed(desk.rules, "contact", "new", "tags")
    return Known(
        await relations.of(reader, wanted) if asks_companies else {},
        await _tags(reader, wanted) if asks_tickets else {},
        await _fields(reader, ticket_ids) if rules.needed(desk.rules, "ticket", "fields") else {},
    )


async def _fields(reader: Reader, ticket_ids: Sequence[int]) -> dict[int, list[str]]:
    found = await values.of_tickets(reader, ticket_ids)
    return {ticket_id: [f"{name}={value}" for name, value in held.items()] for ticket_id, held in found.items()}


async def _tags(reader: Reader, contact_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of each contact's newest tickets; who has none at all is left out."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT contact_id, tags FROM (SELECT contact_id, tags, row_number() OVER"
        " (PARTITION BY contact_id ORDER BY id DESC) AS place FROM tickets"
        f" WHERE contact_id IN ({store_rows.marks(contact_ids)})) AS newest WHERE place <= ?",
        *contact_ids,
        NEWEST,
    )
    tags: dict[int, dict[str, None]] = {}
    for row in found:
        tags.setdefault(row["contact_id"], {}).update(dict.fromkeys(store_rows.json(row["tags"]) or ()))
    return {contact_id: list(some) for contact_id, some in tags.items()}


def of_queue(desk: Desk, name: str, at: datetime) -> dict[str, Any]:
    """The facts of a queue; whether it is open is worked out only if any rule asks. Pure."""
    queue = desk.queues.get(name)
    is_open = rules.needed(desk.rules, "queue", "open") and (queue is None or calendar.is_open(queue.calendar, at))
    return {"name": name, "open": is_open, "members": list(queue.members) if queue else []}


def open_now(desk: Desk, at: datetime) -> tuple[str, ...]:
    """The calendars that are open at an instant, if any rule asks. Pure."""
    if not rules.needed(desk.rules, "hours", "open"):
        return ()
    return open_at(desk.calendars, at)


def open_at(calendars: Mapping[str, Calendar], at: datetime) -> tuple[str, ...]:
    return tuple(name for name, one in calendars.items() if calendar.is_open(one, at))


def told(
    words: Words, customer: Customer, matter: Matter, hours: Sequence[str], now: datetime, queue: dict[str, Any]
) -> dict[str, Any]:
    """The facts of a message, by the names that conditions use. `queue`: those of the one its ticket is in. Pure."""
    at = customer.companies
    return {
        "message": {
            "channel": words.channel,
            "text": words.text,
            "subject": words.subject,
            "from": words.sender,
            "to": [one.lower() for one in words.to],
            "domain": words.sender.rpartition("@")[2].lower() if "@" in words.sender else "",
            "words": words.folded,
            "automatic": words.automatic,
            "files": words.files,
            "proven": words.proven,
        },
        "contact": {
            "name": customer.name,
            "language": customer.language,
            "new": matter.is_new and matter.begins and not customer.has_written,
            "tags": list(customer.tags),
        },
        "company": {
            "name": at[0].company if at else "",
            "names": [one.company for one in at],
            "groups": _each([one.group for one in at]),
            "segments": _each([one.segment for one in at]),
            "relations": _each([one.relation for one in at]),
        },
        "hours": {"open": list(hours)},
        "ticket": {
            "new": matter.begins,
            "queue": matter.queue,
            "priority": matter.priority,
            "kind": matter.kind,
            "state": matter.state,
            "free": matter.free,
            "tags": list(matter.tags),
            "fields": list(matter.fields),
        },
        "queue": queue,
        rules.NOW: now,
    }


def folded(desk: Desk, subject: str, text: str) -> str:
    """The words of a message for finding them by how they begin, if any rule asks: folding takes its time. Pure."""
    return words_of(f"{subject} {text}") if rules.needed(desk.rules, "message", "words") else ""


def words_of(text: str) -> str:
    return f" {_APART.sub(' ', folding.fold(text[:FOLDED])).strip()} "


def _each(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, words)))
