"""Staff: adding, finding and recognising colleagues. Which queues they work is routing's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from channels.contract import Address
from crmcore import addresses as addresses_of
from crmcore.access import StaffId
from crmcore.models.staff import Hint, Role, StaffIdentity
from crmcore.models.staff import Staff as StaffRow
from kernel import errors, folding, ids, rows, sentences
from kernel.errors import Problem
from kernel.unit import Reader, Work

_ZONE = "a time zone, for example Europe/Warsaw"


class Colleague(Struct, frozen=True):
    """One of the staff."""

    id: StaffId
    name: str
    role: Role
    zone: str
    active: bool
    addresses: tuple[Address, ...] = ()
    language: str = ""  # as he chose; "" while he has not
    ways: tuple[str, ...] = ()  # channels by which he is told, the first first; empty: as the house has it
    quiet: str = ""  # his quiet hours, "21:00-07:00" by his own clocks
    digest: str = ""  # "on" or "off" as he chose; "" as the settings have it

    def address(self, scheme: str) -> Address | None:
        return next((address for address in self.addresses if address.scheme == scheme), None)


async def add(work: Work, name: str, role: Role, addresses: Sequence[Address], *, zone: str = "UTC") -> StaffId:
    """Add a colleague. Raises Conflict if the name or an address is taken."""
    staff_id = ids.new()
    folded = folding.fold(name)
    await work.insert(
        StaffRow,
        [
            {
                "id": staff_id,
                "name": name,
                "folded": folded,
                "role": role.value,
                "active": True,
                "zone": known_zone(zone) or zone,
                "created_at": work.now,
            }
        ],
    )
    same = await work.one("SELECT id FROM staff WHERE folded = ? AND active AND id <> ?", folded, staff_id)
    if same:
        raise errors.Conflict("there is a colleague called {name} already; nobody was added", name=name)
    for address in addresses:
        await _tie(work, staff_id, address)
    return StaffId(staff_id)


async def remove(work: Work, name: str) -> Colleague:
    """Switch a colleague off: his links end at once, what he did stays. Raises NotFound."""
    await work.change("UPDATE staff SET active = active WHERE folded = ?", folding.fold(name))
    colleague = await named(work, name)
    await work.change("UPDATE staff SET active = ? WHERE id = ?", False, colleague.id)
    await work.change("DELETE FROM staff_identities WHERE staff_id = ?", colleague.id)
    return colleague


async def move(work: Work, staff_id: int, zone: str) -> str:
    """The colleague lives by the clocks of `zone` from now on; returns its name. Raises Invalid for an unknown one.

    What he has set by the old zone's clocks stays at its instant.
    """
    known = known_zone(zone)
    if known is None:
        raise errors.Invalid("nothing was changed", problems=(Problem("zone", _ZONE, zone),))
    await work.change("UPDATE staff SET zone = ? WHERE id = ?", known, staff_id)
    return known


async def rank(work: Work, staff_id: int, role: Role) -> None:
    """The colleague is of that rank from his next act on."""
    await work.change("UPDATE staff SET role = ? WHERE id = ?", role.value, staff_id)


async def known_as(reader: Reader, addresses: Sequence[Address]) -> dict[Address, str]:
    """What the people behind these addresses called themselves when they wrote; who never wrote is left out."""
    if not addresses:
        return {}
    found = await reader.fetch(
        "SELECT i.scheme, i.value, c.name FROM identities AS i JOIN contacts AS c ON c.id = i.contact_id"
        f" WHERE (i.scheme, i.value) {rows.among(2, len(addresses))}",
        *(part for one in addresses for part in (one.scheme, one.value)),
    )
    return {Address(row["scheme"], row["value"]): row["name"] for row in found}


async def speak(work: Work, staff_id: int, language: str) -> None:
    """The colleague reads `language` (one of kernel.texts.LANGUAGES) from now on, at whatever browser."""
    await work.change("UPDATE staff SET language = ? WHERE id = ?", language, staff_id)


async def tell_by(work: Work, staff_id: int, channels: Sequence[str]) -> None:
    """The colleague is told by the first of these channels that reaches him; empty: as the house has it."""
    await work.change("UPDATE staff SET ways = ? WHERE id = ?", " ".join(channels), staff_id)


async def keep_quiet(work: Work, staff_id: int, hours: str) -> None:
    """The colleague is told at night only what is most urgent. `hours`: "21:00-07:00"; "" for no such hours."""
    await work.change("UPDATE staff SET quiet = ? WHERE id = ?", hours, staff_id)


async def keep_digest(work: Work, staff_id: int, wish: str) -> None:
    """The colleague wants digests, or none of them ("on", "off"), whatever the settings say."""
    await work.change("UPDATE staff SET digest = ? WHERE id = ?", wish, staff_id)


def known_zone(written: str) -> str | None:
    """A time zone's name as the zone database spells it; None if there is none."""
    for name in dict.fromkeys((written.strip(), written.strip().title(), written.strip().upper())):
        try:
            return ZoneInfo(name).key
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
            continue
    return None


async def listed(reader: Reader) -> list[Colleague]:
    """All active colleagues by name (at most 1,000)."""
    people = await reader.fetch("SELECT * FROM staff WHERE active ORDER BY folded LIMIT 1000")
    return await _with_addresses(reader, people)


async def known_among(reader: Reader, scheme: str, values: Sequence[str]) -> set[str]:
    """Those of `values` that are a colleague's address, as they are written there. At most 500."""
    if not values:
        return set()
    folded = {value.lower(): value for value in values}
    found = await reader.fetch(
        f"SELECT value FROM staff_identities WHERE scheme = ? AND lower(value) IN ({rows.marks(list(folded))})",
        scheme,
        *folded,
    )
    known = {row["value"].lower() for row in found}
    return {value for value in values if value.lower() in known}


async def by_ids(reader: Reader, staff_ids: Sequence[int]) -> dict[int, Colleague]:
    """Colleagues by id, those switched off too."""
    if not staff_ids:
        return {}
    people = await reader.fetch(f"SELECT * FROM staff WHERE id IN ({rows.marks(staff_ids)})", *staff_ids)
    return {colleague.id: colleague for colleague in await _with_addresses(reader, people)}


async def named(reader: Reader, name: str) -> Colleague:
    """The one active colleague of that name, or whose name begins so. Raises NotFound, also if several do."""
    wanted = folding.fold(name.lstrip("@"))
    everyone = await listed(reader)
    exact = [one for one in everyone if folding.fold(one.name) == wanted]
    found = exact or [one for one in everyone if wanted and folding.fold(one.name).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(one.name for one in found[:5])
        raise errors.NotFound(
            "{name} could be {names}. Write more of the name.", code="ambiguous", name=name, names=names
        )
    names = ", ".join(one.name for one in everyone[:5])
    there = sentences.line("There are: {names}.", names=names) if names else sentences.line("There is nobody yet.")
    raise errors.NotFound("There is no colleague called {name}. {there}", code="no_colleague", name=name, there=there)


async def recognise(reader: Reader, senders: Sequence[Address]) -> dict[Address, Colleague]:
    """Which of `senders` are active colleagues: looked up at every batch, never remembered."""
    if not senders:
        return {}
    found = await reader.fetch(
        "SELECT i.scheme AS by_scheme, i.value AS by_value, s.* FROM staff_identities AS i"
        " JOIN staff AS s ON s.id = i.staff_id"
        f" WHERE s.active AND (i.scheme, i.value) {rows.among(2, len(senders))}",
        *(part for sender in senders for part in (sender.scheme, sender.value)),
    )
    return {Address(row["by_scheme"], row["by_value"]): _colleague(row, ()) for row in found}


async def first_time(work: Work, staff_id: int, key: str) -> bool:
    """True once per colleague and key."""
    said = await work.insert(
        Hint,
        [{"id": ids.new(), "staff_id": staff_id, "key": key}],
        conflict="ON CONFLICT (staff_id, key) DO NOTHING",
        returning="id",
    )
    return bool(said)


def checked(*, name: str, ids: Mapping[str, str], zone: str) -> list[Address]:
    """The addresses of a new colleague (scheme → as written, "" for none), normalised.

    Raises Invalid with every problem at once.
    """
    problems: list[Problem] = []
    addresses: list[Address] = []
    if not name.strip() or len(name) > 120:
        problems.append(Problem("name", "1 to 120 characters, for example Anna", name))
    for scheme, written in ids.items():
        if not written:
            continue
        value = addresses_of.normal(scheme, written)
        if value:
            addresses.append(Address(scheme, value))
        else:
            problems.append(Problem(*addresses_of.expected(scheme), written))
    if known_zone(zone) is None:
        problems.append(Problem("zone", _ZONE, zone))
    if problems:
        raise errors.Invalid("nobody was added", problems=tuple(problems))
    return addresses


async def _tie(work: Work, staff_id: int, address: Address) -> None:
    tied = await work.insert(
        StaffIdentity,
        [{"id": ids.new(), "staff_id": staff_id, "scheme": address.scheme, "value": address.value}],
        conflict="ON CONFLICT (scheme, value) DO NOTHING",
        returning="id",
    )
    if not tied:
        raise errors.Conflict(
            "{address} belongs to another colleague; nobody was added", address=f"{address.scheme} {address.value}"
        )


async def _with_addresses(reader: Reader, people: Sequence[rows.Row]) -> list[Colleague]:
    if not people:
        return []
    staff_ids = [row["id"] for row in people]
    found = await reader.fetch(
        f"SELECT staff_id, scheme, value FROM staff_identities WHERE staff_id IN ({rows.marks(staff_ids)}) ORDER BY id",
        *staff_ids,
    )
    by_staff: dict[int, list[Address]] = {}
    for row in found:
        by_staff.setdefault(row["staff_id"], []).append(Address(row["scheme"], row["value"]))
    return [_colleague(row, tuple(by_staff.get(row["id"], ()))) for row in people]


def _colleague(row: rows.Row, addresses: tuple[Address, ...]) -> Colleague:
    is_active, ways = bool(row["active"]), tuple(row["ways"].split())
    role = Role(row["role"])
    return Colleague(
        StaffId(row["id"]),
        row["name"],
        role,
        row["zone"],
        is_active,
        addresses,
        row["language"],
        ways,
        row["quiet"],
        row["digest"],
    )
