"""A text message as a command: a code first, or a ticket's number first, or a verb alone. Pure."""

from __future__ import annotations

from msgspec import Struct

from bot.grammar import Said, parted
from crmcore import staff_orders
from tickets import numbers


class Short(Struct, frozen=True):
    """`K7Q2 z 1h`, `T123 close`, `my`: what opens it, which ticket, which verb, and the rest as written.

    `more`, `after`: of several tickets, as grammar.Said has them.
    """

    code: str = ""
    number: int | None = None
    word: str = ""
    rest: str = ""
    more: tuple[int, ...] = ()
    after: str = ""

    def said(self, verb: str) -> Said:
        """As the command of that verb."""
        return Said(verb, self.number, self.rest, more=self.more, after=self.after)


def read(text: str) -> Short:
    """The parts of a text; a slash before the verb is passed over. `K7Q2` may be followed by a colon or a full stop."""
    found, rest = numbers.several(text, spaced=True)
    if found:
        word, rest = _verb(rest)
        return Short("", found[0], word, rest, found[1:], rest if found[1:] else "")
    first, rest = _cut(text.strip())
    code = staff_orders.code_in(first.rstrip(".,:;=!"))
    if code:
        return Short(code, None, *_verb(rest))
    word, rest = _verb(text.strip())
    said = parted(word, rest)
    return Short("", said.number, word, said.rest, said.more, said.after)


def _verb(text: str) -> tuple[str, str]:
    word, rest = _cut(text.strip())
    return word.lstrip("/#").rstrip(".!"), rest


def _cut(text: str) -> tuple[str, str]:
    for place, char in enumerate(text):
        if char.isspace():
            return text[:place], text[place + 1 :].strip()
    return text, ""
