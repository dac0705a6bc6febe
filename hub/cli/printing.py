"""How listings are printed: JSON lines with ids as strings and times in UTC, or plain columns."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson


def utc(at: datetime | None) -> str | None:
    """ISO-8601 with Z, to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def masked(address: str) -> str:
    """Enough of an address to know it again: e…@example.hu, +36…67."""
    local, at, domain = address.partition("@")
    if at:
        return f"{local[:1]}…@{domain}"
    return f"{address[:3]}…{address[-2:]}" if len(address) > 6 else "…"


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    _may_be_cut()
    for row in rows:
        print(orjson.dumps(row).decode())


def columns(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Left-aligned columns, as wide as they need to be."""
    _may_be_cut()
    table = [list(head), *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _may_be_cut() -> None:
    """A listing into `head` ends without a word, as other programs' do. Only where all work is done."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
