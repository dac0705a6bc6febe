"""FreeScout's API as JSON: conversations with their threads and customers. Pure.

Shapes: GET /api/conversations?embed=threads, /api/conversations/ID and /api/customers of FreeScout's API module, one
page or many, wrapped in `_embedded` or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from channels.email import identity
from hub.history import documents, reading
from hub.history.documents import Document
from hub.history.reading import Bad, Records, Told, Unreadable
from tickets.models import EntryKind
from tickets.past import PastEntry, PastTicket, Person, Record

CONVERSATION = frozenset(
    {"id", "number", "subject", "customer", "createdAt", "updatedAt", "closedAt", "_embedded", "threads"}
)
THREAD = frozenset({"id", "type", "body", "createdBy", "customer", "createdAt", "action", "state", "messageId"})
_KINDS = {"customer": EntryKind.MESSAGE, "message": EntryKind.MESSAGE, "note": EntryKind.NOTE}
_KINDS |= {"lineitem": EntryKind.EVENT}
_UNSENT = ("draft", "hidden", "deleted")


def read(files: Iterable[tuple[str, list[Any]]], told: Told) -> Records:
    """Conversations by their ids, then customers who stand in a file of their own."""
    conversations: dict[int, tuple[str, Document]] = {}
    customers: dict[int, tuple[str, Document]] = {}
    for name, found in files:
        for one in documents.objects(found):
            if "number" in one and "subject" in one:
                conversations[one["id"]] = (name, one)
            elif "firstName" in one:
                customers[one["id"]] = (name, one)
            else:
                told.ignored["records of another kind"] = told.ignored.get("records of another kind", 0) + 1
    for key in sorted(conversations):
        yield _one(*conversations[key], told)
    for key in sorted(customers):
        yield _listed(*customers[key])


def _listed(name: str, customer: Document) -> Record | Bad:
    try:
        return _person(customer)
    except Unreadable as error:
        return Bad(f"{name}, customer {customer['id']}", (error.problem,), dict(customer))


def _one(name: str, one: Document, told: Told) -> PastTicket | Bad:
    told.pass_over(one, CONVERSATION, of="conversation")
    threads = [thread for thread in _threads(one) if thread.get("state") not in _UNSENT]
    threads.sort(key=lambda thread: int(thread["id"]))  # the API lists the newest first
    try:
        customer = _person(one.get("customer") or {})
        created_at = reading.instant(one.get("createdAt"), "createdAt")
        entries = tuple(_entry(thread, customer, told) for thread in threads)
        ended = one.get("closedAt") or one.get("updatedAt") or one.get("createdAt")
        closed_at = max(reading.instant(ended, "closedAt"), created_at)
    except Unreadable as error:
        return Bad(f"{name}, conversation {one['id']}", (error.problem,), dict(one))
    return PastTicket(
        key=str(one["id"]),
        number=str(one["number"])[:60],
        subject=reading.text_of(one["subject"]),
        person=customer,
        created_at=created_at,
        closed_at=closed_at,
        entries=entries,
        source=orjson.dumps(one),
    )


def _threads(one: Document) -> list[Document]:
    embedded = one.get("_embedded")
    found = embedded.get("threads") if isinstance(embedded, Mapping) else one.get("threads")
    return [thread for thread in found or () if isinstance(thread, Mapping) and "id" in thread]


def _person(customer: Document) -> Person:
    key = f"customer:{customer['id']}" if customer.get("id") else ""
    mail = reading.text_of(customer.get("email")) or _first(customer, "emails")
    return reading.person(_name(customer), mail=mail, phone=_first(customer, "phones"), key=key)


def _first(customer: Document, what: str) -> str:
    """The first of a customer's embedded addresses."""
    embedded = customer.get("_embedded")
    some = embedded.get(what) if isinstance(embedded, Mapping) else None
    return next((reading.text_of(one.get("value")) for one in some or () if isinstance(one, Mapping)), "")


def _name(who: Document) -> str:
    return " ".join(reading.text_of(who.get(part)) for part in ("firstName", "lastName")).strip()


def _entry(thread: Document, customer: Person, told: Told) -> PastEntry:
    told.pass_over(thread, THREAD, of="thread")
    is_his = thread.get("type") == "customer"
    by = thread.get("createdBy") or {}
    who = customer
    if is_his and by.get("type") == "customer" and (by.get("email") or by.get("id")):
        who = _person(by)
    author = _name(by) or reading.text_of(by.get("email"))
    message_name = reading.text_of(thread.get("messageId")).strip()
    return PastEntry(
        key=str(thread["id"]),
        at=reading.instant(thread.get("createdAt"), f"thread {thread['id']} createdAt"),
        kind=_KINDS.get(reading.text_of(thread.get("type")), EntryKind.NOTE),
        author=author or (customer.figure.name if is_his else "FreeScout"),
        text=_text(thread),
        who=who if is_his else None,
        by_staff=not is_his and by.get("type") == "user",
        message_name=identity.short(message_name) if message_name else "",
    )


def _text(thread: Document) -> str:
    action = thread.get("action") or {}
    said = reading.words(reading.text_of(thread.get("body")))
    return said or reading.text_of(action.get("text") if isinstance(action, Mapping) else "")
