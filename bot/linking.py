"""A customer's proof that an address is his: a code typed back to us, or his number shared from his own account."""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct

from bot.house import House
from channels import messages, outbox
from channels.contract import Address
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import contacts, linking, timeline
from crmcore.contacts import Person
from kernel import sentences, texts
from kernel.unit import Work
from routing import incidents
from tickets import happenings

STALE = timedelta(minutes=10)
_UNVOUCHED = "a code came in, but not in a way that proves who sent it: nothing was joined"
_KEPT = "{name} typed the right code, but {address} is another customer's by proof: nothing was joined"


class Linking(Struct, frozen=True):
    """What the fork asks before it takes a customer's words for a matter of their own."""

    house: House

    def is_proof(self, arrived: Arrived) -> bool:
        """It looks like a code, or shares a number. Whether it proves anything only the store knows."""
        return bool(arrived.inbound.shared) or linking.typed(arrived.inbound.text) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Join what is proven and say so; False if nothing is: then it is a message like any other."""
        [person] = await contacts.resolve(work, [arrived.inbound])
        is_proven = await self._shared(work, person, arrived) or await self._typed(work, person, arrived)
        if is_proven:
            await messages.record(work, [arrived], [None])
            await self._thank(work, arrived, person.language)
        return is_proven

    async def _shared(self, work: Work, person: Person, arrived: Arrived) -> bool:
        """His own number, which nobody else has."""
        shared = arrived.inbound.shared
        return bool(shared) and await linking.share(work, person.contact_id, Address("tel", shared))

    async def _typed(self, work: Work, person: Person, arrived: Arrived) -> bool:
        """The code that was sent to the other address, typed by whoever was asked for it and by nobody else."""
        code = linking.typed(arrived.inbound.text)
        if code is None:
            return False
        if not self._is_vouched(arrived):
            asked_on = await linking.waiting(work, person.contact_id)
            if asked_on is not None:
                await happenings.told(work, asked_on, sentences.line(_UNVOUCHED))
            return False
        found = await linking.prove(work, person.contact_id, code)
        if found is None:
            return False
        if found.moved_from is not None and await linking.is_empty(work, found.moved_from):
            await linking.hand_over(work, found.moved_from, person.contact_id)
            await happenings.hand_over(work, found.moved_from, person.contact_id)
            await incidents.hand_over(work, found.moved_from, person.contact_id)
        if found.ticket_id is None and found.is_kept:  # he asked himself: his history is what a colleague reads
            text = f"{found.address.value} is another customer's by proof: nothing was joined"
            await timeline.add(work, [timeline.Line(person.contact_id, "not linked", text=text)])
        if found.ticket_id is not None:
            said = _KEPT if found.is_kept else "{name} proved that {address} is the same person's"
            told = sentences.line(said, name=person.name, address=found.address.value)
            await happenings.told(work, found.ticket_id, told)
        return not found.is_kept

    def _is_vouched(self, arrived: Arrived) -> bool:
        """Who writes is who the message says: else anybody could type the code in another's name."""
        line = self.house.lines.by_account(arrived.account)
        return arrived.inbound.proven or (line is not None and line.capabilities.proves_sender)

    async def _thank(self, work: Work, arrived: Arrived, language: str) -> None:
        line = self.house.lines.by_account(arrived.account)
        if line is None:
            return
        text = texts.say(language, "Thank you. We know now that both are yours.")
        draft = Draft(line.channel, line.account, arrived.inbound.address, "code", text, stale_after=STALE)
        await outbox.enqueue(work, [draft])
