"""Lines of a file about contacts, checked: keys, addresses, where they work, and every fault of a line. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from channels.contract import Address
from crmcore import company_names, contacts, reach, taxes
from crmcore.exchange.company_drafts import EXTERNAL_LIMIT
from crmcore.exchange.drafts import Draft, Fault, Key, Value
from crmcore.exchange.guard import CLEAR
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Record
from crmcore.visible import parse, written
from kernel.errors import Problem

LIMITS = {"name": 200, "function": 120}
_PARTS = re.compile(r"\s*[;|]\s*")  # names of companies have commas in them
_ADDRESSES = re.compile(r"\s*[;|,]\s*")
_NUMBERS = re.compile(r"[\s,;|]+")
Firms = Mapping[str, Sequence[int]]  # B12, a folded name or a tax number → the numbers of companies that have it


def checked(records: Sequence[Record], lookups: Lookups, firms: Firms) -> list[Draft]:
    """A draft a line. `firms`: the companies that he who imports may see, by what the lines name them by."""
    return [_draft(record, lookups, firms) for record in records]


def wanted(record: Record) -> list[str]:
    """What a line names companies by: B12, a folded name, a tax number."""
    cell = record.values.get("company", "")
    if not cell or cell == CLEAR:
        return []
    words = [word for word in _NUMBERS.split(cell) if word]
    numbers = [parse(word) for word in words]
    if all(number is not None for number in numbers):
        return [written(number) for number in numbers if number is not None]
    return [one for part in _PARTS.split(cell) if part for one in _names(part)]


def _names(part: str) -> list[str]:
    tax = taxes.found(part)
    digits = [tax.number] if tax and any(char.isdigit() for char in part) else []
    return [*digits, company_names.parted(part).folded][:1]


def _draft(record: Record, lookups: Lookups, firms: Firms) -> Draft:
    faults: list[Fault] = []
    doubts: list[Fault] = []
    fields = _fields(record, lookups, faults, doubts)
    addresses = _addresses(record, lookups, faults)
    if addresses:
        fields["addresses"] = tuple(str(one) for one in addresses)
    companies = _companies(record, firms, faults)
    if companies:
        fields["companies"] = tuple(written(number) for number in companies)
    own = _own(record, fields, addresses, faults)
    shared: list[Key] = []
    if companies and fields.get("name"):
        shared = [("name", f"{_key(fields['name'])} at {written(number)}") for number in companies]
    elif not own and not faults:
        said = "a contact needs an e-mail address, a phone number, another system's number, or a name and a company"
        faults.append(Fault("name", "", "missing", said))
    return Draft(record.line, own, tuple(shared), fields, None, tuple(faults), tuple(doubts))


def _fields(record: Record, lookups: Lookups, faults: list[Fault], doubts: list[Fault]) -> dict[str, Value]:
    told = {name: "" if value == CLEAR else value for name, value in record.values.items()}
    fields: dict[str, Value] = {}
    name = told.get("name") or " ".join(part for part in (told.get("given_name"), told.get("family_name")) if part)
    if name:
        fields["name"] = name
    elif "name" in told:
        faults.append(Fault("name", CLEAR, "missing", "a name cannot be erased"))
    if "function" in told:
        fields["function"] = told["function"]
    faults += [
        Fault(field, "", "format", f"expected at most {limit} characters")
        for field, limit in LIMITS.items()
        if len(str(fields.get(field, ""))) > limit
    ]
    if "language" in told:
        fields["language"] = contacts.spoken(told["language"])
        if told["language"] and not fields["language"]:
            expected = f"expected one of: {', '.join(contacts.LANGUAGES)}"
            faults.append(Fault("language", told["language"], "format", expected))
    if "source" in told:
        code, fault = lookups.code("source", "source", told["source"]) if told["source"] else ("", None)
        fields["source"] = code
        if fault:
            (doubts if code else faults).append(fault)
    return fields


def _addresses(record: Record, lookups: Lookups, faults: list[Fault]) -> list[Address]:
    """The e-mail addresses and phone numbers of a line, each once."""
    country = reach.country(record.values.get("country") or lookups.country)
    if isinstance(country, Problem):
        faults.append(Fault.of(country))
        country = ""
    near = country
    checks: dict[str, tuple[str, Callable[[str], str | Problem]]] = {
        "mail": ("mailto", reach.mail),
        "phone": ("tel", lambda text: reach.phone(text, near)),
    }
    found: dict[Address, None] = {}
    for field, (scheme, check) in checks.items():
        for part in _ADDRESSES.split(record.values.get(field, "")):
            if part == CLEAR:
                said = "an address is not erased by an import: what came from it belongs to it"
                faults.append(Fault(field, part, "kept", said))
                continue
            value = check(part)
            if isinstance(value, Problem):
                faults.append(Fault.of(value))
            elif value:
                found[Address(scheme, value)] = None
    return list(found)


def _companies(record: Record, firms: Firms, faults: list[Fault]) -> list[int]:
    """The numbers of the companies that a line names."""
    if record.values.get("company") == CLEAR:
        faults.append(Fault("company", CLEAR, "kept", "nobody is taken from a company by an import; end it there"))
    found: dict[int, None] = {}
    for word in wanted(record):
        numbers = firms.get(word, ())
        if len(numbers) == 1:
            found[numbers[0]] = None
            continue
        said = "several companies are called so; write the number" if numbers else "there is none, or not yours to see"
        rest = "import companies first, or pass the column over: --map HEADING=-"
        faults.append(Fault("company", record.values["company"][:60], "match", f"{said}; {rest}"))
    return list(found)


def _own(
    record: Record, fields: dict[str, Value], addresses: Sequence[Address], faults: list[Fault]
) -> tuple[Key, ...]:
    own: list[Key] = []
    number, external = record.values.get("number", ""), record.values.get("external_id", "")
    if number and number.isascii() and number.isdigit() and int(number) < 2**63:
        own.append(("number", number))
    elif number:
        faults.append(Fault("number", number[:40], "format", "expected our id of digits, or an empty cell"))
    if external == CLEAR:
        fields["external_id"] = ""
    elif external:
        fields["external_id"] = external
        own.append(("external id", external))
        if len(external) > EXTERNAL_LIMIT:
            faults.append(
                Fault("external_id", external[:40], "format", f"expected at most {EXTERNAL_LIMIT} characters")
            )
    return (*own, *(("address", str(one)) for one in addresses))


def _key(name: object) -> str:
    return company_names.key(str(name))
