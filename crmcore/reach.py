"""Phones, e-mail addresses and pages of companies as they are stored. Pure: nobody is rung and no server is asked."""

from __future__ import annotations

import importlib
import re

from kernel import phones
from kernel.errors import Problem
from kernel.phrases import Phrase

_WEB = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?(?:/\S*)?", re.IGNORECASE)


def country(written: str) -> str | Problem:
    """The country's two letters (ISO 3166-1 alpha-2), in capitals; "" stays."""
    code = written.strip().upper()
    return code if not code or phones.is_country(code) else Problem("country", "two letters, for example PL", written)


def phone(written: str, country: str, *, field: str = "phone") -> str | Problem:
    """E.164. A national number is read as one of `country`; "" stays."""
    if not written.strip():
        return ""
    expected = Phrase("a phone number, for example +48 601 234 567")
    if country:
        expected = Phrase("a phone number of {country}, for example +48 601 234 567", country=country)
    return phones.e164(written, country) or Problem(field, expected, written[:40])


def mail(written: str) -> str | Problem:
    """The address in lower case, if it could be one; "" stays."""
    if not written.strip():
        return ""
    checking = importlib.import_module("email_validator")  # late: few starts need it
    try:
        return str(checking.validate_email(written.strip(), check_deliverability=False).normalized).lower()
    except checking.EmailNotValidError:
        return Problem("mail", "an e-mail address, for example office@orlik.example", written[:60])


def web(written: str) -> str | Problem:
    """The page's address as written; "" stays. Only http and https: others would be run and not read."""
    page = written.strip()
    if not page or _WEB.fullmatch(page):
        return page
    return Problem("web", "a page's address, for example orlik.example", written[:60])
