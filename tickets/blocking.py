"""Senders whose messages are kept and call nobody: blocked by a colleague, for a time or until let in again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels.contract import Address
from crmcore.access import Actor
from kernel import errors, ids, rows, sentences
from kernel.unit import Reader, Work
from tickets import changes, entries
from tickets.case_models import BlockedAddress
from tickets.events import Change, TicketChanged
from tickets.visible import TicketView

REASON_LIMIT = 300


async def look(reader: Reader, ticket: TicketView, *, reason: str = "") -> int:
    """How many open tickets are from the address that would be blocked; raises what blocking it would raise."""
    _must_be_short(reason)
    address = Address(ticket.scheme, ticket.address)
    if address in await blocked(reader, [address]):
        raise _is_blocked(ticket)
    row = await reader.one(
        "SELECT count(*) AS n FROM tickets WHERE contact_id = ? AND scheme = ? AND address = ?"
        " AND state NOT IN ('closed', 'solved')",
        ticket.contact_id,
        address.scheme,
        address.value,
    )
    return int(row["n"]) if row else 0


async def block(
    work: Work, actor: Actor, ticket: TicketView, *, until: datetime | None = None, reason: str = ""
) -> None:
    """Block the address that the ticket's customer wrote from last. Raises Conflict if it is blocked."""
    _must_be_short(reason)
    await work.change(
        "UPDATE blocked_addresses SET lifted_at = until_at WHERE scheme = ? AND value = ? AND lifted_at IS NULL"
        " AND until_at <= ?",
        ticket.scheme,
        ticket.address,
        work.now,
    )
    row = {
        "id": ids.new(),
        "scheme": ticket.scheme,
        "value": ticket.address,
        "until_at": until,
        "reason": reason,
        "by_id": actor.id,
        "created_at": work.now,
    }
    done = await work.insert(
        BlockedAddress,
        [row],
        conflict="ON CONFLICT (scheme, value) WHERE lifted_at IS NULL DO NOTHING",
        returning="id",
    )
    if not done:
        raise _is_blocked(ticket)
    text = "{name} blocked the sender: {reason}" if reason else "{name} blocked the sender"
    said = sentences.line(text, name=actor.name, reason=reason)
    await changes.note(work, actor, ticket.id, "ban", said, inverse={"blocked": row["id"]})
    await entries.happened(work, [ticket.id], said, by=actor)
    work.say(TicketChanged(ticket.id, Change.EDITED, actor.id, actor.name))


def _must_be_short(reason: str) -> None:
    if len(reason) > REASON_LIMIT:
        raise errors.Invalid("The reason has more than {most} characters. Nothing was done.", most=REASON_LIMIT)


def _is_blocked(ticket: TicketView) -> errors.Conflict:
    return errors.Conflict("{contact} is blocked already. Nothing was done.", code="blocked", contact=ticket.contact)


async def unblock(work: Work, actor: Actor, ticket: TicketView) -> bool:
    """Let the sender in again; False if he was not blocked."""
    gone = await work.one(
        "UPDATE blocked_addresses SET lifted_at = ? WHERE scheme = ? AND value = ? AND lifted_at IS NULL RETURNING id",
        work.now,
        ticket.scheme,
        ticket.address,
    )
    if gone:
        said = sentences.line("{name} let the sender in again", name=actor.name)
        await changes.note(work, actor, ticket.id, "unban", said, inverse={"lifted": gone["id"]})
        await entries.happened(work, [ticket.id], said, by=actor)
        work.say(TicketChanged(ticket.id, Change.EDITED, actor.id, actor.name))
    return bool(gone)


async def block_again(work: Work, block_id: int) -> None:
    """As if the sender had never been let in. Raises Conflict if he has been blocked anew since."""
    changed = await work.change(
        "UPDATE blocked_addresses SET lifted_at = NULL WHERE id = ?"
        " AND NOT EXISTS (SELECT 1 FROM blocked_addresses AS b WHERE b.scheme = blocked_addresses.scheme"
        " AND b.value = blocked_addresses.value AND b.lifted_at IS NULL)",
        block_id,
    )
    if not changed:
        raise errors.Conflict("The sender has been blocked anew since. Nothing was done.", code="changed")


async def blocked(reader: Reader, senders: Iterable[Address]) -> set[Address]:
    """Those of the senders who are blocked now."""
    wanted = list(set(senders))
    if not wanted:
        return set()
    found = await reader.fetch(
        "SELECT scheme, value FROM blocked_addresses WHERE lifted_at IS NULL AND (until_at IS NULL OR until_at > ?)"
        f" AND (scheme, value) {rows.among(2, len(wanted))}",
        reader.now,
        *(part for one in wanted for part in (one.scheme, one.value)),
    )
    return {Address(row["scheme"], row["value"]) for row in found}
