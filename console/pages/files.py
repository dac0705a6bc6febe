"""Files that came with messages, behind the wall of their tickets: handed out, or shown where that does no harm."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from aiohttp import web

from channels import attachments, filenames
from channels.attachments import Held
from console import enclosed, gate, refusals
from kernel import errors
from tickets import files

PATH = r"/files/{id:\d{1,18}}"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-cache",  # asked for each time: who has left the queue sees nothing more
}


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show)), web.get(PATH + "/thumb", gate.staff(show_small))]


async def show(request: web.Request) -> web.StreamResponse:
    """A picture in its place; anything else as a file to keep, whatever it says it is."""
    held = await _seen(request)
    is_picture = enclosed.may_be_seen_in_place(held) and "download" not in request.query
    kind = held.content_type if is_picture else filenames.OTHER
    how = "inline" if is_picture else "attachment"
    return await _file(request, held.kept, kind, f"{how}; {_named(held.name)}")


async def show_small(request: web.Request) -> web.StreamResponse:
    held = await _seen(request)
    return await _file(request, held.thumb, "image/png", "inline")


async def _seen(request: web.Request) -> Held:
    """The file of the address, if the visitor may see its ticket: one and the same page for "no" and "none"."""
    reader, who, file_id = gate.office(request).store.reading(), gate.visitor(request), int(request.match_info["id"])
    found = await files.seen(reader, file_id, who.scope)
    if found is None:
        raise refusals.unseen(request, is_there=await attachments.by_id(reader, file_id) is not None)
    return found


async def _file(request: web.Request, name: str, kind: str, disposition: str) -> web.StreamResponse:
    store = gate.office(request).files
    path = store.path(name) if store and name else None
    if path is None or not await asyncio.to_thread(path.is_file):
        raise errors.NotFound
    headers = {**HEADERS, "Content-Type": kind, "Content-Disposition": disposition}
    return web.FileResponse(path, headers=headers)


def _named(name: str) -> str:
    """The name as a header may carry it (RFC 6266): in ASCII for old programs, and whole."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
