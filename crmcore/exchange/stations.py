"""Stations from a table: the columns, and what may stand in them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from zoneinfo import ZoneInfo

from crmcore import stations
from crmcore.exchange import tables
from crmcore.exchange.tables import Row
from crmcore.stations import Facts
from kernel.errors import Problem

HEADINGS = {
    "code": ("station", "number", "id", "kod", "numer", "stacja", "stanica", "cislo", "kut", "szam", "код", "азс"),
    "name": ("nazwa", "nazov", "nev", "название", "имя"),
    "city": ("town", "miasto", "miejscowosc", "mesto", "varos", "город"),
    "address": ("street", "adres", "ulica", "adresa", "cim", "адрес"),
    "region": ("wojewodztwo", "kraj", "megye", "регион", "область"),
    "zone": ("time zone", "timezone", "strefa", "strefa czasowa", "casove pasmo", "idozona", "часовой пояс"),
    "services": ("uslugi", "sluzby", "szolgaltatasok", "услуги"),
    "nearest": ("alternatives", "najblizsze", "najblizsie", "legkozelebbi", "ближайшие"),
}
LIMITS = {"code": 20, "name": 120, "address": 200, "region": 60, "services": 200, "nearest": 120}
_CODE = re.compile(r"[^\s,;/|\"'<>]{1,20}")


def read(content: bytes, *, zone: str = "") -> tuple[list[Facts], list[Problem]]:
    """The stations in a file and what is wrong with it, line by line. `zone`: where no column says one.

    Raises Invalid if it is no such table at all.
    """
    table = tables.read(content, HEADINGS, required=["code"])
    problems = list(table.problems)
    broken = {problem.field.split(",")[0] for problem in problems}
    codes = Counter(stations.written(row.values.get("code", "")) for row in table.rows)
    found = []
    for row in table.rows:
        wrong = _wrong(row, codes)
        problems += wrong
        if not wrong and f"line {row.line}" not in broken:
            found.append(_facts(row, zone))
    return found, problems


def _facts(row: Row, zone: str) -> Facts:
    values = row.values
    name, city, address = values.get("name"), values.get("city"), values.get("address")
    if city and name and city not in name:
        address = f"{city}, {address}" if address else city
    nearest = values.get("nearest")
    return Facts(
        code=stations.written(values["code"]),
        name=name or city,
        address=address,
        region=values.get("region"),
        zone=values.get("zone") or zone or None,
        services=values.get("services"),
        nearest=" ".join(stations.written(code) for code in re.split(r"[\s,;|/]+", nearest)) if nearest else None,
    )


def _wrong(row: Row, codes: Counter[str]) -> list[Problem]:
    problems = []
    code = stations.written(row.values.get("code", ""))
    if not _CODE.fullmatch(code):
        problems.append(row.problem("code", "the station's code, 1 to 20 characters, for example 0412", code))
    elif codes[code] > 1:
        problems.append(row.problem("code", f"each station once; {code} stands in {codes[code]} lines", code))
    zone = row.values.get("zone")
    if zone and not is_zone(zone):
        problems.append(row.problem("zone", "a time zone, for example Europe/Warsaw", zone))
    for column, limit in LIMITS.items():
        value = row.values.get(column, "")
        if len(value) > limit and column != "code":
            problems.append(row.problem(column, f"at most {limit} characters", f"{len(value)} characters"))
    return problems


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
