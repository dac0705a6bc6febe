"""A customer's word by which our own messages end or begin again, all or some of them: STOP, /stop notices, START."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from bot import asks
from bot.house import House
from channels import messages, optouts, outbox
from channels.contract import Address, Kind
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import consent, contacts, timeline
from crmcore.consent import Wish, Word
from kernel import texts
from kernel.unit import Work

_STOPPED = "Stopped here: {what}. To get it again, write {word}."
_STARTED = "You get these here again: {what}. To stop it, write {word}."
_WHAT = {
    "": "all messages that we send by ourselves",
    "notices": "notices of outages",
    "campaigns": "campaigns",
    "receipts": "receipts and ratings",
}
_SAID = {
    Wish.STOP: "We will send you no more messages by ourselves to this number. Write START to get them again.",
    Wish.START: "You will get our messages at this number again. Write STOP to end them.",
    Wish.HELP: "Write to us here; a colleague will answer. Write STOP to get no more messages by ourselves.",
}


class Wishes(Struct, frozen=True):
    """Opting out and in. The words count alone only; within a sentence they are a sentence."""

    house: House

    def word(self, arrived: Arrived) -> Word | None:
        """The wish that is the whole message, where its sender is who the message says.

        On a line with buttons a command, else the bare word. /start alone greets, and HELP there is a command of none.
        """
        line, inbound = self.house.lines.by_account(arrived.account), arrived.inbound
        if line is None or inbound.attachments or inbound.group or inbound.kind is not Kind.MESSAGE:
            return None
        if not line.capabilities.buttons:
            is_heard = line.capabilities.keywords or (not line.capabilities.conversational and inbound.proven)
            return consent.wish(inbound.text) if is_heard and not inbound.automatic else None
        found = consent.wish(inbound.text[1:]) if inbound.text.startswith("/") else None
        if found is None or found.wish is Wish.HELP or (found.wish is Wish.START and not found.topic):
            return None
        return found

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Note the wish, write it into the contact's history, and confirm it once.

        False for HELP: it is answered, and who asks for help also wants a person: it goes on as a message.
        """
        word, line = self.word(arrived), self.house.lines.by_account(arrived.account)
        if word is None or line is None:
            return False
        [person] = await contacts.resolve(work, [arrived.inbound])
        if word.wish is Wish.HELP:
            await outbox.enqueue(work, [_confirmation(line, arrived, word, person.language)])
            return False
        await messages.record(work, [arrived], [None])
        said = timeline.Line(person.contact_id, str(word.wish), arrived.channel, arrived.id)
        await timeline.add(work, [said])
        if await self._done(work, word, arrived):
            await outbox.enqueue(work, [_confirmation(line, arrived, word, person.language)])
        return True

    async def stop(self, work: Work, arrived: Arrived) -> bool:
        """Note that the reader of a notice wants no more; False if it is no notice of this account.

        Whoever the mail says it is from: the address that the notice went to is the one that is left alone.
        """
        inbound = arrived.inbound
        found = await work.one(
            "SELECT address FROM messages WHERE id = ? AND account = ? AND direction = 'out'",
            int(inbound.stops),
            arrived.account,
        )
        if found is None:
            return False
        reader = Address(inbound.sender.scheme, found["address"])
        asked = replace(arrived, inbound=replace(inbound, sender=reader, address=reader, name=""))
        [person] = await contacts.resolve(work, [asked.inbound])
        await messages.record(work, [asked], [None])
        await timeline.add(work, [timeline.Line(person.contact_id, str(Wish.STOP), arrived.channel, arrived.id)])
        await optouts.stop(work, reader, source_id=arrived.id)
        return True

    async def _done(self, work: Work, word: Word, arrived: Arrived) -> bool:
        """True if there is something to confirm: a STOP said twice is confirmed once."""
        address, purposes = arrived.inbound.address, optouts.TOPICS.get(word.topic, optouts.PURPOSES)
        if word.wish is Wish.STOP:
            return await optouts.stop(work, address, purposes=purposes, source_id=arrived.id)
        await optouts.start(work, address, purposes=purposes, source_id=arrived.id)
        return True


def _confirmation(line: Line, arrived: Arrived, word: Word, language: str) -> Draft:
    text = _said(word, word.language or language, slash=line.capabilities.buttons, is_number=line.capabilities.keywords)
    return asks.answer(line, arrived, "consent", text)


def _said(word: Word, language: str, *, slash: bool, is_number: bool) -> str:
    """What is done, and the word that undoes it. Pure."""
    if is_number and not word.topic:
        return texts.say(language, _SAID[word.wish])
    back = f"{'start' if word.wish is Wish.STOP else 'stop'} {word.topic}".strip()
    what = texts.say(language, _WHAT[word.topic])
    typed = f"/{back}" if slash else back.upper()
    if word.wish is Wish.STOP:
        return texts.say(language, _STOPPED, what=what, word=typed)
    return texts.say(language, _STARTED, what=what, word=typed)
