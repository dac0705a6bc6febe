"""A CSV file as lines with named values: its encoding and delimiter are found out, its headings recognised. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from msgspec import Struct

from kernel import errors, folding
from kernel.errors import Problem

DELIMITERS = ";,\t"
CELL_LIMIT = 10_000
Headings = Mapping[str, Sequence[str]]  # a column → the words that may stand above it, folded


class Row(Struct, frozen=True):
    """A line of the file (the first is 1) and its values by column; what is empty is absent."""

    line: int
    values: Mapping[str, str]

    def problem(self, column: str, expected: str, got: str = "") -> Problem:
        return Problem(f"line {self.line}, {column}", expected, got[:60])


class Table(Struct, frozen=True):
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    encoding: str
    delimiter: str
    ignored: tuple[str, ...]  # headings that mean nothing to us


def read(content: bytes, headings: Headings, *, required: Sequence[str]) -> Table:
    """The table in `content`. Raises Invalid if it is no table of that kind at all; lines that are wrong are listed."""
    text, encoding = decode(content)
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        first = next((cells for cells in lines if any(cells)), [])
        columns = [_column(cell, headings) for cell in first]
        _must_have(columns, first, required, headings)
        rows, problems = _rows(lines, columns)
    except csv.Error as error:
        raise errors.Invalid(
            "the file cannot be read; nothing was imported",
            problems=(Problem(f"line {lines.line_num}", "cells parted by ; or , with quotes in pairs", str(error)),),
        ) from error
    ignored = tuple(cell for cell, column in zip(first, columns, strict=True) if column is None and cell.strip())
    return Table(tuple(rows), tuple(problems), encoding, delimiter, ignored)


def decode(content: bytes) -> tuple[str, str]:
    """The text and the encoding it was in: UTF-8, with or without its mark, else Windows-1250. Raises Invalid."""
    for encoding in ("utf-8-sig", "cp1250"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            has_mark = content.startswith(b"\xef\xbb\xbf")
            return text, encoding if has_mark or encoding != "utf-8-sig" else "utf-8"
        break
    raise errors.Invalid(
        "the file cannot be read; nothing was imported",
        problems=(Problem("encoding", "a CSV file in UTF-8 or Windows-1250 (in Excel: save as CSV UTF-8)"),),
    )


def _delimiter(text: str) -> str:
    """What parts the cells of the first line that holds anything."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=head.count)


def _column(cell: str, headings: Headings) -> str | None:
    word = folding.fold(cell.replace("_", " ").replace("-", " "))
    return next((column for column, words in headings.items() if word == column or word in words), None)


def _must_have(columns: Sequence[str | None], first: Sequence[str], required: Sequence[str], known: Headings) -> None:
    problems = [Problem("heading", f"a column {column}", ", ".join(first)[:200]) for column in required]
    problems = [one for one, column in zip(problems, required, strict=True) if column not in columns]
    twice = {column for column in columns if column is not None and columns.count(column) > 1}
    problems += [Problem("heading", f"one column {column}, not several") for column in sorted(twice)]
    if problems:
        known_to_us = ", ".join(known)
        raise errors.Invalid(
            f"the first line has to name the columns (known: {known_to_us}); nothing was imported",
            problems=tuple(problems),
        )


def _rows(lines: csv._reader, columns: Sequence[str | None]) -> tuple[list[Row], list[Problem]]:  # type: ignore[name-defined]
    rows, problems = [], []
    before = lines.line_num
    for cells in lines:
        number, before = before + 1, lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        row = Row(number, _values(cells, columns))
        rows.append(row)
        if len(cells) > len(columns):
            problems.append(row.problem("cells", f"{len(columns)} cells as in the heading", f"{len(cells)} cells"))
        if any(len(cell) > CELL_LIMIT for cell in cells):
            problems.append(row.problem("cells", f"at most {CELL_LIMIT} characters in a cell"))
    return rows, problems


def _values(cells: Sequence[str], columns: Sequence[str | None]) -> dict[str, str]:
    pairs = zip(columns, cells, strict=False)
    return {column: " ".join(cell.split()) for column, cell in pairs if column is not None and cell.strip()}
