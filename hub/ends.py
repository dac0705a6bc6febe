"""The small ends of the fork: what becomes of a stored message that is no customer's words and no command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from channels import messages, reports
from channels.contract import Inbound, Kind
from channels.messages import Arrived
from channels.reports import Report
from crmcore import contacts
from kernel.unit import Work
from tickets import happenings
from tickets.events import CustomerWrote

Step = Callable[[Work, Arrived], Awaitable[None]]
ID_DIGITS = 20  # more is no 64-bit number


async def ignore(work: Work, one: Arrived) -> None:
    """Understood and of no consequence; the raw message stays."""


async def lost(work: Work, one: Arrived) -> None:
    """Counts as the message's own failure, so that it is parked and can be put back with its file."""
    raise LookupError("the stored file of this message is gone or cannot be read")


async def mark(work: Work, one: Arrived) -> None:
    """Somebody blocked the bot, or let it in again."""
    inbound = one.inbound
    if not inbound.group:
        await contacts.mark_unreachable(
            work, inbound.sender.scheme, inbound.sender.value, since=inbound.status == "gone"
        )


async def report(work: Work, one: Arrived) -> None:
    """The far side says how a message of ours fared, or only that it has it."""
    await take_reports(work, [one])


async def take_reports(work: Work, arrived: Sequence[Arrived]) -> None:
    """Every message of a notice to thousands is reported on two or three times: a batch of reports is one unit."""
    await reports.take(work, [_report(one.account, one.inbound) for one in arrived if _is_report(one)])


def _is_report(one: Arrived) -> bool:
    return one.inbound.kind is Kind.STATUS


def _report(account: str, said: Inbound) -> Report:
    own = int(said.about) if said.about.isdecimal() and len(said.about) < ID_DIGITS else None
    return Report(account, said.status, own, said.external_id, said.reason)


async def amend(work: Work, one: Arrived) -> None:
    """A customer has edited a message."""
    key = (one.account, one.inbound.address.value, one.inbound.external_id)
    found = (await messages.find(work, [key])).get(key)
    if found is None:
        return
    ticket_id = await happenings.amend(work, found.id, one.inbound.text)
    if ticket_id is not None:
        work.say(CustomerWrote(ticket_id, found.id, edited=True))


LIGHT = (ignore, report)  # of these a batch is one unit
QUIET = (mark, amend)  # they touch only themselves: the letters around them are handled together
