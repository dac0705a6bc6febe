"""Phone numbers: E.164, what kind of number it is, and in which country. Pure; the tables are phonenumbers'.

The tables are read at the first number: a hub that meets none starts without them.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


def e164(written: str, region: str | None = None) -> str | None:
    """A number as "+48600123456"; None for what is no valid number.

    `region`: the country (ISO 3166, two letters) in which a number without a + is meant.
    """
    number = _parsed(written, region)
    if number is None or not _tables().is_valid_number(number):
        return None
    return str(_tables().format_number(number, _tables().PhoneNumberFormat.E164))


def country(number: str) -> str:
    """The ISO code of an E.164 number's country, "" if it has none."""
    parsed = _parsed(number, None)
    return (_tables().region_code_for_number(parsed) or "") if parsed else ""


def is_dear(number: str) -> bool:
    """True for premium-rate numbers and their like: their owner is paid by whoever writes to them."""
    parsed, kinds = _parsed(number, None), _tables().PhoneNumberType
    return parsed is not None and _tables().number_type(parsed) in {kinds.PREMIUM_RATE, kinds.SHARED_COST}


def is_country(code: str) -> bool:
    """Whether `code` (ISO 3166-1 alpha-2, capitals) is a country that has phone numbers."""
    return code in _tables().SUPPORTED_REGIONS


def _parsed(written: str, region: str | None) -> Any:
    try:
        return _tables().parse(written, region.upper() if region else None)
    except _tables().NumberParseException:
        return None


@cache
def _tables() -> Any:
    return importlib.import_module("phonenumbers")
