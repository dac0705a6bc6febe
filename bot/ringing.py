"""Call-backs as colleagues are told of them: when the window begins, and once more when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import cards, codes, reaching, views
from bot.house import House
from bot.telling import Matter
from channels import outbox
from channels.contract import Button, Buttons
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel.unit import Work
from routing import assign, call_backs
from routing.call_backs import MOST_TRIES, CallView
from routing.events import CallDue
from tickets import visible
from tickets.events import Change, TicketChanged
from tickets.visible import TicketView


class Ringing(Struct, frozen=True):
    """Handlers of CallDue and TicketChanged."""

    house: House

    async def due(self, work: Work, events: Sequence[CallDue]) -> None:
        """To who has the ticket, as alerts reach him; else to the staff chats, else to those who work its queue."""
        wanted = await call_backs.by_ids(work, [event.call_id for event in events])
        tickets = await visible.by_ids(work, list({event.ticket_id for event in events}))
        everyone = await staff.listed(work)
        drafts: list[Draft] = []
        for event in events:
            one, ticket = wanted[event.call_id], tickets[event.ticket_id]
            own = await self._each(work, [who for who in everyone if who.id == ticket.assignee_id], ticket, one)
            if not own and not self.house.staff_chats:
                members = (await assign.of_queues(work, self.house.desk, {ticket.queue})).get(ticket.queue, [])
                own = await self._each(work, [who for who in everyone if who.id in members], ticket, one)
            drafts += own or [
                cards.draft(chat, "call_back", _matter(ticket, one, work).text, ticket, buttons=_buttons(ticket))
                for chat in self.house.staff_chats
            ]
        await outbox.enqueue(work, drafts)

    async def _each(self, work: Work, people: Sequence[Colleague], ticket: TicketView, one: CallView) -> list[Draft]:
        """To each on his own; who cannot be reached is left out."""
        matter, buttons = _matter(ticket, one, work), _buttons(ticket)
        found = [await reaching.told(work, self.house, who, ticket, matter, buttons=buttons) for who in people]
        return [draft for draft in found if draft]

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """Nobody rings about a ticket that is closed."""
        await call_backs.closed(work, [event.ticket_id for event in events if event.change is Change.CLOSED])


def _matter(ticket: TicketView, one: CallView, work: Work) -> Matter:
    until = views.moment(one.window.end_at, ZoneInfo(one.zone), work.now)
    head = f"☎ {ticket.name} · {ticket.contact}: {one.phone or 'number unknown, ask for it'}"
    why = "missed call" if one.is_missed else "wants to be called"
    when = f"by {until}: nobody has rung yet" if one.is_late else f"until {until}"
    text = f"{head}\n{why}, {when} · try {one.tries + 1} of {MOST_TRIES} · {views.owner(ticket)}"
    brief = f"{ticket.name}: call {views.short(ticket.contact, 24)} {one.phone or 'number unknown'}, {when}"
    return Matter("call_back", brief, text)


def _buttons(ticket: TicketView) -> Buttons:
    return (
        (
            Button("Reached", codes.write("rr", ticket.number)),
            Button("No answer", codes.write("rn", ticket.number)),
        ),
    )
