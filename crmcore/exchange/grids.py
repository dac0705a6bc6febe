"""A file as lines of cells under a heading, whatever its format; how it was read is told. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from msgspec import Struct

from crmcore.exchange import encodings, guard
from kernel import errors
from kernel.errors import Problem

DELIMITERS = ";,\t|"
FAULTS = "_error"  # the column that files of refused lines have more than others
CELL_LIMIT = 10_000
ROW_LIMIT = 500_000


class Typed(str):
    """A cell that stood as a number and not as a text: zeros in front of it are lost."""

    __slots__ = ()


class Line(Struct, frozen=True):
    """One line of the file. `number`: the place of its first row in the file, from 1; of a card, its place."""

    number: int
    cells: tuple[str, ...]


class Grid(Struct, frozen=True):
    """`how`: in words, what the file was taken for. `warnings`: what somebody should look at."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    how: str
    warnings: tuple[str, ...] = ()


def from_csv(content: bytes, *, encoding: str = "", delimiter: str = "") -> Grid:
    """The table in `content`. `encoding` and `delimiter` override what is found out. Raises Invalid, told by line."""
    decoded = encodings.decode(content, encoding)
    sign = delimiter or found_delimiter(decoded.text)
    csv.field_size_limit(10 * 1024 * 1024)
    reader = csv.reader(io.StringIO(decoded.text, newline=""), delimiter=sign, strict=True)
    rows: list[tuple[int, Sequence[str]]] = []
    before = 0
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num
            rows.append((number, [guard.unguard(cell) for cell in cells]))
    except csv.Error as error:
        problem = Problem(f"line {reader.line_num}", f"cells parted by {sign!r}, with quotes in pairs", str(error))
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=(problem,)) from error
    unsure = f"the encoding is a guess ({decoded.encoding}); if letters look wrong, name it with --encoding"
    shown = {"\t": "tab"}.get(sign, sign)
    how = f"CSV, {decoded.encoding}, parted by {shown}"
    return of(rows, how, () if decoded.is_sure else (unsure,))


def of(rows: Sequence[tuple[int, Sequence[str]]], how: str, warnings: tuple[str, ...] = ()) -> Grid:
    """A grid of numbered rows: the first that holds anything is the heading, empty ones are passed over.

    Raises Invalid if there is no heading, or a line has more cells than it.
    """
    held = [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]
    if not held:
        problem = Problem("heading", "a first line that names the columns", "an empty file")
        raise errors.Invalid("nothing was imported", problems=(problem,))
    header = tuple(cell.strip() for cell in held[0][1])
    while header and not header[-1]:
        header = header[:-1]
    _must_fit(held[1:], len(header))
    lines = tuple(Line(number, _padded(cells, len(header))) for number, cells in held[1:])
    return Grid(header, lines, how, warnings)


def found_delimiter(text: str) -> str:
    """What parts the cells of the first line that holds anything; signs inside quotes do not count."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _must_fit(rows: Sequence[tuple[int, Sequence[str]]], width: int) -> None:
    problems = [
        Problem(f"line {number}", f"{width} cells as in the heading", f"{len(cells)} cells")
        for number, cells in rows
        if any(cell.strip() for cell in cells[width:])
    ]
    problems += [
        Problem(f"line {number}", f"at most {CELL_LIMIT} characters in a cell")
        for number, cells in rows
        if any(len(cell) > CELL_LIMIT for cell in cells)
    ]
    if len(rows) > ROW_LIMIT:
        problems.append(Problem("file", f"at most {ROW_LIMIT} lines; split it", f"{len(rows)} lines"))
    if problems:
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=tuple(problems[:50]))


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))
