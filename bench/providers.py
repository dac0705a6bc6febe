"""All far sides in a process of their own; at SIGUSR1 one of them hangs for a while.

Run as `-m bench.providers CHANNEL SECONDS`: what hangs, and for how long.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable

from bench import serving
from channels.email.simulator import MailServer
from channels.sms.simulator import TwilioApi
from channels.telegram.simulator import BotApi

TOKEN = "123456789:bench-token"  # noqa: S105 - the simulator's
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - the simulator's
ENOUGH = 24  # sends that hang: the most a channel has under way at once
FIRST_PERSON, PEOPLE = 5_000, 200


async def serve(channel: str, seconds: float) -> None:
    telegram, twilio, mail = BotApi(TOKEN), TwilioApi(AUTH_TOKEN), MailServer()
    for number in range(PEOPLE):
        telegram.world.private(telegram.world.person(FIRST_PERSON + number, f"Person {number}")).opened = True
    mail.faults.hang_s = seconds
    hangs: dict[str, Callable[[], object]] = {
        "telegram": lambda: telegram.world.faults.hang("sendMessage", seconds, ENOUGH),
        "sms": lambda: twilio.world.faults.hang(seconds, ENOUGH),
        "email": lambda: setattr(mail.faults, "hang", ENOUGH),
    }
    stop = serving.stopped()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, hangs[channel])
    telegram_url, twilio_url, _ = await telegram.start(), await twilio.start(), await mail.start()
    serving.tell(f"twilio {twilio_url.rpartition(':')[2]}")
    serving.tell(f"mail {mail.port}")
    serving.tell(f"port {telegram_url.rpartition(':')[2]}")
    await stop.wait()
    await mail.stop()
    await twilio.stop()
    await telegram.stop()


if __name__ == "__main__":
    serving.run(lambda: serve(sys.argv[1], float(sys.argv[2])))
