"""Subscribers: contacts who want to hear of outages, brought up to a list of ours."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from channels.contract import Address
from crmcore import stations
from crmcore.models.people import Contact, Identity
from crmcore.models.stations import Subscriber, Subscription
from crmcore.stations import Tally
from kernel import ids, rows
from kernel.errors import Problem
from kernel.unit import Reader, Work

IMPORTED = "imported"  # how we know of an address: nobody has proved it
CHUNK = 25  # people a unit: with their addresses and stations about 200 rows
LOOKED_UP = 400  # addresses a query


class Wish(Struct, frozen=True):
    """What a list says of one person. `lines`: where it stands; "" and (): it says nothing of that."""

    lines: tuple[int, ...]
    addresses: tuple[Address, ...]
    name: str = ""
    company: str = ""
    language: str = ""
    zone: str = ""
    prefers: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    every: bool = False

    def joined(self, later: Wish) -> Wish:
        """Both lines as one person."""
        return Wish(
            (*self.lines, *later.lines),
            tuple(dict.fromkeys((*self.addresses, *later.addresses))),
            later.name or self.name,
            later.company or self.company,
            later.language or self.language,
            later.zone or self.zone,
            later.prefers or self.prefers,
            self.codes | later.codes,
            self.every or later.every,
        )


class Listed(Struct, frozen=True):
    """A subscriber as he is listed."""

    contact_id: int
    name: str
    company: str
    language: str
    stations: tuple[str, ...]
    every: bool
    addresses: tuple[Address, ...]


async def gathered(reader: Reader, wishes: Sequence[Wish]) -> tuple[list[Wish], list[Problem]]:
    """One wish a contact, and the lines whose addresses belong to several: a person has to merge those first."""
    owners = await _owners(reader, wishes)
    problems: list[Problem] = []
    found: list[Wish] = []
    place: dict[int, int] = {}
    for wish in wishes:
        own = {owners[address] for address in wish.addresses if address in owners}
        if len(own) > 1:
            expected = "addresses of one contact; these belong to several: merge those contacts or part the line"
            problems += [Problem(f"line {line}, addresses", expected) for line in wish.lines]
            continue
        contact_id = next(iter(own), None)
        if contact_id is not None and contact_id in place:
            found[place[contact_id]] = found[place[contact_id]].joined(wish)
            continue
        if contact_id is not None:
            place[contact_id] = len(found)
        found.append(wish)
    return found, problems


async def upsert(work: Work, wishes: Sequence[Wish]) -> Tally:
    """Bring contacts, addresses and subscriptions up to a list; the same again changes nothing.

    The stations of a line replace those the person had; an empty cell leaves what is there.
    """
    await work.change("UPDATE subscribers SET zone = zone WHERE id = 0")  # the unit begins with a write
    owners = await _owners(work, wishes)
    own = [next((owners[address] for address in wish.addresses if address in owners), None) for wish in wishes]
    contact_ids = await _contacts(work, wishes, own)
    changed = await _name(work, wishes, own)
    changed |= await _addresses(work, wishes, contact_ids, owners)
    new, settled = await _subscribers(work, wishes, contact_ids)
    changed |= settled | await _subscriptions(work, wishes, contact_ids)
    updated = changed - new
    return Tally(len(new), len(updated), len(wishes) - len(new) - len(updated))


async def listed(reader: Reader, *, after: int = 0, limit: int = 500) -> list[Listed]:
    """Subscribers a page at a time, in the order of their contacts."""
    found = await reader.fetch(
        "SELECT s.*, c.name, c.language FROM subscribers AS s JOIN contacts AS c ON c.id = s.contact_id"
        " WHERE s.contact_id > ? ORDER BY s.contact_id LIMIT ?",
        after,
        limit,
    )
    contact_ids = [row["contact_id"] for row in found]
    codes = await _codes(reader, contact_ids)
    reached: dict[int, list[Address]] = {}
    for row in await _identities(reader, contact_ids):
        reached.setdefault(row["contact_id"], []).append(Address(row["scheme"], row["value"]))
    return [
        Listed(
            row["contact_id"],
            row["name"],
            row["company"],
            row["language"],
            tuple(sorted(codes.get(row["contact_id"], ()))),
            bool(row["every_station"]),
            tuple(reached.get(row["contact_id"], ())),
        )
        for row in found
    ]


async def zone_of(reader: Reader, contact_id: int) -> ZoneInfo | None:
    """The zone he lives in, if a list of ours says so."""
    row = await reader.one("SELECT zone FROM subscribers WHERE contact_id = ? AND zone <> '' LIMIT 1", contact_id)
    return ZoneInfo(row["zone"]) if row else None


async def hand_over(work: Work, old: int, new: int) -> None:
    """What a contact wants to hear of, and what he has been told, is another's from now on; that one's wishes win."""
    await work.change(
        "UPDATE subscriptions SET contact_id = ? WHERE contact_id = ?"
        " AND station_id NOT IN (SELECT station_id FROM subscriptions WHERE contact_id = ?)",
        new,
        old,
        new,
    )
    await work.change("DELETE FROM subscriptions WHERE contact_id = ?", old)
    await work.change(
        "UPDATE subscribers SET contact_id = ? WHERE contact_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM subscribers AS own WHERE own.contact_id = ?)",
        new,
        old,
        new,
    )
    await work.change("DELETE FROM subscribers WHERE contact_id = ?", old)
    await work.change(
        "UPDATE notices SET contact_id = ? WHERE contact_id = ? AND NOT EXISTS (SELECT 1 FROM notices AS own"
        " WHERE own.contact_id = ? AND own.outage_id = notices.outage_id AND own.revision = notices.revision"
        " AND own.channel = notices.channel)",
        new,
        old,
        new,
    )


# -- steps -----------------------------------------------------------------------------------------------------------


async def _owners(reader: Reader, wishes: Sequence[Wish]) -> dict[Address, int]:
    wanted = list({address for wish in wishes for address in wish.addresses})
    owners: dict[Address, int] = {}
    for start in range(0, len(wanted), LOOKED_UP):
        some = wanted[start : start + LOOKED_UP]
        found = await reader.fetch(
            f"SELECT scheme, value, contact_id FROM identities WHERE (scheme, value) {rows.among(2, len(some))}",
            *(part for address in some for part in (address.scheme, address.value)),
        )
        owners |= {Address(row["scheme"], row["value"]): row["contact_id"] for row in found}
    return owners


async def _contacts(work: Work, wishes: Sequence[Wish], own: Sequence[int | None]) -> list[int]:
    contact_ids = [known or ids.new() for known in own]
    new = [
        {"id": contact_id, "name": _called(wish), "language": wish.language, "created_at": work.now}
        for wish, contact_id, known in zip(wishes, contact_ids, own, strict=True)
        if known is None
    ]
    await work.insert(Contact, new)
    return contact_ids


async def _name(work: Work, wishes: Sequence[Wish], own: Sequence[int | None]) -> set[int]:
    """Names and languages that the list knows better."""
    known = {contact_id: wish for wish, contact_id in zip(wishes, own, strict=True) if contact_id is not None}
    if not known:
        return set()
    found = await work.fetch(f"SELECT id, name, language FROM contacts WHERE id IN ({rows.marks(list(known))})", *known)
    fresh: list[rows.Row] = [
        {"id": row["id"], "name": wish.name or row["name"], "language": wish.language or row["language"]}
        for row in found
        for wish in [known[row["id"]]]
    ]
    news = [new for new, row in zip(fresh, found, strict=True) if new != row]
    await work.update(Contact, news)
    return {row["id"] for row in news}


async def _addresses(
    work: Work, wishes: Sequence[Wish], contact_ids: Sequence[int], owners: dict[Address, int]
) -> set[int]:
    new: list[rows.Row] = [
        {
            "id": ids.new(),
            "contact_id": contact_id,
            "scheme": address.scheme,
            "value": address.value,
            "verified": False,
            "proven": IMPORTED,
            "created_at": work.now,
        }
        for wish, contact_id in zip(wishes, contact_ids, strict=True)
        for address in wish.addresses
        if address not in owners
    ]
    await work.insert(Identity, new)
    return {row["contact_id"] for row in new}


async def _subscribers(work: Work, wishes: Sequence[Wish], contact_ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """Those who are new and those whose settings have changed."""
    found = await work.fetch(
        "SELECT id, contact_id, company, zone, prefers, every_station FROM subscribers"
        f" WHERE contact_id IN ({rows.marks(contact_ids)})",
        *contact_ids,
    )
    known = {row["contact_id"]: row | {"every_station": bool(row["every_station"])} for row in found}
    new, changed = [], []
    for wish, contact_id in zip(wishes, contact_ids, strict=True):
        row = known.get(contact_id)
        told = _settings(wish, row)
        if row is None:
            new.append({"id": ids.new(), "contact_id": contact_id, **told, "created_at": work.now})
        elif row | told != row:
            changed.append({"id": row["id"], **told})
    await work.insert(Subscriber, new)
    await work.update(Subscriber, changed)
    by_id = {row["id"]: row["contact_id"] for row in found}
    return {row["contact_id"] for row in new}, {by_id[row["id"]] for row in changed}


def _settings(wish: Wish, row: rows.Row | None) -> rows.Row:
    old = row or {"company": "", "zone": "", "prefers": ""}
    return {
        "company": wish.company or old["company"],
        "zone": wish.zone or old["zone"],
        "prefers": " ".join(wish.prefers) or old["prefers"],
        "every_station": wish.every,
    }


async def _subscriptions(work: Work, wishes: Sequence[Wish], contact_ids: Sequence[int]) -> set[int]:
    known = await stations.by_codes(work, sorted({code for wish in wishes for code in wish.codes}))
    has = await _codes(work, contact_ids)
    new: list[rows.Row] = []
    gone: list[tuple[int, int]] = []
    for wish, contact_id in zip(wishes, contact_ids, strict=True):
        own = has.get(contact_id, {})
        new += [
            {"id": ids.new(), "contact_id": contact_id, "station_id": known[code].id, "created_at": work.now}
            for code in sorted(wish.codes - own.keys())
        ]
        gone += [(contact_id, subscription_id) for code, subscription_id in own.items() if code not in wish.codes]
    await work.insert(Subscription, new)
    if gone:
        dropped = [subscription_id for _, subscription_id in gone]
        await work.change(f"DELETE FROM subscriptions WHERE id IN ({rows.marks(dropped)})", *dropped)
    return {row["contact_id"] for row in new} | {contact_id for contact_id, _ in gone}


async def _codes(reader: Reader, contact_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Contact → the codes he subscribes to, with the ids of those subscriptions."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        "SELECT x.id, x.contact_id, s.code FROM subscriptions AS x JOIN stations AS s ON s.id = x.station_id"
        f" WHERE x.contact_id IN ({rows.marks(contact_ids)})",
        *contact_ids,
    )
    codes: dict[int, dict[str, int]] = {}
    for row in found:
        codes.setdefault(row["contact_id"], {})[row["code"]] = row["id"]
    return codes


async def _identities(reader: Reader, contact_ids: Sequence[int]) -> list[rows.Row]:
    if not contact_ids:
        return []
    return await reader.fetch(
        f"SELECT contact_id, scheme, value FROM identities WHERE contact_id IN ({rows.marks(contact_ids)}) ORDER BY id",
        *contact_ids,
    )


def _called(wish: Wish) -> str:
    return (wish.name or wish.company or wish.addresses[0].value)[:200]
