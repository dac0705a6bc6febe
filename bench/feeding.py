"""Bare aiogram fed with updates for a second, each time SIGUSR1 asks for it. Run as `-m bench.feeding`."""

from __future__ import annotations

import asyncio
import signal
import time

from aiogram import Bot, Dispatcher, F
from aiogram.types import CallbackQuery, Message

from bench import serving, updates

SECONDS = 1.0
AT_ONCE = 200


async def _on_message(message: Message) -> None:
    """Two handlers, as the smallest bot has."""


async def _on_press(query: CallbackQuery) -> None:
    pass


async def serve() -> None:
    dispatcher, bot = Dispatcher(), Bot("123456789:bench-token")
    dispatcher.message.register(_on_message, F.text)
    dispatcher.callback_query.register(_on_press)
    asked, stop = asyncio.Event(), serving.stopped()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    serving.tell("port 0")
    ending = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        asking = asyncio.ensure_future(asked.wait())
        await asyncio.wait((asking, ending), return_when=asyncio.FIRST_COMPLETED)
        if asked.is_set():
            asked.clear()
            serving.tell(f"rate {await _rate(dispatcher, bot)}")
    await bot.session.close()


async def _rate(dispatcher: Dispatcher, bot: Bot) -> float:
    """Updates a second; they are ready as dicts before the time is taken."""
    fed, took_s = 0, 0.0
    while took_s < SECONDS:
        ready = [updates.update(number) for number in range(fed, fed + AT_ONCE)]
        began_at = time.perf_counter()
        for update in ready:
            await dispatcher.feed_raw_update(bot, update)
        took_s += time.perf_counter() - began_at
        fed += AT_ONCE
    return fed / took_s


if __name__ == "__main__":
    serving.run(serve)
