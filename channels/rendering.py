"""Texts cut to what a channel takes. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable

from channels.contract import Capabilities

Fits = Callable[[str], bool]
LONGEST_CHARACTER = 24  # code points; a family of four with skin colours has eleven
_JOINER = "\u200d"


def units(text: str) -> int:
    """The length in UTF-16 units: the strictest way a channel counts its limit (an emoji is two)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, limit: int, fits: Fits | None = None, *, whole_lines: bool = False) -> list[str]:
    """The text cut where lines or words end, or where it must be; each piece within `limit` UTF-16 units.

    `fits`: a further condition on a piece, true for every beginning of one for which it is true. `whole_lines`: a line
    is cut only where it is most of a piece.
    """

    def goes(part: str) -> bool:
        return units(part) <= limit and (fits is None or fits(part))

    found = []
    while not goes(text):
        head = text[: _longest(text, min(len(text), limit), goes)]
        line = head.rfind("\n")
        cut = line if whole_lines and line > len(head) // 2 else max(line, head.rfind(" "))
        cut = cut if cut > len(head) // 2 else _between_characters(text, len(head))
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*found, text]


def messages(text: str, capabilities: Capabilities, *, whole_lines: bool = False) -> list[str]:
    """The messages that a channel makes of a text, by its limit of characters and of segments."""
    segments, most = capabilities.segments, capabilities.segment_limit
    fits = None if segments is None else lambda part: segments(part) <= most
    return pieces(text, capabilities.text_limit, fits, whole_lines=whole_lines)


def _longest(text: str, most: int, goes: Fits) -> int:
    """How many characters of it still go; at least one."""
    return max(1, bisect_left(range(1, most + 1), True, key=lambda length: not goes(text[:length])))


def _between_characters(text: str, cut: int) -> int:
    """Back to where what is read as one character ends: a joined emoji or an accent is not parted."""
    for at in range(cut, max(1, cut - LONGEST_CHARACTER), -1):
        if at >= len(text) or not (_clings(text[at]) or text[at - 1] == _JOINER):
            return at
    return cut


def _clings(char: str) -> bool:
    return char == _JOINER or unicodedata.category(char) in ("Mn", "Me") or "\U0001f3fb" <= char <= "\U0001f3ff"
