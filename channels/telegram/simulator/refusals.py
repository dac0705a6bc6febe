"""How the Bot API says no: one exception with the status, Telegram's wording and its parameters."""

from __future__ import annotations

from channels.telegram.simulator.model import Json


class Refusal(Exception):
    """The call is refused; nothing was done."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad(what: str) -> Refusal:
    return Refusal(400, f"Bad Request: {what}")


def forbidden(what: str) -> Refusal:
    return Refusal(403, f"Forbidden: {what}")


def conflict(what: str) -> Refusal:
    return Refusal(409, f"Conflict: {what}")


def too_many(retry_after: int) -> Refusal:
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def migrated(chat_id: int) -> Refusal:
    what = "Bad Request: group chat was upgraded to a supergroup chat"
    return Refusal(400, what, {"migrate_to_chat_id": chat_id})
