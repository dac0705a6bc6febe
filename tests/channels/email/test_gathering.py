"""The end of DATA and what is in it, against an oracle that reads a line at a time, however the octets are cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.email.gathering import Fault, Gathering

LIMIT = 40  # of a line, small enough for hypothesis to cross it
SIZE = 200


def oracle(stream: bytes) -> tuple[bytes, bytes] | None:
    """Content and rest as RFC 5321 says it, line by line; None while the end has not come."""
    content, rest = b"", stream
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if line == b".":
            return content, rest
        content += (line[1:] if line.startswith(b".") else line) + end


def gathered(chunks: list[bytes], **limits: int) -> tuple[Gathering, bytes] | None:
    gathering = Gathering(**{"size_limit": 10_000, "line_limit": 1001} | limits)
    for number, chunk in enumerate(chunks):
        rest = gathering.feed(chunk)
        if rest is not None:
            return gathering, rest + b"".join(chunks[number + 1 :])
    return None


octets = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"\r\n.", b".\r\n", b"..", b"\x00"]), max_size=40)


@settings(deadline=None)
@given(octets.map(b"".join), st.lists(st.integers(1, 7), max_size=60))
@example(b".\r\n", [1, 1, 1])
@example(b"a\r\n.\r\nQUIT\r\n", [2, 1, 1, 1])
@example(b"\r\n..\r\n.\r\n.\r\n", [3, 3])
def test_any_cutting_of_any_octets_gives_what_lines_give(stream: bytes, cuts: list[int]) -> None:
    """S11: the end is CRLF.CRLF and nothing else, wherever the network cuts it."""
    chunks, rest = [], stream
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    found = gathered([chunk for chunk in [*chunks, rest] if chunk])
    expected = oracle(stream)
    if expected is None:
        assert found is None
        return
    assert found is not None
    gathering, behind = found
    assert (gathering.content(), behind) == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, LIMIT + 4), max_size=8), st.integers(1, 30))
def test_a_line_is_too_long_exactly_from_its_limit_on(lengths: list[int], step: int) -> None:
    lines = b"".join(b"a" * length + b"\r\n" for length in lengths)
    stream = lines + b".\r\n"
    found = gathered([stream[at : at + step] for at in range(0, len(stream), step)], line_limit=LIMIT)
    assert found is not None
    is_long = any(length + 2 > LIMIT for length in lengths)
    assert (found[0].fault is Fault.LINE) == is_long


@pytest.mark.parametrize("length", [SIZE - 2, SIZE, SIZE + 1, SIZE * 20], ids=["below", "at", "above", "far above"])
def test_a_mail_is_too_big_exactly_above_the_limit_and_nothing_of_it_is_kept(length: int) -> None:
    stream = (b"a" * 38 + b"\r\n") * (length // 40 + 1)
    stream = stream[: length - 2] + b"\r\n" + b".\r\n"
    found = gathered([stream[at : at + 64] for at in range(0, len(stream), 64)], size_limit=SIZE)
    assert found is not None
    gathering, _ = found
    assert (gathering.fault is Fault.SIZE) == (length > SIZE)
    assert (gathering.content() == b"") == (length > SIZE)
