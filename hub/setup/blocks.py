"""The settings file as blocks of lines: a table with the comments above it, taken out or moved as a whole. Pure.

What a block is, is found line by line; the caller reads the result back and compares before anything is written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

_HEADER = re.compile(r"\s*\[\[?[^\[\]].*\]\]?\s*(?:#.*)?")


class Block(Struct, frozen=True):
    """Lines of one table, the comments right above it among them. `is_item`: it begins an item of a list."""

    path: tuple[str, ...]
    is_item: bool
    lines: tuple[str, ...]

    @property
    def body(self) -> tuple[str, ...]:
        """Without the empty lines behind it."""
        end = len(self.lines)
        while end and not self.lines[end - 1].strip():
            end -= 1
        return self.lines[:end]

    @property
    def gap(self) -> tuple[str, ...]:
        return self.lines[len(self.body) :]


def removed(text: str, key: Sequence[str]) -> str:
    """The text without the table of that path ("queues", "cards"), or the item of that number ("rules", "2")."""
    blocks, gone = _blocks(text), set(_places(_blocks(text), key))
    return _joined([block for place, block in enumerate(blocks) if place not in gone])


def moved(text: str, key: Sequence[str], to: int) -> str:
    """The text with the item of that number ("rules", "2") at the place `to` among its like."""
    blocks = _blocks(text)
    items: list[list[int]] = []
    while places := _places(blocks, (key[0], str(len(items)))):
        items.append(places)
    order = [place for place in range(len(items)) if place != int(key[1])]
    order.insert(to, int(key[1]))
    slots = {items[slot][0]: [blocks[place] for place in items[source]] for slot, source in enumerate(order)}
    gaps = {items[slot][0]: blocks[items[slot][-1]].gap for slot in range(len(items))}
    inner = {place for some in items for place in some[1:]}
    result: list[Block] = []
    for place, block in enumerate(blocks):
        if place in slots:
            *first, last = slots[place]
            result += [*first, Block(last.path, last.is_item, (*_ended(last.body), *gaps[place]))]
        elif place not in inner:
            result.append(block)
    return _joined(result)


def _places(blocks: Sequence[Block], key: Sequence[str]) -> list[int]:
    """The blocks of a table with its own tables, or of an item with the tables inside it."""
    if not key[-1].isdigit():
        return [place for place, block in enumerate(blocks) if block.path[: len(key)] == tuple(key)]
    number, found = -1, []
    for place, block in enumerate(blocks):
        if block.path == (key[0],) and block.is_item:
            number += 1
        if block.path[:1] == (key[0],) and number == int(key[1]):
            found.append(place)
    return found


def _blocks(text: str) -> list[Block]:
    lines = text.splitlines(keepends=True)
    starts = [(place, found) for place, line in enumerate(lines) if (found := _header(line))]
    begins = [_above(lines, place) for place, _ in starts]
    ends = [*begins[1:], len(lines)]
    head = [Block((), False, tuple(lines[: begins[0] if begins else len(lines)]))]
    tables = [
        Block(path, is_item, tuple(lines[begin:end]))
        for (_, (path, is_item)), begin, end in zip(starts, begins, ends, strict=True)
    ]
    return head + tables


def _above(lines: Sequence[str], place: int) -> int:
    """Where the comments begin that stand right above a header."""
    while place and lines[place - 1].lstrip().startswith("#"):
        place -= 1
    return place


def _header(line: str) -> tuple[tuple[str, ...], bool] | None:
    """The path of a table's header, and whether it begins an item of a list; None for any other line."""
    if not _HEADER.fullmatch(line.rstrip("\r\n")):
        return None
    try:
        found: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    is_item = False
    while found:
        is_item = isinstance(found, list)
        found = found[0] if is_item else found
        if isinstance(found, dict) and found:
            [(name, found)] = found.items()
            path.append(name)
    return tuple(path), is_item


def _ended(lines: Sequence[str]) -> tuple[str, ...]:
    return (*lines[:-1], lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}\n") if lines else ()


def _joined(blocks: Sequence[Block]) -> str:
    return "".join(line for block in blocks for line in block.lines)
