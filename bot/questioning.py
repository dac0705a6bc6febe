"""Guided questions: a customer is asked for the empty fields of his case one by one, and his answers are read.

What he writes stays a message of his like any other; the field is set besides, by himself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot import allowance, answers, asks, calls, cards, putting, question_texts
from bot.answers import Meant, Option, Said
from bot.asked import Ask
from bot.call_me import CallMe
from bot.customer import is_young, young
from bot.house import Chat, House
from bot.question_texts import Question
from bot.wishes import Wishes
from channels import messages, outbox
from channels.contract import Inbound, Kind
from channels.events import MessageSettled
from channels.lines import Line
from channels.messages import Arrived
from channels.models import MessageState
from crmcore import access, contacts
from crmcore.access import Actor, Role
from crmcore.consent import Wish
from kernel import errors, sentences, texts
from kernel.unit import Reader, Work
from routing import intake, rule_acts
from routing.events import RuleAsked
from tickets import blocking, entries, questions, values, visible
from tickets.events import Change, TicketChanged
from tickets.kinds import Field
from tickets.kinds import Kind as CaseKind
from tickets.models import AuthorKind, EntryKind
from tickets.questions import Put, Run, RunState
from tickets.visible import TicketView

TOO_OLD = "the message is a machine's or too old"

_UNPROVEN = "nothing proves who wrote. /ask {ticket} asks."  # a line of history


class Now(Struct, frozen=True):
    """A run as a message finds it: the ticket, the field asked, its options, and the line between us."""

    run: Run
    ticket: TicketView
    kind: CaseKind
    field: Field
    options: Sequence[Option]
    line: Line


class Questioning(Struct, frozen=True):
    """Begun by a colleague; a step of the fork; a handler of TicketChanged and MessageSettled."""

    house: House

    async def begin(
        self, work: Work, actor: Actor, ticket: TicketView, *, author: AuthorKind = AuthorKind.STAFF
    ) -> list[str]:
        """Ask for the first field; returns the names of all. `author`: what the actor is.

        Raises Conflict if the ticket is over or he is being asked already, Invalid if there is nothing to ask for or
        no answer could come.
        """
        line = putting.line(self.house, ticket)
        kind = self.house.desk.kinds.of(ticket.kind)
        fields = questions.wanted(kind, await values.of(work, ticket.id))
        if not fields:
            raise errors.Invalid(
                "There is nothing to ask for: {ticket} is a {kind}, and no field of it that a customer can fill in is"
                " empty. Nothing was sent. /kind {ticket} complaint makes it another.",
                ticket=ticket.name,
                kind=kind.label or kind.name,
            )
        options = await putting.options(work, fields[0], ticket.language)
        first = Question(ticket.name, kind, fields[0], 1, len(fields), options)
        draft = await putting.question(work, self.house, ticket, line, first)
        put = Put(fields[0].name, draft.id, line.account, ticket.address)
        await questions.begin(work, actor, ticket, put, fields, author=author)
        await outbox.enqueue(work, [draft])
        return [one.name for one in fields]

    async def ruled(self, work: Work, events: Sequence[RuleAsked]) -> None:
        """Handler of RuleAsked: as a colleague would ask; why he is not asked stands on the ticket."""
        tickets = await visible.by_ids(work, [event.ticket_id for event in events])
        fresh = await young(work, [event.message_id for event in events if is_young(event.sent_at)])
        told: list[tuple[int, EntryKind, str]] = []
        for event in events:
            ticket, why = tickets[event.ticket_id], "" if event.message_id in fresh else TOO_OLD
            if not why:
                try:
                    line = putting.line(self.house, ticket)
                    if not allowance.is_known(ticket, line, is_proven=event.is_proven):
                        raise errors.Conflict(_UNPROVEN, ticket=ticket.name)
                    await self.begin(work, rule_acts.by_rule(event.rule), ticket, author=AuthorKind.SYSTEM)
                except (errors.Invalid, errors.Conflict) as error:
                    why = str(error)
            if why:
                said = sentences.line("rule {rule}: the customer is not asked: {why}", rule=event.rule, why=why)
                told.append((ticket.id, EntryKind.EVENT, said))
        await entries.noted(work, told)

    async def running(self, reader: Reader, arrived: Sequence[Arrived]) -> set[tuple[str, str]]:
        """Of these messages' chats those where questions are under way. One query, or none."""
        return await questions.running(reader, {_chat(one) for one in arrived if _may_answer(one.inbound)})

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """1. Is it an answer? 2. It is his message. 3. What it says. False for what is none."""
        if not _may_answer(arrived.inbound):
            return False
        now = await self._now(work, arrived)
        if now is None or not await self._is_answer(work, arrived, now):
            return False
        said, words = _said(arrived.inbound, now)
        if said is None:
            return False
        if arrived.inbound.kind is Kind.PRESS:
            await calls.toast(work, Chat(now.line, arrived.inbound.address), arrived.inbound.query, "")
        await self._place(work, arrived, now, words)
        await self._heard(work, now, said, arrived.channel)
        return True

    def is_button(self, arrived: Arrived) -> bool:
        """A button of a question of ours, still asked or not. Pure."""
        return arrived.inbound.kind is Kind.PRESS and arrived.inbound.code.startswith(f"{question_texts.PRESS}:")

    async def stale(self, work: Work, arrived: Arrived) -> bool:
        """A button of a question that is not asked any more."""
        [person] = await contacts.resolve(work, [arrived.inbound])
        await messages.record(work, [arrived], [None])
        line = self.house.lines.by_account(arrived.account)
        if line is not None:
            said = texts.say(person.language, "This button is out of date.")
            await calls.toast(work, Chat(line, arrived.inbound.address), arrived.inbound.query, said)
        return True

    async def changed(self, work: Work, events: Sequence[TicketChanged]) -> None:
        """Nobody is asked about a ticket that is over."""
        await questions.closed(work, [event.ticket_id for event in events if event.change is Change.CLOSED])

    async def settled(self, work: Work, events: Sequence[MessageSettled]) -> None:
        """A question that was not delivered is answered by nobody."""
        lost = [one.id for one in events if one.purpose == putting.PURPOSE and one.state is MessageState.FAILED]
        if lost:
            await questions.undelivered(work, lost)

    # -- is it an answer? -------------------------------------------------------------------------------------------

    async def _now(self, work: Work, arrived: Arrived) -> Now | None:
        line = self.house.lines.by_account(arrived.account)
        run = await questions.at(work, *_chat(arrived)) if line is not None else None
        if run is None or line is None or await blocking.blocked(work, [arrived.inbound.sender]):
            return None
        ticket = await visible.by_id(work, run.ticket_id)
        kind = self.house.desk.kinds.of(ticket.kind) if ticket else None
        field = next((one for one in kind.fields if one.name == run.field), None) if kind else None
        if ticket is None or kind is None or field is None or ticket.is_done:
            await questions.end(work, run, RunState.STOPPED, f"questions ended: {run.field} is not asked for any more")
            return None
        return Now(run, ticket, kind, field, await putting.options(work, field, ticket.language), line)

    async def _is_answer(self, work: Work, arrived: Arrived, now: Now) -> bool:
        """Not what replies to another message, and not a word that the house hears at any time."""
        inbound = arrived.inbound
        if inbound.kind is Kind.PRESS:
            return inbound.code.startswith(f"{question_texts.PRESS}:{now.run.question_id}:")
        row = await work.one("SELECT external_id FROM messages WHERE id = ?", now.run.question_id)
        question = row["external_id"] if row else None
        if not now.line.capabilities.conversational and question not in inbound.references:
            return False
        if inbound.replies_to and inbound.replies_to != question:
            return False
        if now.line.capabilities.buttons and inbound.text.startswith("/") and answers.word(inbound.text) is None:
            return False  # a command, known or not
        wish = Wishes(self.house).word(arrived)
        if wish is not None and wish.wish is Wish.STOP:
            await questions.end(work, now.run, RunState.STOPPED, "questions ended: the customer stopped our messages")
        asked = asks.Asks(self.house).asked(arrived)
        is_word = wish is not None or (asked is not None and asked.ask is not Ask.HUMAN)
        return not is_word and not CallMe(self.house).hears(arrived)

    async def _place(self, work: Work, arrived: Arrived, now: Now, words: str) -> None:
        """On the ticket that he is asked about, whichever else of his is open."""
        token = self.house.desk.tokens.issue(now.ticket.number, now.ticket.contact_id)
        inbound = replace(arrived.inbound, kind=Kind.MESSAGE, text=words, replies_to="", token=token)
        await intake.handle(work, self.house.desk, [replace(arrived, inbound=inbound)])

    # -- what it says -----------------------------------------------------------------------------------------------

    async def _heard(self, work: Work, now: Now, said: Said, channel: str) -> None:
        if said.meant is Meant.PERSON:
            await self._end(work, now, RunState.STOPPED, "the customer asks for a person")
        elif said.meant is Meant.STOP:
            await self._end(work, now, RunState.STOPPED, "the customer wants no more of them")
        elif said.meant is Meant.SKIP and not now.field.required:
            await self._next(work, now, {*now.run.skipped, now.field.name})
        elif said.meant is Meant.VALUE and await self._set(work, now, said.value, channel):
            await self._next(work, now, now.run.skipped)
        elif now.run.is_second:
            await self._end(work, now, RunState.HANDED, f"what was written for {now.field.name} was not understood")
        else:
            await self._again(work, now)

    async def _set(self, work: Work, now: Now, value: str, channel: str) -> bool:
        """By the customer himself; False if it does not stand, such as the code of no station."""
        ticket, given = now.ticket, {now.field.name: value}
        customer = Actor(access.StaffId(0), ticket.contact, Role.AGENT, "UTC", frozenset(), proof=channel)
        try:
            await values.put(work, customer, ticket, now.kind, given, author=AuthorKind.CUSTOMER)
        except errors.Invalid:
            return False
        return True

    async def _again(self, work: Work, now: Now) -> None:
        run = now.run
        same = Question(now.ticket.name, now.kind, now.field, run.done + 1, run.total, now.options, is_second=True)
        draft = await putting.question(work, self.house, now.ticket, now.line, same)
        await questions.repeat(work, run, draft.id)
        await outbox.enqueue(work, [draft])

    async def _next(self, work: Work, now: Now, skipped: Collection[str]) -> None:
        held = await values.of(work, now.ticket.id)
        left = questions.wanted(now.kind, held, {*skipped, now.field.name})
        if not left:
            await self._complete(work, now, held)
            return
        place, total = now.run.done + 2, now.run.done + 1 + len(left)
        options = await putting.options(work, left[0], now.ticket.language)
        one = Question(now.ticket.name, now.kind, left[0], place, total, options)
        draft = await putting.question(work, self.house, now.ticket, now.line, one)
        put = Put(left[0].name, draft.id, now.line.account, now.ticket.address)
        await questions.go_on(work, now.run, put, skipped=skipped, total=total)
        await outbox.enqueue(work, [draft])

    async def _complete(self, work: Work, now: Now, held: dict[str, str]) -> None:
        told = "; ".join(f"{one.name}: {held[one.name]}" for one in now.kind.fields if held.get(one.name))
        thanks = texts.say(now.ticket.language, "Thank you, that is all we need.")
        await self._over(work, now, RunState.COMPLETE, f"questions answered: {told or 'all left out'}", thanks)

    async def _end(self, work: Work, now: Now, state: RunState, why: str) -> None:
        thanks = texts.say(now.ticket.language, "Thank you. A colleague will go on from here and answer you.")
        await self._over(work, now, state, f"questions ended: {why}", thanks)

    async def _over(self, work: Work, now: Now, state: RunState, said: str, thanks: str) -> None:
        """The ticket says how it ended, the staff chats read it under the card, and the customer is told."""
        await questions.end(work, now.run, state, said)
        await outbox.enqueue(work, [await putting.letter(work, self.house, now.ticket, now.line, thanks)])
        standing = cards.one_a_chat(await cards.standing(work, self.house, [now.ticket.id]))
        lines = [
            replace(
                cards.draft(one.chat, "answers", f"{now.ticket.name} · {said}", now.ticket),
                target_id=one.id,
                within_id=one.topic_id,
            )
            for one in standing
            if one.chat.group
        ]
        await outbox.enqueue(work, lines)


def _chat(one: Arrived) -> tuple[str, str]:
    return one.account, one.inbound.address.value


def _may_answer(inbound: Inbound) -> bool:
    """Words or a press of a person, with nothing else in it. Pure."""
    if inbound.group or inbound.automatic or inbound.history or inbound.attachments or inbound.stops or inbound.shared:
        return False
    return inbound.kind is Kind.PRESS or (inbound.kind is Kind.MESSAGE and bool(inbound.text.strip()))


def _said(inbound: Inbound, now: Now) -> tuple[Said | None, str]:
    """What an answer says, and its words; None for a press of a button that is not one of the question's. Pure."""
    if inbound.kind is not Kind.PRESS:
        is_letter = not now.line.capabilities.conversational
        return answers.read(now.field, inbound.text, now.options, is_letter=is_letter), inbound.text
    pressed = inbound.code.rpartition(":")[2]
    if pressed == question_texts.SKIP:
        return Said(Meant.SKIP), texts.say(now.ticket.language, "Leave it out")
    if not (pressed.isascii() and pressed.isdigit() and len(pressed) < 4 and int(pressed) < len(now.options)):
        return None, ""
    option = now.options[int(pressed)]
    return Said(Meant.VALUE, option.value), option.label
