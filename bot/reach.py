"""By which channels a colleague is told of what is his: those that reach him, in his own order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.house import Chat, House
from channels import optouts
from channels.lines import Line
from crmcore.staff import Colleague
from kernel.unit import Reader

MUTED = "staff"  # the purpose under which a colleague's STOP stands


def lines(house: House) -> list[Line]:
    """The lines by which staff can be told and can answer, best first: chats with buttons, texts, letters. Pure."""
    return [one for one in house.lines.ordered() if one.capabilities.buttons or one.capabilities.commands]


async def chats(reader: Reader, house: House, colleague: Colleague) -> list[Chat]:
    """His own chats and addresses, the first first. What he has not put in his order comes after it, as a last resort.

    A number that has said STOP is left out.
    """
    wanted = colleague.ways or house.ways
    known = lines(house)
    ordered = sorted(known, key=lambda one: wanted.index(one.channel) if one.channel in wanted else len(wanted))
    language = house.reads(colleague)
    found = [
        Chat(one, address, language=language)
        for one in ordered
        if (address := colleague.address(one.capabilities.scheme))
    ]
    muted = await _muted(reader, found)
    return [chat for chat in found if str(chat.address) not in muted]


async def first(reader: Reader, house: House, colleague: Colleague) -> Chat | None:
    """Where he is told; None if nothing reaches him."""
    found = await chats(reader, house, colleague)
    return found[0] if found else None


def after(found: Sequence[Chat], failed: Chat) -> list[Chat]:
    """The chats behind one that could not be reached; all of them if it is none of these. Pure."""
    places = [(one.line.account, one.address) for one in found]
    place = (failed.line.account, failed.address)
    return list(found[places.index(place) + 1 :] if place in places else found)


async def _muted(reader: Reader, found: Collection[Chat]) -> set[str]:
    texted = [chat.address for chat in found if chat.line.capabilities.keywords]
    return {str(address) for address in texted if await optouts.stands(reader, address, MUTED)}
