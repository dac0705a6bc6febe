"""The verb that shows one outage: its revisions, how many were told, and who was, those not reached first."""

from __future__ import annotations

from bot import codes, outage_views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button
from crmcore import ledger
from crmcore.access import Role
from kernel import errors, texts

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
    text = outage_views.shown(call.reading, found, revisions, counted, lines)
    if not left:
        return Answer(text)
    more = "… and {count} more: /outage {outage} {page}"
    following = texts.say(call.language, more, count=left, outage=found.name, page=page + 1)
    label = texts.say(call.language, "Next {count}", count=min(left, PAGE))
    return Answer(f"{text}\n{following}", ((Button(label, codes.write("ou", found.number, page + 1)),),))


def _asked(call: Call) -> tuple[int, int]:
    """The outage's number and the page, from 1. Raises Invalid."""
    if call.is_press:
        return call.number, max(1, call.version)
    words = call.rest.split()
    number = ledger.parse(words[0]) if words else None
    page = words[1] if len(words) > 1 else "1"
    if number is None:
        raise errors.Invalid("Which outage? {example} shows one; /station list shows what there is.", example=EXAMPLE)
    if not (page.isascii() and page.isdigit() and 1 <= int(page[:9]) <= MOST_PAGES):
        raise errors.Invalid("Which page? A number from 1, for example {example} 2.", example=EXAMPLE)
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
