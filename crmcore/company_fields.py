"""What may stand in the fields of a company: every value brought into its form, every problem told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from crmcore import codes, company_names, contacts, reach, taxes
from crmcore.taxes import TaxNumber
from kernel import errors
from kernel.errors import Problem
from kernel.phrases import Phrase
from kernel.unit import Reader

# field → most characters
TEXTS = {"segment": 60, "street": 200, "city": 100, "postcode": 20, "payment_terms": 300}
# field → the codebook its words come from
CODES = {
    "relation": "relation",
    "area": "area",
    "activity": "activity",
    "sales_channel": "channel",
    "source": "source",
}
STATES = ("active", "passive")
FIELDS = ("name", "state", "country", "tax_number", "phone", "mail", "web", "language", *CODES, *TEXTS)

Checked = dict[str, str]


async def checked(reader: Reader, values: Mapping[str, str], *, country: str = "") -> Checked:
    """The fields as they are stored; only those that `values` names. `country`: the company's, if not among them.

    Raises Invalid with every problem.
    """
    found, problems = plain(values, country)
    for name, book in CODES.items():
        if not values.get(name, "").strip():
            found |= {name: ""} if name in values else {}
            continue
        try:
            found[name] = await codes.needed(reader, book, values[name], on=_today(reader), what=name)
        except errors.Invalid as error:
            problems += error.problems
    problems += [
        Problem(name, Phrase("one of {names}", names=", ".join(FIELDS))) for name in values if name not in FIELDS
    ]
    if problems:
        raise errors.Invalid("nothing was written", problems=tuple(problems))
    return found


def plain(values: Mapping[str, str], country: str) -> tuple[Checked, list[Problem]]:
    """All fields but the codes. Pure."""
    told = {name: " ".join(value.split()) for name, value in values.items()}
    land = reach.country(told.get("country", country))
    known = land if isinstance(land, str) else ""
    found: dict[str, str | Problem] = {"country": land} if "country" in told else {}
    if told.get("tax_number"):
        tax = taxes.told(told["tax_number"], known)
        found["tax_number"] = tax if isinstance(tax, Problem) else tax.number
        if isinstance(tax, TaxNumber) and tax.country:  # its own prefix says where the company is
            known = found["country"] = tax.country
    elif "tax_number" in told:
        found["tax_number"] = ""
    checks: dict[str, Callable[[str], str | Problem]] = {
        "phone": lambda text: reach.phone(text, known),
        "mail": reach.mail,
        "web": reach.web,
        "state": lambda text: (
            text
            if text in STATES
            else Problem("state", Phrase("{names} or {last}", names=STATES[0], last=STATES[1]), text)
        ),
        "language": _language,
    }
    found |= {name: check(told[name]) for name, check in checks.items() if name in told}
    found |= {name: _short(name, told[name], limit) for name, limit in TEXTS.items() if name in told}
    if "name" in told:
        found |= _named(told["name"])
    problems = [one for one in found.values() if isinstance(one, Problem)]
    return {name: value for name, value in found.items() if isinstance(value, str)}, problems


def _named(written: str) -> dict[str, str | Problem]:
    name = company_names.parted(written)
    if not name.folded or len(name.shown) > company_names.NAME_LIMIT:
        expected = Phrase("1 to {limit} characters, for example Orlik Trans", limit=company_names.NAME_LIMIT)
        return {"name": Problem("name", expected, written[:40])}
    return {"name": name.shown, "folded": name.folded, "legal_form": name.form[:60]}


def _short(name: str, text: str, limit: int) -> str | Problem:
    expected = Phrase("at most {limit} characters", limit=limit)
    return text if len(text) <= limit else Problem(name, expected, f"{len(text)} characters")


def _language(text: str) -> str | Problem:
    spoken = contacts.spoken(text) if text else ""
    expected = Phrase("one of {names}", names=", ".join(contacts.LANGUAGES))
    return spoken if spoken or not text else Problem("language", expected, text)


def _today(reader: Reader) -> date:
    return reader.now.date()
