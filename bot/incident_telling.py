"""Who of an incident is told, by which way, and who is left out; a few people at a time, each once a revision.

A message and its line in the ledger are written together; the ledger's unique key is the last word on "once".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from bot import allowance, customer, incident_texts
from bot.house import House
from bot.incident_texts import Said
from channels import optouts, outbox
from channels.contract import Address
from channels.lines import Line
from channels.outbox import BULK, Draft, Ref
from crmcore import timeline
from kernel import ids, rows, sentences
from kernel.rows import Row
from kernel.unit import Reader, Work
from routing.incident_book import Incident, Revision
from routing.incident_models import IncidentNotice
from tickets import blocking, entries, visible
from tickets.envelopes import envelope
from tickets.visible import TicketView

BATCH = 50  # people a unit: a message, a line of the ledger, one of history and one of the ticket each
FIRST = "acknowledgement"  # nobody wrote it: within the limits of such texts, and of those who want none
NEWS = "notice"  # a colleague's words to many
STALE = {FIRST: timedelta(hours=1), NEWS: timedelta(hours=24)}


class Way(Struct, frozen=True):
    """How one is told of his ticket; `reason`: why he is not. `line` None: he is not."""

    ticket: TicketView
    line: Line | None
    reason: str = ""


class Count(Struct):
    """What a preview says: how many are told by which channel and in which language, and why others are not."""

    told: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, ways: Sequence[Way]) -> None:
        for way in ways:
            if way.line is None:
                self.left_out[way.reason] += 1
                continue
            self.told += 1
            self.channels[way.line.capabilities.label] += 1
            self.languages[way.ticket.language or "en"] += 1


async def pending(
    reader: Reader, incident: Incident, revision: int, *, until: datetime | None = None, limit: int = BATCH
) -> list[TicketView]:
    """Tickets whose people have not had this revision, one a contact: his newest. What is done is passed over.

    `until`: who joined later is not meant.
    """
    found = await reader.fetch(
        "SELECT max(t.id) AS id FROM incident_tickets AS i JOIN tickets AS t ON t.id = i.ticket_id"
        " WHERE i.incident_id = ? AND i.state IN ('joined', 'proposed') AND i.joined_at <= ?"
        " AND t.state NOT IN ('closed', 'solved')"
        " AND NOT EXISTS (SELECT 1 FROM incident_notices AS n WHERE n.incident_id = i.incident_id AND n.revision = ?"
        " AND n.contact_id = t.contact_id) GROUP BY t.contact_id ORDER BY min(i.id) LIMIT ?",
        incident.id,
        until or reader.now,
        revision,
        limit,
    )
    known = await visible.by_ids(reader, [row["id"] for row in found])
    return [known[row["id"]] for row in found]


async def ways(reader: Reader, house: House, tickets: Sequence[TicketView], purpose: str) -> list[Way]:
    """How each is told: where he wrote. Nobody twice, nobody who wants none, no machine."""
    lines = {one.id: house.lines.to(one.scheme, account=one.account) for one in tickets}
    chats = {(line.account, one.address) for one in tickets if (line := lines[one.id])}
    said = await allowance.said_lately(reader, chats) if chats and purpose == FIRST else {}
    machines = await _machines(reader, [one.id for one in tickets]) if purpose == FIRST else set()
    refused = await _refused(reader, tickets, purpose)
    found = []
    for one in tickets:
        line = lines[one.id]
        reason = refused.get(Address(one.scheme, one.address), "")
        if line is None:
            reason = "no channel of ours reaches the customer's address"
        elif house.quiet.is_on:
            reason = "quiet mode"
        elif not reason and one.id in machines:
            reason = "the message is a machine's or too old"
        elif not reason and purpose == FIRST:
            key = (line.account, one.address)
            is_his = line.account == one.account  # a colleague has written it, and each hears it once
            if said.get(key, 0) >= (allowance.KNOWN_AN_HOUR if is_his else allowance.UNKNOWN_AN_HOUR):
                reason = "the address has had its automatic texts of this hour"
            said[key] = said.get(key, 0) + 1
        found.append(Way(one, None if reason else line, reason))
    return found


async def count(reader: Reader, house: House, incident: Incident, revision: int, purpose: str) -> Count:
    """Everybody whom this revision would tell now."""
    counted = Count()
    counted.add(await ways(reader, house, await pending(reader, incident, revision, limit=2_000), purpose))
    return counted


async def tell(
    work: Work, house: House, incident: Incident, number: int, said: Said, found: Sequence[Way]
) -> tuple[int, int]:
    """Ledger and messages of these, in the caller's unit; returns how many were told and left out. None twice."""
    purpose = NEWS if said.change else FIRST
    lines = [_line(incident, number, way, work.now) for way in found]
    won = await work.insert(
        IncidentNotice,
        lines,
        conflict="ON CONFLICT (incident_id, revision, contact_id) DO NOTHING",
        returning="id, contact_id",
    )
    fresh = {row["contact_id"]: row["id"] for row in won}
    told = [way for way in found if way.ticket.contact_id in fresh and way.line is not None]
    drafts = [await _draft(work, house, way, said, purpose) for way in told]
    await outbox.enqueue(work, drafts)
    pairs = list(zip(told, drafts, strict=True))
    marked = [{"id": fresh[way.ticket.contact_id], "message_id": draft.id} for way, draft in pairs]
    await work.update(IncidentNotice, marked)
    history = [
        timeline.Line(way.ticket.contact_id, "notice", draft.channel, draft.id, "ticket", way.ticket.id)
        for way, draft in pairs
    ]
    await timeline.add(work, history)
    name = f"{incident.name}/{number}" if number else incident.name
    text = "{incident} told to the customer: {words}" if said.words else "{incident} told to the customer"
    line = sentences.line(text, incident=name, words=said.words)
    await entries.happened(work, [way.ticket.id for way in told], line)
    return len(told), len(fresh) - len(told)


async def counted(work: Work, revision: Revision, told: int, left_out: int) -> None:
    await work.change(
        "UPDATE incident_revisions SET told = told + ?, left_out = left_out + ? WHERE id = ?",
        told,
        left_out,
        revision.id,
    )


async def _draft(work: Work, house: House, way: Way, said: Said, purpose: str) -> Draft:
    ticket, line = way.ticket, way.line
    assert line is not None
    around = await envelope(work, ticket, line, house.desk.tokens)
    zone = house.desk.queue(ticket.queue).calendar.zone
    return Draft(
        line.channel,
        line.account,
        Address(ticket.scheme, ticket.address),
        purpose,
        incident_texts.text(said, ticket.language, ticket.name, zone, work.now),
        ref=Ref("ticket", ticket.id),
        subject=around.subject,
        token=around.token,
        references=around.references,
        priority=BULK,
        stale_after=STALE[purpose],
    )


def _line(incident: Incident, number: int, way: Way, now: datetime) -> Row:
    ticket, line = way.ticket, way.line
    return {
        "id": ids.new(),
        "incident_id": incident.id,
        "revision": number,
        "contact_id": ticket.contact_id,
        "ticket_id": ticket.id,
        "channel": line.channel if line else "",
        "scheme": ticket.scheme if line else "",
        "address": ticket.address if line else "",
        "language": ticket.language or "en",
        "state": "queued" if line else "left_out",
        "reason": way.reason[:120],
        "created_at": now,
    }


async def _refused(reader: Reader, tickets: Sequence[TicketView], purpose: str) -> Mapping[Address, str]:
    """Addresses that are not written to, and why."""
    wanted = list({Address(one.scheme, one.address) for one in tickets})
    reasons = dict.fromkeys(await blocking.blocked(reader, wanted), "the sender is blocked")
    for scheme in {one.scheme for one in wanted}:
        own = [one.value for one in wanted if one.scheme == scheme]
        barred = await optouts.barred(reader, scheme, [(value, purpose) for value in own])
        reasons |= {Address(scheme, value): "opted out" for value, _ in barred}
        away = await reader.fetch(
            "SELECT value FROM identities WHERE unreachable_since IS NOT NULL AND scheme = ?"
            f" AND value IN ({rows.marks(own)})",
            scheme,
            *own,
        )
        reasons |= {Address(scheme, row["value"]): "the address refuses us" for row in away}
    return reasons


async def _machines(reader: Reader, ticket_ids: Sequence[int]) -> set[int]:
    """Tickets whose newest message of the customer is a machine's, or too old for a text that nobody wrote."""
    if not ticket_ids:
        return set()
    found = await reader.fetch(
        "SELECT e.ticket_id FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " JOIN raw_messages AS r ON r.id = m.id"
        f" WHERE e.ticket_id IN ({rows.marks(ticket_ids)}) AND e.author_kind = 'customer'"
        " AND NOT m.automatic AND r.received_at > ?",
        *ticket_ids,
        datetime.now(UTC) - customer.OLD,
    )
    return set(ticket_ids) - {row["ticket_id"] for row in found}
