"""Rows of cells written as CSV or XLSX, so that no spreadsheet runs one of them as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, BinaryIO

import xlsxwriter

from crmcore.exchange import guard

MARK = "\ufeff"
WIDTH = 22  # of a column, in characters


def to_csv(out: IO[str], rows: Iterable[Sequence[str]], *, delimiter: str = ";", mark: bool = False) -> int:
    """Write lines, the heading first; returns how many there were below it. `mark`: Excel then knows it is UTF-8."""
    out.write(MARK if mark else "")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    count = -1
    for cells in rows:
        writer.writerow([guard.guard(cell) for cell in cells])
        count += 1
    return max(count, 0)


def to_xlsx(out: BinaryIO, rows: Iterable[Sequence[str]], sheet: str) -> int:
    """As `to_csv`. All cells are texts, marked so that also editing one makes no formula of it."""
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(sheet[:31])
    head, text = book.add_format({"bold": True}), book.add_format({"quote_prefix": True, "num_format": "@"})
    count = -1
    for place, cells in enumerate(rows):
        page.set_column(0, len(cells) - 1, WIDTH) if place == 0 else None
        for column, cell in enumerate(cells):
            if cell:
                page.write_string(place, column, guard.quoted(cell), head if place == 0 else text)
        count += 1
    page.freeze_panes(1, 0)
    book.close()
    return max(count, 0)
