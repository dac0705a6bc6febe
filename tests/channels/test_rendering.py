"""Texts cut to what a channel takes: by characters, and by the segments that are paid for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import rendering
from channels.contract import Capabilities
from channels.sms import Settings, compose
from channels.sms.receive import SEGMENT_LIMIT, capabilities
from tests.channels.samples import SETTINGS

SMS = capabilities(Settings.model_validate(SETTINGS["sms"]), is_told=True)
FAMILY = "👨‍👩‍👧‍👦"
SENTENCE = "Dzień dobry, Państwa karta działa już na wszystkich stacjach. "


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Jövök", 1),
        ("x" * 1530, 1),
        ("x" * 1531, 2),
        ("x" * 1600, 2),
        ("ж" * 670, 1),
        ("ж" * 671, 2),
        ("😀" * 330, 1),
        ("😀" * 1600, 5),
        (FAMILY * 100, 2),
        (SENTENCE * 24, 1),
        ("a" * 1596 + "……", 2),  # folded it is longer by four
    ],
    ids=[
        "short",
        "10",
        "11",
        "1600",
        "10 Cyrillic",
        "11 Cyrillic",
        "10 emoji",
        "1600 emoji",
        "joined",
        "Polish",
        "dots",
    ],
)
def test_a_message_has_ten_segments_at_most(text: str, count: int) -> None:
    parts = rendering.messages(text, SMS)
    assert len(parts) == count
    assert max(compose.segments_of(part, folds=True) for part in parts) <= SEGMENT_LIMIT
    assert not any(compose.is_too_long(compose.folded(part)) for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_what_is_read_as_one_character_is_not_parted() -> None:
    assert {part.replace(FAMILY, "") for part in rendering.messages(FAMILY * 300, SMS)} == {""}
    accented = "e\u0301"
    assert {part.replace(accented, "") for part in rendering.pieces(accented * 100, 25)} == {""}


@given(st.text(alphabet="ab \n.é😀\u200d\u0301ж…", max_size=120), st.integers(2, 30))
def test_nothing_is_lost_and_every_piece_goes(text: str, limit: int) -> None:
    parts = rendering.pieces(text, limit)
    assert all(rendering.units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.lists(st.text(alphabet="ab é😀", min_size=1, max_size=20).map(str.strip).filter(bool), max_size=12))
def test_a_list_is_cut_between_its_lines(lines: list[str]) -> None:
    """Lines that are short beside a message stay whole, in their order."""
    limit = 90
    parts = rendering.messages("\n".join(lines), Capabilities("chat", "chat", text_limit=limit), whole_lines=True)
    assert "\n".join(parts).split("\n") == (lines or [""])
    assert all(rendering.units(part) <= limit for part in parts)
