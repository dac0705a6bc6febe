"""Zammad's REST API as JSON: tickets, ticket_articles and users, in one file or several, in any order. Pure.

Shapes: GET /api/v1/tickets, /api/v1/ticket_articles/by_ticket/ID and /api/v1/users of Zammad's API documentation, with
or without `expand=true`, and the `assets` of its search.
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
from tickets.past import PastEntry, PastTicket, Person

TICKET = frozenset({"id", "number", "title", "customer_id", "customer", "created_at", "updated_at", "close_at"})
ARTICLE = frozenset(
    {"id", "ticket_id", "sender", "sender_id", "from", "subject", "body", "content_type", "message_id", "internal"}
    | {"created_at", "created_by", "type", "type_id"}
)
USER = frozenset({"id", "login", "firstname", "lastname", "email", "phone", "mobile"})
# sender_id of an installation that was not changed: 1 Agent, 2 Customer, 3 System
_SENDERS = {1: "Agent", 2: "Customer", 3: "System"}


def read(files: Iterable[tuple[str, list[Any]]], told: Told) -> Records:
    """Tickets with their articles, by their ids. `files`: a name and its documents each."""
    tickets: dict[int, tuple[str, Document]] = {}
    articles: dict[int, dict[int, Document]] = {}
    users: dict[int, Document] = {}
    for name, found in files:
        for one in _every(found):
            if "ticket_id" in one and "body" in one:
                articles.setdefault(one["ticket_id"], {})[one["id"]] = one
            elif "number" in one and "title" in one:
                tickets[one["id"]] = (name, one)
            elif "login" in one:
                users[one["id"]] = one
            else:
                told.ignored["records of another kind"] = told.ignored.get("records of another kind", 0) + 1
    for ticket_id in sorted(tickets):
        name, one = tickets[ticket_id]
        own = [articles.get(ticket_id, {})[key] for key in sorted(articles.get(ticket_id, {}))]
        yield _one(name, one, own, users, told)
    lost = sum(len(some) for ticket_id, some in articles.items() if ticket_id not in tickets)
    if lost:
        told.notes.append(f"{lost} articles belong to tickets that are in none of the files; they are left out")


def _every(found: list[Any]) -> Iterable[Document]:
    """Articles may stand in their ticket as well."""
    for one in documents.objects(found):
        yield one
        yield from documents.objects(one.get("articles"))
        yield from documents.objects(one.get("ticket_articles"))


def _one(
    name: str, ticket: Document, articles: list[Document], users: Mapping[int, Document], told: Told
) -> PastTicket | Bad:
    told.pass_over(ticket, TICKET | {"articles", "ticket_articles"}, of="ticket")
    where = f"{name}, ticket {ticket['id']}"
    try:
        customer = _customer(ticket, articles, users)
        created_at = reading.instant(ticket.get("created_at"), "created_at")
        entries = tuple(_entry(one, customer, users, told) for one in articles)
        ended = ticket.get("close_at") or ticket.get("updated_at") or ticket.get("created_at")
        closed_at = max(reading.instant(ended, "close_at"), created_at)
    except Unreadable as error:
        return Bad(where, (error.problem,), {**ticket, "articles": articles})
    return PastTicket(
        key=str(ticket["id"]),
        number=str(ticket["number"])[:60],
        subject=reading.text_of(ticket["title"]),
        person=customer,
        created_at=created_at,
        closed_at=closed_at,
        entries=entries,
        source=orjson.dumps(ticket),
    )


def _customer(ticket: Document, articles: list[Document], users: Mapping[int, Document]) -> Person:
    """The user that the ticket names; where he is in no file, the address it was expanded to, or the first sender's."""
    user = users.get(ticket.get("customer_id") or 0)
    if user is not None:
        return _person(user)
    expanded = reading.text_of(ticket.get("customer"))
    if "@" in expanded:
        return reading.person("", mail=expanded)
    first = next((one for one in articles if _sender(one) == "Customer"), None)
    if first is not None:
        return _written(reading.text_of(first.get("from")))
    key = f"user:{ticket['customer_id']}" if ticket.get("customer_id") else ""
    return reading.person(expanded, key=key)


def _person(user: Document) -> Person:
    name = " ".join(reading.text_of(user.get(part)) for part in ("firstname", "lastname"))
    mail = reading.text_of(user.get("email")) or reading.text_of(user.get("login"))
    phone = reading.text_of(user.get("mobile")) or reading.text_of(user.get("phone"))
    return reading.person(
        name, mail=mail if "@" in mail else "", phone=phone, key=f"user:{user['id']}", field_=f"user {user['id']}"
    )


def _entry(article: Document, customer: Person, users: Mapping[int, Document], told: Told) -> PastEntry:
    told.pass_over(article, ARTICLE, of="article")
    field_ = f"article {article['id']}"
    sender = _sender(article)
    kind = EntryKind.NOTE if article.get("internal") else EntryKind.MESSAGE
    who = _writer(article, customer) if sender == "Customer" else None
    author = reading.text_of(article.get("from")) or reading.text_of(article.get("created_by")) or sender
    message_name = reading.text_of(article.get("message_id")).strip()
    body = reading.text_of(article.get("body"))
    return PastEntry(
        key=str(article["id"]),
        at=reading.instant(article.get("created_at"), f"{field_} created_at"),
        kind=EntryKind.EVENT if sender == "System" and kind is EntryKind.NOTE else kind,
        author=(who.figure.name or _name_of(author)) if who else _name_of(author),
        text=reading.words(body) if "html" in reading.text_of(article.get("content_type")) else body.strip(),
        who=who,
        by_staff=sender == "Agent",
        message_name=identity.short(message_name) if message_name else "",
    )


def _sender(article: Document) -> str:
    return reading.text_of(article.get("sender")) or _SENDERS.get(article.get("sender_id") or 0, "System")


def _writer(article: Document, customer: Person) -> Person:
    """Somebody else may have written in his ticket."""
    written = reading.text_of(article.get("from"))
    if "@" not in written:
        return customer
    try:
        other = _written(written)
    except Unreadable:
        return customer
    return customer if set(other.figure.addresses) <= set(customer.figure.addresses) else other


def _written(sender: str) -> Person:
    """A From line: Name <address>."""
    name, _, rest = sender.rpartition("<")
    mail = (rest or sender).strip("<> ")
    return reading.person(name.strip().strip('"'), mail=mail if "@" in mail else "")


def _name_of(sender: str) -> str:
    return sender.partition("<")[0].strip().strip('"') or sender.strip()
