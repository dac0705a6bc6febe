"""Words of a text as the search knows them: folded, numbers findable by any run of their digits. Pure."""

from __future__ import annotations

import re

from kernel import folding

LONGEST = 40  # letters of a word that count
MOST = 4_000  # words of one text that are indexed
DIGITS = 4  # a shorter run of digits is found only where it begins a word
_NUMBERS = 50  # numbers of one text that are found by any run of their digits
_WORD = re.compile(r"[^\W_]+")
_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_ODD = re.compile(r"[^a-z0-9]")
_DIGITS = re.compile(r"\d+")
# Digits as people group them in a phone or tax number: "+48 600 123 456", "526-10-40-828". Nine or more, or seven
# after a plus: fewer are as likely two numbers, or a day.
GROUPED = r"(?<![^\W_])(?:\+\d(?:[ ()-]{0,3}\d){6,29}|\d(?:[ ()-]{0,3}\d){8,29})(?![^\W_])"
_GROUPED = re.compile(GROUPED)
_GROUPED_DIGITS = 7  # the fewest that it takes
# T1042 as `tickets.numbers` prints it; "T-1042", and the Cyrillic letter that looks the same.
_TICKET = re.compile(r"(?<![^\W_])[tт][-#]?(\d{1,12})(?![^\W_])")
_AFTER_T = re.compile(r"[tт][-#]?\d")


def words(text: str) -> list[str]:
    """The words of a text, folded, in order: "Żółć, T-10" → ["zolc", "t", "10"]."""
    return split(folding.fold(text))


def split(folded: str) -> list[str]:
    """As `words`, of a text that is folded already."""
    found = folded.translate(_GAPS).split() if folded.isascii() else _WORD.findall(folded)  # a fifth of the time
    return [word[:LONGEST] for word in found]


def digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(char for char in text if char.isdecimal())


def ticket(folded: str) -> str | None:
    """The one spelling of a ticket's number, where the whole text is one: "т-1042" → "t1042"."""
    match = _TICKET.fullmatch(folded)
    return f"t{match.group(1)}" if match else None


def hidden(folded: str) -> list[str]:
    """What a text is found by beside its words: ticket numbers in one spelling, numbers from every digit on."""
    runs = _DIGITS.findall(folded)
    if not runs:
        return []
    found = dict.fromkeys(f"t{number}" for number in _TICKET.findall(folded)) if _AFTER_T.search(folded) else {}
    many = sum(map(len, runs)) >= _GROUPED_DIGITS  # the two patterns cost more than all else of a text
    numbers = dict.fromkeys(digits(written) for written in _GROUPED.findall(folded)) if many else {}
    numbers |= dict.fromkeys(run for run in runs if len(run) >= DIGITS)
    for number in list(numbers)[:_NUMBERS]:
        short = number[:LONGEST]
        found |= dict.fromkeys(short[start:] for start in range(len(short) - DIGITS + 1))
    return list(found)


def mark(kind: str, name: object) -> str:
    """A word that no text contains, for what a text has about it: mark("q", "inbox") → "q=inbox"."""
    return f"{kind}={_ODD.sub(lambda odd: f'_{ord(odd.group()):x}_', str(name))}"
