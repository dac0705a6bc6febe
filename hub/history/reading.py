"""What the readers of all formats share: a record that cannot be read, dates, people, and the words of HTML. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from msgspec import Struct, field

from channels.contract import Address
from channels.email import markup
from crmcore import addresses
from crmcore.figures import Figure
from kernel import folding
from kernel.errors import Problem
from tickets.past import Person, Record

KEY_LIMIT = 200
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# schemes of the addresses that other desks know people by
MAIL, PHONE = "mailto", "tel"


class Bad(Struct, frozen=True):
    """A record that is left out. `where`: file and line or record; `source`: as it came, for the file of errors."""

    where: str
    problems: tuple[Problem, ...]
    source: Any = None


class Told(Struct):
    """What a reader has to tell beside the records: fields nobody reads, and how the file was understood."""

    ignored: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def pass_over(self, record: Mapping[str, Any], known: frozenset[str], *, of: str) -> None:
        """Count the fields of a record that mean nothing to us."""
        for name in record:
            if name not in known:
                self.ignored[f"{of}.{name}"] = self.ignored.get(f"{of}.{name}", 0) + 1


Records = Iterator[Record | Bad]


class Unreadable(Exception):
    """A field that is wrong. Carries what was expected there and what stood instead."""

    def __init__(self, field_: str, expected: str, got: object = "") -> None:
        super().__init__(field_)
        self.problem = Problem(field_, expected, str(got)[:60])


def instant(value: object, field_: str) -> datetime:
    """An ISO-8601 time as APIs write them; without a zone it is UTC. Raises Unreadable."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise Unreadable(field_, "a time as 2024-05-31T14:20:00Z", value) from error
    return sound(found, UTC, field_)


def sound(found: datetime, zone: tzinfo, field_: str) -> datetime:
    """The time in UTC, if it is one that a help desk can have lived through. Raises Unreadable."""
    at = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    if not EARLIEST <= at <= datetime.now(UTC):
        raise Unreadable(field_, "a time between 1990 and now", found)
    return at


def person(name: str, *, mail: str = "", phone: str = "", key: str = "", field_: str = "customer") -> Person:
    """A contact by what is known of him. Raises Unreadable if that is nothing.

    Also for an address that is none, unless `key` names him all the same (users of a machine: root@localhost).
    """
    found = []
    for scheme, written in ((MAIL, mail.strip()), (PHONE, phone.strip())):
        value = addresses.normal(scheme, written) if written else ""
        if value:
            found.append(Address(scheme, value))
        elif written and scheme == MAIL and not key:
            raise Unreadable(f"{field_} e-mail", addresses.expected(scheme)[1], "something else")
    bare = " ".join(name.split()) or (mail.strip() if not found else "")
    if not found and not bare and not key:
        raise Unreadable(field_, "a name, an e-mail address or a phone number", "nothing")
    named = key or ("" if found else f"name:{folding.fold(bare)}")
    return Person(Figure(bare[:200], tuple(found)), named[:KEY_LIMIT])


def words(html: str) -> str:
    """The text of a piece of HTML; scripts, pictures and links' targets stay behind."""
    return "\n".join(markup.to_lines(html)).strip()


def text_of(value: object) -> str:
    """A JSON value as text; "" for null."""
    return "" if value is None else str(value)
