"""Stations: kept up from the station database, found by their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import asdict

from crmcore.models.stations import Station as StationRow
from kernel import errors, ids, rows
from kernel.unit import Reader, Work

NEAR = 3  # codes suggested for one that is not there
CHUNK = 200  # rows a unit writes at most when many come at once


class Facts(Struct, frozen=True):
    """What the station database says of a station. None: it says nothing of that, and what we have stays."""

    code: str
    name: str | None = None
    address: str | None = None
    region: str | None = None
    zone: str | None = None
    services: str | None = None
    nearest: str | None = None


class Station(Struct, frozen=True):
    """A station as the house passes it around. `nearest`: codes of those that serve instead."""

    id: int
    code: str
    name: str
    address: str
    region: str
    zone: str
    services: str
    nearest: tuple[str, ...]

    @property
    def label(self) -> str:
        """As customers read it: 0412 Gdynia, Morska 100."""
        return ", ".join(part for part in (f"{self.code} {self.name}".strip(), self.address) if part)


class Tally(NamedTuple):
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


_DEFAULTS = {"name": "", "address": "", "region": "", "zone": "UTC", "services": "", "nearest": ""}


async def upsert(work: Work, facts: Sequence[Facts]) -> Tally:
    """Bring stations up to `facts`, each code once. The same again changes nothing."""
    await work.change("UPDATE stations SET code = code WHERE id = 0")  # the unit begins with a write
    known = await _rows(work, [one.code for one in facts])
    new = [one for one in facts if one.code not in known]
    changed = [(known[one.code]["id"], told) for one in facts if one.code in known if (told := _news(one, known))]
    stamp = {"created_at": work.now, "updated_at": work.now}
    await work.insert(
        StationRow, [{"id": ids.new(), "code": one.code, **_DEFAULTS, **_said(one), **stamp} for one in new]
    )
    for station_id, told in changed:
        await work.update(StationRow, [{"id": station_id, **told, "updated_at": work.now}])
    return Tally(len(new), len(changed), len(facts) - len(new) - len(changed))


async def by_codes(reader: Reader, codes: Sequence[str]) -> dict[str, Station]:
    """The stations of these codes."""
    return {code: _station(row) for code, row in (await _rows(reader, codes)).items()}


async def needed(reader: Reader, codes: Sequence[str]) -> list[Station]:
    """The stations of these codes, in that order. Raises NotFound naming each that is not there, and what is near."""
    found = await by_codes(reader, codes)
    missing = [code for code in codes if code not in found]
    if missing:
        near = await _near(reader, missing)
        all_ = "There is no station {codes}. `centrala stations list` lists all. Nothing was done."
        said = "There is no station {codes}. Near: {near}. Nothing was done." if near else all_
        raise errors.NotFound(said, code="no_station", codes=", ".join(missing), near=", ".join(near))
    return [found[code] for code in codes]


async def listed(reader: Reader, *, after: str = "", limit: int = 500) -> list[Station]:
    """Stations by code, a page at a time."""
    found = await reader.fetch("SELECT * FROM stations WHERE code > ? ORDER BY code LIMIT ?", after, limit)
    return [_station(row) for row in found]


def written(code: str) -> str:
    """A code as it is kept and compared: without spaces, in capitals."""
    return "".join(code.split()).upper()


async def _near(reader: Reader, missing: Sequence[str]) -> list[str]:
    codes = [row["code"] for row in await reader.fetch("SELECT code FROM stations ORDER BY code LIMIT 5000")]
    near = [match for code in missing for match in get_close_matches(code, codes, NEAR, 0.6)]
    return list(dict.fromkeys(near))[:NEAR]


async def _rows(reader: Reader, codes: Sequence[str]) -> dict[str, rows.Row]:
    if not codes:
        return {}
    found = await reader.fetch(f"SELECT * FROM stations WHERE code IN ({rows.marks(codes)})", *codes)
    return {row["code"]: row for row in found}


def _said(facts: Facts) -> dict[str, str]:
    return {name: value for name, value in asdict(facts).items() if name != "code" and value is not None}


def _news(facts: Facts, known: Mapping[str, rows.Row]) -> dict[str, str]:
    row = known[facts.code]
    return {name: value for name, value in _said(facts).items() if row[name] != value}


def _station(row: rows.Row) -> Station:
    return Station(
        row["id"],
        row["code"],
        row["name"],
        row["address"],
        row["region"],
        row["zone"],
        row["services"],
        tuple(row["nearest"].split()),
    )
