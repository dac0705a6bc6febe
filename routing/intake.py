"""The one story of a customer's message, told over a batch: people, tickets, rules, clocks, assignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels import messages
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import answered, contacts, timeline
from crmcore.contacts import Person
from kernel.unit import Work
from routing import assign, rules, targets
from routing.desk import Desk
from routing.targets import Wanted
from tickets import phases, sources, threads
from tickets.events import CustomerWrote, TicketOpened
from tickets.models import ClockKind, State
from tickets.policies import Case
from tickets.threads import Letter, Place


async def handle(work: Work, desk: Desk, arrived: Sequence[Arrived]) -> None:
    """Turn customers' messages into tickets and history. A query a step, however many messages."""
    people = await contacts.resolve(work, [one.inbound for one in arrived])
    letters = [_letter(desk, one, person) for one, person in zip(arrived, people, strict=True)]
    places = await threads.place(work, letters, desk.tokens, desk.old_numbers)
    await _note_outages(work, places, letters)
    _apply_rules(work, desk, places, letters)
    await messages.record(work, arrived, [Ref("ticket", place.id) for place in places])
    await threads.write(work, places)
    unique = list({place.id: place for place in places}.values())
    await sources.heard(work, [(place.contact_id, place.source) for place in unique if place.source])
    await assign.distribute(work, desk, unique)
    await _start_clocks(work, desk, unique)
    await timeline.add(work, [_line(place, letter) for place, letter in zip(places, letters, strict=True)])
    _tell(work, places, letters)


def _letter(desk: Desk, one: Arrived, person: Person) -> Letter:
    return Letter(one, person, desk.conversational.get(one.channel, False))


async def _note_outages(work: Work, places: Sequence[Place], letters: Sequence[Letter]) -> None:
    """Who answers a notice writes about its outage: the ticket carries its name, and its card shows it."""
    heard = await answered.notices(work, {letter.person.contact_id for letter in letters})
    for place, letter in zip(places, letters, strict=True):
        own = heard.get(letter.person.contact_id, ())
        outage = answered.about(letter.arrived, own, conversational=letter.conversational)
        if outage and outage not in place.tags:
            place.tags = [*place.tags, outage]


def _apply_rules(work: Work, desk: Desk, places: Sequence[Place], letters: Sequence[Letter]) -> None:
    """Rules choose the queue of a matter that begins; of one under way they may raise the priority and add tags."""
    if not desk.rules:
        return
    for place, letter in zip(places, letters, strict=True):
        decision = rules.decide(desk.rules, _facts(place, letter) | {rules.NOW: work.now})
        begins = _begins(place, letter)
        if decision.queue and begins and decision.queue in desk.queues:
            place.queue = decision.queue
        if decision.priority and ((begins and place.is_new) or decision.priority < place.priority):
            place.priority = decision.priority
        place.tags = list(dict.fromkeys([*place.tags, *decision.tags]))
        if decision.source and begins and place.is_new:
            place.source = decision.source


def _facts(place: Place, letter: Letter) -> dict[str, Any]:
    inbound = letter.arrived.inbound
    return {
        "message": {
            "channel": letter.arrived.channel,
            "text": inbound.text,
            "subject": inbound.subject,
            "from": str(inbound.sender),
        },
        "contact": {"name": letter.person.name, "language": letter.person.language},
        "ticket": {
            "new": _begins(place, letter),
            "queue": place.queue,
            "priority": place.priority,
            "kind": "question",
        },
    }


async def _start_clocks(work: Work, desk: Desk, places: Sequence[Place]) -> None:
    known = targets.kinds(desk)
    wanted = [
        Wanted(place.id, place.contact_id, _case(place), kind)
        for place in places
        for kind in _kinds(place)
        if kind in known
    ]
    if wanted:
        await targets.begin(work, desk, wanted)
    await phases.moved(work, [place.id for place in places if place.has_moved])


def _kinds(place: Place) -> Sequence[ClockKind]:
    """A matter that begins wants an answer and an end; who writes after an answer wants the next one."""
    if place.starts:
        return targets.BEGINS
    waits = place.answered_at is not None and place.state == State.OPEN
    return (ClockKind.NEXT_RESPONSE,) if waits and not all(one.is_quiet for one in place.letters) else ()


def _case(place: Place) -> Case:
    return targets.case_of(
        {"channel": place.channel, "queue": place.queue, "kind": place.kind, "priority": place.priority}
    )


def _begins(place: Place, letter: Letter) -> bool:
    """This letter begins the matter (again); one after it joins, in the same batch as in a later one."""
    return place.starts and place.letters[0] is letter


def _line(place: Place, letter: Letter) -> timeline.Line:
    arrived = letter.arrived
    return timeline.Line(place.contact_id, "message", arrived.channel, arrived.id, "ticket", place.id)


def _tell(work: Work, places: Sequence[Place], letters: Sequence[Letter]) -> None:
    """The first letter of a matter opens it; each further one joins it."""
    for place, letter in zip(places, letters, strict=True):
        if letter.is_history or (letter.is_quiet and not place.is_new):
            continue
        if _begins(place, letter):
            sent_at = letter.arrived.inbound.sent_at
            work.say(TicketOpened(place.id, letter.arrived.id, again=place.is_reopened, sent_at=sent_at))
        else:
            work.say(CustomerWrote(place.id, letter.arrived.id))
