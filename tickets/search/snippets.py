"""The place in a text where the words were found, its words marked. Pure; the text stays text and is escaped later."""

from __future__ import annotations

import re

from kernel import words
from tickets.search.query import Query, Term

SHOWN, BEFORE = 180, 60  # characters of a snippet, and of those before its first found word
Pieces = tuple[tuple[str, bool], ...]  # text, and whether it was looked for
_WORD = re.compile(r"[^\W_]+")


def cut(text: str, asked: Query) -> Pieces:
    """About SHOWN characters on one line, around the first found word; from the beginning where there is none."""
    flat = " ".join(text.split())
    found = [match.span() for match in _WORD.finditer(flat) if _is_meant(match.group(), asked.terms)]
    start = max(0, found[0][0] - BEFORE) if found else 0
    if start:
        start = flat.rfind(" ", 0, start) + 1
    end = min(len(flat), start + SHOWN)
    pieces: list[tuple[str, bool]] = [("… ", False)] if start else []
    at = start
    for left, right in found:
        if left < at or right > end:
            continue
        pieces += [(flat[at:left], False), (flat[left:right], True)]
        at = right
    pieces.append((flat[at:end], False))
    if end < len(flat):
        pieces.append((" …", False))
    return tuple(piece for piece in pieces if piece[0])


def plain(pieces: Pieces) -> str:
    return "".join(text for text, _ in pieces)


def _is_meant(word: str, terms: tuple[Term, ...]) -> bool:
    folded = words.words(word)
    return any(_fits(one, term) for one in folded for term in terms)


def _fits(word: str, term: Term) -> bool:
    if term.is_open:
        last = term.words[-1]
        if word.startswith(last) or (last.isdecimal() and last in word):
            return True
        return word in term.words[:-1]
    return word in term.words
