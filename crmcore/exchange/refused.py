"""Lines that were not taken, and the file of them: as they stood, with a last column that says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from crmcore.exchange import sinks
from crmcore.exchange.drafts import Fault
from crmcore.exchange.grids import FAULTS, Grid


class Refused(Struct, frozen=True):
    """`what`: conflict or error."""

    line: int
    key: str
    what: str
    faults: tuple[Fault, ...]

    @property
    def said(self) -> str:
        return "; ".join(f"{fault.column}: {fault.message}" for fault in self.faults)


def write(file: Path, grid: Grid, refused: Sequence[Refused]) -> None:
    """As a workbook if the name says so, else as CSV. Mended, it can be imported: the last column is passed over."""
    if file.suffix.lower() == ".xlsx":
        with file.open("wb") as out:
            sinks.to_xlsx(out, _rows(grid, refused), "refused")
        return
    with file.open("w", encoding="utf-8", newline="") as out:
        sinks.to_csv(out, _rows(grid, refused), mark=True)


def _rows(grid: Grid, refused: Sequence[Refused]) -> Iterator[Sequence[str]]:
    kept = [place for place, cell in enumerate(grid.header) if cell != FAULTS]
    yield [*(grid.header[place] for place in kept), FAULTS]
    lines = {line.number: line.cells for line in grid.lines}
    for one in sorted(refused, key=lambda one: one.line):
        cells = lines[one.line]
        yield [*(str(cells[place]) for place in kept), one.said]
