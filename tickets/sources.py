"""How a customer heard of us: kept with every inquiry; the first one becomes his own and his company's."""

from __future__ import annotations

from collections.abc import Sequence

from crmcore import access, codes, companies, persons, visible
from crmcore.access import Actor
from kernel import sentences
from kernel.unit import Work
from tickets import entries
from tickets.events import Change, TicketChanged
from tickets.visible import TicketView


async def note(work: Work, actor: Actor, ticket: TicketView, written: str) -> str:
    """Set the ticket's source; returns its code. Raises Invalid, which names near ones, for a word that is none."""
    code = await codes.needed(work, "source", written, on=work.now.date())
    if code == ticket.source:
        return code
    await work.change(
        "UPDATE tickets SET source = ?, version = version + 1, updated_at = ? WHERE id = ?", code, work.now, ticket.id
    )
    said = sentences.line("{name} noted the source: {source}", name=actor.name, source=code)
    await entries.happened(work, [ticket.id], said, by=actor)
    work.say(TicketChanged(ticket.id, Change.AMENDED, actor.id, actor.name))
    await persons.heard(work, ticket.contact_id, code)
    # only of companies he may see: nothing is written through the wall
    for company in await visible.of_contacts(work, [ticket.contact_id], access.scope(actor)):
        await companies.heard(work, actor, company, code)
    return code


async def heard(work: Work, told: Sequence[tuple[int, str]]) -> None:
    """What rules have told of new tickets: (contact, source). Most batches tell nothing."""
    for contact_id, source in told:
        await persons.heard(work, contact_id, source)
