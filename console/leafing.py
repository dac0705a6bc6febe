"""Leafing through a long list: which page an address asks for, and the addresses of those beside it. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web


def page(request: web.Request) -> int:
    """Which page of a list, from 0; a nonsense is the first."""
    word = request.query.get("page", "1")
    return max(0, int(word) - 1) if word.isascii() and word.isdigit() and len(word) <= 4 else 0


def ways(request: web.Request, page: int, total: int, listed: int) -> dict[str, Any]:
    """The addresses of the pages before and after, `listed` lines each; "" where there is none."""

    def to(number: int) -> str:
        return f"{request.path}?{urlencode({**request.query, 'page': number + 1})}"

    has_more = (page + 1) * listed < total
    return {"before": to(page - 1) if page else "", "next": to(page + 1) if has_more else ""}
