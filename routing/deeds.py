"""What rules do beyond sorting: they give tickets to colleagues, write notes, tell people, call for help and reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from crmcore import staff
from crmcore.staff import Colleague
from kernel import folding, rows
from kernel.unit import Event, Reader, Work
from routing import effects, escalation, incident_book, incidents, rule_acts, rules
from routing.climbing import Climbing
from routing.desk import Desk
from routing.effects import Effect, Line
from routing.events import RuleAnswered, RuleAsked, RuleNotified
from routing.rules import Rule
from tickets import entries
from tickets.events import ClockBreached
from tickets.models import EntryKind, Ticket
from tickets.places import Letter, Place

NOTE, TOLD, CALLED, REPLY, ASKED, POSTED = "note", "told", "alert", "reply", "asked", "webhook"
_LOUD = frozenset({NOTE, TOLD, CALLED, REPLY, ASKED, POSTED})


class Ruled(Struct, frozen=True):
    """A letter and what the rules make of its ticket. `begins`: the letter opens it, or opens it again."""

    place: Place
    letter: Letter
    effect: Effect
    begins: bool

    @property
    def may_be_loud(self) -> bool:
        """Old letters call nobody, nor do blocked senders; nor does a machine's answer that joins what is there."""
        return not (self.letter.is_history or self.letter.is_blocked) and (self.begins or not self.letter.is_quiet)


class Deeds(Struct):
    """What is to be written and said once the tickets stand. `answered`: tickets that a rule replies to.

    `joins`: the rule and what it calls the incident → tickets that join it. `fields`: ticket → field → the rule and
    what it sets. `posts`: tickets and the rules that tell a webhook of them.
    """

    lines: list[tuple[int, EntryKind, str]] = field(default_factory=list)
    says: list[Event] = field(default_factory=list)
    alerts: list[ClockBreached] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    joins: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    fields: dict[int, Mapping[str, tuple[Rule, str]]] = field(default_factory=dict)
    posts: list[tuple[int, Rule]] = field(default_factory=list)


async def carry_out(work: Work, ruled: Sequence[Ruled]) -> Deeds:
    """Do what the rules want of a batch whose tickets are written, all but what is said: that comes last, by `tell`."""
    people = await colleagues(work, [rule for one in ruled for rule in (*one.effect.loud, *_givers(one))])
    given = await _give(work, ruled, people)
    done = await _done(work, ruled)
    deeds = Deeds()
    for one in ruled:
        lines = list(one.effect.lines)
        if one.place.id in given and one.effect.assign and one.begins:
            lines.append(Line(one.effect.assign.name, (given[one.place.id],)))
        for rule in one.effect.loud if one.may_be_loud else ():
            if (one.place.id, rule.name) in done:
                continue
            done.add((one.place.id, rule.name))
            lines += _loud(deeds, one, rule, people)
        if one.effect.incident and one.begins and one.may_be_loud and not one.letter.is_quiet:
            rule = one.effect.incident
            deeds.joins.setdefault((rule.name, rule.incident), []).append(one.place.id)
        if one.effect.fields and one.begins and not one.letter.is_history:
            deeds.fields[one.place.id] = one.effect.fields
        deeds.lines += [(one.place.id, EntryKind.EVENT, line.sentence) for line in lines]
    await entries.noted(work, deeds.lines)
    return deeds


async def tell(work: Work, desk: Desk, deeds: Deeds) -> None:
    """Say what is to be answered by those above: after the tickets themselves, so that cards stand first."""
    await rule_acts.act(work, desk, deeds.fields, deeds.posts)
    for event in deeds.says:
        work.say(event)
    if deeds.alerts:
        await Climbing(desk).raise_alerts(work, deeds.alerts)
    if deeds.joins:
        await _join(work, deeds.joins)


def whom(people: Mapping[str, Colleague], name: str) -> Colleague | None:
    """The colleague of that name or @handle, or the only one whose name begins so. Pure."""
    wanted = folding.fold(name.lstrip("@"))
    if wanted in people:
        return people[wanted]
    found = [one for known, one in people.items() if wanted and known.startswith(wanted)]
    return found[0] if len(found) == 1 else None


async def _join(work: Work, joins: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """Tickets join what rules name, if that is open: last, when their clocks have begun, which rest from now on."""
    standing = await incident_book.live(work, only_open=True)
    for (rule, named), tickets in joins.items():
        incident = incident_book.meant(standing, named)
        if incident is not None:
            await incidents.join(work, incident, tickets, why=effects.head(rule))


def _loud(deeds: Deeds, one: Ruled, rule: Rule, people: Mapping[str, Colleague]) -> list[Line]:
    """Note what a rule writes and whom it tells; its line. A reply has its own line, once it is queued or refused."""
    ticket_id, inbound = one.place.id, one.letter.arrived.inbound
    did = inside(deeds, ticket_id, rule, people)
    if rule is one.effect.reply and not inbound.automatic:
        deeds.answered.add(ticket_id)
        deeds.says.append(
            RuleAnswered(
                ticket_id,
                one.letter.arrived.id,
                rule.name,
                rule.reply,
                inbound.sent_at,
                is_proven=one.letter.arrived.is_way_proven,
                is_disproved=inbound.disproved,
            )
        )
    if rule is one.effect.ask and not inbound.automatic:
        did.append(ASKED)
        is_proven = one.letter.arrived.is_way_proven and not inbound.disproved
        deeds.says.append(RuleAsked(ticket_id, one.letter.arrived.id, rule.name, inbound.sent_at, is_proven=is_proven))
    did += posted(deeds, ticket_id, rule)
    return [Line(rule.name, tuple(did))] if did else []


def posted(deeds: Deeds, ticket_id: int, rule: Rule) -> list[str]:
    """The webhook that a rule tells, in words; told once the tickets stand."""
    if not rule.hook:
        return []
    deeds.posts.append((ticket_id, rule))
    return [f"{POSTED} {rule.hook}"]


def inside(deeds: Deeds, ticket_id: int, rule: Rule, people: Mapping[str, Colleague]) -> list[str]:
    """What a rule writes for colleagues, and whom of them it tells and calls: noted, and in words."""
    did: list[str] = []
    if rule.note:
        deeds.lines.append((ticket_id, EntryKind.NOTE, f"{effects.head(rule.name)}{rule.note}"))
        did.append(NOTE)
    if rule.notify:
        names = [name for name in rule.notify if name != rules.MANAGER]
        found = [(name, whom(people, name)) for name in names]
        is_manager = rules.MANAGER in rule.notify
        staff_ids = tuple(colleague.id for _, colleague in found if colleague)
        if staff_ids or is_manager:
            deeds.says.append(RuleNotified(ticket_id, rule.name, staff_ids, is_manager))
        told = [
            colleague.name if colleague else f"nobody, as no colleague is called {name}" for name, colleague in found
        ]
        did += [f"{TOLD} {name}" for name in [*told, *(["the manager"] if is_manager else [])]]
    if rule.escalate:
        deeds.alerts.append(ClockBreached(ticket_id, escalation.CALLED))
        did.append(CALLED)
    return did


async def colleagues(reader: Reader, named: Iterable[Rule]) -> dict[str, Colleague]:
    """Everybody who works here, by folded name; no query where no rule names anybody."""
    is_any = any(rule.assign or rule.notify for rule in named)
    return {folding.fold(one.name): one for one in await staff.listed(reader)} if is_any else {}


def _givers(one: Ruled) -> Sequence[Rule]:
    return [one.effect.assign] if one.effect.assign else []


async def _give(work: Work, ruled: Sequence[Ruled], people: Mapping[str, Colleague]) -> dict[int, str]:
    """Tickets that nobody has go to whom the rules name: ticket → what was done, in words."""
    wanted = {
        one.place.id: (one.place, one.effect.assign)
        for one in ruled
        if one.effect.assign and one.begins and one.place.assignee_id is None
    }
    found = {ticket_id: whom(people, rule.assign) for ticket_id, (_, rule) in wanted.items()}
    new = [{"id": ticket_id, "assignee_id": one.id} for ticket_id, one in found.items() if one]
    if new:
        won = await work.update(Ticket, new, where="t.assignee_id IS NULL", returning="id")
        for row in won:
            colleague = found[row["id"]]
            wanted[row["id"]][0].assignee_id = colleague.id if colleague else None
    return {
        ticket_id: f"given to {one.name}" if one else f"given to nobody, as no colleague is called {rule.assign}"
        for ticket_id, one in found.items()
        for rule in (wanted[ticket_id][1],)
    }


async def _done(reader: Reader, ruled: Sequence[Ruled]) -> set[tuple[int, str]]:
    """Tickets under way on which a loud rule has been loud before, each with the rule's name.

    Where a letter of the batch begins the matter (again), nothing has been loud yet.
    """
    begun = {one.place.id for one in ruled if one.begins}
    asked = [one for one in ruled if one.effect.loud and not one.place.is_new and one.place.id not in begun]
    lines = await said(reader, sorted({one.place.id for one in asked}))
    return {
        (one.place.id, rule.name)
        for one in asked
        for rule in one.effect.loud
        if was_loud(rule.name, lines.get(one.place.id, ()))
    }


async def said(reader: Reader, ticket_ids: Sequence[int]) -> dict[int, list[str]]:
    """The lines that rules have left on tickets."""
    if not ticket_ids:
        return {}
    found = await reader.fetch(
        f"SELECT ticket_id, text FROM entries WHERE ticket_id IN ({rows.marks(ticket_ids)})"
        " AND kind = 'event' AND author_kind = 'system' AND text LIKE 'rule %'",
        *ticket_ids,
    )
    lines: dict[int, list[str]] = {}
    for row in found:
        lines.setdefault(row["ticket_id"], []).append(row["text"])
    return lines


def was_loud(name: str, lines: Iterable[str]) -> bool:
    """A line of the rule tells of a note, a word to a colleague, an alert or a reply. Pure."""
    did = [line.removeprefix(effects.head(name)) for line in lines if line.startswith(effects.head(name))]
    return any(part.split(" ")[0] in _LOUD for one in did for part in one.split(", "))
