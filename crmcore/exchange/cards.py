"""vCards as records of companies and contacts, both ways: 3.0 and 4.0 written, 2.1 read too. Pure.

What the format has no property for goes in `X-CENTRALA-…` ones, so that a card of ours is read back whole.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from crmcore.exchange import encodings
from crmcore.exchange.card_lines import Property, escape, fold, parts, properties, unescape
from crmcore.exchange.fields import KINDS
from crmcore.exchange.grids import Grid, Line, of
from kernel import errors
from kernel.errors import Problem

VERSIONS = ("3.0", "4.0")
OWN = "X-CENTRALA-"
_URN = "urn:uuid:"
_NAMESPACE = uuid.UUID("6f1d3c7e-52c4-4b0e-9d6a-7d1c6a6e2b11")
_CARRIED = {  # what has a property of its own
    "companies": ("name", "phone", "mail", "web", "street", "city", "postcode", "language"),
    "contacts": ("name", "phone", "mail", "function", "language"),
}


def read(kind: str, content: bytes, *, encoding: str = "") -> Grid:
    """The cards of a file, a line a card, under the names of our fields. Raises Invalid if there is none."""
    decoded = encodings.decode(content, encoding)
    cards = list(_cards(decoded.text))
    if not cards:
        problem = Problem("file", "vCards: BEGIN:VCARD … END:VCARD", "none")
        raise errors.Invalid("the file cannot be read; nothing was imported", problems=(problem,))
    told = [_company(card) if kind == "companies" else _contact(card) for card in cards]
    header = [name for name in KINDS[kind] if any(name in one for one in told)]
    rows = [(0, header), *((place, [one.get(name, "") for name in header]) for place, one in enumerate(told, 1))]
    if not header:
        rows[0] = (0, ["name"])
    found = of(rows, f"vCard, {decoded.encoding}")
    empty = [Line(place, tuple("" for _ in found.header)) for place, one in enumerate(told, 1) if not any(one.values())]
    return Grid(found.header, tuple(sorted((*found.lines, *empty), key=lambda line: line.number)), found.how)


def written(kind: str, values: Mapping[str, str], version: str) -> str:
    """One card."""
    is_new = version == "4.0"
    lines = ["BEGIN:VCARD", f"VERSION:{version}"]
    if kind == "companies":
        lines += [*(["KIND:org"] if is_new else []), *_name(values["name"], ""), f"ORG:{escape(values['name'])}"]
        address = [values.get(name, "") for name in ("street", "city", "postcode", "country")]
        if any(address[:3]):
            street, city, postcode, country = map(escape, address)
            lines.append(f"ADR{_type('work', is_new)}:;;{street};{city};;{postcode};{country}")
        lines += [f"URL:{values['web']}"] if values.get("web") else []
    else:
        lines += _name(values["name"], values["name"])
        lines += [f"TITLE:{escape(values['function'])}"] if values.get("function") else []
    lines += [_phone(one, is_new) for one in _many(values.get("phone", ""))]
    lines += [f"EMAIL{_type('internet', False) if not is_new else ''}:{one}" for one in _many(values.get("mail", ""))]
    if values.get("language"):
        lines.append(f"LANG:{values['language']}" if is_new else f"{OWN}LANGUAGE:{values['language']}")
    lines.append(f"UID:{_URN}{uuid.uuid5(_NAMESPACE, kind + '/' + values.get('number', ''))}")
    lines += [
        f"{OWN}{name.upper().replace('_', '-')}:{escape(values[name])}"
        for name in KINDS[kind]
        if values.get(name) and name not in _CARRIED[kind]
    ]
    return "".join(fold(line) for line in [*lines, "END:VCARD"])


def _cards(text: str) -> Iterator[list[Property]]:
    card: list[Property] | None = None
    for one in properties(text):
        value = one.value.strip().upper()
        if one.name == "BEGIN" and value == "VCARD":
            card = []
        elif one.name == "END" and value == "VCARD" and card is not None:
            yield card
            card = None
        elif card is not None:
            card.append(one)


def _company(card: Sequence[Property]) -> dict[str, str]:
    told = _shared(card)
    name = _first(card, "ORG")
    told["name"] = (parts(name)[0] if name else "") or unescape(_first(card, "FN"))
    address = min((one for one in card if one.name == "ADR"), key=lambda one: one.rank, default=None)
    if address is not None:
        cells = [*parts(address.value), *[""] * 7]
        told |= {"street": " ".join(cells[:3]).strip(), "city": cells[3], "postcode": cells[5]}
        told["country"] = cells[6] if len(cells[6]) == 2 else ""
    told["web"] = _first(card, "URL")
    for field in ("phone", "mail"):
        told[field] = told[field].partition("; ")[0]
    return _with_own("companies", told, card)


def _contact(card: Sequence[Property]) -> dict[str, str]:
    told = _shared(card)
    full, cells = unescape(_first(card, "FN")), [*parts(_first(card, "N")), "", ""]
    told["name"] = full or " ".join(part for part in (cells[1], cells[0]) if part)
    told["function"] = unescape(_first(card, "TITLE"))
    company = _first(card, "ORG")
    told["company"] = parts(company)[0] if company else ""
    return _with_own("contacts", told, card)


def _shared(card: Sequence[Property]) -> dict[str, str]:
    """Phones without faxes, e-mails, the preferred first; the language."""
    ranked = sorted(card, key=lambda one: one.rank)
    phones = [one.value for one in ranked if one.name == "TEL" and not one.kinds & {"fax", "pager", "video"}]
    emails = [unescape(one.value) for one in ranked if one.name == "EMAIL"]
    return {
        "phone": "; ".join(unescape(one).removeprefix("tel:").partition(";")[0].strip() for one in phones),
        "mail": "; ".join(one.removeprefix("mailto:").strip() for one in emails),
        "language": _first(card, "LANG"),
    }


def _with_own(kind: str, told: dict[str, str], card: Sequence[Property]) -> dict[str, str]:
    """Our own properties say it best."""
    own = {f"{OWN}{name.upper().replace('_', '-')}": name for name in KINDS[kind]}
    told |= {own[one.name]: unescape(one.value) for one in card if one.name in own}
    if "number" not in told and not any(one.name.startswith(OWN) for one in card):
        told["external_id"] = unescape(_first(card, "UID"))[:120]
    return {name: value for name, value in told.items() if value and not KINDS[kind][name].is_told}


def _first(card: Sequence[Property], name: str) -> str:
    """The preferred value of that name."""
    return min((one for one in card if one.name == name), key=lambda one: one.rank, default=_NONE).value


def _name(shown: str, family: str) -> list[str]:
    return [f"FN:{escape(shown)}", f"N:{escape(family)};;;;"]


def _phone(number: str, is_new: bool) -> str:
    return f'TEL;VALUE=uri;TYPE="work,voice":tel:{number}' if is_new else f"TEL;TYPE=WORK,VOICE:{number}"


def _type(word: str, is_new: bool) -> str:
    return f";TYPE={word}" if is_new else f";TYPE={word.upper()}"


def _many(cell: str) -> Iterable[str]:
    return (part for part in cell.split("; ") if part)


_NONE = Property("", {}, "")
