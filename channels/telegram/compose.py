"""From an Outbound to the Bot API method that says it. Pure. No text has a parse mode: nothing in it is markup."""

from __future__ import annotations

from typing import Any

from aiogram.methods import (
    AnswerCallbackQuery,
    CloseForumTopic,
    CreateForumTopic,
    EditMessageText,
    ReopenForumTopic,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

from channels.contract import Buttons, Operation, Outbound

# All that compose makes.
METHODS = (AnswerCallbackQuery, CloseForumTopic, CreateForumTopic, EditMessageText, ReopenForumTopic, SendMessage)
TITLE_LIMIT = 128
TOAST_LIMIT = 200
TOAST_ALERT_FROM = 80  # a longer toast stays until it is closed: nobody reads it in passing
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def compose(outbound: Outbound) -> TelegramMethod[Any]:
    """The method for an outbound message."""
    chat_id = outbound.address.value
    match outbound.operation:
        case Operation.SEND:
            method: TelegramMethod[Any] = _message(outbound)
        case Operation.EDIT:
            method = EditMessageText(
                chat_id=chat_id,
                message_id=int(outbound.target),
                text=outbound.text,
                reply_markup=_keyboard(outbound.buttons),
                link_preview_options=_NO_PREVIEW,
            )
        case Operation.TOAST:
            is_long = len(outbound.text) > TOAST_ALERT_FROM
            text = outbound.text[:TOAST_LIMIT]
            method = AnswerCallbackQuery(callback_query_id=outbound.subject, text=text, show_alert=is_long)
        case Operation.OPEN_TOPIC:
            method = CreateForumTopic(chat_id=chat_id, name=outbound.text[:TITLE_LIMIT])
        case Operation.CLOSE_TOPIC:
            method = CloseForumTopic(chat_id=chat_id, message_thread_id=int(outbound.target))
        case Operation.REOPEN_TOPIC:
            method = ReopenForumTopic(chat_id=chat_id, message_thread_id=int(outbound.target))
    return method


def _message(outbound: Outbound) -> SendMessage:
    answered = None
    if outbound.target:
        # the answered message may have been deleted: the answer goes all the same
        answered = ReplyParameters(message_id=int(outbound.target), allow_sending_without_reply=True)
    return SendMessage(
        chat_id=outbound.address.value,
        text=outbound.text,
        message_thread_id=int(outbound.within) if outbound.within else None,
        reply_parameters=answered,
        reply_markup=_keyboard(outbound.buttons),
        link_preview_options=_NO_PREVIEW,
    )


def _keyboard(buttons: Buttons) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    rows = [[InlineKeyboardButton(text=button.label, callback_data=button.code) for button in line] for line in buttons]
    return InlineKeyboardMarkup(inline_keyboard=rows)
