"""Tax numbers: brought into one form and checked by the country's arithmetic. Pure.

The arithmetic is python-stdnum's; its gaps are mended here: the Slovak IČO (it has none), the Hungarian form of 11
digits, and numbers of nothing but zeros, which several of its checks let pass. A number that is right says nothing of a
firm that exists: it is "format valid", no more.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable

from msgspec import Struct

from kernel import errors
from kernel.errors import Problem
from kernel.phrases import Phrase

FIELD = "tax number"
LIMIT = 20
_NOISE = re.compile(r"[\s./_–-]+")
_UNION = "AT BE BG CY DE DK EE ES FI FR GR HR IE IT LT LU LV MT NL PT RO SE SI"  # besides those we check closer
_EUROPE = frozenset(_UNION.split())
_PLAIN = re.compile(r"[0-9A-Z]{4,18}")


class TaxNumber(Struct, frozen=True):
    """`is_checked`: the country's arithmetic was asked; False where we know none."""

    country: str
    number: str
    is_checked: bool

    @property
    def said(self) -> str:
        return f"{self.country} {self.number} ({'format valid' if self.is_checked else 'format not checked'})".strip()


def read(written: str, country: str = "") -> TaxNumber:
    """The number as it is stored: digits and capitals, without the country's prefix.

    `country` (ISO 3166-1 alpha-2) may be named by the number itself (PL5261040828). Raises Invalid.
    """
    number = _NOISE.sub("", written).upper()
    country = country.upper()
    prefix = number[:2]
    if prefix.isalpha() and prefix.isascii() and (prefix in _CHECKS or prefix in _EUROPE) and country in ("", prefix):
        country, number = prefix, number[2:]
    check = _CHECKS.get(country)
    is_right = check(number) if check else _european(country, number) if country in _EUROPE else _is_plain(number)
    if not is_right or not number.strip("0"):
        raise errors.Invalid("nothing was written", problems=(Problem(FIELD, expected(country), written[:40]),))
    return TaxNumber(country, number, check is not None or country in _EUROPE)


def told(written: str, country: str = "") -> TaxNumber | Problem:
    """As `read`, with the problem as a value: one of several that are told at once."""
    try:
        return read(written, country)
    except errors.Invalid as error:
        return error.problems[0]


def found(text: str, country: str = "") -> TaxNumber | None:
    """The tax number that `text` is, or None if it is none."""
    number = told(text, country)
    return number if isinstance(number, TaxNumber) else None


def countries(text: str) -> list[str]:
    """Those whose own arithmetic the number fits, by its prefix or without."""
    return [country for country in _CHECKS if found(text, country)]


def expected(country: str) -> Phrase:
    """How a number of that country is written."""
    if country in _EXPECTED:
        return _EXPECTED[country]
    if country:
        return Phrase("a tax number of {country}, 4 to 18 letters and digits", country=country)
    return Phrase("a tax number, 4 to 18 letters and digits")


def is_ico(number: str) -> bool:
    """A Slovak or Czech IČO: eight digits, weights 8 to 2, the last one makes the sum come out (mod 11, mod 10)."""
    if not (_digits(number) and len(number) == 8):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), number, strict=False))
    return (11 - total % 11) % 10 == int(number[7])


def is_adoszam(number: str) -> bool:
    """A Hungarian number: the core of 8 digits, or 11 with the kind (1 to 5) and the county (02 to 44, or 51)."""
    if not _digits(number) or len(number) not in (8, 11) or not _is_valid("hu.anum", number[:8]):
        return False
    return len(number) == 8 or (number[8] in "12345" and (2 <= int(number[9:]) <= 44 or number[9:] == "51"))


def _slovak(number: str) -> bool:
    return is_ico(number) if len(number) == 8 else _digits(number) and _is_valid("sk.dph", number)


def _czech(number: str) -> bool:
    return _digits(number) and _is_valid("cz.dic", number)


def _european(country: str, number: str) -> bool:
    return _is_valid("eu.vat", f"{'EL' if country == 'GR' else country}{number}")


def _is_plain(number: str) -> bool:
    return _PLAIN.fullmatch(number) is not None


def _digits(number: str) -> bool:
    return number.isascii() and number.isdigit()


def _is_valid(form: str, number: str) -> bool:
    """What python-stdnum says of a number in that form of its, say "pl.nip"; read late: few starts check any."""
    return bool(importlib.import_module(f"stdnum.{form}").is_valid(number))


_CHECKS: dict[str, Callable[[str], bool]] = {
    "PL": lambda number: _digits(number) and _is_valid("pl.nip", number),
    "SK": _slovak,
    "CZ": _czech,
    "HU": is_adoszam,
    "RU": lambda number: _digits(number) and _is_valid("ru.inn", number),
}
_EXPECTED = {
    "PL": Phrase("a NIP of 10 digits whose check digit is right, for example 526-104-08-28"),
    "SK": Phrase("an IČO of 8 digits or an IČ DPH of 10, for example 31333532 or SK2021853504"),
    "CZ": Phrase("an IČO of 8 digits or a DIČ of 8 to 10, for example 25123891"),
    "HU": Phrase("an adószám of 8 or 11 digits, for example 12892312-2-42"),
    "RU": Phrase("an INN of 10 or 12 digits, for example 7707083893"),
}
