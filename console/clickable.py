"""Words of people as they may stand on a page: escaped first, then web addresses and our tickets made links. Pure."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# In text that is escaped already: an address ends before what escaping made of <, > and quotes.
_ADDRESS = re.compile(r"\bhttps?://(?:(?!&(?:lt|gt|quot|#34|#39);)[^\s<>\"'])+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}»”…"
_TICKET = re.compile(r"(?<![\w/-])T(\d{1,12})(?!\w)")


def words(text: str) -> Markup:
    """A customer's or colleague's text; addresses open elsewhere and learn nothing of us."""
    return Markup(_ADDRESS.sub(_anchor, str(escape(text))))


def said(text: str) -> Markup:
    """An answer of ours: ticket names lead to their pages."""
    return Markup(_TICKET.sub(r'<a href="/tickets/T\1">T\1</a>', str(escape(text))))


def _anchor(found: re.Match[str]) -> str:
    address = found.group(0)
    bare = address.rstrip(_TRAILING)
    if bare.endswith("&amp") and address[len(bare) :].startswith(";"):
        bare += ";"  # the semicolon is the ampersand's
    rest = address[len(bare) :]
    return f'<a href="{bare}" rel="noopener noreferrer nofollow" target="_blank">{bare}</a>{rest}'
