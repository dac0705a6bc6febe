"""Which message asks for a second address to be joined, and which is a sentence that only begins so."""

from __future__ import annotations

import pytest

from bot.own_address import Said, read
from channels.contract import Address

MAIL, PHONE = Address("mailto", "anna@mail.example"), Address("tel", "+48601234567")


@pytest.mark.parametrize(
    ("text", "slash", "said"),
    [
        ("/link", True, Said()),
        ("/LINK", True, Said()),
        ("/link@desk_bot", True, Said()),
        ("/powiąż Anna@Mail.example", True, Said(address=MAIL)),
        ("/связать +48 601 234 567", True, Said(address=PHONE)),
        ("/osszekot 123 456", True, Said(code="123456")),
        ("/prepoj what is this", True, None),
        ("/link T3 +48601234567", True, None),
        ("link", True, None),
        ("LINK", False, Said()),
        ("Link +48 601 234 567", False, Said(address=PHONE)),
        ("LINK 123456", False, Said(code="123456")),
        ("/link", False, None),
        ("Link does not work", False, None),
        ("linking 123456", False, None),
        ("LINK " + "a" * 400 + "@mail.example", False, None),
        ("", False, None),
    ],
    ids=str,
)
def test_the_whole_message_says_it(text: str, slash: bool, said: Said | None) -> None:
    """S1-9: a sentence stays a sentence, and a colleague's command is none of a customer's."""
    assert read(text, slash=slash) == said
