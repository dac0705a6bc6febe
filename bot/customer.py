"""What customers are told by themselves, in their language: that we have their message, and by when we answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bot import asks, promise
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
from kernel import rows, texts
from kernel.unit import Reader, Work
from routing import rule_texts
from routing.events import RuleAnswered
from tickets import entries, terms, visible
from tickets.envelopes import Envelope, envelope
from tickets.events import TicketOpened
from tickets.models import ClockKind, EntryKind
from tickets.visible import TicketView

HOUR = timedelta(hours=1)
KNOWN_AN_HOUR = 3  # automatic texts to one address that the channel itself vouches for
UNKNOWN_AN_HOUR = 1  # to one that somebody merely wrote down
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
        said = await said_lately(work, [(line.account, ticket.address) for ticket, line in reached])
        timed = [ticket.id for ticket, _ in reached if ticket.first_response_due]
        held = await terms.of_tickets(work, timed, ClockKind.FIRST_RESPONSE)
        drafts = []
        for ticket, line in reached:
            key = (line.account, ticket.address)
            if said.get(key, 0) < limit(ticket, line):
                said[key] = said.get(key, 0) + 1
                around = await envelope(work, ticket, line, self.house.desk.tokens)
                hours = held[ticket.id].calendar if ticket.id in held else self.house.desk.queue(ticket.queue).calendar
                text = promise.acknowledged(ticket.language, ticket.name, ticket.first_response_due, hours, work.now)
                drafts.append(_automatic(ticket, line, around, text))
        await outbox.enqueue(work, drafts)

    async def ruled(self, work: Work, events: Sequence[RuleAnswered]) -> None:
        """What rules say by themselves: within the same limits as acknowledgements; the ticket tells which it was."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        fresh = await young(work, [event.message_id for event in events if is_young(event.sent_at)])
        lines = {event.ticket_id: self._line(tickets[event.ticket_id]) for event in events}
        keys = {(line.account, tickets[one].address) for one, line in lines.items() if line}
        said = await said_lately(work, keys) if keys else {}
        drafts: list[Draft] = []
        told: list[tuple[int, EntryKind, str]] = []
        for event in events:
            ticket, line = tickets[event.ticket_id], lines[event.ticket_id]
            refused = _refused(ticket, line, said, is_fresh=event.message_id in fresh)
            if line is not None and not refused:
                key = (line.account, ticket.address)
                said[key] = said.get(key, 0) + 1
                around = await envelope(work, ticket, line, self.house.desk.tokens)
                text = rule_texts.worded(event.reply, ticket)
                drafts.append(_automatic(ticket, line, around, text))
            told.append((ticket.id, EntryKind.EVENT, f"rule {event.rule}: reply {refused or 'sent'}"))
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
        is_word = _GREETING.fullmatch(arrived.inbound.text.strip()) is not None
        return is_word and not arrived.inbound.group and self._own_line(arrived) is not None

    async def greet(self, work: Work, arrived: Arrived) -> None:
        """Answer /start with a welcome and /id with the sender's own id (an administrator needs it to add him)."""
        [person] = await contacts.resolve(work, [arrived.inbound])
        await messages.record(work, [arrived], [None])
        line, value = self._own_line(arrived), arrived.inbound.address.value
        is_id = arrived.inbound.text.strip().lower().startswith(WHO)
        if not is_id:
            await optouts.start(work, arrived.inbound.address, source_id=arrived.id)
        if (
            line is None
            or (await said_lately(work, [(line.account, value)])).get((line.account, value), 0) >= KNOWN_AN_HOUR
        ):
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


def _refused(ticket: TicketView, line: Line | None, said: Mapping[tuple[str, str], int], *, is_fresh: bool) -> str:
    """Why a rule's reply is not sent; "" if it is. Pure."""
    if not is_fresh:
        return "not sent: the message is a machine's or too old"
    if line is None:
        return "not sent: no channel of ours reaches the customer's address"
    if said.get((line.account, ticket.address), 0) >= limit(ticket, line):
        return "not sent: the address has had its automatic texts of this hour"
    return ""


def _is_refused(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.REFUSED.value)


def _is_opted_out(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.OPTED_OUT.value)


def limit(ticket: TicketView, line: Line) -> int:
    """A chat that its own channel vouches for may hear more from us than an address that somebody wrote down."""
    return KNOWN_AN_HOUR if line.account == ticket.account else UNKNOWN_AN_HOUR


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


async def said_lately(work: Reader, chats: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How many texts that nobody wrote each (account, address) has had within the hour: acknowledgements, greetings
    and the words about opting out together. Each part of the question has its index.
    """
    accounts, addresses = list({account for account, _ in chats}), list({address for _, address in chats})
    since = work.now - HOUR
    where = f"account IN ({rows.marks(accounts)}) AND address IN ({rows.marks(addresses)}) AND created_at > ?"
    values = (*accounts, *addresses, since)
    found = await work.fetch(
        "SELECT account, address, count(*) AS n FROM ("
        f"SELECT account, address FROM messages WHERE purpose = 'acknowledgement' AND {where} UNION ALL"
        " SELECT account, address FROM messages WHERE purpose IN ('greeting', 'consent')"
        f" AND external_id IS NOT NULL AND {where} UNION ALL"
        " SELECT account, address FROM messages WHERE purpose IN ('greeting', 'consent')"
        f" AND external_id IS NULL AND state IN ('queued', 'leased') AND {where}) AS heard GROUP BY account, address",
        *values,
        *values,
        *values,
    )
    return {(row["account"], row["address"]): row["n"] for row in found}
