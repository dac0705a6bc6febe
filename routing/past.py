"""Rules tried on what has come before: what they would have made of it, rule by rule. Reads, and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from crmcore.access import INBOX
from kernel import folding, ids, rows, sentences
from kernel.phrases import Phrase
from kernel.rows import Row
from kernel.unit import Reader
from routing import deeds, effects, facts, rules, trial
from routing.desk import Desk
from routing.effects import Effect
from routing.facts import Known, Matter, Words
from routing.rules import Decision, Rule
from tickets import history
from tickets.places import QUESTION

PAGE = 500  # messages at a time
BREATH = 100  # messages until others have a turn
MONTH = timedelta(days=30)
FIRST = 20  # tickets of a rule that are listed


class Found(Struct, frozen=True):
    """A ticket that a rule would have made something else of. `would`: what, in words; "" where it holds as it is."""

    ticket_id: int
    number: int
    would: str


class Tally(Struct):
    """One rule: the messages it holds on, and their tickets."""

    name: str
    messages: int = 0
    tickets: dict[int, Found] = field(default_factory=dict)

    @property
    def changed(self) -> list[Found]:
        """Those that are not now as this rule would have them."""
        return [one for one in self.tickets.values() if one.would]


class Past(Struct):
    """What was looked at. `tallies` stand as the rules do."""

    since: datetime
    messages: int = 0
    tallies: list[Tally] = field(default_factory=list)


async def tried(reader: Reader, desk: Desk, since: datetime) -> Past:
    """The desk's rules over the customers' messages since then, oldest first.

    What the store has is what they are tried on: names, languages and companies as they are now. A message that opened
    a closed ticket again counts as one that joined it.
    """
    past = Past(since, tallies=[Tally(rule.name) for rule in desk.rules])
    matters: dict[int, Matter] = {}
    after = ids.first_of(since.timestamp()) - 1
    while desk.rules and (page := await _page(reader, after, since)):
        await _look(reader, desk, page, matters, past)
        after = page[-1]["id"]
        if len(page) < PAGE:
            break
    return past


async def _look(reader: Reader, desk: Desk, page: Sequence[Row], matters: dict[int, Matter], past: Past) -> None:
    ticket_ids = list(dict.fromkeys(row["ticket_id"] for row in page))
    known = await facts.known(reader, desk, [row["contact_id"] for row in page], ticket_ids)
    first, said = await _first(reader, ticket_ids), await deeds.said(reader, ticket_ids)
    new = await _newcomers(reader, list(known.tags))
    for number, row in enumerate(page):
        begins = first.get(row["ticket_id"]) == row["id"]
        matter = _matter(row, matters.get(row["ticket_id"]), begins=begins)
        if not begins:
            matter = replace(matter, fields=tuple(known.fields.get(row["ticket_id"], ())))
        decision = rules.decide(desk.rules, _facts(desk, row, matter, known, is_new=new.get(row["contact_id"])))
        effect = effects.work_out(matter, decision, desk.queues)
        matters[row["ticket_id"]] = replace(
            matter, queue=effect.queue, priority=effect.priority, tags=effect.tags, kind=effect.kind
        )
        past.messages += 1
        _count(past, desk.rules, row, matter, decision, effect, said.get(row["ticket_id"], ()))
        if number % BREATH == 0:
            await asyncio.sleep(0)


def _count(
    past: Past, asked: Sequence[Rule], row: Row, matter: Matter, decision: Decision, effect: Effect, said: Sequence[str]
) -> None:
    for place, rule in enumerate(asked):
        if not any(rule is one for one in decision.held):
            continue
        tally = past.tallies[place]
        tally.messages += 1
        would = sentences.joined(", ", _differs(rule, row, matter, effect, said))
        before = tally.tickets.get(row["ticket_id"])
        if before is None or (would and not before.would):
            tally.tickets[row["ticket_id"]] = Found(row["ticket_id"], row["number"], would)


def _differs(rule: Rule, row: Row, matter: Matter, effect: Effect, said: Sequence[str]) -> list[str]:
    """What the rule would have done that the ticket does not have now. Pure."""
    found: list[str] = []
    if matter.begins and rule.queue == effect.queue != row["queue"]:
        found.append(Phrase("queue {new} instead of {old}", new=rule.queue, old=row["queue"]))
    is_first = matter.begins and rule.priority == effect.priority != row["priority"]
    if rule.priority and (is_first or rule.priority < row["priority"]):
        found.append(Phrase("priority {new} instead of {old}", new=rule.priority, old=row["priority"]))
    tags = rows.json(row["tags"]) or []
    found += [Phrase("tag {tag}", tag=tag) for tag in rule.tags if tag not in tags]
    if matter.begins and rule.kind == effect.kind != row["kind"]:
        found.append(Phrase("kind {new} instead of {old}", new=rule.kind, old=row["kind"]))
    if rule is effect.assign and not folding.fold(row["assignee"] or "").startswith(
        folding.fold(rule.assign.lstrip("@"))
    ):
        found.append(Phrase("assign {name}", name=rule.assign))
    if effects.is_loud(rule) and not deeds.was_loud(rule.name, said):
        found += effects.loud_deeds(rule, effect)
    return found


def _matter(row: Row, before: Matter | None, *, begins: bool) -> Matter:
    if begins:
        return trial.BEGUN
    if before is not None:
        return replace(before, begins=False)
    tags = tuple(rows.json(row["tags"]) or ())
    return Matter(row["queue"] or INBOX, row["priority"], tags, row["kind"] or QUESTION, begins=False, is_new=False)


def _facts(desk: Desk, row: Row, matter: Matter, known: Known, *, is_new: int | None) -> dict[str, object]:
    at = rows.instant(row["created_at"])
    words = Words(
        row["channel"],
        row["text"],
        row["subject"],
        f"{row['scheme']}:{row['address']}",
        tuple((row["sent_to"] or "").split()),
        bool(row["automatic"]),
        facts.folded(desk, row["subject"], row["text"]),
    )
    customer = known.customer(row["contact_id"], row["name"], row["language"])
    customer = replace(customer, has_written=is_new is not None and is_new != row["ticket_id"])
    return facts.told(words, customer, matter, facts.open_now(desk, at), at, facts.of_queue(desk, matter.queue, at))


async def _page(reader: Reader, after: int, since: datetime) -> list[Row]:
    return await reader.fetch(
        "SELECT m.id, m.channel, m.address, m.subject, m.text, m.sent_to, m.automatic, m.created_at,"
        " t.id AS ticket_id, t.number, t.queue, t.priority, t.tags, t.kind, t.scheme, t.contact_id,"
        " c.name, c.language, s.name AS assignee FROM messages AS m JOIN tickets AS t ON t.id = m.ref_id"
        " JOIN contacts AS c ON c.id = t.contact_id LEFT JOIN staff AS s ON s.id = t.assignee_id"
        " WHERE m.id > ? AND m.direction = 'in' AND m.purpose = 'message' AND m.ref_kind = 'ticket'"
        " AND m.created_at >= ? AND t.kind <> ? ORDER BY m.id LIMIT ?",
        after,
        since,
        history.KIND,
        PAGE,
    )


async def _first(reader: Reader, ticket_ids: Sequence[int]) -> Mapping[int, int]:
    """The message that each ticket began with."""
    found = await reader.fetch(
        "SELECT ref_id, min(id) AS first FROM messages WHERE ref_kind = 'ticket' AND direction = 'in'"
        f" AND purpose = 'message' AND ref_id IN ({rows.marks(ticket_ids)}) GROUP BY ref_id",
        *ticket_ids,
    )
    return {row["ref_id"]: row["first"] for row in found}


async def _newcomers(reader: Reader, contact_ids: Sequence[int]) -> dict[int, int]:
    """The first ticket of each contact; asked only where a rule asks whether he is new."""
    if not contact_ids:
        return {}
    found = await reader.fetch(
        f"SELECT contact_id, min(id) AS first FROM tickets WHERE contact_id IN ({rows.marks(contact_ids)})"
        " GROUP BY contact_id",
        *contact_ids,
    )
    return {row["contact_id"]: row["first"] for row in found}
