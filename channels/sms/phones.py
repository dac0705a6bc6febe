"""Phone numbers: E.164, what kind of number it is, and in which country. Pure; the tables are phonenumbers'."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

# Numbers whose owner is paid by whoever writes to them.
_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


def e164(written: str, region: str | None = None) -> str | None:
    """A number as "+48600123456"; None for what is no valid number.

    `region`: the country (ISO 3166, two letters) in which a number without a + is meant.
    """
    number = _parsed(written, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country(number: str) -> str:
    """The ISO code of an E.164 number's country, "" if it has none."""
    parsed = _parsed(number, None)
    return (phonenumbers.region_code_for_number(parsed) or "") if parsed else ""


def is_dear(number: str) -> bool:
    """True for premium-rate numbers and their like."""
    parsed = _parsed(number, None)
    return parsed is not None and phonenumbers.number_type(parsed) in _DEAR


def _parsed(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None
