"""What colleagues change about a ticket beside its conversation: state, priority, tags, queue, kind, ties, watchers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels import outbox
from crmcore import access
from crmcore.access import Actor
from kernel import errors, folding, ids, sentences
from kernel.unit import Reader, Work
from tickets import changes, clocks, closing, entries, merging, rewinding, states
from tickets import tags as all_tags
from tickets.case_models import TicketWatcher
from tickets.closing import FREE, Terms
from tickets.events import Change, TicketChanged
from tickets.kinds import Kind
from tickets.models import ClockKind, Ticket
from tickets.sla import ClockState
from tickets.states import Category, Word
from tickets.visible import TicketView

LOWEST = 4
TOLD = "watch"  # the purpose of what those who watch are sent
_MOVED = "{name} moved the ticket: {before} → {now}"


async def set_state(
    work: Work, actor: Actor, ticket: TicketView, word: Word, *, reason: str = "", terms: Terms = FREE
) -> bool:
    """Another state; False if it is that already. Closing and opening a closed one are verbs of their own.

    What is solved has come to its end as what is closed has: on the same `terms`, with a reason and a time.
    Raises Conflict if it is closed, or `word` closes; Invalid if it is solved and the terms are not met.
    """
    if ticket.is_closed or word.category is Category.CLOSED:
        verb = "reopen" if ticket.is_closed else "close"
        raise errors.Conflict(
            "That is done by /{verb} {ticket}. Nothing was done.", code="closed", verb=verb, ticket=ticket.name
        )
    own = None if word.is_shipped else word.name
    if (ticket.state, ticket.own_state) == (word.stored, own):
        return False
    change = _turn(ticket, word)
    ended_at, code = await _end(work, ticket, word, terms, reason)
    inverse = changes.column(
        state=(ticket.state, str(word.stored)), own_state=(ticket.own_state, own),
        closed_at=(ticket.closed_at, ended_at), close_reason=(ticket.close_reason, code),
        answered_at=(ticket.answered_at, None if change is Change.REOPENED else ticket.answered_at),
        snoozed_until=(ticket.snoozed_until, None if change is Change.CLOSED else ticket.snoozed_until),
    )  # fmt: skip
    shown = word.said
    is_told = reason and change is Change.CLOSED
    text = "{name} set the state: {state}: {reason}" if is_told else "{name} set the state: {state}"
    said = sentences.line(text, name=actor.name, state=shown, reason=reason)
    await _set(work, actor, ticket, "state", said, inverse, change=change)
    if change is Change.CLOSED:
        # the ticket first, as every act has it: an answer at the same moment waits, and neither for the other
        await clocks.end(work, ticket.id, ClockKind.FIRST_RESPONSE, ClockState.CANCELLED)
    elif ticket.is_done and word.category is Category.WAITING_CUSTOMER:  # its end is still to come
        await clocks.resume(work, ticket.id, ClockKind.RESOLUTION)
    return True


async def _end(
    reader: Reader, ticket: TicketView, word: Word, terms: Terms, reason: str
) -> tuple[datetime | None, str | None]:
    """When the ticket came to its end, if `word` is one, and why. Raises Invalid if the terms are not met."""
    if word.category is not Category.SOLVED:
        return None, ticket.close_reason
    if ticket.is_done:
        return ticket.closed_at, ticket.close_reason
    typed = f"/state {ticket.name} {word.name}"
    return reader.now, await closing.meet(reader, ticket, terms, reason, typed=typed)


def _turn(ticket: TicketView, word: Word) -> Change:
    """A solved ticket begins again where the next word is ours; one that waits for the customer goes on. Pure."""
    if word.category is Category.SOLVED:
        return Change.EDITED if ticket.is_done else Change.CLOSED
    is_ours = word.category in (Category.OPEN, Category.WAITING_US)
    return Change.REOPENED if ticket.is_done and is_ours else Change.EDITED


async def set_priority(work: Work, actor: Actor, ticket: TicketView, priority: int) -> bool:
    """1 is the highest, 4 the lowest. Raises Invalid, Conflict if it is closed."""
    _must_be_open(ticket)
    if not 1 <= priority <= LOWEST:
        raise errors.Invalid(
            "A priority is 1 (highest) to {most}: /prio {ticket} 2. Nothing was done.",
            most=LOWEST,
            ticket=ticket.name,
        )
    if priority == ticket.priority:
        return False
    inverse = changes.column(priority=(ticket.priority, priority))
    said = sentences.line(
        "{name} set the priority: {before} → {now}", name=actor.name, before=f"P{ticket.priority}", now=f"P{priority}"
    )
    await _set(work, actor, ticket, "prio", said, inverse)
    return True


async def set_tags(work: Work, actor: Actor, ticket: TicketView, tags: Sequence[str]) -> bool:
    """These tags and no others, each once. Raises Invalid for a new one that is too long or says nothing, or too many.

    What a rule or an earlier version has put there may stay, whatever it is.
    """
    given, had = all_tags.once(tags), all_tags.once(ticket.tags)
    if given.keys() == had.keys():
        return False
    new = [tag for folded, tag in given.items() if folded not in had]
    if new and (len(given) > all_tags.MOST or any(len(tag) > all_tags.LIMIT for tag in new)):
        raise errors.Invalid(
            "At most {most} tags of {limit} characters each. Nothing was done.",
            most=all_tags.MOST,
            limit=all_tags.LIMIT,
        )
    if wrong := [tag for tag in new if not all_tags.is_fit(tag)]:
        raise errors.Invalid("{tag} is no tag: it needs a letter or a digit. Nothing was done.", tag=wrong[0])
    own = {folding.fold(tag): tag for tag in reversed(ticket.tags)}
    wanted = [own.get(folded, tag) for folded, tag in given.items()]
    gone = [f"-{tag}" for tag in ticket.tags if tag not in wanted]
    come = [f"+{tag}" for tag in wanted if tag not in ticket.tags]
    inverse = changes.column(tags=(list(ticket.tags), wanted))
    said = sentences.line("{name} changed the tags: {tags}", name=actor.name, tags=" ".join(come + gone))
    await _set(work, actor, ticket, "tag", said, inverse)
    return True


async def move(work: Work, actor: Actor, ticket: TicketView, queue: str, *, keep: bool = False) -> bool:
    """Hand over to another queue, where nobody has it yet. `keep`: those of the old queue still see it.

    Raises Forbidden if it is another's, Conflict if it is closed.
    """
    _must_be_open(ticket)
    if not access.may_assign(actor, ticket.assignee_id):
        raise errors.Forbidden(
            "{name} has {ticket}; only a lead can move it. Nothing was done.",
            name=ticket.assignee,
            ticket=ticket.name,
        )
    if queue == ticket.queue:
        return False
    inverse = changes.column(queue=(ticket.queue, queue), assignee_id=(ticket.assignee_id, None))
    if keep and await _watch(work, ticket.id, queue=ticket.queue):
        inverse["watcher"] = {"staff_id": 0, "queue": ticket.queue}
    text = "{name} moved the ticket: {before} → {now}; {before} keeps watching" if keep else _MOVED
    said = sentences.line(text, name=actor.name, before=ticket.queue, now=queue)
    await _set(work, actor, ticket, "move", said, inverse)
    return True


async def set_kind(work: Work, actor: Actor, ticket: TicketView, kind: Kind) -> bool:
    """What was filled in for the former kind is kept and comes back with it."""
    if kind.name == ticket.kind:
        return False
    inverse = changes.column(kind=(ticket.kind, kind.name))
    said = sentences.line("{name} made it: {kind}", name=actor.name, kind=kind.label or kind.name)
    await _set(work, actor, ticket, "kind", said, inverse)
    return True


async def watch(work: Work, actor: Actor, ticket: TicketView) -> bool:
    """See the ticket wherever it goes; False if the actor did already."""
    if not await _watch(work, ticket.id, staff_id=actor.id):
        return False
    await changes.note(
        work,
        actor,
        ticket.id,
        "watch",
        sentences.line("{name} watches", name=actor.name),
        inverse={"watcher": {"staff_id": actor.id, "queue": ""}},
    )
    return True


async def watches(reader: Reader, actor: Actor, ticket: TicketView) -> bool:
    found = await reader.one(
        "SELECT 1 AS one FROM ticket_watchers WHERE ticket_id = ? AND staff_id = ? AND queue = ''", ticket.id, actor.id
    )
    return found is not None


async def unwatch(work: Work, actor: Actor, ticket: TicketView) -> bool:
    """What waits to be told to him is not sent; False if he did not watch it."""
    gone = await work.change(
        "DELETE FROM ticket_watchers WHERE ticket_id = ? AND staff_id = ? AND queue = ''", ticket.id, actor.id
    )
    waiting = await work.fetch(
        "SELECT m.id FROM messages AS m JOIN staff_identities AS i ON i.value = m.address AND i.staff_id = ?"
        " WHERE m.purpose = ? AND m.ref_kind = 'ticket' AND m.ref_id = ? AND m.state = 'queued'",
        actor.id,
        TOLD,
        ticket.id,
    )
    for row in waiting:
        await outbox.cancel(work, row["id"])
    if gone:
        said, inverse = sentences.line("{name} watches no more", name=actor.name), {"watching": actor.id}
        await changes.note(work, actor, ticket.id, "unwatch", said, inverse=inverse)
    return bool(gone)


async def relate(work: Work, actor: Actor, ticket: TicketView, other: TicketView) -> bool:
    """Tie two tickets together, of whatever customers; False if they are. Raises Conflict for one with itself."""
    if ticket.id == other.id:
        raise errors.Conflict(
            "{ticket} is {other} itself. Nothing was done.", code="same", ticket=ticket.name, other=other.name
        )
    first, second = sorted((ticket.id, other.id))
    if not await merging.tie(work, first, second, "related"):
        return False
    said = sentences.line(
        "{name} tied {ticket} and {other} together", name=actor.name, ticket=ticket.name, other=other.name
    )
    inverse = {"tie": [first, second]}
    await changes.note(work, actor, ticket.id, "relate", said, inverse=inverse, other_id=other.id)
    await entries.happened(work, [ticket.id, other.id], said, by=actor)
    for one in (ticket, other):
        work.say(TicketChanged(one.id, Change.EDITED, actor.id, actor.name))
    return True


async def watch_again(work: Work, ticket_id: int, staff_id: int) -> None:
    """As if he had never ended it."""
    await _watch(work, ticket_id, staff_id=staff_id)


async def _watch(work: Work, ticket_id: int, *, staff_id: int = 0, queue: str = "") -> bool:
    row = {"id": ids.new(), "ticket_id": ticket_id, "staff_id": staff_id, "queue": queue, "created_at": work.now}
    done = await work.insert(
        TicketWatcher, [row], conflict="ON CONFLICT (ticket_id, staff_id, queue) DO NOTHING", returning="id"
    )
    return bool(done)


async def _set(
    work: Work,
    actor: Actor,
    ticket: TicketView,
    verb: str,
    said: str,
    inverse: changes.Inverse,
    *,
    change: Change = Change.EDITED,
) -> None:
    """Set columns as the inverse says they are now, if the ticket is still as the actor saw it. Raises Conflict."""
    sets = inverse["sets"]
    row = {name: changes.typed(name, now) for name, (_, now) in sets.items()}
    changed = await work.update(
        Ticket,
        [{"id": ticket.id, **row, "version": ticket.version + 1, "updated_at": work.now}],
        where="t.version = v.version - 1",
        returning="id",
    )
    if not changed:
        raise errors.Conflict("{ticket} has changed meanwhile. Nothing was done. /show {ticket}", ticket=ticket.name)
    former = ticket.assignee_id if "assignee_id" in sets else None
    if "state" in sets and states.is_done(sets["state"][0]) != states.is_done(sets["state"][1]):
        inverse = {**inverse, "clocks": await rewinding.kept(work, ticket.id)}
    await changes.note(work, actor, ticket.id, verb, said, inverse=inverse)
    await entries.happened(work, [ticket.id], said, by=actor)
    told = said if sets.keys() & changes.WATCHED else ""
    work.say(TicketChanged(ticket.id, change, actor.id, actor.name, former, said=told))


def _must_be_open(ticket: TicketView) -> None:
    if ticket.is_closed:
        raise errors.Conflict(
            "{ticket} is closed. Nothing was done. /reopen {ticket} opens it again.", code="closed", ticket=ticket.name
        )
