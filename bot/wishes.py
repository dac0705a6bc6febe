"""A customer's bare word on a channel without buttons: STOP, START, HELP, in his language."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from bot.house import House
from channels import messages, optouts, outbox
from channels.contract import Address
from channels.lines import Line
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import consent, contacts, timeline
from crmcore.consent import Wish, Word
from kernel import texts
from kernel.unit import Work

STALE = timedelta(hours=1)
_SAID = {
    Wish.STOP: "We will send you no more messages by ourselves to this number. Write START to get them again.",
    Wish.START: "You will get our messages at this number again. Write STOP to end them.",
    Wish.HELP: "Write to us here; a colleague will answer. Write STOP to get no more messages by ourselves.",
}


class Wishes(Struct, frozen=True):
    """Opting out and in. The words count alone only; within a sentence they are a sentence."""

    house: House

    def word(self, arrived: Arrived) -> Word | None:
        """The wish that is the whole message, on a line where people expect such words to be heard."""
        line = self.house.lines.by_account(arrived.account)
        if line is None or not line.capabilities.keywords or arrived.inbound.attachments:
            return None
        return consent.wish(arrived.inbound.text)

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
        if word.wish is Wish.STOP:
            return await optouts.stop(work, arrived.inbound.address, source_id=arrived.id)
        await optouts.start(work, arrived.inbound.address)
        return True


def _confirmation(line: Line, arrived: Arrived, word: Word, language: str) -> Draft:
    text = texts.say(word.language or language, _SAID[word.wish])
    return Draft(line.channel, line.account, arrived.inbound.address, "consent", text, stale_after=STALE)
