"""The stations that a contact is told of, as he himself may see them, and which of those are down now."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from crmcore.stations import Station
from kernel import rows
from kernel.rows import Row
from kernel.unit import Reader

SHOWN = 10
_HIS = (
    "(EXISTS (SELECT 1 FROM subscriptions AS x WHERE x.station_id = s.id AND x.contact_id = ?)"
    " OR EXISTS (SELECT 1 FROM subscribers AS a WHERE a.contact_id = ? AND a.every_station))"
)


class Down(Struct, frozen=True):
    """A station out of service now. `ends_at` None: until further notice; so is an end that has passed unconfirmed."""

    label: str
    zone: str
    ends_at: datetime | None
    for_good: bool


class Own(Struct, frozen=True):
    """`every`: he is told of all there are. `stations`: the first of his, `count` how many."""

    every: bool
    stations: tuple[str, ...]
    count: int
    down: tuple[Down, ...]


async def is_his(reader: Reader, identity_id: int) -> bool:
    """The address is the contact's own: he has proved it, or a list of ours says so (notices go there)."""
    row = await reader.one("SELECT verified, proven FROM identities WHERE id = ?", identity_id)
    return row is not None and (bool(row["verified"]) or bool(row["proven"]))


async def of(reader: Reader, contact_id: int) -> Own | None:
    """None for a contact who is told of none."""
    every = await reader.one("SELECT id FROM subscribers WHERE contact_id = ? AND every_station LIMIT 1", contact_id)
    found = await reader.fetch(
        "SELECT s.code, s.name, s.address FROM stations AS s JOIN subscriptions AS x ON x.station_id = s.id"
        " WHERE x.contact_id = ? ORDER BY s.code LIMIT ?",
        contact_id,
        SHOWN,
    )
    if every is None and not found:
        return None
    row = await reader.one("SELECT count(*) AS n FROM subscriptions WHERE contact_id = ?", contact_id)
    down = await reader.fetch(
        "SELECT s.code, s.name, s.address, s.zone, o.ends_at, o.for_good FROM outages AS o"
        " JOIN outage_stations AS y ON y.outage_id = o.id JOIN stations AS s ON s.id = y.station_id"
        f" WHERE o.state = 'announced' AND o.starts_at <= ? AND {_HIS} ORDER BY s.code, o.id LIMIT ?",
        reader.now,
        contact_id,
        contact_id,
        SHOWN,
    )
    stations = tuple(_label(one) for one in found)
    return Own(every is not None, stations, int(row["n"]) if row else 0, tuple(_down(one, reader.now) for one in down))


def _label(row: Row) -> str:
    return Station(0, row["code"], row["name"], row["address"], "", "", "", ()).label


def _down(row: Row, now: datetime) -> Down:
    ends_at = rows.maybe_instant(row["ends_at"])
    stands = ends_at if ends_at is not None and ends_at > now else None
    return Down(_label(row), row["zone"], stands, bool(row["for_good"]))
