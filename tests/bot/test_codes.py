"""What buttons carry: written within Telegram's 64 bytes, read back as it was, and nothing else is read at all."""

from __future__ import annotations

import pytest

from bot import codes
from bot.codes import Pressed
from bot.commands import registry

BIGGEST = 2**63 - 1


@pytest.mark.parametrize("verb", [verb.button for verb in registry().verbs if verb.button])
@pytest.mark.parametrize(("number", "version"), [(0, 0), (1, 0), (12, 7), (BIGGEST, 2**31 - 1)])
def test_what_is_written_is_read_back_and_fits(verb: str, number: int, version: int) -> None:
    """M-9: bot.md 2.4."""
    written = codes.write(verb, number, version)
    assert len(written.encode()) <= 64
    assert codes.read(written) == Pressed(verb, number, version)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "t",
        ":::",
        "t:::",
        "t:tk::",
        "t:tk:1",
        "t:tk:1:1:1",
        "x:tk:1:1",
        "T:tk:1:1",
        "t:t1:1:1",
        "t: :1:1",
        "t:tk:-1:1",
        "t:tk:+1:1",
        "t:tk: 1:1",
        "t:tk:1.0:1",
        "t:tk:1_0:1",
        "t:tk:0x1:1",
        "t:tk:١:1",
        "t:tk:²:1",
        f"t:tk:{2**63}:0",
        f"t:tk:1:{2**31}",
        "t:tk:" + "9" * 50 + ":1",
        "t:tk:1:1\n",
        "т:tk:1:1",
    ],
)
def test_what_is_no_button_of_ours_is_not_read(code: str) -> None:
    """S20: a changed app can send any bytes."""
    assert codes.read(code) is None
