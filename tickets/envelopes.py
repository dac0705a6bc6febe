"""What a letter to a customer carries around its text, so that his answer comes back to the ticket."""

from __future__ import annotations

import re

from msgspec import Struct

from channels.lines import Line
from kernel.unit import Reader
from tickets.tokens import Tokens
from tickets.visible import TicketView

REFERENCES = 20
_REPLY = re.compile(r"^\s*re\s*:", re.IGNORECASE)


class Envelope(Struct, frozen=True):
    """Empty on a channel where one message simply follows the other."""

    subject: str = ""
    token: str = ""
    references: tuple[str, ...] = ()


async def envelope(reader: Reader, ticket: TicketView, line: Line, tokens: Tokens) -> Envelope:
    """Subject, reply token and references of a letter on `ticket` that goes out by `line`."""
    if line.capabilities.conversational:
        return Envelope()
    found = await reader.fetch(
        "SELECT m.external_id, m.refers_to, m.subject FROM entries AS e JOIN messages AS m ON m.id = e.message_id"
        " WHERE e.ticket_id = ? AND m.account = ? AND m.external_id IS NOT NULL ORDER BY e.id DESC LIMIT 1",
        ticket.id,
        line.account,
    )
    token = tokens.issue(ticket.number, ticket.contact_id)
    if not found:
        return Envelope(_answering(ticket.subject), token)
    last = found[0]
    references = [*(last["refers_to"] or "").split(), last["external_id"]]
    return Envelope(_answering(last["subject"] or ticket.subject), token, tuple(references[-REFERENCES:]))


def _answering(subject: str) -> str:
    return subject if _REPLY.match(subject) else f"Re: {subject}"
