"""The far sides of the demo: a simulated Telegram, an SMS account, a mail server and Irina's mailbox, on this machine.

The hub talks to them at the wire as it talks to the real ones, and they to it.
"""

from __future__ import annotations

from typing import Any

from channels.email import Email
from channels.email.simulator import Mailbox, MailServer
from channels.email.simulator import Person as Correspondent
from channels.sms import simulator as sms_simulator
from channels.sms import wire
from channels.sms.simulator import TwilioApi
from channels.telegram import simulator as telegram_simulator
from channels.telegram.simulator import BotApi
from hub.app import App
from hub.demo import people as cast
from kernel.clock import Clock

Json = dict[str, Any]


class FarSides:
    """What they write bears the time that the page shows."""

    def __init__(self, clock: Clock) -> None:
        self.telegram = BotApi(cast.TOKEN, clock=lambda: clock.now().timestamp())
        self.sms = TwilioApi(cast.SMS_TOKEN, clock=lambda: clock.now().timestamp())
        self.mail = MailServer()
        self.irina = Mailbox(self.mail, Correspondent(cast.IRINA_MAIL, "Irina", 0, clock=clock.now))

    async def start(self, hub: str) -> None:
        """Listen. `hub`: the address at which the hub will."""
        self.sms.world.message_url = f"{hub}{wire.MESSAGE_PATH}"
        await self.telegram.start()
        await self.sms.start()
        await self.mail.start()

    def meet(self, app: App) -> None:
        """The hub listens now: mail can be handed in."""
        self.irina.person.port = next(one.port for one in app.adapters if isinstance(one, Email))
        self.irina.start()

    async def stop(self) -> None:
        await self.irina.stop()
        await self.mail.stop()
        await self.sms.stop()
        await self.telegram.stop()

    def remember(self) -> Json:
        """All that their people have seen, as plain JSON values."""
        return {
            **telegram_simulator.remember(self.telegram.world),
            "sms": sms_simulator.remember(self.sms.world),
            "mail": self.irina.remember(),
        }

    def recall(self, memory: Json) -> None:
        """Put back what `remember` gave. Raises KeyError, TypeError and ValueError for anything else."""
        telegram_simulator.recall(self.telegram.world, memory)
        if "sms" in memory:  # a demo of before had neither
            sms_simulator.recall(self.sms.world, memory["sms"])
            self.irina.recall(memory["mail"])
