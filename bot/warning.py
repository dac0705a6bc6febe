"""Warnings of clocks, as colleagues are told of them before it is late: who has it, the staff chats or its queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from bot import cards, onward, reaching, telling, views
from bot.house import House
from bot.telling import Matter
from bot.views import Reading
from channels import outbox
from channels.contract import MessageId
from channels.events import MessageOverdue, MessageSettled
from channels.models import MessageState
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel import texts
from kernel.unit import Work
from routing import assign, whom
from tickets import visible
from tickets.events import ClockWarned
from tickets.models import ClockKind
from tickets.visible import TicketView

_PURPOSE = "warning"


class Warnings(Struct, frozen=True):
    """Handler of ClockWarned, and of what becomes of a warning."""

    house: House

    async def warned(self, work: Work, events: Sequence[ClockWarned]) -> None:
        """To the colleague who has the ticket, as alerts reach him; if nothing does, or nobody has it, to the staff
        chats, else to those who work its queue, else to its manager. In their quiet hours it waits, but for the most
        urgent.
        """
        tickets = await visible.by_ids(work, list({event.ticket_id for event in events}))
        everyone = {int(one.id): one for one in await staff.listed(work)}
        drafts: list[Draft] = []
        for event in events:
            ticket = tickets[event.ticket_id]
            owner = everyone.get(ticket.assignee_id or 0)
            own = await self._own(work, owner, ticket, event) if owner else None
            told = [own] if own else [] if self.house.staff_chats else await self._queue(work, everyone, ticket, event)
            if told:
                drafts += told
                continue
            zone = self.house.desk.queue(ticket.queue).calendar.zone
            for chat in self.house.staff_chats:
                matter = _matter(ticket, event, Reading(chat.language, zone, work.now))
                buttons = views.card_buttons(chat.language, ticket)[:1]
                drafts.append(cards.draft(chat, matter.purpose, matter.text, ticket, buttons=buttons))
        await outbox.enqueue(work, drafts)

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """One that fails goes the next way of whom it is for."""
        for event in events:
            if event.purpose == _PURPOSE and event.state is MessageState.FAILED:
                await self._onward(work, event.id, event.ref_id)

    async def overdue(self, work: Work, events: Sequence[MessageOverdue]) -> None:
        """So does one that has not left in two minutes."""
        for event in events:
            if event.purpose == _PURPOSE:
                await self._onward(work, event.id, event.ref_id)

    async def _onward(self, work: Work, message_id: MessageId, ticket_id: int | None) -> None:
        """In the words of the clock as it stands now; what has been answered meanwhile needs no warning."""
        ticket = await visible.by_id(work, ticket_id) if ticket_id else None
        way = await onward.after(work, self.house, message_id)
        if ticket is None or ticket.urgent is None or ticket.urgent.is_breached or way is None:
            return
        words = await onward.leave(work, message_id, way)
        language = way.chat.language
        matter = _late(ticket, Reading(language, ZoneInfo(way.colleague.zone), work.now))
        buttons = views.card_buttons(language, ticket)[:1]
        draft = await reaching.told(work, self.house, way.colleague, ticket, matter, buttons=buttons, chat=way.chat)
        if draft:
            rested = reaching.rested(work, self.house, way.colleague, ticket, draft)
            await outbox.enqueue(work, [onward.patient(onward.twice(rested, words))])

    async def _queue(
        self, work: Work, everyone: Mapping[int, Colleague], ticket: TicketView, event: ClockWarned
    ) -> list[Draft]:
        """To those who work its queue, each on his own; if none of them is reached, to its manager."""
        desk = self.house.desk
        members = (await assign.of_queues(work, desk, {ticket.queue})).get(ticket.queue, [])
        for people in (
            [everyone[one] for one in members if one in everyone],
            whom.managers(desk, ticket.queue, list(everyone.values())),
        ):
            found = [await self._own(work, who, ticket, event) for who in people if who.id != ticket.assignee_id]
            if drafts := [draft for draft in found if draft]:
                return drafts
        return []

    async def _own(self, work: Work, owner: Colleague, ticket: TicketView, event: ClockWarned) -> Draft | None:
        language = self.house.reads(owner)
        matter = _matter(ticket, event, Reading(language, ZoneInfo(owner.zone), work.now))
        buttons = views.card_buttons(language, ticket)[:1]
        draft = await reaching.told(work, self.house, owner, ticket, matter, buttons=buttons)
        return onward.patient(reaching.rested(work, self.house, owner, ticket, draft)) if draft else None


def _matter(ticket: TicketView, event: ClockWarned, reading: Reading) -> Matter:
    language = reading.language
    what, at = views.clock(language, ClockKind(event.kind)), views.moment(reading, event.due_at)
    until = texts.say(language, "{what} by {at}", what=what, at=at)
    gone = texts.say(language, "{percent} % of the time is gone", percent=event.percent)
    text = (
        f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}\n"
        f"{gone}: {until} · {views.owner(language, ticket)}"
    )
    return Matter(_PURPOSE, f"{ticket.name}: {until}; {telling.about(ticket)}", text)


def _late(ticket: TicketView, reading: Reading) -> Matter:
    """The same by its next way."""
    due = views.due(reading, ticket)
    owner = views.owner(reading.language, ticket)
    text = f"P{ticket.priority} · {ticket.name} · {views.short(ticket.subject, 60)}\n{due} · {owner}"
    return Matter(_PURPOSE, f"{ticket.name}: {due}; {telling.about(ticket)}", text)
