"""A colleague's letter taken apart: leading lines `#verb args`, then the words for the customer. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot import telling
from bot.grammar import Said, literal, parted
from tickets import numbers

FIRST = frozenset({"via", "take", "reopen"})  # done before the words go out: they say who answers, and how
LIMIT = 10  # commands of one letter
_COMMAND = re.compile(r"[#/](?=[^\W\d_])")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u200b": "", "\ufeff": ""})


class Letter(Struct, frozen=True):
    """`commands` in their order; `words`: what goes to the customer, "" if nothing."""

    commands: tuple[Said, ...] = ()
    words: str = ""


def read(text: str) -> Letter:
    """The commands and words of what was newly written.

    A text with our line in it is an answer in which nothing new could be found: all of it is ours, and nothing is said.
    """
    lines = [line.translate(_SPACES).rstrip() for line in text.splitlines()]
    if any(telling.is_mark(line) for line in lines):
        return Letter()
    commands: list[Said] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if line and not _COMMAND.match(line):
            break
        if line:
            commands.append(_said(line[1:]))
        at += 1
    rest = lines[at:]
    if rest:
        first = rest[0].lstrip()
        rest[0] = first[1:] if first.startswith("##") else literal(rest[0])
    return Letter(tuple(commands), "\n".join(rest).strip())


def in_order(commands: Sequence[Said], words: str, canonical: Sequence[str]) -> list[Said]:
    """All that is to be done: what says who answers, the answer, and what comes after it.

    `canonical`: the verbs' own names, in the order of `commands`.
    """
    named = [replace(said, word=name) for name, said in zip(canonical, commands, strict=True)]
    before = [said for said in named if said.word in FIRST]
    after = [said for said in named if said.word not in FIRST]
    answer = [Said("reply", None, words)] if words else []
    return [*before, *answer, *after]


def written(said: Said, ticket: int | None) -> str:
    """A command as it is kept until it is confirmed; reads back as the same.

    `ticket`: the one that is meant. It is always written, or words that begin with another's number would be that.
    """
    if said.more:
        return " ".join(part for part in (f"/{said.word}", said.names, said.after) if part)
    number = said.number if said.number is not None else ticket
    name = numbers.written(number) if number is not None else ""
    return " ".join(part for part in (f"/{said.word}", name, said.rest) if part)


def _said(line: str) -> Said:
    word, _, rest = line.partition(" ")
    said = parted(word, rest)
    return replace(said, rest=said.rest.strip(), after=said.after.strip())
