"""JSON exports as flat lists: one document, an array, one object a line, or the pages of an API one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from kernel import errors
from kernel.errors import Problem

Document = Mapping[str, Any]
DEEPEST = 6


def read(path: Path, content: bytes) -> list[Any]:
    """The JSON documents of a file. Raises Invalid, naming the line, if there is anything else in it."""
    try:
        return [orjson.loads(content)]
    except orjson.JSONDecodeError as whole:
        documents = []
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                try:
                    documents.append(orjson.loads(line))
                except orjson.JSONDecodeError as error:
                    where = f"{path.name}, line {number if documents else whole.lineno}"
                    raise errors.Invalid(
                        "the file cannot be read; nothing was imported",
                        problems=(Problem(where, "JSON: one document, or one object a line", str(error)[:60]),),
                    ) from error
        return documents


def objects(found: Any, deep: int = 0) -> Iterator[Document]:
    """Every object in lists, however these are wrapped: `{"tickets": […]}`, `{"_embedded": {…}}`, `assets` by id."""
    if deep > DEEPEST:
        return
    if isinstance(found, Sequence) and not isinstance(found, (str, bytes)):
        for one in found:
            if isinstance(one, Mapping) and (identified := _identified(one)):
                yield identified
            else:
                yield from objects(one, deep + 1)
    elif isinstance(found, Mapping):
        if identified := _identified(found):
            yield identified
        else:
            for one in found.values():
                yield from objects(one, deep + 1)


def _identified(found: Mapping[str, Any]) -> Document | None:
    """An object with a number of its own, as a number; None for what merely wraps others."""
    written = found.get("id")
    if isinstance(written, int) and not isinstance(written, bool):
        return found
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 20:
        return {**found, "id": int(written)}
    return None
