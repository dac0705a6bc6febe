"""Codebooks from a table: the columns, and what may stand in them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from crmcore import codes
from crmcore.codes import Facts
from crmcore.exchange import tables
from crmcore.exchange.tables import Row
from kernel import folding, texts
from kernel.errors import Problem

HEADINGS = {
    "book": ("codebook", "list", "slownik", "lista", "ciselnik", "torzs", "справочник", "список"),
    "code": ("kod", "szam", "код"),
    "en": ("label", "english", "name"),
    "pl": ("polski", "nazwa"),
    "sk": ("slovensky", "nazov"),
    "hu": ("magyar", "nev"),
    "ru": ("русскии", "название"),
    "place": ("order", "kolejnosc", "poradie", "sorrend", "порядок"),
    "active": ("aktywny", "aktivny", "aktiv", "активен"),
    "valid from": ("from", "od", "tol", "с"),
    "valid to": ("to", "do", "ig", "по"),
    "parent": ("nadrzedny", "nadradeny", "szulo", "родитель"),
}
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_YES, _NO = ("yes", "true", "1", "tak", "ano", "igen", "да"), ("no", "false", "0", "nie", "nem", "нет")
LABEL_LIMIT = 120


def read(content: bytes) -> tuple[list[Facts], list[Problem]]:
    """The words in a file and what is wrong with it, line by line. Raises Invalid if it is no such table at all."""
    table = tables.read(content, HEADINGS, required=["book", "code"])
    problems = list(table.problems)
    broken = {problem.field.split(",")[0] for problem in problems}
    times = Counter(_key(row) for row in table.rows)
    found = []
    for row in table.rows:
        wrong = _wrong(row, times)
        problems += wrong
        if not wrong and f"line {row.line}" not in broken:
            found.append(_facts(row))
    return found, problems


def checked(facts: Facts) -> list[Problem]:
    """What is wrong with a word that is to be written."""
    problems = []
    if facts.book not in codes.BOOKS:
        problems.append(Problem("book", f"one of {', '.join(codes.BOOKS)}", facts.book))
    if not _CODE.fullmatch(facts.code):
        problems.append(Problem("code", "1 to 40 of a-z, 0-9, - and _, for example north-west", facts.code[:40]))
    if any(len(label) > LABEL_LIMIT for label in facts.labels.values()):
        problems.append(Problem("label", f"at most {LABEL_LIMIT} characters"))
    for name, day in (("valid from", facts.valid_from), ("valid to", facts.valid_to)):
        if day and not _is_day(day):
            problems.append(Problem(name, "a date, for example 2026-03-31", day[:40]))
    if facts.valid_from and facts.valid_to and facts.valid_to < facts.valid_from:
        problems.append(Problem("valid to", f"a day not before {facts.valid_from}", facts.valid_to))
    return problems


def _wrong(row: Row, times: Counter[tuple[str, str]]) -> list[Problem]:
    problems = [row.problem(one.field, one.expected, one.got) for one in checked(_facts(row))]
    if times[_key(row)] > 1:
        problems.append(row.problem("code", "each word of a codebook once", row.values.get("code", "")))
    active = folding.fold(row.values.get("active", ""))
    if active and active not in (*_YES, *_NO):
        problems.append(row.problem("active", "yes or no", active))
    place = row.values.get("place", "0")
    if not (place.isascii() and place.isdigit() and len(place) < 7):
        problems.append(row.problem("place", "a whole number, for example 10", place))
    return problems


def _facts(row: Row) -> Facts:
    values = row.values
    book, code = _key(row)
    active, place = folding.fold(values.get("active", "")), values.get("place", "")
    return Facts(
        book,
        code,
        {language: values[language] for language in texts.LANGUAGES if language in values},
        int(place) if place.isascii() and place.isdigit() else None,
        active in _YES if active else None,
        values.get("valid from"),
        values.get("valid to"),
        values.get("parent"),
    )


def _key(row: Row) -> tuple[str, str]:
    return folding.fold(row.values.get("book", "")), row.values.get("code", "").lower()


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
