"""All devices of the demo, in the order they are shown."""

from __future__ import annotations

from hub.demo import people as cast
from hub.demo import telegram_phones
from hub.demo.far_sides import FarSides
from hub.demo.mail_phones import MailPhone
from hub.demo.people import People
from hub.demo.phones import Phone
from hub.demo.sms_phones import SmsPhone


def laid(far: FarSides, people: People) -> tuple[Phone, ...]:
    return (
        *telegram_phones.laid(far.telegram.world, people),
        SmsPhone("ferenc", "Ferenc", cast.FERENC_PHONE, "in Hungarian", far.sms.world, "hu"),
        MailPhone("irina", "in Russian", far.irina, cast.OUR_MAIL, "ru"),
    )
