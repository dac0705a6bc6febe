"""Tables of tickets, of messages a line, or of contacts only: lines of one number are one ticket. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
from msgspec import Struct

from hub.history import columns, reading, words
from hub.history.columns import Mapped
from hub.history.reading import Bad, Records, Told, Unreadable
from kernel import errors
from kernel.errors import Problem
from tickets.models import EntryKind
from tickets.past import PastEntry, PastTicket, Person

_EUROPEAN = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y.%m.%d. %H:%M", "%Y.%m.%d.", "%Y.%m.%d %H:%M")
_DATES = (*_EUROPEAN, "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d. %m. %Y %H:%M", "%d. %m. %Y")
_EXPECTED = "a time as 2024-05-31 14:20 or 31.05.2024 14:20; name other forms in a mapping: date = …"


Cells = Iterable[tuple[int, list[str]]]  # line numbers and what stands in them


class Line(Struct, frozen=True):
    """A line with its values by column; what is empty is absent."""

    number: int
    values: Mapping[str, str]

    def get(self, column: str) -> str:
        return self.values.get(column, "")


def read(name: str, cells: Cells, mapped: Mapped, told: Told) -> Records:
    """The records of a table, in the order of their first lines. Raises Invalid if its heading is no heading."""
    lines = iter(cells)
    _, headings = next(lines, (0, []))
    places = columns.recognise(headings, mapped)
    _must_have(places, headings)
    known = {column: headings[place] for column, place in places.items()}
    told.notes.append("columns: " + ", ".join(f"{column} = {heading}" for column, heading in known.items()))
    read_lines: list[Line] = []
    for number, row in lines:
        values = {column: row[place] for column, place in places.items() if place < len(row) and row[place]}
        read_lines.append(Line(number, values))
    for place, heading in enumerate(headings):
        if heading and place not in places.values():
            told.ignored[heading] = len(read_lines)
    if "number" not in places:
        yield from (_contact(name, line) for line in read_lines)
        return
    grouped: dict[str, list[Line]] = {}
    for line in read_lines:
        grouped.setdefault(line.get("number").lstrip("#").strip() or f"\n{line.number}", []).append(line)
    for key, some in grouped.items():
        yield _ticket(name, key, some, mapped)


def recognised(cells: Cells, mapped: Mapped) -> dict[str, str]:
    """Column → heading, to be written down as a mapping."""
    _, headings = next(iter(cells), (0, []))
    return {column: headings[place] for column, place in columns.recognise(headings, mapped).items()}


def _must_have(places: Mapping[str, int], headings: Sequence[str]) -> None:
    people = {"name", "email", "phone"} & places.keys()
    if people and ("number" not in places or places.keys() & {"created", "at"}):
        return
    expected = "a column of people (name, email, phone); for tickets also number, and created or at"
    problem = Problem("heading", expected, ", ".join(headings)[:200])
    raise errors.Invalid("the first line has to name the columns; nothing was imported", problems=(problem,))


def _contact(name: str, line: Line) -> Person | Bad:
    try:
        found = _person(line)
    except Unreadable as error:
        return Bad(f"{name}, line {line.number}", (error.problem,), dict(line.values))
    if found.key:
        return found
    return Person(found.figure, "".join(str(one) for one in found.figure.addresses[:1])[: reading.KEY_LIMIT])


def _ticket(name: str, key: str, lines: list[Line], mapped: Mapped) -> PastTicket | Bad:
    where = f"{name}, line {lines[0].number}"
    if key.startswith("\n"):
        return Bad(where, (Problem("number", "the ticket's number", "nothing"),), dict(lines[0].values))
    try:
        first = next((line for line in lines if line.get("email") or line.get("phone") or line.get("name")), lines[0])
        where = f"{name}, line {first.number}"
        customer = _person(first)
        entries = []
        for place, line in enumerate(lines):
            where = f"{name}, line {line.number}"
            if line.get("text"):
                entries.append(_entry(place, line, customer, mapped))
        where = f"{name}, line {lines[0].number}"
        times = [entry.at for entry in entries]
        created_at = _at(lines, "created", mapped) or min(times, default=None) or _at(lines, "at", mapped)
        if created_at is None:
            raise Unreadable("created", _EXPECTED, "nothing")
        closed_at = _at(lines, "closed", mapped) or max(times, default=created_at)
    except Unreadable as error:
        return Bad(where, (error.problem,), [dict(line.values) for line in lines])
    return PastTicket(
        key=key[: reading.KEY_LIMIT],
        number=key[:60],
        subject=next((line.get("subject") for line in lines if line.get("subject")), ""),
        person=customer,
        created_at=created_at,
        closed_at=max(closed_at, created_at),
        entries=tuple(entries),
        source=orjson.dumps([dict(line.values) for line in lines]),
    )


def _person(line: Line) -> Person:
    return reading.person(line.get("name"), mail=line.get("email"), phone=line.get("phone"))


def _entry(place: int, line: Line, customer: Person, mapped: Mapped) -> PastEntry:
    kind = words.kind(line.get("kind")) if line.get("kind") else None
    if line.get("kind") and kind is None:
        raise Unreadable("kind", f"one of: {', '.join(words.KINDS)}", line.get("kind"))
    author = line.get("author")
    is_ours = any(own in author.lower() for own in mapped.own) if author else False
    kind = kind or ("staff" if is_ours or (author and not _is_his(author, customer)) else "customer")
    at = _at([line], "at", mapped) or _at([line], "created", mapped)
    if at is None:
        raise Unreadable("at", _EXPECTED, "nothing")
    return PastEntry(
        key=f"{place}:{at.isoformat()}",
        at=at,
        kind=EntryKind.NOTE if kind == "note" else EntryKind.MESSAGE,
        author=author or (customer.figure.name if kind == "customer" else "staff"),
        text=line.get("text"),
        who=customer if kind == "customer" else None,
        by_staff=kind != "customer",
    )


def _is_his(author: str, customer: Person) -> bool:
    names = {customer.figure.name.casefold(), *(one.value.casefold() for one in customer.figure.addresses)}
    return any(name and (name in author.casefold()) for name in names)


def _at(lines: Sequence[Line], column: str, mapped: Mapped) -> datetime | None:
    written = next((line.get(column) for line in lines if line.get(column)), "")
    if not written:
        return None
    for read_as in (mapped.date,) if mapped.date else ("", *_DATES):
        try:
            found = datetime.strptime(written, read_as) if read_as else datetime.fromisoformat(written)  # noqa: DTZ007
        except ValueError:
            continue
        return reading.sound(found, mapped.zone, column)
    raise Unreadable(column, f"a time as {mapped.date}" if mapped.date else _EXPECTED, written)
