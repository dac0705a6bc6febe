"""Which way an answer goes: where the customer wrote last, where a colleague sends it, or on to his next address."""

from __future__ import annotations

from msgspec import Struct

from channels.contract import Address
from channels.lines import Line, Lines
from crmcore import contacts
from crmcore.access import Actor
from kernel import errors, sentences
from kernel.unit import Reader, Work
from tickets import changes
from tickets.events import Change, TicketChanged
from tickets.visible import TicketView


class Way(Struct, frozen=True):
    """An address of the contact that a line of ours reaches."""

    address: Address
    line: Line

    @property
    def label(self) -> str:
        return self.line.capabilities.label


async def ways(reader: Reader, contact_id: int, lines: Lines, *, account: str = "") -> list[Way]:
    """All ways to a contact that take our messages, the best first. `account`: the line he wrote to is preferred."""
    known = await contacts.addresses(reader, contact_id)
    found = [(one.address, lines.to(one.address.scheme, account=account)) for one in known if one.is_reachable]
    return [Way(address, line) for address, line in found if line is not None]


async def choose(work: Work, actor: Actor, ticket: TicketView, word: str, lines: Lines) -> Way:
    """Send the next answers on `ticket` by the channel that `word` begins, until the customer writes again.

    Raises Invalid for a word that is none of our channels, NotFound where the contact has no address there.
    """
    labels = lines.labels()
    wanted = lines.called(word)
    if len(wanted) != 1:
        example = f"/via {ticket.name} {labels[0] if labels else 'e-mail'}"
        raise errors.Invalid(
            "By which channel? There are: {names}. For example {example}", names=", ".join(labels), example=example
        )
    found = next((way for way in await ways(work, ticket.contact_id, lines) if way.label == wanted[0]), None)
    if found is None:
        raise errors.NotFound(
            "{contact} has no {label} address that takes our messages. Nothing was changed.",
            contact=ticket.contact,
            label=wanted[0],
        )
    await turn(work, ticket.id, found)
    inverse = changes.column(
        channel=(ticket.channel, found.line.channel),
        account=(ticket.account, found.line.account),
        scheme=(ticket.scheme, found.address.scheme),
        address=(ticket.address, found.address.value),
    )
    said = sentences.line("{name} answers by {label}", name=actor.name, label=found.label)
    await changes.note(work, actor, ticket.id, "via", said, inverse=inverse)
    work.say(TicketChanged(ticket.id, Change.ROUTED, actor.id, actor.name))
    return found


async def turn(work: Work, ticket_id: int, way: Way) -> None:
    """From now on answers on the ticket go this way."""
    await work.change(
        "UPDATE tickets SET channel = ?, account = ?, scheme = ?, address = ?, version = version + 1, updated_at = ?"
        " WHERE id = ?",
        way.line.channel,
        way.line.account,
        way.address.scheme,
        way.address.value,
        work.now,
        ticket_id,
    )
