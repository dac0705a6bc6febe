"""Text messages of colleagues, whose senders prove nothing: a code that went to the linked phone opens a ticket."""

from __future__ import annotations

from msgspec import Struct

from bot import (
    beforehand,
    calls,
    grammar,
    limits,
    mail_grammar,
    many,
    performing,
    reach,
    refusals,
    short,
    telling,
    views,
)
from bot.calls import Answer, Call
from bot.cards import plain
from bot.entrance import Entrance
from bot.grammar import Said, Verb
from bot.limits import Limits
from bot.short import Short
from channels import messages, optouts, outbox
from channels.messages import Arrived
from channels.outbox import Ref
from crmcore import consent, staff, staff_orders
from crmcore.consent import Wish
from crmcore.staff import Colleague
from crmcore.staff_orders import Order
from kernel import errors, log, texts
from kernel.unit import Work

_log = log.get(__name__)
LIMIT = 300  # characters of an answer: two segments
_FILE = "A text command cannot carry a file. Nothing was done. Send the words alone."
_STOPPED = "No more texts to this number. You are told another way from now on. START brings them back."
_STARTED = "Texts come to this number again."
_NEAR = '"{word}" is not a command. Did you mean {near}? Nothing was sent.'
_UNKNOWN = '"{word}" is not a command. {help} Nothing was sent.'
_HELP = "my | T123 | CODE = ack | CODE z 1h | CODE r text | CODE c | T123 take. The code ends each text about a ticket."
_WRONG = "That code opens nothing: wrong, older than 24 h, or used 5 times. Nothing was done. T123 brings a new one."
_LOCKED = "Five wrong codes came from your number {number}. Commands by text rest for 15 minutes. Was it you?"


class Texting(Struct, frozen=True):
    """A step of the fork, for linked numbers alone; whatever another number writes is a customer's message."""

    entrance: Entrance

    async def handle(self, work: Work, arrived: Arrived, colleague: Colleague) -> None:
        """1. STOP and its kin. 2. Limits, and a number that guesses. 3. The command, and its answer.

        Raises CentralaError for what is refused; then nothing is done, and a code counts as not used.
        """
        await messages.record(work, [arrived], [None])
        wish = consent.wish(arrived.inbound.text)
        call = await self.entrance.call(work, arrived, colleague)
        if wish is not None and not arrived.inbound.attachments:
            if wish.wish is Wish.STOP or not await self._is_too_much(call):  # STOP is heard however often it comes
                await self._wished(call, wish.wish)
            return
        if await staff_orders.is_locked(work, arrived.inbound.sender):
            return  # he has been told, and whoever guesses learns nothing
        if await self._is_too_much(call):
            return
        if arrived.inbound.attachments:
            raise errors.Invalid(_FILE)
        for said in await self._run(call, short.read(arrived.inbound.text), colleague):
            await answer(call, said)

    async def _is_too_much(self, call: Call) -> bool:
        """Count one more text; the first of too many is told so."""
        found, who = self.entrance.limits, int(call.actor.id)
        too_many = found.over(who, "text", limits.TEXTS, call.work.now)
        if too_many == 1:
            await answer(call, _slow(call, found, "text", limits.TEXTS))
        return too_many > 0

    async def _run(self, call: Call, said: Short, colleague: Colleague) -> list[Answer]:
        if said.code:
            return await self._opened(call, said, colleague)
        if said.number is not None and not said.word:
            return [await self._summary(call, said.number)]
        verb = self.entrance.registry.find(said.word)
        if verb is None or not verb.is_typed:
            return self._unknown(call, said.word)
        if verb.by_code and (code := staff_orders.code_in(said.rest)):
            return await self._opened(call, Short(code), colleague)
        performing.must_be_allowed(call, verb, said.rest)
        if verb.reads:
            return await self._perform(call, [said.said(verb.name)], None)
        return [await self._asked(call, verb, said)]

    # -- with a code ------------------------------------------------------------------------------------------------

    async def _opened(self, call: Call, said: Short, colleague: Colleague) -> list[Answer]:
        """The code is address and proof: what follows it is done, alone it acks, or confirms what was said before."""
        sender = call.arrived.inbound.sender
        order = await staff_orders.use(call.work, int(colleague.id), sender, said.code)
        if order is None:
            return await self._missed(call, colleague)
        if order.commands:
            if said.word:
                raise errors.Invalid("That code confirms what you wrote before. Send it alone. Nothing was done.")
            return await self._confirmed(call, order)
        verb = self._meant(order, said)
        known = self.entrance.registry.find(verb)  # what is none may be anybody's words: they are in no log
        _log.info("staff.text", by=int(colleague.id), verb=known.name if known else "")
        return await self._perform(call, [Said(verb, None, said.rest)], order.ticket_id)

    def _meant(self, order: Order, said: Short) -> str:
        """Alone it has seen the alert, or wants to see the ticket; putting an alert off is an ack that lasts."""
        if not said.word:
            return "ack" if order.alert_id else "show"
        verb = self.entrance.registry.find(said.word)
        is_put_off = verb is not None and verb.name == "snooze" and order.alert_id
        return "ack" if is_put_off else said.word

    async def _confirmed(self, call: Call, order: Order) -> list[Answer]:
        return await performing.confirmed(call, self.entrance.registry.find, order)

    async def _missed(self, call: Call, colleague: Colleague) -> list[Answer]:
        """Counted, so not refused: a refusal would forget it. The fifth ends it and is told where it matters."""
        sender, can = call.arrived.inbound.sender, call.chat.line.capabilities
        wrong = errors.Forbidden(_WRONG)
        await refusals.note(call.work, self.entrance, call.arrived, int(colleague.id), wrong, can=can)
        if not await staff_orders.miss(call.work, sender):
            return [Answer(texts.say(call.language, _WRONG))]
        _log.warning("staff.codes_locked", by=int(colleague.id), channel=call.arrived.channel)
        told = texts.say(call.language, _LOCKED, number=sender.value)
        whole = (await staff.by_ids(call.work, [int(colleague.id)]))[int(colleague.id)]
        others = [one for one in await reach.chats(call.work, call.house, whole) if one.address != sender]
        if others:
            await outbox.enqueue(call.work, [plain(others[0], "notice", told)])
        return [Answer(told)]

    # -- without one ------------------------------------------------------------------------------------------------

    async def _summary(self, call: Call, number: int) -> Answer:
        """The ticket in a line, with a code for it: the answer reaches the linked phone alone."""
        ticket = await calls.seen(call, number)
        code = await staff_orders.open_ticket(call.work, int(call.actor.id), call.arrived.inbound.sender, ticket.id)
        head = f"{ticket.name} {views.short(ticket.contact, 24)}: {views.short(ticket.subject, 40)}"
        state = f"P{ticket.priority}, {views.state(call.language, ticket)}, {views.owner(call.language, ticket)}"
        return Answer(f"{head}. {state}. {telling.ways(call.language, code, is_alert=False)}")

    async def _asked(self, call: Call, verb: Verb, said: Short) -> Answer:
        """Nothing is done yet: the very command waits ten minutes for the code that goes to the phone."""
        if said.more:
            several = grammar.for_words(verb, said.said(verb.name))
            if several.more:
                call.rest = several.rest
                return await many.ask(call, verb, several)
        ticket = await calls.seen(call, said.number) if said.number is not None else None
        if ticket is None and verb.needs_ticket:
            raise errors.Invalid(
                "Which ticket? Start with T and its number: T12 {verb}. Nothing was done.", verb=verb.name
            )
        meant = Said(verb.name, ticket.number if ticket else None, said.rest)
        call.ticket, call.rest = ticket, said.rest
        asked = await beforehand.ask(call, verb, meant, is_alone=True)
        if asked is not None:
            return asked
        line = mail_grammar.written(meant, None)
        code = await staff_orders.ask(
            call.work,
            int(call.actor.id),
            call.arrived.inbound.sender,
            ticket.id if ticket else None,
            [line],
            version=ticket.version if ticket else 0,
        )
        about = (
            f" {ticket.name} ({views.short(ticket.contact, 20)}, {views.short(ticket.subject, 30)})" if ticket else ""
        )
        return Answer(
            texts.say(
                call.language,
                "{verb}{about}? Send {answer}. 10 min.",
                verb=verb.name.capitalize(),
                about=about,
                answer=code,
            )
        )

    def _unknown(self, call: Call, word: str) -> list[Answer]:
        found, who, kind = self.entrance.limits, int(call.actor.id), "unknown by text"
        too_many = found.over(who, kind, limits.UNKNOWN, call.work.now)
        if too_many:
            return [_slow(call, found, kind, limits.UNKNOWN)] if too_many == 1 else []
        near, shown = self.entrance.registry.near(word) if word else None, views.short(word, 20)
        if near:
            return [Answer(texts.say(call.language, _NEAR, word=shown, near=near.name))]
        help_ = texts.say(call.language, _HELP)
        return [Answer(texts.say(call.language, _UNKNOWN, word=shown, help=help_))]

    async def _wished(self, call: Call, wish: Wish) -> None:
        """STOP mutes the number alone: he is told another way. HELP is one text."""
        sender = call.arrived.inbound.sender
        if wish is Wish.HELP:
            await answer(call, Answer(texts.say(call.language, _HELP)))
        elif wish is Wish.START:
            await optouts.start(call.work, sender, purposes=(*optouts.PURPOSES, reach.MUTED), source_id=call.arrived.id)
            await answer(call, Answer(texts.say(call.language, _STARTED)))
        elif await optouts.stop(call.work, sender, purposes=(reach.MUTED,), source_id=call.arrived.id):
            _log.warning("staff.muted", by=int(call.actor.id), channel=call.arrived.channel)
            await answer(call, Answer(texts.say(call.language, _STOPPED)))

    async def _perform(self, call: Call, said: list[Said], ticket_id: int | None) -> list[Answer]:
        return await performing.perform(call, self.entrance.registry.find, said, ticket_id)


def _slow(call: Call, found: Limits, kind: str, most: int) -> Answer:
    return Answer(calls.refusal(call.language, found.slow(int(call.actor.id), kind, most, call.work.now)))


async def answer(call: Call, said: Answer) -> None:
    """As a text: flat and short, without buttons. What follows a reply's delivery still finds it."""
    text = said.text if len(said.text) <= LIMIT else said.text[: LIMIT - 1].rstrip() + "…"
    ref = said.ref or (Ref("ticket", call.ticket.id) if call.ticket else None)
    await calls.answer(call, Answer(text, (), said.purpose, ref))
