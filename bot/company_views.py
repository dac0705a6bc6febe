"""How a customer's card reads in a chat. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from bot import views
from bot.views import Reading
from channels import rendering
from crmcore import completeness, taxes
from crmcore.owners import UNNAMED
from crmcore.persons import Person
from crmcore.visible import CompanyView
from kernel import texts
from tickets.visible import TicketView

LINE_SHOWN = 160
PERSONS_SHOWN = 5
HISTORY_SHOWN = 8


class PastLine(Struct, frozen=True):
    """A line of history, whatever it came from."""

    at: datetime
    text: str


def card(
    reading: Reading,
    company: CompanyView,
    labels: Mapping[str, str],
    persons: Sequence[Person],
    cases: tuple[Sequence[TicketView], int],
    past: Sequence[PastLine],
    *,
    limit: int,
) -> str:
    """Everything about a customer in one message: who, where, whom to speak to, what is open, what was last."""
    language = reading.language
    people, open_cases = _persons(language, persons), _cases(language, cases)
    parts = [head(language, company, labels), *people, *open_cases, *_past(reading, past)]
    text = "\n".join(parts)
    return text if rendering.units(text) <= limit else rendering.pieces(text, limit - 1)[0] + "…"


def head(language: str, company: CompanyView, labels: Mapping[str, str]) -> str:
    """What is known of the company itself, and what is missing."""
    kinds = [labels.get(name, "") for name in ("relation", "activity", "area")]
    archived = texts.say(language, "archived") if company.archived_at else company.state
    group = texts.say(language, "group {name}", name=company.group) if company.group else ""
    lines = [
        _joined(f"{company.code} {company.name}", *kinds, archived),
        _joined(company.owner or UNNAMED, group, _answers(language, company)),
        _joined(_tax(company), _address(company)),
        _joined(company.phone, company.mail, company.web),
        _joined(company.segment, labels.get("channel", ""), company.language, company.payment_terms),
        texts.say(language, "Source: {name}", name=labels["source"]) if labels.get("source") else "",
        missing(language, company),
    ]
    return "\n".join(line for line in lines if line)


def missing(language: str, company: CompanyView) -> str:
    """Known 60 %; missing: city, tax number. Nothing if nothing is."""
    found = completeness.of(company)
    if found.is_complete:
        return ""
    names = ", ".join(found.missing)
    return texts.say(language, "Known {percent} %; missing: {names}", percent=found.percent, names=names)


def _persons(language: str, persons: Sequence[Person]) -> list[str]:
    lines = [f"– {_joined(views.short(one.name, 60), one.function, one.phone, one.mail)}" for one in persons]
    left = len(lines) - PERSONS_SHOWN
    more = [texts.say(language, "… and {count} more", count=left)] if left > 0 else []
    return ["", texts.say(language, "People:"), *lines[:PERSONS_SHOWN], *more] if lines else []


def _cases(language: str, cases: tuple[Sequence[TicketView], int]) -> list[str]:
    found, total = cases
    lines = [
        f"{one.name} P{one.priority} {views.short(one.subject, 50)} · {views.state(language, one)}" for one in found
    ]
    if not total:
        return ["", texts.say(language, "No open cases.")]
    left = total - len(found)
    more = [texts.say(language, "… and {count} more", count=left)] if left > 0 else []
    return ["", texts.say(language, "Open cases: {count}", count=total), *lines, *more]


def _past(reading: Reading, past: Sequence[PastLine]) -> list[str]:
    newest = sorted(past, key=lambda one: one.at, reverse=True)[:HISTORY_SHOWN]
    lines = [f"{views.moment(reading, one.at)} {views.short(one.text, LINE_SHOWN)}" for one in newest]
    return ["", texts.say(reading.language, "Last:"), *lines] if lines else []


def _tax(company: CompanyView) -> str:
    found = taxes.found(company.tax_number, company.country) if company.tax_number else None
    return found.said if found else company.tax_number


def _address(company: CompanyView) -> str:
    place = " ".join(part for part in (company.postcode, company.city) if part)
    return ", ".join(part for part in (company.street, place, company.country) if part)


def _answers(language: str, company: CompanyView) -> str:
    if not company.responsible:
        return texts.say(language, "nobody answers for it")
    return texts.say(language, "{name} answers for it", name=company.responsible)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
