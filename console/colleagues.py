"""Colleagues as the settings show and change them: invited, taken back, removed; every change leaves its line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from channels.contract import Address
from console import live, passwords, session
from crmcore import access, audit, invitations, staff
from crmcore.access import Actor, Role
from crmcore.invitations import Invitation
from crmcore.staff import Colleague
from kernel import errors, folding
from kernel.errors import Problem
from kernel.unit import Reader, Work
from routing import assign
from routing.desk import Desk
from tickets import actions

INVITATION, STAFF = "invitation", "staff"  # kinds of what the lines are about
_SHOWN = 2  # of a masked address
_ABOVE = "A manager brings in agents and leads, an administrator everybody. Choose a lower rank."
_NOT_HIS = "There is no such colleague or invitation, or it is not yours to change. Nothing was done."


class Reached(Struct, frozen=True):
    """An address of a colleague as it may be read. `value`: "" where it says nothing to people, as a bare id does.

    `name`: what he calls himself there, "" where he has never written.
    """

    scheme: str
    value: str
    name: str


class Line(Struct, frozen=True):
    """A colleague as a line of the list. `may_go`: the reader may remove and change him.

    `fixed`: of his queues those that the settings file names him in; they are changed there.
    """

    id: int
    name: str
    role: Role
    zone: str
    queues: tuple[str, ...]
    addresses: tuple[Reached, ...]
    sessions: int
    may_go: bool
    fixed: tuple[str, ...] = ()


async def lines(reader: Reader, desk: Desk, actor: Actor, *, now: datetime) -> list[Line]:
    """Everybody who works here. Addresses are whole for administrators only. `now`: the machine's clock."""
    everyone = await staff.listed(reader)
    queues = await assign.queues_of_all(reader, desk, {one.id: one.name for one in everyone})
    seats, added = await session.counts(reader, now=now), await assign.added(reader)
    names = await staff.known_as(reader, [to for one in everyone for to in one.addresses])
    is_admin = access.ranks(actor, Role.ADMIN)
    return [
        Line(
            id=one.id,
            name=one.name,
            role=one.role,
            zone=one.zone,
            queues=tuple(name for name in desk.queues if name in queues[one.id]),
            addresses=tuple(reached(to, names.get(to, ""), is_whole=is_admin) for to in one.addresses),
            sessions=seats.get(one.id, 0),
            may_go=may_remove(actor, one),
            fixed=tuple(
                name for name in desk.queues if name in queues[one.id] and name not in added.get(int(one.id), set())
            ),
        )
        for one in everyone
    ]


def reached(to: Address, name: str, *, is_whole: bool) -> Reached:
    """A bare number is an id among programs and says nothing; what people write to is shown to who may see it. Pure."""
    if to.value.isdigit():
        return Reached(to.scheme, "", name if is_whole and name != to.value else "")
    return Reached(to.scheme, to.value if is_whole else masked(to.value), "")


def masked(value: str) -> str:
    """Enough of an address to tell two of one colleague apart, and not enough to write to it. Pure."""
    return f"…{value[-_SHOWN:]}" if len(value) > 2 * _SHOWN else "…"


def may_remove(actor: Actor, one: Colleague) -> bool:
    """Who may bring in such a colleague may remove him; nobody removes himself. Pure."""
    return one.id != actor.id and access.may_invite(actor.role, one.role)


def may_cancel(actor: Actor, one: Invitation) -> bool:
    """Whoever made an invitation, and an administrator. Pure."""
    return one.by == actor.id or access.ranks(actor, Role.ADMIN)


async def invite(work: Work, actor: Actor, name: str, role: Role, queue: str) -> str:
    """A new invitation; its token, which is shown once. Raises Invalid with every wrong field."""
    problems = []
    if not name or len(name) > invitations.NAME_LIMIT:
        problems.append(Problem("name", "", name[:40]))
    elif any(folding.fold(one.name) == folding.fold(name) for one in await staff.listed(work)):
        problems.append(Problem("taken", "", name))
    if not access.may_invite(actor.role, role):
        problems.append(Problem("role", "", role.value))
    code = _code(problems)
    if problems:
        raise errors.Invalid(_ABOVE if code else "nobody was invited", code=code, problems=tuple(problems))
    kind = invitations.ADMINISTRATOR if role is Role.ADMIN else invitations.COLLEAGUE
    token = await invitations.create(
        work, kind=kind, role=role, name=name, queues=(queue,) if queue else (), by=actor.id
    )
    made = await invitations.by_token(work, token)
    if made is not None:
        await audit.note(work, INVITATION, made.id, {}, {"name": name, "role": role.value}, by=actor.id)
    return token


async def cancel(work: Work, actor: Actor, invitation_id: int) -> None:
    """Take an invitation back. Raises NotFound if it is not the actor's, Conflict if it is not open any more."""
    made = await invitations.by_id(work, invitation_id)
    if made is None or not may_cancel(actor, made):
        raise errors.NotFound(_NOT_HIS, code=errors.HIDDEN if made else "")
    if await invitations.cancel(work, invitation_id) is None:
        raise errors.Conflict
    await audit.note(work, INVITATION, made.id, {"open": "yes"}, {"open": "no"}, by=actor.id)


class Place(Struct, frozen=True):
    """What is changed of a colleague. `queues`: those he was added to by hand."""

    role: Role
    zone: str
    queues: frozenset[str]


async def change(work: Work, actor: Actor, staff_id: int, *, was: Place, wanted: Place) -> str:
    """Rank, zone and queues of a colleague, as far as `wanted` is not as it `was` before the sender. His name.

    Raises NotFound if he is not the actor's to change, Invalid with every wrong field, Conflict ("stale") with a
    problem for each that another has changed meanwhile; then nothing has changed.
    """
    await work.change("UPDATE staff SET active = active WHERE id = ?", staff_id)
    one = (await staff.by_ids(work, [staff_id])).get(staff_id)
    if one is None or not one.active or not may_remove(actor, one):
        raise errors.NotFound(_NOT_HIS, code=errors.HIDDEN if one and one.active else "")
    now = Place(one.role, one.zone, frozenset((await assign.added(work)).get(staff_id, ())))
    fresh = _merged(was, wanted, now)
    problems = [Problem("role", "", fresh.role.value)] if not access.may_invite(actor.role, fresh.role) else []
    known = staff.known_zone(fresh.zone)
    if known is None:
        problems.append(Problem("zone", "", fresh.zone[:40]))
    code = _code(problems)
    if problems or known is None:
        raise errors.Invalid(_ABOVE if code else "nothing was changed", code=code, problems=tuple(problems))
    await staff.rank(work, staff_id, fresh.role)
    await staff.move(work, staff_id, known)
    await assign.works(work, staff_id, sorted(fresh.queues))
    before = {"role": now.role.value, "zone": now.zone, "queues": ", ".join(sorted(now.queues))}
    after = {"role": fresh.role.value, "zone": known, "queues": ", ".join(sorted(fresh.queues))}
    await audit.note(work, STAFF, one.id, before, after, by=actor.id)
    work.poke(live.LOOP)
    return one.name


def _code(problems: Sequence[Problem]) -> str:
    """A rank that is not his to give is a want of right, whatever else is wrong. Pure."""
    return errors.ABOVE if any(one.field == "role" for one in problems) else ""


def _merged(was: Place, wanted: Place, now: Place) -> Place:
    """What somebody wants done to what stands by now; queues come and go one by one. Raises Conflict. Pure."""
    lost = []
    if now.role not in (was.role, wanted.role) and wanted.role != was.role:
        lost.append(Problem("role", now.role.value))
    if now.zone not in (was.zone, wanted.zone) and wanted.zone != was.zone:
        lost.append(Problem("zone", now.zone))
    if lost:
        raise errors.Conflict("Others have changed this colleague meanwhile.", code="stale", problems=tuple(lost))
    return Place(
        wanted.role if wanted.role != was.role else now.role,
        wanted.zone if wanted.zone != was.zone else now.zone,
        (now.queues - (was.queues - wanted.queues)) | (wanted.queues - was.queues),
    )


async def remove(work: Work, actor: Actor, staff_id: int) -> str:
    """A colleague works here no more: links, sessions and password end, his open tickets are nobody's. His name.

    Raises NotFound if there is none whom the actor may remove.
    """
    await work.change("UPDATE staff SET active = active WHERE id = ?", staff_id)
    one = (await staff.by_ids(work, [staff_id])).get(staff_id)
    if one is None or not one.active or not may_remove(actor, one):
        raise errors.NotFound(_NOT_HIS, code=errors.HIDDEN if one and one.active else "")
    await staff.remove(work, one.name)
    await actions.release(work, one.id)
    await session.end_all(work, one.id)
    await passwords.remove(work, one.id)
    await work.change("DELETE FROM sign_in_links WHERE staff_id = ?", one.id)
    await audit.note(work, STAFF, one.id, {"active": "yes"}, {"active": "no"}, by=actor.id)
    work.poke(live.LOOP)
    return one.name
