"""Who may see and do what: pure. An actor becomes a Scope; each package applies it to its own rows in its `visible`."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

from msgspec import Struct

StaffId = NewType("StaffId", int)
SESSION = "web session"  # the proof of who acts at a page
INBOX = "inbox"  # the queue that exists without configuration; everybody works it


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    MANAGER = "manager"
    ADMIN = "admin"


_RANK = {Role.AGENT: 0, Role.LEAD: 1, Role.MANAGER: 2, Role.ADMIN: 3}


class Standing(Struct, frozen=True):
    """For whom a colleague acts (ids of owners) and with whom he shares (ids of groups).

    `shared`: those of his owners that have no groups, where all is shared.
    """

    owners: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()


NOWHERE = Standing()


class Actor(Struct, frozen=True):
    """A colleague who acts, as of this very act: looked up each time, never remembered.

    `proof`: how we know that it is he: the channel that vouches for him, the console's session, the command line.
    """

    id: StaffId
    name: str
    role: Role
    zone: str
    queues: frozenset[str]
    standing: Standing = NOWHERE
    proof: str = ""


class Scope(Struct, frozen=True):
    """What an actor may see. Of tickets: `everything`, or these queues and what is assigned to him.

    Of companies: an owner is a hard wall that no rank climbs. Inside, who may see `everything` sees all; others what
    their groups share, what an owner without groups has, and what they answer for or have registered.
    """

    everything: bool
    queues: frozenset[str]
    staff_id: StaffId
    standing: Standing = NOWHERE

    def covers(self, queue: str, assignee_id: int | None) -> bool:
        return self.everything or queue in self.queues or assignee_id == self.staff_id


def scope(actor: Actor) -> Scope:
    """Leads and above see all tickets; an agent sees his queues, the inbox and what is his."""
    return Scope(ranks(actor, Role.LEAD), actor.queues | {INBOX}, actor.id, actor.standing)


def ranks(actor: Actor, least: Role) -> bool:
    return ranks_as(actor.role, least)


def ranks_as(role: Role, least: Role) -> bool:
    return _RANK[role] >= _RANK[least]


def may_assign(actor: Actor, assignee_id: int | None) -> bool:
    """An agent hands on what is his or nobody's; a lead anything."""
    return ranks(actor, Role.LEAD) or assignee_id is None or assignee_id == actor.id


def may_take(actor: Actor, assignee_id: int | None, *, answered: bool) -> bool:
    """Unanswered tickets may be taken by whoever sees them; an answered one is its owner's, or a lead's."""
    return may_assign(actor, assignee_id) or not answered


def may_invite(role: Role, wanted: Role) -> bool:
    """An administrator brings in anybody, a manager those below managers."""
    return role is Role.ADMIN or (role is Role.MANAGER and not ranks_as(wanted, Role.MANAGER))
