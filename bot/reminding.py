"""Reminders and tickets that wake, as colleagues are told of them: as alerts reach them, else where all can see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, diary, onward, reach, reaching, telling, views
from bot.house import Chat, House
from bot.telling import Matter
from bot.views import Reading
from channels import outbox
from channels.contract import MessageId
from channels.events import MessageOverdue, MessageSettled
from channels.models import MessageState
from channels.outbox import Draft, Ref
from crmcore import access, staff
from crmcore.access import Actor, Role
from crmcore.staff import Colleague
from kernel import log, texts
from kernel.unit import Work
from routing import assign
from routing import visible as reminders
from routing.events import ReminderChanged, ReminderFired
from routing.models import ReminderState
from routing.visible import ReminderView
from tickets import visible
from tickets.events import TicketWoke
from tickets.visible import TicketView

_log = log.get(__name__)


class Reminding(Struct, frozen=True):
    """Handlers of events of the diary; each gets the whole list of a batch."""

    house: House

    async def fired(self, work: Work, events: Sequence[ReminderFired]) -> None:
        """To the colleague himself; if he has left or nothing reaches him, to who has the ticket, to all, to leads."""
        found = await reminders.by_ids(work, [event.reminder_id for event in events])
        tickets = await visible.by_ids(work, list({one.ticket_id for one in found.values() if one.ticket_id}))
        everyone = {int(one.id): one for one in await staff.listed(work)}
        drafts: list[Draft] = []
        for event in events:
            one = found[event.reminder_id]
            drafts += await self._told(work, one, tickets.get(one.ticket_id or 0), everyone)
        await outbox.enqueue(work, drafts)

    async def changed(self, work: Work, events: Sequence[ReminderChanged]) -> None:
        """What was told shrinks to one line: done, dropped, or when it comes again. Who has left hears nothing."""
        found = await reminders.by_ids(work, [event.reminder_id for event in events])
        drafts = []
        for event in events:
            told = await self._newest(work, event.reminder_id)
            sight = await audience.sight(work, self.house, [chat for chat, _ in told])
            for chat, message_id in told:
                if not sight.is_ours(chat) or not chat.line.capabilities.edits:
                    continue
                text = diary.ended(sight.read(chat).language, found[event.reminder_id], event.how, event.by)
                drafts.append(cards.edit(cards.plain(chat, "reminder_edit", text), message_id))
        await outbox.enqueue(work, drafts)

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """A reminder that did not reach its colleague goes the next of his ways; after the last, to the staff chats."""
        lost = [one for one in events if one.purpose == "reminder" and one.state is MessageState.FAILED]
        for event in lost:
            row = await work.one("SELECT account, address, ref_id FROM messages WHERE id = ?", event.id)
            chat = cards.chat_at(self.house, row["account"], row["address"]) if row else None
            one = (await reminders.by_ids(work, [row["ref_id"]])).get(row["ref_id"]) if row else None
            if one is None or one.state is not ReminderState.FIRED or chat is None or chat.group:
                continue
            ticket = await visible.by_id(work, one.ticket_id) if one.ticket_id else None
            if await self._another_way(work, one, ticket, event.id) or await self._is_told(work, event.id):
                continue
            if not self.house.staff_chats:
                _log.error("reminder.unreached", reminder=one.number)
            drafts = [self._draft(work, one, ticket, chat, own=False) for chat in self.house.staff_chats]
            await outbox.enqueue(work, drafts)

    async def overdue(self, work: Work, events: Sequence[MessageOverdue]) -> None:
        """A reminder that has not left in two minutes goes the next way of whom it is for; else it waits."""
        for event in events:
            if event.purpose != "reminder" or event.ref_id is None:
                continue
            one = (await reminders.by_ids(work, [event.ref_id])).get(event.ref_id)
            if one is not None and one.state is ReminderState.FIRED:
                ticket = await visible.by_id(work, one.ticket_id) if one.ticket_id else None
                await self._another_way(work, one, ticket, event.id)

    async def woke(self, work: Work, events: Sequence[TicketWoke]) -> None:
        """A ticket is back: a line under its cards, and a new card to its owner if none stands in his own chat."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        standing = cards.one_a_chat(await cards.standing(work, self.house, tickets))
        everyone = {int(one.id): one for one in await staff.listed(work)}
        readers = {address: one for one in everyone.values() for address in one.addresses}
        drafts: list[Draft] = []
        for event in events:
            ticket = tickets[event.ticket_id]
            owner = everyone.get(ticket.assignee_id or 0)
            own = await reach.first(work, self.house, owner) if owner else None
            for card in (one for one in standing if one.ticket_id == ticket.id):
                reader = readers.get(card.chat.address)
                if not card.chat.group and not (reader and await self._sees(work, reader, ticket)):
                    continue
                own = None if own and own.address == card.chat.address else own
                chat = replace(card.chat, language=self.house.reads(reader)) if reader else card.chat
                line = cards.draft(chat, "notice", self._back(work, chat, ticket, event), ticket)
                drafts.append(replace(line, target_id=card.id, within_id=card.topic_id))
            if owner is not None and own is not None:
                purpose = "card" if own.line.capabilities.buttons else "notice"
                face = cards.face(self.house, own.language, ticket, work.now)
                more = f"{self._back(work, own, ticket, event)}\n{face}"
                brief = texts.say(
                    own.language, "{ticket} is back: {about}", ticket=ticket.name, about=telling.about(ticket)
                )
                matter = Matter(purpose, brief, more)
                buttons = views.card_buttons(own.language, ticket)
                back = await reaching.told(work, self.house, owner, ticket, matter, buttons=buttons, chat=own)
                drafts += [back] if back else []
        await outbox.enqueue(work, drafts)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _back(self, work: Work, chat: Chat, ticket: TicketView, event: TicketWoke) -> str:
        zone = self.house.desk.queue(ticket.queue).calendar.zone
        at = views.moment(Reading(chat.language, zone, work.now), event.until)
        return texts.say(chat.language, "{ticket} is back: it was put off until {time}.", ticket=ticket.name, time=at)

    async def _told(
        self, work: Work, one: ReminderView, ticket: TicketView | None, everyone: Mapping[int, Colleague]
    ) -> list[Draft]:
        owner = everyone.get(one.staff_id)
        own = await reach.first(work, self.house, owner) if owner else None
        if owner is not None and own is not None:
            return [await self._his(work, one, ticket, own, owner)]
        others = await self._instead(work, ticket, everyone)
        if not others and not self.house.staff_chats:
            _log.error("reminder.nobody", reminder=one.number)
        if not others:
            return [self._draft(work, one, ticket, chat, own=False) for chat in self.house.staff_chats]
        return [await self._by(work, one, ticket, chat, who, own=False) for chat, who in others]

    async def _his(
        self, work: Work, one: ReminderView, ticket: TicketView | None, chat: Chat, owner: Colleague
    ) -> Draft:
        seen = ticket if ticket and await self._sees(work, owner, ticket) else None
        return await self._by(work, one, seen, chat, owner, own=True)

    async def _another_way(
        self, work: Work, one: ReminderView, ticket: TicketView | None, message_id: MessageId
    ) -> bool:
        """By the next channel of whoever was told; False if there is none left."""
        way = await onward.after(work, self.house, message_id)
        if way is None:
            return False
        words, who = await onward.leave(work, message_id, way), way.colleague
        is_his = who.id == one.staff_id
        draft = (
            self._his(work, one, ticket, way.chat, who)
            if is_his
            else self._by(work, one, ticket, way.chat, who, own=False)
        )
        await outbox.enqueue(work, [onward.twice(await draft, words)])
        return True

    async def _is_told(self, work: Work, message_id: MessageId) -> bool:
        """It went another way before it failed: it was overdue."""
        row = await work.one(
            "SELECT 1 AS found FROM messages AS f JOIN messages AS m ON m.ref_kind = 'reminder' AND m.ref_id = f.ref_id"
            " WHERE f.id = ? AND m.purpose = 'reminder' AND m.id > f.id AND m.state NOT IN ('failed', 'cancelled')",
            message_id,
        )
        return row is not None

    async def _newest(self, work: Work, reminder_id: int) -> list[tuple[Chat, int]]:
        """The message that last told it, in each chat that was told."""
        standing = await work.fetch(
            "SELECT max(id) AS id, account, address FROM messages WHERE purpose = 'reminder' AND ref_kind = 'reminder'"
            " AND ref_id = ? AND state NOT IN ('failed', 'cancelled') GROUP BY account, address",
            reminder_id,
        )
        chats = [(cards.chat_at(self.house, row["account"], row["address"]), row["id"]) for row in standing]
        return [(chat, message_id) for chat, message_id in chats if chat is not None]

    async def _instead(
        self, work: Work, ticket: TicketView | None, everyone: Mapping[int, Colleague]
    ) -> list[tuple[Chat, Colleague]]:
        """Who gets a reminder whose colleague has left or cannot be reached; nobody where the staff chats do."""
        assignee = everyone.get(ticket.assignee_id or 0) if ticket else None
        chat = await reach.first(work, self.house, assignee) if assignee else None
        if assignee is not None and chat is not None:
            return [(chat, assignee)]
        if self.house.staff_chats:
            return []
        queue = ticket.queue if ticket else None
        members = (await assign.of_queues(work, self.house.desk, {queue})).get(queue, []) if queue else []
        wanted = [one for one in everyone.values() if one.id in members]
        wanted = wanted or [one for one in everyone.values() if one.role is not Role.AGENT]
        return [(chat, one) for one in wanted if (chat := await reach.first(work, self.house, one))]

    async def _sees(self, work: Work, colleague: Colleague, ticket: TicketView) -> bool:
        """He may have lost the queue since he set the reminder."""
        queues = await assign.queues_of(work, self.house.desk, colleague.id, colleague.name)
        actor = Actor(colleague.id, colleague.name, colleague.role, colleague.zone, queues)
        return access.scope(actor).covers(ticket.queue, ticket.assignee_id)

    async def _by(
        self, work: Work, one: ReminderView, ticket: TicketView | None, chat: Chat, who: Colleague, *, own: bool
    ) -> Draft:
        """With buttons; by text with the code that opens the ticket; by a letter whose answer comes back to it."""
        if chat.line.capabilities.buttons:
            return onward.patient(self._draft(work, one, ticket, chat, own=own))
        text = diary.told(chat.language, one, ticket, own=own, now=work.now)
        brief = diary.brief(chat.language, one, ticket, own=own)
        if ticket is None:
            told = reaching.plain(chat, "reminder", text, subject=brief)
        else:
            told = await telling.told(work, self.house, chat, who, ticket, Matter("reminder", brief, text))
        return onward.patient(replace(told, ref=Ref("reminder", one.id)))

    def _draft(self, work: Work, one: ReminderView, ticket: TicketView | None, chat: Chat, *, own: bool) -> Draft:
        """For a chat with buttons."""
        text = diary.told(chat.language, one, ticket, own=own, now=work.now)
        plain = cards.plain(chat, "reminder", text)
        ref = Ref("reminder", one.id)
        return replace(plain, ref=ref, buttons=diary.buttons(chat.language, one, ticket), priority=outbox.URGENT)
