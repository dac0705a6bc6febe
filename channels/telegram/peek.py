"""What must be known of an update before it is stored: its id and the chat it belongs to. Bytes and orjson only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from channels.contract import Raw

CHANNEL = "telegram"
SCHEME = "telegram"
QUARANTINE = "unreadable"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")


def account(bot_id: str) -> str:
    return f"telegram:{bot_id}"


def door(username: str) -> str:
    """How a link begins that opens a chat with the bot; what follows comes back as /start's payload."""
    return f"https://t.me/{username}?start="


def from_update(update: Any, body: bytes, *, bot_id: str, at: datetime) -> Raw | None:
    """The raw message of one update; None for what carries no update id and so is none."""
    if not isinstance(update, dict) or type(update.get("update_id")) is not int:
        return None
    return Raw(CHANNEL, account(bot_id), str(update["update_id"]), chat_of(update), body, at)


def chat_of(update: dict[str, Any]) -> str:
    """The order key: the chat an update happened in; a quarantine address where none can be seen."""
    for kind, part in update.items():
        if kind == "update_id" or not isinstance(part, dict):
            continue
        place = part.get("message") if kind == "callback_query" else part
        chat = place.get("chat") if isinstance(place, dict) else None
        if isinstance(chat, dict) and type(chat.get("id")) is int:
            return str(chat["id"])
    return QUARANTINE


def decode(body: bytes) -> Any:
    """JSON, or None."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
