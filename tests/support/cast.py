"""The cast: Anna (agent), Marek (manager), Eszter (customer), Obcy (a stranger who may do nothing)."""

from __future__ import annotations

from dataclasses import dataclass

from channels.contract import Address
from crmcore import staff
from crmcore.models.staff import Role
from kernel.unit import Store
from routing import assign

ANNA, MAREK, ESZTER, OBCY = 1001, 1002, 2001, 3001  # their Telegram ids
STAFF_CHAT = -1009000
FORUM_CHAT = -1001234500000  # with topics
BASIC_CHAT = -9000  # a small group that may become a supergroup


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    telegram: int
    role: Role


STAFF = (Member("Anna", ANNA, Role.AGENT), Member("Marek", MAREK, Role.MANAGER))


async def hire(store: Store, *, queues: tuple[str, ...] = ()) -> dict[str, int]:
    """Add Anna and Marek; name → staff id. `queues`: those Anna works."""
    hired = {}
    async with store.unit() as work:
        for member in STAFF:
            address = Address("telegram", str(member.telegram))
            hired[member.name] = int(await staff.add(work, member.name, member.role, [address]))
        await assign.join(work, hired["Anna"], queues)
    return hired
