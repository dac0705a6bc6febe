"""Files that customers send by a link: read piece by piece into a nameless file on disk, and stored in one message.

What does not arrive whole, or is too much, leaves nothing behind: the file has no name, so that even a kill removes it.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from typing import IO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from msgspec import Struct, field

from channels import filenames, uploads
from channels.contract import Accept, Raw
from channels.uploads import Contents, Part
from kernel import errors

MEGABYTE = 1000 * 1000
MOST_FILES = 5
FILE_LIMIT = 10 * MEGABYTE
WHOLE_LIMIT = 20 * MEGABYTE
BODY_LIMIT = WHOLE_LIMIT + MEGABYTE  # of the whole form: what is more is not read
COMMENT_LIMIT = 2000  # characters
FIELD_BYTES = 4 * COMMENT_LIMIT
PIECE = 256 * 1024
SLOWEST_S = 900.0
AT_ONCE = 2  # forms that are whole in memory at a time


class Form(Struct):
    """A form as it arrives. `wrong`: what is the matter with it, "" for nothing; `what`: the file it is about."""

    spool: IO[bytes]
    csrf: str = ""
    comment: str = ""
    files: list[Part] = field(default_factory=list)
    size: int = 0
    wrong: str = ""
    what: str = ""


class Receiving(Struct, frozen=True):
    """What takes forms in. `house`: our own name; `file_limit`: in bytes, of any file that comes to this hub."""

    accept: Accept
    house: str = ""
    file_limit: int = FILE_LIMIT
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def largest(self) -> int:
        """Bytes of one file."""
        return min(FILE_LIMIT, self.file_limit)

    async def read(self, request: web.Request, form: Form) -> None:
        """Fill the form. Raises Invalid for a body that is no form, is cut short, or does not say how long it is."""
        if not 0 < (request.content_length or 0) <= BODY_LIMIT:
            form.wrong = "whole"
            return
        try:
            async with asyncio.timeout(SLOWEST_S):
                async for part in await request.multipart():
                    if not isinstance(part, BodyPartReader):
                        raise ValueError("a form in a form")
                    await self._part(part, form)
        except (ValueError, AssertionError, HttpProcessingError, TimeoutError, web.HTTPException) as error:
            raise errors.Invalid from error
        if not form.files and not form.wrong:
            form.wrong = "none"

    async def store(self, form: Form, link_id: int) -> bool:
        """Store it as one message; False if something has come by this link before. Raises TryLater."""
        found = Contents(link_id, form.comment, tuple(form.files))
        async with self.turns:
            body = await asyncio.to_thread(_whole, form.spool, uploads.last_line(found))
            line = str(link_id)
            raw = Raw(uploads.CHANNEL, uploads.ACCOUNT, uploads.external_id(link_id), line, body, datetime.now(UTC))
            return (await self.accept(raw)).fresh

    async def _part(self, part: BodyPartReader, form: Form) -> None:
        if part.filename:
            await self._file(part, form)
        elif part.name in ("csrf", "comment"):
            words = await _words(part)
            if part.name == "csrf":
                form.csrf = words
            else:
                form.comment = words.strip()[:COMMENT_LIMIT]
        else:
            await _words(part)  # a field for files where nothing was chosen

    async def _file(self, part: BodyPartReader, form: Form) -> None:
        """To the spool. What is too much is read to its end and let go, so that the answer can be heard."""
        name = filenames.cleaned(part.filename or "")
        if len(form.files) >= MOST_FILES:
            form.wrong = form.wrong or "many"
        size = 0
        while piece := await part.read_chunk(PIECE):
            size += len(piece)
            if size > self.largest:
                form.wrong, form.what = form.wrong or "file", form.what or name
            elif form.size + size > WHOLE_LIMIT:
                form.wrong = form.wrong or "whole"
            if not form.wrong:
                await asyncio.to_thread(form.spool.write, piece)
        if size and not form.wrong:
            form.size += size
            form.files.append(Part(name, filenames.kind(part.headers.get("Content-Type", "")), size))


def spool() -> IO[bytes]:
    """A file that nobody can find, and that is gone with this process."""
    return tempfile.TemporaryFile()


async def _words(part: BodyPartReader) -> str:
    """A field that is typed. What is longer than any is cut."""
    found = b""
    while piece := await part.read_chunk(PIECE):
        found = (found + piece)[:FIELD_BYTES]
    return found.decode("utf-8", "replace").replace("\x00", "")


def _whole(spooled: IO[bytes], last_line: bytes) -> bytes:
    spooled.write(last_line)
    spooled.seek(0)
    return spooled.read()
