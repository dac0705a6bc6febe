"""An XLSX workbook as a grid: the first sheet that holds anything, values only; formulas are never evaluated. Pure."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

from crmcore.exchange import grids, guard
from crmcore.exchange.grids import Grid, Line, Typed
from kernel import errors
from kernel.errors import Problem

Cell = int | float | str | bool | time | date | datetime | timedelta
SIGNATURE = b"PK\x03\x04"


def read(content: bytes) -> Grid:
    """The table in a workbook. Raises Invalid if it cannot be opened or has none."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
        held = next((sheet for sheet in sheets if sheet.height), None)
        rows: list[list[Cell]] = held.to_python(skip_empty_area=False) if held else []
    except (CalamineError, OSError, ValueError) as error:
        problem = Problem("file", "an XLSX workbook without a password", type(error).__name__)
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=(problem,)) from error
    numbered = [(number, [written(cell) for cell in cells]) for number, cells in enumerate(rows, 1)]
    return _with_zeros(grids.of(numbered, f"XLSX, sheet {held.name if held else ''}"))


def written(cell: Cell) -> str:
    """A cell as a person reads it: whole numbers without a point, dates as ISO writes them."""
    if isinstance(cell, str):
        return guard.unguard(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (int, float)):
        return Typed(int(cell) if float(cell).is_integer() else cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return str(cell) if isinstance(cell, timedelta) else cell.isoformat()


def _with_zeros(grid: Grid) -> Grid:
    """Numbers get the zeros back that the sheet has eaten, where the column's texts show how long they are."""
    lengths = [_length([line.cells[place] for line in grid.lines]) for place in range(len(grid.header))]
    if not any(lengths):
        return grid
    padded: Counter[int] = Counter()
    lines = []
    for line in grid.lines:
        cells = list(line.cells)
        for place, length in enumerate(lengths):
            cell = cells[place]
            if length and isinstance(cell, Typed) and cell.isdigit() and len(cell) < length:
                cells[place] = cell.zfill(length)
                padded[place] += 1
        lines.append(Line(line.number, tuple(cells)))
    warnings = [
        f"{grid.header[place]}: {count} cells stood as numbers; zeros were put in front to make {lengths[place]} digits"
        for place, count in padded.items()
    ]
    return Grid(grid.header, tuple(lines), grid.how, (*grid.warnings, *warnings))


def _length(cells: Sequence[str]) -> int:
    """How many digits every text of a column has that begins with a zero; 0 if they do not agree or there are none."""
    texts = {len(cell) for cell in cells if not isinstance(cell, Typed) and cell.isdigit()}
    begins = any(cell.startswith("0") for cell in cells if not isinstance(cell, Typed) and cell.isdigit())
    longest = max((len(cell) for cell in cells if isinstance(cell, Typed)), default=0)
    [length] = texts if len(texts) == 1 else [0]
    return length if begins and longest <= length else 0
