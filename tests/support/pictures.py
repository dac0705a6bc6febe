"""Pictures and other files for tests, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def png(width: int = 640, height: int = 480, colour: tuple[int, int, int] = (11, 107, 116)) -> bytes:
    """A picture with a few stripes: something to see, and not one colour."""
    image = Image.new("RGB", (width, height), colour)
    for x in range(0, width, 40):
        image.paste((240, 180, 60), (x, 0, min(width, x + 14), height))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def jpeg(width: int = 900, height: int = 600, *, turned: bool = False) -> bytes:
    """One as a telephone makes it. `turned`: it lies on its side, and says so."""
    out = io.BytesIO()
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6
    Image.new("RGB", (width, height), (160, 40, 60)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb(side: int = 40_000) -> bytes:
    """A PNG of a few kilobytes that says it is `side` pixels wide and high, all of them there."""
    line = zlib.compressobj(9)
    rows = b"".join(line.compress(bytes(1 + side // 8)) for _ in range(64)) + line.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n\x00\xff\x80 no text"
