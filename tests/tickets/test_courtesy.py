"""Which messages ask for nothing: whole ones in five languages, and none that says something besides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.courtesy import LONGEST, is_courtesy

THANKS = [
    *("thanks", "Thank you very much!", "OK, thanks", "ok.", "Great, thank you for your help", "It works again"),
    *("dziękuję", "Bardzo dziękuję za pomoc", "Dzięki!", "W porządku", "Ďakujem", "Ďakujem veľmi pekne", "Vďaka"),
    *("köszönöm", "Köszönöm szépen!", "Rendben, köszi", "спасибо", "Большое спасибо за помощь", "Понял, спасибо"),
    *("👍", "👍🏽👍", "❤️", "🙏 thanks", "спасибо 👍", "THANKS!!!", "✅", "🙏🏻❤️😊"),
]
MATTERS = [
    *("thanks, but the card still does not work", "Thanks?", "ok 2 cards please", "not ok", "ok help", "1", "...", ""),
    *("nie działa", "Dziękuję, ale karta nie działa", "Ďakujem, stále nefunguje", "nem működik", "не работает"),
    *("Спасибо, не работает", "it does not work", "thanks 7012", "ok pomoc", " ", "stop", "human"),
    *("👎", "👎🏽", "😡", "🆘", "❓", "❗", "thanks 😡", "ok 👎", "👍👎", "？", "thanks⁉", "🤷", "😢"),
]


@pytest.mark.parametrize("text", THANKS)
def test_thanks_are_no_matter(text: str) -> None:
    """S5: such a message does not open a closed ticket again."""
    assert is_courtesy(text)


@pytest.mark.parametrize("text", MATTERS)
def test_whatever_says_more_is_one(text: str) -> None:
    """S5: rather one ticket opened too many than one overlooked."""
    assert not is_courtesy(text)


@given(st.sampled_from(THANKS), st.sampled_from(["card", "не", "nie", "blocked", "7012", "?"]), st.booleans())
def test_one_word_more_makes_it_a_matter(text: str, word: str, first: bool) -> None:
    """S5: in whatever place."""
    assert not is_courtesy(f"{word} {text}" if first else f"{text} {word}")


@given(st.text(max_size=2 * LONGEST))
def test_it_never_fails_and_never_takes_a_question(text: str) -> None:
    assert is_courtesy(text) is False or "?" not in text
