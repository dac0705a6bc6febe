"""Forms sent twice are done once: the first claims the key, whoever comes later reads what it was answered."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from msgspec import Struct
from msgspec.structs import asdict

from console.commands import Choice, How, Order, Said
from console.models import FormAnswer
from kernel import ids, rows
from kernel.unit import Reader, Work

KEPT = timedelta(days=2)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Kept(Struct, frozen=True):
    """An answer, if there is one. Of a refused order also its words, and how they were meant: there they go back."""

    said: Said | None
    how: str = ""
    words: str = ""


def key() -> str:
    """A new key, for one form on one page."""
    return secrets.token_urlsafe(16)


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


async def claim(work: Work, staff_id: int, form_key: str) -> bool:
    """True if this key was not sent before; a second sender waits here until the first is done."""
    claimed = await work.insert(
        FormAnswer,
        [{"id": ids.new(), "staff_id": staff_id, "key": form_key, "created_at": work.now}],
        conflict="ON CONFLICT (staff_id, key) DO NOTHING",
        returning="id",
    )
    return bool(claimed)


async def keep(work: Work, staff_id: int, form_key: str, said: Said, *, refused: Order | None = None) -> None:
    """What the form was answered, and the words of one that was refused, so that they need not be typed again."""
    words = {"how": refused.how, "words": refused.words} if refused and refused.how is not How.PRESS else {}
    answer = orjson.dumps({**asdict(said), **words}, default=asdict).decode()
    await work.change("UPDATE form_answers SET answer = ? WHERE staff_id = ? AND key = ?", answer, staff_id, form_key)
    await work.change("DELETE FROM form_answers WHERE created_at <= ? AND staff_id = ?", work.now - KEPT, staff_id)


async def said(reader: Reader, staff_id: int, form_key: str) -> Kept | None:
    """What a form was answered; None if there was no such form of this colleague's."""
    if not is_key(form_key):
        return None
    row = await reader.one("SELECT answer FROM form_answers WHERE staff_id = ? AND key = ?", staff_id, form_key)
    found: Mapping[str, Any] | None = rows.json(row["answer"]) if row else None
    if not found:
        return None
    choices = tuple(Choice(**one) for one in found["choices"])
    return Kept(
        Said(found["text"], choices, found["done"], found.get("language", "")),
        found.get("how", ""),
        found.get("words", ""),
    )
