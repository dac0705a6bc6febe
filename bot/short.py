"""A text message as a command: a code first, or a ticket's number first, or a verb alone. Pure."""

from __future__ import annotations

from msgspec import Struct

from crmcore import staff_orders
from tickets import numbers


class Short(Struct, frozen=True):
    """`K7Q2 z 1h`, `T123 close`, `my`: what opens it, which ticket, which verb, and the rest as written."""

    code: str = ""
    number: int | None = None
    word: str = ""
    rest: str = ""


def read(text: str) -> Short:
    """The parts of a text; a slash before the verb is passed over. `K7Q2` may be followed by a colon or a full stop."""
    number, rest = numbers.leading(text)
    if number is not None:
        return Short("", number, *_verb(rest))
    first, rest = _cut(text.strip())
    code = staff_orders.code_in(first.rstrip(".,:;=!"))
    if code:
        return Short(code, None, *_verb(rest))
    word, rest = _verb(text.strip())
    number, rest = numbers.leading(rest)
    return Short("", number, word, rest)


def _verb(text: str) -> tuple[str, str]:
    word, rest = _cut(text.strip())
    return word.lstrip("/#").rstrip(".!"), rest


def _cut(text: str) -> tuple[str, str]:
    for place, char in enumerate(text):
        if char.isspace():
            return text[:place], text[place + 1 :].strip()
    return text, ""
