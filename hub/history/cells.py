"""A table's cells as text, from CSV in whatever encoding or from an XLSX workbook; formulas are never worked out."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import charset_normalizer
import openpyxl

from hub.history.reading import Told
from kernel import errors
from kernel.errors import Problem

DELIMITERS = ";,\t|"
CELL_LIMIT = 1_000_000  # characters: a cell may hold a whole letter
UNPACKED_LIMIT = 500 * 1024 * 1024  # bytes of a workbook, unpacked
# what exports of our five languages come in, the likeliest first
_ENCODINGS = ["utf_8", "cp1250", "cp1251", "cp1252", "iso8859_2", "koi8_r"]
_REFUSED = "the file cannot be read; nothing was imported"


def of_csv(content: bytes, encoding: str, told: Told) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells. Raises Invalid for what is no table."""
    text = _decoded(content, encoding, told)
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    before = csv.field_size_limit(CELL_LIMIT)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in lines:
            first, number = number + 1, lines.line_num
            if any(cell.strip() for cell in cells):
                yield first, [cell.strip() for cell in cells]
    except csv.Error as error:
        where = f"line {lines.line_num}"
        expected = "cells parted by ; or , with quotes in pairs"
        raise errors.Invalid(_REFUSED, problems=(Problem(where, expected, str(error)),)) from error
    finally:
        csv.field_size_limit(before)


def of_xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells of the first sheet. A formula is what it came to when the workbook was saved."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_LIMIT:
                raise errors.Invalid(_REFUSED, problems=(Problem("workbook", "at most 500 MB unpacked"),))
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        expected = "an XLSX workbook; save an older one as XLSX or CSV"
        raise errors.Invalid(_REFUSED, problems=(Problem("workbook", expected, type(error).__name__),)) from error
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            cells = [_shown(cell) for cell in row]
            if any(cells):
                yield number, cells
    finally:
        book.close()


def _decoded(content: bytes, encoding: str, told: Told) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    if not encoding:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            found = charset_normalizer.from_bytes(content, cp_isolation=_ENCODINGS).best()
            encoding = found.encoding if found else "cp1250"
            told.notes.append(f"read as {encoding}; if letters are wrong, name another: encoding = … in a mapping")
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        problem = Problem("encoding", "the name of the file's encoding, for example cp1251", encoding)
        raise errors.Invalid(_REFUSED, problems=(problem,)) from error


def _shown(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without a point, times as ISO-8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell).strip()
