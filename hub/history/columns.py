"""Which column of a table is which: by the words above them, or by a mapping that an operator wrote. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from crmcore import staff
from hub.history import words
from kernel import errors
from kernel.errors import Problem

_KEYS = frozenset({"system", "encoding", "zone", "date", "columns", "own"})
_EXPECTED = f"one of: {', '.join(sorted(_KEYS))}"


class Mapped(Struct, frozen=True):
    """How a table is to be read. `columns`: column → the very heading; `date`: a format of strptime, "" to find out.

    `own`: addresses of our own, by which staff's words are told from customers'.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    encoding: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    date: str = ""
    own: frozenset[str] = frozenset()


def load(path: Path) -> Mapped:
    """A mapping from a TOML file. Raises Invalid with every problem."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise errors.Invalid(
            "the mapping cannot be read; nothing was imported",
            problems=(Problem(path.name, "a TOML file in UTF-8", type(error).__name__),),
        ) from error
    problems = [Problem(f"{path.name}, {key}", _EXPECTED) for key in found if key not in _KEYS]
    columns = found.get("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(one, str) for one in columns.values()):
        problems.append(Problem(f"{path.name}, columns", 'a table as number = "Ticket no."'))
        columns = {}
    known = f"one of: {', '.join(words.COLUMNS)}"
    problems += [Problem(f"{path.name}, columns.{name}", known) for name in columns if name not in words.COLUMNS]
    zone = staff.known_zone(str(found.get("zone", "UTC")))
    if zone is None:
        problems.append(Problem(f"{path.name}, zone", "a time zone, for example Europe/Warsaw", str(found["zone"])))
    if problems:
        raise errors.Invalid("the mapping does not hold together; nothing was imported", problems=tuple(problems))
    own = frozenset(str(one).lower() for one in found.get("own", ()))
    said = {key: str(found.get(key, "")) for key in ("system", "encoding", "date")}
    return Mapped(columns, zone=ZoneInfo(zone or "UTC"), own=own, **said)


def written(mapped: Mapped, columns: Mapping[str, str]) -> dict[str, Any]:
    """The mapping as a file would have it, with the columns that were recognised."""
    found: dict[str, Any] = {"zone": mapped.zone.key}
    said = {"system": mapped.system, "encoding": mapped.encoding, "date": mapped.date}
    found |= {key: value for key, value in said.items() if value}
    if mapped.own:
        found["own"] = sorted(mapped.own)
    return found | {"columns": dict(columns)}


def recognise(headings: Sequence[str], mapped: Mapped) -> dict[str, int]:
    """Column → its place among `headings`. Raises Invalid if a mapped one is missing, or two are one column."""
    places: dict[str, int] = {}
    problems = []
    for column, heading in mapped.columns.items():
        if heading in headings:
            places[column] = list(headings).index(heading)
        else:
            problems.append(Problem("heading", f"a column {heading!r}, as the mapping says", ", ".join(headings)[:200]))
    for place, heading in enumerate(headings):
        known = words.column(heading)
        if known is None or known in mapped.columns or place in places.values():
            continue
        if known in places:
            twice = f"one column {known}; say which in a mapping: [columns] {known} = …"
            problems.append(Problem("heading", twice, f"{headings[places[known]]}, {heading}"))
        places[known] = place
    if problems:
        raise errors.Invalid("the first line has to name the columns; nothing was imported", problems=tuple(problems))
    return places
