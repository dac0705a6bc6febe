"""The words on a message that may come twice."""

from __future__ import annotations

import pytest

from bot import onward, telling
from channels.contract import Address
from channels.outbox import Draft

MARK = telling.mark("pl")
WORDS = "It may come by Telegram too, which does not answer."


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        pytest.param("ALERT T1", WORDS, f"{WORDS}\nALERT T1", id="a text"),
        pytest.param("ALERT T1", "", "ALERT T1", id="taken back"),
        pytest.param(
            f"{MARK}\n\nLate\n\nfooter",
            WORDS,
            f"{MARK}\n\n{WORDS}\n\nLate\n\nfooter",
            id="a letter: below the mark, or it would be the answer's first line",
        ),
    ],
)
def test_a_double_says_that_it_may_be_one(text: str, words: str, expected: str) -> None:
    """M-10."""
    assert onward.twice(Draft("sms", "sms:1", Address("tel", "+48"), "alert", text), words).text == expected
