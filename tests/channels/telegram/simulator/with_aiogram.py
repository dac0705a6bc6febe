"""Small helps for driving the simulator by the real aiogram. Kept out of conftest: aiogram takes seconds to import."""

from __future__ import annotations

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update

from channels.telegram.simulator import BotApi
from tests.channels.telegram.simulator.conftest import TOKEN


def keyboard(**buttons: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data)] for text, data in buttons.items()]
    )


class Session(AiohttpSession):
    async def close(self) -> None:
        """Without the quarter of a second aiogram sleeps for TLS, which is not spoken here."""
        if self._session is not None:
            await self._session.close()


def client(api: BotApi, token: str = TOKEN) -> Bot:
    return Bot(token, session=Session(api=TelegramAPIServer.from_base(api.url)))


async def heard(bot: Bot) -> list[Update]:
    """What is new for the bot; it confirms everything it got."""
    updates = await bot.get_updates()
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return updates


async def last_message(bot: Bot) -> Message:
    message = (await heard(bot))[-1].message
    assert message is not None
    return message
