"""Who plays in the demo and where they meet."""

from __future__ import annotations

from dataclasses import dataclass

from channels.contract import Address
from channels.telegram.simulator import BotApi, Chat, Person
from crmcore import staff
from crmcore.models.staff import Role
from kernel.unit import Store

TOKEN = "1000:demo-token-of-a-simulated-bot"  # noqa: S105 - the simulator's, good for nothing else
STAFF_CHAT = -1000001
SCHEME = "telegram"


@dataclass(frozen=True, slots=True)
class People:
    """The cast with their chats in the simulated Telegram."""

    eszter: Person
    ferenc: Person
    anna: Person
    marek: Person
    desk: Chat


def gather(api: BotApi) -> People:
    """Put the cast and their chats into the simulated world; the colleagues have started the bot before."""
    world = api.world
    anna = world.person(1001, "Anna", language_code="en")
    marek = world.person(1002, "Marek", language_code="en")
    eszter = world.person(2001, "Eszter", language_code="en")
    ferenc = world.person(2002, "Ferenc", language_code="hu")
    desk = world.group(STAFF_CHAT, "Desk", members=[anna, marek])
    for person in (anna, marek):
        world.private(person).opened = True
    return People(eszter, ferenc, anna, marek, desk)


async def hire(store: Store, people: People, zone: str) -> None:
    """Anna and Marek join the staff, once."""
    if await staff.listed(store.reading()):
        return
    async with store.unit() as work:
        for person, role in ((people.anna, Role.AGENT), (people.marek, Role.MANAGER)):
            await staff.add(work, person.name, role, [Address(SCHEME, str(person.id))], zone=zone)
