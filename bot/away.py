"""Colleagues away from the chats: told of what is theirs by text or letter, where no chat with buttons comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from bot import audience, notices, reach, telling
from bot.house import Chat, House
from bot.telling import Matter
from channels import outbox
from crmcore import staff
from crmcore.staff import Colleague
from kernel.unit import Work
from routing import assign
from tickets import visible
from tickets.events import Change, CustomerWrote, TicketChanged, TicketOpened
from tickets.visible import TicketView

HOUSE = "Centrala"


class Away(Struct, frozen=True):
    """Handlers of events, for those whom `notices` does not reach."""

    house: House

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """A new matter that is somebody's already."""
        await self._tell(work, [event.ticket_id for event in events], self._given(work, HOUSE), letters_only=False)

    async def joined(self, work: Work, events: Sequence[CustomerWrote]) -> None:
        """More words of a customer: by letter, which costs nothing; a text would ring at every line."""
        theirs = [event.ticket_id for event in events]

        def matter(chat: Chat, ticket: TicketView, words: str) -> Matter:
            return telling.wrote(self.house, chat, ticket, words, work)

        await self._tell(work, theirs, matter, letters_only=True)

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """A ticket given to him by somebody else."""
        for event in events:
            if event.change is Change.ASSIGNED:
                given = self._given(work, event.actor or HOUSE)
                await self._tell(work, [event.ticket_id], given, letters_only=False, besides=event.actor_id)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _given(self, work: Work, by: str) -> Callable[[Chat, TicketView, str], Matter]:
        return lambda chat, ticket, words: telling.given(self.house, chat, ticket, by, words, work)

    async def _tell(
        self,
        work: Work,
        ticket_ids: Sequence[int],
        matter: Callable[[Chat, TicketView, str], Matter],
        *,
        letters_only: bool,
        besides: int | None = None,
    ) -> None:
        """To the owner of each ticket, if a text or a letter is the first that reaches him. `besides`: who did it."""
        if not any(one.capabilities.commands for one in self.house.lines.all()):
            return
        tickets = await visible.by_ids(work, list(dict.fromkeys(ticket_ids)))
        owners = {one.assignee_id for one in tickets.values() if one.assignee_id not in (None, besides)}
        people = await staff.by_ids(work, [int(one) for one in owners if one is not None])
        drafts = []
        for ticket in tickets.values():
            owner = people.get(ticket.assignee_id or 0)
            chat = await self._chat(work, owner, ticket) if owner else None
            if owner is None or chat is None or (letters_only and chat.line.capabilities.commands != "token"):
                continue
            last = await notices.last_words(work, ticket.id)
            words = last[0].text if last else ""
            drafts.append(await telling.told(work, self.house, chat, owner, ticket, matter(chat, ticket, words)))
        await outbox.enqueue(work, drafts)

    async def _chat(self, work: Work, owner: Colleague, ticket: TicketView) -> Chat | None:
        """Where he is told, unless buttons do it; None for one who has left or may not see the ticket."""
        chat = await reach.first(work, self.house, owner) if owner.active else None
        if chat is None or chat.line.capabilities.buttons:
            return None
        members = (await assign.of_queues(work, self.house.desk, {ticket.queue})).get(ticket.queue, [])
        return chat if audience.may_see(self.house, owner, ticket, members) else None
