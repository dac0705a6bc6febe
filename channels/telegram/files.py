"""Files at Telegram: which ones a message has, and how one is fetched. Loaded late: it imports aiogram."""

from __future__ import annotations

from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from aiogram.types import Message

from channels.contract import File
from channels.errors import Reason, SendError, TooLarge

TIMEOUT_S = 60
LIMIT = 20 * 1024 * 1024  # bytes that the Bot API hands out (core.telegram.org/bots/api#getfile)
PIECE = 64 * 1024
_TOO_BIG = "file is too big"
# What a message can carry, and what that is called where its sender gave it no name.
_CARRIED = (
    ("animation", "animation.mp4", "video/mp4"),
    ("document", "file", ""),
    ("voice", "voice.ogg", "audio/ogg"),
    ("audio", "audio.mp3", "audio/mpeg"),
    ("video", "video.mp4", "video/mp4"),
    ("video_note", "video.mp4", "video/mp4"),
)


def of(message: Message) -> tuple[File, ...]:
    """The files of a message: of a picture its largest size. Pure."""
    if message.photo:
        whole = max(message.photo, key=lambda one: one.width * one.height)
        return (File("photo.jpg", "image/jpeg", whole.file_size, whole.file_id),)
    if message.sticker:
        moves = message.sticker.is_animated or message.sticker.is_video
        name, kind = ("sticker", "") if moves else ("sticker.webp", "image/webp")
        return (File(name, kind, message.sticker.file_size, message.sticker.file_id),)
    for attribute, name, kind in _CARRIED:
        found: Any = getattr(message, attribute)
        if found is not None:  # an animation stands there as a document too
            named = getattr(found, "file_name", None) or name
            typed = getattr(found, "mime_type", None) or kind
            return (File(named, typed, found.file_size, found.file_id),)
    return ()


async def fetch(bot: Bot, file: File, *, limit: int) -> bytes:
    """The bytes. Raises TelegramAPIError, SendError, and TooLarge beyond `limit` or what Telegram hands out."""
    most = min(limit, LIMIT)
    if file.size is not None and file.size > most:
        raise TooLarge
    try:
        found = await bot.get_file(file.reference)
    except TelegramAPIError as error:
        if _TOO_BIG in error.message.lower():
            raise TooLarge from error
        raise
    except ClientDecodeError as error:
        raise SendError(Reason.UNREACHABLE, "an answer that cannot be read") from error
    if not found.file_path:
        raise SendError(Reason.INVALID, "Telegram names no path of it")
    return await _download(bot, found.file_path, most)


async def _download(bot: Bot, path: str, most: int) -> bytes:
    """A link is good for an hour: each try asks for a new one."""
    url = bot.session.api.file_url(bot.token, path)
    body = bytearray()
    try:
        async for piece in bot.session.stream_content(url, timeout=TIMEOUT_S, chunk_size=PIECE):
            body += piece
            if len(body) > most:
                raise TooLarge
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SendError(Reason.UNREACHABLE, "the download broke off") from error
    return bytes(body)
