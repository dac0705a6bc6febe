"""Who plays in the demo and where they meet."""

from __future__ import annotations

from msgspec import Struct

from channels.contract import Address
from channels.telegram.simulator import BotApi, Chat, Person
from crmcore import staff
from crmcore.models.staff import Role
from kernel.unit import Store

TOKEN = "1000:demo-token-of-a-simulated-bot"  # noqa: S105 - the simulator's, good for nothing else
SMS_TOKEN = "demo-token-of-a-simulated-account"  # noqa: S105 - the same
STAFF_CHAT = -1000001
AGENT, MANAGER = COLLEAGUES = ("Ewa", "Marek")  # as whom a visitor opens the console
SCHEME = "telegram"
ANNA, ANNA_PHONE = 2001, "+48600100200"
FERENC_PHONE, FERENC_MAIL = "+36301234567", "ferenc@zefir.example"
IRINA_MAIL = "irina@sever.example"
OUR_MAIL = "help@desk.example"


class People(Struct, frozen=True):
    """Those of the cast who are on the simulated Telegram, with their group."""

    anna: Person
    ewa: Person
    marek: Person
    desk: Chat


def gather(api: BotApi) -> People:
    """Put them and their chats into the simulated world; the colleagues have started the bot before."""
    world = api.world
    ewa = world.person(1001, AGENT, language_code="en")
    marek = world.person(1002, MANAGER, language_code="en")
    anna = world.person(ANNA, "Anna", language_code="pl")
    desk = world.group(STAFF_CHAT, "Desk", members=[ewa, marek])
    for person in (ewa, marek):
        world.private(person).opened = True
    return People(anna, ewa, marek, desk)


async def hire(store: Store, people: People, zone: str) -> None:
    """Ewa and Marek join the staff, once."""
    if await staff.listed(store.reading()):
        return
    async with store.unit() as work:
        for person, role in ((people.ewa, Role.AGENT), (people.marek, Role.MANAGER)):
            await staff.add(work, person.name, role, [Address(SCHEME, str(person.id))], zone=zone)
