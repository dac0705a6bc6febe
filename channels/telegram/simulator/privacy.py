"""Privacy mode: what a bot that is no administrator hears in a group, as the Bot API documents it."""

from __future__ import annotations

from channels.telegram.simulator.model import Chat, Person, StoredMessage


def hears(bot: Person, chat: Chat, message: StoredMessage) -> bool:
    """Service messages, commands that may be meant for it, and answers to what it has said. Administrators hear all."""
    if chat.is_private or chat.bot_status != "member" or message.service:
        return True
    if message.text.startswith("/"):
        word = message.text.split(maxsplit=1)[0]
        return "@" not in word or word.casefold().endswith(f"@{bot.username.casefold()}")
    replied = chat.messages.get(message.reply_to or 0)
    return replied is not None and replied.sender == bot
