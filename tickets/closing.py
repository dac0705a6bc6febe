"""What has to be there before a ticket is closed or solved: the fields of its kind, and a reason."""

from __future__ import annotations

from msgspec import Struct

from crmcore import codes
from kernel import errors
from kernel.unit import Reader
from tickets import kinds, values
from tickets.kinds import Kind
from tickets.visible import TicketView

BOOK = "reason"


class Terms(Struct, frozen=True):
    """What its kind and its queue ask for. `kind` None: nothing."""

    kind: Kind | None = None
    needs_reason: bool = False


FREE = Terms()


async def meet(reader: Reader, ticket: TicketView, terms: Terms, reason: str, *, typed: str = "") -> str | None:
    """The word of the codebook that the reason begins with; None where it begins with none and none is asked for.

    `typed`: what stands before the reason in a chat, `/close` and the number where nothing is said.

    Raises Invalid, which names the fields that are missing, or the words there are.
    """
    if terms.kind is not None:
        missing = terms.kind.missing(await values.of(reader, ticket.id))
        if missing:
            raise kinds.needed(terms.kind.name, missing, ticket.name)
    if not terms.needs_reason and not reason.strip():
        return None
    words = await codes.book(reader, BOOK)
    if not terms.needs_reason:
        return reason.split()[0] if reason.split()[0] in words else None
    found = codes.chosen(words, reason.split()[0] if reason.split() else "", reader.now.date())
    if isinstance(found, codes.Code):
        return found.code
    valid = [one.code for one in words.values() if one.is_valid(reader.now.date())]
    if not valid:
        raise errors.Invalid(
            "Why? {ticket} is closed with a word of the codebook {book}, and none there is in use. An"
            " administrator can change that. Nothing was done.",
            code=BOOK,
            ticket=ticket.name,
            book=BOOK,
        )
    known, example = ", ".join(valid), f"{typed or f'/close {ticket.name}'} {valid[0]}"
    raise errors.Invalid(
        "Why? {ticket} is closed with one of: {known}. {example} Nothing was done.",
        code=BOOK,
        ticket=ticket.name,
        known=known,
        example=example,
    )
