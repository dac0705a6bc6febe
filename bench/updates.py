"""Telegram's updates, each under a number that no other has."""

from __future__ import annotations

import time
from typing import Any

import orjson

PEOPLE = 2_000


def update(number: int) -> dict[str, Any]:
    """A private message of usual length."""
    person = {"id": 70_000 + number % PEOPLE, "is_bot": False, "first_name": "Eszter", "language_code": "hu"}
    chat = {"id": person["id"], "first_name": "Eszter", "type": "private"}
    text = "My card is not read any more at the charger at Lipova 12. Where is the nearest free one?"
    message = {"message_id": number, "from": person, "chat": chat, "date": int(time.time()), "text": text}
    return {"update_id": number, "message": message}


def body(number: int) -> bytes:
    return orjson.dumps(update(number))
