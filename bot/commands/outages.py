"""The verb that shows one outage: its revisions, how many were told, and who was, those not reached first."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, outage_views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore import ledger
from crmcore.access import Role
from kernel import errors

PAGE = 8
MOST_PAGES = 100_000
EXAMPLE = "/outage O-12"


async def outage(call: Call) -> Answer:
    """`outage O-12`, with a page's number for the next eight, or the button under the page before."""
    number, page = _asked(call)
    found = await ledger.by_number(call.work, number)
    revisions = await ledger.revisions(call.work, found.id)
    counted = await ledger.counted(call.work, found.id)
    lines = await ledger.worst_first(call.work, found.id, skip=(page - 1) * PAGE, limit=PAGE)
    left = max(0, sum(counted.values()) - page * PAGE)
    zone = ZoneInfo(call.actor.zone)
    text = outage_views.shown(found, revisions, counted, lines, zone, call.work.now)
    if not left:
        return Answer(text)
    following = f"\n… and {left} more: /outage {found.name} {page + 1}"
    label = f"Next {min(left, PAGE)}"
    return Answer(text + following, ((Button(label, codes.write("ou", found.number, page + 1)),),))


def _asked(call: Call) -> tuple[int, int]:
    """The outage's number and the page, from 1. Raises Invalid."""
    if call.is_press:
        return call.number, max(1, call.version)
    words = call.rest.split()
    number = ledger.parse(words[0]) if words else None
    page = words[1] if len(words) > 1 else "1"
    if number is None:
        raise errors.Invalid(f"Which outage? {EXAMPLE} shows one; /station list shows what there is.")
    if not (page.isascii() and page.isdigit() and 1 <= int(page[:9]) <= MOST_PAGES):
        raise errors.Invalid(f"Which page? A number from 1, for example {EXAMPLE} 2.")
    return number, int(page)


VERBS = (
    Verb(
        "outage",
        outage,
        "who was told of an outage, and who was not reached",
        EXAMPLE,
        ("told",),
        "ou",
        needs_ticket=False,
        least=Role.LEAD,
    ),
)
