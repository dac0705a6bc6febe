"""Customers by name, address or number, through the index: what the page of customers looks with."""

from __future__ import annotations

from crmcore.access import Scope
from kernel import errors, words
from kernel.unit import Reader
from tickets import people
from tickets.people import PersonView
from tickets.search import documents, finding, query
from tickets.search.query import Query, Term


async def search(reader: Reader, text: str, scope: Scope, *, limit: int = people.PAGE) -> list[PersonView]:
    """Those that have all the words, however accented, or the digits in one of their numbers; newest first."""
    try:
        asked = _read(text)
    except errors.Invalid:  # nothing in it that anybody could be called
        return []
    hits = await finding.find(reader, asked, scope, limit=limit, kind=documents.CONTACT)
    found = await people.by_ids(reader, [hit.ref_id for hit in hits], scope)
    return [found[hit.ref_id] for hit in hits if hit.ref_id in found]


def _read(text: str) -> Query:
    """A number may be parted anywhere: here nobody looks for two at once."""
    digits = words.digits(text)
    if len(digits) >= words.DIGITS and not any(char.isalpha() for char in text):
        return Query((Term((digits[: words.LONGEST],), is_open=True),))
    return query.read(text)
