"""A file as a grid, by what stands in it: a workbook, vCards, or else a table of text. Pure."""

from __future__ import annotations

from crmcore.exchange import cards, grids, workbooks
from crmcore.exchange.grids import Grid

_CARD = b"BEGIN:VCARD"
_HEAD = 2_000  # bytes in which a card has to begin


def read(kind: str, content: bytes, *, encoding: str = "", delimiter: str = "") -> Grid:
    """What the file holds. Raises Invalid, told by line."""
    if content.startswith(workbooks.SIGNATURE):
        return workbooks.read(content)
    if _CARD in content[:_HEAD].replace(b"\x00", b"").upper():  # without what UTF-16 puts between the letters
        return cards.read(kind, content, encoding=encoding)
    return grids.from_csv(content, encoding=encoding, delimiter=delimiter)
