"""Call-backs as colleagues are told of them: when the window begins, and once more when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import cards, codes, reaching, views
from bot.house import Chat, House
from bot.telling import Matter
from bot.views import Reading
from channels import outbox
from channels.contract import Button, Buttons
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel import texts
from kernel.unit import Work
from routing import assign, call_backs
from routing.call_backs import MOST_TRIES, CallView
from routing.events import CallDue
from tickets import visible
from tickets.events import Change, TicketChanged
from tickets.visible import TicketView

_LATE = "by {time}: nobody has rung yet"


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
            drafts += own or [self._shown(work, chat, ticket, one) for chat in self.house.staff_chats]
        await outbox.enqueue(work, drafts)

    async def _each(self, work: Work, people: Sequence[Colleague], ticket: TicketView, one: CallView) -> list[Draft]:
        """To each on his own; who cannot be reached is left out."""
        found = []
        for who in people:
            language = self.house.reads(who)
            matter, buttons = _matter(language, ticket, one, work), _buttons(language, ticket)
            found.append(await reaching.told(work, self.house, who, ticket, matter, buttons=buttons))
        return [draft for draft in found if draft]

    def _shown(self, work: Work, chat: Chat, ticket: TicketView, one: CallView) -> Draft:
        text = _matter(chat.language, ticket, one, work).text
        return cards.draft(chat, "call_back", text, ticket, buttons=_buttons(chat.language, ticket))

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """Nobody rings about a ticket that is closed."""
        await call_backs.closed(work, [event.ticket_id for event in events if event.change is Change.CLOSED])


def _matter(language: str, ticket: TicketView, one: CallView, work: Work) -> Matter:
    until = views.moment(Reading(language, ZoneInfo(one.zone), work.now), one.window.end_at)
    unknown = texts.say(language, "number unknown, ask for it")
    why = texts.say(language, "missed call") if one.is_missed else texts.say(language, "wants to be called")
    when = texts.say(language, _LATE if one.is_late else "until {time}", time=until)
    tries = texts.say(language, "try {number} of {most}", number=one.tries + 1, most=MOST_TRIES)
    text = (
        f"☎ {ticket.name} · {ticket.contact}: {one.phone or unknown}\n"
        f"{why}, {when} · {tries} · {views.owner(language, ticket)}"
    )
    phone = one.phone or texts.say(language, "number unknown")
    what = texts.say(language, "call {contact} {phone}", contact=views.short(ticket.contact, 24), phone=phone)
    return Matter("call_back", f"{ticket.name}: {what}, {when}", text)


def _buttons(language: str, ticket: TicketView) -> Buttons:
    reached, missed = texts.say(language, "Reached"), texts.say(language, "No answer")
    return ((Button(reached, codes.write("rr", ticket.number)), Button(missed, codes.write("rn", ticket.number))),)
