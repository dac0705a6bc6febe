"""The SMS phone and the mail phone: what their owners see, and what cannot be done there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from channels.email.simulator import Mailbox, MailServer, Person
from channels.sms.simulator import World
from channels.telegram.simulator import BotApi
from console.sandbox import Change
from console.sandbox_files import Enclosed
from hub.demo import drawings
from hub.demo.mail_phones import MailPhone
from hub.demo.sms_phones import SmsPhone
from hub.demo.telegram_phones import TelegramPhone
from kernel import errors

OURS, FERENC, OTHER = "+48732000111", "+36301234567", "+36301234568"
NOTICE = "Sz. O-1/1. STOP = leiratkozás"


@pytest.fixture
def world() -> World:
    return World("AC1", OURS, lambda: 1_800_000_000.0)


@pytest.fixture
def phone(world: World) -> SmsPhone:
    return SmsPhone("ferenc", "Ferenc", FERENC, "in Hungarian", world, "hu")


@pytest.fixture
def heard(phone: SmsPhone) -> Iterator[list[Change]]:
    told: list[Change] = []
    forget = phone.listen(told.append)
    yield told
    forget()


def sent(world: World, to: str, text: str) -> None:
    world.make({"To": to, "From": OURS, "Body": text})


def test_a_phone_shows_its_own_texts_and_what_was_delivered(world: World, phone: SmsPhone, heard: list[Change]) -> None:
    phone.say(FERENC, "Jó napot")
    sent(world, FERENC, NOTICE)
    sent(world, OTHER, "for somebody else")
    world.text(OTHER, "from somebody else")
    world.faults.undelivered[FERENC] = 30003
    sent(world, FERENC, "never arrives")
    mine, theirs = phone.device().bubbles
    assert (mine.side, mine.text, mine.author) == ("mine", "Jó napot", "Ferenc")
    assert (theirs.side, theirs.text, theirs.author) == ("theirs", NOTICE, OURS)
    assert theirs.gloss == "Ref O-1/1. STOP = opt out"
    assert [change["bubble"]["text"] for change in heard] == ["Jó napot", NOTICE]


def test_a_text_message_has_a_length_and_no_buttons(world: World, phone: SmsPhone) -> None:
    with pytest.raises(errors.Invalid) as error:
        phone.say(FERENC, "x" * 1_601)
    assert error.value.problems[0].field == "text"
    assert world.messages == []
    with pytest.raises(errors.Invalid):
        phone.press(FERENC, "SM1", "t:tk:1")


async def test_a_mail_phone_answers_what_came_and_else_writes_anew() -> None:
    server = MailServer()
    await server.start()
    mailbox = Mailbox(server, Person("irina@sever.example", "Irina", 0))
    phone = MailPhone("irina", "in Russian", mailbox, "help@desk.example", "ru")
    told: list[Change] = []
    phone.listen(told.append)
    try:
        phone.say("irina@sever.example", "Здравствуйте,\nнужна копия счёта")
        for subject, text in (("Первое", "№ O-1/1."), ("Второе", "№ O-1/2.")):
            await Person("help@desk.example", "Centrala", server.port).write("irina@sever.example", subject, text)
        phone.say("irina@sever.example", "Спасибо")
        phone.say("irina@sever.example", "И за первое", reply_to=mailbox.items[1].id)
    finally:
        await server.stop()
        await asyncio.sleep(0)
    shown = phone.device().bubbles
    assert [one.subject for one in shown] == ["Здравствуйте,", "Первое", "Второе", "Re: Второе", "Re: Первое"]
    assert [one.side for one in shown] == ["mine", "theirs", "theirs", "mine", "mine"]
    assert (shown[1].text, shown[1].gloss, shown[1].author) == ("№ O-1/1.", "Ref O-1/1.", "Centrala")
    assert mailbox.items[0].to == "help@desk.example"
    assert [change["bubble"]["id"] for change in told] == [one.id for one in shown]
    with pytest.raises(errors.Invalid):
        phone.press("irina@sever.example", shown[1].id, "t:tk:1")


def test_a_long_first_line_is_cut_for_the_subject() -> None:
    mailbox = Mailbox(MailServer(), Person("irina@sever.example", "Irina", 0))
    phone = MailPhone("irina", "", mailbox, "help@desk.example", "ru")
    phone.say("irina@sever.example", "a" * 70)
    assert phone.device().bubbles[0].subject == "a" * 59 + "…"


def test_a_mail_phone_sends_a_picture_and_shows_it() -> None:
    mailbox = Mailbox(MailServer(), Person("irina@sever.example", "Irina", 0))
    phone, pump = MailPhone("irina", "", mailbox, "help@desk.example", "ru"), drawings.find("pump")
    phone.say("irina@sever.example", "", picture=pump)
    [shown] = phone.device().bubbles
    assert (shown.subject, shown.files) == ("pump.png", (Enclosed("pump.png", "/sandbox/files/irina/1/0", True),))
    assert phone.file("1", 0) == pump and phone.file("1", 1) is None and phone.file("2", 0) is None
    assert [one.id for one in phone.device().pictures] == ["pump", "card", "receipt"]


def test_a_telegram_phone_sends_a_picture_and_shows_it() -> None:
    """The desk sees it as the phone does."""
    api = BotApi("1000:a-token-of-a-test")
    anna = api.world.person(5, "Anna")
    phone, card = TelegramPhone("anna", "", api.world, api.world.private(anna), (anna,)), drawings.find("card")
    told: list[Change] = []
    phone.listen(told.append)
    phone.say("5", "Broken", picture=card)
    [shown] = phone.device().bubbles
    assert card is not None and phone.device().pictures
    assert (shown.text, [one.is_picture for one in shown.files]) == ("Broken", [True])
    kept = phone.file(shown.id, 0)
    assert kept is not None and (kept.content, kept.content_type) == (card.content, "image/png")
    assert phone.file(shown.id, 1) is None and phone.file("999", 0) is None
    assert told[0]["bubble"]["files"][0].path == f"/sandbox/files/anna/{shown.id}/0"


def test_a_text_message_carries_no_picture(phone: SmsPhone) -> None:
    assert phone.device().pictures == () and phone.file("SM1", 0) is None
