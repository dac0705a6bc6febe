"""A customer's proof that an address is his: a code typed back to us, or his number shared from his own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.house import House
from channels import messages, outbox
from channels.contract import Address
from channels.messages import Arrived
from channels.outbox import Draft
from crmcore import contacts, linking
from kernel import texts
from kernel.unit import Work
from tickets import actions

STALE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Linking:
    """What the fork asks before it takes a customer's words for a matter of their own."""

    house: House

    def is_proof(self, arrived: Arrived) -> bool:
        """It looks like a code, or shares a number. Whether it proves anything only the store knows."""
        return bool(arrived.inbound.shared) or linking.typed(arrived.inbound.text) is not None

    async def take(self, work: Work, arrived: Arrived) -> bool:
        """Join what is proven and say so; False if nothing is: then it is a message like any other."""
        [person] = await contacts.resolve(work, [arrived.inbound])
        if arrived.inbound.shared:
            linked: Address | None = Address("tel", arrived.inbound.shared)
            moved_from = await linking.join(work, person.contact_id, Address("tel", arrived.inbound.shared))
            ticket_id = None
        else:
            found = await linking.prove(work, person.contact_id, linking.typed(arrived.inbound.text) or "")
            if found is None:
                return False
            linked, moved_from, ticket_id = found.address, found.moved_from, found.ticket_id
        if moved_from is not None and await linking.is_empty(work, moved_from):
            await linking.hand_over(work, moved_from, person.contact_id)
            await actions.hand_over(work, moved_from, person.contact_id)
        if ticket_id is not None and linked is not None:
            await actions.told(work, ticket_id, f"{person.name} proved that {linked.value} is the same person's")
        await messages.record(work, [arrived], [None])
        await self._thank(work, arrived, person.language)
        return True

    async def _thank(self, work: Work, arrived: Arrived, language: str) -> None:
        line = self.house.lines.by_account(arrived.account)
        if line is None:
            return
        text = texts.say(language, "Thank you. We know now that both are yours.")
        draft = Draft(line.channel, line.account, arrived.inbound.address, "code", text, stale_after=STALE)
        await outbox.enqueue(work, [draft])
