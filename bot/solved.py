"""What a customer is asked when his ticket has come to its end: whether it is solved, and then how we did.

One question at a time: who says yes is asked for the rating, who says not yet has his ticket open again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import asks, calls, cards, reach, views, yes_no
from bot.house import Chat, House
from bot.rating import PURPOSE, STALE, Rating, by_word
from channels import messages, outbox
from channels.contract import Address, Button, Buttons, Kind
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft, Ref
from crmcore import contacts, staff
from kernel import texts
from kernel.unit import Work
from routing import intake
from tickets import acceptances, blocking, surveys, visible
from tickets.acceptances import Answer, Asked
from tickets.events import Change, TicketChanged, TicketOpened
from tickets.visible import TicketView

AFTER = timedelta(minutes=10)  # a ticket that is closed by mistake is open again by then
_PRESS = "c:solved:"
_CODE = re.compile(r"c:solved:(yes|not_yet)")


class Solved(Struct, frozen=True):
    """Handler of TicketChanged and TicketOpened, and a step of the fork."""

    house: House

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """Ask about tickets that a person has ended; take back what is not out yet about those that are open again."""
        await _withdraw(work, [one.ticket_id for one in events if one.change in (Change.REOPENED, Change.UNANSWERED)])
        if self.house.quiet.is_on:
            return
        ended = [one.ticket_id for one in events if one.change is Change.CLOSED and one.actor_id and not one.silent]
        solved = await acceptances.due(work, ended) if self.house.asks_solved else set()
        rated = await surveys.due(work, ended)
        tickets = await visible.by_ids(work, sorted(solved | rated))
        people: set[int] = set()
        for ticket in tickets.values():
            if ticket.contact_id not in people and await self._ask(work, ticket, solved, rated):
                people.add(ticket.contact_id)

    async def opened(self, work: Work, events: Sequence[TicketOpened]) -> None:
        """The customer has written again before he was asked."""
        await _withdraw(work, [event.ticket_id for event in events if event.again])

    def hears(self, arrived: Arrived) -> bool:
        """One of our two buttons, or a word alone where there are no buttons. Pure."""
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.group or inbound.attachments or inbound.automatic:
            return False
        if inbound.kind is Kind.PRESS:
            return _CODE.fullmatch(inbound.code) is not None
        return by_word(line, inbound.address.value) and yes_no.read(inbound.text) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """1. Which question? 2. Which answer? 3. What follows. False for a word that answers no question of ours."""
        line = self.house.lines.by_account(arrived.account)
        if line is None or await blocking.blocked(work, [arrived.inbound.sender]):
            return False
        if arrived.inbound.kind is Kind.PRESS:
            await self._pressed(work, arrived, line)
            return True
        word = yes_no.read(arrived.inbound.text)
        at = arrived.inbound.address.value
        found = await acceptances.waiting(work, arrived.account, at, word.number) if word else None
        if word is None or found is None:
            return False
        said = await self._answered(work, arrived, found, word.said, arrived.inbound.text)
        if said:
            await outbox.enqueue(work, [asks.answer(line, arrived, "asked", said)])
        return True

    # -- asking -----------------------------------------------------------------------------------------------------

    async def _ask(self, work: Work, ticket: TicketView, solved: Collection[int], rated: Collection[int]) -> bool:
        line = self.house.lines.to(ticket.scheme, account=ticket.account)
        asked = _worded(line, ticket) if line is not None and ticket.id in solved else None
        if line is None or asked is None:
            return ticket.id in rated and await Rating(self.house).ask(work, ticket, after=AFTER)
        draft = Draft(
            line.channel,
            line.account,
            Address(ticket.scheme, ticket.address),
            PURPOSE,
            asked[0],
            ref=Ref("ticket", ticket.id),
            buttons=asked[1],
            hold=AFTER,
            stale_after=STALE,
        )
        if not await acceptances.asked(work, ticket.id, draft.id, draft.account, draft.address.value):
            return False
        await outbox.enqueue(work, [draft])
        return True

    # -- hearing ----------------------------------------------------------------------------------------------------

    async def _pressed(self, work: Work, arrived: Arrived, line: Line) -> None:
        """The message above the button says what was asked, and to whom: a press from elsewhere finds nothing."""
        inbound, code = arrived.inbound, _CODE.fullmatch(arrived.inbound.code)
        above = await messages.above(work, arrived.account, inbound.address.value, inbound.replies_to)
        found = await acceptances.by_message(work, above) if above is not None else None
        chat = Chat(line, inbound.address)
        if found is None or code is None:
            [person] = await contacts.resolve(work, [inbound])
            await messages.record(work, [arrived], [None])
            await calls.toast(work, chat, inbound.query, texts.say(person.language, "This button is out of date."))
            return
        ticket = await _ticket(work, found)
        said = Answer(code[1])
        label = _label(ticket.language, said)
        text = await self._answered(work, arrived, found, said, label)
        thanks = texts.say(ticket.language, "Thank you.")
        await calls.toast(work, chat, inbound.query, text or thanks)
        if line.capabilities.edits:
            shown = f"{_question(ticket)} {label}\n{text or thanks}"
            draft = Draft(line.channel, line.account, inbound.address, "survey_edit", shown)
            await outbox.enqueue(work, [cards.edit(draft, found.message_id)])

    async def _answered(self, work: Work, arrived: Arrived, one: Asked, said: Answer, words: str) -> str:
        """Take the answer; returns what he is told, "" where the question about a rating follows."""
        is_first = await acceptances.answer(work, one, said, source_id=arrived.id)
        before = await _ticket(work, one)
        if said is Answer.NOT_YET and is_first:
            await self._go_on(work, arrived, before, words)
            return texts.say(before.language, "Thank you for telling us. A colleague will go on with it.")
        await contacts.resolve(work, [arrived.inbound])
        await messages.record(work, [arrived], [Ref("ticket", one.ticket_id)])
        if not is_first:
            return texts.say(before.language, "We have your answer already. Thank you.")
        await acceptances.record(work, before, said, proof=arrived.channel)
        may_rate = one.ticket_id in await surveys.due(work, [one.ticket_id])
        is_asked = may_rate and await Rating(self.house).ask(work, before, after=timedelta())
        return "" if is_asked else texts.say(before.language, "Thank you.")

    async def _go_on(self, work: Work, arrived: Arrived, ticket: TicketView, words: str) -> None:
        """His word opens the ticket again, as any other of his would; its owner is told in his own chat."""
        token = self.house.desk.tokens.issue(ticket.number, ticket.contact_id)
        inbound = replace(arrived.inbound, kind=Kind.MESSAGE, text=words, replies_to="", token=token)
        await acceptances.record(work, ticket, Answer.NOT_YET, proof=arrived.channel)
        await intake.handle(work, self.house.desk, [replace(arrived, inbound=inbound)])
        now = await visible.by_id(work, ticket.id)
        owner = (await staff.by_ids(work, [now.assignee_id])).get(now.assignee_id) if now and now.assignee_id else None
        chat = await reach.first(work, self.house, owner) if owner is not None and owner.active else None
        if now is None or chat is None or not chat.line.capabilities.buttons or not self.house.staff_chats:
            return  # by text or letter, and where there is no staff chat, he is told as of any ticket that begins again
        text = texts.say(chat.language, "{ticket}: the customer says that it is not solved yet.", ticket=now.name)
        face = cards.face(self.house, chat.language, now, work.now)
        buttons = views.card_buttons(chat.language, now)
        await outbox.enqueue(work, [cards.draft(chat, "card_note", f"{text}\n{face}", now, buttons=buttons)])


async def _withdraw(work: Work, ticket_ids: Sequence[int]) -> None:
    await acceptances.withdraw(work, ticket_ids)
    await surveys.withdraw(work, ticket_ids)


async def _ticket(work: Work, one: Asked) -> TicketView:
    found = await visible.by_id(work, one.ticket_id)
    if found is None:
        raise LookupError("a question about a ticket that is gone")
    return found


def _worded(line: Line, ticket: TicketView) -> tuple[str, Buttons] | None:
    """The question as this line can carry the answer; None where a link or nothing can. Pure."""
    if line.capabilities.buttons:
        row = tuple(Button(_label(ticket.language, said), f"{_PRESS}{said}") for said in Answer)
        return _question(ticket), (row,)
    if by_word(line, ticket.address):
        return texts.say(
            ticket.language, "{number}: is it solved? Answer OK, or NO if it is not yet.", number=ticket.name
        ), ()
    return None


def _question(ticket: TicketView) -> str:
    return texts.say(ticket.language, "{number}: is it solved?", number=ticket.name)


def _label(language: str, said: Answer) -> str:
    return texts.say(language, "Yes") if said is Answer.YES else texts.say(language, "Not yet")
