"""What listings share: all pages of one, and how it is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from hub.cli import printing

One = TypeVar("One")
Place = TypeVar("Place")


async def whole(
    page: Callable[[Place], Awaitable[Sequence[One]]], place: Callable[[One], Place], *, first: Place
) -> list[One]:
    """Page by page, each asked for by the place of the last one before; `first` is before all."""
    found: list[One] = []
    while more := await page(place(found[-1]) if found else first):
        found += more
    return found


def tell(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], *, as_json: bool) -> None:
    """All that is known as JSON lines, or `keys` as columns."""
    if as_json:
        printing.json_lines(rows)
        return
    printing.columns([key.upper() for key in keys], [[_cell(row[key]) for key in keys] for row in rows])


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value
