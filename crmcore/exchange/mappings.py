"""Which column of a file is which field: by its heading's words, as somebody said last time, or as he says now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import orjson
from msgspec import Struct

from crmcore.exchange import guard
from crmcore.exchange.fields import IGNORED, KINDS, Field
from crmcore.exchange.grids import FAULTS, Grid, Line, Typed
from crmcore.models.exchange import ImportMapping
from kernel import errors, folding, ids, rows
from kernel.errors import Problem
from kernel.unit import Reader, Work

Columns = tuple[str, ...]  # a field a column, "" for a column that is not used


class Record(Struct, frozen=True):
    """A line by fields; what is empty is absent. `typed`: fields that stood as numbers in a sheet."""

    line: int
    values: Mapping[str, str]
    typed: frozenset[str] = frozenset()


def guessed(kind: str, header: Sequence[str]) -> Columns:
    """By the words above the columns; of several columns that one word fits, the first counts."""
    known = _words(KINDS[kind])
    found: list[str] = []
    for cell in header:
        field = known.get(word(cell), "")
        is_free = field not in found or (field != "" and KINDS[kind][field].is_many)
        found.append(field if is_free else "")
    return tuple(found)


def overridden(kind: str, header: Sequence[str], columns: Columns, wishes: Sequence[str]) -> Columns:
    """With what was said of single columns: `Firma=company.name`, or `Uwagi=-` for one to pass over. Raises Invalid."""
    places = {word(cell): place for place, cell in reversed(list(enumerate(header)))}
    found, problems = list(columns), []
    for wish in wishes:
        heading, sign, written = wish.rpartition("=")
        field = written.strip().rpartition(".")[2]
        place = places.get(word(heading))
        if not sign or place is None:
            problems.append(Problem("map", f"a heading of the file, one of: {', '.join(header)}"[:300], wish[:60]))
        elif field not in KINDS[kind] and field != IGNORED:
            problems.append(Problem("map", f"one of: {', '.join(KINDS[kind])}, or - for none", written[:60]))
        else:
            found = ["" if one == field and not KINDS[kind][field].is_many else one for one in found]
            found[place] = "" if field == IGNORED else field
    if problems:
        raise errors.Invalid("nothing was imported", problems=tuple(problems))
    return tuple(found)


def must_name(kind: str, header: Sequence[str], columns: Columns) -> None:
    """Raises Invalid if no column says who a line is about."""
    if {"name", "number", "external_id", "tax_number", "mail", "phone", "given_name", "family_name"} & set(columns):
        return
    expected = "a column that is known, at least the name; say which: --map HEADING=name"
    problem = Problem("heading", expected, ", ".join(header)[:200])
    raise errors.Invalid("nothing was imported", problems=(problem,))


def records(kind: str, grid: Grid, columns: Columns) -> list[Record]:
    """The lines by field."""
    wanted = [(place, field) for place, field in enumerate(columns) if field and not KINDS[kind][field].is_told]
    return [_record(line, wanted) for line in grid.lines]


def unused(header: Sequence[str], columns: Columns) -> list[str]:
    """Headings whose columns are passed over, faults of an earlier import aside."""
    return [cell for cell, field in zip(header, columns, strict=True) if not field and cell and cell != FAULTS]


def fingerprint(header: Sequence[str]) -> str:
    """The same for files with the same headings in the same order, faults of an earlier import aside."""
    told = "\x1f".join(word(cell) for cell in header if cell != FAULTS)
    return hashlib.sha256(told.encode()).hexdigest()


async def saved(reader: Reader, kind: str, header: Sequence[str]) -> Columns | None:
    """What was said of a file with these headings before."""
    row = await reader.one(
        "SELECT columns FROM import_mappings WHERE kind = ? AND fingerprint = ?", kind, fingerprint(header)
    )
    columns = iter(rows.json(row["columns"])) if row else None
    return tuple("" if cell == FAULTS else next(columns, "") for cell in header) if columns else None


async def save(work: Work, kind: str, header: Sequence[str], columns: Columns) -> None:
    """Remember it for the next file with these headings."""
    told = [field for cell, field in zip(header, columns, strict=True) if cell != FAULTS]
    new = {"id": ids.new(), "kind": kind, "fingerprint": fingerprint(header), "columns": told, "changed_at": work.now}
    conflict = (
        "ON CONFLICT (kind, fingerprint) DO UPDATE SET columns = excluded.columns, changed_at = excluded.changed_at"
    )
    await work.insert(ImportMapping, [new], conflict=conflict)


def digest(grid: Grid, columns: Columns) -> str:
    """The same for the same lines read the same way: by it an import that was cut off is found again."""
    cells = [[line.number, *line.cells] for line in grid.lines]
    return hashlib.sha256(orjson.dumps([grid.header, columns, cells], default=str)).hexdigest()


def word(cell: str) -> str:
    """A heading as it is looked up."""
    return folding.fold("".join(" " if char in "_-./:" else char for char in cell))


def _words(fields: Mapping[str, Field]) -> dict[str, str]:
    found = {one: name for name, field in fields.items() for one in field.words}
    return found | {name.replace("_", " "): name for name in fields}


def _record(line: Line, wanted: Sequence[tuple[int, str]]) -> Record:
    values: dict[str, str] = {}
    typed = []
    for place, field in wanted:
        cell = line.cells[place]
        value = guard.plain(cell) if cell else ""
        if not value:
            continue
        values[field] = f"{values[field]}; {value}" if field in values else value
        if isinstance(cell, Typed):
            typed.append(field)
    return Record(line.number, values, frozenset(typed))
