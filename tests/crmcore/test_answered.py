"""Whose words are about an outage: by what they name, or by what came last. Pure but for one query."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from channels.contract import Address, Inbound, Kind, Raw, RawId
from channels.intake import Claimed
from channels.messages import Arrived
from crmcore import answered
from crmcore.answered import Heard
from tests.conftest import START

PHONE = Address("tel", "+36301234567")
HEARD = Heard("O-7", "sms:1", PHONE.value, "SM1", is_fresh=True, is_last=True)


def words(account: str = "sms:1", **more: object) -> Arrived:
    raw = Raw("sms", account, "x", PHONE.value, b"", START)
    return Arrived(Claimed(RawId(1), raw, 0), replace(Inbound(Kind.MESSAGE, PHONE, PHONE, text="When?"), **more))


@pytest.mark.parametrize(
    ("said", "heard", "conversational", "outage"),
    [
        (words(), [HEARD], True, "O-7"),
        (words(), [HEARD], False, ""),
        (words(), [], True, ""),
        (words(), [replace(HEARD, is_last=False)], True, ""),
        (words(), [replace(HEARD, is_fresh=False)], True, ""),
        (words("sms:2"), [HEARD], True, ""),
        (words(automatic=True), [HEARD], True, ""),
        (words(replies_to="SM1"), [replace(HEARD, is_fresh=False, is_last=False)], True, "O-7"),
        (words(replies_to="SM9"), [HEARD], True, ""),
        (words(references=("SM0", "SM1")), [HEARD], False, "O-7"),
        (words(replies_to="SM2"), [replace(HEARD, outage="O-8"), replace(HEARD, external_id="SM2")], True, "O-7"),
        (words(), [replace(HEARD, outage="O-8"), HEARD], True, "O-8"),
    ],
    ids=[
        "after it",
        "a channel with subjects",
        "no notice",
        "we wrote since",
        "long ago",
        "another account",
        "a machine",
        "names it",
        "names another",
        "references",
        "names the older",
        "the newest",
    ],
)
def test_what_words_are_about(said: Arrived, heard: list[Heard], conversational: bool, outage: str) -> None:
    assert answered.about(said, heard, conversational=conversational) == outage
