"""Sending through aiogram, and what Telegram's refusals mean for the message. Loaded late: it imports aiogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
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
from aiogram.methods import Response
from aiogram.types import BotCommand, BotCommandScopeChat, ChatFullInfo, ForumTopic, Message
from aiohttp import ClientConnectorError

from channels.contract import File, Operation, Outbound, Place, Receipt
from channels.errors import Reason, SendError
from channels.telegram import compose, files, groups, parse, peek
from channels.telegram.settings import Settings
from kernel import log

TIMEOUT_S = 20
FILES_TIMEOUT_S = 60
_NO_PICTURE = ("image_process_failed", "photo_invalid_dimensions", "photo_save_file_invalid", "too big for a photo")
# Words of a 400 that say the thing a message edits or stands in is gone.
_GONE = ("thread not found", "topic_deleted", "topic_id_invalid", "message to edit not found", "can't be edited")
# …that what was asked is so already.
_SO_ALREADY = ("message is not modified", "topic_not_modified", "query is too old")
# What may follow a group to its new id. The messages there are numbered anew: an edit would hit another one.
_MOVES = (Operation.SEND, Operation.OPEN_TOPIC)
_REFUSED = ("chat not found", "user is deactivated", "bot was kicked", "have no rights", "chat_write_forbidden")

# The types of the answers to all we say. aiogram names them anew at each call and pydantic keeps them by weak
# references only: after each collection the next call would build one for 5 ms.
ANSWERS = tuple(Response[method.__returning__] for method in compose.METHODS)  # type: ignore[name-defined]

__all__ = ["Client", "parse"]
_log = log.get(__name__)


class _Session(AiohttpSession):
    """Ends as soon as its connections have: aiohttp waits for them itself, aiogram for a quarter of a second more."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Client:
    """One bot's connection to the Bot API."""

    def __init__(self, settings: Settings) -> None:
        session = _Session(api=TelegramAPIServer.from_base(settings.api_url), timeout=TIMEOUT_S)
        self._bot = Bot(settings.token.get_secret_value(), session=session)
        self._settings = settings

    async def introduce(self, hook: str) -> dict[str, Any]:
        """Check the token, set or clear the webhook, and return what is worth knowing. Raises SendError."""
        try:
            me = await self._bot.get_me()
            await self._tell(hook)
            facts: dict[str, Any] = {
                "username": me.username,
                "door": peek.door(me.username or ""),
                "topics": False,
            }
            if self._settings.staff_chat:
                facts |= await self._staff_chat(self._settings.staff_chat)
        except TelegramAPIError as error:
            raise understood(error) from error
        except ClientDecodeError as error:
            raise SendError(Reason.UNREACHABLE, "an answer that cannot be read") from error
        return facts

    async def send(self, outbound: Outbound) -> Receipt:
        """Send one message. Raises SendError."""
        try:
            result = await self._say(outbound)
        except TelegramAPIError as error:
            raised = understood(error)
            if raised.moved_to and outbound.operation not in _MOVES:
                raise SendError(Reason.GONE, "the group has a new id") from error
            if raised.reason is Reason.INVALID and _has(error, _SO_ALREADY):
                return Receipt()
            raise raised from error
        except ClientDecodeError as error:
            raise SendError(Reason.UNCERTAIN, "an answer that cannot be read") from error
        return Receipt(_external_id(outbound, result))

    async def _say(self, outbound: Outbound) -> object:
        """A picture that Telegram cannot show (too long, broken) goes as a file."""
        timeout_s = FILES_TIMEOUT_S if outbound.files else TIMEOUT_S
        try:
            return await self._bot(compose.compose(outbound), request_timeout=timeout_s)
        except TelegramBadRequest as error:
            if not outbound.files or not _has(error, _NO_PICTURE):
                raise
            return await self._bot(compose.document(outbound), request_timeout=timeout_s)

    async def fetch(self, file: File, *, limit: int) -> bytes:
        """The bytes of a file of ours. Raises SendError, TooLarge."""
        try:
            return await files.fetch(self._bot, file, limit=limit)
        except TelegramAPIError as error:
            raise understood(error) from error

    async def _staff_chat(self, chat_id: int) -> dict[str, Any]:
        """Its id now and whether it has topics. One that cannot be seen must not keep customers from being answered."""
        try:
            found = await self._look(chat_id)
        except (TelegramBadRequest, TelegramForbiddenError) as error:
            _log.error("telegram.no_staff_chat", reason=error.message, do="add the bot to the group, or correct the id")
            return {}
        return {"staff_chat": found.id, "topics": bool(found.is_forum)}

    async def _look(self, chat_id: int) -> ChatFullInfo:
        """The chat of that id, or what it has become."""
        try:
            return await self._bot.get_chat(chat_id)
        except TelegramMigrateToChat as error:
            _log.warning("telegram.staff_chat_moved", now=error.migrate_to_chat_id, do="write it in the settings")
            return await self._bot.get_chat(error.migrate_to_chat_id)

    async def look(self, chat_id: int) -> Place:
        """A group, and what it lacks. Raises SendError."""
        try:
            me, chat = await self._bot.get_me(), await self._look(chat_id)
            member = await self._bot.get_chat_member(chat.id, me.id)
            admins = await self._bot.get_chat_administrators(chat.id)
        except TelegramAPIError as error:
            raise understood(error) from error
        except ClientDecodeError as error:
            raise SendError(Reason.UNREACHABLE, "an answer that cannot be read") from error
        return groups.place(me, chat, member, admins)

    async def show_commands(self, chat_id: int, menus: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """The menu of one chat, in each language. Raises SendError."""
        scope = BotCommandScopeChat(chat_id=chat_id)
        try:
            for language, found in menus.items():
                commands = [BotCommand(command=name, description=text) for name, text in found]
                await self._bot.set_my_commands(commands, scope=scope, language_code=language or None)
        except TelegramAPIError as error:
            raise understood(error) from error
        except ClientDecodeError as error:
            raise SendError(Reason.UNREACHABLE, "an answer that cannot be read") from error

    async def close(self) -> None:
        await self._bot.session.close()

    async def _tell(self, hook: str) -> None:
        if hook:
            secret = self._settings.webhook_secret.get_secret_value()
            await self._bot.set_webhook(hook, secret_token=secret, allowed_updates=list(peek.ALLOWED))
        else:
            await self._bot.delete_webhook(drop_pending_updates=False)


def understood(error: TelegramAPIError) -> SendError:
    """What a refusal of Telegram means for the message. Pure."""
    said = error.message[:200]
    match error:
        case TelegramRetryAfter():
            return SendError(Reason.THROTTLED, said, retry_after_s=float(error.retry_after))
        case TelegramMigrateToChat():
            return SendError(Reason.REFUSED, "the group has a new id", moved_to=str(error.migrate_to_chat_id))
        case TelegramForbiddenError():
            return SendError(Reason.REFUSED, said)
        case TelegramUnauthorizedError() | TelegramConflictError() | TelegramNotFound():
            return SendError(Reason.MISCONFIGURED, said)
        case TelegramServerError():
            return SendError(Reason.UNREACHABLE, said)
        case TelegramNetworkError():
            # refused before a byte was sent: surely not done; anything later may have been
            never_left = isinstance(error.__cause__, ClientConnectorError)
            return SendError(Reason.UNREACHABLE if never_left else Reason.UNCERTAIN, "no answer")
        case TelegramBadRequest() if _has(error, _GONE):
            return SendError(Reason.GONE, said)
        case TelegramBadRequest() if _has(error, _REFUSED):
            return SendError(Reason.REFUSED, said)
    return SendError(Reason.INVALID, said)


def _has(error: TelegramAPIError, words: tuple[str, ...]) -> bool:
    text = error.message.lower()
    return any(word in text for word in words)


def _external_id(outbound: Outbound, result: object) -> str:
    if isinstance(result, Message) and outbound.operation is Operation.SEND:  # an edit's id is its target's
        return str(result.message_id)
    if isinstance(result, ForumTopic) and outbound.operation is Operation.OPEN_TOPIC:
        return str(result.message_thread_id)
    return ""
