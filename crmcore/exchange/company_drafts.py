"""Lines of a file about companies, checked: keys, fields as they are stored, and every fault of a line. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from crmcore import company_fields, company_names, reach, taxes
from crmcore.exchange import guard
from crmcore.exchange.drafts import Draft, Fault, Key, Value
from crmcore.exchange.guard import CLEAR
from crmcore.exchange.lookups import Lookups
from crmcore.exchange.mappings import Record
from crmcore.visible import parse

_PLACED = ("number", "external_id", "owner", "group", "responsible")
_LENGTHS = {"PL": (10,), "SK": (8, 10), "CZ": (8, 10), "HU": (8, 11), "RU": (10, 12)}  # of tax numbers
_POSTCODES = {"PL": 5, "SK": 5, "CZ": 5, "RU": 6}
EXTERNAL_LIMIT = 120


def checked(records: Sequence[Record], lookups: Lookups) -> list[Draft]:
    """A draft a line."""
    return [_draft(record, lookups) for record in records]


def _draft(record: Record, lookups: Lookups) -> Draft:
    faults: list[Fault] = []
    doubts: list[Fault] = []
    fields = _fields(record, lookups, faults, doubts)
    owner_id = _owner(record, lookups, faults)
    fields |= _places(record, lookups, owner_id, faults, doubts)
    own, shared = _keys(record, fields, faults)
    return Draft(record.line, own, shared, fields, owner_id, tuple(faults), tuple(doubts))


def _fields(record: Record, lookups: Lookups, faults: list[Fault], doubts: list[Fault]) -> dict[str, Value]:
    """What `company_fields` checks, and the codes."""
    told = {name: "" if value == CLEAR else value for name, value in record.values.items() if name not in _PLACED}
    coded = {name: told.pop(name) for name in company_fields.CODES if name in told}
    country = reach.country(told.get("country") or lookups.country)
    _restore_zeros(record, told, country if isinstance(country, str) else "")
    found, problems = company_fields.plain(told, lookups.country)
    faults += [Fault.of(problem) for problem in problems]
    fields: dict[str, Value] = dict(found)
    for name, written in coded.items():
        code, fault = lookups.code(name, company_fields.CODES[name], written) if written else ("", None)
        fields[name] = code
        if fault:
            (doubts if code else faults).append(fault)
    if told.get("name") == "" and "name" in told:
        faults[:] = [fault for fault in faults if fault.column != "name"]
        faults.append(Fault("name", CLEAR, "missing", "a name cannot be erased"))
    return fields


def _restore_zeros(record: Record, told: dict[str, str], country: str) -> None:
    """Zeros that a sheet has eaten from a number, put back where the country says how long it is."""
    tax = told.get("tax_number", "")
    if "tax_number" in record.typed and tax.isdigit() and len(tax) not in _LENGTHS.get(country, (len(tax),)):
        longer = (tax.zfill(length) for length in _LENGTHS[country] if length > len(tax))
        told["tax_number"] = next((one for one in longer if taxes.found(one, country)), tax)
    postcode = told.get("postcode", "")
    if "postcode" in record.typed and postcode.isdigit():
        told["postcode"] = postcode.zfill(_POSTCODES.get(country, 0))


def _owner(record: Record, lookups: Lookups, faults: list[Fault]) -> int | None:
    written = record.values.get("owner", "")
    if written and written != CLEAR:
        found = lookups.owner(written)
        if isinstance(found, int):
            return found
        faults.append(found)
    elif lookups.owner_id is None and len(lookups.owners) > 1 and "number" not in record.values:
        names = ", ".join(one.shown for one in lookups.owners[:5])
        said = f"for which owner? Add a column owner or --owner NAME: {names}"
        faults.append(Fault("owner", "", "missing", said))
    return None if "number" in record.values and not written else lookups.owner_id


def _places(
    record: Record, lookups: Lookups, owner_id: int | None, faults: list[Fault], doubts: list[Fault]
) -> dict[str, Value]:
    """The group and the colleague, by their ids; none where the cell says to erase."""
    found: dict[str, Value] = {}
    group, person = record.values.get("group"), record.values.get("responsible")
    within = owner_id if owner_id is not None else lookups.owner_id
    if group is not None:
        chosen = lookups.group(within, group) if group != CLEAR else None
        if isinstance(chosen, Fault):
            faults.append(chosen)
        else:
            found["group_id"] = chosen
    if person is not None:
        staff_id, fault = lookups.colleague(within, person) if person != CLEAR else (None, None)
        found["responsible_id"] = staff_id
        if fault and staff_id is None:
            faults.append(fault)
        elif fault:
            doubts.append(Fault("responsible_id", fault.value, fault.rule, fault.message))
    return found


def _keys(record: Record, fields: dict[str, Value], faults: list[Fault]) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """Those that name one company only, and those that several may share, the strongest first."""
    own: list[Key] = []
    number, external = record.values.get("number", ""), record.values.get("external_id", "")
    if number:
        parsed = parse(number) or (int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None)
        if parsed is None:
            faults.append(Fault("number", number, "format", "expected our number, for example B12, or an empty cell"))
        else:
            own.append(("number", str(parsed)))
    if external == CLEAR:
        fields["external_id"] = ""
    elif external:
        fields["external_id"] = external
        own.append(("external id", external))
        if len(external) > EXTERNAL_LIMIT:
            faults.append(
                Fault("external_id", external[:40], "format", f"expected at most {EXTERNAL_LIMIT} characters")
            )
    if fields.get("tax_number"):
        own.append(("tax number", str(fields["tax_number"])))
    shared = [("e-mail", fields.get("mail")), ("phone", fields.get("phone")), ("name", fields.get("folded"))]
    return tuple(own), tuple((kind, str(value)) for kind, value in shared if value)


def named(written: str) -> str:
    """A company's name as a key."""
    return company_names.parted(guard.plain(written)).folded
