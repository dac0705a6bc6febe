"""What we say as Bot API methods, and what Telegram's refusals mean."""

from __future__ import annotations

from typing import Any

import pytest
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import GetMe
from aiohttp import ClientConnectorError, ServerDisconnectedError
from aiohttp.client_reqrep import ConnectionKey

from channels.contract import Address, Button, MessageId, Operation, Outbound
from channels.errors import Reason
from channels.telegram import compose, send

CHAT = Address("telegram", "-100123")
BUTTONS = ((Button("Take", "t:tk:1:1"), Button("Show", "t:sh:1:1")),)
ASKED = GetMe()


def composed(operation: Operation, **changes: Any) -> tuple[str, dict[str, Any]]:
    facts: dict[str, Any] = {"text": "<b>Hello</b> & _*["} | changes
    method = compose.compose(Outbound(MessageId(1), 1, operation, CHAT, **facts))
    return type(method).__name__, method.model_dump(exclude_none=True, exclude_defaults=True)


def test_a_message_has_no_markup_no_preview_and_no_topic_of_its_own() -> None:
    """S8: nothing in a text is markup."""
    name, fields = composed(Operation.SEND)
    assert name == "SendMessage"
    assert (fields["chat_id"], fields["text"]) == ("-100123", "<b>Hello</b> & _*[")
    assert fields.get("parse_mode") is None or "Default" in repr(fields["parse_mode"])
    assert fields["link_preview_options"]["is_disabled"] is True
    assert not {"message_thread_id", "reply_parameters", "reply_markup"} & fields.keys()


def test_a_message_stands_in_its_topic_under_what_it_answers_with_its_buttons() -> None:
    """M-9: and goes out even if what it answers was deleted."""
    _, fields = composed(Operation.SEND, target="9", within="5", buttons=BUTTONS)
    assert fields["message_thread_id"] == 5
    assert fields["reply_parameters"]["message_id"] == 9
    assert fields["reply_parameters"]["allow_sending_without_reply"] is True
    [row] = fields["reply_markup"]["inline_keyboard"]
    assert [(button["text"], button["callback_data"]) for button in row] == [("Take", "t:tk:1:1"), ("Show", "t:sh:1:1")]


OTHERS = [
    (Operation.EDIT, {"target": "9"}, "EditMessageText", {"chat_id": "-100123", "message_id": 9}),
    (Operation.OPEN_TOPIC, {"text": "x" * 300}, "CreateForumTopic", {"chat_id": "-100123", "name": "x" * 128}),
    (Operation.CLOSE_TOPIC, {"target": "5"}, "CloseForumTopic", {"chat_id": "-100123", "message_thread_id": 5}),
    (Operation.REOPEN_TOPIC, {"target": "5"}, "ReopenForumTopic", {"chat_id": "-100123", "message_thread_id": 5}),
    (
        Operation.TOAST,
        {"subject": "88", "text": "ok"},
        "AnswerCallbackQuery",
        {"callback_query_id": "88", "text": "ok"},
    ),
]


@pytest.mark.parametrize(("operation", "changes", "method", "fields"), OTHERS, ids=[row[0].value for row in OTHERS])
def test_each_operation_has_its_method(
    operation: Operation, changes: dict[str, Any], method: str, fields: dict[str, Any]
) -> None:
    """M-9: bot.md 2.4."""
    name, found = composed(operation, **changes)
    assert name == method and fields.items() <= found.items()


@pytest.mark.parametrize(
    ("length", "shown", "stays"), [(10, 10, False), (80, 80, False), (81, 81, True), (500, 200, True)]
)
def test_a_long_toast_is_cut_and_stays_until_closed(length: int, shown: int, stays: bool) -> None:
    """M-9: nobody reads a sentence in passing."""
    _, fields = composed(Operation.TOAST, subject="88", text="x" * length)
    assert len(fields["text"]) == shown
    assert fields.get("show_alert", False) is stays


def bad(words: str) -> TelegramAPIError:
    return TelegramBadRequest(ASKED, f"Bad Request: {words}")


def network(cause: Exception) -> TelegramAPIError:
    error = TelegramNetworkError(ASKED, "no")
    error.__cause__ = cause
    return error


KEY = ConnectionKey("127.0.0.1", 1, False, True, None, None, None)
REFUSALS: list[tuple[str, TelegramAPIError, Reason]] = [
    ("throttled", TelegramRetryAfter(ASKED, "Flood", 7), Reason.THROTTLED),
    ("moved", TelegramMigrateToChat(ASKED, "moved", -1005), Reason.REFUSED),
    ("blocked", TelegramForbiddenError(ASKED, "Forbidden: bot was blocked by the user"), Reason.REFUSED),
    ("wrong token", TelegramUnauthorizedError(ASKED, "Unauthorized"), Reason.MISCONFIGURED),
    ("other poller", TelegramConflictError(ASKED, "Conflict"), Reason.MISCONFIGURED),
    ("no method", TelegramNotFound(ASKED, "Not Found"), Reason.MISCONFIGURED),
    ("their trouble", TelegramServerError(ASKED, "Bad Gateway"), Reason.UNREACHABLE),
    ("never left", network(ClientConnectorError(KEY, OSError())), Reason.UNREACHABLE),
    ("cut", network(ServerDisconnectedError()), Reason.UNCERTAIN),
    ("timed out", network(TimeoutError()), Reason.UNCERTAIN),
    ("topic gone", bad("message thread not found"), Reason.GONE),
    ("topic deleted", bad("TOPIC_DELETED"), Reason.GONE),
    ("topic unknown", bad("TOPIC_ID_INVALID"), Reason.GONE),
    ("message gone", bad("message to edit not found"), Reason.GONE),
    ("too old to edit", bad("message can't be edited"), Reason.GONE),
    ("no chat", bad("chat not found"), Reason.REFUSED),
    ("deactivated", bad("user is deactivated"), Reason.REFUSED),
    ("no rights", bad("have no rights to send a message"), Reason.REFUSED),
    ("empty", bad("message text is empty"), Reason.INVALID),
    ("too long", bad("message is too long"), Reason.INVALID),
    ("anything else", TelegramAPIError(ASKED, "what?"), Reason.INVALID),
]


@pytest.mark.parametrize(("error", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_refusal_is_understood(error: TelegramAPIError, reason: Reason) -> None:
    """R6: one of the few reasons, each knowing whether to try again."""
    assert send.understood(error).reason is reason


def test_a_refusal_brings_its_waiting_time_or_the_new_address() -> None:
    """R6: obeyed to the second; the same chat under another id."""
    assert send.understood(TelegramRetryAfter(ASKED, "Flood", 7)).retry_after_s == 7.0
    moved = send.understood(TelegramMigrateToChat(ASKED, "moved", -1005))
    assert (moved.moved_to, moved.is_retried) == ("-1005", True)


@pytest.mark.parametrize("error", [row[1] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_no_refusal_carries_a_token(error: TelegramAPIError) -> None:
    """S21: URLs of the Bot API have the token in them."""
    found = send.understood(error)
    assert "/bot" not in str(found) and len(found.detail) <= 200
