"""Companies or contacts written into a file at the command line."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from crmcore.exchange import cards, exports, sinks
from hub.cli import acting, options
from kernel.unit import Store

FORMS = ("csv", "xlsx", "vcf")


class Asked(Struct, frozen=True):
    """What was typed."""

    kind: str
    target: str
    version: str
    archived: bool
    mark: bool
    delimiter: str
    colleague: str


def run(asked: Asked, config: Path | None) -> None:
    """Exit 2 for a file whose name says no format we write."""
    form = "csv" if asked.target == "-" else Path(asked.target).suffix.lower().lstrip(".")
    if form not in FORMS or asked.version not in cards.VERSIONS or len(asked.delimiter) != 1:
        expected = "FILE.csv, FILE.xlsx, FILE.vcf or -; --version 3.0 or 4.0; --delimiter one character"
        print(f"centrala: expected {expected}. Nothing was written.", file=sys.stderr)
        sys.exit(options.USAGE)
    names = exports.columns(asked.kind)

    async def act(store: Store, settings: Any) -> list[Sequence[str]]:
        actor = await acting.actor(store.reading(), asked.colleague)
        every = exports.every(store.reading(), asked.kind, actor, archived=asked.archived)
        found: list[Sequence[str]] = [tuple(map(one.__getitem__, names)) async for one in every]
        async with store.unit() as work:
            await exports.note(work, asked.kind, len(found), form, actor.id if actor else None)
        return found

    found = options.on_store(config, act)
    whole = _bytes(asked, form, names, found)
    if asked.target == "-":
        sys.stdout.buffer.write(whole)
        return
    try:
        Path(asked.target).write_bytes(whole)
    except OSError as error:
        print(f"centrala: {asked.target} cannot be written: {error.strerror}.", file=sys.stderr)
        sys.exit(options.USAGE)
    print(f"{asked.kind}: {len(found)} written to {asked.target}.")


def _bytes(asked: Asked, form: str, names: Sequence[str], found: Iterable[Sequence[str]]) -> bytes:
    if form == "xlsx":
        book = io.BytesIO()
        sinks.to_xlsx(book, [names, *found], asked.kind)
        return book.getvalue()
    if form == "vcf":
        told = (cards.written(asked.kind, dict(zip(names, one, strict=True)), asked.version) for one in found)
        return "".join(told).encode("utf-8", "replace")
    text = io.StringIO(newline="")
    sinks.to_csv(text, [names, *found], delimiter=asked.delimiter, mark=asked.mark)
    return text.getvalue().encode("utf-8", "replace")
