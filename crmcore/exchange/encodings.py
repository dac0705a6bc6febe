"""The encoding of a text file: its mark says so, or it is UTF-8, or the likeliest of those our countries use. Pure.

Guessing is by letters: read in the right code page, a text has the letters of one of our languages and hardly any
other sign beyond ASCII. Where two code pages read it equally well and differently, that is said.
"""

from __future__ import annotations

import codecs
import itertools
from typing import NamedTuple

from kernel import errors
from kernel.errors import Problem

CANDIDATES = ("cp1250", "cp1251", "cp852", "iso8859-2")
SAMPLE = 200_000  # bytes that are looked at for a guess
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LETTERS = {
    "pl": "ąćęłńóśźż",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}
_ALPHABETS = tuple(frozenset(letters + letters.upper()) for letters in _LETTERS.values())
_QUIET = frozenset("„”“’‘–—…§°€«»№\xa0´")  # signs that stand in texts of any of them


class Decoded(NamedTuple):
    """The text, the encoding it was in, and whether that is sure."""

    text: str
    encoding: str
    is_sure: bool


def decode(content: bytes, named: str = "") -> Decoded:
    """The text of `content`; `named` overrides the finding. Raises Invalid if it cannot be read so."""
    if named:
        return Decoded(_named(content, named), named, True)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return Decoded(_named(content, encoding), encoding, True)
    try:
        return Decoded(_whole(content.decode("utf-8")), "utf-8", True)
    except UnicodeDecodeError:
        return _guessed(content)


def score(text: str) -> int:
    """How much the text looks like one of our languages: its letters, less thrice what it should not have."""
    beyond = [char for char in text if char > "\x7f" and char not in _QUIET]
    known = max(sum(char in alphabet for char in beyond) for alphabet in _ALPHABETS)
    shouted = sum(one.islower() and two.isupper() and two > "\x7f" for one, two in itertools.pairwise(text))
    return known - 3 * (len(beyond) - known) - 2 * shouted


def _guessed(content: bytes) -> Decoded:
    sample = content[:SAMPLE]
    read = {encoding: sample.decode(encoding, "replace") for encoding in CANDIDATES}
    ranked = sorted(CANDIDATES, key=lambda encoding: -score(read[encoding]))
    best, second = ranked[0], ranked[1]
    is_sure = score(read[best]) > score(read[second]) or read[best] == read[second]
    return Decoded(_named(content, best), best, is_sure)


def _named(content: bytes, encoding: str) -> str:
    expected = f"the encoding the file is in, for example utf-8 or {CANDIDATES[0]}: name it with --encoding"
    try:
        return _whole(content.decode(encoding))
    except (UnicodeError, LookupError) as error:
        problem = Problem("encoding", expected, encoding)
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=(problem,)) from error


def _whole(text: str) -> str:
    """Raises Invalid for what is no text: a picture, a database."""
    if "\x00" in text:
        problem = Problem("encoding", "a text file (CSV or vCard), or an XLSX workbook", "zero bytes")
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=(problem,))
    return text.removeprefix("\ufeff")
