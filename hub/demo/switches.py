"""Troubles a visitor can make: each switch is something that a channel's far side really does, made at the wire."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from console import sandbox
from hub.demo import people as cast
from hub.demo.far_sides import FarSides
from hub.demo.people import People
from kernel import errors

UNDELIVERABLE = 30003  # Twilio's code for a phone that cannot be reached
BUSY_S = 10.0


class Switch(Struct):
    """`turn` is told whether it is on now. One that happens once stays off."""

    id: str
    text: str
    turn: Callable[[bool], None]
    once: bool = False
    on: bool = False


class Switches:
    """All of them; off at every start, but what a far side keeps (a block, a STOP) is shown as it is."""

    def __init__(self, far: FarSides, people: People) -> None:
        self._far = far
        self._people = people
        self._all = {
            one.id: one
            for one in (
                Switch("telegram-403", "Anna blocks the bot (Telegram 403)", self._block),
                Switch("telegram-429", "Telegram is busy for 10 s (429)", self._busy, once=True),
                Switch("sms-undelivered", "Ferenc's phone is out of reach (SMS undelivered, 30003)", self._lose),
                Switch("sms-21610", "Ferenc's carrier has his STOP (SMS 21610)", self._opt_out),
                Switch("sms-away", "The SMS gateway is away (503)", self._away),
                Switch("sms-twice", "Ferenc's last text is posted again (duplicate webhook)", self._again, once=True),
                Switch("mail-550", "Irina's mail server refuses her address (550)", self._refuse),
                Switch("mail-bounce", "Irina's mail is taken, then bounces", self._bounce),
            )
        }

    def shown(self) -> tuple[sandbox.Switch, ...]:
        kept = {
            "telegram-403": not self._far.telegram.world.private(self._people.anna).bot_present,
            "sms-21610": self._stop in self._far.sms.world.opted_out,
        }
        return tuple(
            sandbox.Switch(one.id, one.text, None if one.once else kept.get(one.id, one.on))
            for one in self._all.values()
        )

    def turn(self, switch: str, on: bool) -> None:
        """Raises Invalid for one that is not there, Conflict for what cannot be done now."""
        one = self._all.get(switch)
        if one is None:
            raise errors.Invalid(
                "no such switch", problems=(errors.Problem("switch", f"one of {[*self._all]}", switch),)
            )
        one.turn(on)
        one.on = on and not one.once

    # -- what they do -----------------------------------------------------------------------------------------------

    @property
    def _stop(self) -> tuple[str, str]:
        return self._far.sms.world.number, cast.FERENC_PHONE

    def _block(self, on: bool) -> None:
        world = self._far.telegram.world
        (world.block if on else world.unblock)(self._people.anna)

    def _busy(self, on: bool) -> None:
        self._far.telegram.world.faults.throttle(None, BUSY_S)

    def _lose(self, on: bool) -> None:
        lost = self._far.sms.world.faults.undelivered
        if on:
            lost[cast.FERENC_PHONE] = UNDELIVERABLE
        else:
            lost.pop(cast.FERENC_PHONE, None)

    def _opt_out(self, on: bool) -> None:
        listed = self._far.sms.world.opted_out
        (listed.add if on else listed.discard)(self._stop)

    def _away(self, on: bool) -> None:
        self._far.sms.world.faults.is_away = on

    def _again(self, on: bool) -> None:
        world = self._far.sms.world
        last = next((one for one in reversed(world.messages) if one.sender == cast.FERENC_PHONE), None)
        if last is None:
            raise errors.Conflict("Ferenc has not written yet")
        world.post(last)

    def _refuse(self, on: bool) -> None:
        words = self._far.mail.faults.words
        if on:
            words[cast.IRINA_MAIL] = "550 5.1.1 User unknown"
        else:
            words.pop(cast.IRINA_MAIL, None)

    def _bounce(self, on: bool) -> None:
        self._far.irina.bounces = on
