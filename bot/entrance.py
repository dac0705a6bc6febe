"""The entrance of staff: what a colleague typed, replied to or pressed becomes one command in one unit."""

from __future__ import annotations

from msgspec import Struct, field

from bot import calls, codes, grammar, limits, performing
from bot.calls import Answer, Call
from bot.commands import phones, replies
from bot.grammar import Registry, Verb
from bot.house import Chat, House
from bot.limits import Limits
from channels import messages
from channels.contract import Button, Inbound, Kind
from channels.messages import Arrived, Known
from channels.outbox import Ref
from crmcore import access, owners, staff
from crmcore.access import Actor
from crmcore.models.staff import Role
from crmcore.staff import Colleague
from kernel import errors, folding, texts
from kernel.unit import Work
from routing import assign
from tickets import actions, numbers, visible

_ANONYMOUS = 'I cannot see who you are. Turn off "Remain anonymous" in this group to use commands. Nothing was done.'
_WHICH = (
    "Which ticket? Reply to the customer's message to answer him, or write /reply T12 and your text. "
    "/my shows yours. Nothing was sent."
)
_UNKNOWN = "I do not know this account. Ask an administrator to add you."
_NO_COMMAND = '"{word}" is not a command. /commands lists what you can do. Nothing was sent.'
_NEAR = '"{word}" is not a command. Did you mean {near}? Nothing was sent.'
_NO_FILE = "A command cannot carry a file. Nothing was done. Send the command without it."
_NOBODY = Actor(access.StaffId(0), "", Role.AGENT, "UTC", frozenset())  # to answer somebody who may do nothing
_UNDER_PREVIEWS = ("confirm", "discard")
# A message of ours is about a ticket, an alert, a reminder, or another message (how its delivery went).
_NUMBER_OF = {
    "ticket": "SELECT number FROM tickets WHERE id = ?",
    "alert": "SELECT t.number FROM alerts AS a JOIN tickets AS t ON t.id = a.ticket_id WHERE a.id = ?",
    "reminder": "SELECT t.number FROM reminders AS r JOIN tickets AS t ON t.id = r.ticket_id WHERE r.id = ?",
    "message": "SELECT t.number FROM entries AS e JOIN tickets AS t ON t.id = e.ticket_id WHERE e.message_id = ?",
}


class Entrance(Struct, frozen=True):
    """Runs commands. `registry` is built once; `house` is what the hub has connected."""

    house: House
    registry: Registry
    limits: Limits = field(default_factory=Limits)

    async def handle(self, work: Work, arrived: Arrived, colleague: Colleague) -> None:
        """Do what a colleague has said, in the caller's unit.

        Raises CentralaError for whatever is refused; the caller rolls back and calls `refuse`.
        """
        await messages.record(work, [arrived], [None])
        call = await self.call(work, arrived, colleague)
        said = await self.run(call)
        is_posted = said and (not call.is_press or said.buttons or said.purpose != "answer" or len(said.text) > 60)
        if call.is_press:
            shown = said.text if said else texts.say(call.language, "Done.")
            # a message that follows says it all: cut in a dialog, it would only stand in the way
            brief = "" if is_posted and len(shown) > calls.TOAST_SHORT else shown
            await calls.toast(work, call.chat, arrived.inbound.query, brief)
        if said and is_posted:
            await calls.answer(call, said)

    async def refuse(
        self, work: Work, arrived: Arrived, error: errors.CentralaError, colleague: Colleague | None = None
    ) -> None:
        """Say what was refused, why, and the next step; nothing else has happened."""
        chat = self._chat(arrived, colleague)
        said = calls.refusal(chat.language, error)
        await messages.record(work, [arrived], [None])
        if arrived.inbound.kind is Kind.PRESS:
            is_whole = len(said) <= calls.TOAST_LIMIT
            await calls.toast(work, chat, arrived.inbound.query, said if is_whole else "")
            if is_whole:
                return
        if limits.is_told(error):
            return
        call = Call(work, self.house, _NOBODY, arrived, chat)
        call.topic_id = await self._topic(work, arrived)
        await calls.answer(call, Answer(said))

    async def stranger(self, work: Work, arrived: Arrived) -> None:
        """Somebody in a staff chat whom we do not know: told once a message he means for us, without a hint of more."""
        inbound = arrived.inbound
        await messages.record(work, [arrived], [None])
        chat = self._chat(arrived)
        if inbound.kind is Kind.PRESS:
            await calls.toast(work, chat, inbound.query, texts.say(chat.language, _UNKNOWN))
        elif inbound.anonymous and (grammar.is_command(inbound.text) or await self._answered(work, arrived)):
            await calls.answer(
                Call(work, self.house, _NOBODY, arrived, chat), Answer(texts.say(chat.language, _ANONYMOUS))
            )

    async def call(self, work: Work, arrived: Arrived, colleague: Colleague) -> Call:
        """A call of this colleague, as of now: his queues, his rank, what he has answered."""
        inbound = arrived.inbound
        queues = await assign.queues_of(work, self.house.desk, colleague.id, colleague.name)
        standing = await owners.standing(work, colleague.id)
        actor = Actor(
            colleague.id, colleague.name, colleague.role, colleague.zone, queues, standing, proof=arrived.channel
        )
        call = Call(
            work, self.house, actor, arrived, self._chat(arrived, colleague), is_press=inbound.kind is Kind.PRESS
        )
        call.topic_id = await self._topic(work, arrived)
        call.known = await self._answered(work, arrived)
        return call

    async def run(self, call: Call) -> Answer | None:
        """What the call is answered; None for what is not meant for us. Raises CentralaError."""
        inbound = call.arrived.inbound
        if call.is_press:
            self._pace(call)
            return await self._press(call)
        text = _bare(inbound)
        if grammar.is_command(text):
            said = grammar.read(text)
            if said.bot and self.house.names and said.bot.casefold() not in self.house.names:
                return None  # meant for another bot in the group
            self._pace(call)
            verb = self.registry.find(said.word)
            if inbound.attachments and not (verb and verb.takes_files):
                raise errors.Invalid(_NO_FILE)
            return await self._command(call, said)
        return await self._talk(call, grammar.literal(inbound.text))

    async def _press(self, call: Call) -> Answer:
        pressed = codes.read(call.arrived.inbound.code)
        verb = self.registry.pressed(pressed.verb) if pressed else None
        if pressed is None or verb is None:
            raise errors.Invalid("This button is not known any more. /commands lists what you can do.")
        performing.must_be_allowed(call, verb)
        call.number, call.version = pressed.number, pressed.version
        if verb.needs_ticket:
            call.ticket = await calls.seen(call, pressed.number)
        answer: Answer = await verb.run(call)
        return answer

    async def _command(self, call: Call, said: grammar.Said) -> Answer | None:
        verb = self.registry.find(said.word)
        if verb is None or not verb.is_typed:
            raise self._unknown(call, said)
        performing.must_be_allowed(call, verb, said.rest)
        said = grammar.for_words(verb, said)
        number = performing.meant(said, await self._implied(call))
        if number is None and verb.needs_ticket:
            raise await _which(call, verb)
        return await performing.carry_out(call, verb, said, number, is_alone=True)

    async def _talk(self, call: Call, text: str) -> Answer | None:
        """Plain words: under a customer's message an answer, under a card a note, in a topic what the setting says.

        The one word "confirm" under a preview is the command, where no button can be pressed.
        """
        if call.known and call.known.purpose == "preview" and folding.fold(text) in _UNDER_PREVIEWS:
            self._pace(call)
            return await self._command(call, grammar.Said(folding.fold(text), None, ""))
        number = await self._implied(call)
        if number is None:
            code = await phones.awaited(call, text)
            if code is None and call.chat.group:
                return None  # talk among colleagues
            self._pace(call)
            if code is not None:
                return await phones.prove(call, code)
            raise errors.Invalid(_WHICH)
        self._pace(call)
        call.ticket = await calls.seen(call, number)
        if call.answers_customer if call.known else self.house.topic_talk == "reply":
            bare = grammar.literal(_bare(call.arrived.inbound))
            return await replies.send(call, bare, replies.enclosed(call))
        await actions.note(call.work, call.actor, call.ticket, text)
        return await self._noted(call)

    async def _noted(self, call: Call) -> Answer:
        if not await staff.first_time(call.work, call.actor.id, "note"):
            return Answer(texts.say(call.language, "Note on {ticket}.", ticket=call.the_ticket.name))
        row = await call.work.one("SELECT max(id) AS id FROM entries WHERE ticket_id = ?", call.the_ticket.id)
        send = Button(texts.say(call.language, "Send it to the customer"), codes.write("sn", row["id"] if row else 0))
        return Answer(texts.say(call.language, "Saved as a note, the customer did not see it."), ((send,),))

    def _pace(self, call: Call) -> None:
        """Raises Invalid for what is too much within a minute; talk among colleagues is never counted."""
        self.limits.pace(call, "chat", self.house.commands_a_minute)

    def _unknown(self, call: Call, said: grammar.Said) -> errors.Invalid:
        """Raises Invalid itself for one too many of a minute."""
        self.limits.pace(call, "unknown in the chat", limits.UNKNOWN)
        near = self.registry.near(said.word)
        word = said.word[:40]
        if near is None:
            return errors.Invalid(_NO_COMMAND, word=word)
        target = f" {numbers.written(said.number)}" if said.number else ""
        return errors.Invalid(_NEAR, word=word, near=f"{near.typed}{target}")

    def _chat(self, arrived: Arrived, colleague: Colleague | None = None) -> Chat:
        """Where the answer goes: the staff chat it came from, or the colleague's own, in his own language."""
        address = arrived.inbound.address
        known = self.house.staff_chat(arrived.account, address)
        if known:
            return known
        line = self.house.lines.by_account(arrived.account)
        if line is None:
            raise LookupError("a message of an account that is not in the settings any more")
        if colleague is None or arrived.inbound.group:
            return Chat(line, address, group=arrived.inbound.group, language=self.house.language)
        return Chat(line, address, language=self.house.reads(colleague))

    async def _answered(self, work: Work, arrived: Arrived) -> Known | None:
        inbound = arrived.inbound
        if not inbound.replies_to:
            return None
        key = (arrived.account, inbound.address.value, inbound.replies_to)
        return (await messages.find(work, [key])).get(key)

    async def _topic(self, work: Work, arrived: Arrived) -> int | None:
        """The message that opened the topic this was written in."""
        inbound = arrived.inbound
        if not inbound.thread:
            return None
        row = await work.one(
            "SELECT id FROM messages WHERE account = ? AND address = ? AND external_id = ? AND purpose = 'topic'",
            arrived.account,
            inbound.address.value,
            inbound.thread,
        )
        return row["id"] if row else None

    async def _implied(self, call: Call) -> int | None:
        """The ticket of the message replied to, else of the topic: always by stored ids, never by reading text."""
        ref = call.known.ref if call.known else None
        if ref is None and call.topic_id is not None:
            row = await call.work.one("SELECT ref_id FROM messages WHERE id = ?", call.topic_id)
            ref = Ref("ticket", row["ref_id"]) if row else None
        if ref is None:
            return None
        number_of = _NUMBER_OF.get(ref.kind)
        row = await call.work.one(number_of, ref.id) if number_of else None  # of an outage there is no ticket
        return row["number"] if row else None


async def _which(call: Call, verb: Verb) -> errors.Invalid:
    mine, _ = await visible.assigned(call.work, call.actor.id, limit=5)
    if not mine:
        return errors.Invalid("Which ticket? Write its number: {example} Nothing was done.", example=verb.example)
    yours = "Which ticket? Yours: {names}. Write its number: {example} Nothing was done."
    return errors.Invalid(yours, names=", ".join(ticket.name for ticket in mine), example=verb.example)


def _bare(inbound: Inbound) -> str:
    """What was typed, without the marks that stand for files: [photo] /close T1 is a caption /close T1."""
    marks = " ".join(f"[{label}]" for label in inbound.attachments)
    return inbound.text.removeprefix(marks).lstrip() if marks else inbound.text
