"""Telegram's far side for the hub under measurement, in a process of its own. Run as `-m bench.far TOKEN`."""

from __future__ import annotations

import sys

from bench import serving
from channels.telegram.simulator import BotApi


async def serve(token: str) -> None:
    api = BotApi(token)
    url = await api.start()
    stop = serving.stopped()
    serving.tell(f"port {url.rpartition(':')[2]}")
    await stop.wait()
    await api.stop()


if __name__ == "__main__":
    serving.run(lambda: serve(sys.argv[1]))
