"""Files on the sandbox page: what hangs under a message, and pictures that lie ready on a phone to be sent."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Enclosed(Struct, frozen=True):
    """A file under a message. `path`: where the page gets it, "" where it is not kept any more."""

    name: str
    path: str
    is_picture: bool


class Ready(Struct, frozen=True):
    """A picture that can be sent from a phone."""

    id: str
    title: str


class Content(Struct, frozen=True):
    """A file's bytes, as they were sent."""

    name: str
    content_type: str
    content: bytes


def enclosed(device: str, bubble: str, place: int, content: Content) -> Enclosed:
    """A file as a device shows it."""
    path = f"/sandbox/files/{device}/{bubble}/{place}"
    return Enclosed(content.name, path, content.content_type in PICTURES)


def answer(found: Content | None) -> web.Response:
    """A picture to look at; everything else is handed out and never acts here. Raises HTTPNotFound for nothing."""
    if found is None:
        raise web.HTTPNotFound
    is_picture = found.content_type in PICTURES
    return web.Response(
        body=found.content,
        content_type=found.content_type if is_picture else "application/octet-stream",
        headers={
            "Content-Disposition": "inline" if is_picture else "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )
