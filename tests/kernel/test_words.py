"""The short ways that the words of a text are found by, beside the long ones they stand for."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kernel import folding, words

TEXTS = st.text(st.sampled_from("abtTт żół09 1234567890+-()#_=.\n\x1f"), max_size=60) | st.text(max_size=60)


@given(TEXTS)
def test_words_are_runs_of_letters_and_digits(text: str) -> None:
    folded = folding.fold(text)
    assert words.split(folded) == [word[: words.LONGEST] for word in re.findall(r"[^\W_]+", folded)]


@given(TEXTS)
def test_numbers_are_found_from_every_digit_on(text: str) -> None:
    """A phone number by its end, a ticket by its number in any spelling."""
    folded = folding.fold(text)
    found = words.hidden(folded)
    for number in re.findall(r"(?<![^\W_])[tт][-#]?(\d{1,12})(?![^\W_])", folded):
        assert f"t{number}" in found
    for written in re.findall(words.GROUPED, folded):
        assert words.digits(written)[: words.LONGEST] in found
    for run in re.findall(r"\d{4,}", folded):
        assert run[-4:] in found or len(run) > words.LONGEST
    ours = {*re.findall(r"\d+", folded), *map(words.digits, re.findall(words.GROUPED, folded))}
    assert all(any(one.lstrip("t") in number for number in ours) for one in found)


@given(st.text(max_size=20))
def test_a_mark_is_one_word_of_its_own(name: str) -> None:
    mark = words.mark("q", name)
    assert re.fullmatch(r"q=[a-z0-9_]*", mark)
    plain = re.sub(r"_([0-9a-f]+)_", lambda code: chr(int(code.group(1), 16)), mark[2:])
    assert plain == name
