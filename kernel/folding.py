"""Folding: letters reduced to what people type when they search or command. Never shown, only compared."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not take apart into a base and a mark.
_WHOLE = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е"})


def fold(text: str) -> str:
    """Case, accents and ё folded, white space made single: "  Żółć " → "zolc"."""
    if text.isascii():  # most of what is folded, and a fifth of the time
        return " ".join(text.lower().split())
    lowered = unicodedata.normalize("NFKD", text).casefold().translate(_WHOLE)
    bare = "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))
    return " ".join(bare.split())
