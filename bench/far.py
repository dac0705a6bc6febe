"""The providers' far side for the hub under measurement, in a process of its own.

Run as `-m bench.far NAME TOKEN [PEOPLE]`.
`PEOPLE`: how many have written to a Telegram bot before, under the ids from FIRST on.
"""

from __future__ import annotations

import importlib
import sys

from bench import serving

APIS = {"telegram": "channels.telegram.simulator:BotApi", "sms": "channels.sms.simulator:TwilioApi"}


FIRST = 100_000


async def serve(name: str, token: str, people: str = "0") -> None:
    module, _, api_class = APIS[name].partition(":")
    api = getattr(importlib.import_module(module), api_class)(token)
    for number in range(int(people)):
        api.world.private(api.world.person(FIRST + number, "Eszter")).opened = True
    url = await api.start()
    stop = serving.stopped()
    serving.tell(f"port {url.rpartition(':')[2]}")
    await stop.wait()
    await api.stop()


if __name__ == "__main__":
    serving.run(lambda: serve(*sys.argv[1:]))
