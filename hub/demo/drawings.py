"""The pictures that lie ready on the demo's phones: drawn here, box by box, as PNG. No file of anybody's. Pure."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from console.sandbox_files import Content, Ready

WIDTH, HEIGHT = 320, 240
Colour = tuple[int, int, int]
SKY, GROUND, WHITE, INK = (206, 224, 232), (96, 104, 110), (250, 250, 247), (34, 42, 50)
TEAL, AMBER, RED, PALE = (11, 107, 116), (240, 180, 60), (190, 48, 52), (176, 186, 192)
# Which bars of a digit on a display are lit: top, upper left, upper right, middle, lower left, lower right, bottom.
_LIT = {"0": "1110111", "4": "0111010", "2": "1011101", "-": "0001000"}
_BARS = (
    (2, 0, 14, 3),
    (0, 2, 3, 13),
    (13, 2, 16, 13),
    (2, 12, 14, 15),
    (0, 14, 3, 25),
    (13, 14, 16, 25),
    (2, 24, 14, 27),
)


class Canvas:
    """A picture in the making: boxes over boxes."""

    def __init__(self, colour: Colour) -> None:
        self._rows = [bytearray(bytes(colour) * WIDTH) for _ in range(HEIGHT)]

    def box(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        for row in self._rows[top:bottom]:
            row[left * 3 : right * 3] = bytes(colour) * (right - left)

    def digits(self, left: int, top: int, text: str, colour: Colour) -> None:
        """Figures as a pump's display has them."""
        for place, digit in enumerate(text):
            for lit, (x, y, to_x, to_y) in zip(_LIT[digit], _BARS, strict=True):
                if lit == "1":
                    self.box(left + place * 24 + x, top + y, left + place * 24 + to_x, top + to_y, colour)

    def png(self) -> bytes:
        head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        body = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 9)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _pump() -> Canvas:
    """A pump whose display stays at nought."""
    made = Canvas(SKY)
    made.box(0, 196, WIDTH, HEIGHT, GROUND)
    made.box(104, 30, 204, 212, TEAL)
    made.box(116, 44, 192, 88, INK)
    made.digits(121, 53, "000", AMBER)
    made.box(116, 104, 192, 112, WHITE)
    made.box(116, 122, 170, 130, WHITE)
    made.box(204, 70, 236, 78, INK)
    made.box(228, 78, 236, 168, INK)
    made.box(218, 148, 246, 176, RED)
    return made


def _card() -> Canvas:
    """A fuel card with a strip of tape over its chip."""
    made = Canvas(GROUND)
    made.box(40, 54, 280, 196, TEAL)
    made.box(40, 74, 280, 100, INK)
    made.box(62, 118, 102, 150, AMBER)
    made.box(54, 126, 116, 140, PALE)
    for left in (62, 114, 166, 218):
        made.box(left, 166, left + 38, 174, WHITE)
    return made


def _receipt() -> Canvas:
    """A receipt with one line marked."""
    made = Canvas(PALE)
    made.box(98, 14, 222, 226, WHITE)
    for place, width in enumerate((84, 60, 92, 48, 76, 66)):
        made.box(112, 32 + place * 20, 112 + width, 38 + place * 20, GROUND)
    made.box(108, 86, 212, 104, AMBER)
    made.box(112, 92, 178, 98, INK)
    made.digits(112, 176, "42-0", INK)
    return made


_DRAWN: dict[str, tuple[str, Callable[[], Canvas]]] = {
    "pump": ("The pump", _pump),
    "card": ("The card", _card),
    "receipt": ("The receipt", _receipt),
}


def laid() -> tuple[Ready, ...]:
    """What lies on a phone."""
    return tuple(Ready(name, title) for name, (title, _) in _DRAWN.items())


def find(name: str) -> Content | None:
    return Content(f"{name}.png", "image/png", _drawn(name)) if name in _DRAWN else None


@lru_cache(maxsize=len(_DRAWN))
def _drawn(name: str) -> bytes:
    return _DRAWN[name][1]().png()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
