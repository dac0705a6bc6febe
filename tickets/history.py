"""Tickets of another help desk as silent history: closed, under their true dates, and nobody is told of them.

No event is said and no message, clock or alert is written: so there is nothing that could be answered or sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmcore import figures, timeline
from crmcore.access import INBOX
from kernel import ids, rows
from kernel.unit import Work
from tickets import foreign, numbers, past
from tickets.foreign import CONTACT, ENTRY, TICKET, Known, New
from tickets.models import AuthorKind, Entry, EntryKind, State, Ticket
from tickets.past import PastEntry, PastTicket, Person, Record, Tally

KIND = "history"  # of such tickets: no message ever joins one
UNIT = 200  # rows a unit
SUBJECT_LIMIT = 300
LINE_LIMIT = 300  # characters of an entry that the contact's history shows
People = Mapping[Person, int]  # → contact


async def bring(work: Work, system: str, records: Sequence[Record]) -> Tally:
    """Write what is not here yet. A record that is here and says the same is unchanged; new entries are added.

    Raises Conflict if another import brings the same in at this moment.
    """
    everybody = _everybody(records)
    keys = {(TICKET, one.key) for one in records if isinstance(one, PastTicket)}
    keys |= {(CONTACT, one.key) for one in everybody if one.key}
    before = await foreign.known(work, system, sorted(keys))
    fresh, more, tally = _sorted(records, before)
    people = await _people(work, system, [*fresh, *more], before)
    tickets = [one for one in fresh if isinstance(one, PastTicket)]
    at = await _open(work, system, tickets, people)
    at |= {one.key: before[TICKET, one.key].ticket_id or 0 for one in more}
    await _enter(work, system, [*tickets, *more], at, people)
    await foreign.renew(work, [(before[TICKET, one.key].id, past.digest(one)) for one in more])
    return tally


def _sorted(
    records: Sequence[Record], before: Mapping[tuple[str, str], Known]
) -> tuple[list[Record], list[PastTicket], Tally]:
    """What is new, what says more than before, and the count of all three. A key twice in one unit counts once."""
    fresh: dict[tuple[str, str], Record] = {}
    more: dict[str, PastTicket] = {}
    unchanged = 0
    for one in records:
        kind = TICKET if isinstance(one, PastTicket) else CONTACT
        known = before.get((kind, one.key))
        if known is None and (kind, one.key) not in fresh:
            fresh[kind, one.key] = one
        elif known is not None and isinstance(one, PastTicket) and known.digest != past.digest(one):
            more[one.key] = one
        else:
            unchanged += 1
    return list(fresh.values()), list(more.values()), Tally(len(fresh), len(more), unchanged)


# -- people ----------------------------------------------------------------------------------------------------------


def _everybody(records: Sequence[Record]) -> list[Person]:
    found: list[Person] = []
    for one in records:
        if isinstance(one, Person):
            found.append(one)
        else:
            found += [one.person, *(entry.who for entry in one.entries if entry.who is not None)]
    return list(dict.fromkeys(found))


async def _people(
    work: Work, system: str, records: Sequence[Record], before: Mapping[tuple[str, str], Known]
) -> People:
    """The contact of everybody in the records: known by his name there, else by his addresses, else made."""
    found: dict[Person, int] = {}
    unknown: dict[str, list[Person]] = {}  # by name there; those without one are one each
    for one in _everybody(records):
        known = before.get((CONTACT, one.key)) if one.key else None
        if known is not None and known.contact_id is not None:
            found[one] = known.contact_id
        else:
            unknown.setdefault(one.key or f"\n{len(unknown)}", []).append(one)
    made = await figures.settle(work, [same[0].figure for same in unknown.values()])
    for same, contact_id in zip(unknown.values(), made, strict=True):
        found |= dict.fromkeys(same, contact_id)
    first = [same[0] for same in unknown.values() if same[0].key]
    await foreign.write(work, system, [New(CONTACT, one.key, past.digest(one), contact_id=found[one]) for one in first])
    return found


# -- tickets and entries ---------------------------------------------------------------------------------------------


async def _open(work: Work, system: str, tickets: Sequence[PastTicket], people: People) -> dict[str, int]:
    """Write new tickets; their ids by their names there."""
    written = [_ticket(one, system, people) for one in tickets]
    for row, number in zip(written, await numbers.take(work, len(written)), strict=True):
        row["number"] = number
    await work.insert(Ticket, written)
    at = {one.key: int(row["id"]) for one, row in zip(tickets, written, strict=True)}
    records = [
        New(TICKET, one.key, past.digest(one), one.number, "", at[one.key], people[one.person], one.source)
        for one in tickets
    ]
    await foreign.write(work, system, records)
    return at


async def _enter(work: Work, system: str, tickets: Sequence[PastTicket], at: Mapping[str, int], people: People) -> None:
    """The entries that are not here yet; each message with its line in the contact's history."""
    named = {past.name_of(ticket, one): (ticket, one) for ticket in tickets for one in ticket.entries}
    known = await foreign.known(work, system, [(ENTRY, name) for name in named])
    fresh = {name: pair for name, pair in named.items() if (ENTRY, name) not in known}
    await work.insert(Entry, [_entry(one, at[ticket.key]) for ticket, one in fresh.values()])
    lines = [_line(one, at[ticket.key], people[ticket.person]) for ticket, one in fresh.values()]
    await timeline.add(work, [line for line in lines if line.kind == EntryKind.MESSAGE])
    records = [
        New(
            ENTRY,
            name,
            ticket_id=at[ticket.key],
            contact_id=people[one.who] if one.who else None,
            message_name=one.message_name,
            source=one.source,
        )
        for name, (ticket, one) in fresh.items()
    ]
    await foreign.write(work, system, records)


def _ticket(one: PastTicket, system: str, people: People) -> rows.Row:
    addresses = one.person.figure.addresses
    return {
        "id": ids.new(),
        "number": 0,
        "subject": (_plain(one.subject).strip() or "(no subject)")[:SUBJECT_LIMIT],
        "state": State.CLOSED.value,
        "kind": KIND,
        "queue": INBOX,
        "priority": 3,
        "contact_id": people[one.person],
        "channel": system,
        "account": f"{KIND}:{system}",
        "scheme": addresses[0].scheme if addresses else "",
        "address": addresses[0].value if addresses else "",
        "version": 0,
        "created_at": one.created_at,
        "updated_at": one.closed_at,
        "closed_at": one.closed_at,
    }


def _entry(one: PastEntry, ticket_id: int) -> rows.Row:
    author_kind = AuthorKind.CUSTOMER if one.who else AuthorKind.STAFF if one.by_staff else AuthorKind.SYSTEM
    return {
        "id": ids.new(),
        "ticket_id": ticket_id,
        "at": one.at,
        "kind": one.kind.value,
        "author_kind": author_kind.value,
        "author": _plain(one.author)[:200],
        "text": _plain(one.text),
    }


def _line(one: PastEntry, ticket_id: int, contact_id: int) -> timeline.Line:
    text = _plain(one.text)
    shown = text if len(text) <= LINE_LIMIT else text[: LINE_LIMIT - 1].rstrip() + "…"
    return timeline.Line(contact_id, one.kind.value, ref_kind=TICKET, ref_id=ticket_id, text=shown, at=one.at)


def _plain(text: str) -> str:
    """Without what PostgreSQL takes in no text."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
