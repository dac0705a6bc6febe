"""What a customer asks for by a word: in five languages, alone, and never within a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot import asked
from bot.asked import Ask, Asked
from crmcore import consent
from crmcore.consent import Wish, Word
from kernel import folding


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("STATUS", Asked(Ask.STATUS)),
        ("status T12", Asked(Ask.STATUS, 12)),
        ("Stan t-12", Asked(Ask.STATUS, 12, language="pl")),
        ("stav", Asked(Ask.STATUS, language="sk")),
        ("ALLAPOT T3", Asked(Ask.STATUS, 3, language="hu")),
        ("Статус Т7", Asked(Ask.STATUS, 7, language="ru")),
        ("LANG PL", Asked(Ask.LANGUAGE, chosen="pl")),
        ("lang", Asked(Ask.LANGUAGE)),
        ("język polski", Asked(Ask.LANGUAGE, chosen="pl", language="pl")),
        ("Jazyk slovencina", Asked(Ask.LANGUAGE, chosen="sk", language="sk")),
        ("nyelv magyar", Asked(Ask.LANGUAGE, chosen="hu", language="hu")),
        ("язык русский", Asked(Ask.LANGUAGE, chosen="ru", language="ru")),
        ("Human!", Asked(Ask.HUMAN, language="en")),
        ("konsultant", Asked(Ask.HUMAN, language="pl")),
        ("ugyintezo", Asked(Ask.HUMAN, language="hu")),
        ("оператор", Asked(Ask.HUMAN, language="ru")),
        ("STATIONS", Asked(Ask.STATIONS, language="en")),
        ("stacje", Asked(Ask.STATIONS, language="pl")),
        ("Stanice!", Asked(Ask.STATIONS, language="sk")),
        ("allomasok", Asked(Ask.STATIONS, language="hu")),
        ("азс", Asked(Ask.STATIONS, language="ru")),
    ],
)
def test_a_word_alone_asks(text: str, meant: Asked) -> None:
    """S0-2, S1-7."""
    assert asked.read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "status of my card",
        "what is the status",
        "status T12 please, it is urgent",
        "status 12",
        "lang klingon",
        "stations in Gdynia",
        "human error on my bill",
        "status " + "x" * 60,
    ],
)
def test_a_sentence_is_a_sentence(text: str) -> None:
    assert asked.read(text) is None


@given(some.text(max_size=80))
def test_whatever_is_written_is_read_without_a_failure(text: str) -> None:
    found = asked.read(text)
    assert found is None or found.ask in Ask


def test_no_word_asks_for_two_things() -> None:
    """The words of wishes and of asks stay apart, in all languages, with their accents gone."""
    words = [word for several in asked._WORDS.values() for word in several.split()]
    assert len({folding.fold(word) for word in words}) == len(words)
    assert [word for word in words if consent.wish(word) is not None] == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("STOP NOTICES", Word(Wish.STOP, "", "notices")),
        ("stop kampanie", Word(Wish.STOP, "pl", "campaigns")),
        ("wypisz powiadomienia", Word(Wish.STOP, "pl", "notices")),
        ("START értesítések", Word(Wish.START, "hu", "notices")),
        ("стоп рассылки", Word(Wish.STOP, "ru", "campaigns")),
        ("stop potvrdenia", Word(Wish.STOP, "sk", "receipts")),
    ],
)
def test_a_topic_may_be_named(text: str, meant: Word) -> None:
    """M-4: the rest goes on."""
    assert consent.wish(text) == meant


@pytest.mark.parametrize("text", ["stop service", "help notices", "notices", "stop notices now", "stop 0412"])
def test_what_names_no_topic_is_no_wish(text: str) -> None:
    """Who writes "stop service" may mean his contract: that is for a person."""
    assert consent.wish(text) is None
