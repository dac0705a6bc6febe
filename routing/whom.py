"""Whom a step of a chain tells: words such as "queue.manager" or "duty:cards" become colleagues. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from crmcore import access
from crmcore.absences import Away
from crmcore.access import Actor, Role
from crmcore.staff import Colleague
from kernel import folding
from kernel.phrases import Phrase
from routing import chains, rotas
from routing.chains import Chain, Spot
from routing.desk import Desk
from tickets.visible import TicketView

ASSIGNEE, MANAGER, MEMBERS = "assignee", "queue.manager", "queue.members"
PLAIN = (ASSIGNEE, MANAGER, MEMBERS)
DUTY, NEXT, ROLE = "duty", "next", "role"
EXPECTED = Phrase('"assignee", "queue.manager", "queue.members", "@Marek", "duty:ROTA", "next:ROTA" or "role:lead"')


class House(Struct, frozen=True):
    """Everybody at work. `members`: queue → ids of those who work it; `away`: who is not here now."""

    desk: Desk
    everyone: Sequence[Colleague]
    members: Mapping[str, Collection[int]]
    away: Mapping[int, Away]
    now: datetime

    def named(self, name: str) -> Colleague | None:
        wanted = folding.fold(name)
        return next((one for one in self.everyone if folding.fold(one.name) == wanted), None)

    def by_id(self, staff_id: int | None) -> Colleague | None:
        return next((one for one in self.everyone if one.id == staff_id), None)

    def present(self, colleague: Colleague | None) -> Colleague | None:
        """He himself, or his deputy, or None if neither is here."""
        return next(iter(present([colleague], self.everyone, self.away)), None) if colleague else None


class Found(Struct, frozen=True):
    """Whom to tell; if nobody, `why` as a phrase."""

    people: tuple[Colleague, ...] = ()
    why: str = ""


def find(house: House, ticket: TicketView, chain: Chain, spot: Spot) -> Found:
    """The colleagues a step means, deputies for those who are away, and only who may see the ticket."""
    step = chain.steps[spot.place]
    meant = _meant(house, ticket, step.who, chains.turns(chain, spot))
    if not meant.people:
        return meant
    here = present(meant.people, house.everyone, house.away)
    if not here:
        return Found(why=Phrase("away: {names}", names=", ".join(one.name for one in meant.people)))
    members = house.members.get(ticket.queue, ())
    able = tuple(one for one in here if may_see(house.desk, one, ticket, members))
    if not able:
        return Found(why=Phrase("may not see the ticket: {names}", names=", ".join(one.name for one in here)))
    return Found(able)


def may_see(desk: Desk, colleague: Colleague, ticket: TicketView, members: Collection[int]) -> bool:
    """By his role, by the queue (`members`: who works it; one that is gone is everybody's), or as his own."""
    queue = desk.queues.get(ticket.queue)
    works_it = queue is None or colleague.id in members or queue.is_managed_by(colleague.name)
    queues = frozenset({ticket.queue} if works_it else ())
    actor = Actor(colleague.id, colleague.name, colleague.role, colleague.zone, queues)
    return access.scope(actor).covers(ticket.queue, ticket.assignee_id)


def managers(desk: Desk, queue: str, everyone: Sequence[Colleague]) -> list[Colleague]:
    """The queue's manager by name; without one, every manager, else every administrator."""
    named = [one for one in everyone if desk.queue(queue).is_managed_by(one.name)]
    all_managers = [one for one in everyone if one.role is Role.MANAGER]
    return named or all_managers or [one for one in everyone if one.role is Role.ADMIN]


def present(wanted: Sequence[Colleague], everyone: Sequence[Colleague], away: Mapping[int, Away]) -> list[Colleague]:
    """Those of `wanted` who are here, and the deputies of those who are not, each once."""
    found: dict[int, Colleague] = {}
    by_id: dict[int | None, Colleague] = {one.id: one for one in everyone}
    for one in wanted:
        colleague: Colleague | None = one
        for _ in range(len(away) + 1):  # a circle of deputies who are all away ends, too
            if colleague is None or colleague.id not in away:
                break
            colleague = by_id.get(away[colleague.id].deputy_id)
        if colleague is not None and colleague.id not in away:
            found[colleague.id] = colleague
    return list(found.values())


def is_known(who: str) -> bool:
    """It is written as a step's `who` may be."""
    kind, _, name = who.partition(":")
    if who in PLAIN or (who.startswith("@") and len(who) > 1):
        return True
    return kind in (DUTY, NEXT, ROLE) and bool(name) and (kind != ROLE or name in list(Role))


def _meant(house: House, ticket: TicketView, who: str, turns: int) -> Found:
    kind, _, name = who.partition(":")
    if who == ASSIGNEE:
        one = house.by_id(ticket.assignee_id)
        return Found((one,)) if one else Found(why=Phrase("nobody has the ticket"))
    if who == MANAGER:
        return _some(managers(house.desk, ticket.queue, house.everyone), Phrase("no manager is known"))
    if who == MEMBERS:
        ids = house.members.get(ticket.queue, ())
        return _some(
            [one for one in house.everyone if one.id in ids], Phrase("nobody works queue {queue}", queue=ticket.queue)
        )
    if kind == ROLE:
        return _some([one for one in house.everyone if one.role.value == name], Phrase("nobody is {role}", role=name))
    if kind in (DUTY, NEXT):
        return _on_duty(house, name, turns + 1 if kind == NEXT else 0)
    one = house.named(who.removeprefix("@"))
    return Found((one,)) if one else Found(why=Phrase("no colleague is called {name}", name=who.removeprefix("@")))


def _on_duty(house: House, name: str, count: int) -> Found:
    """Who is on duty, or comes so many after him. One who is away has his deputy, else the next takes his place."""
    rota = house.desk.rotas.get(name)
    if rota is None:
        return Found(why=Phrase("there is no rota {name}", name=name))
    known = {person: house.named(person) for person in rota.rotation}
    missing = {person for person, colleague in known.items() if house.present(colleague) is None}
    person = rotas.nth(rota, house.now, count, missing)
    one = known[person] if person else None
    return Found((one,)) if one else Found(why=Phrase("nobody of rota {name} is here", name=name))


def _some(people: Sequence[Colleague], why: str) -> Found:
    return Found(tuple(people), "" if people else why)
