"""Which tickets a message names: by the reply token it was sent to, by what it answers, by its references."""

from __future__ import annotations

from collections.abc import Sequence

from channels import messages
from channels.messages import Arrived, Known
from kernel import rows
from kernel.unit import Work
from tickets.tokens import Tokens

REFERENCES = 20  # the nearest of a long thread say as much as all
PAGE = 500


async def named(work: Work, arrived: Sequence[Arrived], tokens: Tokens) -> dict[int, tuple[int, ...]]:
    """Message id → ids of tickets, the surest first. Whose tickets they are is the caller's to check."""
    by_token = await _by_token(work, arrived, tokens)
    answered = await _answered(work, arrived)
    continued = await _continued(work, arrived)
    found: dict[int, tuple[int, ...]] = {}
    for one in arrived:
        ways = (by_token.get(one.id), answered.get(one.id), *continued.get(one.id, ()))
        meant = tuple(dict.fromkeys(ticket_id for ticket_id in ways if ticket_id is not None))
        if meant:
            found[one.id] = meant
    return found


async def _by_token(work: Work, arrived: Sequence[Arrived], tokens: Tokens) -> dict[int, int]:
    meant = {one.id: read for one in arrived if one.inbound.token and (read := tokens.read(one.inbound.token))}
    if not meant:
        return {}
    wanted = list({read.ticket_number for read in meant.values()})
    found = await work.fetch(f"SELECT id, number FROM tickets WHERE number IN ({rows.marks(wanted)})", *wanted)
    ids = {row["number"]: row["id"] for row in found}
    return {message_id: ids[read.ticket_number] for message_id, read in meant.items() if read.ticket_number in ids}


async def _answered(work: Work, arrived: Sequence[Arrived]) -> dict[int, int]:
    """A gesture of the channel: this message replies to that one, in the same chat."""
    keys = {
        one.id: (one.account, one.inbound.address.value, one.inbound.replies_to)
        for one in arrived
        if one.inbound.replies_to
    }
    found = await messages.find(work, list(keys.values()))
    return {one: ticket_id for one, key in keys.items() if (ticket_id := _ticket(found.get(key))) is not None}


async def _continued(work: Work, arrived: Sequence[Arrived]) -> dict[int, list[int]]:
    """References of mails, the nearest first."""
    wanted = {
        one.id: [(one.account, name) for name in reversed(one.inbound.references[-REFERENCES:])]
        for one in arrived
        if one.inbound.references
    }
    names = list(dict.fromkeys(name for own in wanted.values() for name in own))
    found: dict[tuple[str, str], Known] = {}
    for start in range(0, len(names), PAGE):
        found |= await messages.named(work, names[start : start + PAGE])
    tickets = {one: [_ticket(found.get(name)) for name in own] for one, own in wanted.items()}
    return {one: [ticket for ticket in own if ticket is not None] for one, own in tickets.items()}


def _ticket(known: Known | None) -> int | None:
    return known.ref.id if known and known.ref and known.ref.kind == "ticket" else None
