"""What staff are told by themselves: new tickets, more words, changes, deliveries. Handlers over whole batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from bot import audience, cards, reach, telling, views
from bot.cards import Card, Words
from bot.house import Chat, House
from channels import outbox
from channels.contract import Operation
from channels.events import AccountNeeds, MessageParked, MessageSettled
from channels.messages import Arrived
from channels.models import MessageState
from channels.outbox import Draft
from crmcore import staff
from crmcore.staff import Colleague
from kernel import errors, rows, texts
from kernel.unit import Reader, Work
from routing import assign
from tickets import entries, visible
from tickets.events import AnswerRerouted, Change, ClockBreached, CustomerWrote, TicketChanged, TicketOpened
from tickets.visible import TicketView

REPEATED = 5  # the customer's last words that a topic made anew begins with
_TURNS = {Change.CLOSED: Operation.CLOSE_TOPIC, Change.REOPENED: Operation.REOPEN_TOPIC}
_WHY = {
    "refused": "{contact} has blocked us or left. Try another channel, or call.",
    "opted_out": "{contact} wants no messages there. /via sends by another channel.",
    "too late": "the channel was away too long. Send it again.",
    "file_gone": "a file of it could not be had, and it did not leave without. Send it again.",
    "misconfigured": "the channel is not set up right. Tell an administrator: Settings, Channels says what is wrong.",
}
_WHY_SHORT = {"refused": "that address does not take our messages", "opted_out": "opted out there"}
_WHY_ELSE = "the channel refused it. /show has the text; change it and send it again."
_WENT = {
    MessageState.SENT: "{ticket} ✓ sent to {contact}",
    MessageState.DELIVERED: "{ticket} ✓✓ delivered to {contact}",
    MessageState.CANCELLED: "{ticket} taken back; {contact} saw nothing.",
    MessageState.WITHHELD: (
        "{ticket} ✗ not sent: quiet mode. {contact} saw nothing. Answer where you have answered until now;"
        " an administrator ends quiet mode with /golive."
    ),
    MessageState.MAYBE: (
        "{ticket} may have reached {contact} or not: the channel's answer was lost. Ask, or send it again."
    ),
}
_ELSEWHERE = "{ticket} ✗ not delivered to {contact}: {why}. Sending by {label} instead."
_PARKED = "A message by {label} could not be handled and is set aside ({reason}). It is kept. Try again: {command}"
_TAKEN = "{ticket} is no longer yours: {name} has it now ({by})."
_LEFT = "{ticket} is no longer yours: nobody has it now ({by})."

# Of the long reply that entry e belongs to, another part is out.
_PART_LEFT = """
EXISTS (SELECT 1 FROM entries AS o JOIN messages AS m ON m.id = o.message_id WHERE o.ticket_id = e.ticket_id
 AND o.at = e.at AND o.author_id = e.author_id AND m.state IN ('sent', 'delivered', 'maybe_sent'))
"""


class Notices(Struct, frozen=True):
    """Handlers of events; each gets the whole list of a batch and reads and writes once for all of it."""

    house: House

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """A new matter: a card and the customer's words, in every chat that should see it."""
        if self._reaches_nobody():
            return
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        again = [event.ticket_id for event in events if event.again]
        old = await self._theirs(work, await cards.standing(work, self.house, again), tickets)
        words = await _words(work, [event.message_id for event in events])
        chats = await self._chats(work, list(tickets.values()))
        topics = {(card.ticket_id, card.chat.address): card.topic_id for card in reversed(old)}
        drafts = [
            draft
            for event in events
            for chat in chats[event.ticket_id]
            for draft in cards.new(
                self.house,
                tickets[event.ticket_id],
                chat,
                [words[event.message_id]] if event.message_id in words else [],
                topic_id=topics.get((event.ticket_id, chat.address)),
                now=work.now,
            )
        ]
        for event in events:
            drafts += cards.turned(old, event.ticket_id, Operation.REOPEN_TOPIC)
        await outbox.enqueue(work, drafts + cards.refreshed(self.house, old, tickets, work.now))

    async def joined(self, work: Work, events: Sequence[CustomerWrote]) -> None:
        """More words of a customer: copied under the card of the ticket in each chat."""
        if self._reaches_nobody():
            return
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        found = await self._theirs(work, await cards.standing(work, self.house, tickets), tickets)
        words = await _words(work, [event.message_id for event in events])
        newest = cards.one_a_chat(found)
        shown = {card.ticket_id for card in newest}
        chats = await self._chats(work, [ticket for ticket in tickets.values() if ticket.id not in shown])
        drafts: list[Draft] = []
        late: dict[int, list[Words]] = {}  # the chat was away when the ticket was opened, or has moved
        for event in events:
            said = words.get(event.message_id)
            if said is None:
                continue
            said = replace(said, edited=event.edited)
            own = [card for card in newest if card.ticket_id == event.ticket_id]
            if not own:
                late.setdefault(event.ticket_id, []).append(said)
            for card in own:
                drafts += cards.copies(card, tickets[event.ticket_id], said)
        for ticket_id, missed in late.items():
            drafts += self._late(chats[ticket_id], tickets[ticket_id], missed, work.now)
        await outbox.enqueue(work, drafts + cards.refreshed(self.house, newest, tickets, work.now))

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """A ticket has changed: its cards are edited in place, topics closed or opened, a new owner told."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        found = await self._theirs(work, await cards.standing(work, self.house, tickets), tickets)
        drafts = cards.refreshed(self.house, found, tickets, work.now)
        for event in events:
            if event.change in _TURNS:
                drafts += cards.turned(found, event.ticket_id, _TURNS[event.change])
            elif event.change is Change.UNANSWERED:  # it may have been closed meanwhile, or not
                closed = await cards.in_closed_topics(work, [one for one in found if one.ticket_id == event.ticket_id])
                drafts += cards.turned(closed, event.ticket_id, Operation.REOPEN_TOPIC)
        await outbox.enqueue(work, drafts)
        for event in events:
            if event.change is Change.ASSIGNED:
                await self._tell_owner(work, tickets[event.ticket_id], event)
            if event.former_id not in (None, event.actor_id):
                await self._tell_former(work, tickets[event.ticket_id], event)

    async def breached(self, work: Work, events: Sequence[ClockBreached]) -> None:
        """A due time has passed: the cards say so."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        found = await self._theirs(work, await cards.standing(work, self.house, tickets), tickets)
        await outbox.enqueue(work, cards.refreshed(self.house, found, tickets, work.now))

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """How a reply went, on the message that announced it; and a topic that is gone is made again."""
        await self._show_delivery(work, {event.id: event for event in events if event.purpose == "reply"})
        for event in events:
            is_lost = event.state is MessageState.FAILED and (event.reason or "").startswith("gone")
            if is_lost and event.purpose in ("card", "copy"):
                await self._repost(work, event)

    async def rerouted(self, work: Work, events: Sequence[AnswerRerouted]) -> None:
        """An answer goes on by another channel: the message that announced it says so, and follows the new one.

        It follows in any case; it is read only where its reader may still see the ticket.
        """
        for event in events:
            row = await work.one(
                "UPDATE messages SET ref_id = ? WHERE purpose = 'progress' AND ref_kind = 'message' AND ref_id = ?"
                " RETURNING id, account, address",
                event.message_id,
                event.failed_id,
            )
            chat = cards.chat_at(self.house, row["account"], row["address"]) if row else None
            ticket = await visible.by_id(work, event.ticket_id)
            if row is None or chat is None or ticket is None:
                continue
            sight = await audience.sight(work, self.house, [chat])
            if not sight.covers(chat, ticket):
                continue
            chat = sight.read(chat)
            why = texts.say(chat.language, _WHY_SHORT.get(views.cause(event.reason), "the channel refused it"))
            known = {"ticket": ticket.name, "contact": ticket.contact, "why": why, "label": event.label}
            text = texts.say(chat.language, _ELSEWHERE, **known)
            await outbox.enqueue(work, [cards.edit(cards.plain(chat, "progress_edit", text), row["id"])])

    async def parked(self, work: Work, events: Sequence[MessageParked]) -> None:
        """A message that cannot be handled: an operator has to look."""
        chats = self.house.staff_chats or audience.own_chats(self.house, await audience.leads(work))
        drafts = [
            cards.plain(chat, "notice", "\n".join(self._parked(chat.language, event) for event in events))
            for chat in chats
        ]
        await outbox.enqueue(work, drafts)

    async def needed(self, work: Work, events: Sequence[AccountNeeds]) -> None:
        """Told to administrators; where none can be reached, in the staff chats."""
        chats = audience.own_chats(self.house, await audience.administrators(work)) or self.house.staff_chats
        drafts = [
            cards.plain(chat, "notice", "\n".join(self._needed(chat.language, event) for event in events))
            for chat in chats
        ]
        await outbox.enqueue(work, drafts)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _needed(self, language: str, event: AccountNeeds) -> str:
        return f"{self.house.lines.label(event.channel)}: {texts.phrase(language, event.needs)}."

    def _parked(self, language: str, event: MessageParked) -> str:
        label, again = self.house.lines.label(event.channel), f"centrala messages retry {event.raw_id}"
        return texts.say(language, _PARKED, label=label, reason=event.reason, command=again)

    async def _theirs(self, work: Work, found: list[Card], tickets: Mapping[int, TicketView]) -> list[Card]:
        """Of standing cards those in staff chats, and in the own chats of colleagues who may see the ticket now.

        A colleague who has left, or a ticket that went to a queue not his: nothing more reaches that chat.
        """
        sight = await audience.sight(work, self.house, [card.chat for card in found])
        return [
            replace(card, chat=sight.read(card.chat))
            for card in found
            if sight.covers(card.chat, tickets[card.ticket_id])
        ]

    def _reaches_nobody(self) -> bool:
        """No staff chat, and no line by which a colleague's own chat could be reached."""
        return not self.house.staff_chats and self.house.lines.with_buttons() is None

    def _late(self, chats: Sequence[Chat], ticket: TicketView, words: Sequence[Words], now: datetime) -> list[Draft]:
        """A card for a ticket that has none standing."""
        return [draft for chat in chats for draft in cards.new(self.house, ticket, chat, words, topic_id=None, now=now)]

    async def _chats(self, work: Work, tickets: Sequence[TicketView]) -> dict[int, list[Chat]]:
        """Where each ticket's card goes: the staff chats; where there are none, to those who work its queue."""
        if self.house.staff_chats or not tickets:
            return {ticket.id: self.house.staff_chats for ticket in tickets}
        everyone = await staff.listed(work)
        members = await assign.of_queues(work, self.house.desk, {ticket.queue for ticket in tickets})
        return {ticket.id: self._direct(ticket, everyone, members.get(ticket.queue, [])) for ticket in tickets}

    def _direct(self, ticket: TicketView, everyone: Sequence[Colleague], members: Sequence[int]) -> list[Chat]:
        """Its owner; else those who work its queue; else whoever may see it. Nobody else reads the customer's words."""
        wanted = [one for one in everyone if one.id == ticket.assignee_id]
        wanted = wanted or [one for one in everyone if one.id in members]
        wanted = wanted or [one for one in everyone if audience.may_see(self.house, one, ticket, members)]
        return audience.own_chats(self.house, wanted)

    async def _tell_owner(self, work: Work, ticket: TicketView, event: TicketChanged) -> None:
        """In his chat with buttons, if that is the first that reaches him; else `away` tells him."""
        if ticket.assignee_id is None or ticket.assignee_id == event.actor_id:
            return
        colleague = (await staff.by_ids(work, [ticket.assignee_id])).get(ticket.assignee_id)
        chat = await reach.first(work, self.house, colleague) if colleague else None
        if chat is not None and chat.line.capabilities.buttons:
            matter = telling.given(self.house, chat, ticket, event.actor or entries.HOUSE, "", work)
            buttons = views.card_buttons(chat.language, ticket)
            await outbox.enqueue(work, [cards.draft(chat, "card", matter.text, ticket, buttons=buttons)])

    async def _tell_former(self, work: Work, ticket: TicketView, event: TicketChanged) -> None:
        """A ticket that somebody else took or was given: its owner hears it from us."""
        if event.former_id is None or event.former_id == ticket.assignee_id:
            return
        colleague = (await staff.by_ids(work, [event.former_id])).get(event.former_id)
        chat = audience.own_chat(self.house, colleague) if colleague else None
        if chat is not None:
            by = event.actor or texts.say(chat.language, "the house")
            said = _TAKEN if ticket.assignee else _LEFT
            text = texts.say(chat.language, said, ticket=ticket.name, name=ticket.assignee or "", by=by)
            await outbox.enqueue(work, [cards.draft(chat, "card_note", text, ticket)])

    async def _show_delivery(self, work: Work, replies: dict[int, MessageSettled]) -> None:
        if not replies:
            return
        found = await work.fetch(
            f"SELECT p.id, p.account, p.address, p.ref_id, e.ticket_id, {_PART_LEFT} AS part_left FROM messages AS p"
            " JOIN entries AS e ON e.message_id = p.ref_id WHERE p.purpose = 'progress' AND p.ref_kind = 'message'"
            f" AND p.ref_id IN ({rows.marks(list(replies))})",
            *replies,
        )
        drafts = []
        for row, chat, ticket in await audience.still_seen(work, self.house, found):
            settled, part_left = replies[row["ref_id"]], bool(row["part_left"])
            text = _delivery(chat.language, ticket.name, ticket.contact, settled, part_left=part_left)
            if not chat.line.capabilities.edits:  # where nothing can be edited, only what went wrong is worth a message
                if settled.state not in (MessageState.SENT, MessageState.DELIVERED):
                    drafts.append(cards.draft(chat, "progress_note", text, ticket))
                continue
            drafts.append(cards.edit(cards.plain(chat, "progress_edit", text), row["id"]))
        await outbox.enqueue(work, drafts)

    async def _repost(self, work: Work, event: MessageSettled) -> None:
        """The topic under a card or copy was deleted: one new topic, with the customer's last words in it.

        All that was on its way into the old topic fails one after the other; only the first makes a new one.
        """
        row = await work.one("SELECT account, address, within_id, ref_id FROM messages WHERE id = ?", event.id)
        if row is None or row["within_id"] is None:
            return
        lost = await work.change(
            "UPDATE messages SET state = 'failed' WHERE purpose = 'topic' AND id = ? AND state <> 'failed'",
            row["within_id"],
        )
        if not lost:
            return
        await work.change(
            "UPDATE messages SET state = 'failed' WHERE ref_kind = 'ticket' AND ref_id = ? AND purpose = 'card'"
            " AND within_id = ?",
            row["ref_id"],
            row["within_id"],
        )
        ticket = await visible.by_id(work, row["ref_id"])
        chat = cards.chat_at(self.house, row["account"], row["address"])
        if ticket is not None and chat is not None:
            last = await last_words(work, ticket.id, limit=REPEATED)
            await outbox.enqueue(work, cards.new(self.house, ticket, chat, last, topic_id=None, now=work.now))


async def refused(work: Work, house: House, arrived: Arrived, error: errors.CentralaError) -> None:
    """What another system said has happened makes no sense here: the desk hears of it, with the reason."""
    for chat in house.staff_chats:
        known = {"account": arrived.account, "event": arrived.inbound.event, "why": texts.refusal(chat.language, error)}
        text = texts.say(chat.language, "{account} sent {event}, and nothing was done: {why}", **known)
        await outbox.enqueue(work, [cards.plain(chat, "notice", text)])


def _delivery(language: str, ticket: str, contact: str, event: MessageSettled, *, part_left: bool = False) -> str:
    """How a reply went, with the next step where it did not. Pure."""
    known = {"ticket": ticket, "contact": contact}
    if event.state is MessageState.CANCELLED and part_left:
        return texts.say(language, "{ticket} taken back; {contact} saw the part that had left.", **known)
    if event.state in _WENT:
        return texts.say(language, _WENT[event.state], **known)
    reason = views.cause(event.reason or "")
    why = texts.say(language, _WHY.get(reason, _WHY_ELSE), contact=contact)
    return texts.say(language, "{ticket} ✗ not sent to {contact}: {why}", why=why, **known)


async def last_words(reader: Reader, ticket_id: int, *, limit: int = 1) -> list[Words]:
    """What the customer wrote last on a ticket, oldest first."""
    found = await reader.fetch(
        "SELECT m.text, m.dmarc, e.text AS unreadable FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.ticket_id = ? AND m.direction = 'in' ORDER BY e.id DESC LIMIT ?",
        ticket_id,
        limit,
    )
    return [Words(row["text"], row["unreadable"] is not None, dmarc=row["dmarc"]) for row in reversed(found)]


async def _words(reader: Reader, message_ids: Iterable[int]) -> dict[int, Words]:
    wanted = list(message_ids)
    found = await reader.fetch(
        "SELECT m.id, m.text, m.dmarc, e.text AS unreadable FROM messages AS m JOIN entries AS e ON e.message_id = m.id"
        f" WHERE m.id IN ({rows.marks(wanted)})",
        *wanted,
    )
    return {row["id"]: Words(row["text"], row["unreadable"] is not None, dmarc=row["dmarc"]) for row in found}
