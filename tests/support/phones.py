"""Somebody's phone, at the simulated Telegram: what he reads there, follows, presses and types."""

from __future__ import annotations

import asyncio
import re

from channels.telegram.simulator import BotApi
from channels.telegram.simulator.model import Chat, StoredMessage

PATIENCE_S = 30.0
LINK = re.compile(r"https?://\S+")


class Phone:
    """One person's. `typed`: every word that he has typed, to be looked through afterwards."""

    def __init__(self, api: BotApi, number: int, name: str, *, language: str = "en") -> None:
        self._world = api.world
        self.person = self._world.person(number, name, language_code=language)
        self.own: Chat = self._world.private(self.person)
        self.typed: list[str] = []

    def types(self, text: str, *, chat: Chat | None = None) -> None:
        self.typed.append(text)
        self._world.say(self.person, chat or self.own, text)

    def follows(self, link: str) -> None:
        """A link to the bot, and START."""
        self._world.open_link(self.person, link)

    async def reads(self, part: str, *, chat: Chat | None = None) -> str:
        """The newest message of the bot that says `part`, once there is one. Raises AssertionError after 30 s."""
        return (await self._found(chat or self.own, part)).text

    async def link(self, part: str) -> str:
        """The link in such a message."""
        [found] = LINK.findall(await self.reads(part))
        return str(found)

    async def presses(self, label: str, *, chat: Chat) -> None:
        """The newest button of that label, once it is there."""
        message, code = await self._button(chat, label)
        self._world.press(self.person, chat, message.id, code)

    def shown(self, chat: Chat | None = None) -> list[StoredMessage]:
        """What the bot has said in a chat, as it stands there now."""
        chat = chat or self.own
        return [one for one in self._world.messages(chat.id, deleted=False) if one.sender.is_bot]

    async def _found(self, chat: Chat, part: str) -> StoredMessage:
        for _ in range(int(PATIENCE_S / 0.05)):
            for message in reversed(self.shown(chat)):
                if part in message.text:
                    return message
            await asyncio.sleep(0.05)
        raise AssertionError(f"{part!r} is not in {[one.text for one in self.shown(chat)]}")

    async def _button(self, chat: Chat, label: str) -> tuple[StoredMessage, str]:
        for _ in range(int(PATIENCE_S / 0.05)):
            for message in reversed(self.shown(chat)):
                for text, code in (button for row in message.buttons for button in row):
                    if text == label:
                        return message, code
            await asyncio.sleep(0.05)
        raise AssertionError(f"no button {label!r} in {[one.text for one in self.shown(chat)]}")
