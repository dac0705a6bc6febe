"""Warnings of clocks, as colleagues are told of them before it is late: who has the ticket, else the staff chats."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import cards, reaching, telling, views
from bot.house import House
from bot.telling import Matter
from channels import outbox
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel.unit import Work
from tickets import visible
from tickets.events import ClockWarned
from tickets.models import ClockKind
from tickets.visible import TicketView


class Warnings(Struct, frozen=True):
    """Handler of ClockWarned."""

    house: House

    async def warned(self, work: Work, events: Sequence[ClockWarned]) -> None:
        """To the colleague who has the ticket, as alerts reach him; if nothing does, or nobody has it, to the staff
        chats. In his quiet hours it waits, but for the most urgent.
        """
        tickets = await visible.by_ids(work, list({event.ticket_id for event in events}))
        everyone = {int(one.id): one for one in await staff.listed(work)}
        drafts: list[Draft] = []
        for event in events:
            ticket = tickets[event.ticket_id]
            owner = everyone.get(ticket.assignee_id or 0)
            own = await self._own(work, owner, ticket, event) if owner else None
            if own is not None:
                drafts.append(own)
                continue
            matter = _matter(ticket, event, str(self.house.desk.queue(ticket.queue).calendar.zone), work)
            buttons = views.card_buttons(ticket)[:1]
            drafts += [
                cards.draft(chat, matter.purpose, matter.text, ticket, buttons=buttons)
                for chat in self.house.staff_chats
            ]
        await outbox.enqueue(work, drafts)

    async def _own(self, work: Work, owner: Colleague, ticket: TicketView, event: ClockWarned) -> Draft | None:
        matter, buttons = _matter(ticket, event, owner.zone, work), views.card_buttons(ticket)[:1]
        draft = await reaching.told(work, self.house, owner, ticket, matter, buttons=buttons)
        return reaching.rested(work, self.house, owner, ticket, draft) if draft else None


def _matter(ticket: TicketView, event: ClockWarned, zone: str, work: Work) -> Matter:
    at = views.moment(event.due_at, ZoneInfo(zone), work.now)
    what = views.CLOCKS[ClockKind(event.kind)]
    text = (
        f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}\n"
        f"{event.percent} % of the time is gone: {what} by {at} · {views.owner(ticket)}"
    )
    return Matter("warning", f"{ticket.name}: {what} by {at}; {telling.about(ticket)}", text)
