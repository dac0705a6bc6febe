"""A customer's yes and not yet: whole messages only; and the question names words that are understood."""

from __future__ import annotations

import re

import pytest

from bot import yes_no
from bot.yes_no import Word
from kernel import texts
from tickets.acceptances import Answer


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("OK", Word(Answer.YES), id="ok"),
        pytest.param(" Tak! ", Word(Answer.YES), id="pl, with a sign"),
        pytest.param("ano", Word(Answer.YES), id="sk without its accent"),
        pytest.param("Igen T12", Word(Answer.YES, 12), id="hu, of a ticket"),
        pytest.param("Нет.", Word(Answer.NOT_YET), id="ru"),
        pytest.param("ešte nie t7", Word(Answer.NOT_YET, 7), id="two words, of a ticket"),
        pytest.param("not yet", Word(Answer.NOT_YET), id="en"),
        pytest.param("no thanks", None, id="more than the word"),
        pytest.param("T12", None, id="a number alone"),
        pytest.param("", None, id="nothing"),
        pytest.param("1", None, id="a digit is a rating"),
        pytest.param("no" + " " * 40 + "no", None, id="long"),
    ],
)
def test_yes_and_not_yet_are_whole_messages(text: str, word: Word | None) -> None:
    """S1-8."""
    assert yes_no.read(text) == word


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_question_names_words_that_are_understood(language: str) -> None:
    asked = texts.say(language, "{number}: is it solved? Answer OK, or NO if it is not yet.", number="T1")
    named = [word for word in re.findall(r"[^\W\d_]{2,}", asked) if word.isupper()]
    found = [yes_no.read(word) for word in named]
    assert [one.said for one in found if one] == [Answer.YES, Answer.NOT_YET], named
