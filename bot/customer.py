"""What customers are told by themselves, in their language: that we have their message, and by when we answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import allowance, asks, promise, tongue_hint
from bot.allowance import HOUR, Allowance
from bot.house import House
from channels import messages, optouts, outbox
from channels.contract import Address
from channels.errors import Reason
from channels.events import MessageSettled
from channels.lines import Line
from channels.messages import Arrived
from channels.models import MessageState
from channels.outbox import Draft, Ref
from crmcore import contacts
from kernel import rows, sentences, texts
from kernel.unit import Work
from routing import rule_texts
from routing.events import RuleAnswered
from tickets import entries, terms, visible
from tickets.envelopes import Envelope, envelope
from tickets.events import TicketOpened
from tickets.models import ClockKind, EntryKind
from tickets.visible import TicketView

OLD = timedelta(hours=24)  # no automatic text ever answers an older message
WHO = "/id"
# The whole text: one of the two words, or /start with what a link has put after it (t.me/our_bot?start=payload).
_GREETING = re.compile(r"/id|/start(?: [A-Za-z0-9_-]{1,64})?", re.IGNORECASE)
_TO_CUSTOMERS = ("reply", "acknowledgement", "greeting", "notice", "asked", "survey", "question")


class Customers(Struct, frozen=True):
    """Handlers and the two words a customer's chat begins with."""

    house: House

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """Acknowledge new tickets: once each, and within the limits an address has."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        fresh = await young(work, [event.message_id for event in events if _is_asked(event)])
        silent = {event.ticket_id for event in events if event.is_answered}
        wanted = [tickets[event.ticket_id] for event in events if event.message_id in fresh]
        wanted = [ticket for ticket in wanted if ticket and ticket.id not in silent]
        reached = [(ticket, line) for ticket in wanted if (line := self._line(ticket))]
        if not reached:
            return
        proven = {event.ticket_id for event in events if event.is_proven}
        known = {one.id: allowance.is_known(one, line, is_proven=one.id in proven) for one, line in reached}
        asked = [(line.account, ticket.address, known[ticket.id]) for ticket, line in reached]
        left = await allowance.of(work, asked, most=self.house.unproven_an_hour)
        new = await tongue_hint.new_to_us(work, {(line.account, ticket.address) for ticket, line in reached})
        timed = [ticket.id for ticket, _ in reached if ticket.first_response_due]
        held = await terms.of_tickets(work, timed, ClockKind.FIRST_RESPONSE)
        drafts = []
        for ticket, line in reached:
            if left.take(line.account, ticket.address, is_known=known[ticket.id]):
                around = await envelope(work, ticket, line, self.house.desk.tokens)
                queue, due_at = self.house.desk.queue(ticket.queue), ticket.first_response_due
                hours = held[ticket.id].calendar if ticket.id in held else queue.calendar
                text = promise.acknowledged(
                    ticket.language, ticket.name, due_at, hours, work.now, emergency=queue.emergency
                )
                drafts.append(_hinted(_automatic(ticket, line, around, text), ticket, line, new, known[ticket.id]))
        await outbox.enqueue(work, drafts)

    async def ruled(self, work: Work, events: Sequence[RuleAnswered]) -> None:
        """What rules say by themselves: within the same limits as acknowledgements; the ticket tells which it was."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        fresh = await young(work, [event.message_id for event in events if is_young(event.sent_at)])
        lines = {event.ticket_id: self._line(tickets[event.ticket_id]) for event in events}
        known = {
            event.ticket_id: allowance.is_known(tickets[event.ticket_id], line, is_proven=event.is_proven)
            for event in events
            if (line := lines[event.ticket_id])
        }
        asked = [(line.account, tickets[one].address, known[one]) for one, line in lines.items() if line]
        left = await allowance.of(work, asked, most=self.house.unproven_an_hour)
        new = await tongue_hint.new_to_us(work, {(account, address) for account, address, _ in asked})
        drafts: list[Draft] = []
        told: list[tuple[int, EntryKind, str]] = []
        for event in events:
            ticket, line = tickets[event.ticket_id], lines[event.ticket_id]
            refused = _refused(event, ticket, line, left, is_fresh=event.message_id in fresh)
            if line is not None and not refused:
                around = await envelope(work, ticket, line, self.house.desk.tokens)
                text = rule_texts.worded(event.reply, ticket)
                drafts.append(_hinted(_automatic(ticket, line, around, text), ticket, line, new, known[ticket.id]))
            text = "rule {rule}: reply {why}" if refused else "rule {rule}: reply sent"
            said = sentences.line(text, rule=event.rule, why=refused)
            told.append((ticket.id, EntryKind.EVENT, said))
        await outbox.enqueue(work, drafts)
        await entries.noted(work, told)

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """An address that refuses us is marked, until its person writes again; one that opted out stays so."""
        await self._note_opt_outs(work, [event.id for event in events if _is_opted_out(event)])
        refused = [event.id for event in events if event.purpose in _TO_CUSTOMERS and _is_refused(event)]
        if not refused:
            return
        found = await work.fetch(f"SELECT account, address FROM messages WHERE id IN ({rows.marks(refused)})", *refused)
        for row in found:
            line = self.house.lines.by_account(row["account"])
            if line is not None:
                await contacts.mark_unreachable(work, line.capabilities.scheme, row["address"], since=True)

    async def _note_opt_outs(self, work: Work, message_ids: Sequence[int]) -> None:
        """The provider knows of an opt-out that we did not hear: asked again, it would only refuse again."""
        if not message_ids:
            return
        found = await work.fetch(
            f"SELECT id, account, address FROM messages WHERE id IN ({rows.marks(message_ids)})", *message_ids
        )
        for row in found:
            line = self.house.lines.by_account(row["account"])
            if line is not None:
                address = Address(line.capabilities.scheme, row["address"])
                await optouts.stop(work, address, source_id=row["id"])

    def is_greeting(self, arrived: Arrived) -> bool:
        """The two words that are no matter of their own. Nothing else a customer writes is ever a command."""
        line = self._own_line(arrived)
        is_word = _GREETING.fullmatch(arrived.inbound.text.strip()) is not None
        return is_word and not arrived.inbound.group and line is not None and asks.is_vouched(line, arrived.inbound)

    async def greet(self, work: Work, arrived: Arrived) -> None:
        """Answer /start with a welcome and /id with the sender's own id (an administrator needs it to add him)."""
        [person] = await contacts.resolve(work, [arrived.inbound])
        await messages.record(work, [arrived], [None])
        line, value = self._own_line(arrived), arrived.inbound.address.value
        is_id = arrived.inbound.text.strip().lower().startswith(WHO)
        if not is_id:
            await optouts.start(work, arrived.inbound.address, source_id=arrived.id)
        if line is None:
            return
        left = await allowance.of(work, [(line.account, value, True)], most=self.house.unproven_an_hour)
        if not left.take(line.account, value, is_known=True):
            return
        buttons = asks.begin(person.language) if line.capabilities.buttons and not is_id else ()
        if is_id:
            text = texts.say(person.language, "Your id here is {id}.", id=arrived.inbound.sender.value)
        else:
            text = texts.say(
                person.language, "Hello {name}! Write to us here; a colleague will answer.", name=person.name
            )
        await outbox.enqueue(work, [asks.answer(line, arrived, "greeting", text, buttons)])

    def _own_line(self, arrived: Arrived) -> Line | None:
        return self.house.lines.by_account(arrived.account)

    def _line(self, ticket: TicketView) -> Line | None:
        return self.house.lines.to(ticket.scheme, account=ticket.account)


def _automatic(ticket: TicketView, line: Line, around: Envelope, text: str) -> Draft:
    """A text that nobody wrote, to where the customer last wrote from; it counts among those of the hour."""
    return Draft(
        line.channel,
        line.account,
        Address(ticket.scheme, ticket.address),
        "acknowledgement",
        text,
        ref=Ref("ticket", ticket.id),
        subject=around.subject,
        token=around.token,
        references=around.references,
        stale_after=HOUR,
    )


def _hinted(draft: Draft, ticket: TicketView, line: Line, new: set[tuple[str, str]], is_known: bool) -> Draft:
    """The first automatic text to an address also says how another language is chosen; the next does not."""
    chat = (draft.account, draft.address.value)
    if chat not in new:
        return draft
    new.discard(chat)
    if line.capabilities.buttons:
        return replace(draft, buttons=tongue_hint.button(ticket.language))
    hint = tongue_hint.words(ticket.language, line, draft.address, is_known=is_known)
    apart = " " if line.capabilities.keywords else "\n\n"
    return replace(draft, text=f"{draft.text}{apart}{hint}") if hint else draft


def _refused(event: RuleAnswered, ticket: TicketView, line: Line | None, left: Allowance, *, is_fresh: bool) -> str:
    """Why a rule's reply is not sent; "" if it is, and it has taken its place among those of the hour."""
    if event.is_disproved:
        return "not sent: the sender's address was forged (DMARC failed)"
    if not is_fresh:
        return "not sent: the message is a machine's or too old"
    if line is None:
        return "not sent: no channel of ours reaches the customer's address"
    is_known = allowance.is_known(ticket, line, is_proven=event.is_proven)
    if left.take(line.account, ticket.address, is_known=is_known):
        return ""
    if left.is_spent(line.account):
        return "not sent: unproven addresses together have had their automatic texts of this hour"
    return "not sent: the address has had its automatic texts of this hour"


def _is_refused(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.REFUSED.value)


def _is_opted_out(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.OPTED_OUT.value)


def _is_asked(event: TicketOpened) -> bool:
    """A matter that a customer has just begun."""
    return not (event.again or event.by_staff) and is_young(event.sent_at)


def is_young(sent_at: datetime | None) -> bool:
    """By when it was written, where its channel says so."""
    return sent_at is None or sent_at > datetime.now(UTC) - OLD


async def young(work: Work, message_ids: Sequence[int]) -> set[int]:
    """Messages that may get an automatic answer: young, by the real clock, and written by a person."""
    if not message_ids:
        return set()
    found = await work.fetch(
        "SELECT r.id FROM raw_messages AS r JOIN messages AS m ON m.id = r.id WHERE r.received_at > ?"
        f" AND NOT m.automatic AND r.id IN ({rows.marks(message_ids)})",
        datetime.now(UTC) - OLD,
        *message_ids,
    )
    return {row["id"] for row in found}
