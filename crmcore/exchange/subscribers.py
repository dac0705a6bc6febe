"""Subscribers from a table: who wants to hear of which stations, and by which address. Pure.

Lines that share an address are one person; what the later line says of him wins, stations add up.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence

from channels.contract import Address
from crmcore import addresses, contacts, stations
from crmcore.exchange import tables
from crmcore.exchange.stations import is_zone
from crmcore.exchange.tables import Row
from crmcore.subscribers import Wish
from kernel import folding
from kernel.errors import Problem

HEADINGS = {
    "name": ("contact", "contact name", "imie i nazwisko", "nazwisko", "kontakt", "meno", "nev", "имя", "контакт"),
    "company": ("firma", "customer", "klient", "spolocnost", "ceg", "компания", "фирма", "клиент"),
    "language": ("lang", "jezyk", "jazyk", "nyelv", "язык"),
    "stations": ("station", "station codes", "stacje", "stanice", "kutak", "станции", "азс"),
    "channel": ("channels", "channel preference", "preferred channel", "kanal", "csatorna", "канал"),
    "zone": ("time zone", "timezone", "strefa", "strefa czasowa", "casove pasmo", "idozona", "часовой пояс"),
}
ALL = ("all", "*", "wszystkie", "vsetky", "osszes", "mind", "все")
LIMITS = {"name": 200, "company": 200}
_PARTS = re.compile(r"[\s,;|/+]+")


def read(
    content: bytes,
    known: Collection[str],
    *,
    schemes: Mapping[str, Sequence[str]],
    channels: Mapping[str, str],
) -> tuple[list[Wish], list[Problem]]:
    """The people in a file, and what is wrong with it line by line.

    `known`: the codes of all stations. `schemes`: scheme → the words that may stand above a column of such addresses.
    `channels`: a channel's name → its scheme. Raises Invalid if it is no such table at all.
    """
    table = tables.read(content, {**HEADINGS, **schemes}, required=["stations"])
    problems = list(table.problems)
    broken = {problem.field.split(",")[0] for problem in problems}
    people: list[Wish] = []
    for row in table.rows:
        wish, wrong = _wish(row, known, schemes, channels)
        problems += wrong
        if not wrong and f"line {row.line}" not in broken:
            people.append(wish)
    return merged(people), problems


def merged(people: Sequence[Wish]) -> list[Wish]:
    """One wish a person, where he first stands: those that share an address are joined, chains of them too."""
    found: dict[int, Wish] = {}
    owner: dict[Address, int] = {}
    for place, wish in enumerate(people):
        same = sorted({owner[address] for address in wish.addresses if address in owner})
        first = same[0] if same else place
        joined = functools.reduce(Wish.joined, [*(found.pop(one) for one in same), wish])
        found[first] = joined
        owner |= dict.fromkeys(joined.addresses, first)
    return [found[place] for place in sorted(found)]


def _wish(
    row: Row, known: Collection[str], schemes: Mapping[str, Sequence[str]], channels: Mapping[str, str]
) -> tuple[Wish, list[Problem]]:
    problems: list[Problem] = []
    own = _addresses(row, schemes, problems)
    codes, every = _stations(row, known, problems)
    prefers = _prefers(row, channels, problems)
    language = contacts.spoken(row.values.get("language", ""))
    if row.values.get("language") and not language:
        expected = f"one of: {', '.join(contacts.LANGUAGES)}"
        problems.append(row.problem("language", expected, row.values["language"]))
    zone = row.values.get("zone", "")
    if zone and not is_zone(zone):
        problems.append(row.problem("zone", "a time zone, for example Europe/Warsaw", zone))
    for column, limit in LIMITS.items():
        if len(row.values.get(column, "")) > limit:
            problems.append(row.problem(column, f"at most {limit} characters"))
    name, company = row.values.get("name", ""), row.values.get("company", "")
    return Wish((row.line,), own, name, company, language, zone, prefers, codes, every), problems


def _addresses(row: Row, schemes: Mapping[str, Sequence[str]], problems: list[Problem]) -> tuple[Address, ...]:
    found = []
    for scheme in schemes:
        written = row.values.get(scheme, "")
        if not written:
            continue
        value = addresses.normal(scheme, written)
        if value:
            found.append(Address(scheme, value))
        else:
            column, expected = addresses.expected(scheme)
            problems.append(row.problem(column, expected, "something else"))
    if not found and not problems:
        problems.append(row.problem("addresses", "an e-mail address, a phone number or an id at least", "none"))
    return tuple(found)


def _stations(row: Row, known: Collection[str], problems: list[Problem]) -> tuple[frozenset[str], bool]:
    written = row.values.get("stations", "")
    if folding.fold(written) in ALL:
        return frozenset(), True
    codes = [stations.written(code) for code in _PARTS.split(written) if code]
    if not codes:
        problems.append(row.problem("stations", "codes of stations parted by spaces, or all", "nothing"))
    missing = [code for code in codes if code not in known]
    if missing:
        problems.append(row.problem("stations", "codes of stations that are there", " ".join(missing)))
    return frozenset(codes), False


def _prefers(row: Row, channels: Mapping[str, str], problems: list[Problem]) -> tuple[str, ...]:
    words = [folding.fold(word).replace("-", "") for word in _PARTS.split(row.values.get("channel", "")) if word]
    unknown = [word for word in words if word not in channels]
    if unknown:
        problems.append(row.problem("channel", f"of: {', '.join(channels)}", " ".join(unknown)))
    return tuple(dict.fromkeys(channels[word] for word in words if word in channels))
