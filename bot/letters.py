"""Letters of colleagues: an answer above the line and commands at its top, done with a token and a proven sender."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot import calls, cards, limits, mail_grammar, performing, reach, telling, views
from bot.calls import Answer, Call
from bot.commands import held
from bot.entrance import Entrance
from bot.grammar import Said
from bot.house import Chat
from bot.mail_grammar import Letter
from channels import messages, outbox
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import staff, staff_orders
from crmcore.staff import Colleague
from kernel import errors, log, sentences, texts
from kernel.unit import Reader, Work
from tickets import happenings, numbers
from tickets.tokens import MeantByStaff
from tickets.visible import TicketView

_log = log.get(__name__)
VALID = timedelta(days=30)  # how long an answer to a letter of ours is heard
WORDS_SHOWN = 1_500  # characters of a refused letter
_EMPTY = "There was nothing above the line. Nothing was done."
_MANY = "More than {most} commands in one letter. Nothing was done."
HELD = timedelta(hours=24)  # how long one without proof waits: letters are read when they are read
_HELD = (
    "A letter in {name}'s name came without proof of its sender; it waits 24 hours for {name} to confirm it elsewhere."
)
_NOWHERE = (
    "A letter in {name}'s name came without proof of its sender, and {name} has no chat with the bot to confirm it in."
    " Nothing of it was done; its words are kept with the messages. Ask {name}."
)
_ASKED = (
    "A letter in your name came about {ticket}, without proof that it is yours (no DMARC):\n{what}\nIs it yours?"
    " The button works for 24 hours, while {ticket} stays as it is."
)
_LONG = (
    "it is too long to be shown whole where it would be confirmed. Nothing was done. Write it shorter, or write it in"
    " the chat or on the page."
)
_REFUSED = "A letter in {name}'s name came without proof of its sender and was refused: nothing of it was done."
_REFUSED_TO_HIM = (
    "A letter in your name came about {ticket}, without proof that it is yours (no DMARC). It was refused: {why}\n"
    "If it is not yours, tell an administrator. If it is, its words were:\n\n{words}"
)
_WITHOUT = "(The letter's files would not be sent: only its words are kept.)"
_UNKNOWN = '"{word}" is not a command. Nothing was done, and nothing was sent.'
_NEAR = '"{word}" is not a command. Did you mean {near}? Nothing was done, and nothing was sent.'


class Letters(Struct, frozen=True):
    """A step of the fork."""

    entrance: Entrance

    async def take(self, work: Work, arrived: Arrived, colleague: Colleague) -> bool:
        """False for what answers no letter that we wrote to this very colleague: that is a message like any other.

        Raises CentralaError for what is refused; then nothing of the letter is done.
        """
        inbound = arrived.inbound
        meant = await self._meant(work, arrived, colleague)
        if meant is None:
            return False
        await messages.record(work, [arrived], [None])
        if inbound.automatic:
            return True  # a machine answers for him: nothing is done, and nothing answers it
        call = await self.entrance.call(work, arrived, colleague)
        ticket = await calls.seen(call, meant.ticket_number)
        self._pace(call, proven=inbound.proven)
        commands = self._understood(mail_grammar.read(inbound.text))
        if not inbound.proven:
            self._must_be_his(call, commands)
            await self._hold(call, ticket, colleague, commands)
            return True
        _log.info("staff.letter", by=int(colleague.id), verbs=[one.word for one in commands])
        answers = await performing.perform(call, self.entrance.registry.find, commands, ticket.id)
        progress = next((one for one in answers if one.purpose != "answer"), None)
        text = "\n".join(one.text for one in answers)
        said = Answer(text, (), progress.purpose, progress.ref) if progress else Answer(text)
        await self._receipt(call, said, meant.ticket_number)
        return True

    async def refuse(self, work: Work, arrived: Arrived, colleague: Colleague, error: errors.CentralaError) -> None:
        """Why nothing was done, and his own words back: to the linked address alone, and only if it was proven his.

        Of one without proof the ticket is told, and he in his chat.
        """
        await messages.record(work, [arrived], [None])
        meant = await self._meant(work, arrived, colleague)
        if meant is None or limits.is_told(error):
            return
        call = await self.entrance.call(work, arrived, colleague)
        if not arrived.inbound.proven:
            await self._warn(call, meant.ticket_number, colleague, calls.refusal(call.language, error))
            return
        yours = texts.say(call.language, "Your words were:")
        text = f"{calls.refusal(call.language, error)}\n\n{yours}\n\n{arrived.inbound.text}"
        await self._receipt(call, Answer(text), meant.ticket_number)

    # -- steps ------------------------------------------------------------------------------------------------------

    async def _meant(self, reader: Reader, arrived: Arrived, colleague: Colleague) -> MeantByStaff | None:
        """By the token of the address it was sent to, else of the letter of ours that it answers; his own alone."""
        inbound = arrived.inbound
        token = inbound.token or await self._answered(reader, arrived)
        meant = self.entrance.house.desk.tokens.read_staff(token)
        if meant is None or meant.staff_id != colleague.id:
            return None
        row = await reader.one(
            "SELECT id FROM messages WHERE account = ? AND address = ? AND direction = 'out' AND ref_kind IS NOT NULL"
            " AND token = ? AND created_at > ? LIMIT 1",
            arrived.account,
            inbound.sender.value,
            self.entrance.house.desk.tokens.issue_staff(*meant),
            reader.now - VALID,
        )
        return meant if row else None

    async def _answered(self, reader: Reader, arrived: Arrived) -> str:
        """Where a mailbox has no addresses of its own for answers, the Message-ID is what only he was sent."""
        for name in reversed(arrived.inbound.references[-5:]):
            row = await reader.one(
                "SELECT token FROM messages WHERE account = ? AND external_id = ? AND address = ?"
                " AND token IS NOT NULL",
                arrived.account,
                name,
                arrived.inbound.sender.value,
            )
            if row:
                return str(row["token"])
        return ""

    def _pace(self, call: Call, *, proven: bool) -> None:
        """Each letter counts as one, and those that others may have written apart from his own. Raises Invalid."""
        kind = "letter" if proven else "unproven letter"
        self.entrance.limits.pace(call, kind, self.entrance.house.commands_a_minute)

    def _understood(self, letter: Letter) -> list[Said]:
        """All or nothing: one word that is no command, and nothing is done. Raises Invalid."""
        names = []
        if len(letter.commands) > mail_grammar.LIMIT:
            raise errors.Invalid(_MANY, most=mail_grammar.LIMIT)
        for said in letter.commands:
            verb = self.entrance.registry.find(said.word)
            if verb is None or not verb.is_typed:
                near, word = self.entrance.registry.near(said.word), f"#{said.word[:40]}"
                raise (
                    errors.Invalid(_NEAR, word=word, near=f"#{near.name}")
                    if near
                    else errors.Invalid(_UNKNOWN, word=word)
                )
            names.append(verb.name)
        if not names and not letter.words:
            raise errors.Invalid(_EMPTY)
        return mail_grammar.in_order(letter.commands, letter.words, names)

    def _must_be_his(self, call: Call, commands: Sequence[Said]) -> None:
        """What he may not do by a proven letter waits for no confirmation either. Raises Forbidden."""
        for said in commands:
            verb = self.entrance.registry.find(said.word)
            if verb is not None:
                performing.must_be_allowed(call, verb, said.rest)

    def _written(self, said: Said, ticket: int) -> str:
        verb = self.entrance.registry.find(said.word)
        return mail_grammar.written(said, None if verb is not None and verb.takes_words else ticket)

    async def _hold(self, call: Call, ticket: TicketView, colleague: Colleague, commands: Sequence[Said]) -> None:
        """Kept until he says elsewhere that it is his; the ticket notes that something waits, and not what."""
        lines = [self._written(one, ticket.number) for one in commands]
        asked = await self._elsewhere(call, colleague)
        language = asked.language if asked else call.language
        what = "\n".join(lines)
        if any(not file.in_place for file in call.arrived.inbound.files):
            what = f"{texts.say(language, _WITHOUT)}\n{what}"
        text = texts.say(language, _ASKED, ticket=ticket.name, what=what)
        if asked is not None and len(text) > asked.line.capabilities.text_limit:
            raise errors.Invalid(_LONG)  # nobody says yes to what he has not seen
        said = _HELD if asked else _NOWHERE
        await happenings.told(call.work, ticket.id, sentences.line(said, name=colleague.name))
        now = await call.work.one("SELECT version FROM tickets WHERE id = ?", ticket.id)
        version = now["version"] if now else ticket.version
        _log.warning("staff.letter_unproven", by=int(colleague.id), asked=asked is not None)
        if asked is None:
            return
        order = await staff_orders.hold(
            call.work, int(colleague.id), asked.address, ticket.id, lines, version=version, valid=HELD
        )
        draft = replace(
            cards.draft(asked, "held", text, ticket), buttons=((held.button(texts.say(language, "Do it"), order),),)
        )
        await outbox.enqueue(call.work, [replace(draft, priority=outbox.URGENT)])

    async def _warn(self, call: Call, number: int, colleague: Colleague, why: str) -> None:
        """An unproven letter was refused: the ticket says that one came, and he reads elsewhere what became of it.

        Nothing goes back by mail: whoever wrote it may be anybody.
        """
        ref = await self._ref(call, number)
        if ref is not None:
            await happenings.told(call.work, ref.id, sentences.line(_REFUSED, name=colleague.name))
        _log.warning("staff.letter_unproven", by=int(colleague.id), asked=False)
        asked = await self._elsewhere(call, colleague)
        if asked is None:
            return
        words = views.short(call.arrived.inbound.text, WORDS_SHOWN)
        known = {"ticket": numbers.written(number), "why": why, "words": words}
        text = texts.say(asked.language, _REFUSED_TO_HIM, **known)
        await outbox.enqueue(call.work, [replace(cards.plain(asked, "notice", text), ref=ref, priority=outbox.URGENT)])

    async def _elsewhere(self, call: Call, colleague: Colleague) -> Chat | None:
        """A chat of his with buttons that is not where the letter says it is from."""
        whole = (await staff.by_ids(call.work, [int(colleague.id)]))[int(colleague.id)]
        sender = call.arrived.inbound.sender
        found = await reach.chats(call.work, call.house, whole)
        return next((one for one in found if one.address != sender and one.line.capabilities.buttons), None)

    async def _receipt(self, call: Call, said: Answer, number: int) -> None:
        """One letter back, written by no person, whose answer comes to the same ticket."""
        chat = replace(call.chat, address=call.arrived.inbound.sender)
        draft: Draft = replace(
            cards.plain(chat, said.purpose, f"{telling.mark(chat.language)}\n\n{said.text}"),
            ref=said.ref or (await self._ref(call, number)),
            subject=_answering(call.arrived.inbound.subject or numbers.written(number)),
            token=call.house.desk.tokens.issue_staff(number, int(call.actor.id)),
            references=(call.arrived.inbound.external_id,) if call.arrived.inbound.external_id else (),
        )
        await outbox.enqueue(call.work, [draft])

    async def _ref(self, call: Call, number: int) -> outbox.Ref | None:
        row = await call.work.one("SELECT id FROM tickets WHERE number = ?", number)
        return outbox.Ref("ticket", row["id"]) if row else None


def _answering(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
