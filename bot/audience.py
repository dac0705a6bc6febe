"""Who may hear of a ticket: chats of our own staff, and what each of their owners may see at this very moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot import cards
from bot.house import Chat, House
from channels.contract import Address
from crmcore import access, staff
from crmcore.access import Actor, Role, Scope
from crmcore.staff import Colleague
from kernel.rows import Row
from kernel.unit import Reader
from routing import assign, whom
from tickets import visible
from tickets.visible import TicketView


class Sight(Struct, frozen=True):
    """What the owners of private chats may see. One who has left is not among them and sees nothing."""

    scopes: Mapping[Address, Scope]
    languages: Mapping[Address, str]

    def is_ours(self, chat: Chat) -> bool:
        """A staff chat, or the own chat of somebody who works here now."""
        return chat.group or chat.address in self.scopes

    def read(self, chat: Chat) -> Chat:
        """The same chat in the language of its owner."""
        language = self.languages.get(chat.address)
        return replace(chat, language=language) if language and not chat.group else chat

    def covers(self, chat: Chat, ticket: TicketView) -> bool:
        """The staff chats see all; a colleague's own chat what he sees himself."""
        if chat.group:
            return True
        scope = self.scopes.get(chat.address)
        return scope is not None and scope.covers(ticket.queue, ticket.assignee_id)


async def sight(reader: Reader, house: House, chats: Iterable[Chat]) -> Sight:
    """Looked up anew for every batch, never remembered."""
    private = {chat.address for chat in chats if not chat.group}
    known = await staff.recognise(reader, list(private))
    scopes = {address: await _scope(reader, house, one) for address, one in known.items()}
    return Sight(scopes, {address: house.reads(one) for address, one in known.items()})


async def still_seen(reader: Reader, house: House, posted: Sequence[Row]) -> list[tuple[Row, Chat, TicketView]]:
    """Of messages that were posted (`account`, `address`, `ticket_id`) those in chats that may see the ticket now.

    Left out are colleagues who have left or lost sight of it, and lines that are gone.
    """
    tickets = await visible.by_ids(reader, list({row["ticket_id"] for row in posted}))
    told = [(row, chat) for row in posted if (chat := cards.chat_at(house, row["account"], row["address"]))]
    seen = await sight(reader, house, [chat for _, chat in told])
    return [
        (row, seen.read(chat), tickets[row["ticket_id"]])
        for row, chat in told
        if seen.covers(chat, tickets[row["ticket_id"]])
    ]


async def of_ticket(reader: Reader, house: House, ticket: TicketView) -> list[Colleague]:
    """Everybody who may see the ticket: its queue's members and manager, its owner, leads and above."""
    members = (await assign.of_queues(reader, house.desk, {ticket.queue})).get(ticket.queue, [])
    return [one for one in await staff.listed(reader) if may_see(house, one, ticket, members)]


def may_see(house: House, colleague: Colleague, ticket: TicketView, members: Sequence[int]) -> bool:
    """By his role, by the queue (`members`: who works it; one that is gone is everybody's), or as his own. Pure."""
    return whom.may_see(house.desk, colleague, ticket, members)


async def leads(reader: Reader) -> list[Colleague]:
    """Leads and above."""
    return [one for one in await staff.listed(reader) if access.ranks_as(one.role, Role.LEAD)]


async def administrators(reader: Reader) -> list[Colleague]:
    return [one for one in await staff.listed(reader) if access.ranks_as(one.role, Role.ADMIN)]


def own_chat(house: House, colleague: Colleague) -> Chat | None:
    """A colleague's own chat with the bot, if a line with buttons reaches him."""
    line = house.lines.with_buttons()
    address = colleague.address(line.capabilities.scheme) if line else None
    return Chat(line, address, language=house.reads(colleague)) if line and address else None


def own_chats(house: House, colleagues: Iterable[Colleague]) -> list[Chat]:
    """Their own chats; who has none is left out."""
    return [chat for one in colleagues if (chat := own_chat(house, one))]


async def _scope(reader: Reader, house: House, colleague: Colleague) -> Scope:
    queues = await assign.queues_of(reader, house.desk, colleague.id, colleague.name)
    return access.scope(Actor(colleague.id, colleague.name, colleague.role, colleague.zone, queues))
