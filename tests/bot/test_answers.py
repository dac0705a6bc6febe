"""Answers to guided questions as tables: what is a value, a word to the house, or neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import answers, question_texts
from bot.answers import Meant, Option, Said
from bot.question_texts import Question
from channels.contract import Capabilities
from channels.lines import Line
from kernel import texts
from tickets.kinds import SHIPPED, Field, Kind, Type

CAUSES = [
    Option("card", "Karta paliwowa", frozenset({"card", "fuel card", "karta paliwowa"})),
    Option("price", "Cena", frozenset({"price", "cena"})),
    Option("2", "Dwa", frozenset({"dwa"})),
]
SMS = Line("sms", "sms:1", Capabilities("SMS", "tel", keywords=True))
CHAT = Line("chat", "chat:1", Capabilities("Chat", "chat", buttons=True))
LETTER = Line("email", "email:1", Capabilities("E-mail", "mailto", conversational=False))


def value(text: str) -> Said:
    return Said(Meant.VALUE, text)


WRONG = Said(Meant.WRONG)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Type.TEXT, " The pump was dirty. ", value("The pump was dirty.")),
        (Type.TEXT, "x" * 4001, WRONG),
        (Type.NUMBER, "12,5", value("12.5")),
        (Type.NUMBER, "1 250.", value("1250")),
        (Type.NUMBER, "twelve", WRONG),
        (Type.DATE, "10.3.2026", value("2026-03-10")),
        (Type.DATE, "10. 3. 2026.", value("2026-03-10")),
        (Type.DATE, "31.2.2026", WRONG),
        (Type.DATE, "yesterday", WRONG),
        (Type.CODEBOOK, "1", value("card")),
        (Type.CODEBOOK, "2)", value("price")),
        (Type.CODEBOOK, "CENA!", value("price")),
        (Type.CODEBOOK, "Fuel card", value("card")),
        (Type.CODEBOOK, "4", WRONG),
        (Type.CODEBOOK, "0", WRONG),
        (Type.CODEBOOK, "-1", WRONG),
        (Type.CODEBOOK, "²", WRONG),
        (Type.CHOICE, "something else", WRONG),
        (Type.STATION, "0412.", value("0412")),
        (Type.YES_NO, "Tak!", value("yes")),
        (Type.YES_NO, "Áno", value("yes")),
        (Type.YES_NO, "nem", value("no")),
        (Type.YES_NO, "perhaps", WRONG),
        (Type.TEXT, "skip", Said(Meant.SKIP)),
        (Type.NUMBER, "POMIŃ.", Said(Meant.SKIP)),
        (Type.DATE, "/skip", Said(Meant.SKIP)),
        (Type.TEXT, "kihagy", Said(Meant.SKIP)),
        (Type.TEXT, "пропустить", Said(Meant.SKIP)),
        (Type.TEXT, "please skip the queue", value("please skip the queue")),
        (Type.TEXT, "Dość pytań!", Said(Meant.STOP)),
        (Type.CODEBOOK, "stop", Said(Meant.STOP)),
        (Type.TEXT, "хватит вопросов", Said(Meant.STOP)),
        (Type.TEXT, "stop the pump", value("stop the pump")),
        (Type.TEXT, "CZŁOWIEK", Said(Meant.PERSON)),
        (Type.NUMBER, "/human", Said(Meant.PERSON)),
        (Type.TEXT, "ember", Said(Meant.PERSON)),
        (Type.TEXT, "a human being", value("a human being")),
    ],
)
def test_an_answer_is_read_by_the_type_of_its_field(kind: Type, text: str, expected: Said) -> None:
    """B-6."""
    assert answers.read(Field("x", kind), text, CAUSES) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (Type.CODEBOOK, "price\n\nKind regards\nEszter", value("price")),
        (Type.NUMBER, "\n 12.5 \n--\nEszter", value("12.5")),
        (Type.TEXT, "The pump.\nIt was dirty.", value("The pump.\nIt was dirty.")),
        (Type.TEXT, "SKIP\n\nEszter", Said(Meant.SKIP)),
        (Type.DATE, "Hello,\n10.3.2026", WRONG),
    ],
)
def test_of_a_letter_the_first_line_is_enough(kind: Type, text: str, expected: Said) -> None:
    """A letter ends with a name; in a chat every word counts."""
    assert answers.read(Field("x", kind), text, CAUSES, is_letter=True) == expected
    if expected.meant is not Meant.WRONG and kind is not Type.TEXT:
        assert answers.read(Field("x", kind), text, CAUSES) == WRONG


@given(st.text(max_size=60), st.sampled_from(Type))
def test_whatever_is_written_is_read_as_something(text: str, kind: Type) -> None:
    """Never an exception; a value that is chosen is one of the options."""
    found = answers.read(Field("x", kind), text, CAUSES)
    if found.meant is Meant.VALUE and kind in (Type.CHOICE, Type.CODEBOOK):
        assert found.value in {one.value for one in CAUSES}
    assert (found.meant is Meant.VALUE) or not found.value


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_words_that_a_question_names_are_heard(language: str) -> None:
    """What the customer is told to write is what is understood: SKIP, HUMAN, yes and no, in every language."""
    text, _ = question_texts.asked(SMS, language, Question("T1", Kind("x"), Field("x"), 1, 2))
    told = [word.strip(".") for word in text.split() if word.strip(".").isupper() and len(word) > 3]
    assert [answers.read(Field("x"), word, []).meant for word in told] == [Meant.SKIP, Meant.PERSON]
    for word, expected in (("Yes", "yes"), ("No", "no")):
        assert answers.read(Field("x", Type.YES_NO), texts.say(language, word), []) == value(expected)


def test_a_question_is_worded_by_the_house_else_by_us_else_by_its_name() -> None:
    own = Field("when", Type.DATE, label="Day", questions={"hu": "Mikor?"})
    assert question_texts.worded("hu", Kind("x"), own) == "Mikor?"
    assert question_texts.worded("pl", Kind("x"), own) == "Prosimy podać: Day."
    assert question_texts.worded("", Kind("x"), Field("root_cause")) == "Please tell us: root cause."
    complaint = SHIPPED["complaint"]
    assert question_texts.worded("sk", complaint, complaint.fields[0]) == "Čoho sa týka vaša reklamácia?"
    changed = Field("cause", Type.TEXT)
    assert question_texts.worded("sk", Kind("complaint", (changed,)), changed) == "Napíšte nám, prosím: cause."


def test_options_are_buttons_where_there_are_any() -> None:
    """Elsewhere they have numbers; a required field has no way around it."""
    one = Question("T1", Kind("x"), Field("cause", Type.CODEBOOK, required=True, book="cause"), 2, 3, CAUSES, id=7)
    text, buttons = question_texts.asked(CHAT, "en", one)
    assert text == "T1, question 2 of 3: Please tell us: cause."
    assert [button.code for row in buttons for button in row] == ["c:ask:7:0", "c:ask:7:1", "c:ask:7:2"]
    for line in (SMS, LETTER):
        text, buttons = question_texts.asked(line, "en", one)
        assert text.splitlines()[1:] == [
            "1 – Karta paliwowa", "2 – Cena", "3 – Dwa", "Write the number or the word.",
        ]  # fmt: skip
        assert buttons == ()
    optional = Question("T1", Kind("x"), Field("note"), 2, 3, id=7)
    assert [button.code for row in question_texts.asked(CHAT, "en", optional)[1] for button in row] == ["c:ask:7:skip"]
