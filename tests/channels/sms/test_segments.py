"""Encoding and segments. The expected values are what Twilio's segment calculator (1.3.0) answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms import graphemes, segments
from channels.sms.segments import GSM7, UCS2, Size

FAMILY = "👨‍👩‍👧‍👦"  # eleven code units that are read as one character
THUMB = "👍🏽"
FLAG = "🇵🇱"

CASES = [
    ("nothing", "", GSM7, 1),
    ("160 septets", "a" * 160, GSM7, 1),
    ("161 septets", "a" * 161, GSM7, 2),
    ("306 septets", "a" * 306, GSM7, 2),
    ("307 septets", "a" * 307, GSM7, 3),
    ("extension counts two", "€" * 80, GSM7, 1),
    ("81 of them", "€" * 81, GSM7, 2),
    ("an extension pair is not parted at 160", "a" * 159 + "€", GSM7, 2),
    ("nor at 153", "a" * 152 + "€" + "a" * 151, GSM7, 2),
    ("so that one more is a third", "a" * 152 + "€" + "a" * 152 + "b", GSM7, 3),
    ("the header pushes what does not fit", "a" * 152 + "€" + "b" * 6, GSM7, 1),
    ("form feed is an extension", "\f" * 81, GSM7, 2),
    ("both line breaks", "\r\n" * 80, GSM7, 1),
    ("and one more", "\r\n" * 80 + "\n", GSM7, 2),
    ("a grave accent is not GSM", "`", UCS2, 1),
    ("nor a small cedilla", "ç" * 70, UCS2, 1),
    ("but a capital one", "Ç" * 160, GSM7, 1),
    ("Greek capitals", "ΓΔΘΛΞΠΣΦΨΩ" * 16, GSM7, 1),
    ("a tab is not", "\t" * 71, UCS2, 2),
    ("Polish", "ą" * 70, UCS2, 1),
    ("one more", "ą" * 71, UCS2, 2),
    ("134", "ą" * 134, UCS2, 2),
    ("135", "ą" * 135, UCS2, 3),
    ("Cyrillic", "ж" * 201, UCS2, 3),
    ("an extension is one unit of UCS-2", "ą" + "€" * 69, UCS2, 1),
    ("a surrogate pair is two", "😀" * 35, UCS2, 1),
    ("36 of them", "😀" * 36, UCS2, 2),
    ("a pair is not parted at 67", "ą" * 66 + "😀" + "ą" * 66, UCS2, 3),
    ("a family is not parted", "ą" * 60 + FAMILY, UCS2, 2),
    ("six families", FAMILY * 6, UCS2, 1),
    ("seven", FAMILY * 7, UCS2, 2),
    ("thirteen", FAMILY * 13, UCS2, 3),
    ("a thumb is not parted", "ą" * 65 + THUMB + "ą" * 64, UCS2, 3),
    ("flags", FLAG * 34, UCS2, 3),
    ("an accent stays with its letter", "ą" * 66 + "e\u0301" + "ą" * 66, UCS2, 3),
]


@pytest.mark.parametrize(("text", "encoding", "count"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_text_is_counted_as_the_calculator_counts(text: str, encoding: str, count: int) -> None:
    """B-1: what is shown is what is paid."""
    assert segments.measure(text) == Size(encoding, count)


GSM_TEXTS = st.text(st.sampled_from(sorted(segments.BASIC | segments.EXTENSION)), max_size=700)


@given(GSM_TEXTS)
def test_gsm_is_between_what_fits_at_best_and_at_worst(text: str) -> None:
    """The oracle: septets, and at most one lost at the end of a segment."""
    septets = sum(2 if char in segments.EXTENSION else 1 for char in text)
    found = segments.measure(text)
    assert found.encoding == GSM7
    if septets <= 160:
        assert found.segments == 1
    else:
        assert -(-septets // 153) <= found.segments <= -(-septets // 152)


@given(st.text(max_size=400))
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(graphemes.clusters(text)) == text


@given(st.text(min_size=1, max_size=300), st.text(max_size=5))
def test_more_text_never_takes_fewer_segments_of_one_encoding(text: str, more: str) -> None:
    short, long = segments.measure(text), segments.measure(text + "\n" + more)
    assert short.encoding != long.encoding or short.segments <= long.segments


CLUSTERS = [
    ("a family", FAMILY + "x", [FAMILY, "x"]),
    ("skin", THUMB + THUMB, [THUMB, THUMB]),
    ("a modifier alone", "x🏽", ["x", "🏽"]),
    ("flags in pairs", FLAG * 2 + "🇸", [FLAG, FLAG, "🇸"]),
    ("accents", "e\u0301\u0302a", ["e\u0301\u0302", "a"]),
    ("line breaks", "\r\n\n\r", ["\r\n", "\n", "\r"]),
    ("nothing sticks to a line break", "\n\u0301", ["\n", "\u0301"]),
    ("Hangul", "각가ᄀ", ["각", "가", "ᄀ"]),
    ("Hangul letters", "\u1100\u1161\u11a8", ["\u1100\u1161\u11a8"]),
    ("Devanagari", "नि", ["नि"]),
    ("a sign before its digits", "\u06001", ["\u06001"]),
    ("a couple with a colour, as in the calculator", "👩‍❤️‍👨🏽", ["👩‍❤️‍👨", "🏽"]),
    ("a flag keeps one mark, as in the calculator", FLAG + "\u0301\u0302", [FLAG + "\u0301", "\u0302"]),
    ("later emoji are two, as in the calculator", "❤️‍🔥", ["❤️‍", "🔥"]),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in CLUSTERS], ids=[row[0] for row in CLUSTERS])
def test_what_is_read_as_one_character(text: str, expected: list[str]) -> None:
    assert list(graphemes.clusters(text)) == expected
