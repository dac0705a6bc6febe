"""The one story of a customer's message, told over a batch: people, tickets, rules, clocks, assignment."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence

from msgspec.structs import replace

from channels import messages
from channels.contract import Address
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import answered, contacts, timeline
from crmcore.contacts import Person
from kernel.unit import Work
from routing import assign, deeds, effects, facts, rules, targets
from routing.deeds import Ruled
from routing.desk import Desk
from routing.facts import Known, Matter, Words
from routing.targets import Wanted
from tickets import blocking, phases, sources, threads
from tickets.events import CustomerWrote, TicketOpened
from tickets.models import ClockKind, State
from tickets.places import Letter, Place
from tickets.policies import Case


async def handle(work: Work, desk: Desk, arrived: Sequence[Arrived]) -> None:
    """Turn customers' messages into tickets and history. A query a step, however many messages."""
    people = await contacts.resolve(work, [one.inbound for one in arrived])
    blocked = await blocking.blocked(work, [address for one in arrived for address in _ways_back(one)])
    letters = [_letter(desk, one, person, blocked) for one, person in zip(arrived, people, strict=True)]
    places = await threads.place(work, letters, desk.tokens, desk.old_numbers, desk.reopens)
    await _note_outages(work, places, letters)
    ruled = await _apply_rules(work, desk, places, letters)
    await messages.record(work, arrived, [Ref("ticket", place.id) for place in places])
    await threads.write(work, places)
    done = await deeds.carry_out(work, ruled)
    unique = list({place.id: place for place in places}.values())
    await sources.heard(work, [(place.contact_id, place.source) for place in unique if place.source])
    await assign.distribute(work, desk, unique)
    await _start_clocks(work, desk, unique)
    await timeline.add(work, [_line(place, letter) for place, letter in zip(places, letters, strict=True)])
    _tell(work, places, letters, done.answered)
    await deeds.tell(work, desk, done)


def _letter(desk: Desk, one: Arrived, person: Person, blocked: Collection[Address]) -> Letter:
    is_blocked = any(address in blocked for address in _ways_back(one))
    conversational = desk.conversational.get(one.channel)
    # a letter's sender is what it says of itself; a webhook's source, which is no channel of ours, signs for it
    return Letter(one, person, bool(conversational), is_blocked, is_hearsay=conversational is False)


def _ways_back(one: Arrived) -> tuple[Address, Address]:
    """Who wrote, and where his answer goes: the one that colleagues see, and that they block."""
    return one.inbound.sender, one.inbound.address


async def _note_outages(work: Work, places: Sequence[Place], letters: Sequence[Letter]) -> None:
    """Who answers a notice writes about its outage: the ticket carries its name, and its card shows it."""
    heard = await answered.notices(work, {letter.person.contact_id for letter in letters})
    for place, letter in zip(places, letters, strict=True):
        own = heard.get(letter.person.contact_id, ())
        outage = answered.about(letter.arrived, own, conversational=letter.conversational)
        if outage and outage not in place.tags:
            place.tags = [*place.tags, outage]


async def _apply_rules(work: Work, desk: Desk, places: Sequence[Place], letters: Sequence[Letter]) -> list[Ruled]:
    """Rules choose the queue of a matter that begins; of one under way they may raise the priority and add tags."""
    if not desk.rules:
        return []
    standing = list({place.id for place in places if not place.is_new})
    known = await facts.known(work, desk, [letter.person.contact_id for letter in letters], standing)
    hours = facts.open_now(desk, work.now)
    ruled = []
    for place, letter in zip(places, letters, strict=True):
        matter = _matter(place, letter, known)
        person = letter.person
        customer = known.customer(person.contact_id, person.name, person.language)
        if place.previous_id is not None:
            customer = replace(customer, has_written=True)  # with another letter of this batch
        queue = facts.of_queue(desk, place.queue, work.now)
        told = facts.told(_words(desk, letter), customer, matter, hours, work.now, queue)
        decision = rules.decide(desk.rules, told)
        effect = effects.work_out(matter, decision, desk.queues)
        place.queue, place.priority, place.kind = effect.queue, effect.priority, effect.kind
        place.tags, place.source = list(effect.tags), effect.source
        ruled.append(Ruled(place, letter, effect, matter.begins))
    return ruled


def _matter(place: Place, letter: Letter, known: Known) -> Matter:
    return Matter(
        queue=place.queue,
        priority=place.priority,
        tags=tuple(place.tags),
        kind=place.kind,
        begins=_begins(place, letter),
        is_new=place.is_new,
        source=place.source,
        state=place.was or place.state,
        free=place.assignee_id is None,
        fields=tuple(known.fields.get(place.id, ())),
    )


def _words(desk: Desk, letter: Letter) -> Words:
    arrived, inbound = letter.arrived, letter.arrived.inbound
    sender, to = str(inbound.sender), inbound.recipients
    folded = facts.folded(desk, inbound.subject, inbound.text)
    return Words(
        channel=arrived.channel,
        text=inbound.text,
        subject=inbound.subject,
        sender=sender,
        to=to,
        automatic=inbound.automatic,
        folded=folded,
        files=len(inbound.files),
        proven=arrived.is_way_proven,
    )


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


def _tell(work: Work, places: Sequence[Place], letters: Sequence[Letter], answered: Container[int]) -> None:
    """The first letter of a matter opens it; each further one joins it."""
    for place, letter in zip(places, letters, strict=True):
        if letter.is_history or letter.is_blocked or (letter.is_quiet and not place.is_new):
            continue
        if _begins(place, letter):
            inbound = letter.arrived.inbound
            work.say(
                TicketOpened(
                    place.id,
                    letter.arrived.id,
                    again=place.is_reopened,
                    sent_at=inbound.sent_at,
                    is_answered=place.id in answered or inbound.wordless or inbound.disproved,
                    is_proven=letter.arrived.is_way_proven,
                )
            )
        else:
            work.say(CustomerWrote(place.id, letter.arrived.id))
