"""A transcript: read with every fault at once, and played through the whole hub."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from hub.replay import playing, transcript
from hub.replay.transcript import Act, Line
from kernel.errors import Invalid
from tests.support import commands

COMMANDS = Path(__file__).parent / "commands.txt"


def test_a_transcript_is_read_line_by_line() -> None:
    found = transcript.read(["# x", "", "Anna> /take T1", "anna sms> a\\nb", "< T1", "! no", "+90m"])
    assert [(one.number, one.act, one.who, one.text) for one in found] == [
        (3, Act.SAY, "anna", "/take T1"),
        (4, Act.TEXT, "anna", "a\nb"),
        (5, Act.TOLD, "", "T1"),
        (6, Act.UNTOLD, "", "no"),
        (7, Act.PUSH, "", ""),
    ]


def test_every_line_that_cannot_be_read_is_named() -> None:
    """M-12: the line, and what is expected."""
    with pytest.raises(Invalid) as raised:
        transcript.read(["hello", "anna> x", "+soon"])
    assert [one.field for one in raised.value.problems] == ["line 1", "line 3"]


async def test_the_table_of_commands_is_walked() -> None:
    """Issue 5: each command with its answer, in the chat and by text, at the wire."""
    lines = transcript.read(COMMANDS.read_text().splitlines())
    async with playing.opened() as player:
        wrong = [told async for told in player.play(lines) if not told.is_right]
    assert [(one.line.number, one.line.text, one.texts) for one in wrong] == []


async def test_an_answer_that_does_not_come_is_wrong() -> None:
    async with playing.opened() as player:
        lines = [Line(1, Act.SAY, "anna", "/my"), Line(2, Act.TOLD, text="T99"), Line(3, Act.UNTOLD, text="Nothing")]
        assert [told.is_right async for told in player.play(lines)] == [True, False, False]


@pytest.mark.parametrize(("expected", "code"), [("Nothing is yours.", 0), ("T99", 1)])
def test_the_command_says_whether_all_was_as_expected(tmp_path: Path, expected: str, code: int) -> None:
    file = tmp_path / "t.txt"
    file.write_text(f"anna> /my\n< {expected}\n")
    done = commands.run_text("bot", "replay", str(file), "--json")
    assert done.returncode == code, done.stderr
    assert orjson.loads(done.stdout.splitlines()[0])["told"][0].startswith("Nothing is yours.")
