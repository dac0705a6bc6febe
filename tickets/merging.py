"""Two tickets of one customer made one, and one made two; what was moved is written down and can return."""

from __future__ import annotations

from collections.abc import Sequence

from crmcore import access
from crmcore.access import Actor
from kernel import errors, ids, rows, sentences
from kernel.unit import Reader, Work
from tickets import changes, clocks, entries, moving, numbers, owing, rewinding, visible
from tickets.case_models import TicketTie
from tickets.events import Change, TicketChanged, TicketOpened
from tickets.models import ClockKind, Ticket
from tickets.owing import Debt
from tickets.sla import ClockState
from tickets.visible import TicketView

SUBJECT_LIMIT = 300


async def look(reader: Reader, actor: Actor, source: TicketView, target: TicketView) -> int:
    """How many messages and notes a merge would move; raises what it would raise."""
    _must_fit(actor, source, target, await moving.merged(reader, [source.contact_id, target.contact_id]))
    return len(await moving.movable(reader, source.id))


async def merge(work: Work, actor: Actor, source: TicketView, target: TicketView) -> None:
    """The source's words stand on the target from now on; it is closed, and what comes late goes where they are.

    Raises Forbidden if the source is another's, Conflict for two customers, a merged or closed one, or a circle.
    """
    source, target = await _lock(work, source, target)
    chain = await moving.merged(work, [source.contact_id, target.contact_id])
    _must_fit(actor, source, target, chain)
    moved = await moving.movable(work, source.id)
    await moving.move(work, moved, source.id, target.id)
    owed = await owing.debt(work, source.id, source.state, source.own_state)
    inverse = changes.column(
        state=(source.state, "closed"), own_state=(source.own_state, None), snoozed_until=(source.snoozed_until, None)
    )
    inverse |= {
        "merged_into": target.id,
        "entries": moved,
        "closed_at": source.closed_at.isoformat() if source.closed_at else None,
        "clocks": await rewinding.kept(work, source.id),
    }
    await work.change(
        "UPDATE tickets SET state = 'closed', own_state = NULL, closed_at = COALESCE(closed_at, ?), merged_into_id = ?,"
        " snoozed_until = NULL, version = version + 1, updated_at = ? WHERE id = ?",
        work.now,
        target.id,
        work.now,
        source.id,
    )
    await clocks.end(work, source.id, ClockKind.FIRST_RESPONSE, ClockState.CANCELLED)
    inverse |= await _hand_on(work, target, owed)
    said = sentences.line("{name} merged {ticket} into {other}", name=actor.name, ticket=source.name, other=target.name)
    await changes.note(work, actor, source.id, "merge", said, inverse=inverse, other_id=target.id)
    await entries.happened(work, [source.id, target.id], said, by=actor)
    work.say(TicketChanged(source.id, Change.CLOSED, actor.id, actor.name, said=said))
    is_back = target.is_done and "other_sets" in inverse
    work.say(TicketChanged(target.id, Change.UNANSWERED if is_back else Change.EDITED, actor.id, actor.name))


def _must_fit(actor: Actor, source: TicketView, target: TicketView, chain: dict[int, int]) -> None:
    """Raises what is in the way. Pure."""
    if source.id == target.id:
        raise errors.Conflict(
            "{ticket} is {other} itself. Nothing was done.", code="same", ticket=source.name, other=target.name
        )
    if source.contact_id != target.contact_id:
        raise errors.Conflict(
            "Different customers ({contact}, {other}): tickets of one customer only are merged."
            " Nothing was done. /relate ties them together.",
            code="customers",
            contact=source.contact,
            other=target.contact,
        )
    if not access.may_assign(actor, source.assignee_id):
        raise errors.Forbidden(
            "{name} has {ticket}; only a lead can merge it. Nothing was done.",
            name=source.assignee,
            ticket=source.name,
        )
    for one in (source, target):
        if one.id in chain:
            raise errors.Conflict(
                "{ticket} was merged into another already. Nothing was done.", code="merged", ticket=one.name
            )
    if moving.last(target.id, chain) == source.id:
        raise errors.Conflict(
            "{ticket} was merged into {other}. Nothing was done.",
            code="circle",
            ticket=target.name,
            other=source.name,
        )
    if target.is_closed and not source.is_closed:
        raise errors.Conflict(
            "{ticket} is closed. Nothing was done. /reopen {ticket} opens it again.", code="closed", ticket=target.name
        )


async def _hand_on(work: Work, target: TicketView, owed: Debt | None) -> changes.Inverse:
    """Where the source waited for us, the target does now, by the earlier of what the two were promised."""
    if owed is None:
        await _touch(work, target.id)
        return {}
    inverse: dict[str, object] = {"other_clocks": await rewinding.kept(work, target.id)}
    change = await owing.take_over(work, target.id, target.state, owed)
    if change is None:
        await _touch(work, target.id)
        return inverse
    sets = changes.column(
        state=(target.state, owed.state), own_state=(target.own_state, owed.own_state),
        answered_at=(target.answered_at, None),
    )  # fmt: skip
    return inverse | {"other_sets": sets["sets"]}


async def split(work: Work, actor: Actor, ticket: TicketView, entry_ids: Sequence[int], *, subject: str = "") -> int:
    """Take these entries out into a ticket of their own; returns its number.

    Raises Invalid where no message of the customer is among them or none would be left, Conflict if it is merged.
    """
    [ticket] = await _lock(work, ticket)
    if ticket.is_merged:
        raise errors.Conflict("{ticket} was merged into another. Nothing was done.", code="merged", ticket=ticket.name)
    found = await work.fetch(
        "SELECT e.id, e.message_id, m.direction, m.text FROM entries AS e"
        " LEFT JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.ticket_id = ? AND e.kind <> 'event' ORDER BY e.id",
        ticket.id,
    )
    wanted = set(entry_ids)
    chosen = [row for row in found if row["id"] in wanted]
    heard = [row for row in chosen if row["direction"] == "in"]
    left = [row for row in found if row["id"] not in wanted and row["direction"] == "in"]
    if len(chosen) != len(wanted) or not heard or not left:
        raise errors.Invalid(
            "Which messages? Some of the customer's, and at least one has to stay on {ticket}. Nothing was done.",
            ticket=ticket.name,
        )
    words = " ".join((subject or heard[0]["text"] or ticket.subject).split())[:SUBJECT_LIMIT] or ticket.subject
    new_id = await _copied(work, ticket, words)
    moved = [row["id"] for row in chosen]
    await moving.move(work, moved, ticket.id, new_id)
    await _touch(work, ticket.id)
    number = await _number(work, new_id)
    said = sentences.line(
        "{name} took {other} out of {ticket}", name=actor.name, other=numbers.written(number), ticket=ticket.name
    )
    await tie(work, ticket.id, new_id, "split")
    inverse = {"split": new_id, "was": ticket.state}
    await changes.note(work, actor, ticket.id, "split", said, inverse=inverse, other_id=new_id)
    await entries.happened(work, [ticket.id, new_id], said, by=actor)
    work.say(TicketOpened(new_id, heard[-1]["message_id"], by_staff=True))
    work.say(TicketChanged(new_id, Change.SPLIT, actor.id, actor.name))
    work.say(TicketChanged(ticket.id, Change.EDITED, actor.id, actor.name))
    return number


async def tie(work: Work, ticket_id: int, other_id: int, kind: str) -> bool:
    """Tie two tickets together; False if they were."""
    row = {"id": ids.new(), "ticket_id": ticket_id, "other_id": other_id, "kind": kind, "created_at": work.now}
    done = await work.insert(
        TicketTie, [row], conflict="ON CONFLICT (ticket_id, other_id, kind) DO NOTHING", returning="id"
    )
    return bool(done)


async def _copied(work: Work, ticket: TicketView, subject: str) -> int:
    """A new open ticket of the same customer, in the same hands."""
    [number] = await numbers.take(work, 1)
    row: rows.Row = {
        "id": ids.new(),
        "number": number,
        "subject": subject,
        "state": "open",
        "kind": ticket.kind,
        "queue": ticket.queue,
        "priority": ticket.priority,
        "tags": list(ticket.tags) or None,
        "assignee_id": ticket.assignee_id,
        "contact_id": ticket.contact_id,
        "channel": ticket.channel,
        "account": ticket.account,
        "address": ticket.address,
        "scheme": ticket.scheme,
        "previous_id": ticket.id,
        "version": 1,
        "created_at": work.now,
        "updated_at": work.now,
        "source": ticket.source,
    }
    await work.insert(Ticket, [row])
    return int(row["id"])


async def _number(work: Work, ticket_id: int) -> int:
    row = await work.one("SELECT number FROM tickets WHERE id = ?", ticket_id)
    return int(row["number"]) if row else 0


async def _lock(work: Work, *tickets: TicketView) -> list[TicketView]:
    """The tickets as they are now; nobody merges, splits or closes them until the unit ends."""
    # in one order, whatever is merged into what: of two merges at once each would wait for the other
    for ticket_id in sorted(one.id for one in tickets):
        await work.change("UPDATE tickets SET version = version WHERE id = ?", ticket_id)
    found = await visible.by_ids(work, [one.id for one in tickets])
    return [found.get(one.id, one) for one in tickets]


async def _touch(work: Work, ticket_id: int) -> None:
    await work.change("UPDATE tickets SET version = version + 1, updated_at = ? WHERE id = ?", work.now, ticket_id)
