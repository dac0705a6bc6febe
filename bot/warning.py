"""Warnings of clocks, as colleagues are told of them before it is late: who has the ticket, else the staff chats."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import audience, cards, views
from bot.house import Chat, House
from channels import outbox
from channels.outbox import Draft
from crmcore import staff
from kernel.unit import Work
from tickets import visible
from tickets.events import ClockWarned
from tickets.models import ClockKind
from tickets.visible import TicketView


class Warnings(Struct, frozen=True):
    """Handler of ClockWarned."""

    house: House

    async def warned(self, work: Work, events: Sequence[ClockWarned]) -> None:
        """To the colleague who has the ticket; of one that nobody has, or who has no chat, to the staff chats."""
        tickets = await visible.by_ids(work, list({event.ticket_id for event in events}))
        everyone = {int(one.id): one for one in await staff.listed(work)}
        drafts: list[Draft] = []
        for event in events:
            ticket = tickets[event.ticket_id]
            owner = everyone.get(ticket.assignee_id or 0)
            own = audience.own_chat(self.house, owner) if owner else None
            if owner is not None and own is not None:
                drafts.append(self._draft(work, own, ticket, event, owner.zone))
                continue
            zone = str(self.house.desk.queue(ticket.queue).calendar.zone)
            drafts += [self._draft(work, chat, ticket, event, zone) for chat in self.house.staff_chats]
        await outbox.enqueue(work, drafts)

    def _draft(self, work: Work, chat: Chat, ticket: TicketView, event: ClockWarned, zone: str) -> Draft:
        at = views.moment(event.due_at, ZoneInfo(zone), work.now)
        what = views.CLOCKS[ClockKind(event.kind)]
        text = (
            f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}\n"
            f"{event.percent} % of the time is gone: {what} by {at} · {views.owner(ticket)}"
        )
        return cards.draft(chat, "warning", text, ticket, buttons=views.card_buttons(ticket)[:1])
