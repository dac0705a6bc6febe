"""Cells that a spreadsheet would run as a formula, written so that it does not, and read back as they were. Pure.

What begins with = + - @, a tab or a return gets an apostrophe in front. So that reading can take exactly that one off
again, what already begins with apostrophes before such a sign gets one more.
"""

from __future__ import annotations

import re

CLEAR = "<clear>"  # the word in a cell that erases a field
_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guard(cell: str) -> str:
    """As it stands in a file: no program that opens it evaluates it."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """What `guard` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def quoted(cell: str) -> str:
    """As `guard`, for a workbook, whose text cells are never evaluated: only what reading would take off is doubled."""
    return f"'{cell}" if _GUARDED.match(cell) else cell


def plain(cell: str) -> str:
    """A value as it is compared and stored: one line, single spaces, no control characters."""
    if cell.isascii() and cell.isprintable() and "  " not in cell:
        return cell.strip()
    return " ".join("".join(char if char.isprintable() or char.isspace() else "" for char in cell).split())
