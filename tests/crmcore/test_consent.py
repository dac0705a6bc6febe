"""The words that end and begin our automatic messages: alone, in five languages, and never within a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import consent
from crmcore.consent import Wish


@pytest.mark.parametrize(
    ("text", "wish", "language"),
    [
        ("STOP", Wish.STOP, ""),
        (" stop. ", Wish.STOP, ""),
        ("Stop. Thank you!", Wish.STOP, ""),
        ("please STOP", Wish.STOP, ""),
        ("StopAll", Wish.STOP, ""),
        ("opt-out", Wish.STOP, ""),
        ("Unsubscribe", Wish.STOP, "en"),
        ("WYPISZ", Wish.STOP, "pl"),
        ("Rezygnuje, dziekuje", Wish.STOP, "pl"),
        ("odhlásiť prosím", Wish.STOP, "sk"),
        ("ODHLASIT", Wish.STOP, "sk"),
        ("Leiratkozás", Wish.STOP, "hu"),
        ("leiratkozom, köszönöm", Wish.STOP, "hu"),
        ("СТОП", Wish.STOP, "ru"),
        ("Отписаться, пожалуйста", Wish.STOP, "ru"),
        ("start", Wish.START, ""),
        ("UNSTOP", Wish.START, ""),
        ("Zapisz", Wish.START, "pl"),
        ("prihlasit", Wish.START, "sk"),
        ("feliratkozom", Wish.START, "hu"),
        ("подписаться", Wish.START, "ru"),
        ("Help", Wish.HELP, ""),
        ("info?", Wish.HELP, ""),
        ("segitseg", Wish.HELP, "hu"),
        ("Помощь", Wish.HELP, "ru"),
    ],
)
def test_a_word_alone_is_a_wish(text: str, wish: Wish, language: str) -> None:
    """M-4, S4-18."""
    found = consent.wish(text)
    assert found is not None
    assert (found.wish, found.language) == (wish, language)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "we have to STOP this bill",
        "STOP 0412",
        "stop start",
        "Please",
        "Thank you",
        "yes",
        "end",
        "cancel my order",
        "Help, the pump is on fire",
        "stopp",
        "stop" * 20,
        "STOP " * 20,
    ],
)
def test_anything_else_is_a_message(text: str) -> None:
    assert consent.wish(text) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert consent.wish(text) is None or len(text) <= consent.LONGEST
