"""The grey translation under a customer's text: every text of the catalogues, however it was filled and folded."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as some

from channels.sms import compose
from hub.demo import gloss, lines
from kernel import texts

LANGUAGES = ("pl", "sk", "hu", "ru")
AT = datetime(2026, 3, 10, 21, 30, tzinfo=UTC)
NAMES = some.text(alphabet="ABCDabcdéőżЖж0123456789", min_size=1, max_size=12)


def messages() -> list[str]:
    found: list[str] = []
    for area in gloss.AREAS:
        with (texts.LOCALES / "pl" / "LC_MESSAGES" / f"{area}.po").open("rb") as source:
            found += [one.id for one in read_po(source) if one.id and isinstance(one.id, str)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@given(name=NAMES)
def test_what_we_say_is_told_as_an_english_reader_would_have_got_it(language: str, name: str) -> None:
    for text in messages():
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", text), name)
        said = texts.say(language, text, **values)
        assert gloss.of(said, language) == texts.say("en", text, **values)


@pytest.mark.parametrize("language", LANGUAGES)
@given(hours=some.integers(0, 24 * 366))
def test_a_notice_is_told_whole_with_its_days_and_its_reason(language: str, hours: int) -> None:
    """As it is sent, and as a text message has it without its marks."""

    def notice(tongue: str) -> str:
        start, end = AT + timedelta(hours=hours), AT + timedelta(hours=hours + 4)
        zone = texts.say(tongue, "local time")
        head = "Station {stations} is out of service from {start} to {end} ({zone})."
        times = {"start": texts.dated(tongue, start, UTC), "end": texts.dated(tongue, end, UTC)}
        why = texts.say(tongue, "power cut")
        return " ".join(
            (
                texts.say(tongue, head, stations="0412 Gdynia, Morska 100", zone=zone, **times),
                texts.say(tongue, "Reason: {why}.", why=why),
                texts.say(tongue, "Nearest: {stations}.", stations="0415, 0420"),
                texts.say(tongue, "Ref {ref}.", ref="O-1/1"),
                texts.say(tongue, "STOP = opt out"),
            )
        )

    for sent in (notice(language), compose.folded(notice(language))):
        assert gloss.of(sent, language) == notice("en")


def test_the_storys_own_lines_are_told_wherever_they_stand() -> None:
    copied = f"Ferenc:\n{lines.FERENC_SAYS}"
    assert gloss.of(copied) == lines.MEANING[lines.FERENC_SAYS]
    assert gloss.of(lines.ANNA_SAYS, "pl") == lines.MEANING[lines.ANNA_SAYS]


@pytest.mark.parametrize("text", ["", "Your card is open again.", "Köszönöm!", "Mamy coś nowego.", "№", "\n\n"])
def test_what_a_person_typed_has_none(text: str) -> None:
    assert gloss.of(text, *LANGUAGES) == ""
