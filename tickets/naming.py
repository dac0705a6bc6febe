"""Which tickets a message names: by the reply token it was sent to, by what it answers, by its references."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from channels import messages
from channels.messages import Arrived, Known
from kernel import rows
from kernel.unit import Work
from tickets.belonging import Clue
from tickets.tokens import Tokens

REFERENCES = 20  # the nearest of a long thread say as much as all
PAGE = 500


async def named(work: Work, arrived: Sequence[Arrived], tokens: Tokens) -> dict[int, dict[int, Clue]]:
    """Message id → tickets by id, each with its best clue, in the order of what names them: the token, what is
    answered, the nearest reference. Whose tickets they are is the caller's to check.
    """
    by_token = await _by_token(work, arrived, tokens)
    answered = await _answered(work, arrived)
    continued = await _continued(work, arrived)
    found: dict[int, dict[int, Clue]] = {}
    for one in arrived:
        sure = [ways[one.id] for ways in (by_token, answered) if one.id in ways]
        clues = [*((ticket_id, Clue.KEY) for ticket_id in sure), *continued.get(one.id, ())]
        if clues:
            found[one.id] = best(clues)
    return found


def best(clues: Iterable[tuple[int, Clue]]) -> dict[int, Clue]:
    """Each ticket once, where it was named first, with the surest clue to it. Pure."""
    found: dict[int, Clue] = {}
    for ticket_id, clue in clues:
        if found.get(ticket_id) is not Clue.KEY:
            found[ticket_id] = clue
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


async def _continued(work: Work, arrived: Sequence[Arrived]) -> dict[int, list[tuple[int, Clue]]]:
    """References of mails, the nearest first: to what we sent, or to what came in."""
    wanted = {
        one.id: [(one.account, name) for name in reversed(one.inbound.references[-REFERENCES:])]
        for one in arrived
        if one.inbound.references
    }
    names = list(dict.fromkeys(name for own in wanted.values() for name in own))
    found: dict[tuple[str, str], Known] = {}
    for start in range(0, len(names), PAGE):
        found |= await messages.named(work, names[start : start + PAGE])
    return {one: [clue for name in own if (clue := _clue(found.get(name)))] for one, own in wanted.items()}


def _clue(known: Known | None) -> tuple[int, Clue] | None:
    ticket_id = _ticket(known)
    if known is None or ticket_id is None:
        return None
    return ticket_id, Clue.KEY if known.is_ours else Clue.EARLIER


def _ticket(known: Known | None) -> int | None:
    return known.ref.id if known and known.ref and known.ref.kind == "ticket" else None
