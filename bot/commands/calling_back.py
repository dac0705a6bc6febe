"""The verb for a customer who wants to be rung: his number, and a reminder of the call."""

from __future__ import annotations

from msgspec.structs import replace

from bot.calls import Answer, Call
from bot.commands import reminders
from bot.grammar import Verb

SOON = "30m"


async def call_back(call: Call) -> Answer:
    """Plan a call, in half an hour unless a time is said, and show the number to ring."""
    ticket = call.the_ticket
    row = await call.work.one(
        "SELECT value FROM identities WHERE contact_id = ? AND scheme = 'tel' ORDER BY verified DESC, id DESC",
        ticket.contact_id,
    )
    number = row["value"] if row else "no number known; ask for it"
    call.rest = f"{call.rest.strip() or SOON} call back"
    planned = await reminders.plan(call)
    return replace(planned, text=f"{ticket.contact}: {number}. {planned.text}")


VERBS = (Verb("callback", call_back, "the customer's number, and a reminder to ring him", "/callback T12 2h", ("cb",)),)
