"""Files that come with a form: written to the file store, or only named where they are larger than any answer takes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable
from typing import Any

from aiohttp.web import FileField

from channels.contract import File
from channels.files import FileStore
from tickets import enclosing

BODY_LIMIT = enclosing.WHOLE_LIMIT + 3 * enclosing.MEGABYTE  # what is a little too large is told so in words


async def taken(store: FileStore | None, given: Iterable[Any]) -> tuple[File, ...]:
    """The files of a form, in order. A field where nothing was chosen is none. Raises OSError without room."""
    found = [one for one in given if isinstance(one, FileField)]
    try:
        return tuple([await _taken(store, one) for one in found if one.filename])
    finally:
        dropped(found)


def dropped(given: Iterable[Any]) -> bool:
    """Let the files of a form go; True if there were any."""
    found = [one for one in given if isinstance(one, FileField)]
    for field in found:
        field.file.close()
    return any(field.filename for field in found)


async def _taken(store: FileStore | None, field: FileField) -> File:
    size = await asyncio.to_thread(field.file.seek, 0, io.SEEK_END)
    kept = ""
    if store is not None and 0 < size <= enclosing.FILE_LIMIT:
        await asyncio.to_thread(field.file.seek, 0)
        kept = await store.keep(await asyncio.to_thread(field.file.read))
    return File(field.filename, field.content_type, size, kept=kept)
