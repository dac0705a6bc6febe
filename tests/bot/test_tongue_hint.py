"""Which words of other languages an address is offered."""

from __future__ import annotations

import pytest

from bot import asked, tongue_hint
from bot.asked import Ask
from channels.contract import Address, Capabilities
from channels.lines import Line

TEXTS = Line("sms", "sms:+48", Capabilities("SMS", "tel", keywords=True, conversational=True, one_way=("+7",)))
LETTERS = Line("email", "email:a", Capabilities("E-mail", "mailto", conversational=False))


@pytest.mark.parametrize(
    ("line", "address", "language", "is_known", "offered"),
    [
        pytest.param(TEXTS, "+48601234567", "", True, ["pl"], id="pl by its number"),
        pytest.param(TEXTS, "+421901234567", "", True, ["sk"], id="sk, whose prefix is longer"),
        pytest.param(TEXTS, "+44700900000", "", True, ["pl", "sk", "hu", "ru"], id="another country"),
        pytest.param(TEXTS, "+48601234567", "pl", True, [], id="known"),
        pytest.param(TEXTS, "+79161234567", "", True, [], id="no answer could come"),
        pytest.param(LETTERS, "e@example.hu", "", True, ["pl", "sk", "hu", "ru"], id="a proven letter"),
        pytest.param(LETTERS, "e@example.hu", "", False, [], id="an unproven letter"),
    ],
)
def test_the_words_offered_are_words_that_choose(
    line: Line, address: str, language: str, is_known: bool, offered: list[str]
) -> None:
    """M-8."""
    said = tongue_hint.words(language, line, Address(line.capabilities.scheme, address), is_known=is_known)
    words = [part.partition(",")[0].strip() for part in said.split("LANG ")[1:]]
    found = [asked.read(f"LANG {word.split()[0]}") for word in words]
    assert [one.chosen for one in found if one and one.ask is Ask.LANGUAGE] == offered


def test_a_button_names_what_he_does_not_read() -> None:
    assert tongue_hint.button("pl")[0][0].label == "English? /lang"
    assert tongue_hint.button("en")[0][0].label == "Polski? Magyar? Русский? /lang"
