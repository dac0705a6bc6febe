"""From an Outbound to the Bot API method that says it. Pure. No text has a parse mode: nothing in it is markup."""

from __future__ import annotations

from typing import Any

from aiogram.methods import (
    AnswerCallbackQuery,
    CloseForumTopic,
    CreateForumTopic,
    EditMessageText,
    ReopenForumTopic,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

from channels.contract import OWN_NUMBER, Buttons, Operation, Outbound

# All that compose makes.
METHODS = (
    AnswerCallbackQuery,
    CloseForumTopic,
    CreateForumTopic,
    EditMessageText,
    ReopenForumTopic,
    SendDocument,
    SendMessage,
    SendPhoto,
)
PHOTOS = frozenset({"image/jpeg", "image/png"})  # shown in place; Telegram makes a smaller copy of them
PHOTO_LIMIT = 10 * 1024 * 1024
TITLE_LIMIT = 128
TOAST_LIMIT = 200
TOAST_ALERT_FROM = 80  # a longer toast stays until it is closed: nobody reads it in passing
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def compose(outbound: Outbound) -> TelegramMethod[Any]:
    """The method for an outbound message."""
    chat_id = outbound.address.value
    match outbound.operation:
        case Operation.SEND:
            method: TelegramMethod[Any] = _file(outbound) if outbound.files else _message(outbound)
        case Operation.EDIT:
            method = EditMessageText(
                chat_id=chat_id,
                message_id=int(outbound.target),
                text=outbound.text,
                reply_markup=_inline(outbound.buttons),
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


def document(outbound: Outbound) -> SendDocument:
    """The message with its file as it is: also what becomes of a picture that Telegram does not take as one."""
    [file] = outbound.files
    return SendDocument(
        chat_id=outbound.address.value,
        document=BufferedInputFile(file.body, file.name),
        caption=outbound.text or None,
        message_thread_id=int(outbound.within) if outbound.within else None,
        reply_parameters=_answered(outbound),
        reply_markup=_keyboard(outbound.buttons),
        disable_content_type_detection=True,
    )


def _file(outbound: Outbound) -> TelegramMethod[Any]:
    [file] = outbound.files
    if file.content_type not in PHOTOS or len(file.body) > PHOTO_LIMIT:
        return document(outbound)
    return SendPhoto(
        chat_id=outbound.address.value,
        photo=BufferedInputFile(file.body, file.name),
        caption=outbound.text or None,
        message_thread_id=int(outbound.within) if outbound.within else None,
        reply_parameters=_answered(outbound),
        reply_markup=_keyboard(outbound.buttons),
    )


def _answered(outbound: Outbound) -> ReplyParameters | None:
    """The answered message may have been deleted: the answer goes all the same."""
    if not outbound.target:
        return None
    return ReplyParameters(message_id=int(outbound.target), allow_sending_without_reply=True)


def _message(outbound: Outbound) -> SendMessage:
    return SendMessage(
        chat_id=outbound.address.value,
        text=outbound.text,
        message_thread_id=int(outbound.within) if outbound.within else None,
        reply_parameters=_answered(outbound),
        reply_markup=_keyboard(outbound.buttons),
        link_preview_options=_NO_PREVIEW,
    )


def _keyboard(buttons: Buttons) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    if not buttons:
        return None
    asking = [button.label for line in buttons for button in line if button.code == OWN_NUMBER]
    if asking:  # no button under a message can send a number: only one in the place of the keys can
        keys = [[KeyboardButton(text=label, request_contact=True)] for label in asking]
        return ReplyKeyboardMarkup(keyboard=keys, one_time_keyboard=True, resize_keyboard=True)
    return _inline(buttons)


def _inline(buttons: Buttons) -> InlineKeyboardMarkup | None:
    if not buttons:
        return None
    rows = [[InlineKeyboardButton(text=button.label, callback_data=button.code) for button in line] for line in buttons]
    return InlineKeyboardMarkup(inline_keyboard=rows)
