"""A company's fields as its form shows them: grouped, labelled, codes as choices of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from crmcore import codes, company_fields, completeness, owners
from crmcore.access import Actor, Role, ranks
from crmcore.codes import Code
from crmcore.visible import CompanyView
from kernel import texts
from kernel.unit import Reader

LANGUAGES = {"en": "English", "pl": "Polski", "sk": "Slovenčina", "hu": "Magyar", "ru": "Русский"}
GROUPS = {
    "Company": ("name", "state", "relation", "area", "activity", "segment"),
    "Reach": ("phone", "mail", "web", "language"),
    "Address": ("street", "postcode", "city", "country"),
    "Trade": ("tax_number", "sales_channel", "source", "payment_terms"),
    "Who answers": ("responsible", "group"),
}
_LABELS = {
    "name": "Name",
    "state": "State",
    "relation": "Relation",
    "area": "Area",
    "activity": "Activity",
    "segment": "Segment",
    "phone": "Phone",
    "mail": "E-mail",
    "web": "Web page",
    "language": "Language",
    "street": "Street",
    "postcode": "Postcode",
    "city": "City",
    "country": "Country",
    "tax_number": "Tax number",
    "sales_channel": "Sales channel",
    "source": "How they heard of us",
    "payment_terms": "Payment terms",
    "responsible": "Answers for it",
    "group": "Group",
    "persons": "Contact persons",
    "person": "Contact person",
    "archived_at": "Archived",
    "legal_form": "Legal form",
    "function": "Function",
    "fax": "Fax",
    "reason": "Why",
}
_GROUPS = {
    "Company": "Company",
    "Reach": "How they are reached",
    "Address": "Address",
    "Trade": "Trade",
    "Who answers": "Who answers for it",
}
_STATES = {"active": "active", "passive": "passive"}
_KINDS = {"phone": "tel"}


class Field(Struct, frozen=True):
    """A field of the form. `choices`: (value, label), empty for a text; `now`: what another has saved meanwhile."""

    name: str
    label: str
    value: str
    was: str
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    wrong: str = ""
    now: str = ""
    longest: int = 200


class Fact(Struct, frozen=True):
    """A field as it is read; `is_missing`: it counts for completeness and is not known."""

    name: str
    label: str
    value: str
    is_missing: bool


class Choices(Struct, frozen=True):
    """What may be chosen: field → (value, label), in the reader's language."""

    of: Mapping[str, tuple[tuple[str, str], ...]]

    def shown(self, name: str, value: str) -> str:
        """The label of what stands there; "" if nothing does."""
        return next((label for one, label in self.of.get(name, ()) if one == value), value) if value else ""


async def choices(reader: Reader, actor: Actor, company: CompanyView | None, language: str) -> Choices:
    """The valid words of each codebook, and the one that stands there; colleagues and groups of the company's owner."""
    today = reader.now.date()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, book in company_fields.CODES.items():
        words = await codes.book(reader, book)
        found[name] = offered(words, getattr(company, name) if company else "", language, today)
    found["state"] = tuple((one, texts.say(language, _STATES[one])) for one in company_fields.STATES)
    found["language"] = (("", "–"), *LANGUAGES.items())
    if company is not None:
        [owner] = [one for one in await owners.listed(reader) if one.id == company.owner_id]
        names = [name for name in owner.members if name != company.responsible]
        if not owner.members and actor.name != company.responsible:  # one owner alone: everybody acts for him
            names.append(actor.name)
        people = ([company.responsible] if company.responsible else []) + names
        found["responsible"] = (("none", "–"), *((name, name) for name in people))
        is_lead = ranks(actor, Role.LEAD)
        mine = [name for key, name in owner.groups.items() if is_lead or key in actor.standing.groups]
        groups = ([company.group] if company.group and company.group not in mine else []) + mine
        found["group"] = (("none", "–"), *((name, name) for name in groups))
    return Choices(found)


def offered(words: Mapping[str, Code], current: str, language: str, on: date) -> tuple[tuple[str, str], ...]:
    """What a select offers: words valid that day, and the current one even if it is not. Pure."""
    valid = [one for one in words.values() if one.is_valid(on) or one.code == current]
    lost = ((current, current),) if current and current not in words else ()
    return (("", "–"), *((one.code, one.label(language)) for one in valid), *lost)


def fields(
    company: CompanyView,
    known: Choices,
    language: str,
    given: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> list[tuple[str, list[Field]]]:
    """The whole form by groups. `given`: what was sent and refused; where another saved meanwhile, both are shown."""
    return [
        (texts.say(language, _GROUPS[group]), [_field(company, name, known, language, given, wrong) for name in names])
        for group, names in GROUPS.items()
    ]


def changed(given: Mapping[str, str]) -> dict[str, str]:
    """Only what the sender has changed: a field left alone is not written over what another saved. Pure."""
    names = [name for group in GROUPS.values() for name in group if name in given]
    return {name: given[name] for name in names if given[name] != given.get(f"was-{name}", "")}


def facts(company: CompanyView, known: Choices, language: str) -> list[tuple[str, list[Fact]]]:
    """What is known, by groups; what is missing shows where it would stand."""
    missing = missing_fields(company)
    return [
        (
            texts.say(language, _GROUPS[group]),
            [
                Fact(name, label(language, name), known.shown(name, value), name in missing)
                for name in names
                if (value := current(company, name)) or name in missing
            ],
        )
        for group, names in GROUPS.items()
    ]


def missing_fields(company: CompanyView) -> list[str]:
    """What counts for completeness and is not known, the weightiest first: the field to fill. Pure."""
    lacking = completeness.of(company).missing
    return [one.fields[0].removesuffix("_id") for label in lacking for one in completeness.WANTED if one.label == label]


def label(language: str, name: str) -> str:
    """A field's name for people; a person's own field says both."""
    if name.startswith("person "):
        own = name.removeprefix("person ")
        return f"{label(language, 'person')}, {label(language, own)}"
    return texts.say(language, _LABELS[name]) if name in _LABELS else name


def current(company: CompanyView, name: str) -> str:
    return str(getattr(company, name))


def _field(
    company: CompanyView,
    name: str,
    known: Choices,
    language: str,
    given: Mapping[str, str] | None,
    wrong: Mapping[str, str] | None,
) -> Field:
    now = current(company, name) or ("none" if name in ("responsible", "group") else "")
    before = (given or {}).get(f"was-{name}", now)
    sent = (given or {}).get(name, before)
    is_lost = before != now
    return Field(
        name=name,
        label=label(language, name),
        value=sent if sent != before else now,
        was=now,
        kind=_KINDS.get(name, "text"),
        choices=_with(known.of.get(name, ()), sent if sent != before else now),
        wrong=(wrong or {}).get(name, ""),
        now=(known.shown(name, now) or "–") if is_lost and sent != before and sent != now else "",
        longest={"country": 2, "postcode": 20, "segment": 60, "payment_terms": 300, "mail": 320}.get(name, 200),
    )


def _with(choices: Sequence[tuple[str, str]], value: str) -> tuple[tuple[str, str], ...]:
    known = {one for one, _ in choices}
    return (*choices, (value, value)) if choices and value not in known else tuple(choices)
