"""Words of a text as the search knows them: folded, numbers findable by any run of their digits. Pure."""

from __future__ import annotations

import re

from kernel import folding

LONGEST = 40  # letters of a word that count
MOST = 4_000  # words of one text that are indexed
DIGITS = 4  # a shorter run of digits is found only where it begins a word
_NUMBERS = 50  # numbers of one text that are found by any run of their digits
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
# Digits as people group them in a phone or tax number: "+48 600 123 456", "526-10-40-828". Nine or more, or seven
# after a plus: fewer are as likely two numbers, or a day.
GROUPED = r"(?<![^\W_])(?:\+\d(?:[ ()-]{0,3}\d){6,29}|\d(?:[ ()-]{0,3}\d){8,29})(?![^\W_])"
_GROUPED = re.compile(GROUPED)
# T1042 as `tickets.numbers` prints it; "T-1042", and the Cyrillic letter that looks the same.
_TICKET = re.compile(r"(?<![^\W_])[tт][-#]?(\d{1,12})(?![^\W_])")


def words(text: str) -> list[str]:
    """The words of a text, folded, in order: "Żółć, T-10" → ["zolc", "t", "10"]."""
    return split(folding.fold(text))


def split(folded: str) -> list[str]:
    """As `words`, of a text that is folded already."""
    return [word[:LONGEST] for word in _WORD.findall(folded)]


def digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(char for char in text if char.isdecimal())


def ticket(folded: str) -> str | None:
    """The one spelling of a ticket's number, where the whole text is one: "т-1042" → "t1042"."""
    match = _TICKET.fullmatch(folded)
    return f"t{match.group(1)}" if match else None


def hidden(folded: str) -> list[str]:
    """What a text is found by beside its words: ticket numbers in one spelling, numbers from every digit on."""
    if not _DIGITS.search(folded):
        return []
    found = dict.fromkeys(f"t{number}" for number in _TICKET.findall(folded))
    numbers = dict.fromkeys(digits(written) for written in _GROUPED.findall(folded))
    numbers |= dict.fromkeys(run for run in _DIGITS.findall(folded) if len(run) >= DIGITS)
    for number in list(numbers)[:_NUMBERS]:
        short = number[:LONGEST]
        found |= dict.fromkeys(short[start:] for start in range(len(short) - DIGITS + 1))
    return list(found)


def mark(kind: str, name: object) -> str:
    """A word that no text contains, for what a text has about it: mark("q", "inbox") → "q=inbox"."""
    plain = "".join(char if char in _PLAIN else f"_{ord(char):x}_" for char in str(name))
    return f"{kind}={plain}"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
