"""How a customer's card reads in a chat. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from msgspec import Struct

from bot import views
from channels import rendering
from crmcore import completeness, taxes
from crmcore.owners import UNNAMED
from crmcore.persons import Person
from crmcore.visible import CompanyView
from tickets.visible import TicketView

LINE_SHOWN = 160
PERSONS_SHOWN = 5
HISTORY_SHOWN = 8


class PastLine(Struct, frozen=True):
    """A line of history, whatever it came from."""

    at: datetime
    text: str


def card(
    company: CompanyView,
    labels: Mapping[str, str],
    persons: Sequence[Person],
    cases: tuple[Sequence[TicketView], int],
    past: Sequence[PastLine],
    zone: tzinfo,
    now: datetime,
    *,
    limit: int,
) -> str:
    """Everything about a customer in one message: who, where, whom to speak to, what is open, what was last."""
    parts = [head(company, labels), *_persons(persons), *_cases(cases), *_past(past, zone, now)]
    text = "\n".join(parts)
    return text if rendering.units(text) <= limit else rendering.pieces(text, limit - 1)[0] + "…"


def head(company: CompanyView, labels: Mapping[str, str]) -> str:
    """What is known of the company itself, and what is missing."""
    kinds = [labels.get(name, "") for name in ("relation", "activity", "area")]
    archived = "archived" if company.archived_at else company.state
    lines = [
        _joined(f"{company.code} {company.name}", *kinds, archived),
        _joined(company.owner or UNNAMED, f"group {company.group}" if company.group else "", _answers(company)),
        _joined(_tax(company), _address(company)),
        _joined(company.phone, company.mail, company.web),
        _joined(company.segment, labels.get("channel", ""), company.language, company.payment_terms),
        f"Source: {labels['source']}" if labels.get("source") else "",
        missing(company),
    ]
    return "\n".join(line for line in lines if line)


def missing(company: CompanyView) -> str:
    """Known 60 %; missing: city, tax number. Nothing if nothing is."""
    found = completeness.of(company)
    return "" if found.is_complete else f"Known {found.percent} %; missing: {', '.join(found.missing)}"


def _persons(persons: Sequence[Person]) -> list[str]:
    lines = [f"– {_joined(views.short(one.name, 60), one.function, one.phone, one.mail)}" for one in persons]
    more = [f"… and {len(lines) - PERSONS_SHOWN} more"] if len(lines) > PERSONS_SHOWN else []
    return ["", "People:", *lines[:PERSONS_SHOWN], *more] if lines else []


def _cases(cases: tuple[Sequence[TicketView], int]) -> list[str]:
    found, total = cases
    lines = [f"{one.name} P{one.priority} {views.short(one.subject, 50)} · {views.state(one)}" for one in found]
    more = [f"… and {total - len(found)} more"] if total > len(found) else []
    return ["", f"Open cases: {total}", *lines, *more] if total else ["", "No open cases."]


def _past(past: Sequence[PastLine], zone: tzinfo, now: datetime) -> list[str]:
    newest = sorted(past, key=lambda one: one.at, reverse=True)[:HISTORY_SHOWN]
    lines = [f"{views.moment(one.at, zone, now)} {views.short(one.text, LINE_SHOWN)}" for one in newest]
    return ["", "Last:", *lines] if lines else []


def _tax(company: CompanyView) -> str:
    found = taxes.found(company.tax_number, company.country) if company.tax_number else None
    return found.said if found else company.tax_number


def _address(company: CompanyView) -> str:
    place = " ".join(part for part in (company.postcode, company.city) if part)
    return ", ".join(part for part in (company.street, place, company.country) if part)


def _answers(company: CompanyView) -> str:
    return f"{company.responsible} answers for it" if company.responsible else "nobody answers for it"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
