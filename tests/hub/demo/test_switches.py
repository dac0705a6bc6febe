"""The troubles a visitor can make: each changes its far side, and the page is shown how it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.demo import people as cast
from hub.demo.far_sides import FarSides
from hub.demo.people import People
from hub.demo.switches import Switches
from kernel import errors
from kernel.clock import Clock


@pytest.fixture
def far() -> FarSides:
    return FarSides(Clock())


@pytest.fixture
def people(far: FarSides) -> People:
    return cast.gather(far.telegram)


@pytest.fixture
def switches(far: FarSides, people: People) -> Switches:
    return Switches(far, people)


LASTING: dict[str, Callable[[FarSides], bool]] = {
    "telegram-403": lambda far: not far.telegram.world.ledger.chats[cast.ANNA].bot_present,
    "sms-undelivered": lambda far: cast.FERENC_PHONE in far.sms.world.faults.undelivered,
    "sms-21610": lambda far: (far.sms.world.number, cast.FERENC_PHONE) in far.sms.world.opted_out,
    "sms-away": lambda far: far.sms.world.faults.is_away,
    "mail-550": lambda far: far.mail.faults.at_recipient(cast.IRINA_MAIL).startswith("550"),
    "mail-bounce": lambda far: far.irina.bounces,
}


@pytest.mark.parametrize("name", LASTING)
def test_a_trouble_lasts_until_it_is_switched_off(far: FarSides, switches: Switches, name: str) -> None:
    def shown() -> bool | None:
        return next(one.on for one in switches.shown() if one.id == name)

    far.telegram.world.private(far.telegram.world.people[cast.ANNA])
    for on in (False, True, True, False, False):
        switches.turn(name, on)
        assert (LASTING[name](far), shown()) == (on, on)


def test_every_switch_is_one_that_lasts_or_happens_once(switches: Switches) -> None:
    assert {one.id for one in switches.shown() if one.on is not None} == set(LASTING)
    assert {one.id for one in switches.shown() if one.on is None} == {"telegram-429", "sms-twice"}


def test_the_last_text_is_posted_again(far: FarSides, switches: Switches) -> None:
    with pytest.raises(errors.Conflict):
        switches.turn("sms-twice", True)
    far.sms.world.message_url = "http://127.0.0.1:1/"
    for text in ("first", "last"):
        far.sms.world.text(cast.FERENC_PHONE, text)
    switches.turn("sms-twice", True)
    assert far.sms.world.outgoing.pending == 3


def test_a_stop_that_ferenc_has_written_is_shown(far: FarSides, switches: Switches) -> None:
    far.sms.world.text(cast.FERENC_PHONE, "STOP")
    assert next(one.on for one in switches.shown() if one.id == "sms-21610")


def test_a_switch_that_is_not_there_is_named(switches: Switches) -> None:
    with pytest.raises(errors.Invalid) as error:
        switches.turn("coffee", True)
    assert error.value.problems[0].field == "switch"
