"""Files that stand in the stored message itself: written to the file store before any row names them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec.structs import replace

from channels.attachments import MOST
from channels.contract import File, Inbound, Kind, Raw
from channels.files import FileStore

Cut = Callable[[Raw, File], bytes]


async def kept(files: FileStore, raw: Raw, inbound: Inbound, cut: Cut, *, limit: int) -> Inbound:
    """The message with its files on disk; what is larger than `limit` bytes is left where it is, and named.

    Raises OSError where there is no room.
    """
    if inbound.kind not in (Kind.MESSAGE, Kind.EVENT) or inbound.group:
        return inbound
    found = [await _kept(files, raw, file, cut, limit) for file in inbound.files[:MOST]]
    return replace(inbound, files=tuple(found))


async def _kept(files: FileStore, raw: Raw, file: File, cut: Cut, limit: int) -> File:
    if file.size is not None and file.size > limit:
        return file
    try:
        body = await asyncio.to_thread(cut, raw, file)
    except ValueError:  # what the parser named is not there: shown by its name, and that is all
        return replace(file, reference="")
    return replace(file, kept=await files.keep(body), size=len(body))
