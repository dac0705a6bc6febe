"""What is expected of an input: English to a program, the reader's language to a person."""

from __future__ import annotations

import ast
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from kernel import texts
from kernel.errors import Misread, Problem
from kernel.phrases import Foreign, Phrase, kept, one_of
from kernel.settings import Duration, Section, problems
from tests.support import expecting, wording

LANGUAGES = [language for language in texts.LANGUAGES if language != "en"]


def test_a_phrase_is_its_english_text() -> None:
    said = Phrase("at most {limit} characters", limit=40)
    assert said == "at most 40 characters" and f"{said}!" == "at most 40 characters!"
    told = Problem("name", said, "x").as_dict()
    assert told == {"field": "name", "expected": "at most 40 characters", "got": "x"}
    assert all(type(value) is str for value in told.values())  # as the encoders want it


def test_a_person_reads_it_in_his_language() -> None:
    """M-8: with a phrase inside it; names stay as they are, and what another program says stays English."""
    inner = Phrase("none is set; add {example}", example="[[chains]]")
    assert texts.phrase("pl", one_of([], inner)) == "jedno z: nic nie jest ustawione; dodaj [[chains]]"
    assert texts.phrase("pl", one_of(["a", "b"])) == "jedno z: a, b"
    assert texts.phrase("pl", Phrase("a CEL condition; {fault}", fault=Foreign("no {such} token"))) == (
        "warunek CEL; no {such} token"
    )
    assert texts.phrase("pl", "an answer") == "odpowiedź"
    assert texts.phrase("pl", Foreign("an answer")) == "an answer"
    assert texts.phrase("pl", "nobody has said this {so}") == "nobody has said this {so}"


def test_what_people_wrote_is_no_format() -> None:
    said = Phrase("one of {names}", names="{limit} %s")
    assert said == "one of {limit} %s" and texts.phrase("hu", said) == "ezek egyike: {limit} %s"


def test_a_text_becomes_a_phrase_once() -> None:
    said, foreign = Phrase("a {x}", x=1), Foreign("b")
    assert kept(said) is said and kept(foreign) is foreign and isinstance(kept("c"), Phrase)


def test_what_cannot_be_read_is_told_whole_and_piece_by_piece() -> None:
    error = Misread("wait", Phrase("a value"), "'soon'")
    assert str(error) == "wait: got 'soon', expected a value"
    assert str(Misread("", Phrase("a value"), "'soon'")) == "got 'soon', expected a value"
    assert error.problem == Problem("wait", "a value", "'soon'")


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(Phrase("a number, such as 90"))
    return value


class Sample(Section):
    """A setting for each mistake that the engine tells of ours."""

    words: str = Field(default="", max_length=3)
    some: str = Field(default="a", min_length=2)
    one: str = Field(default="a", min_length=1)
    pattern: str = Field(default="a", pattern="^a$")
    whole: int = Field(default=1, ge=0, le=9)
    odd: Annotated[int, AfterValidator(_odd)] = 1
    more: float = Field(default=1, gt=0, lt=9)
    yes: bool = True
    choice: Literal["red", "green", "blue"] = "red"
    only: Literal["red"] = "red"
    names: tuple[str, ...] = ()
    lines: list[str] = Field(default_factory=list)
    table: dict[str, str] = Field(default_factory=dict)
    wait: Duration | None = None
    day: date | None = None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"words": "abcd"}, "String should have at most 3 characters"),
        ({"words": 1}, "a valid string"),
        ({"some": "a"}, "String should have at least 2 characters"),
        ({"one": ""}, "String should have at least 1 character"),
        ({"pattern": "b"}, "String should match pattern '^a$'"),
        ({"whole": -1}, "greater than or equal to 0"),
        ({"whole": 10}, "less than or equal to 9"),
        ({"whole": "x"}, "a valid integer, unable to parse string as an integer"),
        ({"whole": 1.5}, "a valid integer, got a number with a fractional part"),
        ({"whole": []}, "a valid integer"),
        ({"odd": 2}, "a number, such as 90"),
        ({"more": 0}, "greater than 0"),
        ({"more": 9}, "less than 9"),
        ({"more": "x"}, "a valid number, unable to parse string as a number"),
        ({"more": []}, "a valid number"),
        ({"yes": "x"}, "a valid boolean, unable to interpret input"),
        ({"yes": []}, "a valid boolean"),
        ({"choice": "x"}, "'red', 'green' or 'blue'"),
        ({"names": 1}, "a valid tuple"),
        ({"lines": 1}, "a valid list"),
        ({"table": 1}, "a valid dictionary"),
        ({"day": "2026-13-01"}, "a valid date or datetime, month value is outside expected range of 1-12"),
        ({"strange": 1}, "no such key here; see the settings reference"),
        (
            {"wait": "soon"},
            'whole numbers with the units w, d, h, m or s, largest first, such as "1h", "2h30m" or "1d"',
        ),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_engine_says_of_a_setting_is_ours_to_say(language: str, given: dict[str, Any], expected: str) -> None:
    """M-8: to the letter as the engine has it for the shell, and translated for a page."""
    with pytest.raises(ValidationError) as refusal:
        Sample.model_validate(given)
    [problem] = problems(refusal.value)
    assert problem.expected == expected and isinstance(problem.expected, Phrase)
    assert texts.phrase(language, problem.expected) != expected


def test_what_the_engine_says_otherwise_is_its_own() -> None:
    """One word of a choice has no language; nothing is made up where the engine's sentence is not known."""
    with pytest.raises(ValidationError) as refusal:
        Sample.model_validate({"only": "blue", "more": float("nan")})
    assert all(isinstance(one.expected, (Foreign, Phrase)) for one in problems(refusal.value))
    assert [one.expected for one in problems(refusal.value) if one.field == "only"] == ["'red'"]


ALIKE = {"pl": {"agent", "tag {tag}"}, "sk": {"agent"}}  # words that are the same there


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_differs_from_its_english(language: str) -> None:
    """One that read alike would pass for one that is not translated."""
    found = wording.expected()
    assert len({one.text for one in found}) > 200
    asked = [one for one in found if one.text not in ALIKE.get(language, ())]
    assert [one.where for one in asked if texts.translated(language, one.text) is None] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('Problem("a", "b")', ["b"]),
        ('Problem("a", "")', []),
        ('Problem("a", Phrase("at most {n}", n=1))', ["at most {n}"]),
        ('_T = {1: "b", 2: Phrase("c")}\ndef f(n):\n    Problem("a", _T[n])', ["c", "b"]),
        ('def f(n):\n    e = Phrase("b")\n    if n:\n        e = Phrase("c")\n    Problem("a", e)', ["b", "c"]),
        ('def f(e: Phrase):\n    Misread("a", e, "x")', []),
        ('def f() -> Phrase:\n    return Phrase("b")\nProblem("a", f())', ["b"]),
        ('ValueError("b")', ["b"]),
    ],
)
def test_what_is_expected_is_found_where_it_is_made(source: str, found: list[str]) -> None:
    assert [one.text for one in expecting.of(ast.parse(source), "x_settings.py")] == found


@pytest.mark.parametrize(
    "source",
    [
        'Problem("a", f"at most {n}")',
        'Problem("a", str(error))',
        'Phrase(f"at most {n}")',
        'def f(e: str):\n    Problem("a", e)',
        'def f():\n    e = "at most " + n\n    Problem("a", e)',
        'ValueError(f"at most {n}")',
    ],
)
def test_what_could_not_be_translated_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"what is expected|which phrase|handed in"):
        list(expecting.of(ast.parse(source), "x_settings.py"))
