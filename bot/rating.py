"""How a customer found it, asked once when his ticket is closed: by buttons, by a digit, or by a link in a letter."""

from __future__ import annotations

import re
from datetime import timedelta

from msgspec import Struct

from bot import asks, calls
from bot.cards import edit
from bot.house import Chat, House
from channels import messages, outbox
from channels.contract import Address, Button, Buttons, Kind
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft, Ref
from crmcore import contacts
from kernel import texts
from kernel.unit import Work
from tickets import surveys
from tickets.envelopes import envelope
from tickets.surveys import SCORES, Asked
from tickets.visible import TicketView

PURPOSE = "survey"
STALE = timedelta(hours=24)
PATH = "/rate/"
_PRESS = "c:rate:"
_DIGIT = re.compile(r"\s*([1-5])\s*[.!]?\s*")
_CODE = re.compile(r"c:rate:([1-5])")


class Rating(Struct, frozen=True):
    """Asked for by `solved`; a step of the fork. Where no answer can arrive nobody is asked."""

    house: House

    async def ask(self, work: Work, ticket: TicketView, *, after: timedelta) -> bool:
        """Put the question; False where ratings are off, no answer could arrive, or it was put before."""
        draft = await self._question(work, ticket, after) if self.house.ratings else None
        if draft is None:
            return False
        if not await surveys.asked(work, ticket.id, draft.id, draft.account, draft.address.value):
            return False
        await outbox.enqueue(work, [draft])
        return True

    def hears(self, arrived: Arrived) -> bool:
        """One of our five buttons, or a digit alone where there are no buttons. Pure."""
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.group or inbound.attachments or inbound.automatic:
            return False
        if inbound.kind is Kind.PRESS:
            return _CODE.fullmatch(inbound.code) is not None
        return by_word(line, inbound.address.value) and _DIGIT.fullmatch(inbound.text) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Count it, or keep it; False for a digit that answers no question of ours."""
        if arrived.inbound.kind is Kind.PRESS:
            await self._pressed(work, arrived)
            return True
        found, digit = await self._waiting(work, arrived), _DIGIT.fullmatch(arrived.inbound.text)
        line = self.house.lines.by_account(arrived.account)
        if found is None or digit is None or line is None:
            return False
        await contacts.resolve(work, [arrived.inbound])
        await messages.record(work, [arrived], [Ref("ticket", found.ticket_id)])
        if await surveys.answer(work, found, int(digit[1]), source_id=arrived.id):
            text = texts.say(found.language, "Thank you for your rating.")
            await outbox.enqueue(work, [asks.answer(line, arrived, "asked", text)])
        return True

    # -- steps ------------------------------------------------------------------------------------------------------

    async def _waiting(self, work: Work, arrived: Arrived) -> Asked | None:
        return await surveys.waiting(work, arrived.account, arrived.inbound.address.value)

    async def _pressed(self, work: Work, arrived: Arrived) -> None:
        """The message above the button says what was asked, and to whom: a press from elsewhere finds nothing."""
        inbound, line = arrived.inbound, self.house.lines.by_account(arrived.account)
        [person] = await contacts.resolve(work, [inbound])
        await messages.record(work, [arrived], [None])
        if line is None:
            return
        above = await messages.above(work, arrived.account, inbound.address.value, inbound.replies_to)
        found = await surveys.by_message(work, above) if above is not None else None
        code, chat = _CODE.fullmatch(inbound.code), Chat(line, inbound.address)
        if found is None or code is None:
            await calls.toast(work, chat, inbound.query, texts.say(person.language, "This button is out of date."))
            return
        counts = await surveys.answer(work, found, int(code[1]), source_id=arrived.id)
        text = texts.say(found.language, "Thank you for your rating.")
        if not counts and found.score is None:
            text = texts.say(found.language, "The time for a rating is over. Thank you all the same.")
        elif not counts:
            text = texts.say(found.language, "Your rating is here already. Thank you.")
        await calls.toast(work, chat, inbound.query, text)
        if counts and line.capabilities.edits:
            shown = f"{text} {code[1]}/{SCORES[-1]}"
            await outbox.enqueue(
                work, [edit(Draft(line.channel, line.account, inbound.address, "survey_edit", shown), found.message_id)]
            )

    async def _question(self, work: Work, ticket: TicketView, after: timedelta) -> Draft | None:
        line = self.house.lines.to(ticket.scheme, account=ticket.account)
        if line is None:
            return None
        asked = self._worded(line, ticket)
        if asked is None:
            return None
        text, buttons = asked
        around = await envelope(work, ticket, line, self.house.desk.tokens)
        return Draft(
            line.channel,
            line.account,
            Address(ticket.scheme, ticket.address),
            PURPOSE,
            text,
            ref=Ref("ticket", ticket.id),
            buttons=buttons,
            subject=around.subject,
            token=around.token,
            references=around.references,
            hold=after,
            stale_after=STALE,
        )

    def _worded(self, line: Line, ticket: TicketView) -> tuple[str, Buttons] | None:
        """The question as this line can carry the answer; None where none could arrive."""
        language, number = ticket.language, ticket.name
        if line.capabilities.buttons:
            text = texts.say(language, "{number} is closed. How did we do? 1 is bad, 5 is very good.", number=number)
            return text, (tuple(Button(str(score), f"{_PRESS}{score}") for score in SCORES),)
        if by_word(line, ticket.address):
            text = texts.say(
                language, "{number} is closed. How did we do? Answer with a digit: 1 is bad, 5 is very good.",
                number=number,
            )  # fmt: skip
            return text, ()
        token = self.house.desk.tokens.issue_rating(ticket.number)
        if line.capabilities.conversational or not self.house.public_url or not token:
            return None
        link = f"{self.house.public_url.rstrip('/')}{PATH}{token}"
        text = texts.say(language, "{number} is closed. How did we do? Say it here: {link}", number=number, link=link)
        return f"{text}\n\n{texts.say(language, 'Not solved yet? Answer this letter.')}", ()


def by_word(line: Line, address: str) -> bool:
    """A digit or a word alone is an answer there, and can arrive. Pure."""
    capabilities = line.capabilities
    return not capabilities.buttons and capabilities.keywords and capabilities.hears_from(address)
