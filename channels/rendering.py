"""Texts cut to what a channel takes. Pure."""

from __future__ import annotations


def units(text: str) -> int:
    """The length in UTF-16 units: the strictest way a channel counts its limit (an emoji is two)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, limit: int) -> list[str]:
    """The text cut where lines or words end, or where it must be; each piece within `limit` UTF-16 units."""
    found = []
    while units(text) > limit:
        head = text[:limit]
        while units(head) > limit:
            head = head[: len(head) - max(1, (units(head) - limit) // 2)]
        cut = max(head.rfind("\n"), head.rfind(" "))
        cut = cut if cut > len(head) // 2 else len(head)
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*found, text]
