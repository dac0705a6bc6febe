"""A transcript as people write it: who says what, and what is expected to be answered. Pure.

# a comment
eszter> My card is blocked          a customer, in the chat with the bot
anna> /take T1                      a colleague, in the staff chat
anna> [Confirm]                     he presses the newest button of that label there
anna sms> T1 close                  by text message; {code} stands for the code that he was sent last
< T1 closed.                        somebody was told this since
! not a command                     nobody was told this since
+90m                                the clock goes on
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from kernel.durations import parse_duration
from kernel.errors import Invalid, Problem

_PRESSED = re.compile(r"\[([^\[\]]+)\]")
_SAID = re.compile(r"(\w+)( sms)?>\s?(.*)")


class Act(StrEnum):
    SAY = "say"
    PRESS = "press"
    TEXT = "text"  # by text message
    TOLD = "told"
    UNTOLD = "untold"
    PUSH = "push"


class Line(Struct, frozen=True):
    """One line that does or expects something. `number`: where it stands, from 1."""

    number: int
    act: Act
    who: str = ""
    text: str = ""
    by: timedelta = timedelta()


def read(lines: Sequence[str]) -> list[Line]:
    """All lines. Raises Invalid with every one that cannot be read."""
    found, wrong = [], []
    for number, written in enumerate(lines, 1):
        text = written.strip()
        if not text or text.startswith("#"):
            continue
        one = _line(number, text)
        if one is None:
            wrong.append(Problem(f"line {number}", "who> text, < answer, ! no such answer, or +1h", text[:60]))
        else:
            found.append(one)
    if wrong:
        raise Invalid("the transcript cannot be read", problems=tuple(wrong))
    return found


def _line(number: int, text: str) -> Line | None:
    if text.startswith(("<", "!")):
        return Line(number, Act.TOLD if text[0] == "<" else Act.UNTOLD, text=text[1:].strip())
    if text.startswith("+"):
        try:
            return Line(number, Act.PUSH, by=parse_duration(text[1:].strip()))
        except ValueError:
            return None
    said = _SAID.fullmatch(text)
    if said is None:
        return None
    who, by_text, words = said.groups()
    pressed = None if by_text else _PRESSED.fullmatch(words.strip())
    if pressed:
        return Line(number, Act.PRESS, who.lower(), pressed[1])
    return Line(number, Act.TEXT if by_text else Act.SAY, who.lower(), words.replace("\\n", "\n"))
