"""Rules asked once more, when a colleague has moved a ticket or set its priority: what they add, and never undo.

They are asked of the customer's newest message and the ticket as it is now, once an act: nothing that a rule does here
asks them again, and a rule writes, tells or calls once a ticket, as it does when messages come.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from channels.contract import Address
from kernel import folding, rows
from kernel.rows import Row
from kernel.unit import Reader, Work
from routing import deeds, effects, facts, rules
from routing.deeds import Deeds
from routing.desk import Desk
from routing.effects import Effect, Line
from routing.facts import Matter, Words
from routing.rules import Rule
from tickets import blocking, by_hand, entries, states
from tickets.by_hand import ByHand
from tickets.models import EntryKind, Ticket

_UNPROVEN = ("none", "fail")


async def again(work: Work, desk: Desk, ticket_id: int) -> Sequence[Line]:
    """Ask them and do what they want; a line a rule that has done something.

    Nothing is asked of a ticket that is done, that no message has come for, or whose sender is blocked.
    """
    row = await _asked_about(work, ticket_id) if desk.rules else None
    if row is None or states.is_done(row["state"]):
        return ()
    if await blocking.blocked(work, [Address(row["scheme"], row["address"]), Address(row["scheme"], row["sender"])]):
        return ()
    matter, told = await _told(work, desk, row)
    decision = rules.decide(desk.rules, told)
    hand = await by_hand.of(work, ticket_id)
    held = tuple(allowed(rule, hand) for rule in decision.held)
    effect = effects.work_out(matter, rules.Decision(None, None, (), (), held=held), desk.queues)
    if effect.priority != matter.priority or effect.tags != matter.tags:
        await _write(work, row, effect)
    return await _act(work, desk, row, effect)


def allowed(rule: Rule, hand: ByHand) -> Rule:
    """As much of a rule as may follow a colleague's act. Pure.

    It neither moves nor gives the ticket, does not touch a priority that a colleague has set, puts no tag back that one
    has taken away, and says nothing to the customer: he has written nothing.
    """
    return replace(
        rule,
        queue=None,
        kind="",
        assign="",
        source=None,
        incident="",
        fields={},
        reply={},
        ask=False,
        priority=None if hand.priority else rule.priority,
        tags=tuple(tag for tag in rule.tags if folding.fold(tag) not in hand.gone),
    )


async def _asked_about(reader: Reader, ticket_id: int) -> Row | None:
    """The ticket with the customer's newest message; None if he has sent none."""
    return await reader.one(
        "SELECT t.id, t.queue, t.priority, t.tags, t.kind, t.state, t.assignee_id, t.contact_id, t.version, t.scheme,"
        " t.address, c.name, c.language, m.channel, m.address AS sender, m.subject, m.text, m.sent_to, m.automatic,"
        " m.dmarc, m.enclosed FROM tickets AS t JOIN contacts AS c ON c.id = t.contact_id JOIN messages AS m ON m.id ="
        " (SELECT max(n.id) FROM messages AS n WHERE n.ref_kind = 'ticket' AND n.ref_id = t.id AND n.direction = 'in'"
        " AND n.purpose = 'message') WHERE t.id = ?",
        ticket_id,
    )


async def _told(reader: Reader, desk: Desk, row: Row) -> tuple[Matter, dict[str, object]]:
    known = await facts.known(reader, desk, [row["contact_id"]], [row["id"]])
    matter = Matter(
        row["queue"],
        row["priority"],
        tuple(rows.json(row["tags"]) or ()),
        row["kind"],
        begins=False,
        is_new=False,
        state=row["state"],
        free=row["assignee_id"] is None,
        fields=tuple(known.fields.get(row["id"], ())),
    )
    words = Words(
        row["channel"],
        row["text"],
        row["subject"],
        f"{row['scheme']}:{row['sender']}",
        tuple((row["sent_to"] or "").split()),
        bool(row["automatic"]),
        facts.folded(desk, row["subject"], row["text"]),
        row["enclosed"],
        row["dmarc"] not in _UNPROVEN,
    )
    customer = known.customer(row["contact_id"], row["name"], row["language"])
    hours, queue = facts.open_now(desk, reader.now), facts.of_queue(desk, matter.queue, reader.now)
    return matter, facts.told(words, customer, matter, hours, reader.now, queue)


async def _write(work: Work, row: Row, effect: Effect) -> None:
    new = {"id": row["id"], "priority": effect.priority, "tags": list(effect.tags) or None}
    await work.update(Ticket, [new | {"version": row["version"] + 1, "updated_at": work.now}])


async def _act(work: Work, desk: Desk, row: Row, effect: Effect) -> Sequence[Line]:
    """Whoever is told, called and written to, once a rule and ticket; and the lines of all of them."""
    done, found = Deeds(), list(effect.lines)
    before = (await deeds.said(work, [row["id"]])).get(row["id"], []) if effect.loud else []
    people = await deeds.colleagues(work, effect.loud)
    for rule in effect.loud:
        if not deeds.was_loud(rule.name, before):
            did = [*deeds.inside(done, row["id"], rule, people), *deeds.posted(done, row["id"], rule)]
            found.append(Line(rule.name, tuple(did)))
    done.lines += [(row["id"], EntryKind.EVENT, line.sentence) for line in found]
    await entries.noted(work, done.lines)
    await deeds.tell(work, desk, done)
    return found
