"""What customers are told by themselves, in their language: that we have their message, and by when we answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from kernel.unit import Work
from tickets import visible
from tickets.envelopes import Envelope, envelope
from tickets.events import TicketOpened
from tickets.visible import TicketView

HOUR = timedelta(hours=1)
KNOWN_AN_HOUR = 3  # automatic texts to one address that the channel itself vouches for
UNKNOWN_AN_HOUR = 1  # to one that somebody merely wrote down
OLD = timedelta(hours=24)  # no automatic text ever answers an older message
WHO = "/id"
# The whole text: one of the two words, or /start with what a link has put after it (t.me/our_bot?start=payload).
_GREETING = re.compile(r"/id|/start(?: [A-Za-z0-9_-]{1,64})?", re.IGNORECASE)
_TO_CUSTOMERS = ("reply", "acknowledgement", "greeting", "notice")


@dataclass(frozen=True, slots=True)
class Customers:
    """Handlers and the two words a customer's chat begins with."""

    house: House

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """Acknowledge new tickets: once each, and within the limits an address has."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        fresh = await _fresh(work, [event.message_id for event in events if _is_asked(event)])
        wanted = [ticket for event in events if event.message_id in fresh and (ticket := tickets[event.ticket_id])]
        reached = [(ticket, line) for ticket in wanted if (line := self._line(ticket))]
        if not reached:
            return
        said = await _said(work, [(line.account, ticket.address) for ticket, line in reached])
        drafts = []
        for ticket, line in reached:
            key = (line.account, ticket.address)
            if said.get(key, 0) < _limit(ticket, line):
                said[key] = said.get(key, 0) + 1
                around = await envelope(work, ticket, line, self.house.desk.tokens)
                drafts.append(self._acknowledgement(work, ticket, line, around))
        await outbox.enqueue(work, drafts)

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
        if line is None or (await _said(work, [(line.account, value)])).get((line.account, value), 0) >= KNOWN_AN_HOUR:
            return
        if arrived.inbound.text.strip().lower().startswith(WHO):
            text = texts.say(person.language, "Your id here is {id}.", id=arrived.inbound.sender.value)
        else:
            text = texts.say(
                person.language, "Hello {name}! Write to us here; a colleague will answer.", name=person.name
            )
        await outbox.enqueue(
            work, [Draft(line.channel, line.account, arrived.inbound.address, "greeting", text, stale_after=HOUR)]
        )

    def _own_line(self, arrived: Arrived) -> Line | None:
        return self.house.lines.by_account(arrived.account)

    def _line(self, ticket: TicketView) -> Line | None:
        return self.house.lines.to(ticket.scheme, account=ticket.account)

    def _acknowledgement(self, work: Work, ticket: TicketView, line: Line, around: Envelope) -> Draft:
        queue = self.house.desk.queue(ticket.queue)
        if ticket.first_response_due is None:
            text = texts.say(
                ticket.language, "We have your message, number {number}. A colleague will answer.", number=ticket.name
            )
        else:
            by = texts.moment(ticket.language, ticket.first_response_due, queue.calendar.zone, now=work.now)
            text = texts.say(
                ticket.language,
                "We have your message, number {number}. A colleague will answer by {time}.",
                number=ticket.name,
                time=by,
            )
        address = Address(ticket.scheme, ticket.address)
        ref = Ref("ticket", ticket.id)
        return Draft(
            line.channel,
            line.account,
            address,
            "acknowledgement",
            text,
            ref=ref,
            subject=around.subject,
            token=around.token,
            references=around.references,
            stale_after=HOUR,
        )


def _is_refused(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.REFUSED.value)


def _is_opted_out(event: MessageSettled) -> bool:
    return event.state is MessageState.FAILED and (event.reason or "").startswith(Reason.OPTED_OUT.value)


def _limit(ticket: TicketView, line: Line) -> int:
    """A chat that its own channel vouches for may hear more from us than an address that somebody wrote down."""
    return KNOWN_AN_HOUR if line.account == ticket.account else UNKNOWN_AN_HOUR


def _is_asked(event: TicketOpened) -> bool:
    """A matter that a customer has just begun: young by when it was written, where its channel says so."""
    if event.again or event.by_staff:
        return False
    return event.sent_at is None or event.sent_at > datetime.now(UTC) - OLD


async def _fresh(work: Work, message_ids: Sequence[int]) -> set[int]:
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


async def _said(work: Work, chats: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
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
