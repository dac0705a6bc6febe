"""Nobody can take what comes in: told to the queue's managers as alerts are, else in the staff chats."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, reach, reaching
from bot.house import Chat, House
from channels import outbox
from channels.outbox import Draft, Ref
from crmcore import absences, staff
from crmcore.absences import Away
from crmcore.staff import Colleague
from kernel import texts
from kernel.unit import Work
from routing import unheld, whom
from routing.events import NobodyAble
from tickets import visible
from tickets.visible import TicketView

PURPOSE = "unheld"


class Unheld(Struct, frozen=True):
    """Handler of NobodyAble."""

    house: House

    async def told(self, work: Work, events: Sequence[NobodyAble]) -> None:
        """No words of a customer: who is told need not see the ticket."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        everyone, away = await staff.listed(work), await absences.now(work)
        drafts: list[Draft] = []
        for event in events:
            ticket = tickets[event.ticket_id]
            own = await self._own(work, ticket, event, everyone, away)
            chats = self.house.staff_chats or audience.own_chats(self.house, await audience.leads(work))
            drafts += [
                replace(one, ref=Ref(unheld.ABOUT, ticket.id))
                for one in own or [cards.plain(chat, PURPOSE, said(chat.language, event)) for chat in chats]
            ]
        await outbox.enqueue(work, drafts)

    async def _own(
        self, work: Work, ticket: TicketView, event: NobodyAble, everyone: Sequence[Colleague], away: dict[int, Away]
    ) -> list[Draft]:
        """To each manager who is here, or his deputy; in his quiet hours it waits, as alerts do."""
        managers = whom.present(whom.managers(self.house.desk, ticket.queue, everyone), everyone, away)
        reached = [(chat, one) for one in managers if (chat := await reach.first(work, self.house, one))]
        return [reaching.rested(work, self.house, one, ticket, _draft(chat, ticket, event)) for chat, one in reached]


def _draft(chat: Chat, ticket: TicketView, event: NobodyAble) -> Draft:
    subject = texts.say(chat.language, "Queue {name}", name=ticket.queue)
    return reaching.plain(chat, PURPOSE, said(chat.language, event), subject=subject)


def said(language: str, event: NobodyAble) -> str:
    return texts.say_many(
        language,
        "Nobody can take what comes in {queue}: {count} waits.",
        "Nobody can take what comes in {queue}: {count} wait.",
        event.waiting,
        queue=event.queue,
    )
