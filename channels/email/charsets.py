"""Bytes to text: the charset that was named, the one that was meant, or the likeliest for our customers' languages."""

from __future__ import annotations

import codecs
import re

# names that mail uses and Python does not know, and small sets that are really sent as their larger cousins
_MEANT = {
    "ansi": "cp1252",
    "ansi_x3.4-1968": "ascii",
    "big5": "big5hkscs",
    "cp-850": "cp850",
    "cp-1250": "cp1250",
    "cp-1251": "cp1251",
    "cp-1252": "cp1252",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-9": "cp1254",
    "koi8-ru": "koi8-u",
    "ks_c_5601-1987": "cp949",
    "latin1": "cp1252",
    "latin-2": "iso8859-2",
    "shift_jis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "win-1250": "cp1250",
    "win-1251": "cp1251",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-mac-ce": "mac-latin2",
    "x-mac-centraleurope": "mac-latin2",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "x-sjis": "cp932",
}
_NEVER = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_UNKNOWN = frozenset({"", "ascii", "us-ascii", "unknown-8bit", "unknown", "x-unknown", "8bit", "binary", "default"})
_GUESSES = ("cp1250", "cp1251", "koi8-r", "iso8859-2", "iso8859-5", "cp866", "cp852", "cp1252")
_NAME = re.compile(r"[a-z0-9][a-z0-9._:()+-]{0,39}")
_SAMPLE = 4096  # bytes that are looked at to guess a charset

_LATIN = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáéíóöőúüűÁÉÍÓÖŐÚÜŰäčďéíĺľňôŕšťúýžÄČĎĹĽŇÔŔŠŤÝŽěřůĚŘŮßàèêëîïûç")
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ")
_CYRILLIC_CAPITALS = frozenset("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐ")
_COMMON = frozenset("оеаинтсрвл")  # every second letter of a Cyrillic text
_SIGNS = frozenset("„”“’‘–—…€§°№«»\xa0•©®")


def text_of(content: bytes, charset: str) -> str:
    """`content` as text. A charset that is unknown, not a text's or plainly wrong is replaced by the likeliest."""
    named = known(charset)
    if content.isascii() and not _is_shifted(named):
        return content.decode("ascii")
    try:
        as_utf8 = content.decode("utf-8")
    except UnicodeDecodeError:
        as_utf8 = ""
    if as_utf8 and (named in ("", "utf-8") or _is_one_byte(named)):
        return as_utf8  # no text in a one-byte charset happens to be UTF-8
    if named == "iso8859-2" and any(0x80 <= byte < 0xA0 for byte in content[:_SAMPLE]):
        named = "cp1250"  # what Windows means by it
    if named and named != "utf-8":
        return content.decode(named, "replace")
    if named == "utf-8" and _is_mostly_utf8(content):
        return content.decode("utf-8", "replace")
    return content.decode(guess(content), "replace")


def known(charset: str) -> str:
    """The codec of a charset's name; "" if it says nothing that can be used."""
    name = charset.strip().strip("\"'").lower().partition("*")[0]
    if name in _UNKNOWN:
        return ""
    name = _MEANT.get(name, name)
    if not _NAME.fullmatch(name):
        return ""
    try:
        found = codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError, UnicodeError):
        return ""
    if found.name.replace("-", "_") in _NEVER:
        return ""
    return _MEANT.get(found.name, found.name)


def guess(content: bytes) -> str:
    """The one-byte charset in which `content` looks most like Polish, Slovak, Czech, Hungarian, Russian or German."""
    sample = content[:_SAMPLE]
    return max(_GUESSES, key=lambda charset: _likeness(sample.decode(charset, "replace")))


def _likeness(text: str) -> int:
    """Letters of our languages count for a guess; signs that stand in no text count against it."""
    points, before = 0, " "
    for sign in text:
        if sign > "\x7f":
            points += _worth(sign, before)
        before = sign
    return points


def _worth(sign: str, before: str) -> int:
    if sign in _CYRILLIC:
        return 3 if sign in _COMMON else 2
    if sign in _CYRILLIC_CAPITALS:
        return -1 if before in _CYRILLIC else 1  # a capital inside a word: the alphabet is off
    if sign in _LATIN:
        return 2
    if sign in _SIGNS:
        return 1
    return -3


def _is_mostly_utf8(content: bytes) -> bool:
    """UTF-8 with a few damaged places (a text cut in a letter) is still UTF-8."""
    text = content[:_SAMPLE].decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = sum(1 for sign in text if sign > "\x7f") - wrong
    return right > wrong


def _is_shifted(named: str) -> bool:
    """True for charsets whose ASCII bytes may mean something else."""
    return named.startswith(("utf-16", "utf-32", "utf-7", "iso2022", "hz", "cp037", "cp500", "cp1026", "cp1140"))


def _is_one_byte(named: str) -> bool:
    return named.startswith(("cp125", "iso8859", "koi8", "mac-", "cp8", "latin"))
